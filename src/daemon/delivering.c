/* SPDX-License-Identifier: Apache-2.0 */
#include "delivering.h"

#include <stdio.h>

#include "contact.h"
#include "counter.h"
#include "courier.h"
#include "serving.h"
#include "userrow.h"

/* What happened so long before it was looked at, because nothing ran, is read in the product. */
#define FRESH_MS 3600000ull

static const enum order_way order_ways[] = {
	[DELIVERY_MAIL] = ORDER_MAIL, [DELIVERY_HOOK] = ORDER_HOOK, [DELIVERY_SYSLOG] = ORDER_SYSLOG};
static const enum setting kinds_of[] = {[DELIVERY_MAIL] = SETTING_MAIL_KINDS,
					[DELIVERY_HOOK] = SETTING_HOOK_KINDS,
					[DELIVERY_SYSLOG] = SETTING_SYSLOG_KINDS};
static const enum setting place_of[] = {[DELIVERY_MAIL] = SETTING_MAIL_SERVER,
					[DELIVERY_HOOK] = SETTING_HOOK_URL,
					[DELIVERY_SYSLOG] = SETTING_SYSLOG_SERVER};

void delivering_start(struct serving *s)
{
	const struct options *given = &s->args->options;
	const struct courierlink_options options = {.mail_password = options_value(given, "--mail-password-file"),
						    .hook_key = options_value(given, "--hook-key-file"),
						    .ca = options_value(given, "--delivery-ca")};

	s->delivering.courier.fd = -1;
	if (!ok(courierlink_start(&options, &s->delivering.courier)))
		(void)fputs("tacendad: event=no_courier what=\"tacenda-courier does not start: notices stay inside\"\n",
			    stderr);
}

void delivering_clear(struct delivering *d)
{
	logread_free(d->log);
	d->log = NULL;
	courierlink_clear(&d->courier);
}

void delivering_words(char out[DELIVERING_WORDS_MAX], const char *before, const char *way, struct text why)
{
	(void)snprintf(out, DELIVERING_WORDS_MAX, "%s%s%s%.*s", before, way, why.len > 0 ? ": " : "", TEXT_ARG(why));
}

static bool wanted(struct serving *s, enum delivery_way way, enum notice_kind kind)
{
	struct setting_value list;

	if (settings_value(&s->settings, place_of[way]) == 0)
		return false;
	settings_get(&s->settings, kinds_of[way], &list);
	return notice_kinds_hold(text_of(list.text), kind);
}

/* --- What is new --- */

struct collecting {
	struct committer_entry entry; /* must be first */
	struct serving *serving;
	struct store_view *view;
	const struct notice *notice;
	enum notice_kind kind;
	uint64_t seen;
	struct delivery found[128];
	size_t count;
	bool full;
};

static void add(struct collecting *c, enum delivery_way way, const struct user_id *user)
{
	c->full = c->full || c->count == COUNT(c->found);
	if (c->full)
		return;
	c->found[c->count] = (struct delivery){.notice = c->notice->id, .way = way};
	if (user != NULL)
		c->found[c->count].user = *user;
	c->count++;
}

/** Active, told by this notice, and wanting its kind. */
static struct status look_at_contact(void *context, const struct row *row)
{
	struct collecting *c = context;
	AUTO(row) of_user = {0};
	struct contact contact;
	struct person person;

	TRY(contact_read(row, &contact));
	if (!notice_kinds_hold(text_of(contact.kinds), c->kind))
		return OK;
	TRY(userrow_get(c->view, &contact.user, &of_user, &person));
	const struct notice_to himself = notice_to_user(&contact.user), all = notice_to_profile(person.profile);
	if (person.state == USER_ACTIVE &&
	    (uuid_equal(&c->notice->to.id, &himself.id) || uuid_equal(&c->notice->to.id, &all.id)))
		add(c, DELIVERY_MAIL, &contact.user);
	return OK;
}

/** That a way is blocked is told by the others. */
static bool about_itself(const struct collecting *c, enum delivery_way way)
{
	return c->kind == NOTICE_UNDELIVERABLE &&
	       text_starts(c->notice->detail, text_of(order_way_word(order_ways[way])));
}

static struct status look(void *context, const struct row *row)
{
	struct collecting *c = context;
	struct notice n;
	const size_t before = c->count;

