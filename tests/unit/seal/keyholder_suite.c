/* SPDX-License-Identifier: Apache-2.0 */
#include "keyholder_suite.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "contentfile.h"
#include "hash.h"
#include "importtoken.h"
#include "recordheader.h"

struct home suite_home;
struct keyholder suite_holder;

#define HOLDER (&suite_holder)

/* --- Statements --- */

static struct statement grant(void)
{
	return (struct statement){
		.kind = STATEMENT_GRANT,
		.head = keyholder_head(HOLDER, NULL, 1700000000000),
		.grant = {.patient = fixture_record().patient,
			  .recipient_kind = RECIPIENT_USER,
			  .recipient = fixture_user(2).uuid,
			  .permissions = RIGHT_READ},
	};
}

static void signs_what_its_person_says(void **state)
{
	(void)state;
	AUTO(buffer) out = {.max = LIMIT_STATEMENT_BYTES};
	struct statement draft = grant(), parsed;

	assert_ok(keyholder_sign(HOLDER, &draft, &out));
	assert_ok(statement_parse(buffer_bytes(&out), &parsed));
	assert_ok(statement_verify(&parsed, &suite_home.file.person.sign_key));
	assert_true(hash_equal(&parsed.head.author_key, &suite_home.key_hash));
	assert_int_equal(parsed.head.seen_size, suite_holder.person.pin.size);
	assert_int_equal(parsed.grant.permissions, RIGHT_READ);
}

static void signs_the_largest_epoch(void **state)
{
	(void)state;
	AUTO(buffer) out = {.max = LIMIT_STATEMENT_BYTES};
	AUTO(buffer) rows = {.max = LIMIT_STATEMENT_BYTES};
	struct statement draft = {
		.kind = STATEMENT_EPOCH,
		.head = keyholder_head(HOLDER, NULL, 1),
		.epoch = {.holder_kind = HOLDER_PATIENT,
			  .holder = fixture_record().patient.uuid,
			  .compartment = COMPARTMENT_CLINICAL},
	};

	for (uint32_t i = 0; i < LIMIT_EPOCH_RECIPIENTS; i++) {
		struct recipient r = {.kind = RECIPIENT_USER};

		r.id.bytes[0] = (uint8_t)(i >> 8);
		r.id.bytes[1] = (uint8_t)i;
		assert_ok(statement_put_recipient(&rows, &r));
	}
	draft.epoch.recipients = buffer_bytes(&rows);
	assert_ok(keyholder_sign(HOLDER, &draft, &out));
	assert_true(out.len > 80000);
}

static void refuses_to_sign_for_somebody_else(void **state)
{
	(void)state;
	AUTO(buffer) out = {.max = LIMIT_STATEMENT_BYTES};
	struct statement draft = grant();

	draft.head.site.bytes[0] ^= 1;
	assert_fails(ST_DENIED, keyholder_sign(HOLDER, &draft, &out));
	draft = grant();
	draft.head.author = fixture_user(2);
	assert_fails(ST_DENIED, keyholder_sign(HOLDER, &draft, &out));
	draft = grant();
	draft.head.author_key.bytes[31] ^= 1;
	assert_fails(ST_DENIED, keyholder_sign(HOLDER, &draft, &out));
	assert_int_equal(out.len, 0);
}

static void refuses_to_sign_a_site_or_anything_that_is_no_statement(void **state)
{
	(void)state;
	AUTO(buffer) out = {.max = LIMIT_STATEMENT_BYTES};
	struct signature signature;
	struct statement draft = {
		.kind = STATEMENT_SITE,
		.head = keyholder_head(HOLDER, NULL, 1),
		.site = {.name = TEXT("Clinic"),
			 .region = TEXT("rest"),
			 .origin = TEXT("https://clinic.example"),
			 .administrator = fixture_user(1),
			 .login = TEXT("anna"),
			 .invitation_key = suite_home.file.person.sign_key},
	};

	draft.head.site = (struct hash){{0}};
	assert_fails(ST_DENIED, keyholder_sign(HOLDER, &draft, &out));
	assert_fails(ST_INVALID, suite_holder.calls->sign(suite_holder.state, BYTES_LITERAL("pay 1000"), &signature));
	assert_fails(ST_INVALID, suite_holder.calls->sign(suite_holder.state, (struct bytes){0}, &signature));
}

/* --- Epoch keys --- */

/** A patient's keys of epoch 0 and the places they are for. */
struct keys {
	struct epoch_place identity_place, clinical_place;
	struct keyholder_epoch identity, clinical;
};

