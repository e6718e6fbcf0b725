/* SPDX-License-Identifier: Apache-2.0 */
/* The first byte says how: bit 0 a head, else a chunked body in pieces of 1 + byte / 2. */
#include <string.h>

#include "http1.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static bool inside(struct text t, struct bytes all)
{
	return t.len == 0 || ((const uint8_t *)t.at >= all.at && (const uint8_t *)t.at + t.len <= all.at + all.len);
}

static void check(const struct http1_head *head, struct bytes in)
{
	uint32_t seen = 0;

	if (!inside(head->target.path, in) || !inside(head->target.query, in) || !inside(head->authority, in) ||
	    head->authority.len == 0 || head->field_count > LIMIT_HTTP_HEADERS || (head->chunked && head->has_length))
		__builtin_trap();
	for (size_t i = 0; i < head->field_count; i++) {
		const struct http_field *f = &head->fields[i];
		struct text name = {(const char *)in.at + f->name, f->name_len};
		struct text value = {(const char *)in.at + f->value, f->value_len};
		enum http_known known = http_known(name);
		if (!inside(name, in) || !inside(value, in) || http_token_span(name) != name.len || name.len == 0 ||
		    !http_is_value(value) || (known != HTTP_UNKNOWN && (seen & 1u << known) != 0))
			__builtin_trap();
		seen |= 1u << known;
	}
	if ((seen & 1u << HTTP_HOST) == 0)
		__builtin_trap();
}

static void fuzz_head(struct bytes in)
{
	static struct http1_head head;
	size_t scanned = 0, head_len = 0;
	unsigned answer = 0;

	if (!ok(http1_scan(in, &scanned, &head_len, &answer))) {
		if (answer < 400 || answer > 599)
			__builtin_trap();
		return;
	}
	if (head_len == 0)
		return;
	struct bytes whole = bytes_of(in.at, head_len);
	if (ok(http1_parse(whole, TEXT("https://"), &head, &answer)))
		check(&head, whole);
	else if (answer < 400 || answer > 599)
		__builtin_trap();
}

/* Pieces of any size give the same content as the whole. */
static void fuzz_chunks(struct bytes in, size_t step)
{
	struct http1_chunks whole = {0}, pieces = {0};
	uint64_t all = 0, some = 0;
	size_t at = 0, used = 1;
	struct bytes piece;
	bool bad = false;

	while (!bad && used > 0) {
		bad = !ok(http1_chunks_next(&whole, bytes_of(in.at + at, in.len - at), &used, &piece));
		all += bad ? 0 : piece.len;
		at += used;
	}
	for (size_t from = 0; from < in.len && !http1_chunks_done(&pieces);) {
		size_t end = in.len - from < step ? in.len : from + step;
		if (!ok(http1_chunks_next(&pieces, bytes_of(in.at + from, end - from), &used, &piece)))
			break;
		some += piece.len;
		from += used;
		if (used == 0)
			__builtin_trap();
	}
	if (some != all || http1_chunks_done(&whole) != http1_chunks_done(&pieces))
		__builtin_trap();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	if (len == 0)
		return 0;
	if ((data[0] & 1) != 0)
		fuzz_head(bytes_of(data + 1, len - 1));
	else
		fuzz_chunks(bytes_of(data + 1, len - 1), 1u + data[0] / 2);
	return 0;
}