	if (c->full)
		return OK;
	TRY(notice_read(row, &n));
	c->notice = &n;
	if (ok(notice_kind_find(n.kind, &c->kind)) && n.last + FRESH_MS > clock_wall(&clock_system))
		for (enum delivery_way way = DELIVERY_MAIL; way <= DELIVERY_SYSLOG; way++) {
			if (!wanted(c->serving, way, c->kind) || about_itself(c, way))
				continue;
			if (way != DELIVERY_MAIL)
				add(c, way, NULL);
			else
				TRY(contact_walk(c->view, look_at_contact, c));
		}
	/* All of one notice, or none of it yet, unless it alone is more than there is room for. */
	if (c->full && before > 0)
		c->count = before;
	else
		c->seen = n.seq;
	return OK;
}

static struct status apply_found(struct committer_entry *entry, struct committer_turn *turn)
{
	const struct collecting *c = (const struct collecting *)entry;
	char detail[64];
	uint64_t leaf;

	for (size_t i = 0; i < c->count; i++)
		TRY(delivery_add(turn->txn, &c->found[i], turn->time));
	TRY(counter_put(turn->txn, COUNTER_NOTICES_SENT, NULL, c->seen));
	(void)snprintf(detail, sizeof detail, "to deliver: %zu", c->count);
	const struct event event = {
		.kind = LEAF_SERVICE, .result = LEAF_DONE, .subject = {.kind = PIECE_SITE, .detail = text_of(detail)}};
	return committer_add(turn, &event, &leaf);
}

static struct status collect(struct serving *s, struct store_view *view)
{
	struct delivering *d = &s->delivering;
	struct collecting c = {.entry = {.apply = apply_found}, .serving = s, .view = view};

	if (d->seen == 0)
		TRY(counter_get(view, COUNTER_NOTICES_SENT, NULL, &d->seen));
	const struct store_range fresh = {
		.index = INDEX_NOTICE_SEQ, .after_count = 1, .after = {ROW_NUMBER(d->seen)}, .limit = 64};
	c.seen = d->seen;
	TRY(store_scan(view, TABLE_NOTICE, &fresh, look, &c));
	if (c.count > 0)
		TRY(committer_run(s->vessel.committer, &c.entry));
	d->seen = c.seen;
	return OK;
}

/* --- What is due --- */

void delivering_order(struct serving *s, enum order_way way, struct jsonwriter *w, uint64_t *number)
{
	static const struct {
		const char *name;
		enum setting setting;
		enum order_way way;
	} fields[] = {{"server", SETTING_MAIL_SERVER, ORDER_MAIL},     {"from", SETTING_MAIL_FROM, ORDER_MAIL},
		      {"user", SETTING_MAIL_USER, ORDER_MAIL},         {"url", SETTING_HOOK_URL, ORDER_HOOK},
		      {"server", SETTING_SYSLOG_SERVER, ORDER_SYSLOG}, {"url", SETTING_FHIR_URL, ORDER_FHIR}};
	struct setting_value value;

	*number = ++s->delivering.number;
	jsonwriter_object(w, NULL);
	jsonwriter_u64(w, "number", *number);
	jsonwriter_string(w, "way", order_way_word(way));
	jsonwriter_string(w, "origin", s->vessel.origin);
	for (size_t i = 0; i < COUNT(fields); i++)
		if (fields[i].way == way) {
			settings_get(&s->settings, fields[i].setting, &value);
			jsonwriter_string(w, fields[i].name, value.text);
		}
	jsonwriter_bool(w, "implicit_tls", settings_value(&s->settings, SETTING_MAIL_TLS) == SETTING_MAIL_IMPLICIT);
}

static void put_to(struct jsonwriter *w, const struct notice *n)
{
	for (enum profile p = PROFILE_ADMINISTRATOR; p <= PROFILE_AUDITOR; p++) {
		const struct notice_to all = notice_to_profile(p);
		if (uuid_equal(&n->to.id, &all.id)) {
			jsonwriter_text(w, "to", vocabulary_word(VOCABULARY_PROFILE, p));
			return;
		}
	}
	jsonwriter_id(w, "to", ID_USER, &n->to.id);
}

static void put_notice(struct jsonwriter *w, const struct notice *n)
{
	jsonwriter_array(w, "items");
	jsonwriter_object(w, NULL);
	jsonwriter_id(w, "id", ID_NOTICE, &n->id.uuid);
	jsonwriter_text(w, "kind", n->kind);
	jsonwriter_string(w, "severity", notice_severity_word(n->severity));
	jsonwriter_string(w, "text", n->sentence);
	put_to(w, n);
	jsonwriter_u64(w, "time", n->last);
	jsonwriter_u64(w, "first", n->first);
	jsonwriter_u64(w, "count", n->count);
	jsonwriter_end(w);
	jsonwriter_end(w);
}

