/* SPDX-License-Identifier: Apache-2.0 */
#include "vouched.h"

#include <string.h>

#include "hash.h"
#include "label.h"

#define KEY_LABEL "tacenda/v1/key-store-file"

struct status vouched_new(const struct os *os, int dir, const struct secret *seed, struct vouched *out)
{
	AUTO(secret) key = {0};

	TRY(secret_empty(sizeof(struct key), &key));
	TRY(hkdf_sha256_expand(secret_bytes(seed), bytes_of(KEY_LABEL, sizeof KEY_LABEL), key.bytes, key.len));
	*out = (struct vouched){.os = os, .dir = dir, .key = key};
	key = (struct secret){0};
	return OK;
}

void vouched_clear(struct vouched *v)
{
	secret_clear(&v->key);
	*v = (struct vouched){.dir = -1};
}

static struct status mark(const struct vouched *v, const char *name, struct bytes body, struct hash *out)
{
	AUTO(buffer) b = {.max = VOUCHED_BYTES_MAX + 256};
	const struct bytes arguments[] = {bytes_of(name, strlen(name)), body};

	TRY(label_put(&b, KEY_LABEL, arguments, COUNT(arguments)));
	return hmac_sha256(secret_bytes(&v->key), buffer_bytes(&b), out);
}

struct status vouched_save(const struct vouched *v, const char *name, struct bytes body)
{
	AUTO(buffer) b = {.max = VOUCHED_BYTES_MAX};
	struct hash mac;

	TRY(mark(v, name, body, &mac));
	TRY(buffer_put(&b, body));
	TRY(buffer_put(&b, hash_bytes(&mac)));
	return os_save(v->os, v->dir, name, buffer_bytes(&b));
}

struct status vouched_load(const struct vouched *v, const char *name, const char *reason, struct buffer *out)
{
	AUTO(buffer) b = {.max = VOUCHED_BYTES_MAX};
	const struct status damaged = {ST_CORRUPT, reason};
	struct hash wanted, got;

	struct status s = os_load(v->os, v->dir, name, VOUCHED_BYTES_MAX, &b);
	if (s.code == ST_NOT_FOUND || s.code == ST_TOO_BIG)
		return damaged;
	TRY(s);
	if (b.len < sizeof wanted.bytes)
		return damaged;
	b.len -= sizeof wanted.bytes;
	memcpy(got.bytes, b.bytes + b.len, sizeof got.bytes);
	TRY(mark(v, name, buffer_bytes(&b), &wanted));
	if (!hash_equal(&wanted, &got))
		return damaged;
	return buffer_put(out, buffer_bytes(&b));
}