static void keys_clear(struct keys *k)
{
	const struct epoch_handle handles[] = {k->identity.key, k->clinical.key};

	assert_ok(keyholder_epoch_drop(HOLDER, handles, COUNT(handles)));
}

static void keys_new(struct keys *k, uint8_t patient)
{
	*k = (struct keys){.identity_place = fixture_epoch(), .clinical_place = fixture_epoch()};
	k->identity_place.number = k->clinical_place.number = 0;
	k->identity_place.holder.bytes[15] = k->clinical_place.holder.bytes[15] = patient;
	k->identity_place.compartment = COMPARTMENT_IDENTITY;
	k->clinical_place.compartment = COMPARTMENT_CLINICAL;
	assert_ok(keyholder_epoch_new(HOLDER, &k->identity_place, (struct epoch_handle){0}, &k->identity));
	assert_ok(keyholder_epoch_new(HOLDER, &k->clinical_place, (struct epoch_handle){0}, &k->clinical));
}

static struct keyholder_recipient self(void)
{
	return (struct keyholder_recipient){
		.recipient = {RECIPIENT_USER, fixture_user(1).uuid, suite_home.key_hash},
		.hpke_key = suite_home.file.person.hpke_key,
	};
}

/* The clinical key of ${k} wrapped for its own person, with the claim that fits. */
static struct keyholder_wrapped wrapped_for_self(const struct keys *k)
{
	struct keyholder_recipient to = self();
	struct keyholder_wrapped item = {.place = k->clinical_place};

	assert_ok(keyholder_epoch_wrap(HOLDER, k->clinical.key, &to, 1));
	assert_ok(to.status);
	item.wrapped = to.wrapped;
	item.claim.commitment = k->clinical.commitment;
	assert_ok(wrappedkey_hash(&to.wrapped, &item.claim.wrapped_hash));
	return item;
}

static struct keyholder_record clinical_record(const struct keys *k, uint8_t number)
{
	struct keyholder_record r = {.place = fixture_record(), .author = fixture_user(1), .clinical = k->clinical.key};

	r.place.patient.uuid = k->clinical_place.holder;
	r.place.record.uuid.bytes[0] = number;
	r.place.compartment = COMPARTMENT_CLINICAL;
	return r;
}

static void wraps_for_others_what_they_can_open(void **state)
{
	(void)state;
	AUTO(keys) k;
	AUTO(secret) opened = fixture_key(0);
	struct fixture_person colleague;
	struct keyholder_recipient items[2] = {self()};
	struct wrappedkey_claim claim;

	keys_new(&k, 1);
	fixture_person_new(&colleague, 2);
	items[1] = (struct keyholder_recipient){.recipient = colleague.recipient, .hpke_key = colleague.public_key};
	assert_ok(keyholder_epoch_wrap(HOLDER, k.clinical.key, items, 2));
	assert_ok(items[0].status);
	assert_ok(items[1].status);
	claim.commitment = k.clinical.commitment;
	assert_ok(wrappedkey_hash(&items[1].wrapped, &claim.wrapped_hash));
	assert_ok(wrappedkey_open(&k.clinical_place, &colleague.recipient, &colleague.private_key, &items[1].wrapped,
				  &claim, (struct key *)opened.bytes));
	/* One bad key spoils nobody else's row. */
	items[0].hpke_key.bytes[1] ^= 1;
	assert_ok(keyholder_epoch_wrap(HOLDER, k.clinical.key, items, 2));
	assert_fails(ST_INVALID, items[0].status);
	assert_ok(items[1].status);
	fixture_person_clear(&colleague);
}

static void opens_its_own_wrapped_keys_and_no_others(void **state)
{
	(void)state;
	AUTO(keys) k;
	struct keyholder_wrapped items[4];

	keys_new(&k, 1);
	for (int i = 0; i < 4; i++)
		items[i] = wrapped_for_self(&k);
	items[1].claim.commitment.bytes[0] ^= 1;
	items[2].place.number = 1;
	items[3].place.fingerprint.bytes[0] ^= 1;
	assert_ok(keyholder_epoch_open(HOLDER, items, 4));
	assert_ok(items[0].status);
	assert_int_not_equal(items[0].key.value, 0);
	assert_fails(ST_CORRUPT, items[1].status);
	assert_fails(ST_CORRUPT, items[2].status);
	assert_fails(ST_DENIED, items[3].status);
	for (int i = 1; i < 4; i++)
		assert_int_equal(items[i].key.value, 0);
	assert_ok(keyholder_epoch_drop(HOLDER, &items[0].key, 1));
}

