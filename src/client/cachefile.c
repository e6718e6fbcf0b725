/* SPDX-License-Identifier: Apache-2.0 */
#include "cachefile.h"

#include "reader.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#define MAGIC  "TCF1"
#define FOLDER "cache"
/* Room for the seal of a full block. */
#define SEALED_MAX (KEYHOLDER_BLOCK_MAX + 256)
#define PLAIN_MAX  (KEYHOLDER_BLOCK_MAX - 256)

static struct status open_folder(const struct cachefile *c, int *out)
{
	return os_open_dir(c->os, c->home, FOLDER, true, out);
}

static struct bytes block_name(const struct cachefile *c, uint32_t index, uint32_t count, char *room, size_t len)
{
	int used = snprintf(room, len, "%s/%u/%u", c->name, index, count);

	return bytes_of(room, (size_t)used);
}

static struct status open_blocks(const struct cachefile *c, struct bytes file, struct buffer *out)
{
	struct reader r = reader_of(file);
	struct bytes magic, block;
	uint32_t count;
	char room[KEYHOLDER_BLOCK_NAME_MAX];

	TRY(reader_take(&r, sizeof MAGIC - 1, &magic));
	if (!bytes_equal(magic, BYTES_LITERAL(MAGIC)))
		return FAIL_AT(ST_CORRUPT, "cache");
	TRY(reader_u32(&r, &count));
	for (uint32_t i = 0; i < count; i++) {
		TRY(reader_sized(&r, SEALED_MAX, &block));
		TRY(keyholder_block_open(c->keys, block_name(c, i, count, room, sizeof room), (struct sealed){block},
					 out));
	}
	return reader_done(&r);
}

struct status cachefile_load(const struct cachefile *c, struct buffer *out)
{
	AUTO(buffer) file = {.max = CACHEFILE_MAX + (CACHEFILE_MAX >> 4)};
	size_t before = out->len;
	int folder;

	TRY(open_folder(c, &folder));
	struct status s = os_load(c->os, folder, c->name, file.max, &file);
	(void)c->os->close(folder);
	TRY(s);
	s = open_blocks(c, buffer_bytes(&file), out);
	if (!ok(s)) {
		out->len = before;
		return s.code == ST_INVALID || s.code == ST_TOO_BIG ? FAIL_AT(ST_CORRUPT, "cache") : s;
	}
	return OK;
}

static struct status seal_blocks(const struct cachefile *c, struct bytes plain, struct buffer *out)
{
	AUTO(buffer) sealed = {.max = SEALED_MAX};
	char room[KEYHOLDER_BLOCK_NAME_MAX];
	uint32_t count = (uint32_t)((plain.len + PLAIN_MAX - 1) / PLAIN_MAX);

	TRY(buffer_put(out, BYTES_LITERAL(MAGIC)));
	TRY(buffer_put_u32(out, count));
	for (uint32_t i = 0; i < count; i++) {
		size_t at = (size_t)i * PLAIN_MAX;
		size_t len = plain.len - at < PLAIN_MAX ? plain.len - at : PLAIN_MAX;

		sealed.len = 0;
		TRY(keyholder_block_seal(c->keys, block_name(c, i, count, room, sizeof room),
					 plain_of(plain.at + at, len), &sealed));
		TRY(buffer_put_sized(out, buffer_bytes(&sealed)));
	}
	return OK;
}

struct status cachefile_save(const struct cachefile *c, struct bytes plain)
{
	AUTO(buffer) file = {.max = CACHEFILE_MAX + (CACHEFILE_MAX >> 4)};
	int folder;

	if (plain.len > CACHEFILE_MAX)
		return FAIL_AT(ST_TOO_BIG, "cache");
	TRY(seal_blocks(c, plain, &file));
	TRY(open_folder(c, &folder));
	struct status s = os_save(c->os, folder, c->name, buffer_bytes(&file));
	(void)c->os->close(folder);
	return s;
}

struct status cachefile_drop(const struct cachefile *c)
{
	int folder;

	TRY(open_folder(c, &folder));
	struct status s = os_remove(c->os, folder, c->name);
	(void)c->os->close(folder);
	return s;
}
