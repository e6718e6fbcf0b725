/* SPDX-License-Identifier: Apache-2.0 */
/*
 * handle_log: the log over HTTP: C2SP tiles and proofs for everybody, opened entries
 * for whoever may read them (PROMISES#B2, PROMISES#K10).
 */
#include "facts.h"
#include "render.h"
#include "route.h"

#include <string.h>

#define ENTRIES_DEFAULT 100
/* Leaves opened for one request before the page ends, with however few that fit. */
#define ENTRIES_OPENED 20000
#define BATCH          256

/* --- Checkpoint, tiles, proofs --- */

static void give_checkpoint(struct call *c)
{
	c->body.len = 0;
	c->failure = log_signed(c->loop->service->log, &c->body);
	c->http = 200;
	c->content_type = TEXT("text/plain; charset=utf-8");
}

void handle_checkpoint(struct call *c, struct bytes body)
{
	(void)body;
	c->respond = give_checkpoint;
	/* The newest tree is signed first; many who ask at once share one signature. */
	call_sign(c);
}

void handle_tile(struct call *c, struct bytes body)
{
	struct tile tile;
	struct text path = exchange_request(c->exchange)->path;
	struct text prefix = TEXT("/v1/log/");

	(void)body;
	struct status s = tile_parse_path((struct text){path.at + prefix.len, path.len - prefix.len}, &tile);
	c->body.len = 0;
	if (ok(s))
		s = logread_tile(c->loop->log, &tile, &c->body);
	if (!ok(s)) {
		call_refuse(c, s.code == ST_INVALID ? FAIL_AT(ST_NOT_FOUND, "tile") : s);
		return;
	}
	c->http = 200;
	c->content_type = TEXT("application/octet-stream");
	c->headers[c->header_count++] =
		(struct exchange_header){TEXT("cache-control"), TEXT("public, max-age=31536000, immutable")};
	call_answer(c);
}

static struct status find_proof(struct call *c, struct tree_proof *proof)
{
	uint64_t leaf, from, size;

	TRY(call_query_u64(c, "leaf", UINT64_MAX, &leaf));
	TRY(call_query_u64(c, "from", UINT64_MAX, &from));
	TRY(call_query_u64(c, "size", UINT64_MAX, &size));
	if ((leaf == UINT64_MAX) == (from == UINT64_MAX))
		return FAIL_AT(ST_INVALID, "give leaf or from");
	return leaf != UINT64_MAX ? logread_prove_inclusion(c->loop->log, leaf, size, proof)
				  : logread_prove_consistency(c->loop->log, from, size, proof);
}

void handle_proof(struct call *c, struct bytes body)
{
	struct jsonwriter w = call_writer(c);
	struct tree_proof proof;
	struct status s = find_proof(c, &proof);

	(void)body;
	if (!ok(s)) {
		call_refuse(c, s);
		return;
	}
	jsonwriter_object(&w, NULL);
	jsonwriter_array(&w, "hashes");
	for (size_t i = 0; i < proof.count; i++)
		jsonwriter_base64(&w, NULL, hash_bytes(&proof.hashes[i]));
	jsonwriter_end(&w);
	jsonwriter_end(&w);
	call_written(c, &w);
	call_answer(c);
}

/* --- Entries --- */

enum scope { SCOPE_OWN, SCOPE_PATIENT, SCOPE_SIGN_INS, SCOPE_ADMINISTRATION, SCOPE_ALL };

