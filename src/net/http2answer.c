/* SPDX-License-Identifier: Apache-2.0 */
#include "http2answer.h"

#include "connection.h"
#include "reply.h"

/* A frame's header: with it a full DATA frame fills one TLS record. */
#define FRAME_HEADER   9
#define EARNED_BY_DATA 4

/* NOLINTNEXTLINE(readability-function-size): the signature is nghttp2's */
static ssize_t on_produce(nghttp2_session *session, int32_t stream, uint8_t *out, size_t max, uint32_t *flags,
			  nghttp2_data_source *source, void *context)
{
	struct connection *c = context;
	struct exchange *e = source->ptr;
	size_t len;

	(void)session, (void)stream;
	if (e->cut || !ok(exchange_produce(e, out, max, &len)))
		return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
	if (e->waiting) {
		e->deferred = true;
		return NGHTTP2_ERR_DEFERRED;
	}
	if (e->sent)
		*flags |= NGHTTP2_DATA_FLAG_EOF;
	c->progress += len;
	http2conn_earn(&c->http2, EARNED_BY_DATA);
	return (ssize_t)len;
}

/* NOLINTNEXTLINE(readability-function-size): the signature is nghttp2's */
static ssize_t on_frame_length(nghttp2_session *session, uint8_t type, int32_t stream, int32_t connection_window,
			       int32_t stream_window, uint32_t frame_max, void *context)
{
	ssize_t len = POOL_RECORD - FRAME_HEADER;

	(void)session, (void)type, (void)stream, (void)context;
	len = connection_window < len ? connection_window : len;
	len = stream_window < len ? stream_window : len;
	return frame_max < (size_t)len ? (ssize_t)frame_max : len;
}

/* The rest of a request that was answered before its end is not wanted.  A reset at once (RFC 9113 section 8.1) makes
 * libcurl forget the answer: its window stays shut instead, and the reset comes when the peer had time to read. */
static int on_sent(nghttp2_session *session, const nghttp2_frame *frame, void *context)
{
	struct connection *c = context;
	struct exchange *e;

	if ((frame->hd.flags & NGHTTP2_FLAG_END_STREAM) == 0 ||
	    (frame->hd.type != NGHTTP2_DATA && frame->hd.type != NGHTTP2_HEADERS))
		return 0;
	e = nghttp2_session_get_stream_user_data(session, frame->hd.stream_id);
	if (e != NULL && !e->body_complete && !e->lingers) {
		e->lingers = true;
		c->http2.lingering++;
	}
	return 0;
}

#define FIELDS_MAX (4 + 16 + REPLY_HEADERS_MAX)

struct field_list {
	nghttp2_nv fields[FIELDS_MAX];
	size_t count;
};

/* nghttp2 takes names and values as if to change them, and does not. */
static uint8_t *changeable(struct text t)
{
	const union {
		const char *in;
		uint8_t *out;
	} cast = {t.at};

	return cast.out;
}

static void add(struct field_list *list, struct text name, struct text value, uint8_t flags)
{
	list->fields[list->count++] = (nghttp2_nv){
		.name = changeable(name),
		.namelen = name.len,
		.value = changeable(value),
		.valuelen = value.len,
		.flags = flags,
	};
}

#define LASTING (NGHTTP2_NV_FLAG_NO_COPY_NAME | NGHTTP2_NV_FLAG_NO_COPY_VALUE)

static void add_headers(struct field_list *list, const struct exchange_reply *r)
{
	for (size_t i = 0; i < reply_security_count; i++)
		if (!reply_gives(r, reply_security[i].name))
			add(list, reply_security[i].name, reply_security[i].value, LASTING);
	for (size_t i = 0; i < r->header_count; i++)
		if (r->headers[i].value.len > 0)
			add(list, r->headers[i].name, r->headers[i].value, NGHTTP2_NV_FLAG_NONE);
}

static struct status submit(struct exchange *e, const struct exchange_reply *r, uint64_t length)
{
	struct connection *c = e->connection;
	struct field_list list = {.count = 0};
	nghttp2_data_provider provider = {.source.ptr = e, .read_callback = on_produce};
	char status[REPLY_DIGITS], size[REPLY_DIGITS];
	struct text date = {loop_date(c->loop), LOOP_DATE_LEN};

	add(&list, TEXT(":status"), reply_number(r->status, status), NGHTTP2_NV_FLAG_NO_COPY_NAME);
	add(&list, TEXT("date"), date, NGHTTP2_NV_FLAG_NO_COPY_NAME);
	if (r->content_type.len > 0)
		add(&list, TEXT("content-type"), r->content_type, NGHTTP2_NV_FLAG_NO_COPY_NAME);
	if (length != EXCHANGE_LENGTH_UNKNOWN && !reply_is_bodyless(r->status))
		add(&list, TEXT("content-length"), reply_number(length, size), NGHTTP2_NV_FLAG_NO_COPY_NAME);
	add_headers(&list, r);
	int error = nghttp2_submit_response(c->http2.session, e->stream, list.fields, list.count,
					    e->sent ? NULL : &provider);
	return error == 0 ? OK : FAIL(ST_NO_MEMORY);
}

struct status http2answer_give(struct exchange *e, const struct exchange_reply *r)
{
	struct http2conn *h = &e->connection->http2;
	uint64_t length = exchange_length(e, r);

	e->left = length;
	e->sent = reply_is_bodyless(r->status) || length == 0 || e->request.method == HTTP_HEAD;
	if (!e->sent && !e->has_source) {
		TRY(exchange_keep(e, r->body));
		h->kept += e->reply_len;
	}
	if (r->close && h->drain == HTTP2_SERVING)
		(void)nghttp2_submit_shutdown_notice(h->session);
	return submit(e, r, length);
}

void http2answer_continue(struct exchange *e)
{
	struct field_list list = {.count = 0};

	e->expects_continue = false;
	add(&list, TEXT(":status"), TEXT("100"), LASTING);
	(void)nghttp2_submit_headers(e->connection->http2.session, NGHTTP2_FLAG_NONE, e->stream, NULL, list.fields,
				     list.count, NULL);
}

void http2answer_set_callbacks(nghttp2_session_callbacks *callbacks)
{
	nghttp2_session_callbacks_set_on_frame_send_callback(callbacks, on_sent);
	nghttp2_session_callbacks_set_data_source_read_length_callback(callbacks, on_frame_length);
}
