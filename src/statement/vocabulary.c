/* SPDX-License-Identifier: Apache-2.0 */
#include "vocabulary.h"

struct entry {
	uint32_t value;
	const char *word; /* NULL ends a row */
};

static const struct entry words[][9] = {
	[VOCABULARY_PROFILE] = {{PROFILE_ADMINISTRATOR, "administrator"},
				{PROFILE_CLINICIAN, "clinician"},
				{PROFILE_ASSISTANT, "assistant"},
				{PROFILE_AUDITOR, "auditor"}},
	[VOCABULARY_RIGHT] = {{RIGHT_IDENTITY, "identity"},
			      {RIGHT_READ, "read"},
			      {RIGHT_WRITE, "write"},
			      {RIGHT_SHARE, "share"},
			      {RIGHT_EXPORT, "export"},
			      {RIGHT_SIGN, "sign"},
			      {RIGHT_DELETE, "delete"},
			      {RIGHT_BREAK_GLASS, "break-glass"}},
	[VOCABULARY_USER_STATE] = {{USER_ACTIVE, "active"}, {USER_DISABLED, "disabled"}},
	[VOCABULARY_RECIPIENT_KIND] = {{RECIPIENT_USER, "user"},
				       {RECIPIENT_LIST, "list"},
				       {RECIPIENT_RECOVERY, "recovery"},
				       {RECIPIENT_EMERGENCY, "emergency"}},
	[VOCABULARY_HOLDER_KIND] = {{HOLDER_PATIENT, "patient"}, {HOLDER_LIST, "list"}},
	[VOCABULARY_COMPARTMENT] = {{COMPARTMENT_IDENTITY, "identity"},
				    {COMPARTMENT_CLINICAL, "clinical"},
				    {COMPARTMENT_BOTH, "both"}},
	[VOCABULARY_RECORD_KIND] = {{RECORD_IDENTITY, "identity"},
				    {RECORD_DICTATION, "dictation"},
				    {RECORD_PHOTO, "photo"},
				    {RECORD_REPORT, "report"},
				    {RECORD_CHART, "chart"},
				    {RECORD_SOURCE, "source"}},
	[VOCABULARY_RECORD_STATUS] = {{RECORD_DRAFT, "draft"},
				      {RECORD_FINAL, "final"},
				      {RECORD_AMENDED, "amended"},
				      {RECORD_IN_ERROR, "entered-in-error"}},
	[VOCABULARY_END_REASON] = {{END_DELETED, "deleted"}, {END_IN_ERROR, "entered-in-error"}},
	[VOCABULARY_LANGUAGE] = {{LANGUAGE_ENGLISH, "en"}, {LANGUAGE_FRENCH, "fr"}},
	[VOCABULARY_ACT] = {{ACT_FACTOR_RESET, "factor-reset"}, {ACT_PATIENT_DELETE, "patient-delete"}},
	[VOCABULARY_VERDICT] = {{VERDICT_APPROVE, "approve"}, {VERDICT_REFUSE, "refuse"}},
};

struct text vocabulary_word(enum vocabulary v, uint32_t value)
{
	for (const struct entry *e = words[v]; e->word != NULL; e++)
		if (e->value == value)
			return text_of(e->word);
	return (struct text){NULL, 0};
}

bool vocabulary_knows(enum vocabulary v, uint32_t value)
{
	return vocabulary_word(v, value).len != 0;
}

struct status vocabulary_value(enum vocabulary v, struct text word, uint32_t *out)
{
	for (const struct entry *e = words[v]; e->word != NULL; e++) {
		if (text_equal(text_of(e->word), word)) {
			*out = e->value;
			return OK;
		}
	}
	return FAIL_AT(ST_INVALID, "word");
}

static struct status put_words(struct buffer *b, uint32_t rights)
{
	bool first = true;

	for (const struct entry *e = words[VOCABULARY_RIGHT]; e->word != NULL; e++) {
		if ((rights & e->value) == 0)
			continue;
		if (!first)
			TRY(buffer_put_u8(b, ','));
		TRY(buffer_put(b, text_bytes(text_of(e->word))));
		first = false;
	}
	return OK;
}

struct status vocabulary_put_rights(struct buffer *b, uint32_t rights)
{
	size_t before = b->len;
	struct status done = put_words(b, rights);

	if (!ok(done))
		b->len = before;
	return done;
}

struct status vocabulary_to_rights(struct text list, uint32_t *out)
{
	uint32_t rights = 0;
	uint32_t bit = 0;
	size_t begin = 0;

	for (size_t i = 0; i <= list.len && list.len != 0; i++) {
		if (i < list.len && list.at[i] != ',')
			continue;
		TRY(vocabulary_value(VOCABULARY_RIGHT, (struct text){list.at + begin, i - begin}, &bit));
		if ((rights & bit) != 0)
			return FAIL_AT(ST_INVALID, "word");
		rights |= bit;
		begin = i + 1;
	}
	*out = rights;
	return OK;
}
