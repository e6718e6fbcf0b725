/* SPDX-License-Identifier: Apache-2.0 */
#include "demographics.h"

#include "jsonwriter.h"

/* The letters U+00C0 to U+017F without their accents; ' ' for the signs among them. */
static const char plain_letters[] = "aaaaaaaceeeeiiiidnooooo ouuuuyps"
				    "aaaaaaaceeeeiiiidnooooo ouuuuypy"
				    "aaaaaaccccccccddddeeeeeeeeeegggggggghhhhiiiiiiiiiiiijjkkklllllll"
				    "lllnnnnnnnnnoooooooorrrrrrssssssssttttttuuuuuuuuuuuuwwyyyzzzzzzs";

struct read_back {
	struct text family, birth, sex, deceased;
	struct jsonfield_list given, identifiers;
};

#define FIELD(field, kind, member, ...) \
	{ \
		.name = (field), .type = (kind), .offset = offsetof(struct read_back, member), __VA_ARGS__ \
	}
static const struct jsonfield identifier_rows[] = {
	{.name = "system",
	 .type = JSONFIELD_TEXT,
	 .offset = offsetof(struct demographics_identifier, system),
	 .max = LIMIT_NAME},
	{.name = "value",
	 .type = JSONFIELD_TEXT,
	 .offset = offsetof(struct demographics_identifier, value),
	 .required = true,
	 .max = LIMIT_NAME},
};
static const struct jsonfield_table identifier_table = JSONFIELD_TABLE(struct demographics_identifier, identifier_rows);
static const struct jsonfield rows[] = {
	FIELD("family", JSONFIELD_TEXT, family, .max = LIMIT_NAME),
	FIELD("given", JSONFIELD_TEXT, given, .many = DEMOGRAPHICS_GIVEN, .max = LIMIT_NAME),
	FIELD("birth", JSONFIELD_TEXT, birth, .max = 10),
	FIELD("sex", JSONFIELD_TEXT, sex, .max = 16),
	FIELD("deceased", JSONFIELD_TEXT, deceased, .max = 40),
	FIELD("identifiers", JSONFIELD_OBJECT, identifiers, .many = DEMOGRAPHICS_IDENTIFIERS,
	      .table = &identifier_table),
};
static const struct jsonfield_table table = JSONFIELD_TABLE(struct read_back, rows);

/** A date of FHIR: YYYY, YYYY-MM or YYYY-MM-DD. */
static bool is_date(struct text t)
{
	char whole[] = "0000-01-01T00:00:00Z";
	uint32_t year = 0;
	uint64_t ms;

	if (t.len != 4 && t.len != 7 && t.len != 10)
		return false;
	for (size_t i = 0; i < t.len; i++)
		whole[i] = t.at[i];
	for (size_t i = 0; i < 4; i++) {
		if (whole[i] < '0' || whole[i] > '9')
			return false;
		year = year * 10 + (uint32_t)(whole[i] - '0');
	}
	if (year == 0)
		return false;
	/* Before 1970 the calendar is the same 400 years later. */
	year = year % 400 + 2000;
	for (size_t i = 0; i < 4; i++, year /= 10)
		whole[3 - i] = (char)('0' + year % 10);
	return ok(text_to_time(text_of(whole), &ms));
}

struct status demographics_check(const struct demographics *d)
{
	static const char *const sexes[] = {"female", "male", "other", "unknown"};
	bool known = d->sex.len == 0;

	for (size_t i = 0; i < COUNT(sexes); i++)
		known |= text_equal(d->sex, text_of(sexes[i]));
	if (!known)
		return FAIL_AT(ST_INVALID, "sex: female, male, other or unknown");
	if (d->birth.len > 0 && !is_date(d->birth))
		return FAIL_AT(ST_INVALID, "birth: YYYY-MM-DD");
	if (d->family.len > LIMIT_NAME || !text_is_utf8(d->family))
		return FAIL_AT(ST_INVALID, "family");
	for (size_t i = 0; i < d->given_count; i++)
		if (d->given[i].len > LIMIT_NAME || !text_is_utf8(d->given[i]))
			return FAIL_AT(ST_INVALID, "given");
	for (size_t i = 0; i < d->identifier_count; i++)
		if (d->identifiers[i].value.len == 0 || d->identifiers[i].value.len > LIMIT_NAME)
			return FAIL_AT(ST_INVALID, "identifier: SYSTEM|VALUE");
	return OK;
}

