/* SPDX-License-Identifier: Apache-2.0 */
/** settings: the named numbers that an administrator at the host may choose; each change is a leaf. */
#ifndef DAEMON_SETTINGS_H
#define DAEMON_SETTINGS_H

#include "committer.h"

enum setting { SETTING_NIGHT_HOUR, SETTING_COUNT };

struct setting_rule {
	const char *name, *unit;
	uint32_t least, most, otherwise; /* bounds, both allowed; the value when none was chosen */
};
extern const struct setting_rule setting_rules[SETTING_COUNT];

/** What is in force; the main thread's. */
struct settings {
	uint32_t values[SETTING_COUNT];
};
/** settings_load(store, out): ST_CORRUPT for a value out of its bounds. */
MUST_CHECK struct status settings_load(struct store *store, struct settings *out);
/** settings_find(name, out): ST_NOT_FOUND. */
MUST_CHECK struct status settings_find(struct text name, enum setting *out);
/** settings_set(s, committer, which, value): durable and logged when OK; ST_INVALID outside the bounds. */
MUST_CHECK struct status settings_set(struct settings *s, struct committer *committer, enum setting which,
				      struct text value);

#endif /* !DAEMON_SETTINGS_H */
