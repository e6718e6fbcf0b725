/* SPDX-License-Identifier: Apache-2.0 */
/**
 * call: one request on its way through the server, from its route to its answer.
 *
 *   head -> route -> who -> handler -> [slow work] -> settle (leaf durable) -> answer
 *
 * 1. Every answer to somebody signed in leaves only after its leaf is durable
 *    (PROMISES#K10): handlers end with call_settle*(), never with an answer of
 *    their own, but for routes that the table marks as open.
 * 2. A call belongs to its loop's thread.  While it is with the workers or the
 *    committer the loop does not touch it; it comes back by net_post().
 * 3. A peer that goes away does not undo what was committed.
 */
#ifndef API_CALL_H
#define API_CALL_H

#include "arena.h"
#include "credential.h"
#include "form.h"
#include "jsonfield.h"
#include "jsonwriter.h"
#include "logread.h"
#include "page.h"
#include "path.h"
#include "permit.h"
#include "problem.h"
#include "seen.h"
#include "service.h"
#include "session.h"

struct attempt;
struct route;
struct call;

/** What one loop owns. */
struct api_loop {
	struct service *service;
	struct net_loop *net;
	struct log_keys keys;
	struct store_snapshot snapshot;
	struct logread *log;
	struct api_memory *memory; /* sessions seen lately (memory.h) */
	struct seen seen;          /* roots of the log (seen.h) */
	struct call *calls;        /* unused ones, kept with their buffers */
	/* What the calls of this turn hand to the committer, in one piece. */
	struct committer_entry *first, *last;
	size_t waiting;
	struct committer_group group; /* woken once a round */
	struct net_task flush;
	bool flushing; /* the task is on its way */
	bool ended;    /* the loop is over and waits for that task */
};

/** Who asks. */
struct caller {
	bool known;
	struct session session;
	struct permit_facts facts; /* on no patient */
	struct text login, name;   /* in the call's arena */
	uint64_t password_changed; /* ms since 1970 */
	size_t place;              /* where the loop remembers it */
};

enum call_stage { CALL_READING, CALL_WORKING, CALL_SETTLING, CALL_ANSWERED };

/** What a change does in the committer's transaction; it adds its events to ${log}. */
typedef struct status call_apply(struct call *call, struct store_txn *txn, const struct record_log *log);
/** On the loop again, once all is durable: write the answer. */
typedef void call_respond(struct call *call);
/** On a worker: slow, touches nothing of the loop. */
typedef struct status call_work(struct call *call);

struct call {
	struct call *next;
	struct api_loop *loop;
	struct exchange *exchange; /* NULL once the peer is gone */
	const struct route *route;
	enum call_stage stage;
	struct arena arena;
	struct path path;
	struct form query;
	struct caller caller;
	struct permit_room room;
	struct permit_facts facts;      /* what the pass was decided upon */
	const struct permit_pass *pass; /* of the route's action, on the route's patient */
	struct patient_id patient;  /* zero: about none that there is; the subject of the leaf, never of an answer */
	struct id_text asked;       /* the id that was asked for, whether there is such a thing or not; or empty */
	struct record_state record; /* of the address, where it names one instead of its patient */
	struct json_document document;
	struct jsonfield_refusal refusal;

	/* The answer as far as it is known. */
	unsigned http;
	struct buffer body;
	struct text content_type;
	struct problem problem; /* .kind is used when failure is not OK */
	struct status failure;
	struct exchange_header headers[5];
	size_t header_count;
	struct exchange_source source; /* .produce NULL: the body is in memory */

	/* The way through workers and committer. */
	struct net_task task;
	struct committer_entry entry;
	struct worker_job job;
	call_work *work;
	void (*worked)(struct call *call);
	call_apply *apply;
	call_respond *respond;
	call_respond
		*effect;    /* of a change, once it is durable: on the loop, before respond(), even when nobody waits */
	struct event event; /* of a reading call */
	bool has_event;
	bool ends;                /* of a change: it ends somebody's access, though its route does not always */
	bool receipt;             /* of a reading call: the answer names its leaf (header tacenda-leaf) */
	struct piece_actor actor; /* without the caller; kept by call_actor() */
	bool has_actor;
	const char *why;                 /* of a refused sign-in: what its leaf says and its answer must not; or NULL */
	struct attempt *attempt;         /* attempt.h: by whose failures this one is judged; NULL: none */
	bool (*hold)(struct call *call); /* asked before the answer leaves; true: it will call call_answer() again */

