/* SPDX-License-Identifier: Apache-2.0 */
/* What the parsers do with memory: without any, and after use.  The linker hands
 * every malloc and free of ours, and jansson's and zlib's through wipe.h, to the
 * functions here. */
#include "testing.h"

#include <malloc.h>
#include <string.h>
#include <zlib.h>

#include "csv.h"
#include "form.h"
#include "gzip.h"
#include "json.h"
#include "jsonfield.h"
#include "jsonwriter.h"
#include "problem.h"
#include "secret.h"
#include "wipe.h"

void *__real_malloc(size_t len);
void *__real_calloc(size_t count, size_t len);
void *__real_realloc(void *at, size_t len);
void __real_free(void *at);

/* Allocations from now until the one that fails; -1 for never. */
static long fail_at = -1;
static bool fail_on; /* that one and every later one */
static bool failed;
static bool watching, seen;
#define CANARY "7051984236"

static bool fails_now(void)
{
	if (fail_at < 0 || fail_at-- > 0)
		return false;
	failed = true;
	if (fail_on)
		fail_at = 0;
	return true;
}

void *__wrap_malloc(size_t len)
{
	if (fails_now())
		return NULL;
	/* The watch reads whole blocks, also what nobody has written. */
	return watching ? __real_calloc(1, len) : __real_malloc(len);
}

void *__wrap_calloc(size_t count, size_t len)
{
	return fails_now() ? NULL : __real_calloc(count, len);
}

void *__wrap_realloc(void *at, size_t len)
{
	return fails_now() ? NULL : __real_realloc(at, len);
}

void __wrap_free(void *at)
{
	if (watching && at != NULL && memmem(at, malloc_usable_size(at), CANARY, strlen(CANARY)) != NULL)
		seen = true;
	__real_free(at);
}

/* Run ${work} with the first allocation failing, then the second, … until it meets
 * no failure; each once alone and once with all that follow. */
static void assert_survives(struct status (*work)(void))
{
	for (int persistent = 0; persistent < 2; persistent++) {
		struct status s = FAIL(ST_NO_MEMORY);
		long n = 0;
		for (; !ok(s); n++) {
			assert_true(n < 1000);
			fail_at = n;
			fail_on = persistent != 0;
			failed = false;
			s = work();
			fail_at = -1;
			if (failed)
				assert_int_equal(s.code, ST_NO_MEMORY);
			else
				assert_ok(s);
		}
		assert_true(n > 1);
	}
}

static const char sample[] =
	"{\"b\":[1,2.50,{\"c\":\"text longer than the first buffer of a string that jansson has\"}],"
	"\"a\":{\"e\":null,\"d\":true},\"n\":\"" CANARY "\",\"" CANARY "\":" CANARY "}";

static struct status parse_and_write(void)
{
	AUTO(json_document) d = {0};
	AUTO(buffer) out = {.max = 4096, .wipe = true};

	TRY(json_parse(BYTES_LITERAL(sample), &json_limits_body, &d));
	TRY(json_write(json_root(&d), JSON_AS_WRITTEN, &out));
	assert_int_equal(out.len, sizeof sample - 1);
	assert_memory_equal(out.bytes, sample, out.len);
	return json_write(json_root(&d), JSON_BY_NAME, &out);
}

static void json_survives_without_memory(void **state)
{
	(void)state;
	assert_survives(parse_and_write);
}

struct note {
	struct text name;
	struct bytes proof;
	struct jsonfield_list list;
};
static const struct jsonfield note_rows[] = {
	{.name = "name", .type = JSONFIELD_TEXT, .offset = offsetof(struct note, name)},
	{.name = "proof", .type = JSONFIELD_BASE64, .offset = offsetof(struct note, proof)},
	{.name = "list", .type = JSONFIELD_BASE64URL, .offset = offsetof(struct note, list), .many = 9},
};
static const struct jsonfield_table note_table = JSONFIELD_TABLE(struct note, note_rows);

static struct status read_fields(void)
{
	AUTO(json_document) d = {0};
	AUTO(arena) arena = {.max = 4096};
	struct note n = {0};