/** ST_NOT_FOUND: the notice, the address or the place is gone, and so is what was to be delivered. */
static struct status write_order(struct serving *s, struct store_view *view, const struct delivery *d,
				 struct buffer *out, uint64_t *number)
{
	const struct row_value key[] = {ROW_UUID(&d->notice.uuid)};
	AUTO(row) row = {0};
	struct contact contact = {0};
	struct notice n;

	if (settings_value(&s->settings, place_of[d->way]) == 0)
		return FAIL_AT(ST_NOT_FOUND, "place");
	TRY(store_get(view, TABLE_NOTICE, key, &row));
	TRY(notice_read(&row, &n));
	if (d->way == DELIVERY_MAIL) {
		TRY(contact_get(view, &d->user, &contact));
		if (contact.mail[0] == '\0')
			return FAIL_AT(ST_NOT_FOUND, "mail");
	}
	struct jsonwriter w = jsonwriter_of(out);
	delivering_order(s, order_ways[d->way], &w, number);
	if (d->way == DELIVERY_MAIL)
		jsonwriter_string(&w, "to", contact.mail);
	put_notice(&w, &n);
	jsonwriter_end(&w);
	return jsonwriter_done(&w);
}

struct ended {
	struct committer_entry entry; /* must be first */
	struct serving *serving;
	struct delivery due[64];
	size_t count;
};

static struct delivering_flight *flight_of(struct delivering *d, uint64_t number)
{
	for (size_t i = 0; i < COUNT(d->flights); i++)
		if (d->flights[i].number == number)
			return &d->flights[i];
	return NULL;
}

static bool flies(const struct delivering *d, const struct delivery *one)
{
	for (size_t i = 0; i < COUNT(d->flights); i++) {
		const struct delivery *other = &d->flights[i].delivery;
		if (d->flights[i].number != 0 && other->way == one->way &&
		    uuid_equal(&other->notice.uuid, &one->notice.uuid) &&
		    uuid_equal(&other->user.uuid, &one->user.uuid))
			return true;
	}
	return false;
}

static struct status gather_due(void *context, const struct row *row)
{
	struct ended *e = context;

	if (e->count < COUNT(e->due))
		TRY(delivery_read(row, &e->due[e->count++]));
	return OK;
}

static struct status apply_ended(struct committer_entry *entry, struct committer_turn *turn)
{
	const struct ended *e = (const struct ended *)entry;
	const struct event event = {.kind = LEAF_EXPIRY,
				    .result = LEAF_DONE,
				    .subject = {.kind = PIECE_SITE, .detail = TEXT("deliveries")}};
	uint64_t leaf;

	for (size_t i = 0; i < e->count; i++)
		TRY(delivery_end(turn->txn, &e->due[i]));
	return committer_add(turn, &event, &leaf);
}

static void note(struct serving *s, const struct order_answer *answer);

/** true: under way, or to be tried at the next turn; false: it has ended. */
static bool begin(struct serving *s, struct store_view *view, const struct delivery *one)
{
	struct delivering *d = &s->delivering;
	struct delivering_flight *free_one = flight_of(d, 0);
	AUTO(buffer) packet = {.max = ORDER_PACKET_MAX};
	uint64_t number;

	if (flies(d, one) || free_one == NULL)
		return true;
	struct status written = write_order(s, view, one, &packet, &number);
	if (!ok(written))
		return written.code != ST_NOT_FOUND;
	struct status sent = courierlink_send(&d->courier, buffer_bytes(&packet));
	if (sent.code != ST_BUSY)
		*free_one = (struct delivering_flight){number, clock_mono(&clock_system), *one};
	if (sent.code == ST_UNREACHABLE)
		note(s, &(struct order_answer){number, ORDER_LATER, TEXT("there is no courier")});
	return true;
}

static struct status send_due(struct serving *s, struct store_view *view)
{
	struct ended e = {.entry = {.apply = apply_ended}, .serving = s};
	size_t over = 0;

	TRY(delivery_due(view, clock_wall(&clock_system), gather_due, &e));
	for (size_t i = 0; i < e.count; i++)
		if (e.due[i].done || !begin(s, view, &e.due[i]))
			e.due[over++] = e.due[i];
	e.count = over;
	return over > 0 ? committer_run(s->vessel.committer, &e.entry) : OK;
}

