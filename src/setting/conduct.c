/* SPDX-License-Identifier: Apache-2.0 */
#include "conduct.h"

#include <stdio.h>

#include "hash.h"
#include "reader.h"
#include "token.h"

/* A row of table `setting`: version (4), then each language's text, sized; empty: the one built in. */
#define ROW_NAME "conduct"

static struct status name_token(struct store_view *view, struct hash *out)
{
	return token_of(view, TOKEN_SETTING, text_bytes(TEXT(ROW_NAME)), out);
}

static struct status read_row(struct bytes value, struct conduct *out)
{
	struct reader r = reader_of(value);
	struct bytes text;

	TRY(reader_u32(&r, &out->version));
	for (size_t i = 0; i < LANGUAGES; i++) {
		TRY(reader_sized(&r, LIMIT_CONDUCT_TEXT, &text));
		out->texts[i].text = text_from(text);
	}
	return reader_done(&r);
}

static struct status complete(struct conduct *c)
{
	for (size_t i = 0; i < LANGUAGES; i++) {
		struct conduct_text *t = &c->texts[i];
		t->built_in = t->text.len == 0;
		if (t->built_in)
			t->text = conduct_built_in((enum language)(LANGUAGE_ENGLISH + i));
		TRY(sha256(text_bytes(t->text), &t->hash));
	}
	return OK;
}

struct status conduct_get(struct store_view *view, struct row *row, struct conduct *out)
{
	struct conduct found = {.version = 1};
	struct hash token;

	TRY(name_token(view, &token));
	const struct row_value key[] = {ROW_HASH(&token)};
	const struct status got = store_get(view, TABLE_SETTING, key, row);
	if (!ok(got) && got.code != ST_NOT_FOUND)
		return got;
	if (ok(got) && (!ok(read_row(row->secret[SECRET_SETTING_VALUE], &found)) || found.version == 0))
		return FAIL_AT(ST_CORRUPT, "setting");
	TRY(complete(&found));
	*out = found;
	return OK;
}

const struct conduct_text *conduct_in(const struct conduct *c, enum language language)
{
	return &c->texts[language == LANGUAGE_FRENCH ? 1 : 0];
}

bool conduct_accepts(const struct conduct *c, uint32_t version, enum language language, const struct hash *hash)
{
	return version == c->version && hash_equal(hash, &conduct_in(c, language)->hash);
}

struct status conduct_check(struct text t)
{
	bool blank = true;

	if (t.len > LIMIT_CONDUCT_TEXT)
		return FAIL_AT(ST_TOO_BIG, "text");
	if (!text_is_utf8(t))
		return FAIL_AT(ST_INVALID, "text: UTF-8");
	for (size_t i = 0; i < t.len; i++) {
		const uint8_t c = (uint8_t)t.at[i];
		if ((c < ' ' && c != '\n') || c == 0x7f)
			return FAIL_AT(ST_INVALID, "text: no control characters but line ends (LF)");
		blank = blank && (c == ' ' || c == '\n');
	}
	return blank ? FAIL_AT(ST_INVALID, "text: it says nothing") : OK;
}

/** The built-in texts stay unwritten, so that a new program brings its own. */
static struct status put_row(struct store_txn *txn, const struct conduct *c)
{
	AUTO(buffer) value = {.max = LANGUAGES * (LIMIT_CONDUCT_TEXT + 4) + 4};
	struct hash token;

	TRY(name_token(txn->view, &token));
	TRY(buffer_put_u32(&value, c->version));
	for (size_t i = 0; i < LANGUAGES; i++)
		TRY(buffer_put_sized(&value, c->texts[i].built_in ? (struct bytes){0} : text_bytes(c->texts[i].text)));
	struct row row = {.table = TABLE_SETTING,
			  .plain = {[COLUMN_SETTING_NAME_TOKEN] = ROW_HASH(&token)},
			  .secret = {[SECRET_SETTING_NAME] = text_bytes(TEXT(ROW_NAME)),
				     [SECRET_SETTING_VALUE] = buffer_bytes(&value)}};
	return store_put(txn, &row);
}

static struct status describe(struct conduct_change *change, const struct conduct *c)
{
	AUTO(buffer) hash = {.max = 80};

	if (change->text.at == NULL) {
		(void)snprintf(change->detail, sizeof change->detail, "code of conduct: version %u, asked for again",
			       c->version);
		return OK;
	}
	TRY(text_put_hex(&hash, hash_bytes(&conduct_in(c, change->language)->hash)));
	(void)snprintf(change->detail, sizeof change->detail, "code of conduct: version %u, %.*s, SHA-256 %.*s",
		       c->version, TEXT_ARG(vocabulary_word(VOCABULARY_LANGUAGE, change->language)),
		       TEXT_ARG(text_from(buffer_bytes(&hash))));
	return OK;
}

struct status conduct_apply(struct store_txn *txn, struct conduct_change *change)
{
	AUTO(row) row = {0};
	struct conduct c;

	TRY(conduct_get(txn->view, &row, &c));
	if (c.version == UINT32_MAX)
		return FAIL_AT(ST_TOO_MANY, "version");
	c.version++;
	if (change->text.at != NULL) {
		struct conduct_text *t = &c.texts[change->language == LANGUAGE_FRENCH ? 1 : 0];
		TRY(conduct_check(change->text));
		*t = (struct conduct_text){.text = change->text};
		TRY(sha256(text_bytes(t->text), &t->hash));
	}
	change->version = c.version;
	TRY(put_row(txn, &c));
	return describe(change, &c);
}
