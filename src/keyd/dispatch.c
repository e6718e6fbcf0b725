/* SPDX-License-Identifier: Apache-2.0 */
#include "dispatch.h"

#include "label.h"

#define IN_MISSING (1u << KEYWIRE_MISSING)
#define IN_SEALED  (1u << KEYWIRE_SEALED)
#define IN_OPEN    (1u << KEYWIRE_OPEN)
#define IN_ANY     (IN_MISSING | IN_SEALED | IN_OPEN)

/* A handler writes the answer to ${out} on success; on failure nothing of it counts. */
typedef struct status handler(struct keeper *k, const struct keywire_question *q, struct buffer *out);

static struct status answer_nothing(enum keywire_id id, struct buffer *out)
{
	const struct keywire_answer a = {.id = id};

	return keywire_put_answer(out, &a);
}

static struct status do_hello(struct keeper *k, const struct keywire_question *q, struct buffer *out)
{
	const struct keywire_answer a = {.id = q->id, .hello = {KEYWIRE_VERSION, k->state}};

	if (q->version != KEYWIRE_VERSION)
		return FAIL_AT(ST_CONFLICT, REASON_VERSIONS);
	return keywire_put_answer(out, &a);
}

static struct status do_create(struct keeper *k, const struct keywire_question *q, struct buffer *out)
{
	TRY(keeper_create(k, q->create.origin, q->create.site_name, &q->create.proof));
	return answer_nothing(q->id, out);
}

static struct status do_unseal(struct keeper *k, const struct keywire_question *q, struct buffer *out)
{
	TRY(keeper_unseal(k, &q->unseal));
	return answer_nothing(q->id, out);
}

/* Keys are opened straight into the packet, which is guarded memory. */

static struct status get_one(struct keeper *k, const struct key_name *name, uint8_t *at)
{
	struct key *key = (struct key *)(at + 1);

	struct status s = keystore_get(&k->store, name, key);
	if (s.code == ST_NOT_FOUND) {
		secret_wipe(at, KEYWIRE_GET_STEP);
		return OK;
	}
	at[0] = 1;
	return s;
}

static struct status do_get(struct keeper *k, const struct keywire_question *q, struct buffer *out)
{
	const struct keywire_answer a = {.id = q->id, .keys = {.count = q->keys.count}};

	TRY(keywire_put_answer(out, &a));
	TRY(buffer_reserve(out, q->keys.count * KEYWIRE_GET_STEP));
	for (size_t i = 0; i < q->keys.count; i++) {
		TRY(get_one(k, &q->keys.names[i], out->bytes + out->len));
		out->len += KEYWIRE_GET_STEP;
	}
	return OK;
}

static struct status do_make(struct keeper *k, const struct keywire_question *q, struct buffer *out)
{
	const struct keywire_answer a = {.id = q->id, .keys = {.count = q->keys.count}};

	TRY(keywire_put_answer(out, &a));
	TRY(buffer_reserve(out, q->keys.count * KEYWIRE_MAKE_STEP));
	TRY(keystore_make(&k->store, q->keys.names, q->keys.count, out->bytes + out->len));
	out->len += q->keys.count * KEYWIRE_MAKE_STEP;
	return OK;
}

static struct status do_sign(struct keeper *k, const struct keywire_question *q, struct buffer *out)
{
	AUTO(buffer) note = {.max = KEYWIRE_NOTE_MAX};
	const struct tree_head head = {q->sign.size, q->sign.root};

	TRY(signer_sign(&k->signer, &head, q->sign.proof, q->sign.count, &note));
	const struct keywire_answer a = {.id = q->id, .note = buffer_bytes(&note)};
	return keywire_put_answer(out, &a);
}

static struct status answer_identity(struct keeper *k, enum keywire_id id, struct buffer *out)
{
	const struct tlsidentity_place place = keeper_tls_place(k);
	const struct tlsidentity *t = &k->tls;
	struct keywire_answer a = {.id = id, .identity = {.source = t->source, .made = t->made, .ends = t->ends}};
	AUTO(secret) key = {0};

	TRY(tlsidentity_key(&place, t, &key));
	a.identity.ca = buffer_bytes(&t->ca);
	a.identity.chain.private_key = secret_bytes(&key);
	a.identity.chain.count = t->count;
	for (size_t i = 0; i < t->count; i++)
		a.identity.chain.certificates[i] = buffer_bytes(&t->certificates[i]);
	return keywire_put_answer(out, &a);
}

static struct status do_identity(struct keeper *k, const struct keywire_question *q, struct buffer *out)
{
	return answer_identity(k, q->id, out);
}

static struct status do_renew(struct keeper *k, const struct keywire_question *q, struct buffer *out)
{
	const struct tlsidentity_place place = keeper_tls_place(k);

	TRY(tlsidentity_renew(&place, &k->tls, clock_wall(k->clock)));
	return answer_identity(k, q->id, out);
}

static struct status do_import(struct keeper *k, const struct keywire_question *q, struct buffer *out)
{
	const struct tlsidentity_place place = keeper_tls_place(k);

	TRY(tlsidentity_import(&place, &k->tls, &q->import, clock_wall(k->clock)));
	return answer_nothing(q->id, out);
}

/* Its answer is dispatch_rewrapped(). */
static struct status do_rewrap(struct keeper *k, const struct keywire_question *q, struct buffer *out)
{
	(void)q;
	(void)out;
	return keeper_rewrap(k);
}

