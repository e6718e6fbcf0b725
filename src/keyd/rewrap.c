/* SPDX-License-Identifier: Apache-2.0 */
#include "rewrap.h"

#include <errno.h>

#include "label.h"
#include "xaes.h"

const struct rewrap rewrap_none = {.next = {.journal = {.fd = -1}}};

void rewrap_clear(struct rewrap *w)
{
	keystore_night_clear(&w->next);
	*w = rewrap_none;
}

static struct status night_exists(const struct rewrap_place *p, uint64_t number, bool *out)
{
	char name[NIGHTFILE_NAME_LEN];
	struct stat about;

	nightfile_name(number, name);
	*out = p->os->stat(p->nights, name, &about) == 0;
	return *out || errno == ENOENT ? OK : FAIL_AT(ST_IO, REASON_WRITE);
}

bool rewrap_pending(const struct rewrap_place *p)
{
	bool there;

	return ok(night_exists(p, p->store->now.number + 1, &there)) && there;
}

struct status rewrap_tidy(const struct rewrap_place *p)
{
	uint64_t old = p->store->now.number - 1;
	bool there;

	if (old == 0)
		return OK;
	TRY(night_exists(p, old, &there));
	/* Its night file goes last: when it is gone, so is the rest. */
	if (!there)
		return OK;
	TRY(keystore_remove_night(p->os, p->dir, old));
	return nightfile_remove(p->os, p->nights, old);
}

/* The night file of an interrupted attempt is used again, because holders have
 * it; it is saved again, because nobody knows whether it was durable. */
static struct status new_night(const struct rewrap_place *p, struct rewrap *w)
{
	const struct key *root = secret_key(p->root);
	uint64_t number = p->store->now.number + 1;

	if (number > NIGHTFILE_NUMBER_MAX)
		return FAIL_AT(ST_TOO_BIG, "night number");
	struct status s = nightfile_load(p->os, p->nights, root, number, &w->file, &w->next.key);
	if (s.code == ST_NOT_FOUND) {
		TRY(secret_new(sizeof(struct key), &w->next.key));
		s = nightfile_seal(root, secret_key(&w->next.key), number, clock_wall(p->clock), &w->file);
	}
	TRY(s);
	w->next.number = number;
	w->next.made = w->file.made;
	return nightfile_save(p->os, p->nights, &w->file);
}

struct status rewrap_begin(const struct rewrap_place *p, struct rewrap *w)
{
	if (w->running)
		return FAIL_AT(ST_BUSY, REASON_REWRAPPING);
	TRY(keystore_settle(p->store));
	TRY(rewrap_tidy(p));
	struct status s = new_night(p, w);
	if (!ok(s)) {
		rewrap_clear(w);
		return s;
	}
	w->cursor = 0;
	w->running = true;
	p->store->also = &w->next.rows;
	return OK;
}

static struct status seal_anew(const struct rewrap_place *p, struct rewrap *w, const struct key_name *name,
			       struct bytes sealed, struct secret *value)
{
	uint8_t place[ROWS_SEALED_MAX];
	struct buffer again = BUFFER_OVER(place, sizeof place);
	struct bytes plain = bytes_of(value->bytes, sealed.len - XAES_OVERHEAD);

	TRY(keystore_unseal(&p->store->now.key, p->store->now.number, name, sealed, value->bytes));
	TRY(keystore_seal(&w->next.key, w->next.number, name, plain, &again));
	return rows_put(&w->next.rows, name, buffer_bytes(&again));
}

/* ${left} becomes false when every row there is has been sealed anew. */
static struct status seal_some(const struct rewrap_place *p, struct rewrap *w, size_t rows, bool *left)
{
	AUTO(secret) value = {0};
	struct key_name name;
	struct bytes sealed;

	TRY(secret_empty(KEYWIRE_PRIVATE_MAX, &value));
	for (size_t i = 0; i < rows; i++) {
		if (!rows_next(&p->store->now.rows, &w->cursor, &name, &sealed)) {
			*left = false;
			return OK;
		}
		TRY(seal_anew(p, w, &name, sealed, &value));
	}
	*left = true;
	return OK;
}

/* Steps 3 to 5: nothing else runs between them, so no key is made under the old
 * night after its successor was written. */
static struct status finish(const struct rewrap_place *p, struct rewrap *w)
{
	TRY(keystore_write(p->os, p->dir, &w->next, &w->next.rows));
	TRY(holder_offer(p->holders, &w->file));
	p->store->also = NULL;
	return keystore_switch(p->store, &w->next);
}

static struct status advance(const struct rewrap_place *p, struct rewrap *w, size_t rows, bool *left)
{
	TRY(seal_some(p, w, rows, left));
	return *left ? OK : finish(p, w);
}

struct status rewrap_step(const struct rewrap_place *p, struct rewrap *w, size_t rows)
{
	bool left = true;

	struct status s = advance(p, w, rows, &left);
	if (ok(s) && left)
		return OK;
	p->store->also = NULL;
	if (ok(s))
		(void)ok(rewrap_tidy(p));
	rewrap_clear(w);
	return s;
}
