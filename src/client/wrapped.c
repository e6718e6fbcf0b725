/* SPDX-License-Identifier: Apache-2.0 */
#include "wrapped.h"

#include <string.h>

#include "vocabulary.h"

static const struct jsonfield rows_of_one[] = {
	{.name = "compartment",
	 .type = JSONFIELD_TEXT,
	 .offset = offsetof(struct wrapped, compartment),
	 .required = true,
	 .max = 16},
	{.name = "number", .type = JSONFIELD_U32, .offset = offsetof(struct wrapped, number), .required = true},
	{.name = "wrapped",
	 .type = JSONFIELD_BASE64,
	 .offset = offsetof(struct wrapped, bytes),
	 .required = true,
	 .min = WRAPPED_KEY_LEN,
	 .max = WRAPPED_KEY_LEN},
};
const struct jsonfield_table wrapped_table = JSONFIELD_TABLE(struct wrapped, rows_of_one);

bool wrapped_recipient(struct bytes recipients, const struct keyholder_person *person, struct recipient *out)
{
	const size_t count = statement_recipient_count(recipients);

	for (size_t i = 0; i < count; i++) {
		statement_recipient(recipients, i, out);
		if (out->kind == RECIPIENT_USER && uuid_equal(&out->id, &person->user.uuid) &&
		    hash_equal(&out->key_hash, &person->key_hash))
			return true;
	}
	return false;
}

bool wrapped_find(struct jsonfield_list rows, const struct epoch_place *place, struct keyholder_wrapped *out)
{
	const struct text word = vocabulary_word(VOCABULARY_COMPARTMENT, place->compartment);
	const struct wrapped *list = rows.items;

	for (size_t i = 0; i < rows.count; i++) {
		if (!text_equal(list[i].compartment, word) || list[i].number != place->number)
			continue;
		out->place = *place;
		memcpy(out->wrapped.bytes, list[i].bytes.at, WRAPPED_KEY_LEN);
		return true;
	}
	return false;
}
