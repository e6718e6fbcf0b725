/* SPDX-License-Identifier: Apache-2.0 */
#include "acceptance.h"

#include "hash.h"
#include "jsonwriter.h"
#include "proof.h"

#include <string.h>

struct text_answer {
	struct text language, text;
	struct hash hash;
};
#define FIELD_WITH(of, field, kind, member, ...) \
	{ \
		.name = (field), .type = (kind), .offset = offsetof(struct of, member), .required = true, __VA_ARGS__ \
	}
#define FIELD(of, field, kind, member) \
	{ \
		.name = (field), .type = (kind), .offset = offsetof(struct of, member), .required = true \
	}
static const struct jsonfield text_rows[] = {
	FIELD_WITH(text_answer, "language", JSONFIELD_TEXT, language, .max = 8),
	FIELD(text_answer, "sha256", JSONFIELD_HASH, hash),
	FIELD_WITH(text_answer, "text", JSONFIELD_TEXT, text, .max = LIMIT_CONDUCT_TEXT),
};
static const struct jsonfield_table text_table = JSONFIELD_TABLE(struct text_answer, text_rows);

struct last_answer {
	uint32_t version;
	struct text language;
	struct hash text, statement;
	uint64_t time, leaf;
	bool current;
};
static const struct jsonfield last_rows[] = {
	FIELD(last_answer, "version", JSONFIELD_U32, version),
	FIELD_WITH(last_answer, "language", JSONFIELD_TEXT, language, .max = 8),
	FIELD(last_answer, "sha256", JSONFIELD_HASH, text),
	FIELD(last_answer, "time", JSONFIELD_TIME, time),
	FIELD(last_answer, "leaf", JSONFIELD_U64, leaf),
	FIELD(last_answer, "statement", JSONFIELD_HASH, statement),
	FIELD(last_answer, "current", JSONFIELD_BOOL, current),
};
static const struct jsonfield_table last_table = JSONFIELD_TABLE(struct last_answer, last_rows);

struct code_answer {
	uint32_t version;
	struct jsonfield_list texts;
	struct last_answer last;
};
static const struct jsonfield code_rows[] = {
	FIELD_WITH(code_answer, "version", JSONFIELD_U32, version, .min = 1),
	FIELD_WITH(code_answer, "texts", JSONFIELD_OBJECT, texts, .many = LANGUAGES, .table = &text_table),
	{.name = "accepted",
	 .type = JSONFIELD_OBJECT,
	 .offset = offsetof(struct code_answer, last),
	 .table = &last_table},
};
static const struct jsonfield_table code_table = JSONFIELD_TABLE(struct code_answer, code_rows);

static struct status language_of(struct text word, enum language *out)
{
	uint32_t value;

	if (!ok(vocabulary_value(VOCABULARY_LANGUAGE, word, &value)))
		return FAIL_AT(ST_CORRUPT, "answer");
	*out = (enum language)value;
	return OK;
}

static struct status take_texts(const struct code_answer *answer, struct arena *arena, struct acceptance *out)
{
	const struct text_answer *items = answer->texts.items;

	if (answer->texts.count != LANGUAGES)
		return FAIL_AT(ST_CORRUPT, "answer");
	for (size_t i = 0; i < LANGUAGES; i++) {
		struct acceptance_text *t = &out->texts[i];
		TRY(language_of(items[i].language, &t->language));
		if (t->language != (enum language)(LANGUAGE_ENGLISH + i))
			return FAIL_AT(ST_CORRUPT, "answer");
		TRY(arena_text(arena, items[i].text, &t->text));
		TRY(sha256(text_bytes(t->text), &t->hash));
		/* What is signed is the hash of what is shown, whatever the server says it is. */
		if (!hash_equal(&t->hash, &items[i].hash))
			return FAIL_AT(ST_CORRUPT, "answer");
	}
	return OK;
}

struct status acceptance_ask(struct site *s, struct arena *arena, struct acceptance *out)
{
	AUTO(https_answer) answer = {0};
	AUTO(json_document) document = {0};
	struct code_answer code = {0};
	struct acceptance found = {0};

	TRY(site_get(s, "/v1/conduct", &answer));
	TRY(placed_read(buffer_bytes(&answer.body), &code_table, arena, &document, &code));
	found.version = code.version;
	TRY(take_texts(&code, arena, &found));
	found.any = code.last.version != 0;
	if (found.any) {
		found.last = (struct acceptance_last){.version = code.last.version,
						      .text = code.last.text,
						      .statement = code.last.statement,
						      .time = code.last.time,
						      .leaf = code.last.leaf,
						      .current = code.last.current};
		TRY(language_of(code.last.language, &found.last.language));
	}
	*out = found;
	return OK;
}

const struct acceptance_text *acceptance_in(const struct acceptance *a, enum language language)
{
	return &a->texts[language == LANGUAGE_FRENCH ? 1 : 0];
}

