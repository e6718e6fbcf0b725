/* SPDX-License-Identifier: Apache-2.0 */
/** unusual: a sign-in or session judged by the rows of its user (sharing.h), and what is told of it. */
#ifndef API_UNUSUAL_H
#define API_UNUSUAL_H

#include "jsonwriter.h"
#include "service.h"
#include "sharing.h"

/** What is judged. */
struct unusual_use {
	struct user_id user;
	struct device_id device;
	struct bytes address; /* 4, 16 or 0 bytes */
	uint64_t now;         /* ms since 1970 */
};
struct unusual {
	struct sharing sharing;
	bool unusual; /* its score reaches what the site set */
};
/** unusual_judge(service, view, use, out): among the user's devices and open sessions. */
MUST_CHECK struct status unusual_judge(const struct service *service, struct store_view *view,
				       const struct unusual_use *use, struct unusual *out);

#define UNUSUAL_DETAIL_MAX (SHARING_TEXT_MAX + 16)
/** unusual_detail(u, out): "unusual 75: reasons", of a sign-in's leaf. */
void unusual_detail(const struct unusual *u, char out[UNUSUAL_DETAIL_MAX]);
/** unusual_put(w, u): the member `sharing` of an object. */
void unusual_put(struct jsonwriter *w, const struct unusual *u);
/**
 * unusual_sign_in(service, txn, use, login, out):
 * The same of a sign-in, within its change: what is unusual is told to the user and to
 * auditors; it stops nobody (PROMISES#K13, PROMISES#S4).
 */
MUST_CHECK struct status unusual_sign_in(const struct service *service, struct store_txn *txn,
					 const struct unusual_use *use, struct text login, struct unusual *out);

#endif /* !API_UNUSUAL_H */
