/* SPDX-License-Identifier: Apache-2.0 */
#include "signer.h"

#include "keywire.h"
#include "label.h"
#include "reader.h"

#define FILE_NAME "head"
#define MAGIC     "TKH1"
#define LEN       (4 + 8 + 32)

static struct status save(const struct vouched *v, const struct tree_head *head)
{
	uint8_t place[LEN];
	struct buffer b = BUFFER_OVER(place, sizeof place);

	TRY(buffer_put(&b, BYTES_LITERAL(MAGIC)));
	TRY(buffer_put_u64(&b, head->size));
	TRY(buffer_put(&b, hash_bytes(&head->root)));
	return vouched_save(v, FILE_NAME, buffer_bytes(&b));
}

static struct status read(struct bytes body, struct tree_head *out)
{
	struct reader r = reader_of(body);
	struct bytes magic;

	TRY(reader_take(&r, 4, &magic));
	if (!bytes_equal(magic, BYTES_LITERAL(MAGIC)))
		return FAIL(ST_INVALID);
	TRY(reader_u64(&r, &out->size));
	TRY(reader_copy(&r, out->root.bytes, sizeof out->root.bytes));
	return reader_done(&r);
}

struct status signer_begin(const struct vouched *vouched)
{
	const struct tree_head none = {0};

	return save(vouched, &none);
}

static struct status load(const struct vouched *vouched, struct tree_head *out)
{
	AUTO(buffer) body = {.max = VOUCHED_BYTES_MAX};

	TRY(vouched_load(vouched, FILE_NAME, REASON_HEAD, &body));
	/* The bytes are ours; only another version wrote another form. */
	return ok(read(buffer_bytes(&body), out)) ? OK : FAIL_AT(ST_CONFLICT, REASON_NEWER);
}

struct status signer_open(const struct vouched *vouched, struct text authority, struct secret *seed,
			  const struct ed25519_public *public_key, struct signer *out)
{
	AUTO(buffer) name = {.max = NOTE_NAME_MAX};
	struct signer s = {.vouched = vouched};

	TRY(buffer_put(&name, text_bytes(authority)));
	TRY(buffer_put(&name, BYTES_LITERAL("/v1/log")));
	TRY(note_key_new(text_from(buffer_bytes(&name)), NOTE_ED25519, public_key, &s.key));
	TRY(load(vouched, &s.last));
	s.seed = *seed;
	*seed = (struct secret){0};
	*out = s;
	return OK;
}

static struct status check_extends(const struct tree_head *last, const struct tree_head *head, const struct hash *proof,
				   size_t count)
{
	if (head->size < last->size)
		return FAIL_AT(ST_CORRUPT, REASON_SMALLER);
	if (last->size == 0)
		return head->size > 0 && count == 0 ? OK : FAIL_AT(ST_CORRUPT, REASON_NOT_EXTENDED);
	if (head->size == last->size && !hash_equal(&head->root, &last->root))
		return FAIL_AT(ST_CORRUPT, REASON_OTHER_ROOT);
	struct status s = tree_verify_consistency(last, head, proof, count);
	return s.code == ST_CORRUPT ? FAIL_AT(ST_CORRUPT, REASON_NOT_EXTENDED) : s;
}

struct status signer_sign(struct signer *s, const struct tree_head *head, const struct hash *proof, size_t count,
			  struct buffer *out)
{
	size_t before = out->len;

	if (head->size > TREE_SIZE_MAX)
		return FAIL_AT(ST_CORRUPT, REASON_NOT_EXTENDED);
	TRY(check_extends(&s->last, head, proof, count));
	TRY(checkpoint_sign(head, &s->key, &s->seed, out));
	struct status saved = head->size == s->last.size ? OK : save(s->vouched, head);
	if (!ok(saved)) {
		out->len = before;
		return saved;
	}
	s->last = *head;
	return OK;
}

void signer_clear(struct signer *s)
{
	secret_clear(&s->seed);
	*s = (struct signer){0};
}
