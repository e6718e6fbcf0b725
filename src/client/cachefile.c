/* SPDX-License-Identifier: Apache-2.0 */
#include "cachefile.h"

#include "nonce.h"
#include "reader.h"
#include "text.h"

#include <fcntl.h>

#define MAGIC  "TCF2"
#define FOLDER "cache"
/* Room for the seal of a full block. */
#define SEALED_MAX (KEYHOLDER_BLOCK_MAX + 256)
#define PLAIN_MAX  (KEYHOLDER_BLOCK_MAX - 256)

static struct status open_folder(const struct cachefile *c, int *out)
{
	return os_open_dir(c->os, c->home, FOLDER, true, out);
}

/** What every block of one save has in its name. */
struct save {
	const char *file;
	uint8_t id[16];
	uint32_t count;
};

static struct status put_block_name(const struct save *save, uint32_t index, struct buffer *out)
{
	out->len = 0;
	TRY(buffer_print(out, "%s/", save->file));
	TRY(text_put_hex(out, BYTES_OF(save->id)));
	return buffer_print(out, "/%u/%u", index, save->count);
}

static struct status open_blocks(const struct cachefile *c, struct bytes file, struct buffer *out)
{
	AUTO(buffer) name = {.max = KEYHOLDER_BLOCK_NAME_MAX};
	struct reader r = reader_of(file);
	struct save save = {.file = c->name};
	struct bytes magic, block;
	size_t room = out->max - out->len;

	TRY(reader_take(&r, sizeof MAGIC - 1, &magic));
	if (!bytes_equal(magic, BYTES_LITERAL(MAGIC)))
		return FAIL_AT(ST_CORRUPT, "cache");
	TRY(reader_copy(&r, save.id, sizeof save.id));
	TRY(reader_u32(&r, &save.count));
	TRY(buffer_reserve(out, reader_left(&r) < room ? reader_left(&r) : room));
	for (uint32_t i = 0; i < save.count; i++) {
		TRY(reader_sized(&r, SEALED_MAX, &block));
		TRY(put_block_name(&save, i, &name));
		TRY(keyholder_block_open(c->keys, buffer_bytes(&name), (struct sealed){block}, out));
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
	AUTO(buffer) name = {.max = KEYHOLDER_BLOCK_NAME_MAX};
	struct save save = {.file = c->name, .count = (uint32_t)((plain.len + PLAIN_MAX - 1) / PLAIN_MAX)};

	nonce_random(save.id, sizeof save.id);
	TRY(buffer_put(out, BYTES_LITERAL(MAGIC)));
	TRY(buffer_put(out, BYTES_OF(save.id)));
	TRY(buffer_put_u32(out, save.count));
	for (uint32_t i = 0; i < save.count; i++) {
		size_t at = (size_t)i * PLAIN_MAX;
		size_t len = plain.len - at < PLAIN_MAX ? plain.len - at : PLAIN_MAX;

		sealed.len = 0;
		TRY(put_block_name(&save, i, &name));
		TRY(keyholder_block_seal(c->keys, buffer_bytes(&name), plain_of(plain.at + at, len), &sealed));
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
