/* SPDX-License-Identifier: Apache-2.0 */
/**
 * server: a store whose rows the statements of the world make, beside a reader
 * who replays the same statements (struct file).  Whatever one takes, the other
 * must take.
 */
#ifndef UNIT_RECORD_SERVER_H
#define UNIT_RECORD_SERVER_H

#include "file.h"
#include "listing.h"
#include "record.h"
#include "rig.h"
#include "userrow.h"

#define ITEMS   16
#define WRAPPED 114

struct server {
	struct rig rig;
	struct store store;
	struct vault *vault;
	uint64_t leaves;         /* in the log */
	uint64_t events;         /* of the transaction */
	struct event logged[64]; /* the first of them */
	struct file reader;
	struct hash fingerprint;

	/* The change being made. */
	struct record_item items[ITEMS];
	struct record_outcome outcomes[ITEMS];
	struct buffer bytes[ITEMS];
	struct bytes wrapped[ITEMS][16];
	uint8_t keys[ITEMS][16][WRAPPED];
	struct record_change change;
	size_t count;
	struct quota_limits quotas;
};

static inline struct status server_event(void *context, struct store_txn *txn, const struct event *event,
					 uint64_t *leaf)
{
	struct server *s = context;

	if (s->events < COUNT(s->logged))
		s->logged[s->events] = *event;
	*leaf = s->leaves + s->events++;
	return store_txn_audit(txn, hash_bytes(&event->subject.statement), NULL);
}

static inline struct record_log server_log(struct server *s)
{
	return (struct record_log){server_event, s, s->leaves, s->reader.w.time};
}

static inline void server_open(struct server *s)
{
	assert_ok(store_open(&s->rig.options, &s->store));
	assert_ok(vault_open(&os_real, s->rig.dir, &s->vault));
}

static inline void server_close(struct server *s)
{
	vault_close(s->vault);
	store_clear(&s->store);
}

/** server_take(s, signer): the statement the world signed last is the change's next item. */
static inline struct record_item *server_take(struct server *s)
{
	struct record_item *item = &s->items[s->count];
	struct buffer *kept = &s->bytes[s->count];

	assert_true(s->count < ITEMS);
	kept->max = LIMIT_STATEMENT_BYTES;
	kept->len = 0;
	assert_ok(buffer_put(kept, s->reader.w.last.bytes));
	*item = (struct record_item){.statement = buffer_bytes(kept)};
	s->count++;
	return item;
}

static inline struct status server_begin_site(struct server *s)
{
	static const uint8_t token_key[32] = {1};
	AUTO(store_txn) txn = {0};
	struct record_log log = server_log(s);
	const struct record_site site = {s->reader.w.last.bytes, TEXT("trial"), bytes_of(token_key, 32)};

	s->events = 0;
	TRY(store_begin(&s->store, &txn));
	TRY(record_begin(&txn, &log, &site, &s->fingerprint));
	TRY(store_commit(&txn));
	s->leaves += s->events;
	return OK;
}

static inline struct status server_run(struct server *s, const struct user_id *user)
{
	AUTO(store_snapshot) snapshot = {0};
	AUTO(store_txn) txn = {0};
	struct record_log log = server_log(s);

	s->events = 0;
	s->change = (struct record_change){
		.fingerprint = s->fingerprint,
		.actor = {.user = *user},
		.items = s->items,
		.count = s->count,
		.outcomes = s->outcomes,
		.quotas = s->quotas,
	};
	TRY(store_snapshot_new(&s->store, &snapshot));
	TRY(record_prepare(snapshot.view, &s->change));
	TRY(store_begin(&s->store, &txn));
	TRY(record_apply(&txn, &log, &s->change));
	if (s->events == 0)
		return OK; /* nothing new */
	TRY(store_commit(&txn));
	s->leaves += s->events;
	return OK;
}

/** server_send(s, user): the change as a whole. */
static inline struct status server_send(struct server *s, const struct actor *user)
{
	const struct status done = server_run(s, &user->id);

	s->count = 0;
	return done;
}

/* ---- The world's statements, on the server first ---- */

/** server_enter(s, actor): a directory statement, then on the reader, who must agree. */
static inline struct status server_enter(struct server *s, const struct actor *actor, const char *name)
{
	struct world *w = &s->reader.w;

	server_take(s)->name = text_of(name);
	const struct status done = server_send(s, actor);
	w->position = ok(done) ? s->outcomes[0].leaf : s->leaves;
	const struct status read = world_enter(w);
	assert_int_equal(ok(done), ok(read));
	return done;
}

static inline void server_enrol(struct server *s, struct actor *a, const char *login, enum profile profile,
				uint32_t rights)
{
	struct world *w = &s->reader.w;

	world_invitation(w, a, text_of(login), profile, rights);
	assert_ok(server_enter(s, &w->administrator, login));
	a->head = a->invited = w->last.name;
	world_key(w, a);
	assert_ok(server_enter(s, a, ""));
	a->head = w->last.name;
}

