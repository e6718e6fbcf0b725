/* SPDX-License-Identifier: Apache-2.0 */
#include "securityfile.h"

#include <string.h>

#include "chunked.h"
#include "context.h"
#include "reader.h"
#include "securityfile_public.h"

/* Sized: HPKE scalar, signing scalar, pin size, pin root. */
#define PRIVATE_LEN (4 + 32 + 4 + 32 + 4 + 8 + 4 + 32)

_Static_assert(SECURITYFILE_SEALED == CHUNKED_HEADER + PRIVATE_LEN + 16, "one chunk");

void securityfile_keys_clear(struct securityfile_keys *k)
{
	secret_clear(&k->file_key);
	secret_clear(&k->hpke_private);
	secret_clear(&k->sign_private);
	*k = (struct securityfile_keys){0};
}

void securityfile_clear(struct securityfile *f)
{
	buffer_clear(&f->public_part);
	*f = (struct securityfile){0};
}

static struct status put_private(const struct securityfile_keys *keys, struct secret *out)
{
	/* A buffer over locked memory: it cannot grow, so it never copies. */
	struct buffer b = {.bytes = out->bytes, .capacity = out->len, .max = out->len};
	uint8_t size[8];

	for (size_t i = 0; i < sizeof size; i++)
		size[i] = (uint8_t)(keys->pin.size >> (56 - 8 * i));
	TRY(buffer_put_sized(&b, secret_bytes(&keys->hpke_private)));
	TRY(buffer_put_sized(&b, secret_bytes(&keys->sign_private)));
	TRY(buffer_put_sized(&b, BYTES_OF(size)));
	return buffer_put_sized(&b, hash_bytes(&keys->pin.root));
}

static struct status seal_private(struct securityfile *file, const struct securityfile_keys *keys)
{
	AUTO(secret) plain = {0};
	AUTO(chunked) sealing = {0};
	uint8_t sealed[SECURITYFILE_SEALED];

	TRY(secret_empty(PRIVATE_LEN, &plain));
	TRY(put_private(keys, &plain));
	TRY(chunked_seal_begin(secret_key(&keys->file_key), buffer_bytes(&file->public_part), sealed, &sealing));
	TRY(chunked_seal_next(&sealing, secret_bytes(&plain), sealed + CHUNKED_HEADER));
	memcpy(file->sealed, sealed, sizeof file->sealed);
	return OK;
}

static struct status read_scalar(struct reader *r, struct secret *out)
{
	struct bytes scalar;

	TRY(reader_sized(r, 32, &scalar));
	return scalar.len == 32 ? secret_from(scalar, out) : FAIL(ST_INVALID);
}

static struct status read_pin(struct reader *r, struct securityfile_pin *out)
{
	uint32_t len;

	TRY(reader_u32(r, &len));
	TRY(reader_u64(r, &out->size));
	if (len != sizeof out->size)
		return FAIL(ST_INVALID);
	TRY(reader_u32(r, &len));
	TRY(reader_copy(r, out->root.bytes, sizeof out->root.bytes));
	return len == sizeof out->root.bytes ? reader_done(r) : FAIL(ST_INVALID);
}

static struct status read_private(struct bytes plain, struct securityfile_keys *keys)
{
	struct reader r = reader_of(plain);

	TRY(read_scalar(&r, &keys->hpke_private));
	TRY(read_scalar(&r, &keys->sign_private));
	return read_pin(&r, &keys->pin);
}

static struct status check_pair(const struct secret *private_key, const struct p256_public *public_key)
{
	struct p256_public own;

	TRY(p256_public_of(private_key, &own));
	return bytes_equal(p256_public_bytes(&own), p256_public_bytes(public_key)) ? OK : FAIL(ST_CORRUPT);
}

static struct status open_private(const struct securityfile *file, struct securityfile_keys *keys)
{
	AUTO(secret) plain = {0};
	AUTO(chunked) opening = {0};

	TRY(secret_empty(PRIVATE_LEN, &plain));
	TRY(chunked_open_begin(secret_key(&keys->file_key), buffer_bytes(&file->public_part),
			       bytes_of(file->sealed, CHUNKED_HEADER), &opening));
	TRY(chunked_open_at(&opening, 0, true, bytes_of(file->sealed + CHUNKED_HEADER, PRIVATE_LEN + 16), plain.bytes));
	TRY(read_private(secret_bytes(&plain), keys));
	TRY(check_pair(&keys->hpke_private, &file->person.hpke_key));
	return check_pair(&keys->sign_private, &file->person.sign_key);
}

