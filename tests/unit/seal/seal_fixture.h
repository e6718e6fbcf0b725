/* SPDX-License-Identifier: Apache-2.0 */
/** seal_fixture: places, people and keys that the tests of `seal` share, and one change at a time to them. */
#ifndef TESTS_SEAL_FIXTURE_H
#define TESTS_SEAL_FIXTURE_H

#include "testing.h"

#include "context.h"
#include "p256.h"
#include "wrappedkey.h"

/** For cmocka_run_group_tests(). */
int fixture_setup(void **state);

struct epoch_place fixture_epoch(void);
#define FIXTURE_EPOCH_CHANGES 5
/** One field of ${place} becomes another valid one; ${which} from 0. */
void fixture_change_epoch(struct epoch_place *place, int which);

struct record_place fixture_record(void);
#define FIXTURE_RECORD_CHANGES 5
void fixture_change_record(struct record_place *place, int which);

struct user_id fixture_user(uint8_t number);
struct hash fixture_hash(uint8_t filling);
/** 32 bytes of ${filling}. */
struct secret fixture_key(uint8_t filling);
/** ${s} as a place for a key. */
static inline struct key *fixture_place(const struct secret *s)
{
	return (struct key *)s->bytes;
}

/** Somebody with a pair. */
struct fixture_person {
	struct secret private_key;
	struct p256_public public_key;
	struct wrappedkey_recipient recipient;
};
void fixture_person_new(struct fixture_person *p, uint8_t number);
void fixture_person_clear(struct fixture_person *p);

#endif /* !TESTS_SEAL_FIXTURE_H */
