/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hash: HMAC and HKDF are written out on a reused digest context.  EVP_MAC costs
 * 570 ns for a short message and leaves the key in its context, EVP_KDF 3.3 us;
 * this costs 420 ns and leaves nothing.  Checked against Wycheproof and RFC 5869.
 *
 * One call of SHA-256 goes below EVP, to the code that EVP calls: of a short message
 * EVP itself is more than half the time, and a leaf of the log takes seven of them.
 * Its state then lies in our locked page instead of the library's heap.
 */
#define OPENSSL_SUPPRESS_DEPRECATED /* SHA256_Init() and those with it: see above */
#include "hash.h"

#include <string.h>

#include "engine.h"
#include "hash_internal.h"

/* A hash function as HMAC needs it. */
struct digest {
	EVP_MD_CTX *context; /* NULL: SHA-256, in the scratch */
	size_t block, len;
};
#define SHA256_DIGEST ((struct digest){NULL, 64, sizeof(struct hash)})

static struct status add(EVP_MD_CTX *context, struct bytes data)
{
	/* An empty view may be NULL. */
	return data.len == 0 ? OK : engine_did(EVP_DigestUpdate(context, data.at, data.len));
}

static struct status direct_pieces(SHA256_CTX *state, const struct bytes *pieces, size_t count, uint8_t *out)
{
	int done = SHA256_Init(state);

	for (size_t i = 0; i < count && done == 1; i++)
		/* An empty view may be NULL. */
		done = pieces[i].len == 0 ? 1 : SHA256_Update(state, pieces[i].at, pieces[i].len);
	return engine_did(done == 1 ? SHA256_Final(out, state) : 0);
}

static struct status digest_pieces(const struct digest *d, struct engine *e, const struct bytes *pieces, size_t count,
				   uint8_t *out)
{
	unsigned len;

	if (d->context == NULL)
		return direct_pieces(&e->scratch->sha256, pieces, count, out);
	TRY(engine_did(EVP_DigestInit_ex2(d->context, NULL, NULL)));
	for (size_t i = 0; i < count; i++)
		TRY(add(d->context, pieces[i]));
	return engine_did(EVP_DigestFinal_ex(d->context, out, &len));
}

/* The last chaining value that a state holds is the result. */
static struct status digest_forget(const struct digest *d, struct engine *e)
{
	if (d->context != NULL)
		return engine_did(EVP_DigestInit_ex2(d->context, NULL, NULL));
	secret_wipe(&e->scratch->sha256, sizeof e->scratch->sha256);
	return OK;
}

struct status sha256(struct bytes data, struct hash *out)
{
	return sha256_pieces(&data, 1, out);
}

struct status sha256_pieces(const struct bytes *pieces, size_t count, struct hash *out)
{
	struct engine *e;

	TRY(engine_here(&e));
	return direct_pieces(&e->scratch->sha256, pieces, count, out->bytes);
}

struct status sha256_begin(struct sha256_state *s)
{
	EVP_MD_CTX *context;

	TRY(engine_take_hash(&context));
	s->context = context;
	return OK;
}

struct status sha256_add(struct sha256_state *s, struct bytes data)
{
	if (s->context == NULL)
		return FAIL_AT(ST_INVALID, "hash has ended");
	return add(s->context, data);
}

struct status sha256_end(struct sha256_state *s, struct hash *out)
{
	unsigned len;

	if (s->context == NULL)
		return FAIL_AT(ST_INVALID, "hash has ended");
	struct status ended = engine_did(EVP_DigestFinal_ex(s->context, out->bytes, &len));
	sha256_state_clear(s);
	return ended;
}

void sha256_state_clear(struct sha256_state *s)
{
	engine_give_hash(s->context);
	s->context = NULL;
}

/* RFC 2104 section 2: the key, hashed if longer than a block, padded with zeros
 * and combined with ipad or opad. */
static struct status set_pad(const struct digest *d, struct engine *e, struct bytes key, uint8_t with)
{
	uint8_t *pad = e->scratch->pad;

	memset(pad, 0, d->block);
	if (key.len > d->block)
		TRY(digest_pieces(d, e, &key, 1, pad));
	else if (key.len > 0)
		memcpy(pad, key.at, key.len);
	for (size_t i = 0; i < d->block; i++)
		pad[i] ^= with;
	return OK;
}

