/* SPDX-License-Identifier: Apache-2.0 */
#include "setting.h"

#include <stdio.h>

#include "token.h"

#define IDLE_OF(profile) \
	{ \
		"session.idle_minutes." profile, "the same for this profile; 0: as for everybody", 0, 60, 0, NULL \
	}
#define ABSOLUTE_OF(profile) \
	{ \
		"session.absolute_hours." profile, "the same for this profile; 0: as for everybody", 0, 24, 0, NULL \
	}

const char *const setting_policies[] = {"composition-180d", "nist-800-63b-4"};

const struct setting_rule setting_rules[SETTING_COUNT] = {
	[SETTING_NIGHT_HOUR] = {"night.hour", "hour (UTC) of the nightly work; 24: whenever a day is over", 0, 24, 24,
				NULL},
	[SETTING_SESSION_IDLE] = {"session.idle_minutes", "a session that was not used for so long ends", 1, 60, 15,
				  NULL},
	[SETTING_SESSION_IDLE_OF] = IDLE_OF("administrator"),
	IDLE_OF("clinician"),
	IDLE_OF("assistant"),
	IDLE_OF("auditor"),
	[SETTING_SESSION_ABSOLUTE] = {"session.absolute_hours", "a session ends so long after its sign-in", 1, 24, 12,
				      NULL},
	[SETTING_SESSION_ABSOLUTE_OF] = ABSOLUTE_OF("administrator"),
	ABSOLUTE_OF("clinician"),
	ABSOLUTE_OF("assistant"),
	ABSOLUTE_OF("auditor"),
	[SETTING_QUOTA_SITE] = {"quota.site", "GiB that the whole site may have stored; 0: the disk is the limit", 0,
				UINT16_MAX, 0, NULL},
	[SETTING_QUOTA_OWNER] = {"quota.owner",
				 "GiB stored in the patient files of one owner; 0: the disk is the limit", 0,
				 UINT16_MAX, 0, NULL},
	[SETTING_SESSION_CAP] = {"session.cap", "sessions that one user may have open at once", 1, 64, 32, NULL},
	[SETTING_PASSWORD_POLICY] = {"password.policy", "what a password must be, and how long it is good", 0,
				     COUNT(setting_policies) - 1, 0, setting_policies},
	[SETTING_PASSWORD_MEMORY] = {"password.memory_mib",
				     "memory of a password hash; raised hashes follow at the next sign-in", 19, 64, 19,
				     NULL},
	[SETTING_PASSWORD_PASSES] = {"password.passes",
				     "passes of a password hash; raised hashes follow at the next sign-in", 2, 10, 2,
				     NULL},
	[SETTING_FAILURES] = {"failures.before_lock",
			      "sign-ins that fail in a row before a login, device or address is locked", 3, 100, 5,
			      NULL},
};

struct status setting_find(struct text name, enum setting *out)
{
	for (size_t i = 0; i < SETTING_COUNT; i++)
		if (text_equal(name, text_of(setting_rules[i].name))) {
			*out = (enum setting)i;
			return OK;
		}
	return FAIL_AT(ST_NOT_FOUND, "setting");
}

struct status setting_parse(enum setting which, struct text t, uint16_t *out)
{
	const struct setting_rule *rule = &setting_rules[which];
	uint32_t value = 0;

	if (rule->words == NULL) {
		if (!ok(text_to_u32(t, rule->least, rule->most, &value)))
			return FAIL_AT(ST_INVALID, "value: a whole number within the bounds that get shows");
	} else {
		while (value <= rule->most && !text_equal(t, text_of(rule->words[value])))
			value++;
		if (value > rule->most)
			return FAIL_AT(ST_INVALID, "value: one of the words that get shows");
	}
	*out = (uint16_t)value;
	return OK;
}

void setting_print(enum setting which, uint16_t value, char out[SETTING_TEXT_MAX])
{
	const char *const *words = setting_rules[which].words;

	if (words != NULL)
		(void)snprintf(out, SETTING_TEXT_MAX, "%s", words[value]);
	else
		(void)snprintf(out, SETTING_TEXT_MAX, "%u", value);
}

void setting_json(struct jsonwriter *w, enum setting which, uint16_t value)
{
	const struct setting_rule *rule = &setting_rules[which];

	jsonwriter_object(w, NULL);
	jsonwriter_string(w, "name", rule->name);
	if (rule->words == NULL) {
		jsonwriter_u64(w, "value", value);
		jsonwriter_u64(w, "default", rule->otherwise);
		jsonwriter_u64(w, "least", rule->least);
		jsonwriter_u64(w, "most", rule->most);
	} else {
		jsonwriter_string(w, "value", rule->words[value]);
		jsonwriter_string(w, "default", rule->words[rule->otherwise]);
		jsonwriter_array(w, "words");
		for (size_t i = 0; i <= rule->most; i++)
			jsonwriter_string(w, NULL, rule->words[i]);
		jsonwriter_end(w);
	}
	jsonwriter_string(w, "meaning", rule->meaning);
	jsonwriter_end(w);
}

static struct status name_token(struct store_view *view, enum setting which, struct hash *out)
{
	return token_of(view, TOKEN_SETTING, text_bytes(text_of(setting_rules[which].name)), out);
}

struct status setting_get(struct store_view *view, enum setting which, uint16_t *value, uint64_t *seq)
{
	AUTO(row) row = {0};
	struct hash token;
	uint16_t found;

	TRY(name_token(view, which, &token));
	const struct row_value key[] = {ROW_HASH(&token)};
	struct status got = store_get(view, TABLE_SETTING, key, &row);
	if (got.code == ST_NOT_FOUND) {
		*value = setting_rules[which].otherwise;
		*seq = 0;
		return OK;
	}
	TRY(got);
	if (!ok(setting_parse(which, text_from(row.secret[SECRET_SETTING_VALUE]), &found)))
		return FAIL_AT(ST_CORRUPT, "setting");
	*value = found;
	*seq = row_number(&row, COLUMN_SETTING_SEQ);
	return OK;
}

struct status setting_apply(struct store_txn *txn, struct setting_change *c)
{
	char before[SETTING_TEXT_MAX], text[SETTING_TEXT_MAX];
	struct hash token;
	uint16_t old;

	TRY(setting_get(txn->view, c->which, &old, &c->seq));
	TRY(name_token(txn->view, c->which, &token));
	setting_print(c->which, old, before);
	setting_print(c->which, c->value, text);
	struct row row = {.table = TABLE_SETTING,
			  .plain = {[COLUMN_SETTING_NAME_TOKEN] = ROW_HASH(&token)},
			  .secret = {[SECRET_SETTING_NAME] = text_bytes(text_of(setting_rules[c->which].name)),
				     [SECRET_SETTING_VALUE] = text_bytes(text_of(text))}};
	TRY(store_put(txn, &row));
	c->seq = row_number(&row, COLUMN_SETTING_SEQ);
	(void)snprintf(c->detail, sizeof c->detail, "set %s %s (was %s)", setting_rules[c->which].name, text, before);
	return OK;
}