#define KIND(k) (1u << (k))
static const struct scope_rule {
	const char *word;
	enum permit_action action;
	uint32_t kinds; /* 0: all */
	bool chain;     /* walked along a chain, not scanned */
} scopes[] = {
	[SCOPE_OWN] = {"own", PERMIT_LOG_OWN, 0, true},
	[SCOPE_PATIENT] = {"patient", PERMIT_LOG_PATIENT, 0, true},
	[SCOPE_SIGN_INS] = {"sign-ins", PERMIT_LOG_ADMINISTRATION,
			    KIND(LEAF_SIGN_IN) | KIND(LEAF_LOG_OFF) | KIND(LEAF_EXPIRY) | KIND(LEAF_ADMINISTRATION),
			    false},
	[SCOPE_ADMINISTRATION] = {"administration", PERMIT_LOG_ADMINISTRATION,
				  KIND(LEAF_STATEMENT) | KIND(LEAF_ADMINISTRATION) | KIND(LEAF_SERVICE) |
					  KIND(LEAF_ROTATION) | KIND(LEAF_BACKUP) | KIND(LEAF_DRILL) |
					  KIND(LEAF_BREAK_GLASS) | KIND(LEAF_SIGN_IN) | KIND(LEAF_LOG_OFF) |
					  KIND(LEAF_EXPIRY),
				  false},
	[SCOPE_ALL] = {"all", PERMIT_LOG_ALL, 0, false},
};

/** One question, and the page that answers it. */
struct asking {
	struct call *call;
	enum scope scope;
	struct user_id user; /* zero: everybody */
	uint32_t kinds;      /* 0: all */
	uint64_t from, until, before, limit;
	struct jsonwriter w;
	uint64_t shown, opened;
	bool more;
};

static struct status read_scope(struct asking *a)
{
	struct text word = form_get(&a->call->query, TEXT("scope"));

	for (size_t i = 0; i < COUNT(scopes); i++)
		if (text_equal(word, text_of(scopes[i].word))) {
			a->scope = (enum scope)i;
			return OK;
		}
	a->call->problem.field = TEXT("scope");
	return FAIL_AT(ST_INVALID, "scope: own, patient, sign-ins, administration or all");
}

static struct status read_time(struct call *c, const char *name, uint64_t otherwise, uint64_t *out)
{
	struct text value = form_get(&c->query, text_of(name));

	*out = otherwise;
	if (value.at == NULL)
		return OK;
	struct status s = text_to_time(value, out);
	if (!ok(s))
		c->problem.field = text_of(name);
	return s;
}

static struct status read_filters(struct asking *a)
{
	struct call *c = a->call;
	struct text user = form_get(&c->query, TEXT("user")), action = form_get(&c->query, TEXT("action"));
	enum leaf_kind kind;

	a->kinds = scopes[a->scope].kinds;
	if (user.at != NULL)
		TRY(id_parse(ID_USER, user, &a->user.uuid));
	if (action.at != NULL) {
		TRY(leaf_kind_from(action, &kind));
		a->kinds = a->kinds == 0 || (a->kinds & KIND(kind)) != 0 ? KIND(kind) : KIND(31);
	}
	TRY(read_time(c, "from", 0, &a->from));
	TRY(read_time(c, "until", UINT64_MAX, &a->until));
	TRY(call_query_u64(c, "before", UINT64_MAX, &a->before));
	TRY(call_query_u64(c, "limit", ENTRIES_DEFAULT, &a->limit));
	if (a->limit == 0 || a->limit > LIMIT_PAGE)
		return FAIL_AT(ST_INVALID, "limit");
	return OK;
}

/** The pass for this scope; for a patient's part, on that patient. */
static struct status allow_scope(struct asking *a)
{
	struct call *c = a->call;
	struct permit_facts facts = c->caller.facts;
	struct text patient = form_get(&c->query, TEXT("patient"));
	struct patient_id asked;
	bool exists;

	if (a->scope == SCOPE_PATIENT) {
		TRY(id_parse(ID_PATIENT, patient, &asked.uuid));
		c->asked = id_print(ID_PATIENT, &asked.uuid);
		struct status s = facts_visible(call_view(c), &asked, &facts, &exists);
		if (exists)
			c->patient = asked;
		TRY(s);
	}
	return permit_decide(&facts, scopes[a->scope].action, &c->room, &c->pass);
}