static void opens_batches_larger_than_one_message(void **state)
{
	(void)state;
	enum { MANY = 1500 };
	AUTO(keys) k;
	struct keyholder_wrapped *items = test_calloc(MANY, sizeof *items);
	struct epoch_handle *handles = test_calloc(MANY, sizeof *handles);

	keys_new(&k, 1);
	items[0] = wrapped_for_self(&k);
	for (size_t i = 1; i < MANY; i++)
		items[i] = items[0];
	items[MANY - 1].wrapped.bytes[5] ^= 1;
	assert_ok(keyholder_epoch_open(HOLDER, items, MANY));
	for (size_t i = 0; i < MANY - 1; i++) {
		assert_ok(items[i].status);
		handles[i] = items[i].key;
		assert_int_not_equal(handles[i].value, i > 0 ? handles[i - 1].value : 0);
	}
	assert_fails(ST_CORRUPT, items[MANY - 1].status);
	assert_ok(keyholder_epoch_drop(HOLDER, handles, MANY));
	test_free(items);
	test_free(handles);
}

static void follows_an_epoch_with_the_next_and_walks_back(void **state)
{
	(void)state;
	enum { EPOCHS = 5 };
	AUTO(keys) k;
	struct keyholder_epoch epochs[EPOCHS];
	struct epochkey_step steps[EPOCHS - 1];
	struct epoch_handle back, none;
	struct sealed_key sealed;

	keys_new(&k, 1);
	epochs[0] = k.clinical;
	struct keyholder_record record = clinical_record(&k, 1);
	assert_ok(keyholder_record_new(HOLDER, &record, &sealed));
	for (uint32_t i = 1; i < EPOCHS; i++) {
		struct epoch_place place = k.clinical_place;

		place.number = i;
		assert_ok(keyholder_epoch_new(HOLDER, &place, epochs[i - 1].key, &epochs[i]));
		steps[EPOCHS - 1 - i] = (struct epochkey_step){epochs[i].previous_sealed, epochs[i - 1].commitment};
	}
	assert_ok(keyholder_epoch_walk(HOLDER, epochs[EPOCHS - 1].key, steps, EPOCHS - 1, &back));
	/* The key of epoch 0 moves what was sealed under it to epoch 4. */
	struct keyholder_move move = {
		.place = record.place, .from_clinical = back, .to_clinical = epochs[EPOCHS - 1].key, .sealed = sealed};
	assert_ok(keyholder_record_move(HOLDER, &move, 1));
	assert_ok(move.status);
	assert_memory_not_equal(&move.sealed, &sealed, sizeof sealed);
	steps[1].commitment.bytes[0] ^= 1;
	assert_fails(ST_CORRUPT, keyholder_epoch_walk(HOLDER, epochs[EPOCHS - 1].key, steps, 3, &none));
	assert_fails(ST_INVALID, keyholder_epoch_walk(HOLDER, epochs[0].key, steps, 1, &none));
	assert_ok(keyholder_epoch_drop(HOLDER, &back, 1));
	for (int i = 1; i < EPOCHS; i++)
		assert_ok(keyholder_epoch_drop(HOLDER, &epochs[i].key, 1));
}

static void refuses_an_epoch_that_does_not_follow(void **state)
{
	(void)state;
	AUTO(keys) k;
	AUTO(keys) other;
	struct keyholder_epoch out;
	struct epoch_place place;

	keys_new(&k, 1);
	keys_new(&other, 2);
	place = k.clinical_place;
	assert_fails(ST_INVALID, keyholder_epoch_new(HOLDER, &place, k.clinical.key, &out));
	place.number = 1;
	assert_fails(ST_INVALID, keyholder_epoch_new(HOLDER, &place, (struct epoch_handle){0}, &out));
	assert_fails(ST_DENIED, keyholder_epoch_new(HOLDER, &place, k.identity.key, &out));
	assert_fails(ST_DENIED, keyholder_epoch_new(HOLDER, &place, other.clinical.key, &out));
	assert_fails(ST_NOT_FOUND, keyholder_epoch_new(HOLDER, &place, (struct epoch_handle){12345}, &out));
	place.number = 2;
	assert_fails(ST_DENIED, keyholder_epoch_new(HOLDER, &place, k.clinical.key, &out));
	place.fingerprint.bytes[0] ^= 1;
	assert_fails(ST_DENIED, keyholder_epoch_new(HOLDER, &place, k.clinical.key, &out));
}