struct place_answer {
	struct hash name;
	uint64_t leaf, time;
};
static const struct jsonfield place_rows[] = {
	FIELD(place_answer, "name", JSONFIELD_HASH, name),
	FIELD(place_answer, "leaf", JSONFIELD_U64, leaf),
	FIELD(place_answer, "time", JSONFIELD_TIME, time),
};
static const struct jsonfield_table place_table = JSONFIELD_TABLE(struct place_answer, place_rows);

struct status acceptance_give(struct site *s, const struct acceptance *a, enum language language, uint64_t *leaf)
{
	AUTO(buffer) statement = {.max = LIMIT_STATEMENT_BYTES}, body = {.max = LIMIT_JSON_BYTES};
	AUTO(https_answer) answer = {0};
	AUTO(json_document) document = {0};
	AUTO(arena) arena = {.max = 65536};
	struct jsonwriter w = jsonwriter_of(&body);
	struct place_answer place = {0};
	const struct statement draft = {
		.kind = STATEMENT_CONDUCT,
		.head = keyholder_head(s->options.keys, a->any ? &a->last.statement : NULL,
				       clock_wall(s->options.clock)),
		.conduct = {a->version, language, acceptance_in(a, language)->hash},
	};

	TRY(keyholder_sign(s->options.keys, &draft, &statement));
	jsonwriter_object(&w, NULL);
	jsonwriter_base64(&w, "statement", buffer_bytes(&statement));
	jsonwriter_end(&w);
	TRY(jsonwriter_done(&w));
	TRY(site_send(s, "POST", "/v1/conduct/acceptances", &body, &answer));
	TRY(placed_read(buffer_bytes(&answer.body), &place_table, &arena, &document, &place));
	*leaf = place.leaf;
	return OK;
}

/* --- Of everybody --- */

#define ALL_MAX   100000
#define ALL_ARENA ((size_t)256 << 20)

struct all_answer {
	struct jsonfield_list items;
};
static const struct jsonfield all_rows[] = {
	FIELD_WITH(all_answer, "items", JSONFIELD_OBJECT, items, .many = ALL_MAX, .table = &placed_table),
};
static const struct jsonfield_table all_table = JSONFIELD_TABLE(struct all_answer, all_rows);

/** Under the key that its author had when it came into the log. */
static struct status read_one(const struct site *s, const struct placed *item, struct acceptance_of *out)
{
	struct statement parsed;
	struct person author;

	if (!ok(statement_parse(item->statement, &parsed)) || parsed.kind != STATEMENT_CONDUCT ||
	    !hash_equal(&parsed.head.site, &s->directory.fingerprint) ||
	    !ok(directory_state_find(&s->directory, &parsed.head.author, item->leaf, &author)) || !author.enrolled ||
	    !hash_equal(&author.key_hash, &parsed.head.author_key) || !ok(statement_verify(&parsed, &author.sign_key)))
		return FAIL_AT(ST_CORRUPT, "acceptance");
	*out = (struct acceptance_of){parsed.head.author, item->leaf, item->time, parsed.conduct};
	return OK;
}

struct status acceptance_all(struct site *s, acceptance_visit *visit, void *context)
{
	AUTO(https_answer) answer = {0};
	AUTO(json_document) document = {0};
	AUTO(arena) arena = {.max = ALL_ARENA};
	struct all_answer all = {0};

	TRY(site_get(s, "/v1/conduct/acceptances", &answer));
	TRY(placed_read(buffer_bytes(&answer.body), &all_table, &arena, &document, &all));
	const struct placed *items = all.items.items;
	if (all.items.count > 0)
		TRY(proof_check(s, items, all.items.count, NULL));
	for (size_t i = 0; i < all.items.count; i++) {
		struct acceptance_of one;
		TRY(read_one(s, &items[i], &one));
		TRY(visit(context, &one));
	}
	return OK;
}

bool acceptance_counts(const struct acceptance *a, const struct statement_conduct *said)
{
	return said->version == a->version && hash_equal(&acceptance_in(a, said->language)->hash, &said->text);
}

struct version_answer {
	uint32_t version;
};
static const struct jsonfield version_rows[] = {FIELD(version_answer, "version", JSONFIELD_U32, version)};
static const struct jsonfield_table version_table = JSONFIELD_TABLE(struct version_answer, version_rows);

struct status acceptance_change(struct site *s, enum language language, struct text text, uint32_t *version)
{
	AUTO(buffer) body = {.max = LIMIT_JSON_BYTES};
	AUTO(https_answer) answer = {0};
	AUTO(json_document) document = {0};
	AUTO(arena) arena = {.max = 65536};
	struct jsonwriter w = jsonwriter_of(&body);
	struct version_answer now = {0};

	jsonwriter_object(&w, NULL);
	if (text.at != NULL) {
		jsonwriter_text(&w, "language", vocabulary_word(VOCABULARY_LANGUAGE, language));
		jsonwriter_text(&w, "text", text);
	}
	jsonwriter_end(&w);
	TRY(jsonwriter_done(&w));
	TRY(site_send(s, "PUT", "/v1/conduct", &body, &answer));
	TRY(placed_read(buffer_bytes(&answer.body), &version_table, &arena, &document, &now));
	*version = now.version;
	return OK;
}