static bool fits(const struct asking *a, const struct logread_opening *o)
{
	bool about_patient = o->erased || o->subject.kind == PIECE_PATIENT;

	if (o->index >= a->before || o->leaf.time < a->from || o->leaf.time > a->until)
		return false;
	if (a->kinds != 0 && (a->kinds & KIND(o->leaf.kind)) == 0)
		return false;
	if (a->scope == SCOPE_ADMINISTRATION && about_patient)
		return false;
	return uuid_is_zero(&a->user.uuid) || uuid_equal(&a->user.uuid, &o->actor.user.uuid);
}

/** Show one if it fits; false when the page is full. */
static bool show(struct asking *a, const struct logread_opening *o)
{
	if (++a->opened > ENTRIES_OPENED) {
		a->more = true;
		return false;
	}
	if (!fits(a, o))
		return true;
	if (a->shown == a->limit) {
		a->more = true;
		return false;
	}
	/* Whom a refusal was about is for the owner's eyes: it would tell the refused what there is. */
	const bool hidden = a->scope == SCOPE_OWN && o->leaf.result == LEAF_REFUSED;
	render_entry(&a->w, o, (struct render_shown){true, !hidden});
	a->shown++;
	return true;
}

/** A chain that is walked: whose, and which piece carries it. */
struct chain {
	enum heads_role role;
	const struct uuid *id;
};

static bool in_chain(const struct chain *chain, const struct logread_opening *o)
{
	if (chain->role == HEADS_ACTOR)
		return uuid_equal(&o->actor.user.uuid, chain->id);
	return !o->erased && o->subject.kind == PIECE_PATIENT && uuid_equal(&o->subject.id, chain->id);
}

/** One leaf back; false at the end of what can be walked. */
static struct status step_back(struct asking *a, const struct chain *chain, struct logread_opening *o, bool *any)
{
	struct status s = logread_back(a->call->loop->log, chain->role, o, o);

	*any = ok(s);
	return s.code == ST_NOT_FOUND || s.code == ST_GONE ? OK : s;
}

/** The newest leaf of the chain, or, on a further page, the one before the last that was shown. */
static struct status begin_chain(struct asking *a, const struct chain *chain, struct logread_opening *o, bool *any)
{
	struct call *c = a->call;
	struct head head;

	*any = false;
	log_chain(c->loop->service->log, chain->role, chain->id, &head);
	if (head.index == HEADS_NO_INDEX)
		return OK;
	if (a->before < head.index) {
		TRY(logread_open(c->loop->log, a->before, o));
		if (in_chain(chain, o))
			return step_back(a, chain, o, any);
	}
	*any = true;
	return logread_open(c->loop->log, head.index, o);
}

/** Back along the acting user's, or the patient's, own chain. */
static struct status walk_chain(struct asking *a)
{
	AUTO(logread_opening) o = {0};
	const struct chain chain = {
		a->scope == SCOPE_OWN ? HEADS_ACTOR : HEADS_PATIENT,
		a->scope == SCOPE_OWN ? &a->call->caller.session.user.uuid : &a->call->patient.uuid,
	};
	bool any;

	TRY(begin_chain(a, &chain, &o, &any));
	while (any && o.leaf.time >= a->from && show(a, &o))
		TRY(step_back(a, &chain, &o, &any));
	return OK;
}

struct indexes {
	uint64_t at[BATCH];
	size_t count;
};
static struct status gather(void *context, uint64_t index, const struct leaf *leaf)
{
	struct indexes *all = context;

	(void)leaf;
	/* A full batch ends the scan; the range says where it goes on. */
	if (all->count == BATCH)
		return FAIL(ST_TOO_MANY);
	all->at[all->count++] = index;
	return OK;
}

static struct status scan(struct asking *a)
{
	AUTO(logread_opening) o = {0};
	struct logread *log = a->call->loop->log;
	struct logread_range range = {.kinds = a->kinds, .down = true, .to = log_size(a->call->loop->service->log)};