static void forgets_a_key_that_was_dropped(void **state)
{
	(void)state;
	AUTO(keys) k;
	struct sealed_key sealed;
	struct keyholder_recipient to = self();
	struct keyholder_epoch again;

	keys_new(&k, 1);
	struct keyholder_record record = clinical_record(&k, 1);
	assert_ok(keyholder_epoch_drop(HOLDER, &k.clinical.key, 1));
	assert_fails(ST_NOT_FOUND, keyholder_record_new(HOLDER, &record, &sealed));
	assert_fails(ST_NOT_FOUND, keyholder_epoch_wrap(HOLDER, k.clinical.key, &to, 1));
	/* Whatever comes to lie where it lay has another name. */
	assert_ok(keyholder_epoch_new(HOLDER, &k.clinical_place, (struct epoch_handle){0}, &again));
	assert_int_not_equal(again.key.value, k.clinical.key.value);
	assert_fails(ST_NOT_FOUND, keyholder_record_new(HOLDER, &record, &sealed));
	assert_ok(keyholder_epoch_drop(HOLDER, &again.key, 1));
	assert_ok(keyholder_epoch_drop(HOLDER, &again.key, 1));
}

static void holds_a_bounded_number_of_keys(void **state)
{
	(void)state;
	struct epoch_handle *handles = test_calloc(KEYSHELF_MAX, sizeof *handles);
	struct keyholder_epoch out;
	struct epoch_place place = fixture_epoch();
	size_t count = 0;
	struct status s;

	place.number = 0;
	for (s = OK; count < KEYSHELF_MAX; count++) {
		s = keyholder_epoch_new(HOLDER, &place, (struct epoch_handle){0}, &out);
		if (!ok(s))
			break;
		handles[count] = out.key;
	}
	assert_int_equal(count, KEYSHELF_MAX);
	assert_fails(ST_TOO_MANY, keyholder_epoch_new(HOLDER, &place, (struct epoch_handle){0}, &out));
	assert_ok(keyholder_epoch_drop(HOLDER, handles, count));
	assert_ok(keyholder_epoch_new(HOLDER, &place, (struct epoch_handle){0}, &out));
	assert_ok(keyholder_epoch_drop(HOLDER, &out.key, 1));
	test_free(handles);
}

/* --- Records --- */

static void a_key_serves_only_its_own_patient_and_compartment(void **state)
{
	(void)state;
	AUTO(keys) k;
	AUTO(keys) other;
	struct sealed_key sealed;
	struct keyholder_record r;

	keys_new(&k, 1);
	keys_new(&other, 2);
	r = clinical_record(&k, 1);
	assert_ok(keyholder_record_new(HOLDER, &r, &sealed));
	r.clinical = other.clinical.key;
	assert_fails(ST_DENIED, keyholder_record_new(HOLDER, &r, &sealed));
	r.clinical = k.identity.key;
	assert_fails(ST_DENIED, keyholder_record_new(HOLDER, &r, &sealed));
	r.clinical = (struct epoch_handle){0};
	r.identity = k.identity.key;
	assert_fails(ST_DENIED, keyholder_record_new(HOLDER, &r, &sealed));
	r.place.compartment = COMPARTMENT_BOTH;
	assert_fails(ST_DENIED, keyholder_record_new(HOLDER, &r, &sealed));
	r.clinical = k.clinical.key;
	assert_ok(keyholder_record_new(HOLDER, &r, &sealed));
	r.place.fingerprint.bytes[3] ^= 1;
	assert_fails(ST_DENIED, keyholder_record_new(HOLDER, &r, &sealed));
}

