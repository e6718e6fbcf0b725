/* SPDX-License-Identifier: Apache-2.0 */
#include "headsfile.h"

#include <string.h>

#include "chunked.h"
#include "reader.h"

#define MAGIC "TLH2"
static const char label[] = "tacenda/v1/log-heads"; /* with its NUL */
#define CONTEXT    bytes_of(label, sizeof label)
#define HEAD_BYTES 65
/* Ten million chains; of a larger file the log is read instead. */
#define FILE_MAX (UINT64_C(640) << 20)

static struct status put_frontier(const struct tree_frontier *f, struct buffer *b)
{
	TRY(buffer_put_u64(b, f->size));
	for (unsigned h = 0; h < TREE_HEIGHTS; h++)
		if ((f->size >> h & 1) != 0)
			TRY(buffer_put(b, hash_bytes(&f->nodes[h])));
	return OK;
}

static struct status put_head(const struct head *head, struct buffer *b)
{
	TRY(buffer_put_u8(b, head->role));
	TRY(buffer_put(b, uuid_bytes(&head->id)));
	TRY(buffer_put_u64(b, head->length));
	TRY(buffer_put_u64(b, head->index));
	return buffer_put(b, hash_bytes(&head->link));
}

static struct status put_all(const struct headsfile *f, struct buffer *b)
{
	size_t at = 0;

	TRY(buffer_put(b, BYTES_LITERAL(MAGIC)));
	TRY(buffer_put_u64(b, f->end));
	TRY(buffer_put_u64(b, f->last_time));
	TRY(buffer_put_u64(b, f->sequence));
	TRY(buffer_put(b, hash_bytes(&f->last_batch)));
	TRY(put_frontier(&f->frontier, b));
	for (const struct head *head = heads_next(&f->heads, &at); head != NULL; head = heads_next(&f->heads, &at))
		TRY(put_head(head, b));
	return OK;
}

static struct status encode(const struct headsfile *f, const struct key *key, struct buffer *out)
{
	AUTO(buffer) plain = {.max = FILE_MAX, .wipe = true};

	TRY(buffer_reserve(&plain, f->heads.count * HEAD_BYTES + sizeof *f));
	TRY(put_all(f, &plain));
	return chunked_seal(key, CONTEXT, buffer_bytes(&plain), out);
}

static struct status take_frontier(struct reader *r, struct tree_frontier *f)
{
	TRY(reader_u64(r, &f->size));
	if (f->size > TREE_SIZE_MAX)
		return FAIL(ST_CORRUPT);
	for (unsigned h = 0; h < TREE_HEIGHTS; h++)
		if ((f->size >> h & 1) != 0)
			TRY(reader_copy(r, &f->nodes[h], sizeof f->nodes[h]));
	return OK;
}

static struct status take_head(struct reader *r, struct head *head)
{
	TRY(reader_u8(r, &head->role));
	TRY(reader_copy(r, &head->id, sizeof head->id));
	TRY(reader_u64(r, &head->length));
	TRY(reader_u64(r, &head->index));
	return reader_copy(r, &head->link, sizeof head->link);
}

static struct status take_all(struct bytes plain, struct headsfile *f)
{
	struct reader r = reader_of(plain);
	struct head head;
	struct bytes magic;

	TRY(reader_take(&r, strlen(MAGIC), &magic));
	if (!bytes_equal(magic, BYTES_LITERAL(MAGIC)))
		return FAIL_AT(ST_CORRUPT, "chain heads");
	TRY(reader_u64(&r, &f->end));
	TRY(reader_u64(&r, &f->last_time));
	TRY(reader_u64(&r, &f->sequence));
	TRY(reader_copy(&r, &f->last_batch, sizeof f->last_batch));
	TRY(take_frontier(&r, &f->frontier));
	TRY(heads_reserve(&f->heads, reader_left(&r) / HEAD_BYTES));
	while (reader_left(&r) > 0) {
		TRY(take_head(&r, &head));
		TRY(heads_put(&f->heads, &head));
	}
	return OK;
}

struct status headsfile_load(const struct os *os, int dir, const char *name, const struct key *key,
			     struct headsfile *out)
{
	AUTO(buffer) sealed = {.max = FILE_MAX};
	AUTO(buffer) plain = {.max = FILE_MAX, .wipe = true};
	struct headsfile f = {0};

	TRY(os_load(os, dir, name, FILE_MAX, &sealed));
	TRY(chunked_open(key, CONTEXT, buffer_bytes(&sealed), &plain));
	struct status s = take_all(buffer_bytes(&plain), &f);

	if (ok(s))
		*out = f;
	else
		heads_clear(&f.heads);
	return s;
}

/* ---- Saving ---- */

static struct status save(struct headsfile_saver *s)
{
	AUTO(buffer) sealed = {.max = FILE_MAX};

	TRY(encode(&s->file, secret_key(&s->key), &sealed));
	TRY(derived_sync(s->derived));
	/* Where there was none it stays so. */
	(void)s->os->rename(s->dir, HEADSFILE_NAME, HEADSFILE_BEFORE);
	return os_save(s->os, s->dir, HEADSFILE_NAME, buffer_bytes(&sealed));
}

static void *save_in_thread(void *context)
{
	struct headsfile_saver *s = context;

	s->result = save(s);
	return NULL;
}

static void rest(struct headsfile_saver *s)
{
	s->running = false;
	heads_clear(&s->file.heads);
	secret_clear(&s->key);
}

struct status headsfile_save(struct headsfile_saver *s, bool background)
{
	if (!background) {
		s->result = save(s);
		rest(s);
		return s->result;
	}
	if (pthread_create(&s->thread, NULL, save_in_thread, s) != 0) {
		rest(s);
		return FAIL_AT(ST_NO_MEMORY, "thread");
	}
	s->running = true;
	return OK;
}

struct status headsfile_wait(struct headsfile_saver *s)
{
	if (s->running)
		(void)pthread_join(s->thread, NULL);
	rest(s);
	return s->result;
}

bool headsfile_done(struct headsfile_saver *s)
{
	if (s->running && pthread_tryjoin_np(s->thread, NULL) != 0)
		return false;
	rest(s);
	return true;
}