static void write_text(struct jsonwriter *w, const char *name, struct text t)
{
	if (t.len > 0)
		jsonwriter_text(w, name, t);
}

struct status demographics_write(const struct demographics *d, struct buffer *out)
{
	struct jsonwriter w = jsonwriter_of(out);

	TRY(demographics_check(d));
	jsonwriter_object(&w, NULL);
	write_text(&w, "family", d->family);
	if (d->given_count > 0) {
		jsonwriter_array(&w, "given");
		for (size_t i = 0; i < d->given_count; i++)
			jsonwriter_text(&w, NULL, d->given[i]);
		jsonwriter_end(&w);
	}
	write_text(&w, "birth", d->birth);
	write_text(&w, "sex", d->sex);
	write_text(&w, "deceased", d->deceased);
	if (d->identifier_count > 0) {
		jsonwriter_array(&w, "identifiers");
		for (size_t i = 0; i < d->identifier_count; i++) {
			jsonwriter_object(&w, NULL);
			write_text(&w, "system", d->identifiers[i].system);
			jsonwriter_text(&w, "value", d->identifiers[i].value);
			jsonwriter_end(&w);
		}
		jsonwriter_end(&w);
	}
	jsonwriter_end(&w);
	return jsonwriter_done(&w);
}

struct status demographics_read(struct text json, struct arena *arena, struct json_document *document,
				struct demographics *out)
{
	struct demographics found = {0};
	struct read_back back = {0};

	if (!ok(json_parse(text_bytes(json), &json_limits_body, document)) ||
	    !ok(jsonfield_read(json_root(document), &table, arena, &back, NULL)))
		return FAIL_AT(ST_CORRUPT, "demographics");
	found.family = back.family;
	found.birth = back.birth;
	found.sex = back.sex;
	found.deceased = back.deceased;
	const struct text *given = back.given.items;
	for (; found.given_count < back.given.count; found.given_count++)
		found.given[found.given_count] = given[found.given_count];
	const struct demographics_identifier *identifiers = back.identifiers.items;
	for (; found.identifier_count < back.identifiers.count; found.identifier_count++)
		found.identifiers[found.identifier_count] = identifiers[found.identifier_count];
	*out = found;
	return OK;
}

/** The next character folded; 0 for one that separates words. */
static unsigned char fold_next(struct text *t)
{
	unsigned char c = (unsigned char)t->at[0];

	if (c >= 0xc3 && c <= 0xc5 && t->len > 1) {
		unsigned code = ((c & 0x1fu) << 6 | ((unsigned char)t->at[1] & 0x3fu)) - 0xc0;
		*t = (struct text){t->at + 2, t->len - 2};
		return plain_letters[code] == ' ' ? 0 : (unsigned char)plain_letters[code];
	}
	*t = (struct text){t->at + 1, t->len - 1};
	if (c >= 'A' && c <= 'Z')
		return (unsigned char)(c + 32);
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c >= 0x80 ? c : 0;
}

struct status demographics_fold(struct text text, struct buffer *out)
{
	bool between = out->len == 0 || out->bytes[out->len - 1] == ' ';

	while (text.len > 0) {
		unsigned char c = fold_next(&text);
		if (c == 0 && between)
			continue;
		TRY(buffer_put_u8(out, c == 0 ? ' ' : c));
		between = c == 0;
	}
	return OK;
}

struct status demographics_search_text(struct text json, struct buffer *out)
{
	AUTO(json_document) document = {0};
	AUTO(arena) arena = {.max = 65536};
	struct demographics d;

	TRY(demographics_read(json, &arena, &document, &d));
	TRY(buffer_put_u8(out, ' '));
	TRY(demographics_fold(d.family, out));
	for (size_t i = 0; i < d.given_count; i++) {
		TRY(buffer_put_u8(out, ' '));
		TRY(demographics_fold(d.given[i], out));
	}
	TRY(buffer_put_u8(out, ' '));
	TRY(demographics_fold(d.birth, out));
	for (size_t i = 0; i < d.identifier_count; i++) {
		TRY(buffer_put_u8(out, ' '));
		TRY(demographics_fold(d.identifiers[i].value, out));
	}
	return OK;
}