static void seals_and_opens_headers_in_batches(void **state)
{
	(void)state;
	enum { MANY = 700 };
	AUTO(keys) k;
	AUTO(buffer) sealed = {.max = MANY * LIMIT_SEALED_HEADER};
	AUTO(buffer) plain = {.max = MANY * LIMIT_SEALED_HEADER, .wipe = true};
	struct keyholder_header *items = test_calloc(MANY, sizeof *items);
	static char json[RECORDHEADER_PLAIN_MAX];

	keys_new(&k, 1);
	memset(json, 'j', sizeof json);
	for (size_t i = 0; i < MANY; i++) {
		items[i].record = clinical_record(&k, (uint8_t)i);
		items[i].record.place.version = (uint32_t)i + 1;
		assert_ok(keyholder_record_new(HOLDER, &items[i].record, &items[i].sealed_key));
		items[i].in = bytes_of(json, 1 + i * 5);
	}
	assert_ok(keyholder_header_seal(HOLDER, items, MANY, &sealed));
	for (size_t i = 0; i < MANY; i++) {
		assert_ok(items[i].status);
		items[i].in = bytes_of(sealed.bytes + items[i].at, items[i].len);
	}
	sealed.bytes[items[40].at + 30] ^= 1;
	assert_ok(keyholder_header_open(HOLDER, items, MANY, &plain));
	for (size_t i = 0; i < MANY; i++) {
		assert_int_equal(items[i].status.code, i == 40 ? ST_CORRUPT : ST_OK);
		assert_int_equal(items[i].len, i == 40 ? 0 : 1 + i * 5);
		assert_memory_equal(plain.bytes + items[i].at, json, items[i].len);
	}
	test_free(items);
}

static void moves_a_record_key_and_leaves_header_and_content(void **state)
{
	(void)state;
	AUTO(keys) k;
	AUTO(buffer) sealed = {.max = LIMIT_SEALED_HEADER};
	AUTO(buffer) plain = {.max = LIMIT_SEALED_HEADER, .wipe = true};
	struct keyholder_epoch next;
	struct epoch_place place;
	struct keyholder_header item;

	keys_new(&k, 1);
	place = k.clinical_place;
	place.number = 1;
	assert_ok(keyholder_epoch_new(HOLDER, &place, k.clinical.key, &next));
	item = (struct keyholder_header){.record = clinical_record(&k, 1), .in = BYTES_LITERAL("{\"title\":\"x\"}")};
	assert_ok(keyholder_record_new(HOLDER, &item.record, &item.sealed_key));
	assert_ok(keyholder_header_seal(HOLDER, &item, 1, &sealed));
	struct keyholder_move moves[2] = {{.place = item.record.place,
					   .from_clinical = k.clinical.key,
					   .to_clinical = next.key,
					   .sealed = item.sealed_key}};
	moves[1] = moves[0];
	moves[1].sealed.bytes[0] ^= 1;
	assert_ok(keyholder_record_move(HOLDER, moves, 2));
	assert_ok(moves[0].status);
	assert_fails(ST_CORRUPT, moves[1].status);
	item.in = buffer_bytes(&sealed);
	item.sealed_key = moves[0].sealed;
	assert_ok(keyholder_header_open(HOLDER, &item, 1, &plain));
	assert_fails(ST_CORRUPT, item.status);
	item.record.clinical = next.key;
	assert_ok(keyholder_header_open(HOLDER, &item, 1, &plain));
	assert_ok(item.status);
	assert_ok(keyholder_epoch_drop(HOLDER, &next.key, 1));
}

/* --- Content --- */

/** A content of pseudo-random bytes and where its two sides are. */
struct content {
	struct keys keys;
	struct keyholder_record record;
	struct sealed_key sealed_key;
	struct contentfile files;
	struct recordcontent_claim claim;
	uint8_t *bytes;
	size_t len;
};

static int file_new(void)
{
	int fd = memfd_create("content", MFD_CLOEXEC);

	assert_true(fd >= 0);
	return fd;
}

static void content_clear(struct content *c)
{
	close(c->files.plain_fd);
	close(c->files.sealed_fd);
	test_free(c->bytes);
	keys_clear(&c->keys);
}

static void content_new(struct content *c, size_t len)
{
	*c = (struct content){.files = {&os_real, file_new(), file_new()}, .bytes = test_malloc(len + 1), .len = len};
	for (size_t i = 0; i < len; i++)
		c->bytes[i] = (uint8_t)(i * 7 + i / 255);
	keys_new(&c->keys, 1);
	c->record = clinical_record(&c->keys, 9);
	assert_ok(keyholder_record_new(HOLDER, &c->record, &c->sealed_key));
	assert_int_equal(pwrite(c->files.plain_fd, c->bytes, len, 0), len);
}

static void seal_content(struct content *c)
{
	uint64_t plain_size = 0;

	assert_ok(contentfile_seal(HOLDER, &c->record, &c->sealed_key, &c->files, &c->claim, &plain_size));
	assert_int_equal(plain_size, c->len);
}

static void empty_plain(struct content *c)
{
	assert_int_equal(ftruncate(c->files.plain_fd, 0), 0);
	assert_int_equal(lseek(c->files.plain_fd, 0, SEEK_SET), 0);
}

