/* SPDX-License-Identifier: Apache-2.0 */
#include "slots.h"

#include <string.h>

#include "hash.h"
#include "label.h"
#include "limits.h"
#include "password.h"

#define SLOT_LABEL  "tacenda/v1/root-slot"
#define ROOT_LABEL  "tacenda/v1/root-key"
#define CONTEXT_MAX 128

static struct text kind_word(enum slot_kind kind)
{
	return kind == SLOT_PASSPHRASE ? TEXT("passphrase") : TEXT("key-file");
}

static struct status put_context(struct buffer *b, const struct slot *s)
{
	struct label_number made = label_number(s->made), memory = label_number(s->memory),
			    passes = label_number(s->passes);
	const struct bytes arguments[] = {
		text_bytes(kind_word(s->kind)), BYTES_OF(made),    bytes_of(memory.bytes + 4, 4),
		bytes_of(passes.bytes + 4, 4),  BYTES_OF(s->salt),
	};

	return label_put(b, SLOT_LABEL, arguments, COUNT(arguments));
}

/* What seals the root key in ${s}: from what the person has. */
static struct status slot_key(const struct slot *s, struct bytes secret, struct secret *out)
{
	if (s->kind == SLOT_PASSPHRASE)
		return password_key(secret, s->salt, (struct argon2_cost){s->memory, s->passes}, out);

	AUTO(secret) key = {0};
	struct hash extracted;

	/* A key file is 32 random bytes or more: extraction is enough, no stretching. */
	TRY(secret_empty(sizeof extracted, &key));
	TRY(hkdf_sha256_extract(BYTES_OF(s->salt), secret, &extracted));
	memcpy(key.bytes, extracted.bytes, sizeof extracted);
	secret_wipe(&extracted, sizeof extracted);
	*out = key;
	key = (struct secret){0};
	return OK;
}

static struct status root_hash(const struct secret *root, struct hash *out)
{
	const struct bytes pieces[] = {bytes_of(ROOT_LABEL, sizeof ROOT_LABEL), secret_bytes(root)};

	return sha256_pieces(pieces, COUNT(pieces), out);
}

static struct status open_one(const struct slot *s, struct bytes secret, struct secret *root)
{
	uint8_t place[CONTEXT_MAX];
	struct buffer context = BUFFER_OVER(place, sizeof place);
	AUTO(secret) key = {0};
	AUTO(secret) opened = {0};

	TRY(put_context(&context, s));
	TRY(slot_key(s, secret, &key));
	TRY(secret_empty(sizeof(struct key), &opened));
	TRY(xaes_open_to(secret_key(&key), buffer_bytes(&context), BYTES_OF(s->sealed), opened.bytes));
	*root = opened;
	opened = (struct secret){0};
	return OK;
}

static struct status check_root(const struct slots *s, const struct secret *root)
{
	struct hash got;

	TRY(root_hash(root, &got));
	return hash_equal(&got, &s->root) ? OK : FAIL_AT(ST_CORRUPT, REASON_SLOTS_DAMAGED);
}

struct status slots_open(const struct slots *s, const struct keywire_proof *proof, struct secret *root)
{
	for (size_t i = 0; i < s->count; i++) {
		AUTO(secret) opened = {0};

		if (s->list[i].kind != proof->kind)
			continue;
		struct status one = open_one(&s->list[i], proof->secret, &opened);
		if (one.code == ST_CORRUPT)
			continue;
		TRY(one);
		TRY(check_root(s, &opened));
		*root = opened;
		opened = (struct secret){0};
		return OK;
	}
	return FAIL_AT(ST_UNPROVEN, REASON_SECRET);
}

struct status slots_add(struct slots *s, const struct secret *root, const struct keywire_proof *proof, uint64_t ms)
{
	uint8_t place[CONTEXT_MAX];
	struct buffer context = BUFFER_OVER(place, sizeof place);
	AUTO(secret) key = {0};
	struct slot slot = {.kind = proof->kind, .made = ms};

	if (s->count == COUNT(s->list))
		return FAIL_AT(ST_CONFLICT, REASON_SLOTS_FULL);
	if (proof->kind == SLOT_PASSPHRASE) {
		slot.memory = SLOTS_MEMORY;
		slot.passes = SLOTS_PASSES;
	}
	secret_random(slot.salt, sizeof slot.salt);
	TRY(put_context(&context, &slot));
	TRY(slot_key(&slot, proof->secret, &key));
	TRY(xaes_seal_to(secret_key(&key), buffer_bytes(&context), secret_bytes(root), slot.sealed));
	s->list[s->count++] = slot;
	return OK;
}

struct status slots_begin(const struct secret *root, const struct keywire_proof *proof, uint64_t ms, struct slots *out)
{
	struct slots s = {0};

	TRY(root_hash(root, &s.root));
	TRY(slots_add(&s, root, proof, ms));
	*out = s;
	return OK;
}

struct status slots_remove(struct slots *s, size_t index)
{
	if (index >= s->count)
		return FAIL_AT(ST_NOT_FOUND, REASON_NO_SLOT);
	if (s->count == 1)
		return FAIL_AT(ST_CONFLICT, REASON_LAST_SLOT);
	memmove(&s->list[index], &s->list[index + 1], (s->count - index - 1) * sizeof s->list[0]);
	s->count--;
	s->list[s->count] = (struct slot){0};
	return OK;
}