/** An answer that was lost holds up neither its delivery nor those behind it. */
static void give_up(struct serving *s, uint64_t older_ms, struct text why)
{
	const uint64_t now = clock_mono(&clock_system);
	const struct delivering *d = &s->delivering;

	for (size_t i = 0; i < DELIVERING_AT_ONCE; i++)
		if (d->flights[i].number != 0 && now - d->flights[i].begun >= older_ms)
			note(s, &(struct order_answer){d->flights[i].number, ORDER_LATER, why});
	if (d->leaves.number != 0 && now - d->leaves.begun >= older_ms)
		(void)deliveringlog_hear(s, &(struct order_answer){d->leaves.number, ORDER_LATER, why});
}

struct status delivering_run(struct serving *s)
{
	AUTO(store_snapshot) snapshot = {0};

	give_up(s, DELIVERING_MOST_MS, TEXT(DELIVERING_SILENT));
	TRY(store_snapshot_new(&s->vessel.store, &snapshot));
	TRY(collect(s, snapshot.view));
	TRY(store_snapshot_renew(&snapshot));
	TRY(send_due(s, snapshot.view));
	store_snapshot_rest(&snapshot);
	return deliveringlog_run(s);
}

/* --- What became of it --- */

struct outcome {
	struct committer_entry entry; /* must be first */
	struct delivery delivery;
	const struct order_answer *answer;
};

static struct status note_failure(const struct outcome *o, struct committer_turn *turn)
{
	const char *way = order_way_word(order_ways[o->delivery.way]);
	bool over = o->answer->result == ORDER_NEVER;
	char words[DELIVERING_WORDS_MAX];

	if (over)
		TRY(delivery_end(turn->txn, &o->delivery));
	else
		TRY(delivery_failed(turn->txn, &o->delivery, turn->time, &over));
	if (!over && o->delivery.tries + 1 != DELIVERY_TOLD)
		return OK;
	delivering_words(words, "", way, o->answer->why);
	return notice_put(turn->txn, notice_to_profile(PROFILE_ADMINISTRATOR), NOTICE_UNDELIVERABLE, text_of(words),
			  turn->time);
}

static struct status apply_outcome(struct committer_entry *entry, struct committer_turn *turn)
{
	const struct outcome *o = (const struct outcome *)entry;
	const char *way = order_way_word(order_ways[o->delivery.way]);
	const bool done = o->answer->result == ORDER_DONE;
	const bool mail = o->delivery.way == DELIVERY_MAIL;
	char words[DELIVERING_WORDS_MAX];
	uint64_t leaf;

	if (done)
		TRY(delivery_done(turn->txn, &o->delivery, turn->time));
	else
		TRY(note_failure(o, turn));
	delivering_words(words, done ? "notice delivered by " : "notice not delivered by ", way, o->answer->why);
	const struct event event = {.kind = LEAF_SERVICE,
				    .result = done ? LEAF_DONE : LEAF_FAILED,
				    .subject = {.kind = mail ? PIECE_USER : PIECE_SITE,
						.id = contact_user(&o->delivery.user).uuid,
						.detail = text_of(words)}};
	return committer_add(turn, &event, &leaf);
}

static void note(struct serving *s, const struct order_answer *answer)
{
	struct delivering_flight *flight = flight_of(&s->delivering, answer->number);
	struct outcome o = {.entry = {.apply = apply_outcome}, .answer = answer};

	if (flight == NULL || answer->number == 0)
		return;
	o.delivery = flight->delivery;
	*flight = (struct delivering_flight){0};
	/* What cannot be noted is tried again: its row is as it was. */
	struct status noted = committer_run(s->vessel.committer, &o.entry);
	if (!ok(noted))
		(void)fprintf(stderr, "tacendad: event=delivery status=%s\n", status_name(noted.code));
}

static void lose(struct serving *s)
{
	(void)fputs("tacendad: event=courier_gone what=\"notices stay inside until the next start\"\n", stderr);
	courierlink_clear(&s->delivering.courier);
	for (size_t i = 0; i < DELIVERING_AT_ONCE; i++)
		s->delivering.flights[i].number = 0;
	s->delivering.leaves.number = 0;
}

void delivering_hear(struct serving *s)
{
	AUTO(buffer) packet = {.max = ORDER_PACKET_MAX};
	struct status taken;

	while (ok(taken = courierlink_take(&s->delivering.courier, &packet))) {
		AUTO(json_document) document = {0};
		AUTO(arena) arena = {.max = 65536};
		struct order_answer answer;
		if (!ok(order_answer_read(buffer_bytes(&packet), &document, &arena, &answer)))
			continue;
		if (answer.number == COURIER_ALL)
			give_up(s, 0, answer.why);
		else if (!deliveringlog_hear(s, &answer))
			note(s, &answer);
	}
	if (taken.code == ST_UNREACHABLE)
		lose(s);
}