static struct status open_content(struct content *c)
{
	empty_plain(c);
	return contentfile_open(HOLDER, &c->record, &c->sealed_key, &c->files, &c->claim);
}

static void content_comes_back_byte_for_byte(void **state)
{
	(void)state;
	static const size_t lengths[] = {0, 1, CHUNKED_PLAIN, 4 * CHUNKED_PLAIN, 4 * CHUNKED_PLAIN + 1, 700001};

	for (size_t i = 0; i < COUNT(lengths); i++) {
		AUTO(content) c;

		content_new(&c, lengths[i]);
		seal_content(&c);
		assert_int_equal(c.claim.size, chunked_sealed_len(lengths[i]));
		assert_ok(open_content(&c));
		uint8_t *back = test_malloc(c.len + 2);
		assert_int_equal(pread(c.files.plain_fd, back, c.len + 2, 0), c.len);
		assert_memory_equal(back, c.bytes, c.len);
		test_free(back);
	}
}

static void content_opens_from_memory_too(void **state)
{
	(void)state;
	AUTO(content) c;
	AUTO(buffer) sealed = {.max = 1 << 20};
	AUTO(buffer) plain = {.max = 1 << 20, .wipe = true};

	content_new(&c, 200000);
	seal_content(&c);
	assert_ok(buffer_reserve(&sealed, c.claim.size));
	sealed.len = c.claim.size;
	assert_ok(os_read_all(&os_real, c.files.sealed_fd, sealed.bytes, sealed.len, 0));
	struct sealed view = sealed_of(sealed.bytes, sealed.len);
	assert_ok(contentfile_open_bytes(HOLDER, &c.record, &c.sealed_key, view, &c.claim, &plain));
	assert_int_equal(plain.len, c.len);
	assert_memory_equal(plain.bytes, c.bytes, c.len);
	plain.len = 0;
	sealed.bytes[199000] ^= 1;
	assert_fails(ST_CORRUPT, contentfile_open_bytes(HOLDER, &c.record, &c.sealed_key, view, &c.claim, &plain));
	/* A statement over the flipped bytes: the chunk's tag still does not fit. */
	assert_ok(sha256(buffer_bytes(&sealed), &c.claim.hash));
	assert_fails(ST_CORRUPT, contentfile_open_bytes(HOLDER, &c.record, &c.sealed_key, view, &c.claim, &plain));
	assert_int_equal(plain.len, 0);
}

/* PROMISES#S2: refused before the first byte leaves. */
static void damaged_content_writes_nothing(void **state)
{
	(void)state;
	AUTO(content) c;
	uint8_t byte = 0;

	content_new(&c, 300000);
	seal_content(&c);
	assert_int_equal(pread(c.files.sealed_fd, &byte, 1, 250000), 1);
	byte ^= 1;
	assert_int_equal(pwrite(c.files.sealed_fd, &byte, 1, 250000), 1);
	assert_fails(ST_CORRUPT, open_content(&c));
	assert_int_equal(lseek(c.files.plain_fd, 0, SEEK_END), 0);
	byte ^= 1;
	assert_int_equal(pwrite(c.files.sealed_fd, &byte, 1, 250000), 1);
	/* Cut short, and longer than was signed. */
	assert_int_equal(ftruncate(c.files.sealed_fd, (off_t)c.claim.size - 1), 0);
	assert_fails(ST_CORRUPT, open_content(&c));
	assert_int_equal(ftruncate(c.files.sealed_fd, (off_t)c.claim.size + 1), 0);
	assert_fails(ST_CORRUPT, open_content(&c));
	assert_int_equal(lseek(c.files.plain_fd, 0, SEEK_END), 0);
}

static void content_of_another_record_is_refused(void **state)
{
	(void)state;
	AUTO(content) c;

	content_new(&c, 5000);
	seal_content(&c);
	c.record.author = fixture_user(2);
	assert_fails(ST_CORRUPT, open_content(&c));
	c.record.author = fixture_user(1);
	c.record.place.version++;
	assert_fails(ST_CORRUPT, open_content(&c));
	c.record.place.version--;
	c.sealed_key.bytes[0] ^= 1;
	assert_fails(ST_CORRUPT, open_content(&c));
}