struct status securityfile_open_with(const struct securityfile *file, const struct secret *file_key,
				     struct securityfile_keys *keys)
{
	AUTO(securityfile_keys) opened = {0};

	TRY(secret_from(secret_bytes(file_key), &opened.file_key));
	struct status s = open_private(file, &opened);
	if (!ok(s))
		return s.code == ST_NO_MEMORY ? s : FAIL_AT(ST_CORRUPT, "security file");
	*keys = opened;
	opened = (struct securityfile_keys){0};
	return OK;
}

/* Whichever slot the passphrase opens. */
static struct status open_slot(const struct securityfile *file, struct bytes passphrase, struct secret *file_key,
			       size_t *which)
{
	for (size_t i = 0; i < file->slot_count; i++) {
		struct status s =
			securityslot_open(&file->slots[i], buffer_bytes(&file->public_part), passphrase, file_key);
		if (ok(s))
			*which = i;
		if (s.code != ST_UNPROVEN)
			return s;
	}
	return FAIL_AT(ST_UNPROVEN, "passphrase");
}

struct status securityfile_open(const struct securityfile *file, struct bytes passphrase,
				struct securityfile_keys *keys)
{
	AUTO(secret) file_key = {0};
	size_t which;

	TRY(open_slot(file, passphrase, &file_key, &which));
	return securityfile_open_with(file, &file_key, keys);
}

struct status securityfile_add_slot(struct securityfile *file, const struct securityfile_keys *keys,
				    struct bytes passphrase, struct argon2_cost cost)
{
	if (file->slot_count == SECURITYFILE_SLOTS)
		return FAIL_AT(ST_TOO_MANY, "security file slots");
	TRY(securityslot_new(&keys->file_key, buffer_bytes(&file->public_part), passphrase, cost,
			     &file->slots[file->slot_count]));
	file->slot_count++;
	return OK;
}

struct status securityfile_change(struct securityfile *file, struct bytes old_passphrase, struct bytes new_passphrase,
				  struct argon2_cost cost)
{
	AUTO(secret) file_key = {0};
	size_t which;

	TRY(open_slot(file, old_passphrase, &file_key, &which));
	return securityslot_new(&file_key, buffer_bytes(&file->public_part), new_passphrase, cost, &file->slots[which]);
}

struct status securityfile_pin(struct securityfile *file, struct securityfile_keys *keys,
			       const struct securityfile_pin *pin)
{
	struct securityfile_pin before = keys->pin;

	if ((pin->size == 0) != hash_is_zero(&pin->root))
		return FAIL_AT(ST_INVALID, "checkpoint");
	if (pin->size < before.size)
		return OK;
	if (pin->size == before.size)
		return hash_equal(&pin->root, &before.root) ? OK : FAIL_AT(ST_CORRUPT, "checkpoint");
	keys->pin = *pin;
	struct status s = seal_private(file, keys);
	if (!ok(s))
		keys->pin = before;
	return s;
}

static struct status new_keys(struct securityfile_person *person, struct securityfile_keys *keys)
{
	TRY(secret_new(sizeof(struct key), &keys->file_key));
	TRY(p256_new(&keys->hpke_private, &person->hpke_key));
	return p256_new(&keys->sign_private, &person->sign_key);
}

struct status securityfile_new(const struct securityfile_person *person, const struct securityfile_pin *pin,
			       struct securityfile *file, struct securityfile_keys *keys)
{
	AUTO(securityfile) made = {.public_part = {.max = SECURITYFILE_PUBLIC_MAX}};
	AUTO(securityfile_keys) fresh = {.pin = *pin};
	struct securityfile_person with_keys = *person;

	if ((pin->size == 0) != hash_is_zero(&pin->root))
		return FAIL_AT(ST_INVALID, "checkpoint");
	TRY(new_keys(&with_keys, &fresh));
	TRY(securityfile_public_put(&with_keys, &made.public_part));
	TRY(securityfile_public_read(buffer_bytes(&made.public_part), &made.person));
	TRY(seal_private(&made, &fresh));
	*file = made;
	*keys = fresh;
	made = (struct securityfile){0};
	fresh = (struct securityfile_keys){0};
	return OK;
}
