/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two uses of one input, by its first byte.  Even: a message by a stranger, which
 * must never open, whatever its form.  Odd: a plain text; what we seal of it opens
 * to the same, and no change of one byte or of the length does.
 */
#include <string.h>

#include "chunked.h"
#include "hash.h"
#include "reader.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static const struct key key = {{1}};

static void must(bool holds)
{
	if (!holds)
		__builtin_trap();
}

static void open_strange(struct bytes sealed)
{
	AUTO(buffer) out = {.max = 1 << 20};
	AUTO(chunked) c = {0};
	uint8_t room[CHUNKED_PLAIN];
	uint64_t plain_len;

	must(!ok(chunked_open(&key, sealed, sealed, &out)));
	must(out.len == 0);
	if (ok(chunked_plain_len(sealed.len, &plain_len)))
		must(chunked_sealed_len(plain_len) == sealed.len);
	if (sealed.len < CHUNKED_HEADER)
		return;
	/* Past the commitment by our own header: the chunks are still a stranger's. */
	uint8_t header[CHUNKED_HEADER];
	must(ok(chunked_seal_begin(&key, sealed, header, &c)));
	struct bytes chunk = bytes_of(sealed.at + CHUNKED_HEADER, sealed.len - CHUNKED_HEADER);
	must(!ok(chunked_open_at(&c, 0, chunk.len < CHUNKED_SEALED, chunk, room)));
}

static void seal_and_change(struct bytes plain, uint16_t where, uint8_t change)
{
	AUTO(buffer) sealed = {.max = 1 << 21};
	AUTO(buffer) out = {.max = 1 << 21};

	must(ok(chunked_seal(&key, (struct bytes){0}, plain, &sealed)));
	must(ok(chunked_open(&key, (struct bytes){0}, buffer_bytes(&sealed), &out)));
	must(bytes_equal(buffer_bytes(&out), plain));
	out.len = 0;
	must(!ok(chunked_open(&key, (struct bytes){0}, bytes_of(sealed.bytes, where % sealed.len), &out)));
	sealed.bytes[where % sealed.len] ^= change;
	must(ok(chunked_open(&key, (struct bytes){0}, buffer_bytes(&sealed), &out)) == (change == 0));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct reader r = {data, data + len};
	uint8_t use, change;
	uint16_t where;

	must(ok(crypto_setup()));
	if (!ok(reader_u8(&r, &use)))
		return 0;
	if (use % 2 == 0)
		open_strange(bytes_of(r.at, reader_left(&r)));
	else if (ok(reader_u16(&r, &where)) && ok(reader_u8(&r, &change)))
		seal_and_change(bytes_of(r.at, reader_left(&r)), where, change);
	return 0;
}
