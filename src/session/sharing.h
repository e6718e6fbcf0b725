/* SPDX-License-Identifier: Apache-2.0 */
/**
 * sharing: does one login look as if more than one person used it (PROMISES#K13,
 * PROMISES#S4)?  A score from 0 to 100 with its reasons; pure.
 *
 * 1. Evidence is only what one person rarely does: devices at work at once *and* on
 *    different networks, many devices that are new, devices on many networks.
 * 2. A device counts with one network, the one it was last on: a telephone whose
 *    carrier gives it another address at every sign-in stays one device on one.
 * 3. A network is wide: 24 bits of an IPv4 address, 48 of an IPv6 one (what a site is
 *    given: RFC 6177, 2), and a whole block of RFC 1918 or RFC 6598: a clinic's rooms
 *    and its wireless are one place.  No address is no evidence.
 */
#ifndef SESSION_SHARING_H
#define SESSION_SHARING_H

#include "id.h"

/** Two devices are at work at once when both were used within this time. */
#define SHARING_AT_ONCE_MS (5ull * 60 * 1000)
/** How long a device is new, and how far back networks are counted. */
#define SHARING_NEW_MS      (7ull * 24 * 3600 * 1000)
#define SHARING_NETWORKS_MS (24ull * 3600 * 1000)

/** A device that has signed in before. */
struct sharing_device {
	struct device_id id;
	uint64_t first, last; /* sign-ins, ms since 1970 */
	struct bytes address; /* of the last one: 4, 16 or 0 bytes */
};
/** An open session. */
struct sharing_session {
	struct device_id device;
	uint64_t used; /* ms since 1970 */
};
/** One sign-in, or the session it became, among the rest of the same login. */
struct sharing_facts {
	uint64_t now; /* ms since 1970 */
	struct device_id device;
	struct bytes address;
	const struct sharing_device *devices; /* this one may be missing: it is new then */
	size_t device_count;
	const struct sharing_session *sessions;
	size_t session_count;
};

struct sharing {
	unsigned score; /* 0 to 100 */
	/* Reasons; those that add nothing to the score are 0. */
	unsigned at_once;     /* other networks with devices used just now */
	unsigned new_devices; /* within SHARING_NEW_MS */
	unsigned networks;    /* within SHARING_NETWORKS_MS */
};
/** sharing_judge(facts): no failure. */
struct sharing sharing_judge(const struct sharing_facts *f);

#define SHARING_TEXT_MAX 160
/** sharing_print(s, out): "90: 2 other networks with devices at work; 4 new devices in 7 days", or "0". */
void sharing_print(const struct sharing *s, char out[SHARING_TEXT_MAX]);
/** sharing_same_network(a, b): true also when either is no address. */
bool sharing_same_network(struct bytes a, struct bytes b);

#endif /* !SESSION_SHARING_H */