/* H(pad || data): the half of HMAC that is done twice. */
static struct status half(const struct digest *d, struct engine *e, const struct bytes *pieces, size_t count)
{
	struct bytes all[HASH_PIECES + 1] = {bytes_of(e->scratch->pad, d->block)};

	if (count > HASH_PIECES)
		return FAIL_AT(ST_INVALID, "pieces");
	for (size_t i = 0; i < count; i++)
		all[i + 1] = pieces[i];
	return digest_pieces(d, e, all, count + 1, e->scratch->digest);
}

static struct status hmac_unwiped(const struct digest *d, struct engine *e, struct bytes key,
				  const struct bytes *pieces, size_t count)
{
	struct bytes inner = bytes_of(e->scratch->digest, d->len);

	TRY(set_pad(d, e, key, 0x36));
	TRY(half(d, e, pieces, count));
	TRY(set_pad(d, e, key, 0x5c));
	return half(d, e, &inner, 1);
}

/* ${out} may be what ${key} or ${pieces} look at: it is written last. */
static struct status hmac(const struct digest *d, struct bytes key, const struct bytes *pieces, size_t count,
			  uint8_t *out)
{
	struct engine *e;

	TRY(engine_here(&e));
	struct status s = hmac_unwiped(d, e, key, pieces, count);
	if (ok(s))
		memcpy(out, e->scratch->digest, d->len);
	secret_wipe(e->scratch->pad, sizeof e->scratch->pad);
	secret_wipe(e->scratch->digest, sizeof e->scratch->digest);
	struct status wiped = digest_forget(d, e);
	return ok(s) ? wiped : s;
}

/* RFC 5869 section 2.3: T(n) = HMAC(PRK, T(n - 1) || info || n). */
static struct status expand_unwiped(const struct digest *d, struct bytes prk, const struct bytes *info, size_t count,
				    uint8_t *out, size_t out_len)
{
	struct engine *e;
	struct bytes pieces[HASH_PIECES] = {{0}};
	uint8_t number = 0;

	TRY(engine_here(&e));
	if (count > HASH_PIECES - 2)
		return FAIL_AT(ST_INVALID, "pieces");
	for (size_t i = 0; i < count; i++)
		pieces[i + 1] = info[i];
	pieces[count + 1] = BYTES_OF(number);
	for (size_t done = 0; done < out_len;) {
		size_t len = out_len - done < d->len ? out_len - done : d->len;

		number++;
		TRY(hmac(d, prk, pieces, count + 2, e->scratch->block));
		memcpy(out + done, e->scratch->block, len);
		pieces[0] = bytes_of(e->scratch->block, d->len);
		done += len;
	}
	return OK;
}

static struct status expand(const struct digest *d, struct bytes prk, const struct bytes *info, size_t count,
			    uint8_t *out, size_t len)
{
	struct engine *e;

	TRY(engine_here(&e));
	if (len > 255 * d->len)
		return FAIL_AT(ST_TOO_BIG, "derived key");
	struct status s = expand_unwiped(d, prk, info, count, out, len);
	secret_wipe(e->scratch->block, sizeof e->scratch->block);
	return s;
}

struct status hmac_sha256(struct bytes key, struct bytes data, struct hash *out)
{
	return hkdf_sha256_extract(key, data, out);
}

struct status hkdf_sha256_extract_pieces(struct bytes salt, const struct bytes *pieces, size_t count, uint8_t *out)
{
	return hmac(&SHA256_DIGEST, salt, pieces, count, out);
}

struct status hkdf_sha256_extract(struct bytes salt, struct bytes input, struct hash *out)
{
	/* RFC 5869 section 2.2: PRK = HMAC(salt, input); no salt is zeros, as in HMAC. */
	return hkdf_sha256_extract_pieces(salt, &input, 1, out->bytes);
}

struct status hkdf_sha256_expand_pieces(struct bytes prk, const struct bytes *pieces, size_t count, uint8_t *out,
					size_t len)
{
	return expand(&SHA256_DIGEST, prk, pieces, count, out, len);
}

struct status hkdf_sha256_expand(struct bytes prk, struct bytes info, uint8_t *out, size_t len)
{
	return hkdf_sha256_expand_pieces(prk, &info, 1, out, len);
}

struct status hkdf_sha512_expand_pieces(struct bytes prk, const struct bytes *pieces, size_t count, uint8_t *out,
					size_t len)
{
	struct engine *e;

	TRY(engine_here(&e));
	return expand(&(struct digest){e->sha512, 128, 64}, prk, pieces, count, out, len);
}
