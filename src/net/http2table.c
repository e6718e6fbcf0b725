/* SPDX-License-Identifier: Apache-2.0 */
#include "http2table.h"

/* So many requests without a rest are a busy connection: a browser's page is none. */
#define BUSY 64

static void submit(struct http2table *t, nghttp2_session *session, uint32_t size)
{
	const nghttp2_settings_entry entry = {NGHTTP2_SETTINGS_HEADER_TABLE_SIZE, size};

	/* It fails where there is no memory, and the session is not used any more. */
	if (nghttp2_submit_settings(session, NGHTTP2_FLAG_NONE, &entry, 1) == 0)
		t->unacknowledged++;
}

void http2table_asked(struct http2table *t, nghttp2_session *session, uint64_t now)
{
	if (t->state != HTTP2TABLE_CLOSING)
		t->since = now;
	if (t->state != HTTP2TABLE_CLOSED || ++t->asked < BUSY)
		return;
	submit(t, session, NGHTTP2_DEFAULT_HEADER_TABLE_SIZE);
	t->state = HTTP2TABLE_OPEN;
}

bool http2table_is_old(const struct http2table *t, uint64_t now, uint64_t rest)
{
	return t->state == HTTP2TABLE_OPEN && now - t->since >= rest;
}

bool http2table_is_ignored(const struct http2table *t, uint64_t now, uint64_t patience)
{
	return t->state == HTTP2TABLE_CLOSING && now - t->since >= patience;
}

void http2table_rest(struct http2table *t, nghttp2_session *session, uint64_t now)
{
	if (t->state == HTTP2TABLE_OPEN)
		submit(t, session, 0);
	t->asked = 0;
	if (t->state != HTTP2TABLE_CLOSING)
		t->since = now;
	t->state = t->unacknowledged > 0 ? HTTP2TABLE_CLOSING : HTTP2TABLE_CLOSED;
}

void http2table_acknowledged(struct http2table *t)
{
	if (t->unacknowledged > 0)
		t->unacknowledged--;
	if (t->unacknowledged == 0 && t->state == HTTP2TABLE_CLOSING)
		t->state = HTTP2TABLE_CLOSED;
}
