/* SPDX-License-Identifier: Apache-2.0 */
#include "challenge.h"

#include "hash.h"
#include "reader.h"

#include <stdlib.h>
#include <string.h>

/* Form: ms (8), random (8), the first half of the MAC (16). */
#define MARKED 16

struct status challenges_new(struct challenges *out)
{
	struct challenges made = {0};

	made.taken = calloc(CHALLENGE_TAKEN_MAX, sizeof *made.taken);
	if (made.taken == NULL)
		return FAIL(ST_NO_MEMORY);
	struct status s = secret_new(sizeof(struct key), &made.key);
	if (!ok(s)) {
		challenges_clear(&made);
		return s;
	}
	*out = made;
	return OK;
}

void challenges_clear(struct challenges *c)
{
	secret_clear(&c->key);
	free(c->taken);
	*c = (struct challenges){0};
}

const struct challenge_use challenge_sign_in = {.good_ms = CHALLENGE_MS};

/** Over what stands in it and what it is for. */
static struct status mark(const struct challenges *c, const struct challenge_use *use, const struct hash *nonce,
			  struct hash *mac)
{
	uint8_t marked[MARKED + CHALLENGE_BOUND_MAX];

	if (use->bound.len > CHALLENGE_BOUND_MAX)
		return FAIL_AT(ST_INVALID, "nonce");
	memcpy(marked, nonce->bytes, MARKED);
	if (use->bound.len > 0)
		memcpy(marked + MARKED, use->bound.at, use->bound.len);
	return hmac_sha256(secret_bytes(&c->key), bytes_of(marked, MARKED + use->bound.len), mac);
}

struct status challenges_make_for(const struct challenges *c, const struct challenge_use *use, uint64_t now,
				  struct hash *nonce, uint64_t *expires)
{
	struct hash made, mac;

	for (size_t i = 0; i < 8; i++)
		made.bytes[i] = (uint8_t)(now >> (56 - 8 * i));
	secret_random(made.bytes + 8, 8);
	TRY(mark(c, use, &made, &mac));
	memcpy(made.bytes + MARKED, mac.bytes, sizeof made.bytes - MARKED);
	*nonce = made;
	*expires = now + use->good_ms;
	return OK;
}

struct status challenges_make(const struct challenges *c, uint64_t now, struct hash *nonce, uint64_t *expires)
{
	return challenges_make_for(c, &challenge_sign_in, now, nonce, expires);
}

struct status challenges_check_for(const struct challenges *c, const struct challenge_use *use, uint64_t now,
				   const struct hash *nonce)
{
	struct reader r = reader_of(hash_bytes(nonce));
	struct hash mac;
	uint64_t made;

	TRY(mark(c, use, nonce, &mac));
	if (!secret_equal(bytes_of(mac.bytes, MARKED), bytes_of(nonce->bytes + MARKED, MARKED)))
		return FAIL_AT(ST_UNPROVEN, "nonce");
	TRY(reader_u64(&r, &made));
	/* A clock that was set back makes a nonce from the future: as good as an expired one. */
	if (now < made || now - made >= use->good_ms)
		return FAIL_AT(ST_UNPROVEN, "nonce expired");
	return OK;
}

static void forget_expired(struct challenges *c, uint64_t now)
{
	while (c->count > 0 && c->taken[c->first].ends <= now) {
		c->first = (c->first + 1) % CHALLENGE_TAKEN_MAX;
		c->count--;
	}
}

struct status challenges_take_for(struct challenges *c, const struct challenge_use *use, uint64_t now,
				  const struct hash *nonce)
{
	TRY(challenges_check_for(c, use, now, nonce));
	forget_expired(c, now);
	for (size_t i = 0; i < c->count; i++)
		if (hash_equal(&c->taken[(c->first + i) % CHALLENGE_TAKEN_MAX].nonce, nonce))
			return FAIL_AT(ST_UNPROVEN, "nonce used");
	if (c->count == CHALLENGE_TAKEN_MAX)
		return FAIL_AT(ST_TOO_MANY, "sign-ins");
	/* By time of taking, an entry may end later than its neighbour; it is then only kept longer. */
	c->taken[(c->first + c->count++) % CHALLENGE_TAKEN_MAX] = (struct challenge_taken){now + use->good_ms, *nonce};
	return OK;
}

struct status challenges_take(struct challenges *c, uint64_t now, const struct hash *nonce)
{
	return challenges_take_for(c, &challenge_sign_in, now, nonce);
}
