/* SPDX-License-Identifier: Apache-2.0 */
#include "http1input.h"

#include <string.h>

void http1input_tidy(struct connection *c)
{
	struct http1conn *h = &c->http1;
	size_t start = h->exchange != NULL ? h->head_len : 0, waiting = http1input_waiting(h);

	if (waiting > 0 && h->in_at > start)
		memmove(h->in.bytes + start, h->in.bytes + h->in_at, waiting);
	h->in_len = start + waiting;
	h->in_at = start;
	if (h->in_len == 0) {
		pool_give(&c->loop->pool, &h->in, h->in_high);
		h->in_high = 0;
	}
}

struct status http1input_enlarge(struct connection *c)
{
	struct http1conn *h = &c->http1;
	struct piece larger;

	TRY(pool_take(&c->loop->pool, POOL_INPUT, &larger));
	memcpy(larger.bytes, h->in.bytes, h->in_len);
	pool_give(&c->loop->pool, &h->in, h->in_high);
	h->in = larger;
	h->in_high = h->in_len;
	return OK;
}

/* Most heads are short: the piece that takes the longest is for those that are not, and for bodies. */
struct status http1input_room(struct connection *c)
{
	struct http1conn *h = &c->http1;

	if (h->in.bytes == NULL)
		return pool_take(&c->loop->pool, POOL_FIRST_INPUT, &h->in);
	if (h->in_len == h->in.capacity)
		http1input_tidy(c);
	if (h->in_len == h->in.capacity && h->in.capacity < POOL_INPUT && h->exchange == NULL)
		return http1input_enlarge(c);
	return OK;
}
