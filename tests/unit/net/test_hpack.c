/* SPDX-License-Identifier: Apache-2.0 */
/* nghttp2's decoder says what a peer makes of our heads. */
#include "testing.h"

#include <nghttp2/nghttp2.h>
#include <stdio.h>
#include <string.h>

#include "hpack.h"

#define DATE "Sun, 06 Nov 1994 08:49:37 GMT"

/* --- a peer --- */

struct seen {
	char name[64], value[8192];
	uint8_t flags;
};

static struct {
	nghttp2_hd_inflater *decoder;
	struct seen fields[64];
	size_t count, len; /* of the last head */
} peer;

static int connect_peer(void **state)
{
	(void)state;
	return nghttp2_hd_inflate_new(&peer.decoder);
}

static int disconnect_peer(void **state)
{
	(void)state;
	nghttp2_hd_inflate_del(peer.decoder);
	return 0;
}

static void keep(const nghttp2_nv *field)
{
	struct seen *s = &peer.fields[peer.count++];

	assert_in_range(field->namelen, 1, sizeof s->name - 1);
	assert_in_range(field->valuelen, 0, sizeof s->value - 1);
	*s = (struct seen){.flags = field->flags};
	memcpy(s->name, field->name, field->namelen);
	if (field->valuelen > 0)
		memcpy(s->value, field->value, field->valuelen);
}

static void decode(const uint8_t *at, size_t len)
{
	int flags = 0;

	peer.count = 0;
	peer.len = len;
	while ((flags & NGHTTP2_HD_INFLATE_FINAL) == 0) {
		nghttp2_nv field;
		ssize_t used = nghttp2_hd_inflate_hd2(peer.decoder, &field, &flags, at, len, 1);
		assert_in_range(used, 0, len);
		at += used;
		len -= (size_t)used;
		if ((flags & NGHTTP2_HD_INFLATE_EMIT) != 0)
			keep(&field);
	}
	assert_int_equal(len, 0);
	assert_int_equal(nghttp2_hd_inflate_end_headers(peer.decoder), 0);
}

static void give(const struct exchange_reply *r, uint64_t length, enum hpack_table *table)
{
	static uint8_t out[20000];
	size_t len = hpack_head(r, length, DATE, out);

	assert_in_range(len, 1, hpack_head_bound(r));
	size_t more = hpack_put_security(table, hpack_security(r), out + len);
	assert_in_range(more, 0, HPACK_SECURITY_MAX);
	decode(out, len + more);
}

static const struct seen *find(const char *name)
{
	for (size_t i = 0; i < peer.count; i++)
		if (strcmp(peer.fields[i].name, name) == 0)
			return &peer.fields[i];
	return NULL;
}

static void assert_field(const char *name, const char *value)
{
	const struct seen *s = find(name);

	assert_non_null(s);
	assert_string_equal(s->value, value);
}

static void assert_security(void)
{
	for (size_t i = 0; i < reply_security_count; i++)
		assert_field(reply_security[i].name.at, reply_security[i].value.at);
}

/* --- what it sees --- */

static const struct exchange_header leaf[] = {{{"tacenda-leaf", 12}, {"81234", 5}}, {{"empty", 5}, {"", 0}}};
static const struct exchange_reply plain = {
	.status = 200, .content_type = {"application/json", 16}, .headers = leaf, .header_count = 2};

static void says_everything_once(void **state)
{
	enum hpack_table table = HPACK_TABLE_EMPTY;

	(void)state;
	give(&plain, 4711, &table);
	assert_string_equal(peer.fields[0].name, ":status");
	assert_field(":status", "200");
	assert_field("date", DATE);
	assert_field("content-type", "application/json");
	assert_field("content-length", "4711");
	assert_field("tacenda-leaf", "81234");
	assert_null(find("empty"));
	assert_security();
	assert_int_equal(peer.count, 5 + reply_security_count);
}

static void says_in_one_byte_what_is_known(void **state)
{
	enum hpack_table table = HPACK_TABLE_EMPTY;

	(void)state;
	give(&plain, 4711, &table);
	assert_int_equal(table, HPACK_TABLE_FULL);
	const size_t first = peer.len;
	for (int i = 0; i < 100; i++) {
		give(&plain, 4711, &table);
		assert_security();
		assert_field("tacenda-leaf", "81234");
	}
	assert_in_range(peer.len, 1, first - 300);
	assert_int_equal(nghttp2_hd_inflate_get_num_table_entries(peer.decoder), 61 + reply_security_count);
}

