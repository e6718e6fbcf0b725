/* SPDX-License-Identifier: Apache-2.0 */
#include "pending.h"

#include "conduct.h"
#include "secondfactor.h"
#include "session.h"
#include "sessions.h"
#include "signoff.h"

/** Whether one step stands. */
typedef struct status pending_rule(const struct pending *p, bool *stands);

/** PROMISES#K6, PROMISES#S4. */
static struct status password(const struct pending *p, bool *stands)
{
	*stands = p->refused || p->now >= sessions_password_ends(p->service, p->profile, p->password_changed);
	return OK;
}

/** PROMISES#K13. */
static struct status conduct(const struct pending *p, bool *stands)
{
	AUTO(row) row = {0};
	struct signoff last;
	struct conduct code;

	TRY(conduct_get(p->view, &row, &code));
	TRY(signoff_conduct(p->view, &p->user, &last));
	const struct statement_conduct *accepted = &last.conduct;
	const bool reminded =
		p->unusual && settings_value(p->service->settings, SETTING_SHARING_STEP) == SETTING_SHARING_CONDUCT;
	*stands = reminded || hash_is_zero(&last.name) ||
		  !conduct_accepts(&code, accepted->version, accepted->language, &accepted->text);
	return OK;
}

/** PROMISES#S5. */
static struct status factor(const struct pending *p, bool *stands)
{
	AUTO(factors) had = {0};

	TRY(factors_load(p->view, &p->user, &had));
	*stands = p->now >= secondfactor_due(p->service, p->profile, &had, p->now);
	return OK;
}

static const struct {
	enum step step;
	pending_rule *rule;
} steps[] = {
	{STEP_PASSWORD, password},
	{STEP_CONDUCT, conduct},
	{STEP_FACTOR, factor},
};

struct status pending_steps(const struct pending *p, uint32_t *out)
{
	uint32_t found = 0;
	bool stands;

	for (size_t i = 0; i < COUNT(steps) && !p->service->trial; i++) {
		TRY(steps[i].rule(p, &stands));
		if (stands)
			found |= (uint32_t)steps[i].step;
	}
	*out = found;
	return OK;
}
