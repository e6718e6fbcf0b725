/* SPDX-License-Identifier: Apache-2.0 */
/* api: from a request's head to its handler: route, who, permission, limits, body. */
#include <stdlib.h>
#include <string.h>

#include "cookie.h"
#include "facts.h"
#include "memory.h"
#include "route.h"
#include "secondfactor.h"

#define COOKIE "__Host-session"

/* --- One loop --- */

void api_loop_free(struct api_loop *l)
{
	for (struct call *c = l->calls; c != NULL;) {
		struct call *next = c->next;
		buffer_clear(&c->body);
		arena_clear(&c->arena);
		free(c);
		c = next;
	}
	logread_free(l->log);
	store_snapshot_clear(&l->snapshot);
	memory_free(l->memory);
	free(l);
}

static struct status loop_begin(void *context, struct net_loop *net, void **own)
{
	struct service *service = context;
	struct api_loop *l = calloc(1, sizeof *l);

	if (l == NULL)
		return FAIL(ST_NO_MEMORY);
	l->service = service;
	l->net = net;
	l->group.told = call_told;
	struct status s = service->keys_begin(service->keys_context, net_loop_index(net), &l->keys);
	if (ok(s))
		s = store_snapshot_new(service->store, &l->snapshot);
	if (ok(s))
		s = logread_new(service->log, &l->keys, &l->log);
	if (ok(s))
		s = memory_new(&l->memory);
	if (!ok(s)) {
		api_loop_free(l);
		return s;
	}
	*own = l;
	return OK;
}

static void loop_end(void *own)
{
	struct api_loop *l = own;
	struct service *service = l->service;
	unsigned index = net_loop_index(l->net);

	call_flush(l);
	/* A task that is still on its way comes back after the loop, and frees it. */
	if (l->flushing)
		l->ended = true;
	else
		api_loop_free(l);
	service->keys_end(service->keys_context, index);
}

/** One read transaction a turn; none while the loop waits, or the write-ahead log could never begin anew. */
static void turn(void *own)
{
	struct api_loop *l = own;

	call_flush(l);
	store_snapshot_rest(&l->snapshot);
}

/* --- One request --- */

/** The token of a bearer or of the cookie; empty: none. */
static struct status find_token(struct call *c, struct text *out, bool *cookie)
{
	struct text field = exchange_header(c->exchange, TEXT("authorization"));

	*cookie = false;
	*out = (struct text){0};
	if (field.at != NULL) {
		struct text scheme;
		if (!text_split(&field, ' ', &scheme) || !text_equal_nocase(scheme, TEXT("bearer")))
			return FAIL_AT(ST_UNPROVEN, "authorization");
		*out = field;
		return OK;
	}
	field = exchange_header(c->exchange, TEXT("cookie"));
	if (field.at == NULL)
		return OK;
	struct status s = cookie_find(field, TEXT(COOKIE), out);
	*cookie = ok(s);
	return s.code == ST_NOT_FOUND ? OK : s;
}

/** A browser sends the cookie by itself: a change must come from our own pages. */
static struct status check_same_origin(const struct call *c)
{
	struct text site = exchange_header(c->exchange, TEXT("sec-fetch-site"));
	struct text origin = exchange_header(c->exchange, TEXT("origin"));
	enum http_method method = exchange_request(c->exchange)->method;

	if (method == HTTP_GET || method == HTTP_HEAD)
		return OK;
	if (site.at != NULL && !text_equal(site, TEXT("same-origin")))
		return FAIL_AT(ST_DENIED, "sec-fetch-site");
	if (origin.at == NULL ? site.at == NULL : !text_equal(origin, c->loop->service->origin))
		return FAIL_AT(ST_DENIED, "origin");
	return OK;
}

static struct status identify(struct call *c)
{
	struct text token;
	bool cookie;

	TRY(find_token(c, &token, &cookie));
	if (token.len == 0)
		return FAIL_AT(ST_UNPROVEN, "session");
	TRY(memory_caller(c->loop, token, &c->arena, &c->caller));
	exchange_tag(c->exchange, &c->caller.session.id.uuid);
	if (cookie)
		TRY(check_same_origin(c));
	if (c->caller.session.steps != 0 && c->route->who != ROUTE_PENDING)
		return FAIL_AT(ST_PENDING, step_advice(c->caller.session.steps));
	return c->route->who == ROUTE_FRESH ? secondfactor_fresh(c) : OK;
}

