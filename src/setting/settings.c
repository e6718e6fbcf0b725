/* SPDX-License-Identifier: Apache-2.0 */
#include "settings.h"

#include <string.h>

#include "ipaddress.h"

#define VALUE_BITS 16

static uint64_t word(uint16_t value, uint64_t seq)
{
	return seq << VALUE_BITS | value;
}

static bool is_text(enum setting which)
{
	return setting_rules[which].check != NULL;
}

/** Of two changes the newer stays, in whatever order they are noted. */
static void note_text(struct settings *s, enum setting which, const struct setting_value *value, uint64_t seq)
{
	size_t i = (size_t)which - SETTING_TEXTS;

	pthread_mutex_lock(&s->lock);
	if (seq >= s->texts[i].seq) {
		s->texts[i].seq = seq;
		memcpy(s->texts[i].text, value->text, sizeof s->texts[i].text);
	}
	pthread_mutex_unlock(&s->lock);
}

struct status settings_load(struct store *store, struct settings *out)
{
	AUTO(store_snapshot) snapshot = {0};
	struct setting_value value;
	uint64_t seq;

	if (!out->has_lock)
		out->has_lock = pthread_mutex_init(&out->lock, NULL) == 0;
	if (!out->has_lock)
		return FAIL(ST_NO_MEMORY);
	TRY(store_snapshot_new(store, &snapshot));
	for (enum setting i = 0; i < SETTING_COUNT; i++) {
		TRY(setting_get(snapshot.view, i, &value, &seq));
		if (is_text(i))
			note_text(out, i, &value, seq);
		atomic_store(&out->words[i], word(value.number, seq));
	}
	return OK;
}

void settings_clear(struct settings *s)
{
	if (s == NULL || !s->has_lock)
		return;
	pthread_mutex_destroy(&s->lock);
	s->has_lock = false;
}

uint16_t settings_value(const struct settings *s, enum setting which)
{
	return (uint16_t)atomic_load_explicit(&s->words[which], memory_order_relaxed);
}

void settings_get(struct settings *s, enum setting which, struct setting_value *out)
{
	*out = (struct setting_value){.number = settings_value(s, which)};
	if (!is_text(which))
		return;
	pthread_mutex_lock(&s->lock);
	memcpy(out->text, s->texts[which - SETTING_TEXTS].text, sizeof out->text);
	pthread_mutex_unlock(&s->lock);
	out->number = out->text[0] != '\0';
}

void settings_note(struct settings *s, const struct setting_change *c)
{
	uint64_t fresh = word(c->value.number, c->seq), held = atomic_load(&s->words[c->which]);

	/* The text first: who sees that there is one finds it. */
	if (is_text(c->which))
		note_text(s, c->which, &c->value, c->seq);
	while (held >> VALUE_BITS < c->seq && !atomic_compare_exchange_weak(&s->words[c->which], &held, fresh))
		;
}

bool settings_names(struct settings *s, enum setting which, struct bytes address)
{
	struct ipaddress_networks networks;
	struct setting_value value;

	/* Most sites name none: nothing is read then. */
	if (settings_value(s, which) == 0)
		return false;
	settings_get(s, which, &value);
	return ok(ipaddress_networks(text_of(value.text), &networks)) && ipaddress_within(address, &networks);
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

uint64_t settings_factor_days(const struct settings *s, enum profile profile)
{
	if (profile < PROFILE_ADMINISTRATOR || profile > PROFILE_AUDITOR)
		return 0;
	return settings_value(s, (enum setting)(SETTING_FACTOR_DAYS_OF - 1 + (uint32_t)profile));
}