static struct status do_status(struct keeper *k, const struct keywire_question *q, struct buffer *out)
{
	struct keywire_answer a = {.id = q->id};

	keeper_status(k, &a.about);
	return keywire_put_answer(out, &a);
}

static struct status answer_slots(struct keeper *k, enum keywire_id id, struct buffer *out)
{
	const struct keywire_answer a = {.id = id, .slots = (uint8_t)k->slots.count};

	return keywire_put_answer(out, &a);
}

static struct status do_slot_add(struct keeper *k, const struct keywire_question *q, struct buffer *out)
{
	TRY(keeper_add_slot(k, &q->slot_add.present, &q->slot_add.added));
	return answer_slots(k, q->id, out);
}

static struct status do_slot_remove(struct keeper *k, const struct keywire_question *q, struct buffer *out)
{
	TRY(keeper_remove_slot(k, &q->slot_remove.present, q->slot_remove.index));
	return answer_slots(k, q->id, out);
}

/* The whole of what keyd does for anybody.  There is no message that destroys a
 * key: it comes with the statements that must order it. */
static const struct row {
	handler *handle;
	unsigned states;
	enum dispatch_verdict done; /* what follows when it went well */
} rows[KEYWIRE_IDS] = {
	[KEYWIRE_HELLO] = {do_hello, IN_ANY, DISPATCH_ANSWER},
	[KEYWIRE_CREATE] = {do_create, IN_MISSING, DISPATCH_ANSWER},
	[KEYWIRE_UNSEAL] = {do_unseal, IN_SEALED, DISPATCH_ANSWER},
	[KEYWIRE_GET] = {do_get, IN_OPEN, DISPATCH_ANSWER},
	[KEYWIRE_MAKE] = {do_make, IN_OPEN, DISPATCH_ANSWER},
	[KEYWIRE_SIGN] = {do_sign, IN_OPEN, DISPATCH_ANSWER},
	[KEYWIRE_IDENTITY] = {do_identity, IN_OPEN, DISPATCH_ANSWER},
	[KEYWIRE_RENEW] = {do_renew, IN_OPEN, DISPATCH_ANSWER},
	[KEYWIRE_IMPORT] = {do_import, IN_OPEN, DISPATCH_ANSWER},
	[KEYWIRE_REWRAP] = {do_rewrap, IN_OPEN, DISPATCH_LATER},
	[KEYWIRE_STATUS] = {do_status, IN_ANY, DISPATCH_ANSWER},
	[KEYWIRE_SLOT_ADD] = {do_slot_add, IN_OPEN, DISPATCH_ANSWER},
	[KEYWIRE_SLOT_REMOVE] = {do_slot_remove, IN_OPEN, DISPATCH_ANSWER},
};

/* A message in a state that does not list it. */
static struct status wrong_state(const struct keeper *k, enum keywire_id id)
{
	switch (k->state) {
	case KEYWIRE_MISSING:
		/* Unsealing what is not there is how most people meet this. */
		return FAIL_AT(id == KEYWIRE_UNSEAL ? ST_NOT_FOUND : ST_CONFLICT, REASON_NO_STORE);
	case KEYWIRE_SEALED:
		return FAIL_AT(ST_CONFLICT, id == KEYWIRE_CREATE ? REASON_HAS_STORE : REASON_SEALED);
	case KEYWIRE_OPEN:
	default:
		return FAIL_AT(ST_CONFLICT, id == KEYWIRE_CREATE ? REASON_HAS_STORE : REASON_UNSEALED);
	}
}

/* Lower modules name a system call; who asks needs to know what to do. */
static struct status explained(struct status s)
{
	if (keywire_reason_number(s.what) == 0 && s.code == ST_FULL)
		s.what = REASON_DISK_FULL;
	if (keywire_reason_number(s.what) == 0 && s.code == ST_IO)
		s.what = REASON_WRITE;
	return s;
}

static enum dispatch_verdict refuse(enum keywire_id id, struct status why, struct buffer *answer)
{
	/* Whatever a handler had written, keys perhaps. */
	secret_wipe(answer->bytes, answer->capacity);
	answer->len = 0;
	/* Three bytes always fit. */
	return ok(keywire_put_failure(answer, id, explained(why))) ? DISPATCH_ANSWER : DISPATCH_END;
}

enum dispatch_verdict dispatch_message(struct keeper *k, bool *greeted, struct bytes packet, struct buffer *answer)
{
	struct keywire_question q;

	if (!ok(keywire_read_question(packet, &q)) || *greeted == (q.id == KEYWIRE_HELLO))
		return DISPATCH_END;
	const struct row *row = &rows[q.id];
	struct status s = row->states & 1u << k->state ? row->handle(k, &q, answer) : wrong_state(k, q.id);
	if (q.id == KEYWIRE_HELLO) {
		*greeted = ok(s);
		if (!ok(s))
			return refuse(q.id, s, answer) == DISPATCH_ANSWER ? DISPATCH_LAST : DISPATCH_END;
	}
	return ok(s) ? row->done : refuse(q.id, s, answer);
}

void dispatch_rewrapped(struct keeper *k, struct buffer *answer)
{
	const struct keywire_answer a = {.id = KEYWIRE_REWRAP, .night = k->store.now.number};
	struct status s = k->rewrap_failure;

	if (ok(s))
		s = keywire_put_answer(answer, &a);
	if (!ok(s))
		(void)refuse(KEYWIRE_REWRAP, s, answer);
}
