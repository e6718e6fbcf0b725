/* SPDX-License-Identifier: Apache-2.0 */
/*
 * deliveringlog: leaves of the log on their way beyond the product, in their order,
 * none left out: how far they came is a number in a row.  Each goes as what it is, by
 * whom and about what, in ids; no name, no reason, no content.
 */
#include <stdio.h>
#include <string.h>

#include "address.h"
#include "counter.h"
#include "delivering.h"
#include "serving.h"

#define BATCH 48
/* The leaf that says so; a batch of nothing else is not worth one. */
#define DETAIL "log delivered"

struct batch {
	struct jsonwriter *w;
	bool worth; /* something beside our own leaves */
};

static const char *about(enum piece_kind kind)
{
	static const char *const words[] = {[PIECE_PATIENT] = "patient", [PIECE_USER] = "user", [PIECE_LIST] = "list"};

	return kind == PIECE_PATIENT || kind == PIECE_USER || kind == PIECE_LIST ? words[kind] : "";
}

static void put_subject(struct jsonwriter *w, const struct logread_opening *o)
{
	static const enum id_kind ids[] = {
		[PIECE_PATIENT] = ID_PATIENT, [PIECE_USER] = ID_USER, [PIECE_LIST] = ID_LIST};
	const enum piece_kind kind = o->erased ? PIECE_PATIENT : o->subject.kind;

	if (about(kind)[0] == '\0')
		return;
	jsonwriter_string(w, "subject_kind", about(kind));
	jsonwriter_id(w, "subject", ids[kind], o->erased ? &o->erased_patient : &o->subject.id);
}

static void put_leaf(struct jsonwriter *w, const struct logread_opening *o)
{
	struct address from = {.family = o->actor.address.len == 4    ? ADDRESS_IPV4
					 : o->actor.address.len == 16 ? ADDRESS_IPV6
								      : ADDRESS_NONE};

	if (from.family != ADDRESS_NONE)
		memcpy(from.bytes, o->actor.address.at, o->actor.address.len);
	jsonwriter_object(w, NULL);
	jsonwriter_u64(w, "index", o->index);
	jsonwriter_u64(w, "time", o->leaf.time);
	jsonwriter_string(w, "action", leaf_kind_name(o->leaf.kind));
	jsonwriter_string(w, "result", leaf_result_name(o->leaf.result));
	if (!uuid_is_zero(&o->actor.user.uuid))
		jsonwriter_id(w, "user", ID_USER, &o->actor.user.uuid);
	if (!uuid_is_zero(&o->actor.device.uuid))
		jsonwriter_id(w, "device", ID_DEVICE, &o->actor.device.uuid);
	if (from.family != ADDRESS_NONE)
		jsonwriter_string(w, "address", address_print(&from).at);
	put_subject(w, o);
	jsonwriter_end(w);
}

static struct status put_leaves(struct delivering *d, uint64_t from, struct batch *b)
{
	AUTO(logread_opening) o = {0};

	jsonwriter_array(b->w, "items");
	for (uint64_t i = from; i < d->leaves.to; i++) {
		TRY(logread_open(d->log, i, &o));
		b->worth = b->worth || o.leaf.kind != LEAF_SERVICE || !text_starts(o.subject.detail, TEXT(DETAIL));
		put_leaf(b->w, &o);
	}
	jsonwriter_end(b->w);
	return OK;
}

/* --- What became of it --- */

struct noted {
	struct committer_entry entry; /* must be first */
	uint64_t to;                  /* 0: nothing came through */
	const char *words;
	bool tell;
};
static struct status apply_noted(struct committer_entry *entry, struct committer_turn *turn)
{
	const struct noted *n = (const struct noted *)entry;
	const struct event event = {.kind = LEAF_SERVICE,
				    .result = n->to > 0 ? LEAF_DONE : LEAF_FAILED,
				    .subject = {.kind = PIECE_SITE, .detail = text_of(n->words)}};
	uint64_t leaf;

	if (n->to > 0)
		TRY(counter_put(turn->txn, COUNTER_LEAVES_SENT, NULL, n->to));
	if (n->tell)
		TRY(notice_put(turn->txn, notice_to_profile(PROFILE_ADMINISTRATOR), NOTICE_UNDELIVERABLE,
			       text_of(n->words), turn->time));
	return committer_add(turn, &event, &leaf);
}

