/* SPDX-License-Identifier: Apache-2.0 */
#include "act.h"

#include <assert.h>

/** Nobody makes himself a second administrator today to agree with him today. */
static const char *administrator(const struct act_party *party)
{
	if (party->person->profile != PROFILE_ADMINISTRATOR)
		return "profile";
	return party->fresh ? "office: you have been administrator for too short a time (setting "
			      "approval.office_days); let another one do it"
			    : NULL;
}

static const char *owner_who_deletes(const struct act_party *party)
{
	if (!party->owner)
		return "owner";
	return (party->power & RIGHT_DELETE) != 0 ? NULL : "permission";
}

/** A colleague who could delete its records, or an administrator, who sees no more of it than that it is asked. */
static const char *deleter_or_administrator(const struct act_party *party)
{
	if (party->person->profile == PROFILE_ADMINISTRATOR)
		return administrator(party);
	return (party->power & RIGHT_DELETE) != 0 ? NULL : "permission";
}

static const struct act_rule rules[] = {
	[ACT_FACTOR_RESET] = {ACT_ABOUT_USER, .host = true, .at_once = true, administrator, administrator},
	[ACT_PATIENT_DELETE] = {ACT_ABOUT_PATIENT, .host = false, .at_once = false, owner_who_deletes,
				deleter_or_administrator},
};

const struct act_rule *act_rule(enum act act)
{
	assert(act < COUNT(rules) && rules[act].asks != NULL);
	return &rules[act];
}
