/* SPDX-License-Identifier: Apache-2.0 */
/**
 * exchange: one request and its answer, whatever the version of HTTP.
 *
 * How one runs:
 *
 *   request()                     the head is complete: struct net_handler
 *     |- exchange_answer*()       at once, or
 *     |- exchange_collect()       the body whole, then its callback, or
 *     |- exchange_stream()        the body piece by piece, with pause and resume, or
 *     `- nothing: answered later, from a task given to net_post() (net.h)
 *   finished()                    exactly once, for every exchange that request() saw
 *
 * Invariants
 *   1. An exchange belongs to one loop; every function here is called on that
 *      loop's thread, inside a callback of the handler or a posted task.
 *   2. No function here calls back: callbacks come from the loop, after the
 *      handler has returned.
 *   3. A `struct exchange *` is good until finished() has returned.  What must
 *      outlive a callback holds a handle, and asks exchange_find().
 *   4. Answering an exchange that was answered or cut is harmless and does nothing.
 */
#ifndef NET_EXCHANGE_H
#define NET_EXCHANGE_H

#include "address.h"
#include "http.h"
#include "id.h"

struct net_loop;
struct exchange;

enum exchange_protocol { EXCHANGE_HTTP1, EXCHANGE_HTTP2 };
enum exchange_tls { EXCHANGE_CLEAR, EXCHANGE_TLS12, EXCHANGE_TLS13 };

/** What was asked.  Texts live as long as the exchange. */
struct exchange_request {
	enum http_method method;
	struct text path,
		query; /* percent-encoding checked and left in place; path begins with '/' or is "*" (OPTIONS) */
	struct text authority; /* host[:port] as the client wrote it */
	bool has_query;
	bool has_body; /* a body follows or may follow */
	bool has_length;
	uint64_t length; /* of the body, if has_length */
	enum exchange_protocol protocol;
	enum exchange_tls tls;
	/* True behind TLS, ours or, on the unix socket, that of a proxy that says so. */
	bool secure;
	/* The client; behind a trusted proxy whom its Forwarded field names; on the unix socket the last address of
	 * X-Forwarded-For, ADDRESS_NONE without it. */
	struct address peer;
	bool relayed;    /* by a trusted proxy: whoever asks is not on this machine, whatever its address says */
	bool misrelayed; /* what that proxy says for whom it asks cannot be read: to be refused */
};

const struct exchange_request *exchange_request(const struct exchange *e);
/**
 * exchange_header(e, name):
 * The value of a request header (any case of ${name}); .at is NULL when it is absent.
 * Fields of enum http_known never stand twice; of others the first is given.
 */
struct text exchange_header(const struct exchange *e, struct text name);

/** The caller's own pointer, NULL at first. */
void exchange_set_context(struct exchange *e, void *context);
void *exchange_context(const struct exchange *e);

/** Names an exchange for as long as one likes, from any thread. */
struct exchange_handle {
	struct net_loop *loop;
	uint32_t slot, generation;
};

struct exchange_handle exchange_handle(const struct exchange *e);
/** exchange_find(h): on h.loop's thread; NULL once the exchange is over. */
struct exchange *exchange_find(struct exchange_handle h);

/**
 * exchange_tag(e, session):
 * From now on ${e} runs under ${session}: net_end_session() cuts it.  A second call replaces the first.
 */
void exchange_tag(struct exchange *e, const struct uuid *session);

/* --- the body of the request --- */

/**
 * A whole body, or a piece of one, arrived.  ${s} is OK, or ST_TOO_BIG past the
 * maximum that was asked for: then ${bytes} is empty, nothing follows, and the
 * handler answers 413 naming its limit.
 */
typedef void (*exchange_collected)(struct exchange *e, struct status s, struct bytes body);
typedef void (*exchange_piece)(struct exchange *e, struct status s, struct bytes piece, bool last);

/**
 * exchange_collect(e, max, done):
 * Call ${done} once, with the whole body, which stays readable until finished() and
 * is wiped then.  Without a body ${done} gets an empty one.  Sends 100 Continue where
 * the client waits for it, unless the announced length is already past ${max}.
 */
void exchange_collect(struct exchange *e, size_t max, exchange_collected done);
/**
 * exchange_stream(e, max, piece):
 * Call ${piece} for every piece as it arrives, valid during the call only; the last
 * call says ${last} (its piece may be empty).
 */
void exchange_stream(struct exchange *e, uint64_t max, exchange_piece piece);
/** exchange_pause(e): no piece until exchange_resume(); the client is slowed by flow control. */
void exchange_pause(struct exchange *e);
void exchange_resume(struct exchange *e);

/* --- the answer --- */

struct exchange_header {
	struct text name, value;
};

/**
 * Status, headers, and a body in one piece.  Everything is copied before
 * exchange_answer() returns.
 *
 * Date, framing and the security headers of reply.c are added; a header given here
 * replaces a security header of the same name, and one with an empty value removes
 * it.  Names are given in lower case.
 */
struct exchange_reply {
	unsigned status;          /* 200 to 599 */
	struct text content_type; /* empty: none */
	const struct exchange_header *headers;
	size_t header_count;
	struct bytes body; /* ignored where HTTP forbids one (HEAD keeps its length) */
	bool close;        /* end the connection after this */
};

/** A body made while it is sent. */
#define EXCHANGE_LENGTH_UNKNOWN UINT64_MAX
struct exchange_source {
	uint64_t length; /* exact, or EXCHANGE_LENGTH_UNKNOWN: chunked in HTTP/1.1 */
	/**
	 * Write up to ${max} bytes to ${out}.  ${len} 0 without ${last} means "not yet":
	 * call exchange_wake() when there is more.  A failure, or a body that does not
	 * have its length, cuts the exchange so that the client notices.
	 */
	struct status (*produce)(void *context, uint8_t *out, size_t max, size_t *len, bool *last);
	void *context; /* the handler's; it may free it in finished() */
};

/** exchange_answer(e, r): what cannot be sent ends the exchange, and finished() says so. */
void exchange_answer(struct exchange *e, const struct exchange_reply *r);
/** exchange_answer_from(e, r, source): ${r}'s body is ignored; produce() is not called for HEAD. */
void exchange_answer_from(struct exchange *e, const struct exchange_reply *r, const struct exchange_source *source);
/** exchange_wake(e): the source that said "not yet" has more. */
void exchange_wake(struct exchange *e);
/** exchange_cut(e): end it without an answer, or in the middle of one. */
void exchange_cut(struct exchange *e);

enum exchange_outcome {
	EXCHANGE_SENT, /* the whole answer was handed to the transport */
	EXCHANGE_LOST, /* the peer went away, stalled, or its session or the server ended */
};

#endif /* !NET_EXCHANGE_H */