static struct status note(struct serving *s, struct noted *n)
{
	n->entry = (struct committer_entry){.apply = apply_noted};
	return committer_run(s->vessel.committer, &n->entry);
}

static uint64_t wait_after(uint64_t tries)
{
	uint64_t wait = DELIVERY_FIRST_MS;

	for (uint64_t i = 0; i < tries && wait < DELIVERY_LONG_MS; i++)
		wait *= 2;
	return wait < DELIVERY_LONG_MS ? wait : DELIVERY_LONG_MS;
}

bool deliveringlog_hear(struct serving *s, const struct order_answer *answer)
{
	struct delivering *d = &s->delivering;
	char words[DELIVERING_WORDS_MAX];
	struct noted n = {.words = words};

	if (d->leaves.number == 0 || answer->number != d->leaves.number)
		return false;
	d->leaves.number = 0;
	if (answer->result == ORDER_DONE) {
		n.to = d->leaves.to;
		(void)snprintf(words, sizeof words, DETAIL " to %llu", (unsigned long long)n.to);
		d->leaves.tries = d->leaves.due = 0;
	} else {
		delivering_words(words, "", "log not delivered", answer->why);
		d->leaves.due = clock_wall(&clock_system) + wait_after(d->leaves.tries);
		n.tell = ++d->leaves.tries == DELIVERY_TOLD;
	}
	/* A leaf for every beginning and end of a trouble, not for every try. */
	if (n.to > 0 || n.tell || d->leaves.tries == 1)
		(void)ok(note(s, &n));
	return true;
}

/* --- What is to go --- */

static struct status open_log(struct serving *s)
{
	const struct log_keys keys = threadkeys_log(&s->vessel.keys);

	return s->delivering.log != NULL ? OK : logread_new(s->vessel.log, &keys, &s->delivering.log);
}

/** Nothing from before it was asked for. */
static struct status begin(struct serving *s, uint64_t *from)
{
	AUTO(store_snapshot) snapshot = {0};
	struct noted n = {.words = DETAIL " from here on"};

	TRY(store_snapshot_new(&s->vessel.store, &snapshot));
	TRY(counter_get(snapshot.view, COUNTER_LEAVES_SENT, NULL, from));
	store_snapshot_rest(&snapshot);
	if (*from > 0)
		return OK;
	*from = n.to = log_size(s->vessel.log);
	return note(s, &n);
}

static struct status send_batch(struct serving *s, enum order_way way, uint64_t from)
{
	struct delivering *d = &s->delivering;
	AUTO(buffer) packet = {.max = ORDER_PACKET_MAX};
	struct jsonwriter w = jsonwriter_of(&packet);
	struct batch b = {.w = &w};
	uint64_t number;

	const uint64_t size = log_size(s->vessel.log);
	d->leaves.to = size - from > BATCH ? from + BATCH : size;
	delivering_order(s, way, &w, &number);
	TRY(put_leaves(d, from, &b));
	jsonwriter_end(&w);
	TRY(jsonwriter_done(&w));
	if (b.worth && ok(courierlink_send(&d->courier, buffer_bytes(&packet)))) {
		d->leaves.number = number;
		d->leaves.begun = clock_mono(&clock_system);
	}
	return OK;
}

struct status deliveringlog_run(struct serving *s)
{
	const uint16_t as = settings_value(&s->settings, SETTING_LEAVES);
	const enum order_way way = as == SETTING_LEAVES_FHIR ? ORDER_FHIR : ORDER_SYSLOG;
	const enum setting place = as == SETTING_LEAVES_FHIR ? SETTING_FHIR_URL : SETTING_SYSLOG_SERVER;
	struct delivering *d = &s->delivering;
	uint64_t from;

	if (as == SETTING_LEAVES_NOT || settings_value(&s->settings, place) == 0 || d->courier.fd < 0 ||
	    d->leaves.number != 0 || clock_wall(&clock_system) < d->leaves.due)
		return OK;
	TRY(open_log(s));
	TRY(begin(s, &from));
	return from < log_size(s->vessel.log) ? send_batch(s, way, from) : OK;
}