	TRY(json_parse(BYTES_LITERAL("{\"list\":[\"AQ\",\"Ag\"],\"proof\":\"AQ==\",\"name\":\"x\"}"), &json_limits_body,
		       &d));
	struct status s = jsonfield_read(json_root(&d), &note_table, &arena, &n, NULL);
	assert_true(ok(s) == (n.name.at != NULL));
	return s;
}

static void fields_survive_without_memory(void **state)
{
	(void)state;
	assert_survives(read_fields);
}

static struct status write_problem(void)
{
	AUTO(buffer) out = {.max = 4096};
	struct problem p = {.kind = PROBLEM_INVALID, .field = TEXT("f")};
	struct status s = problem_write(&p, &out);

	assert_true(ok(s) || out.len == 0);
	return s;
}

static void writers_survive_without_memory(void **state)
{
	(void)state;
	assert_survives(write_problem);
}

static struct status read_form(void)
{
	AUTO(arena) arena = {.max = 4096};
	struct form f;

	return form_parse(TEXT("a=b+c&%64=e"), &arena, &f);
}

static struct status read_table(void)
{
	AUTO(csv)
	c = csv_of(TEXT("a,\"b\"\n1,\"two words, and so long that the cell has to grow past its first room\"\n"), ',');
	bool more = true;

	while (more)
		TRY(csv_next(&c, &more));
	return OK;
}

static void tables_and_forms_survive_without_memory(void **state)
{
	(void)state;
	assert_survives(read_form);
	assert_survives(read_table);
}

/* Ten digits repeated, packed once. */
static uint8_t packed[8192];
static size_t packed_len;

static void pack_canary(void)
{
	static char plain[200000];
	z_stream z = {0};

	for (size_t i = 0; i < sizeof plain; i++)
		plain[i] = CANARY[i % strlen(CANARY)];
	assert_int_equal(deflateInit2(&z, 9, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
	z.next_in = (Bytef *)plain;
	z.avail_in = sizeof plain;
	z.next_out = packed;
	z.avail_out = sizeof packed;
	assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
	packed_len = z.total_out;
	deflateEnd(&z);
}

static struct status open_packed(void)
{
	static const struct gzip_limits limits = {.bytes = 1 << 20, .ratio = 2000};
	AUTO(buffer) out = {.max = 1 << 20, .wipe = true};
	struct status s = gzip_open(bytes_of(packed, packed_len), &limits, &out);

	assert_int_equal(out.len, ok(s) ? 200000 : 0);
	return s;
}

static void gzip_survives_without_memory(void **state)
{
	(void)state;
	pack_canary();
	assert_survives(open_packed);
}

/* PROMISES#S1: what a parser worked with is zero when its memory is given back. */
static void nothing_read_is_left_in_freed_memory(void **state)
{
	char *unwiped = __real_malloc(64);

	(void)state;
	pack_canary();
	watching = true;
	assert_ok(parse_and_write());
	assert_ok(open_packed());
	assert_false(seen);
	/* The watch itself works. */
	assert_non_null(unwiped);
	memcpy(unwiped, CANARY, sizeof CANARY);
	__wrap_free(unwiped);
	assert_true(seen);
	watching = false;
}

static void hands_out_aligned_memory(void **state)
{
	static const size_t sizes[] = {0, 1, 15, 16, 17, 4096};

	(void)state;
	for (size_t i = 0; i < COUNT(sizes); i++) {
		uint8_t *at = wipe_alloc(sizes[i]);
		assert_non_null(at);
		assert_int_equal((uintptr_t)at % 16, 0);
		memset(at, 0x5a, sizes[i]);
		wipe_free(at);
	}
	wipe_free(NULL);
	assert_null(wipe_alloc(SIZE_MAX));
	assert_null(wipe_alloc(SIZE_MAX - 8));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(json_survives_without_memory),   TEST(fields_survive_without_memory),
		TEST(writers_survive_without_memory), TEST(tables_and_forms_survive_without_memory),
		TEST(gzip_survives_without_memory),   TEST(nothing_read_is_left_in_freed_memory),
		TEST(hands_out_aligned_memory),
	};

	assert_ok(secret_setup());
	return cmocka_run_group_tests(tests, NULL, NULL);
}
