/* SPDX-License-Identifier: Apache-2.0 */
#include "http2session.h"

#include <string.h>

#include "connection.h"
#include "limits.h"
#include "server.h"

/* nghttp2's own measures against floods, behind our patience (CVE-2023-44487, CVE-2024-28182, CVE-2019-9512). */
#define RESETS_AT_ONCE       200
#define RESETS_PER_SECOND    40
#define ACKNOWLEDGEMENTS_MAX 200
#define CONTINUATIONS_MAX    4

/* nghttp2 1.52 frees a DATA item twice after its own queue could not grow: once an allocation failed, the session is
 * neither used nor freed any more. */
static void *noted(void *at, struct connection *c)
{
	if (at == NULL)
		c->http2.broken = true;
	return at;
}

static struct http2memory *memory_of(void *context)
{
	const struct connection *c = context;

	return &c->loop->http2_memory;
}

static void *take_memory(size_t size, void *context)
{
	return noted(http2memory_take(memory_of(context), size), context);
}

static void free_memory(void *at, void *context)
{
	http2memory_give(memory_of(context), at);
}

static void *take_zeroed(size_t count, size_t size, void *context)
{
	if (size > 0 && count > SIZE_MAX / size)
		return noted(NULL, context);
	void *at = take_memory(count * size, context);
	if (at != NULL)
		memset(at, 0, count * size);
	return at;
}

static void *resize_memory(void *at, size_t size, void *context)
{
	void *larger = take_memory(size, context);

	if (larger == NULL || at == NULL)
		return larger;
	size_t old = http2memory_size(at);
	memcpy(larger, at, old < size ? old : size);
	free_memory(at, context);
	return larger;
}

static void set_options(nghttp2_option *options)
{
	nghttp2_option_set_no_auto_window_update(options, 1);
	nghttp2_option_set_no_closed_streams(options, 1);
	nghttp2_option_set_max_outbound_ack(options, ACKNOWLEDGEMENTS_MAX);
	nghttp2_option_set_max_settings(options, 32);
	nghttp2_option_set_max_continuations(options, CONTINUATIONS_MAX);
	nghttp2_option_set_stream_reset_rate_limit(options, RESETS_AT_ONCE, RESETS_PER_SECOND);
}

static struct status make_session(struct connection *c, const nghttp2_session_callbacks *callbacks,
				  const nghttp2_option *options, nghttp2_session **out)
{
	nghttp2_mem memory = {c, take_memory, free_memory, take_zeroed, resize_memory};
	const nghttp2_settings_entry settings[] = {
		{NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, (uint32_t)c->loop->server->limits.streams},
		{NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, HTTP2SESSION_STREAM_WINDOW},
		{NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, LIMIT_HTTP_HEAD},
		{NGHTTP2_SETTINGS_NO_RFC7540_PRIORITIES, 1},
		/* Until it is busy: http2table.h. */
		{NGHTTP2_SETTINGS_HEADER_TABLE_SIZE, 0},
	};

	nghttp2_session *session;

	if (nghttp2_session_server_new3(&session, callbacks, c, options, &memory) != 0)
		return FAIL(ST_NO_MEMORY);
	if (nghttp2_submit_settings(session, NGHTTP2_FLAG_NONE, settings, COUNT(settings)) != 0 ||
	    nghttp2_session_set_local_window_size(session, NGHTTP2_FLAG_NONE, 0, HTTP2SESSION_CONNECTION_WINDOW) != 0) {
		nghttp2_session_del(session);
		return FAIL(ST_NO_MEMORY);
	}
	*out = session;
	return OK;
}

struct status http2session_new(struct connection *c, void (*set)(nghttp2_session_callbacks *callbacks),
			       nghttp2_session **out)
{
	nghttp2_session_callbacks *callbacks = NULL;
	nghttp2_option *options = NULL;
	struct status s = FAIL(ST_NO_MEMORY);

	if (nghttp2_session_callbacks_new(&callbacks) == 0 && nghttp2_option_new(&options) == 0) {
		set(callbacks);
		set_options(options);
		s = make_session(c, callbacks, options, out);
	}
	nghttp2_option_del(options);
	nghttp2_session_callbacks_del(callbacks);
	return s;
}