/** Which patient the address is about: named, or the one whose record is; ${known}: c->record is there already. */
static struct status find_patient(struct call *c, struct record_id *record, struct patient_id *out, bool *known)
{
	if (route_segment(c, "patient").at != NULL) {
		TRY(route_id(c, "patient", ID_PATIENT, &out->uuid));
		c->asked = id_print(ID_PATIENT, &out->uuid);
		return OK;
	}
	TRY(route_id(c, "record", ID_RECORD, &record->uuid));
	c->asked = id_print(ID_RECORD, &record->uuid);
	/* Before the memory is asked: the snapshot must be of this turn. */
	struct store_view *view = call_view(c);
	*known = memory_record(c->loop, &c->facts.user, record, &c->record);
	*out = c->record.patient;
	return *known ? OK : facts_whose(view, record, out);
}

static struct status see_file(struct call *c, struct record_id *record, bool *known)
{
	struct patient_id patient;
	bool exists = false;

	TRY(find_patient(c, record, &patient, known));
	struct status s = memory_file(c->loop, &patient, &c->facts, &exists);
	if (exists)
		c->patient = patient;
	TRY(s);
	return permit_decide(&c->facts, PERMIT_PATIENT_PROVE, &c->room, &c->pass);
}

/** Who may not see the file is answered as if there were none; his refusal names it to its owner all the same. */
static struct status see_patient(struct call *c)
{
	const bool by_record = route_segment(c, "record").at != NULL;
	struct record_id record;
	bool known = false;
	struct status s = see_file(c, &record, &known);

	if (ok(s) && by_record && !known) {
		s = facts_record(call_view(c), &record, &c->record);
		if (ok(s))
			memory_keep_record(c->loop, &c->facts.user, &c->record);
	}
	if (s.code != ST_NOT_FOUND && s.code != ST_DENIED)
		return s;
	return FAIL_AT(ST_NOT_FOUND, by_record ? "record" : "patient");
}

static struct status allow(struct call *c)
{
	c->facts = c->caller.facts;
	if (permit_action_on_patient(c->route->action))
		TRY(see_patient(c));
	return permit_decide(&c->facts, c->route->action, &c->room, &c->pass);
}

static struct status check_local(const struct call *c)
{
	const struct exchange_request *r = exchange_request(c->exchange);
	const struct address *peer = &r->peer;
	bool loopback = peer->family == ADDRESS_NONE || (peer->family == ADDRESS_IPV4 && peer->bytes[0] == 127) ||
			(peer->family == ADDRESS_IPV6 &&
			 bytes_equal(bytes_of(peer->bytes, 16), BYTES_LITERAL("\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1")));

	return loopback && !r->relayed ? OK : FAIL_AT(ST_DENIED, "address");
}

static struct status check_who(struct call *c)
{
	switch (c->route->who) {
	case ROUTE_OPEN:
	case ROUTE_PROOF:
		return OK;
	case ROUTE_LOCAL:
		return check_local(c);
	case ROUTE_PENDING:
	case ROUTE_SESSION:
	case ROUTE_FRESH:
		TRY(identify(c));
		return allow(c);
	}
	return FAIL(ST_DENIED);
}

/** On a nearly full disk content is refused before its first byte; whatever else changes something by the committer. */
static struct status check_room(const struct call *c)
{
	const enum http_method method = exchange_request(c->exchange)->method;
	const bool content = c->route->action == PERMIT_UPLOAD && (method == HTTP_POST || method == HTTP_PATCH);

	return content && committer_degraded(c->loop->service->committer) ? FAIL_AT(ST_FULL, "disk") : OK;
}

static struct status read_query(struct call *c)
{
	struct text stranger;
	size_t names = 0;

	while (names < COUNT(c->route->query) && c->route->query[names] != NULL)
		names++;
	TRY(form_parse(exchange_request(c->exchange)->query, &c->arena, &c->query));
	struct status s = form_only(&c->query, c->route->query, names, &stranger);
	if (!ok(s))
		c->problem.field = stranger;
	return s;
}

static struct status check_body(struct call *c)
{
	const struct exchange_request *r = exchange_request(c->exchange);
	uint64_t max = c->route->max != 0 ? c->route->max : LIMIT_JSON_BYTES;
	struct text type = exchange_header(c->exchange, TEXT("content-type")), bare = {0};

