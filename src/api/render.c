/* SPDX-License-Identifier: Apache-2.0 */
#include "render.h"

void render_statement(struct jsonwriter *w, const char *name, const struct listing_statement *s)
{
	jsonwriter_object(w, name);
	jsonwriter_base64(w, "statement", s->statement);
	jsonwriter_u64(w, "leaf", s->leaf);
	jsonwriter_u64(w, "time", s->time);
	jsonwriter_end(w);
}

struct status render_statement_row(void *w, const struct listing_statement *s)
{
	struct jsonwriter *out = w;

	render_statement(out, NULL, s);
	return out->failure;
}

void render_rights(struct jsonwriter *w, const char *name, uint32_t rights)
{
	jsonwriter_array(w, name);
	for (uint32_t bit = 1; bit <= RIGHTS_ALL; bit <<= 1)
		if ((rights & bit) != 0)
			jsonwriter_text(w, NULL, vocabulary_word(VOCABULARY_RIGHT, bit));
	jsonwriter_end(w);
}

void render_user(struct jsonwriter *w, const struct listing_user *user)
{
	const struct person *p = user->person;

	jsonwriter_object(w, NULL);
	jsonwriter_id(w, "id", ID_USER, &p->id.uuid);
	jsonwriter_text(w, "login", p->login);
	jsonwriter_text(w, "name", user->name);
	jsonwriter_text(w, "profile", vocabulary_word(VOCABULARY_PROFILE, p->profile));
	render_rights(w, "rights", p->rights);
	jsonwriter_text(w, "state",
			p->enrolled || p->state == USER_DISABLED ? vocabulary_word(VOCABULARY_USER_STATE, p->state)
								 : TEXT("invited"));
	jsonwriter_u64(w, "seq", user->seq);
	jsonwriter_end(w);
}

void render_wrapped(struct jsonwriter *w, const struct listing_wrapped *wrapped)
{
	jsonwriter_object(w, NULL);
	jsonwriter_text(w, "compartment", vocabulary_word(VOCABULARY_COMPARTMENT, wrapped->compartment));
	jsonwriter_u64(w, "number", wrapped->number);
	jsonwriter_base64(w, "wrapped", wrapped->wrapped);
	jsonwriter_end(w);
}

void render_record(struct jsonwriter *w, const char *name, const struct listing_record *r)
{
	jsonwriter_object(w, name);
	jsonwriter_u64(w, "seq", r->seq);
	jsonwriter_id(w, "record", ID_RECORD, &r->record.uuid);
	jsonwriter_u64(w, "version", r->version);
	jsonwriter_base64(w, "statement", r->statement.statement);
	jsonwriter_u64(w, "leaf", r->statement.leaf);
	jsonwriter_u64(w, "time", r->statement.time);
	jsonwriter_base64(w, "header", r->header);
	jsonwriter_base64(w, "key", r->key);
	jsonwriter_u64(w, "size", r->size);
	if (r->end.statement.at != NULL)
		render_statement(w, "end", &r->end);
	jsonwriter_end(w);
}

void render_patient(struct jsonwriter *w, const struct listing_patient *p)
{
	jsonwriter_object(w, NULL);
	jsonwriter_u64(w, "seq", p->seq);
	jsonwriter_id(w, "patient", ID_PATIENT, &p->patient.uuid);
	if (p->ended)
		jsonwriter_bool(w, "ended", true);
	else
		jsonwriter_id(w, "owner", ID_USER, &p->owner.uuid);
	render_rights(w, "permissions", p->power);
	jsonwriter_array(w, "statements");
	for (size_t i = 0; i < p->statement_count; i++)
		render_statement(w, NULL, &p->statements[i]);
	jsonwriter_end(w);
	jsonwriter_array(w, "wrapped");
	for (size_t i = 0; i < p->wrapped_count; i++)
		render_wrapped(w, &p->wrapped[i]);
	jsonwriter_end(w);
	if (p->has_identity)
		render_record(w, "identity", &p->identity);
	jsonwriter_end(w);
}

void render_access(struct jsonwriter *w, const struct listing_access *a)
{
	static const enum id_kind kinds[] = {[RECIPIENT_USER] = ID_USER,
					     [RECIPIENT_LIST] = ID_LIST,
					     [RECIPIENT_RECOVERY] = ID_LIST,
					     [RECIPIENT_EMERGENCY] = ID_LIST};

	jsonwriter_object(w, NULL);
	jsonwriter_text(w, "recipient_kind", vocabulary_word(VOCABULARY_RECIPIENT_KIND, a->kind));
	jsonwriter_id(w, "recipient", kinds[a->kind], &a->recipient);
	jsonwriter_bool(w, "owner", a->owner);
	render_rights(w, "permissions", a->permissions);
	if (a->until != 0)
		jsonwriter_time(w, "until", a->until);
	jsonwriter_end(w);
}

void render_page_end(struct jsonwriter *w, const struct page *page)
{
	jsonwriter_u64(w, "next", page->next);
	jsonwriter_bool(w, "more", page->more);
	jsonwriter_end(w);
}

static void render_piece(struct jsonwriter *w, const char *name, const struct hash *nonce, struct bytes piece)
{
	jsonwriter_object(w, name);
	jsonwriter_base64(w, "nonce", hash_bytes(nonce));
	jsonwriter_base64(w, "piece", piece);
	jsonwriter_end(w);
}

void render_entry(struct jsonwriter *w, const struct logread_opening *o, struct render_shown shown)
{
	jsonwriter_object(w, NULL);
	jsonwriter_u64(w, "index", o->index);
	jsonwriter_base64(w, "leaf", bytes_of(o->bytes, sizeof o->bytes));
	if (shown.actor)
		render_piece(w, "actor", &o->actor_nonce, o->actor_bytes);
	else
		jsonwriter_base64(w, "actor_hash", hash_bytes(&o->actor_digest));
	if (shown.subject && !o->erased)
		render_piece(w, "subject", &o->subject_nonce, o->subject_bytes);
	else
		jsonwriter_base64(w, "subject_hash", hash_bytes(&o->subject_digest));
	jsonwriter_end(w);
}
