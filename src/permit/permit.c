/* SPDX-License-Identifier: Apache-2.0 */
#include "permit.h"

#include <assert.h>

/* It lives in a struct permit_room of somebody else. */
struct __attribute__((may_alias)) permit_pass {
	struct user_id user;
	struct patient_id patient;
	enum profile profile;
	enum permit_action action;
};
static_assert(sizeof(struct permit_pass) <= sizeof(struct permit_room), "a pass fits its room");

#define ADMINISTRATOR (1u << PROFILE_ADMINISTRATOR)
#define CLINICIAN     (1u << PROFILE_CLINICIAN)
#define ASSISTANT     (1u << PROFILE_ASSISTANT)
#define AUDITOR       (1u << PROFILE_AUDITOR)
#define CARERS        (CLINICIAN | ASSISTANT)
#define EVERYBODY     (CARERS | ADMINISTRATOR | AUDITOR)

/** Whose relation to the patient it takes. */
enum relation {
	NO_PATIENT, /* the action is on none; rights are those of the user */
	WITH_POWER, /* rights and permission together hold the bits asked for */
	WITH_ANY,   /* owner, or a share in force */
	OWNER_OR_POWER,
	OWNER_ONLY, /* and the bits asked for */
};

static const struct rule {
	uint32_t profiles;
	enum relation relation;
	uint32_t rights;
	bool after_end; /* of the patient file too: what proves its end, and to whom */
} rules[PERMIT_ACTIONS] = {
	[PERMIT_SITE_SEE] = {EVERYBODY, NO_PATIENT, 0, false},
	[PERMIT_SESSION_OWN] = {EVERYBODY, NO_PATIENT, 0, false},
	[PERMIT_NOTICE_OWN] = {EVERYBODY, NO_PATIENT, 0, false},
	[PERMIT_USER_LIST] = {EVERYBODY, NO_PATIENT, 0, false},
	[PERMIT_KEY_SET] = {EVERYBODY, NO_PATIENT, 0, false},
	[PERMIT_LOG_OWN] = {EVERYBODY, NO_PATIENT, 0, false},
	[PERMIT_APPROVAL] = {EVERYBODY, NO_PATIENT, 0, false},
	[PERMIT_SITE_ADMINISTER] = {ADMINISTRATOR, NO_PATIENT, 0, false},
	[PERMIT_USER_ADMINISTER] = {ADMINISTRATOR, NO_PATIENT, 0, false},
	[PERMIT_LOG_ADMINISTRATION] = {ADMINISTRATOR | AUDITOR, NO_PATIENT, 0, false},
	[PERMIT_LOG_ALL] = {AUDITOR, NO_PATIENT, 0, false},
	[PERMIT_REVIEW] = {AUDITOR, NO_PATIENT, 0, false},
	[PERMIT_PATIENT_CREATE] = {CLINICIAN, NO_PATIENT, 0, false},
	[PERMIT_PATIENT_LIST] = {CARERS, NO_PATIENT, 0, false},
	[PERMIT_UPLOAD] = {CARERS, NO_PATIENT, RIGHT_WRITE, false},
	[PERMIT_PATIENT_PROVE] = {CARERS, WITH_ANY, 0, true},
	[PERMIT_PATIENT_SEE] = {CARERS, WITH_ANY, 0, false},
	[PERMIT_READ_IDENTITY] = {CARERS, WITH_POWER, RIGHT_IDENTITY, false},
	[PERMIT_READ_CLINICAL] = {CARERS, WITH_POWER, RIGHT_READ, false},
	[PERMIT_READ_IDENTIFYING] = {CARERS, WITH_POWER, RIGHT_IDENTITY | RIGHT_READ, false},
	[PERMIT_WRITE_IDENTITY] = {CARERS, WITH_POWER, RIGHT_WRITE | RIGHT_IDENTITY, false},
	[PERMIT_WRITE_CLINICAL] = {CARERS, WITH_POWER, RIGHT_WRITE | RIGHT_READ, false},
	[PERMIT_WRITE_IDENTIFYING] = {CARERS, WITH_POWER, RIGHT_WRITE | RIGHT_IDENTITY | RIGHT_READ, false},
	[PERMIT_RECORD_DELETE] = {CARERS, WITH_POWER, RIGHT_DELETE, false},
	[PERMIT_SHARE] = {CARERS, WITH_POWER, RIGHT_SHARE, false},
	[PERMIT_UNSHARE] = {CARERS, OWNER_OR_POWER, RIGHT_SHARE, false},
	[PERMIT_REKEY_IDENTITY] = {CARERS, OWNER_OR_POWER, RIGHT_IDENTITY, false},
	[PERMIT_REKEY_CLINICAL] = {CARERS, OWNER_OR_POWER, RIGHT_READ, false},
	[PERMIT_EXPORT] = {CARERS, WITH_POWER, RIGHT_EXPORT, false},
	[PERMIT_PATIENT_DELETE] = {CARERS, OWNER_ONLY, RIGHT_DELETE, false},
	[PERMIT_PATIENT_KEEP] = {CARERS, OWNER_ONLY, 0, false},
	[PERMIT_LOG_PATIENT] = {CARERS, OWNER_ONLY, 0, true},
};