/** server_begin_in(s): the site with its people, nothing else, in a rig that is there. */
static inline void server_begin_in(struct server *s)
{
	struct world *w = &s->reader.w;

	server_open(s);
	w->time = NOW;
	actor_of(1, "administrator", &w->administrator);
	actor_of(2, "anna", &w->anna);
	actor_of(3, "ben", &w->ben);
	actor_of(4, "carl", &w->carl);
	world_site(w);
	assert_ok(server_begin_site(s));
	assert_ok(world_enter(w));
	w->administrator.invited = w->last.name;
	world_key(w, &w->administrator);
	assert_ok(server_enter(s, &w->administrator, ""));
	w->administrator.head = w->last.name;
	server_enrol(s, &w->anna, "anna", PROFILE_CLINICIAN, RIGHTS_ALL);
	server_enrol(s, &w->ben, "ben", PROFILE_CLINICIAN, RIGHTS_ALL);
	server_enrol(s, &w->carl, "carl", PROFILE_ASSISTANT, 7);
	s->reader.people = directory_state_people(&w->directory);
	s->reader.p.fingerprint = w->directory.fingerprint;
}

static inline void server_begin(struct server *s)
{
	*s = (struct server){.rig = rig_new()};
	server_begin_in(s);
}

static inline void server_clear(struct server *s)
{
	for (size_t i = 0; i < ITEMS; i++)
		buffer_clear(&s->bytes[i]);
	file_clear(&s->reader);
	server_close(s);
	rig_end(&s->rig);
}

/* ---- Statements about the patient file: signed and added to the change; the reader takes them at once ---- */

static inline struct status server_read(struct server *s)
{
	struct file *f = &s->reader;

	f->w.position = s->leaves + s->count - 1;
	return patient_state_add(&f->p, &f->people, &f->w.last, file_place(f));
}

static inline struct status server_patient(struct server *s, const struct actor *a)
{
	struct statement d = world_draft(&s->reader.w, STATEMENT_PATIENT, a, NULL);

	d.patient.patient.uuid = uuid_of(PATIENT);
	world_sign(&s->reader.w, &d, &a->sign);
	server_take(s);
	return server_read(s);
}

static inline struct status server_grant(struct server *s, const struct actor *a, const struct actor *to,
					 uint32_t permissions, uint64_t until)
{
	struct statement d = world_draft(&s->reader.w, STATEMENT_GRANT, a, &s->reader.p.head);

	d.grant = (struct statement_grant){{uuid_of(PATIENT)}, RECIPIENT_USER, to->id.uuid, permissions, until};
	world_sign(&s->reader.w, &d, &a->sign);
	server_take(s);
	return server_read(s);
}

static inline struct status server_revoke(struct server *s, const struct actor *a, const struct actor *from)
{
	struct statement d = world_draft(&s->reader.w, STATEMENT_REVOCATION, a, &s->reader.p.head);

	d.revocation = (struct statement_revocation){{uuid_of(PATIENT)}, RECIPIENT_USER, from->id.uuid};
	world_sign(&s->reader.w, &d, &a->sign);
	server_take(s);
	return server_read(s);
}

/** server_delete(s, a), server_keep(s, a): the end of the file, and its withdrawal. */
static inline struct status server_delete(struct server *s, const struct actor *a)
{
	struct statement d = world_draft(&s->reader.w, STATEMENT_PATIENT_END, a, &s->reader.p.head);

	d.patient_end = (struct statement_patient_end){{uuid_of(PATIENT)}, AUTHORITY_END_MS};
	world_sign(&s->reader.w, &d, &a->sign);
	server_take(s);
	return server_read(s);
}

static inline struct status server_keep(struct server *s, const struct actor *a)
{
	struct statement d = world_draft(&s->reader.w, STATEMENT_PATIENT_KEEP, a, &s->reader.p.head);

	d.patient_keep =
		(struct statement_patient_keep){{uuid_of(PATIENT)}, patient_state_end(&s->reader.p, POSITION_NOW).name};
	world_sign(&s->reader.w, &d, &a->sign);
	server_take(s);
	return server_read(s);
}

/** server_wrap(s, index, draft): stand-ins for wrapped keys, whose hashes the draft's recipients then name. */
static inline void server_wrap(struct server *s, size_t index, struct statement *d)
{
	struct buffer *rows = &s->reader.rows;
	const size_t count = statement_recipient_count(d->epoch.recipients);

	assert_true(count <= 16);
	for (size_t i = 0; i < count; i++) {
		uint8_t *key = s->keys[index][i];
		struct hash hash;
		memset(key, (int)(d->epoch.number * 16 + i), WRAPPED);
		key[0] = 1;
		key[1] = (uint8_t)d->epoch.compartment;
		s->wrapped[index][i] = bytes_of(key, WRAPPED);
		assert_ok(sha256(s->wrapped[index][i], &hash));
		memcpy(rows->bytes + i * STATEMENT_RECIPIENT_BYTES + 49, hash.bytes, 32);
	}
}

