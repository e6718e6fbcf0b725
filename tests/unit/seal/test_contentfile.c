/* SPDX-License-Identifier: Apache-2.0 */
/* Files of content with a disk that fails. */
#include "fault_fixture.h"
#include "home_fixture.h"

#include <sys/mman.h>
#include <unistd.h>

#include "contentfile.h"
#include "keyholder_local.h"

#define PLAIN 500

static struct home home;
static struct keyholder holder;
static struct keyholder_record record;
static struct sealed_key sealed_key;

static int setup(void **state)
{
	struct epoch_place place = fixture_epoch();
	struct keyholder_epoch epoch;

	if (fixture_setup(state) != 0)
		return 1;
	home_new(&home);
	assert_ok(keyholder_local_open(&os_real, home.fd, BYTES_LITERAL(HOME_PASSPHRASE), &holder));
	place.number = 0;
	assert_ok(keyholder_epoch_new(&holder, &place, (struct epoch_handle){0}, &epoch));
	record = (struct keyholder_record){.place = fixture_record(), .author = fixture_user(1), .clinical = epoch.key};
	record.place.compartment = COMPARTMENT_CLINICAL;
	assert_ok(keyholder_record_new(&holder, &record, &sealed_key));
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	keyholder_clear(&holder);
	home_clear(&home);
	return 0;
}

/** Two descriptors in memory. */
struct ends {
	struct contentfile files;
};

static void ends_clear(struct ends *e)
{
	close(e->files.plain_fd);
	close(e->files.sealed_fd);
}

static void ends_new(struct ends *e, const struct os *os)
{
	static const uint8_t plain[PLAIN] = {1, 2, 3};

	e->files = (struct contentfile){os, memfd_create("plain", MFD_CLOEXEC), memfd_create("sealed", MFD_CLOEXEC)};
	assert_int_equal(pwrite(e->files.plain_fd, plain, sizeof plain, 0), sizeof plain);
}

static struct status seal(struct ends *e, struct recordcontent_claim *claim)
{
	return contentfile_seal(&holder, &record, &sealed_key, &e->files, claim, NULL);
}

/* Fail call 0, then 1, ... until a run meets no fault. */
static void no_fault_gives_a_claim_for_what_is_not_there(void **state)
{
	(void)state;

	for (int persistent = 0; persistent < 2; persistent++) {
		bool met = true;
		int point = 0;

		fault_persistent = persistent == 1;
		for (; met; point++) {
			AUTO(ends) e;
			struct recordcontent_claim claim = {.size = 7};

			ends_new(&e, &fault_os);
			fault_after = point;
			struct status s = seal(&e, &claim);
			met = fault_after < 0;
			e.files.os = &os_real;
			if (ok(s))
				assert_ok(contentfile_check(&e.files, &claim));
			else
				assert_int_equal(claim.size, 7);
		}
		assert_true(point > 5);
	}
}

static void no_fault_while_opening_passes_for_an_end(void **state)
{
	(void)state;
	bool met = true;

	fault_persistent = false;
	for (int point = 0; met; point++) {
		AUTO(ends) e;
		struct recordcontent_claim claim;

		ends_new(&e, &os_real);
		assert_ok(seal(&e, &claim));
		assert_int_equal(ftruncate(e.files.plain_fd, 0), 0);
		assert_int_equal(lseek(e.files.plain_fd, 0, SEEK_SET), 0);
		e.files.os = &fault_os;
		fault_after = point;
		struct status s = contentfile_open(&holder, &record, &sealed_key, &e.files, &claim);
		met = fault_after < 0;
		assert_int_equal(s.code, met ? ST_IO : ST_OK);
		if (ok(s))
			assert_int_equal(lseek(e.files.plain_fd, 0, SEEK_END), PLAIN);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(no_fault_gives_a_claim_for_what_is_not_there),
		TEST(no_fault_while_opening_passes_for_an_end),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
