/* SPDX-License-Identifier: Apache-2.0 */
/**
 * settings: all settings as they are in force.  Any thread reads them; who has made a
 * change durable notes it here, and the newest wins in whatever order that happens.
 */
#ifndef SETTING_SETTINGS_H
#define SETTING_SETTINGS_H

#include <pthread.h>
#include <stdatomic.h>

#include "setting.h"
#include "vocabulary.h"

/** Each word: 48 bits of the change's sequence number, 16 bits of value. */
struct settings {
	_Atomic uint64_t words[SETTING_COUNT];
	pthread_mutex_t lock; /* of the texts */
	bool has_lock;
	struct {
		uint64_t seq;
		char text[SETTING_TEXT_MAX];
	} texts[SETTING_TEXT_COUNT];
};

/** settings_load(store, out): ${out} zeroed, or loaded before.  ST_CORRUPT for a value out of its bounds. */
MUST_CHECK struct status settings_load(struct store *store, struct settings *out);
/** settings_clear(s): NULL is fine. */
void settings_clear(struct settings *s);
/** settings_value(s, which): what is in force now: a number, a word's place, or whether there is a text. */
uint16_t settings_value(const struct settings *s, enum setting which);
/** settings_get(s, which, out): the same with its text. */
void settings_get(struct settings *s, enum setting which, struct setting_value *out);
/** settings_note(s, change): it is durable. */
void settings_note(struct settings *s, const struct setting_change *change);

/** settings_names(s, which, address): whether a setting that lists networks holds it; 4 or 16 bytes. */
bool settings_names(struct settings *s, enum setting which, struct bytes address);

/** Limits of a session of this profile, ms (PROMISES#K13). */
uint64_t settings_idle_ms(const struct settings *s, enum profile profile);
uint64_t settings_absolute_ms(const struct settings *s, enum profile profile);
/** settings_factor_days(s, profile): until a second factor is due; SETTING_FACTOR_NEVER (PROMISES#S5). */
uint64_t settings_factor_days(const struct settings *s, enum profile profile);

#endif /* !SETTING_SETTINGS_H */