static inline struct status server_epoch(struct server *s, const struct actor *a, enum compartment compartment)
{
	s->reader.w.position = s->leaves + s->count;
	struct statement d = file_epoch_draft(&s->reader, a, compartment);
	const size_t index = s->count;

	server_wrap(s, index, &d);
	world_sign(&s->reader.w, &d, &a->sign);
	struct record_item *item = server_take(s);
	item->wrapped = s->wrapped[index];
	item->wrapped_count = statement_recipient_count(d.epoch.recipients);
	return server_read(s);
}

static inline void server_rekey(struct server *s, const struct actor *a)
{
	assert_ok(server_epoch(s, a, COMPARTMENT_IDENTITY));
	assert_ok(server_epoch(s, a, COMPARTMENT_CLINICAL));
}

static const uint8_t server_header[200] = {7};
static const uint8_t server_key[72] = {8};

/** server_content(s, bytes, out): a finished object. */
static inline void server_content(struct server *s, struct bytes bytes, struct vault_writer *out)
{
	const struct uuid id = uuid_new(NOW);
	struct hash hash;

	assert_ok(sha256(bytes, &hash));
	assert_ok(vault_write_begin(s->vault, &id, out));
	assert_ok(vault_write(out, bytes));
	assert_ok(vault_write_finish(out, bytes.len, &hash));
}

/** server_record_draft(s, a, compartment, content): for s->reader.record; ${content} may be NULL. */
static inline struct statement server_record_draft(struct server *s, const struct actor *a,
						   enum compartment compartment, const struct vault_writer *content)
{
	struct statement d = file_record_draft(&s->reader, a, compartment);

	assert_ok(sha256(BYTES_OF(server_header), &d.record.header_hash));
	if (content != NULL) {
		d.record.size = content->size;
		d.record.content_hash = content->hash;
	}
	return d;
}

static inline struct record_item *server_take_record(struct server *s, const struct statement *d, const struct actor *a,
						     struct vault_writer *content)
{
	world_sign(&s->reader.w, d, &a->sign);
	struct record_item *item = server_take(s);
	item->header = BYTES_OF(server_header);
	item->key = BYTES_OF(server_key);
	item->content = content;
	return item;
}

static inline struct status server_read_record(struct server *s)
{
	struct file *f = &s->reader;

	f->w.position = s->leaves + s->count - 1;
	return patient_state_add_record(&f->p, &f->people, &f->record, &f->w.last, file_place(f));
}

static inline struct status server_record(struct server *s, const struct actor *a, enum compartment compartment,
					  struct vault_writer *content)
{
	const struct statement d = server_record_draft(s, a, compartment, content);

	server_take_record(s, &d, a, content);
	return server_read_record(s);
}

static inline struct status server_end_record(struct server *s, const struct actor *a)
{
	struct statement d = world_draft(&s->reader.w, STATEMENT_RECORD_END, a, &s->reader.record.head);

	d.record_end = (struct statement_record_end){
		{uuid_of(PATIENT)}, s->reader.record.record, s->reader.record.version, END_DELETED};
	world_sign(&s->reader.w, &d, &a->sign);
	server_take(s);
	return server_read_record(s);
}

/** server_file(s): anna's file with its first epochs; ben may read and write all of it. */
static inline void server_file(struct server *s)
{
	const struct actor *anna = &s->reader.w.anna;

	assert_ok(server_patient(s, anna));
	assert_ok(server_grant(s, anna, &s->reader.w.ben, 7, 0));
	server_rekey(s, anna);
	assert_ok(server_send(s, anna));
}

/** server_pass(s, view, actor, action, patient, room): decided on the rows; NULL when denied. */
static inline const struct permit_pass *server_pass(struct server *s, struct store_view *view, const struct actor *a,
						    enum permit_action action, struct permit_room *room)
{
	const struct patient_id patient = {uuid_of(PATIENT)};
	const struct permit_pass *pass = NULL;
	struct permit_facts facts;

	if (permit_action_on_patient(action))
		assert_ok(facts_patient(view, &a->id, &patient, s->reader.w.time, &facts));
	else
		assert_ok(facts_user(view, &a->id, s->reader.w.time, &facts));
	return ok(permit_decide(&facts, action, room, &pass)) ? pass : NULL;
}

#endif /* !UNIT_RECORD_SERVER_H */
