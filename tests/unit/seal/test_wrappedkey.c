/* SPDX-License-Identifier: Apache-2.0 */
#include "seal_fixture.h"

#include "epochkey.h"
#include "wrappedkey.h"

/** One key wrapped for one person, and what the epoch statement says of it. */
struct wrapping {
	struct fixture_person person;
	struct epoch_place place;
	struct secret key, opened;
	struct wrapped_key wrapped;
	struct wrappedkey_claim claim;
};

static void wrapping_new(struct wrapping *w)
{
	*w = (struct wrapping){.place = fixture_epoch(), .key = fixture_key(7), .opened = fixture_key(0)};
	fixture_person_new(&w->person, 1);
	assert_ok(wrappedkey_wrap(&w->place, secret_key(&w->key), &w->person.recipient, &w->person.public_key,
				  &w->wrapped));
	assert_ok(wrappedkey_hash(&w->wrapped, &w->claim.wrapped_hash));
	assert_ok(epochkey_commitment(&w->place, secret_key(&w->key), &w->claim.commitment));
}

static void wrapping_clear(struct wrapping *w)
{
	fixture_person_clear(&w->person);
	secret_clear(&w->key);
	secret_clear(&w->opened);
}

static struct status open_it(struct wrapping *w)
{
	return wrappedkey_open(&w->place, &w->person.recipient, &w->person.private_key, &w->wrapped, &w->claim,
			       (struct key *)w->opened.bytes);
}

static void nothing_was_opened(const struct wrapping *w)
{
	for (size_t i = 0; i < w->opened.len; i++)
		assert_int_equal(w->opened.bytes[i], 0);
}

static void opens_for_its_recipient(void **state)
{
	(void)state;
	AUTO(wrapping) w;

	wrapping_new(&w);
	assert_int_equal(sizeof w.wrapped.bytes, 114);
	assert_int_equal(w.wrapped.bytes[0], 1);
	assert_ok(open_it(&w));
	assert_true(secret_equal(secret_bytes(&w.opened), secret_bytes(&w.key)));
}

static void refuses_another_place(void **state)
{
	(void)state;
	AUTO(wrapping) w;

	wrapping_new(&w);
	for (int i = 0; i < FIXTURE_EPOCH_CHANGES; i++) {
		w.place = fixture_epoch();
		fixture_change_epoch(&w.place, i);
		/* Even a statement that commits to the key there does not help. */
		assert_ok(epochkey_commitment(&w.place, secret_key(&w.key), &w.claim.commitment));
		assert_fails(ST_CORRUPT, open_it(&w));
	}
	nothing_was_opened(&w);
}

static void refuses_another_recipient(void **state)
{
	(void)state;
	AUTO(wrapping) w;

	wrapping_new(&w);
	w.person.recipient.kind = RECIPIENT_LIST;
	assert_fails(ST_CORRUPT, open_it(&w));
	w.person.recipient.kind = RECIPIENT_USER;
	w.person.recipient.id.bytes[3] ^= 4;
	assert_fails(ST_CORRUPT, open_it(&w));
	w.person.recipient.id.bytes[3] ^= 4;
	w.person.recipient.key_hash.bytes[9] ^= 1;
	assert_fails(ST_CORRUPT, open_it(&w));
	w.person.recipient.key_hash.bytes[9] ^= 1;
	nothing_was_opened(&w);
	assert_ok(open_it(&w));
}

static void refuses_another_private_key(void **state)
{
	(void)state;
	AUTO(wrapping) w;
	struct fixture_person other;

	wrapping_new(&w);
	fixture_person_new(&other, 2);
	assert_fails(ST_CORRUPT, wrappedkey_open(&w.place, &w.person.recipient, &other.private_key, &w.wrapped,
						 &w.claim, (struct key *)w.opened.bytes));
	nothing_was_opened(&w);
	fixture_person_clear(&other);
}

/* PROMISES#B3: a key that the server planted is not used. */
static void refuses_what_the_statement_does_not_name(void **state)
{
	(void)state;
	AUTO(wrapping) w;
	struct wrapped_key genuine;

	wrapping_new(&w);
	genuine = w.wrapped;
	/* Wrapped by anybody for the right person: HPKE alone would take it. */
	AUTO(secret) planted = fixture_key(0x66);
	assert_ok(
		wrappedkey_wrap(&w.place, secret_key(&planted), &w.person.recipient, &w.person.public_key, &w.wrapped));
	assert_fails(ST_CORRUPT, open_it(&w));
	/* Named, but not the key that was committed to. */
	assert_ok(wrappedkey_hash(&w.wrapped, &w.claim.wrapped_hash));
	assert_fails(ST_CORRUPT, open_it(&w));
	nothing_was_opened(&w);
	w.wrapped = genuine;
	assert_ok(wrappedkey_hash(&w.wrapped, &w.claim.wrapped_hash));
	assert_ok(open_it(&w));
}

static void refuses_every_flipped_bit(void **state)
{
	(void)state;
	AUTO(wrapping) w;

	wrapping_new(&w);
	for (size_t bit = 0; bit < WRAPPED_KEY_LEN * 8; bit++) {
		w.wrapped.bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
		assert_fails(ST_CORRUPT, open_it(&w));
		/* A statement naming the flipped bytes does not help either. */
		if (bit % 13 == 0) {
			struct hash before = w.claim.wrapped_hash;

			assert_ok(wrappedkey_hash(&w.wrapped, &w.claim.wrapped_hash));
			assert_int_not_equal(open_it(&w).code, ST_OK);
			w.claim.wrapped_hash = before;
		}
		w.wrapped.bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	nothing_was_opened(&w);
}

static void names_a_suite_it_does_not_know(void **state)
{
	(void)state;
	AUTO(wrapping) w;

	wrapping_new(&w);
	w.wrapped.bytes[0] = 2;
	assert_ok(wrappedkey_hash(&w.wrapped, &w.claim.wrapped_hash));
	struct status s = open_it(&w);
	assert_int_equal(s.code, ST_INVALID);
	assert_string_equal(s.what, "wrapped key suite");
}

static void refuses_to_wrap_for_a_point_off_the_curve(void **state)
{
	(void)state;
	AUTO(wrapping) w;
	struct wrapped_key out;

	wrapping_new(&w);
	w.person.public_key.bytes[40] ^= 1;
	assert_fails(ST_INVALID,
		     wrappedkey_wrap(&w.place, secret_key(&w.key), &w.person.recipient, &w.person.public_key, &out));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(opens_for_its_recipient),
		TEST(refuses_another_place),
		TEST(refuses_another_recipient),
		TEST(refuses_another_private_key),
		TEST(refuses_what_the_statement_does_not_name),
		TEST(refuses_every_flipped_bit),
		TEST(names_a_suite_it_does_not_know),
		TEST(refuses_to_wrap_for_a_point_off_the_curve),
	};

	return cmocka_run_group_tests(tests, fixture_setup, NULL);
}