	if (a->before < range.to)
		range.to = a->before;
	if (a->from > 0)
		TRY(logread_at_time(log, a->from, &range.from));
	while (range.from < range.to) {
		struct indexes batch = {0};
		struct status s = logread_scan(log, &range, gather, &batch);
		if (!ok(s) && s.code != ST_TOO_MANY)
			return s;
		for (size_t i = 0; i < batch.count; i++) {
			TRY(logread_open(log, batch.at[i], &o));
			if (!show(a, &o))
				return OK;
		}
		if (batch.count == 0 && ok(s) && range.from == range.to)
			return OK;
	}
	return OK;
}

static void deliver(struct asking *a, struct status s, struct text detail)
{
	struct call *c = a->call;

	call_deliver(c, &a->w, s,
		     &(struct piece_subject){.kind = uuid_is_zero(&c->patient.uuid) ? PIECE_SITE : PIECE_PATIENT,
					     .id = c->patient.uuid,
					     .detail = detail});
}

void handle_entries(struct call *c, struct bytes body)
{
	struct asking a = {.call = c, .w = call_writer(c)};
	struct status s = read_scope(&a);

	(void)body;
	if (ok(s))
		s = read_filters(&a);
	if (ok(s))
		s = allow_scope(&a);
	jsonwriter_object(&a.w, NULL);
	jsonwriter_array(&a.w, "items");
	if (ok(s) && a.kinds != KIND(31))
		s = scopes[a.scope].chain ? walk_chain(&a) : scan(&a);
	/* A list of a chain hangs from the leaf of its own asking. */
	c->receipt = scopes[a.scope].chain;
	jsonwriter_end(&a.w);
	jsonwriter_bool(&a.w, "more", a.more);
	jsonwriter_end(&a.w);
	deliver(&a, s, TEXT("log"));
}

/* --- Openings --- */

struct openings {
	struct jsonfield_list leaves;
};
static const struct jsonfield opening_rows[] = {
	{.name = "leaves",
	 .type = JSONFIELD_U64,
	 .offset = offsetof(struct openings, leaves),
	 .required = true,
	 .many = LIMIT_PAGE},
};
static const struct jsonfield_table opening_table = JSONFIELD_TABLE(struct openings, opening_rows);

/**
 * What the caller did himself he may see, so that he can compare what it says was shown to him.  Else whose statement
 * it is decides: the directory's is everybody's, a patient file's is for who may see the file.
 */
static struct status may_see(struct call *c, const struct logread_opening *o, struct patient_id *last)
{
	struct permit_facts facts = c->caller.facts;
	struct patient_id patient = {o->subject.id};
	bool exists;

	if (!o->erased && uuid_equal(&o->actor.user.uuid, &c->caller.session.user.uuid))
		return OK;
	if (o->erased || hash_is_zero(&o->subject.statement))
		return FAIL_AT(ST_NOT_FOUND, "statement");
	if (o->subject.kind != PIECE_PATIENT || uuid_equal(&patient.uuid, &last->uuid))
		return OK;
	struct status s = facts_visible(call_view(c), &patient, &facts, &exists);
	if (s.code == ST_NOT_FOUND)
		return FAIL_AT(ST_NOT_FOUND, "statement");
	if (ok(s))
		*last = patient;
	return s;
}

static struct status put_openings(struct asking *a, const struct openings *asked)
{
	AUTO(logread_opening) o = {0};
	const uint64_t *leaves = asked->leaves.items;
	struct patient_id last = {0};

	for (size_t i = 0; i < asked->leaves.count; i++) {
		TRY(logread_open(a->call->loop->log, leaves[i], &o));
		TRY(may_see(a->call, &o, &last));
		render_entry(&a->w, &o, (struct render_shown){false, true});
	}
	return OK;
}

void handle_openings(struct call *c, struct bytes body)
{
	struct asking a = {.call = c, .w = call_writer(c)};
	struct openings asked = {0};
	struct status s = call_json(c, body, &opening_table, &asked);

	jsonwriter_object(&a.w, NULL);
	jsonwriter_array(&a.w, "items");
	if (ok(s))
		s = put_openings(&a, &asked);
	jsonwriter_end(&a.w);
	jsonwriter_end(&a.w);
	deliver(&a, s, TEXT("openings"));
}
