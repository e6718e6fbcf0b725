/* SPDX-License-Identifier: Apache-2.0 */
/**
 * service: what all loops of one site share.  Made by the daemon before the first
 * loop runs, and read-only afterwards but for what says otherwise; every pointer
 * outlives the loops.
 */
#ifndef API_SERVICE_H
#define API_SERVICE_H

#include <stdatomic.h>

#include "challenge.h"
#include "clock.h"
#include "committer.h"
#include "keyring.h"
#include "later.h"
#include "net.h"
#include "password.h"
#include "passwordrule.h"
#include "presence.h"
#include "record.h"
#include "settings.h"
#include "strangers.h"
#include "workers.h"

/* So many of the last verified attempts say how long one takes. */
#define SERVICE_USUAL 64

struct service {
	struct clock clock;
	struct store *store;
	struct vault *vault;
	struct log *log;
	struct committer *committer;
	struct workers *workers; /* password hashes */
	struct workers *writers; /* sealed bytes on their way to the disk */
	struct later *later;     /* answers that wait for their time */
	struct presence *presence;
	struct strangers *strangers;
	struct challenges challenges;         /* taken by the committer alone */
	struct settings *settings;            /* in force; changes are noted here */
	const struct passwordlist *passwords; /* nobody may take these; may be empty */
	struct net_server *net;               /* set once it is open */

	/* The site. */
	struct hash fingerprint;
	struct text name, region, origin, preset, version, log_key; /* log_key: as a note's verifier key */
	struct bytes statement, ca;
	bool trial;

	/* Makes a loop's own connection to keyd, and lets it go; on the loop's thread. */
	struct status (*keys_begin)(void *context, unsigned loop, struct log_keys *out);
	void (*keys_end)(void *context, unsigned loop);
	struct status (*keys_create)(void *context, const struct key_name *names, size_t count);
	void *keys_context;

	/* Counts every change of a session or a user, so that the loops drop what they remember of them. */
	_Atomic uint64_t people_generation;
	_Atomic bool draining;
	/* How long the last refused sign-ins took that were verified, in ATTEMPT_STEP_NS, and when the newest was, ns.
	 */
	_Atomic uint8_t usual_steps[SERVICE_USUAL];
	_Atomic uint64_t usual_count, usual_at;
};

/** service_now(s): wall time, ms. */
static inline uint64_t service_now(const struct service *s)
{
	return clock_wall(&s->clock);
}

/** service_password_rule(s), service_password_cost(s): as the settings have it. */
static inline const struct passwordrule *service_password_rule(const struct service *s)
{
	return &passwordrules[settings_value(s->settings, SETTING_PASSWORD_POLICY)];
}
static inline struct argon2_cost service_password_cost(const struct service *s)
{
	return (struct argon2_cost){.memory = (uint32_t)settings_value(s->settings, SETTING_PASSWORD_MEMORY) << 20,
				    .passes = settings_value(s->settings, SETTING_PASSWORD_PASSES)};
}

/** service_office_ms(s), service_second_person(s): record.h; on a trial site nobody has to have been there before. */
static inline uint64_t service_office_ms(const struct service *s)
{
	return s->trial ? 0 : settings_value(s->settings, SETTING_APPROVAL_OFFICE) * 24ull * 3600 * 1000;
}
static inline bool service_second_person(const struct service *s)
{
	return settings_value(s->settings, SETTING_PATIENT_DELETE) != 0;
}

/** api_handler(): what net is to be configured with; its context is a struct service. */
struct net_handler api_handler(void);

#endif /* !API_SERVICE_H */
