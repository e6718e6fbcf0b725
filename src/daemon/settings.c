/* SPDX-License-Identifier: Apache-2.0 */
#include "settings.h"

#include <stdio.h>

#include "token.h"

const struct setting_rule setting_rules[SETTING_COUNT] = {
	/* 24: whenever the last night is a day old. */
	[SETTING_NIGHT_HOUR] = {"night.hour", "hour of the day, UTC; 24: whenever a day is over", 0, 24, 24},
};

static struct status name_token(struct store_view *view, enum setting which, struct hash *out)
{
	return token_of(view, TOKEN_SETTING, text_bytes(text_of(setting_rules[which].name)), out);
}

static struct status load_one(struct store_view *view, enum setting which, uint32_t *out)
{
	const struct setting_rule *rule = &setting_rules[which];
	AUTO(row) row = {0};
	struct hash token;
	uint64_t value;

	*out = rule->otherwise;
	TRY(name_token(view, which, &token));
	const struct row_value key[] = {ROW_HASH(&token)};
	struct status got = store_get(view, TABLE_SETTING, key, &row);
	if (got.code == ST_NOT_FOUND)
		return OK;
	TRY(got);
	TRY(row_secret_number(&row, SECRET_SETTING_VALUE, &value));
	if (value < rule->least || value > rule->most)
		return FAIL_AT(ST_CORRUPT, "setting");
	*out = (uint32_t)value;
	return OK;
}

struct status settings_load(struct store *store, struct settings *out)
{
	AUTO(store_snapshot) snapshot = {0};

	TRY(store_snapshot_new(store, &snapshot));
	for (enum setting i = 0; i < SETTING_COUNT; i++)
		TRY(load_one(snapshot.view, i, &out->values[i]));
	return OK;
}

struct status settings_find(struct text name, enum setting *out)
{
	for (*out = 0; *out < SETTING_COUNT; (*out)++)
		if (text_equal(name, text_of(setting_rules[*out].name)))
			return OK;
	return FAIL_AT(ST_NOT_FOUND, "setting");
}

struct change {
	struct committer_entry entry; /* must be first */
	enum setting which;
	uint32_t value;
};

static struct status apply_change(struct committer_entry *entry, struct committer_turn *turn)
{
	const struct change *c = (const struct change *)entry;
	struct row_big number;
	struct hash token;
	char detail[100];
	uint64_t leaf;

	TRY(name_token(turn->txn->view, c->which, &token));
	struct row row = {.table = TABLE_SETTING,
			  .plain = {[COLUMN_SETTING_NAME_TOKEN] = ROW_HASH(&token)},
			  .secret = {[SECRET_SETTING_NAME] = text_bytes(text_of(setting_rules[c->which].name)),
				     [SECRET_SETTING_VALUE] = row_number_bytes(&number, c->value)}};
	TRY(store_put(turn->txn, &row));
	(void)snprintf(detail, sizeof detail, "set %s %u", setting_rules[c->which].name, c->value);
	const struct event event = {.kind = LEAF_ADMINISTRATION,
				    .result = LEAF_DONE,
				    .subject = {.kind = PIECE_SITE, .detail = text_of(detail)}};
	return committer_add(turn, &event, &leaf);
}

struct status settings_set(struct settings *s, struct committer *committer, enum setting which, struct text value)
{
	const struct setting_rule *rule = &setting_rules[which];
	struct change c = {.entry = {.apply = apply_change}, .which = which};

	if (!ok(text_to_u32(value, rule->least, rule->most, &c.value)))
		return FAIL_AT(ST_INVALID, "value: a whole number within the bounds of this setting, see tacendad(8)");
	TRY(committer_run(committer, &c.entry));
	s->values[which] = c.value;
	return OK;
}