	/* A handler's own, freed by its release(). */
	void *own;
	void (*release)(struct call *call);
};

/** call_of(e): the call of an exchange. */
struct call *call_of(struct exchange *e);
/** call_begin(loop, e): a fresh call. */
MUST_CHECK struct status call_begin(struct api_loop *loop, struct exchange *e, struct call **out);
/** call_gone(c): the exchange is over; the call goes when nobody works on it any more. */
void call_gone(struct call *c);
/** api_loop_free(l): api.c. */
void api_loop_free(struct api_loop *l);
/** call_flush(loop): hand over what waits for the committer; once a turn, and when that is much (call.c). */
void call_flush(struct api_loop *loop);
/** call_told(group): that of a loop; its calls came back. */
void call_told(struct committer_group *group);
/** call_back(c): it came back from workers or committer; false when there is nobody to answer: it is gone then. */
bool call_back(struct call *c);

/** call_now(c): wall time, ms. */
uint64_t call_now(const struct call *c);
/** call_view(c): the loop's snapshot. */
struct store_view *call_view(const struct call *c);
/** call_actor(c, out): who, from where, with what: the actor's half of an event; texts live as long as the call. */
void call_actor(struct call *c, struct piece_actor *out);
/** call_event(c, kind, subject): the event that call_settle() will log. */
void call_event(struct call *c, enum leaf_kind kind, const struct piece_subject *subject);

/** call_answer(c): now; for open routes, and by settling. */
void call_answer(struct call *c);
/**
 * call_refuse(c, s): answer with the problem of ${s}.  Logged when the caller is
 * known, or when it is his failed proof; strangers' refusals are counted (strangers.h).
 */
void call_refuse(struct call *c, struct status s);
/** call_refuse_field(c, s, field): the same, naming a field of the request. */
void call_refuse_field(struct call *c, struct status s, struct text field);

/** call_settle(c, respond): log c->event; then respond(), which fills the answer in, and it leaves. */
void call_settle(struct call *c, call_respond *respond);
/** call_settle_change(c, s, apply, respond): with ${s} OK apply() in the next transaction; a failure of either is
 * refused. */
void call_settle_change(struct call *c, struct status s, call_apply *apply, call_respond *respond);
/** call_sign(c): have the log as it is now signed, then c->respond(); logs nothing. */
void call_sign(struct call *c);
/** call_work_on(c, work, worked): work() on a worker, then worked() on the loop, c->failure its result. */
void call_work_on(struct call *c, call_work *work, void (*worked)(struct call *call));
/** call_write_on(c, work, worked): the same on a writer, for what waits for the disk and not for sign-ins. */
void call_write_on(struct call *c, call_work *work, void (*worked)(struct call *call));

/** call_json(c, out): parse the collected body; ST_INVALID. */
MUST_CHECK struct status call_json(struct call *c, struct bytes body, const struct jsonfield_table *table,
				   void *target);
/** call_writer(c): a JSON writer on the answer's body, which is emptied. */
struct jsonwriter call_writer(struct call *c);
/** call_written(c, w): 200 with that JSON, or a failure. */
void call_written(struct call *c, struct jsonwriter *w);
/**
 * call_deliver(c, w, s, subject):
 * With ${s} OK that JSON, *delivered*: it leaves once the leaf about ${subject} is durable.  Otherwise
 * refuse with ${s}; nothing that was written leaves then.
 */
void call_deliver(struct call *c, struct jsonwriter *w, struct status s, const struct piece_subject *subject);
/** call_respond_nothing(c): 204 without a body; for call_settle_change(). */
void call_respond_nothing(struct call *c);
/** call_query_page(c, page): `since` and `limit` of the query, 0 and 100 where they are not given; ST_INVALID. */
MUST_CHECK struct status call_query_page(struct call *c, struct page *page);
/** call_query_u64(c, name, otherwise, out): up to INT64_MAX, ${otherwise} where it is not given; ST_INVALID. */
MUST_CHECK struct status call_query_u64(struct call *c, const char *name, uint64_t otherwise, uint64_t *out);

#endif /* !API_CALL_H */