static void content_comes_from_and_goes_to_a_pipe(void **state)
{
	(void)state;
	AUTO(content) c;
	int ends[2];
	uint8_t back[64];

	content_new(&c, 0);
	close(c.files.plain_fd);
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	assert_int_equal(write(ends[1], "dictated", 8), 8);
	close(ends[1]);
	c.files.plain_fd = ends[0];
	c.len = 8;
	seal_content(&c);
	close(ends[0]);
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	c.files.plain_fd = ends[1];
	assert_ok(contentfile_open(HOLDER, &c.record, &c.sealed_key, &c.files, &c.claim));
	assert_int_equal(read(ends[0], back, sizeof back), 8);
	assert_memory_equal(back, "dictated", 8);
	close(ends[0]);
}

static void a_full_disk_is_reported(void **state)
{
	(void)state;
	AUTO(content) c;

	content_new(&c, 100000);
	seal_content(&c);
	close(c.files.plain_fd);
	c.files.plain_fd = open("/dev/full", O_WRONLY | O_CLOEXEC);
	assert_fails(ST_FULL, contentfile_open(HOLDER, &c.record, &c.sealed_key, &c.files, &c.claim));
}

static void content_calls_out_of_order_are_refused(void **state)
{
	(void)state;
	AUTO(content) c;
	AUTO(buffer) out = {.max = 1 << 20, .wipe = true};
	static uint8_t big[KEYHOLDER_PIECE + 1];
	struct recordcontent_claim claim;

	content_new(&c, 10);
	assert_fails(ST_INVALID, keyholder_content_seal_add(HOLDER, plain_of("x", 1), &out));
	assert_fails(ST_INVALID, keyholder_content_seal_end(HOLDER, &out, &claim));
	assert_fails(ST_INVALID, keyholder_content_open_add(HOLDER, sealed_of("x", 1), &out));
	assert_fails(ST_INVALID, keyholder_content_open_end(HOLDER));
	assert_ok(keyholder_content_seal_begin(HOLDER, &c.record, &c.sealed_key, &out));
	assert_fails(ST_INVALID, keyholder_content_open_end(HOLDER));
	assert_fails(ST_INVALID, keyholder_content_seal_add(HOLDER, plain_of("x", 1), &out));
	assert_ok(keyholder_content_seal_begin(HOLDER, &c.record, &c.sealed_key, &out));
	assert_fails(ST_INVALID, keyholder_content_seal_add(HOLDER, plain_of(big, sizeof big), &out));
	assert_ok(keyholder_content_seal_add(HOLDER, plain_of(big, KEYHOLDER_PIECE), &out));
	assert_ok(keyholder_content_seal_end(HOLDER, &out, &claim));
	assert_fails(ST_INVALID, keyholder_content_seal_add(HOLDER, plain_of("x", 1), &out));
}

/* --- The rest --- */

static void cache_blocks_open_under_their_own_name(void **state)
{
	(void)state;
	static uint8_t block[KEYHOLDER_BLOCK_MAX + 1];
	AUTO(buffer) sealed = {.max = 1 << 20};
	AUTO(buffer) plain = {.max = 1 << 20, .wipe = true};
	const struct bytes name = BYTES_LITERAL("patients/7");

	memset(block, 'b', sizeof block);
	assert_ok(keyholder_block_seal(HOLDER, name, plain_of(block, KEYHOLDER_BLOCK_MAX), &sealed));
	assert_int_equal(sealed.len, KEYHOLDER_BLOCK_MAX + KEYHOLDER_BLOCK_OVERHEAD);
	struct sealed view = sealed_of(sealed.bytes, sealed.len);
	assert_ok(keyholder_block_open(HOLDER, name, view, &plain));
	assert_int_equal(plain.len, KEYHOLDER_BLOCK_MAX);
	assert_memory_equal(plain.bytes, block, plain.len);
	plain.len = 0;
	assert_fails(ST_CORRUPT, keyholder_block_open(HOLDER, BYTES_LITERAL("patients/8"), view, &plain));
	sealed.bytes[1000] ^= 1;
	assert_fails(ST_CORRUPT, keyholder_block_open(HOLDER, name, view, &plain));
	assert_fails(ST_CORRUPT, keyholder_block_open(HOLDER, name, sealed_of(sealed.bytes, 39), &plain));
	assert_fails(ST_TOO_BIG, keyholder_block_seal(HOLDER, name, plain_of(block, sizeof block), &sealed));
	assert_fails(ST_TOO_BIG, keyholder_block_seal(HOLDER, bytes_of(block, KEYHOLDER_BLOCK_NAME_MAX + 1),
						      plain_of(block, 1), &sealed));
	assert_int_equal(plain.len, 0);
}