static void needs_no_table(void **state)
{
	enum hpack_table table = HPACK_TABLE_NONE;

	(void)state;
	assert_int_equal(nghttp2_hd_inflate_change_table_size(peer.decoder, 0), 0);
	decode((const uint8_t *)"\x20\x88", 2);
	for (int i = 0; i < 3; i++) {
		give(&plain, 1, &table);
		assert_security();
	}
	assert_int_equal(table, HPACK_TABLE_NONE);
	assert_int_equal(nghttp2_hd_inflate_get_num_table_entries(peer.decoder), 61);
}

/* The peer may keep some of the old ones: the new ones lie before them. */
static void fills_a_table_that_may_hold_old_ones(void **state)
{
	enum hpack_table table = HPACK_TABLE_EMPTY;

	(void)state;
	give(&plain, 1, &table);
	table = HPACK_TABLE_EMPTY;
	give(&plain, 1, &table);
	give(&plain, 1, &table);
	assert_security();
}

static void leaves_out_what_is_replaced(void **state)
{
	const struct exchange_header own[] = {{{"cache-control", 13}, {"max-age=60", 10}}};
	const struct exchange_reply page = {.status = 200, .headers = own, .header_count = 1};
	enum hpack_table table = HPACK_TABLE_EMPTY;

	(void)state;
	/* One that lacks some does not fill the table: places in it are counted on. */
	give(&page, 1, &table);
	assert_int_equal(table, HPACK_TABLE_EMPTY);
	assert_field("cache-control", "max-age=60");
	give(&plain, 1, &table);
	assert_security();
	give(&page, 1, &table);
	assert_field("cache-control", "max-age=60");
	assert_field("x-content-type-options", "nosniff");
	assert_int_equal(peer.count, 3 + reply_security_count);
	give(&plain, 1, &table);
	assert_security();
}

/* PROMISES#S1: RFC 7541 section 7.1.3 */
static void lets_nobody_index_what_a_handler_said(void **state)
{
	const struct exchange_header own[] = {{{"set-cookie", 10}, {"__Host-session=secret; Secure", 29}}};
	const struct exchange_reply signed_in = {.status = 201, .headers = own, .header_count = 1};
	enum hpack_table table = HPACK_TABLE_EMPTY;

	(void)state;
	give(&signed_in, 1, &table);
	assert_field("set-cookie", "__Host-session=secret; Secure");
	assert_true((find("set-cookie")->flags & NGHTTP2_NV_FLAG_NO_INDEX) != 0);
}

static void writes_every_status(void **state)
{
	enum hpack_table table = HPACK_TABLE_EMPTY;
	char digits[8];

	(void)state;
	for (unsigned status = 200; status <= 599; status++) {
		const struct exchange_reply r = {.status = status};
		give(&r, EXCHANGE_LENGTH_UNKNOWN, &table);
		(void)snprintf(digits, sizeof digits, "%u", status);
		assert_field(":status", digits);
		assert_null(find("content-length"));
		assert_null(find("content-type"));
		assert_security();
	}
}

static void writes_values_of_any_length(void **state)
{
	static char value[REPLY_HEADER_BYTES_MAX];
	enum hpack_table table = HPACK_TABLE_EMPTY;

	(void)state;
	memset(value, 'v', sizeof value);
	for (size_t len = 1; len < sizeof value; len = len < 300 ? len + 1 : len * 2) {
		const struct exchange_header own[] = {{{"location", 8}, {value, len}}};
		const struct exchange_reply r = {.status = 201, .headers = own, .header_count = 1};
		give(&r, UINT64_MAX - 1, &table);
		assert_int_equal(strlen(find("location")->value), len);
		assert_field("content-length", "18446744073709551614");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(says_everything_once, connect_peer, disconnect_peer),
		cmocka_unit_test_setup_teardown(says_in_one_byte_what_is_known, connect_peer, disconnect_peer),
		cmocka_unit_test_setup_teardown(needs_no_table, connect_peer, disconnect_peer),
		cmocka_unit_test_setup_teardown(fills_a_table_that_may_hold_old_ones, connect_peer, disconnect_peer),
		cmocka_unit_test_setup_teardown(leaves_out_what_is_replaced, connect_peer, disconnect_peer),
		cmocka_unit_test_setup_teardown(lets_nobody_index_what_a_handler_said, connect_peer, disconnect_peer),
		cmocka_unit_test_setup_teardown(writes_every_status, connect_peer, disconnect_peer),
		cmocka_unit_test_setup_teardown(writes_values_of_any_length, connect_peer, disconnect_peer),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
