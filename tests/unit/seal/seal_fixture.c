/* SPDX-License-Identifier: Apache-2.0 */
#include "seal_fixture.h"

#include <string.h>

#include "hash.h"

int fixture_setup(void **state)
{
	(void)state;
	return ok(secret_setup()) && ok(crypto_setup()) ? 0 : 1;
}

struct hash fixture_hash(uint8_t filling)
{
	struct hash h;

	memset(h.bytes, filling, sizeof h.bytes);
	return h;
}

static struct uuid fixture_uuid(uint8_t filling)
{
	struct uuid u;

	memset(u.bytes, filling, sizeof u.bytes);
	return u;
}

struct user_id fixture_user(uint8_t number)
{
	return (struct user_id){fixture_uuid((uint8_t)(0xa0 + number))};
}

struct secret fixture_key(uint8_t filling)
{
	struct secret s = {0};

	assert_ok(secret_empty(32, &s));
	memset(s.bytes, filling, 32);
	return s;
}

struct epoch_place fixture_epoch(void)
{
	return (struct epoch_place){
		.fingerprint = fixture_hash(0x51),
		.holder_kind = HOLDER_PATIENT,
		.holder = fixture_uuid(0x11),
		.compartment = COMPARTMENT_CLINICAL,
		.number = 3,
	};
}

void fixture_change_epoch(struct epoch_place *place, int which)
{
	switch (which) {
	case 0:
		place->fingerprint.bytes[31] ^= 1;
		break;
	case 1:
		place->holder_kind = HOLDER_LIST;
		break;
	case 2:
		place->holder.bytes[0] ^= 1;
		break;
	case 3:
		place->compartment = COMPARTMENT_IDENTITY;
		break;
	default:
		place->number++;
		break;
	}
}

struct record_place fixture_record(void)
{
	return (struct record_place){
		.fingerprint = fixture_hash(0x51),
		.patient = {fixture_uuid(0x11)},
		.record = {fixture_uuid(0x22)},
		.version = 1,
		.compartment = COMPARTMENT_BOTH,
	};
}

void fixture_change_record(struct record_place *place, int which)
{
	switch (which) {
	case 0:
		place->fingerprint.bytes[0] ^= 0x80;
		break;
	case 1:
		place->patient.uuid.bytes[15] ^= 1;
		break;
	case 2:
		place->record.uuid.bytes[15] ^= 1;
		break;
	case 3:
		place->version++;
		break;
	default:
		place->compartment = COMPARTMENT_CLINICAL;
		break;
	}
}

void fixture_person_new(struct fixture_person *p, uint8_t number)
{
	struct secret seed = fixture_key(number);

	*p = (struct fixture_person){.recipient = {.kind = RECIPIENT_USER, .id = fixture_user(number).uuid}};
	p->recipient.key_hash = fixture_hash((uint8_t)(0xb0 + number));
	assert_ok(p256_derive(secret_bytes(&seed), BYTES_LITERAL("a person"), &p->private_key, &p->public_key));
	secret_clear(&seed);
}

void fixture_person_clear(struct fixture_person *p)
{
	secret_clear(&p->private_key);
}
