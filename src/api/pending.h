/* SPDX-License-Identifier: Apache-2.0 */
/** pending: what stands between a sign-in and work (COMMANDS): one table, a row a step. */
#ifndef API_PENDING_H
#define API_PENDING_H

#include "service.h"

/** A sign-in that has proven everything, as its rows say in the transaction that opens the session. */
struct pending {
	const struct service *service;
	struct store_view *view;
	uint64_t now; /* ms since 1970 */
	struct user_id user;
	enum profile profile;
	uint64_t password_changed; /* ms since 1970 */
	bool refused;              /* the policy would not take this password again */
	bool unusual;              /* signs that several people use this login */
};
/** pending_steps(p, out): bits of enum step; none ever on a trial site. */
MUST_CHECK struct status pending_steps(const struct pending *p, uint32_t *out);

#endif /* !API_PENDING_H */
