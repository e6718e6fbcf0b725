/* SPDX-License-Identifier: Apache-2.0 */
/** authority_act: the two rows of the authority table for acts of two persons.  Internal to this module. */
#ifndef PERMIT_AUTHORITY_ACT_H
#define PERMIT_AUTHORITY_ACT_H

#include "authority.h"

/* Who may make it: NULL, or what he lacks; and whether its contents agree with the facts. */
const char *authority_act_asker(const struct authority_facts *f, const struct statement *s);
const char *authority_act_decider(const struct authority_facts *f, const struct statement *s);
MUST_CHECK struct status authority_act_request(const struct authority_facts *f, const struct statement *s);

#endif /* !PERMIT_AUTHORITY_ACT_H */
