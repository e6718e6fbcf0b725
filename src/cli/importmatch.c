/* SPDX-License-Identifier: Apache-2.0 */
#include "importmatch.h"

#include <string.h>

#define ARRAY_MAX ((size_t)1 << 30)
#define WORD_MAX  1024
#define SEVERAL   UINT32_MAX

struct known {
	struct patient_id id;
	char birth[16];
};

void importmatch_clear(struct importmatch *m)
{
	words_clear(&m->words);
	buffer_clear(&m->meanings);
	buffer_clear(&m->patients);
}

void importmatch_split(struct text identifier, struct text *system, struct text *value)
{
	*value = identifier;
	*system = (struct text){0};
	if (identifier.len > 0 && memchr(identifier.at, '|', identifier.len) != NULL)
		(void)text_split(value, '|', system);
}

/** MARK SYSTEM | VALUE, as it stands in the words. */
static bool key_of(char mark, struct text system, struct text value, struct buffer *out)
{
	out->len = 0;
	return ok(buffer_put_u8(out, (uint8_t)mark)) && ok(buffer_put(out, text_bytes(system))) &&
	       ok(buffer_put_u8(out, '|')) && ok(buffer_put(out, text_bytes(value)));
}

static struct status mean(struct importmatch *m, const struct buffer *key, uint32_t patient)
{
	uint32_t word, *meanings;

	TRY(words_put(&m->words, text_from(buffer_bytes(key)), &word));
	m->meanings.max = ARRAY_MAX;
	if (word * sizeof word == m->meanings.len)
		return buffer_put(&m->meanings, BYTES_OF(patient));
	meanings = (uint32_t *)(void *)m->meanings.bytes;
	if (meanings[word] != patient)
		meanings[word] = SEVERAL;
	return OK;
}

static struct status add_identifier(struct importmatch *m, const struct demographics_identifier *one, uint32_t patient)
{
	AUTO(buffer) key = {.max = WORD_MAX, .wipe = true};

	/* With its system, without one, and, where it has none, as one that fits any. */
	if (key_of('=', one->system, one->value, &key))
		TRY(mean(m, &key, patient));
	if (key_of('~', (struct text){0}, one->value, &key))
		TRY(mean(m, &key, patient));
	if (one->system.len == 0 && key_of('?', (struct text){0}, one->value, &key))
		TRY(mean(m, &key, patient));
	return OK;
}

struct status importmatch_add(struct importmatch *m, const struct patient_id *patient, const struct demographics *d)
{
	uint32_t number = (uint32_t)(m->patients.len / sizeof(struct known));
	struct known known = {.id = *patient};

	if (d->birth.len < sizeof known.birth)
		memcpy(known.birth, d->birth.at != NULL ? d->birth.at : "", d->birth.len);
	m->patients.max = ARRAY_MAX;
	m->patients.wipe = true;
	TRY(buffer_put(&m->patients, BYTES_OF(known)));
	for (size_t i = 0; i < d->identifier_count; i++)
		TRY(add_identifier(m, &d->identifiers[i], number));
	return OK;
}

struct status importmatch_load(struct importmatch *m, const struct patientlist *list, const struct user_id *owner)
{
	for (size_t i = 0; i < list->count; i++) {
		AUTO(arena) arena = {.max = 65536};
		AUTO(json_document) document = {0};
		struct demographics d = {0};
		const struct patientlist_item *item = &list->items[i];
		if (!uuid_equal(&item->owner.uuid, &owner->uuid) || item->demographics.len == 0)
			continue;
		TRY(demographics_read(item->demographics, &arena, &document, &d));
		TRY(importmatch_add(m, &item->patient, &d));
	}
	return OK;
}

static bool look_up(const struct importmatch *m, char mark, struct text system, struct text value, uint32_t *out)
{
	AUTO(buffer) key = {.max = WORD_MAX, .wipe = true};
	uint32_t word;

	if (!key_of(mark, system, value, &key) || !words_find(&m->words, text_from(buffer_bytes(&key)), &word))
		return false;
	*out = ((const uint32_t *)(const void *)m->meanings.bytes)[word];
	return true;
}

static enum importmatch_answer find_number(const struct importmatch *m, struct text system, struct text value,
					   uint32_t *out)
{
	bool found = system.len > 0
			     ? look_up(m, '=', system, value, out) || look_up(m, '?', (struct text){0}, value, out)
			     : look_up(m, '~', (struct text){0}, value, out);

	if (!found)
		return IMPORTMATCH_NOBODY;
	return *out == SEVERAL ? IMPORTMATCH_SEVERAL : IMPORTMATCH_FOUND;
}

enum importmatch_answer importmatch_one(const struct importmatch *m, struct text system, struct text value,
					struct patient_id *out)
{
	const struct fileidentity one = {.identifiers = {{system, value}}, .count = 1};

	return importmatch_find(m, &one, out);
}

enum importmatch_answer importmatch_find(const struct importmatch *m, const struct fileidentity *identity,
					 struct patient_id *out)
{
	const struct known *patients = (const struct known *)(const void *)m->patients.bytes;
	uint32_t found = SEVERAL, number;

	for (size_t i = 0; i < identity->count; i++) {
		enum importmatch_answer answer =
			find_number(m, identity->identifiers[i].system, identity->identifiers[i].value, &number);
		if (answer == IMPORTMATCH_NOBODY)
			continue;
		if (answer == IMPORTMATCH_SEVERAL || (found != SEVERAL && found != number))
			return IMPORTMATCH_SEVERAL;
		found = number;
	}
	if (found == SEVERAL)
		return identity->count == 0 ? IMPORTMATCH_NO_IDENTIFIER : IMPORTMATCH_NOBODY;
	if (identity->birth.len > 0 && patients[found].birth[0] != '\0' &&
	    !text_equal(identity->birth, text_of(patients[found].birth)))
		return IMPORTMATCH_BIRTH;
	*out = patients[found].id;
	return IMPORTMATCH_FOUND;
}

const char *importmatch_reason(enum importmatch_answer answer)
{
	switch (answer) {
	case IMPORTMATCH_FOUND:
		return "";
	case IMPORTMATCH_NO_IDENTIFIER:
		return "names no patient";
	case IMPORTMATCH_NOBODY:
		return "no patient of yours has this identifier";
	case IMPORTMATCH_SEVERAL:
		return "fits several patients";
	case IMPORTMATCH_BIRTH:
		return "the birth date is not that of the patient with this identifier";
	}
	return "";
}
