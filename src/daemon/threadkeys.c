/* SPDX-License-Identifier: Apache-2.0 */
#include "threadkeys.h"

#include <string.h>

static _Thread_local struct keyring *own;

struct status threadkeys_start(const struct keyring_options *options, struct threadkeys *out)
{
	for (size_t i = 0; i < COUNT(out->rings); i++)
		out->rings[i].fd = -1;
	return keyring_start(options, &out->process);
}

void threadkeys_stop(struct threadkeys *t)
{
	for (size_t i = 0; i < COUNT(t->rings); i++)
		if (t->rings[i].fd >= 0)
			keyring_clear(&t->rings[i]);
	keyring_process_clear(&t->process);
	secret_clear(&t->token_key);
	own = NULL;
}

struct status threadkeys_ring(struct threadkeys *t, struct keyring **out)
{
	if (own == NULL) {
		size_t number = atomic_fetch_add(&t->opened, 1);
		if (number >= t->process.count)
			return FAIL_AT(ST_UNREACHABLE, REASON_GONE);
		TRY(keyring_open(&t->process, number, &t->rings[number]));
		own = &t->rings[number];
	}
	*out = own;
	return OK;
}

void threadkeys_end(struct threadkeys *t)
{
	(void)t;
	if (own != NULL)
		keyring_clear(own);
	own = NULL;
}

static struct status get(struct threadkeys *t, const struct key_name *name, struct key *out)
{
	struct keyring *ring;

	TRY(threadkeys_ring(t, &ring));
	return keyring_get(ring, name, out);
}

static struct status patient_key(struct threadkeys *t, const struct uuid *id, struct key *out)
{
	struct key_name name = key_name_patient(&(struct patient_id){*id});
	struct status s = get(t, &name, out);

	/* A key that is not there was destroyed, or never made: its rows open for nobody. */
	return s.code == ST_NOT_FOUND ? FAIL_AT(ST_GONE, "patient key") : s;
}

static struct status site_key(struct threadkeys *t, struct key *out)
{
	struct key_name name = key_name_number(KEY_SITE_ROWS, 0);

	return get(t, &name, out);
}

static struct status row_key(void *context, enum row_scope scope, const struct uuid *patient, struct key *out)
{
	struct threadkeys *t = context;

	switch (scope) {
	case ROW_SITE:
		return site_key(t, out);
	case ROW_PATIENT:
		return patient_key(t, patient, out);
	case ROW_TOKEN:
		if (t->token_key.len < sizeof *out)
			return FAIL_AT(ST_UNREACHABLE, "token key");
		memcpy(out, t->token_key.bytes, sizeof *out);
		return OK;
	}
	return FAIL(ST_INVALID);
}

/* One message to keyd for as many keys as it takes. */
#define EXPECTED 256

static struct status expect(void *context, const struct uuid *patients, size_t count)
{
	struct key_name names[EXPECTED];
	struct keyring *ring;

	TRY(threadkeys_ring(context, &ring));
	for (size_t done = 0; done < count;) {
		size_t some = 0;
		for (; some < EXPECTED && done < count; done++)
			names[some++] = key_name_patient(&(struct patient_id){patients[done]});
		TRY(keyring_prefetch(ring, names, some));
	}
	return OK;
}

static struct status year_key(void *context, unsigned year, struct key *out)
{
	struct key_name name = key_name_number(KEY_LOG_YEAR, year);
	struct keyring *ring;

	TRY(threadkeys_ring(context, &ring));
	struct status s = keyring_get(ring, &name, out);
	if (s.code != ST_NOT_FOUND)
		return s;
	TRY(keyring_create(ring, &name, 1));
	return keyring_get(ring, &name, out);
}

static struct status subject_key(void *context, enum piece_kind kind, const struct uuid *id, struct key *out)
{
	return kind == PIECE_PATIENT ? patient_key(context, id, out) : site_key(context, out);
}

struct row_keys threadkeys_rows(struct threadkeys *t)
{
	return (struct row_keys){row_key, t, expect};
}

struct log_keys threadkeys_log(struct threadkeys *t)
{
	return (struct log_keys){year_key, subject_key, t};
}
