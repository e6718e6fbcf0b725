/* SPDX-License-Identifier: Apache-2.0 */
#include "settings.h"

#define VALUE_BITS 16

static uint64_t word(uint16_t value, uint64_t seq)
{
	return seq << VALUE_BITS | value;
}

struct status settings_load(struct store *store, struct settings *out)
{
	AUTO(store_snapshot) snapshot = {0};
	uint16_t value;
	uint64_t seq;

	TRY(store_snapshot_new(store, &snapshot));
	for (size_t i = 0; i < SETTING_COUNT; i++) {
		TRY(setting_get(snapshot.view, (enum setting)i, &value, &seq));
		atomic_store(&out->words[i], word(value, seq));
	}
	return OK;
}

uint16_t settings_value(const struct settings *s, enum setting which)
{
	return (uint16_t)atomic_load_explicit(&s->words[which], memory_order_relaxed);
}

void settings_note(struct settings *s, const struct setting_change *c)
{
	uint64_t fresh = word(c->value, c->seq), held = atomic_load(&s->words[c->which]);

	while (held >> VALUE_BITS < c->seq && !atomic_compare_exchange_weak(&s->words[c->which], &held, fresh))
		;
}

/** The profile's own, or everybody's. */
static uint64_t of_profile(const struct settings *s, enum setting everybody, enum profile profile)
{
	uint16_t own = 0;

	if (profile >= PROFILE_ADMINISTRATOR && profile <= PROFILE_AUDITOR)
		own = settings_value(s, (enum setting)(everybody + (uint32_t)profile));
	return own != 0 ? own : settings_value(s, everybody);
}

uint64_t settings_idle_ms(const struct settings *s, enum profile profile)
{
	return of_profile(s, SETTING_SESSION_IDLE, profile) * 60000;
}

uint64_t settings_absolute_ms(const struct settings *s, enum profile profile)
{
	return of_profile(s, SETTING_SESSION_ABSOLUTE, profile) * 3600000;
}
