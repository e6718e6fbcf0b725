/* SPDX-License-Identifier: Apache-2.0 */
#include "room.h"

#include "facts.h"

#define GIB (UINT64_C(1) << 30)

struct quota_limits room_limits(const struct call *c)
{
	const struct settings *s = c->loop->service->settings;

	return (struct quota_limits){.site = settings_value(s, SETTING_QUOTA_SITE) * GIB,
				     .owner = settings_value(s, SETTING_QUOTA_OWNER) * GIB};
}

struct status room_tell(struct call *c, const struct quota_met *met, struct status s)
{
	if (s.code != ST_FULL || met->name == NULL)
		return s;
	c->problem.kind = PROBLEM_QUOTA;
	c->problem.field = text_of(met->name);
	c->problem.limited = c->problem.counted = true;
	c->problem.limit = met->limit;
	c->problem.used = met->used;
	return s;
}

struct status room_too_big(struct call *c, const char *what, uint64_t limit)
{
	c->problem.limited = true;
	c->problem.limit = limit;
	return FAIL_AT(ST_TOO_BIG, what);
}

struct status room_check(struct call *c, const struct user_id *owner, uint64_t more)
{
	const struct quota_limits limits = room_limits(c);
	struct quota_met met = {0};

	return room_tell(c, &met, quota_check(call_view(c), &limits, owner, more, &met));
}

struct status room_left(struct call *c, const struct user_id *owner, uint64_t *out, struct quota_met *nearest)
{
	const struct quota_limits limits = room_limits(c);

	return quota_left(call_view(c), &limits, owner, out, nearest);
}

struct status room_file(struct call *c, const struct patient_id *patient, uint32_t rights, struct user_id *owner)
{
	struct permit_facts facts = c->caller.facts;
	bool exists = false;

	c->asked = id_print(ID_PATIENT, &patient->uuid);
	struct status s = facts_visible(call_view(c), patient, &facts, &exists);
	if (exists)
		c->patient = *patient;
	TRY(s);
	if (authority_ended(&facts.end, facts.time))
		return FAIL_AT(ST_GONE, "patient");
	if ((facts_power(&facts) & rights) != rights)
		return FAIL_AT(ST_DENIED, "permission");
	*owner = facts.user;
	return facts.owner ? OK : facts_owner(call_view(c), patient, owner);
}

struct status room_record(struct call *c, const struct statement_record *r)
{
	struct user_id owner;

	if (r->size > vault_size_max())
		return room_too_big(c, "size", vault_size_max());
	TRY(room_file(c, &r->patient, RIGHT_WRITE | authority_compartment_rights(r->compartment), &owner));
	return room_check(c, &owner, quota_of_version(r->size));
}
