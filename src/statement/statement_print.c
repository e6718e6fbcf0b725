/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <string.h>

#include "statement_fields.h"

static struct status print_recipients(struct buffer *out, const struct statement_field *f, struct bytes rows)
{
	struct recipient row;

	for (size_t i = 0; i < statement_recipient_count(rows); i++) {
		statement_recipient(rows, i, &row);
		const struct text kind = vocabulary_word(VOCABULARY_RECIPIENT_KIND, row.kind);
		TRY(buffer_print(out, "%s: %.*s ", f->name, TEXT_ARG(kind)));
		TRY(text_put_hex(out, uuid_bytes(&row.id)));
		TRY(buffer_put_u8(out, ' '));
		TRY(text_put_hex(out, hash_bytes(&row.key_hash)));
		TRY(buffer_put_u8(out, ' '));
		TRY(text_put_hex(out, hash_bytes(&row.wrapped_hash)));
		TRY(buffer_put_u8(out, '\n'));
	}
	return OK;
}

static struct status print_number(struct buffer *out, const struct statement_field *f, const uint8_t *member)
{
	uint32_t narrow;
	uint64_t wide;

	memcpy(&narrow, member, sizeof narrow);
	if (f->type == FIELD_U64)
		memcpy(&wide, member, sizeof wide);
	else
		wide = narrow;
	if (f->type == FIELD_WORD)
		return buffer_put(out, text_bytes(vocabulary_word(f->vocabulary, narrow)));
	if (f->type == FIELD_RIGHTS)
		return vocabulary_put_rights(out, narrow);
	return buffer_print(out, "%" PRIu64, wide);
}

static struct status print_value(struct buffer *out, const struct statement_field *f, const uint8_t *member)
{
	struct text name;
	struct bytes view;

	switch (f->type) {
	case FIELD_FIXED:
	case FIELD_ID:
		return text_put_hex(out, bytes_of(member, f->max));
	case FIELD_TEXT:
		memcpy(&name, member, sizeof name);
		return buffer_put(out, text_bytes(name));
	case FIELD_OPTIONAL:
	case FIELD_RECIPIENTS:
		memcpy(&view, member, sizeof view);
		return text_put_hex(out, view);
	case FIELD_WORD:
	case FIELD_RIGHTS:
	case FIELD_U32:
	case FIELD_U64:
		break;
	}
	return print_number(out, f, member);
}

static struct status print_layout(struct buffer *out, const struct statement_layout *layout, const struct statement *s)
{
	for (size_t i = 0; i < layout->count; i++) {
		const struct statement_field *f = &layout->fields[i];
		const uint8_t *member = (const uint8_t *)s + f->offset;

		if (f->type == FIELD_RECIPIENTS) {
			TRY(print_recipients(out, f, s->epoch.recipients));
			continue;
		}
		TRY(buffer_print(out, "%s: ", f->name));
		TRY(print_value(out, f, member));
		TRY(buffer_put_u8(out, '\n'));
	}
	return OK;
}

struct status statement_print(const struct statement *s, struct buffer *out)
{
	TRY(buffer_print(out, "kind: %s\n", statement_fields_of(s->kind)->word));
	TRY(print_layout(out, &statement_fields_head, s));
	TRY(print_layout(out, statement_fields_of(s->kind), s));
	TRY(buffer_put(out, BYTES_LITERAL("name: ")));
	TRY(text_put_hex(out, hash_bytes(&s->name)));
	return buffer_put_u8(out, '\n');
}
