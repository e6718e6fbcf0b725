/* SPDX-License-Identifier: Apache-2.0 */
/**
 * exchange_state: what exchange.h hides, for the connections that carry exchanges.
 *
 * Life: exchange_new(), the protocol fills head and request, exchange_begin() shows
 * it to the handler, exchange_deliver() feeds its body, the handler answers through
 * the protocol, exchange_end() tells the handler and gives everything back.
 */
#ifndef NET_EXCHANGE_STATE_H
#define NET_EXCHANGE_STATE_H

#include "exchange.h"
#include "pool.h"
#include "registry.h"

struct connection;

enum exchange_body {
	EXCHANGE_BODY_UNASKED, /* the handler has not said what to do with it */
	EXCHANGE_BODY_COLLECT,
	EXCHANGE_BODY_STREAM,
	EXCHANGE_BODY_DISCARD, /* too big, or the answer did not need it */
};

/** HTTP/2: the head of an answer, encoded but for the security headers: see http2answer.c. */
struct http2_head {
	struct piece piece;
	size_t len;
	unsigned security; /* which are to follow: hpack.h */
};

struct exchange {
	struct registry_entry registered; /* first, so that an entry is its exchange */
	struct connection *connection;    /* NULL when the slot is free */
	struct exchange *next, *previous; /* of the connection; next of the spare ones */
	uint32_t slot, generation;
	int32_t stream; /* HTTP/2 */

	struct exchange_request request;
	/* The head: in HTTP/1 inside the connection's input, in HTTP/2 a piece of our own. */
	const char *head;
	const struct http_field *fields;
	size_t field_count;

	/* HTTP/2 brings a head field by field: see http2head.c. */
	struct piece head_piece, field_piece;
	size_t head_len;
	struct http_field path, authority; /* their values */
	uint32_t seen;                     /* a bit for each enum http_known */
	unsigned refusal;                  /* status to answer with instead of asking the handler */
	const char *refusal_what;

	enum exchange_body body;
	uint64_t body_max, body_seen;
	union {
		exchange_collected collected;
		exchange_piece piece;
	} on_body;
	struct buffer collected; /* the body so far */
	struct buffer held;      /* HTTP/2: what came while the handler took nothing; bounded by the stream's window */
	bool begun;
	bool queued;         /* HTTP/2: begins when earlier answers have left */
	bool reset;          /* HTTP/2: the stream was told to end */
	bool lingers;        /* HTTP/2: answered before the end of its request */
	bool deferred;       /* HTTP/2: the stream sends nothing until it is resumed */
	bool body_complete;  /* its last byte was received */
	bool body_delivered; /* and the handler has seen it */
	bool paused, expects_continue;

	bool answered, sent, cut;
	unsigned status;               /* of the answer */
	struct http2_head answer_head; /* HTTP/2: until it is framed */
	struct piece reply;            /* body still to send, from reply_at to reply_len */
	size_t reply_at, reply_len;
	struct exchange_source source;
	bool has_source, waiting; /* the source said "not yet" */
	bool framed;              /* by chunks, in HTTP/1 */
	uint64_t left;            /* of a source of known length */

	void *context;
};

#define EXCHANGE_CHUNK 32
struct exchange_chunk;
/** { 0 } is a valid empty table. */
struct exchange_table {
	struct exchange_chunk **chunks;
	uint32_t chunk_count;
	struct exchange *spare;
};
void exchange_table_clear(struct exchange_table *t);

/** exchange_new(loop, c, out): a fresh one, linked to nothing yet. */
MUST_CHECK struct status exchange_new(struct net_loop *loop, struct connection *c, struct exchange **out);
/** exchange_begin(e): ask the handler. */
void exchange_begin(struct exchange *e);
/** exchange_wants_body(e): the handler takes body bytes now. */
bool exchange_wants_body(const struct exchange *e);
/**
 * exchange_refuses_length(e):
 * If the announced length is past what the handler takes, tell it so, once, before
 * any byte of the body is asked for.
 */
bool exchange_refuses_length(struct exchange *e);
/**
 * exchange_deliver(e, bytes, last):
 * Give the next body bytes to the handler; only while exchange_wants_body().  The
 * handler may pause, answer or cut in between.
 */
void exchange_deliver(struct exchange *e, struct bytes bytes, bool last);
/** exchange_length(e, r): of the answer's body; EXCHANGE_LENGTH_UNKNOWN for a source that does not know. */
uint64_t exchange_length(const struct exchange *e, const struct exchange_reply *r);
/** exchange_keep(e, body): a copy of what exchange_produce() then gives. */
MUST_CHECK struct status exchange_keep(struct exchange *e, struct bytes body);
/** exchange_produce(e, out, max, len): the next bytes of the answer's body; e->sent after the last, e->waiting for "not
 * yet". */
MUST_CHECK struct status exchange_produce(struct exchange *e, uint8_t *out, size_t max, size_t *len);
/** exchange_end(e, outcome): tell the handler if it knew of it, give everything back; ${e} is gone. */
void exchange_end(struct exchange *e, enum exchange_outcome outcome);
/** exchange_refuse(e, status, what): answer with a problem of our own; the connection goes on. */
void exchange_refuse(struct exchange *e, unsigned status, const char *what);

#endif /* !NET_EXCHANGE_STATE_H */