	if (c->route->body == ROUTE_NOTHING) {
		if (r->has_body && (!r->has_length || r->length > 0))
			return FAIL_AT(ST_INVALID, "body: this address takes none");
		return OK;
	}
	(void)text_split(&type, ';', &bare);
	if (!text_equal_nocase(text_trim(bare), text_of(c->route->type))) {
		c->problem.kind = PROBLEM_MEDIA_REFUSED;
		return FAIL_AT(ST_INVALID, c->route->type);
	}
	if (r->has_length && r->length > max) {
		c->problem.limited = true;
		c->problem.limit = max;
		return FAIL_AT(ST_TOO_BIG, "body");
	}
	return OK;
}

static void collected(struct exchange *e, struct status s, struct bytes body)
{
	struct call *c = call_of(e);

	if (!ok(s)) {
		c->problem.limited = true;
		c->problem.limit = c->route->max != 0 ? c->route->max : LIMIT_JSON_BYTES;
		call_refuse(c, s);
		return;
	}
	c->route->handle(c, body);
}

static const struct {
	const char *name;
	enum id_kind kind;
} ids[] = {{"patient", ID_PATIENT}, {"record", ID_RECORD}, {"upload", ID_UPLOAD},
	   {"session", ID_SESSION}, {"device", ID_DEVICE}, {"user", ID_USER}};

static struct status check_hash(struct text hex)
{
	struct hash hash;

	return text_from_hex(hex, hash.bytes, sizeof hash.bytes);
}

static struct status check_segment(struct call *c, const char *name, struct status s)
{
	if (ok(s))
		return OK;
	c->problem.field = text_of(name);
	return FAIL_AT(ST_INVALID, "address");
}

/** Malformed is 400 whoever asks; well-formed and unknown is 404, later. */
static struct status check_form(struct call *c)
{
	struct text segment;
	struct uuid id;
	uint32_t number;

	for (size_t i = 0; i < COUNT(ids); i++) {
		segment = route_segment(c, ids[i].name);
		if (segment.at != NULL)
			TRY(check_segment(c, ids[i].name, id_parse(ids[i].kind, segment, &id)));
	}
	segment = route_segment(c, "version");
	if (segment.at != NULL)
		TRY(check_segment(c, "version", text_to_u32(segment, 1, UINT32_MAX, &number)));
	segment = route_segment(c, "key_hash");
	return segment.at != NULL ? check_segment(c, "key_hash", check_hash(segment)) : OK;
}

static struct status find_route(struct call *c)
{
	const struct exchange_request *r = exchange_request(c->exchange);

	if (r->misrelayed)
		return FAIL_AT(ST_INVALID, "forwarded");
	TRY(path_parse(r->path, &c->arena, &c->path));
	struct status s = route_find(r->method, &c->path, &c->route);
	if (s.code == ST_DENIED)
		c->problem.kind = PROBLEM_METHOD;
	TRY(s);
	TRY(check_form(c));
	return read_query(c);
}

static void request(void *own, struct exchange *e)
{
	struct api_loop *l = own;
	struct call *c;

	if (!ok(call_begin(l, e, &c))) {
		exchange_cut(e);
		return;
	}
	struct status s = find_route(c);
	if (ok(s))
		s = check_who(c);
	if (ok(s))
		s = check_room(c);
	if (ok(s))
		s = check_body(c);
	if (!ok(s))
		call_refuse(c, s);
	else if (c->route->body == ROUTE_JSON)
		exchange_collect(e, (size_t)(c->route->max != 0 ? c->route->max : LIMIT_JSON_BYTES), collected);
	else
		c->route->handle(c, (struct bytes){0});
}

static void finished(void *own, struct exchange *e, enum exchange_outcome outcome)
{
	struct call *c = call_of(e);

	(void)own;
	(void)outcome;
	if (c != NULL)
		call_gone(c);
}

static bool speaks_for_others(void *context, const struct address *peer)
{
	const struct service *s = context;

	return settings_names(s->settings, SETTING_PROXIES,
			      bytes_of(peer->bytes, peer->family == ADDRESS_IPV4 ? 4 : 16));
}

struct net_handler api_handler(void)
{
	return (struct net_handler){loop_begin, loop_end, turn, request, finished, speaks_for_others};
}
