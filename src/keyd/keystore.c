/* SPDX-License-Identifier: Apache-2.0 */
#include "keystore.h"

#include "label.h"
#include "snapshot.h"
#include "xaes.h"

#define LABEL       "tacenda/v1/stored-key"
#define CONTEXT_MAX 64

const struct keystore_night keystore_night_none = {.journal = {.fd = -1}};
const struct keystore keystore_none = {.dir = -1, .now = {.journal = {.fd = -1}}, .next = {.journal = {.fd = -1}}};

void keystore_night_clear(struct keystore_night *n)
{
	journal_clear(&n->journal);
	rows_clear(&n->rows);
	secret_clear(&n->key);
	*n = keystore_night_none;
}

void keystore_clear(struct keystore *k)
{
	keystore_night_clear(&k->now);
	keystore_night_clear(&k->next);
	*k = keystore_none;
}

static struct status put_context(struct buffer *b, const struct key_name *name, uint64_t night)
{
	struct label_number n = label_number(night);
	const struct bytes arguments[] = {BYTES_OF(*name), BYTES_OF(n)};

	return label_put(b, LABEL, arguments, COUNT(arguments));
}

struct status keystore_seal(const struct secret *night_key, uint64_t number, const struct key_name *name,
			    struct bytes value, struct buffer *out)
{
	uint8_t place[CONTEXT_MAX];
	struct buffer context = BUFFER_OVER(place, sizeof place);

	TRY(put_context(&context, name, number));
	return xaes_seal(secret_key(night_key), buffer_bytes(&context), value, out);
}

struct status keystore_unseal(const struct secret *night_key, uint64_t number, const struct key_name *name,
			      struct bytes sealed, uint8_t *out)
{
	uint8_t place[CONTEXT_MAX];
	struct buffer context = BUFFER_OVER(place, sizeof place);

	TRY(put_context(&context, name, number));
	struct status s = xaes_open_to(secret_key(night_key), buffer_bytes(&context), sealed, out);
	return s.code == ST_CORRUPT ? FAIL_AT(ST_CORRUPT, REASON_ROW) : s;
}

/* Reading. */

struct status keystore_get(const struct keystore *k, const struct key_name *name, struct key *out)
{
	struct bytes sealed;

	TRY(rows_get(&k->now.rows, name, &sealed));
	if (sealed.len != ROWS_SEALED_KEY)
		return FAIL_AT(ST_INVALID, "stored key");
	return keystore_unseal(&k->now.key, k->now.number, name, sealed, out->bytes);
}

struct status keystore_take(const struct keystore *k, const struct key_name *name, struct secret *out)
{
	AUTO(secret) value = {0};
	struct bytes sealed;

	TRY(rows_get(&k->now.rows, name, &sealed));
	TRY(secret_empty(sealed.len - XAES_OVERHEAD, &value));
	TRY(keystore_unseal(&k->now.key, k->now.number, name, sealed, value.bytes));
	*out = value;
	value = (struct secret){0};
	return OK;
}

/* Changing.  Rows first, in memory, then the journal; what the journal refuses
 * is taken out of the rows again.  keyd has one thread, so nobody sees between. */

static struct status add(struct keystore_night *n, const struct key_name *name, struct bytes value,
			 struct journal_batch *batch)
{
	uint8_t place[ROWS_SEALED_MAX];
	struct buffer sealed = BUFFER_OVER(place, sizeof place);

	TRY(keystore_seal(&n->key, n->number, name, value, &sealed));
	TRY(rows_put(&n->rows, name, buffer_bytes(&sealed)));
	return journal_batch_add(batch, JOURNAL_PUT, name, buffer_bytes(&sealed));
}

static struct status make_one(struct keystore *k, const struct key_name *name, struct journal_batch *batch,
			      struct key *out)
{
	struct status s = keystore_get(k, name, out);

	if (s.code != ST_NOT_FOUND)
		return s;
	secret_random(out->bytes, sizeof out->bytes);
	return add(&k->now, name, BYTES_OF(*out), batch);
}

static struct status make_all(struct keystore *k, const struct key_name *names, size_t count,
			      struct journal_batch *batch, uint8_t *out)
{
	for (size_t i = 0; i < count; i++)
		TRY(make_one(k, &names[i], batch, (struct key *)(out + i * sizeof(struct key))));
	return journal_write(&k->now.journal, batch);
}

struct status keystore_make(struct keystore *k, const struct key_name *names, size_t count, uint8_t *out)
{
	TRY(keystore_settle(k));
	AUTO(journal_batch) batch = journal_batch_of(&k->now.journal);
	size_t mark = rows_mark(&k->now.rows);

	struct status s = make_all(k, names, count, &batch, out);
	if (!ok(s)) {
		rows_cut(&k->now.rows, mark);
		secret_wipe(out, count * sizeof(struct key));
	}
	return s;
}

struct status keystore_put(struct keystore *k, const struct keystore_value *value)
{
	TRY(keystore_settle(k));
	AUTO(journal_batch) batch = journal_batch_of(&k->now.journal);
	size_t mark = rows_mark(&k->now.rows);

	struct status s = add(&k->now, &value->name, value->value, &batch);
	if (ok(s))
		s = journal_write(&k->now.journal, &batch);
	if (!ok(s))
		rows_cut(&k->now.rows, mark);
	return s;
}

struct status keystore_destroy(struct keystore *k, const struct key_name *name)
{
	struct bytes sealed;

	TRY(keystore_settle(k));
	TRY(rows_get(&k->now.rows, name, &sealed));
	AUTO(journal_batch) batch = journal_batch_of(&k->now.journal);
	TRY(journal_batch_add(&batch, JOURNAL_DESTROY, name, bytes_of(NULL, 0)));
	TRY(journal_write(&k->now.journal, &batch));
	rows_remove(&k->now.rows, name);
	if (k->also != NULL)
		rows_remove(k->also, name);
	return OK;
}