/** NULL, or what is missing. */
static const char *lacks_share(const struct permit_facts *f, const struct rule *rule)
{
	const struct person person = {.profile = f->profile, .rights = f->rights, .state = f->state};
	const uint32_t power = authority_power(&person, f->owner, &f->grant, f->time);
	const bool enough = (power & rule->rights) == rule->rights;

	switch (rule->relation) {
	case NO_PATIENT:
		return (f->rights & rule->rights) == rule->rights ? NULL : "right";
	case WITH_POWER:
		return enough ? NULL : "permission";
	case WITH_ANY:
		return f->owner || power != 0 ? NULL : "share";
	case OWNER_OR_POWER:
		return f->owner || enough ? NULL : "permission";
	case OWNER_ONLY:
		if (!f->owner)
			return "owner";
		return enough ? NULL : "right";
	}
	return "action";
}

static const char *lacks(const struct permit_facts *f, enum permit_action action)
{
	const struct rule *rule = &rules[action];

	if (f->state != USER_ACTIVE)
		return "disabled";
	if ((rule->profiles & 1u << f->profile) == 0)
		return "profile";
	if (permit_action_on_patient(action) && uuid_is_zero(&f->patient.uuid))
		return "patient";
	if ((permit_action_on_patient(action) || action == PERMIT_PATIENT_CREATE) && !f->enrolled)
		return "key";
	return lacks_share(f, rule);
}

struct status permit_decide(const struct permit_facts *facts, enum permit_action action, struct permit_room *room,
			    const struct permit_pass **pass)
{
	const char *missing = action < PERMIT_ACTIONS ? lacks(facts, action) : "action";

	if (missing != NULL)
		return FAIL_AT(ST_DENIED, missing);
	if (permit_action_on_patient(action) && !rules[action].after_end && authority_ended(&facts->end, facts->time))
		return FAIL_AT(ST_GONE, "patient");
	struct permit_pass *made = (void *)room;
	*made = (struct permit_pass){.user = facts->user, .profile = facts->profile, .action = action};
	if (permit_action_on_patient(action))
		made->patient = facts->patient;
	*pass = made;
	return OK;
}

const struct user_id *permit_user(const struct permit_pass *pass)
{
	return &pass->user;
}

enum profile permit_profile(const struct permit_pass *pass)
{
	return pass->profile;
}

const struct patient_id *permit_patient(const struct permit_pass *pass)
{
	return &pass->patient;
}

enum permit_action permit_action(const struct permit_pass *pass)
{
	return pass->action;
}

struct status permit_demand(const struct permit_pass *pass, enum permit_action action, const struct patient_id *patient)
{
	static const struct patient_id none = {0};
	const struct patient_id *wanted = patient != NULL ? patient : &none;

	if (pass == NULL || pass->action != action || !uuid_equal(&pass->patient.uuid, &wanted->uuid))
		return FAIL_AT(ST_DENIED, "pass");
	return OK;
}

bool permit_action_on_patient(enum permit_action action)
{
	return action < PERMIT_ACTIONS && rules[action].relation != NO_PATIENT;
}

enum permit_action permit_read_action(enum compartment compartment)
{
	switch (compartment) {
	case COMPARTMENT_IDENTITY:
		return PERMIT_READ_IDENTITY;
	case COMPARTMENT_CLINICAL:
		return PERMIT_READ_CLINICAL;
	case COMPARTMENT_BOTH:
		break;
	}
	return PERMIT_READ_IDENTIFYING;
}

enum permit_action permit_write_action(enum compartment compartment)
{
	switch (compartment) {
	case COMPARTMENT_IDENTITY:
		return PERMIT_WRITE_IDENTITY;
	case COMPARTMENT_CLINICAL:
		return PERMIT_WRITE_CLINICAL;
	case COMPARTMENT_BOTH:
		break;
	}
	return PERMIT_WRITE_IDENTIFYING;
}
