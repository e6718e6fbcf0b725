/* SPDX-License-Identifier: Apache-2.0 */
#include "invitation.h"

#include <assert.h>
#include <string.h>

#include "context.h"
#include "reader.h"

#define VERSION  1
#define SEED_LEN 16
/* Version, seed, fingerprint, pin size, pin root; then perhaps the CA's hash. */
#define PAYLOAD_MIN (1 + SEED_LEN + 32 + 8 + 32)
#define PAYLOAD_MAX (PAYLOAD_MIN + 32)

static const struct text path = {"/enrol#", 7};

void invitation_clear(struct invitation *i)
{
	secret_clear(&i->seed);
	*i = (struct invitation){0};
}

/* No checkpoint has size 0 and a root, or a size and none. */
static struct status check_pin(const struct invitation *i)
{
	return (i->pin_size == 0) == hash_is_zero(&i->pin_root) ? OK : FAIL_AT(ST_INVALID, "invitation pin");
}

struct status invitation_new(const struct invitation_site *site, struct invitation *out)
{
	struct invitation made = {
		.site = site->site,
		.pin_size = site->pin_size,
		.pin_root = site->pin_root,
		.has_ca = site->ca != NULL,
	};

	TRY(origin_check(site->origin));
	TRY(check_pin(&made));
	memcpy(made.origin, site->origin.at, site->origin.len);
	if (site->ca != NULL)
		made.ca = *site->ca;
	TRY(secret_new(SEED_LEN, &made.seed));
	*out = made;
	return OK;
}

struct status invitation_pair(const struct invitation *i, struct secret *private_key, struct p256_public *public_key)
{
	AUTO(buffer) info = {.max = CONTEXT_MAX};

	TRY(context_put(&info, CONTEXT_INVITATION, NULL, 0));
	return p256_derive(secret_bytes(&i->seed), buffer_bytes(&info), private_key, public_key);
}

static struct status put_payload(const struct invitation *i, struct buffer *out)
{
	TRY(buffer_put_u8(out, VERSION));
	TRY(buffer_put(out, secret_bytes(&i->seed)));
	TRY(buffer_put(out, hash_bytes(&i->site)));
	TRY(buffer_put_u64(out, i->pin_size));
	TRY(buffer_put(out, hash_bytes(&i->pin_root)));
	return i->has_ca ? buffer_put(out, hash_bytes(&i->ca)) : OK;
}

struct status invitation_print(const struct invitation *i, struct buffer *out)
{
	AUTO(buffer) payload = {.max = PAYLOAD_MAX, .wipe = true};

	assert(out->wipe);
	TRY(put_payload(i, &payload));
	TRY(buffer_put(out, text_bytes(text_of(i->origin))));
	TRY(buffer_put(out, text_bytes(path)));
	return text_put_base64url(out, buffer_bytes(&payload));
}

static struct status read_payload(struct bytes payload, struct invitation *i)
{
	struct reader r = reader_of(payload);
	struct bytes seed;
	uint8_t version;

	TRY(reader_u8(&r, &version));
	if (version != VERSION)
		return FAIL_AT(ST_INVALID, "invitation version");
	TRY(reader_take(&r, SEED_LEN, &seed));
	TRY(reader_copy(&r, i->site.bytes, sizeof i->site.bytes));
	TRY(reader_u64(&r, &i->pin_size));
	TRY(reader_copy(&r, i->pin_root.bytes, sizeof i->pin_root.bytes));
	i->has_ca = reader_left(&r) > 0;
	if (i->has_ca)
		TRY(reader_copy(&r, i->ca.bytes, sizeof i->ca.bytes));
	TRY(reader_done(&r));
	TRY(check_pin(i));
	return secret_from(seed, &i->seed);
}

/* Where the path begins; a '#' cannot stand in an origin. */
static struct status split_code(struct text code, struct text *origin, struct text *payload)
{
	struct text rest = code;

	if (!text_split(&rest, '#', origin) || origin->len < path.len - 1)
		return FAIL_AT(ST_INVALID, "invitation");
	origin->len -= path.len - 1;
	if (code.len < origin->len + path.len || memcmp(code.at + origin->len, path.at, path.len) != 0)
		return FAIL_AT(ST_INVALID, "invitation");
	*payload = rest;
	return origin_check(*origin);
}

struct status invitation_parse(struct text code, struct invitation *out)
{
	AUTO(invitation) parsed = {0};
	AUTO(buffer) payload = {.max = PAYLOAD_MAX, .wipe = true};
	struct text origin, encoded;

	if (code.len > INVITATION_TEXT_MAX)
		return FAIL_AT(ST_INVALID, "invitation");
	TRY(split_code(code, &origin, &encoded));
	if (!ok(text_from_base64url(encoded, &payload)))
		return FAIL_AT(ST_INVALID, "invitation");
	struct status s = read_payload(buffer_bytes(&payload), &parsed);
	if (!ok(s))
		return s.what != NULL ? s : FAIL_AT(ST_INVALID, "invitation");
	memcpy(parsed.origin, origin.at, origin.len);
	*out = parsed;
	parsed = (struct invitation){0};
	return OK;
}
