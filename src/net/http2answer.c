/* SPDX-License-Identifier: Apache-2.0 */
#include "http2answer.h"

#include <assert.h>
#include <string.h>

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

/* --- heads --- */

/* nghttp2 frames an empty head, and announces in it that the peer's table changes (RFC 7541 section 6.3): room for
 * both.
 */
#define FRONT 32
/* What an answer may say fits into one frame of any peer (RFC 9113 section 4.2). */
_Static_assert(REPLY_HEADER_BYTES_MAX + REPLY_OWN_BYTES_MAX + HPACK_SECURITY_MAX + REPLY_HEADERS_MAX * 32 < 16384,
	       "no head is continued");

static struct status keep_head(struct exchange *e, const struct exchange_reply *r, uint64_t length)
{
	struct net_loop *loop = e->connection->loop;
	struct http2_head *h = &e->answer_head;

	TRY(pool_take(&loop->pool, FRONT + hpack_head_bound(r) + HPACK_SECURITY_MAX, &h->piece));
	h->len = hpack_head(r, reply_is_bodyless(r->status) ? EXCHANGE_LENGTH_UNKNOWN : length, loop_date(loop),
			    h->piece.bytes + FRONT);
	h->security = hpack_security(r);
	return OK;
}

void http2answer_forget(struct pool *pool, struct http2_head *h)
{
	pool_give(pool, &h->piece, FRONT + h->len);
}

/* The peer may have given up, or changed, its table since the last head. */
static void look_at_table(struct http2conn *h)
{
	const uint8_t *block = h->pending + FRAME_HEADER;

	if (nghttp2_session_get_remote_settings(h->session, NGHTTP2_SETTINGS_HEADER_TABLE_SIZE) < HPACK_TABLE_MIN)
		h->table = HPACK_TABLE_NONE;
	else if (h->table == HPACK_TABLE_NONE || (h->pending_len > FRAME_HEADER && (block[0] & 0xe0) == 0x20))
		h->table = HPACK_TABLE_EMPTY;
}

void http2answer_framed(struct connection *c)
{
	struct http2conn *h = &c->http2;

	look_at_table(h);
	/* 100 Continue is nghttp2's. */
	if (h->head.piece.bytes == NULL)
		return;
	assert(h->pending_len <= FRONT);
	uint8_t *start = h->head.piece.bytes + FRONT - h->pending_len, *end = h->head.piece.bytes + FRONT + h->head.len;
	memcpy(start, h->pending, h->pending_len);
	end += hpack_put_security(&h->table, h->head.security, end);
	size_t len = (size_t)(end - start) - FRAME_HEADER;
	start[0] = 0;
	start[1] = (uint8_t)(len >> 8);
	start[2] = (uint8_t)len;
	h->pending = start;
	h->pending_len = FRAME_HEADER + len;
}

/* --- frames that leave --- */

/* The rest of a request that was answered before its end is not wanted.  A reset at once (RFC 9113 section 8.1) makes
 * libcurl forget the answer: its window stays shut instead, and the reset comes when the peer had time to read. */
static void linger(struct connection *c, struct exchange *e)
{
	if (e->body_complete || e->lingers)
		return;
	e->lingers = true;
	c->http2.lingering++;
}

static int on_sent(nghttp2_session *session, const nghttp2_frame *frame, void *context)
{
	struct connection *c = context;

	if (frame->hd.type != NGHTTP2_DATA && frame->hd.type != NGHTTP2_HEADERS)
		return 0;
	struct exchange *e = nghttp2_session_get_stream_user_data(session, frame->hd.stream_id);
	if (e == NULL)
		return 0;
	/* Its exchange may end with this very frame. */
	if (frame->hd.type == NGHTTP2_HEADERS && frame->headers.nvlen == 0) {
		c->http2.head = e->answer_head;
		e->answer_head = (struct http2_head){0};
	}
	if ((frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0)
		linger(c, e);
	return 0;
}

struct status http2answer_give(struct exchange *e, const struct exchange_reply *r)
{
	struct http2conn *h = &e->connection->http2;
	const nghttp2_data_provider provider = {.source.ptr = e, .read_callback = on_produce};
	uint64_t length = exchange_length(e, r);

	e->left = length;
	e->sent = reply_is_bodyless(r->status) || length == 0 || e->request.method == HTTP_HEAD;
	if (!e->sent && !e->has_source) {
		TRY(exchange_keep(e, r->body));
		h->kept += e->reply_len;
	}
	if (r->close && h->drain == HTTP2_SERVING)
		(void)nghttp2_submit_shutdown_notice(h->session);
	TRY(keep_head(e, r, length));
	int error = nghttp2_submit_response(h->session, e->stream, NULL, 0, e->sent ? NULL : &provider);
	return error == 0 ? OK : FAIL(ST_NO_MEMORY);
}

void http2answer_continue(struct exchange *e)
{
	uint8_t name[] = ":status", value[] = "100";
	/* Nothing of nghttp2's own enters the peer's table: see hpack.h. */
	const nghttp2_nv status = {name, value, sizeof name - 1, sizeof value - 1, NGHTTP2_NV_FLAG_NO_INDEX};

	e->expects_continue = false;
	(void)nghttp2_submit_headers(e->connection->http2.session, NGHTTP2_FLAG_NONE, e->stream, NULL, &status, 1,
				     NULL);
}

void http2answer_set_callbacks(nghttp2_session_callbacks *callbacks)
{
	nghttp2_session_callbacks_set_on_frame_send_callback(callbacks, on_sent);
	nghttp2_session_callbacks_set_data_source_read_length_callback(callbacks, on_frame_length);
}
