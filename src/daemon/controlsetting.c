/* SPDX-License-Identifier: Apache-2.0 */
/* controlsetting: settings by the control socket; each change is a leaf. */
#include "serving.h"
#include "tell.h"

struct status controlsetting_get(struct serving *s, struct text name, struct jsonwriter *w)
{
	enum setting which = SETTING_COUNT;
	struct setting_value value;

	if (name.len > 0)
		TRY(setting_find(name, &which));
	jsonwriter_array(w, "settings");
	for (enum setting i = 0; i < SETTING_COUNT; i++) {
		if (name.len > 0 && i != which)
			continue;
		settings_get(&s->settings, i, &value);
		setting_json(w, i, &value);
	}
	jsonwriter_end(w);
	return OK;
}

struct changing_setting {
	struct committer_entry entry; /* must be first */
	struct setting_change change;
};

static struct status apply(struct committer_entry *entry, struct committer_turn *turn)
{
	struct changing_setting *c = (struct changing_setting *)entry;
	uint64_t leaf;

	TRY(setting_apply(turn->txn, &c->change));
	TRY(tell_setting(turn->txn, &c->change, turn->time));
	const struct event event = {.kind = LEAF_ADMINISTRATION,
				    .result = LEAF_DONE,
				    .subject = {.kind = PIECE_SITE, .detail = text_of(c->change.detail)}};
	return committer_add(turn, &event, &leaf);
}

struct status controlsetting_set(struct serving *s, struct text words)
{
	struct changing_setting c = {.entry = {.apply = apply}, .change = {.host = true}};
	struct text name;

	if (!text_split(&words, ' ', &name))
		return FAIL_AT(ST_INVALID, "setting");
	TRY(setting_find(name, &c.change.which));
	TRY(setting_parse(c.change.which, text_trim(words), &c.change.value));
	TRY(committer_run(s->vessel.committer, &c.entry));
	settings_note(&s->settings, &c.change);
	return OK;
}