static void import_tokens_are_those_of_its_person(void **state)
{
	(void)state;
	AUTO(buffer) source = {.max = IMPORTTOKEN_SOURCE_MAX, .wipe = true};
	static uint8_t big[IMPORTTOKEN_SOURCE_MAX];
	const struct bytes pieces[] = {BYTES_LITERAL("urn:x"), BYTES_LITERAL("12")};
	struct bytes too_big = BYTES_OF(big);
	struct hash token, expected;

	assert_ok(keyholder_import_token(HOLDER, "patient", pieces, 2, &token));
	assert_ok(importtoken_source("patient", pieces, 2, &source));
	assert_ok(importtoken_make(&suite_home.keys.hpke_private, buffer_bytes(&source), &expected));
	assert_true(hash_equal(&token, &expected));
	assert_fails(ST_TOO_BIG, keyholder_import_token(HOLDER, "patient", &too_big, 1, &token));
}

static void moves_the_pin_in_its_file(void **state)
{
	(void)state;
	AUTO(securityfile) file = {0};
	AUTO(securityfile_keys) keys = {0};
	struct securityfile_pin pin = {.size = 200, .root = fixture_hash(200)};

	assert_ok(keyholder_pin(HOLDER, &pin));
	assert_int_equal(suite_holder.person.pin.size, 200);
	pin = (struct securityfile_pin){.size = 150, .root = fixture_hash(150)};
	assert_ok(keyholder_pin(HOLDER, &pin));
	assert_int_equal(suite_holder.person.pin.size, 200);
	pin = (struct securityfile_pin){.size = 200, .root = fixture_hash(201)};
	assert_fails(ST_CORRUPT, keyholder_pin(HOLDER, &pin));
	assert_ok(securitystore_load(&os_real, suite_home.fd, SECURITYSTORE_NAME, &file));
	assert_ok(securityfile_open_with(&file, &suite_home.keys.file_key, &keys));
	assert_int_equal(keys.pin.size, 200);
}

static void keeps_a_session_token(void **state)
{
	(void)state;
	AUTO(secret) token = {0};
	AUTO(secret) none = {0};
	static uint8_t big[KEYHOLDER_TOKEN_MAX + 1];

	assert_fails(ST_NOT_FOUND, keyholder_token_get(HOLDER, &token));
	assert_ok(keyholder_token_put(HOLDER, BYTES_LITERAL("first")));
	assert_ok(keyholder_token_put(HOLDER, BYTES_LITERAL("second token")));
	assert_ok(keyholder_token_get(HOLDER, &token));
	assert_true(secret_equal(secret_bytes(&token), BYTES_LITERAL("second token")));
	assert_fails(ST_TOO_BIG, keyholder_token_put(HOLDER, BYTES_OF(big)));
	assert_ok(keyholder_token_put(HOLDER, (struct bytes){0}));
	assert_fails(ST_NOT_FOUND, keyholder_token_get(HOLDER, &none));
}

static const struct CMUnitTest tests[] = {
	TEST(signs_what_its_person_says),
	TEST(signs_the_largest_epoch),
	TEST(refuses_to_sign_for_somebody_else),
	TEST(refuses_to_sign_a_site_or_anything_that_is_no_statement),
	TEST(wraps_for_others_what_they_can_open),
	TEST(opens_its_own_wrapped_keys_and_no_others),
	TEST(opens_batches_larger_than_one_message),
	TEST(follows_an_epoch_with_the_next_and_walks_back),
	TEST(refuses_an_epoch_that_does_not_follow),
	TEST(forgets_a_key_that_was_dropped),
	TEST(holds_a_bounded_number_of_keys),
	TEST(a_key_serves_only_its_own_patient_and_compartment),
	TEST(seals_and_opens_headers_in_batches),
	TEST(moves_a_record_key_and_leaves_header_and_content),
	TEST(content_comes_back_byte_for_byte),
	TEST(content_opens_from_memory_too),
	TEST(damaged_content_writes_nothing),
	TEST(content_of_another_record_is_refused),
	TEST(content_comes_from_and_goes_to_a_pipe),
	TEST(a_full_disk_is_reported),
	TEST(content_calls_out_of_order_are_refused),
	TEST(cache_blocks_open_under_their_own_name),
	TEST(import_tokens_are_those_of_its_person),
	TEST(moves_the_pin_in_its_file),
	TEST(keeps_a_session_token),
};

const struct CMUnitTest *keyholder_suite_tests(size_t *count)
{
	*count = COUNT(tests);
	return tests;
}
