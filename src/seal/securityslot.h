/* SPDX-License-Identifier: Apache-2.0 */
/**
 * securityslot: one way to open a security file: its file key under Argon2id of a
 * passphrase (docs/FORMATS.md section 2).
 */
#ifndef SEAL_SECURITYSLOT_H
#define SEAL_SECURITYSLOT_H

#include "password.h"
#include "sealed.h"

struct securityslot {
	struct argon2_cost cost;
	uint8_t salt[16];
	struct sealed_key sealed;
};

/** What a new slot costs: a third of a second on a desktop, 128 MiB even in a browser. */
#define SECURITYSLOT_COST ((struct argon2_cost){.memory = 128u << 20, .passes = 4})

/** securityslot_check(cost): ST_INVALID unless within the limits of docs/FORMATS.md, memory in whole KiB. */
MUST_CHECK struct status securityslot_check(struct argon2_cost cost);
/** securityslot_new(file_key, public_part, passphrase, cost, out): ST_INVALID for the cost or an empty passphrase. */
MUST_CHECK struct status securityslot_new(const struct secret *file_key, struct bytes public_part,
					  struct bytes passphrase, struct argon2_cost cost, struct securityslot *out);
/** securityslot_open(slot, public_part, passphrase, file_key): ST_UNPROVEN; ST_INVALID before anything is derived. */
MUST_CHECK struct status securityslot_open(const struct securityslot *slot, struct bytes public_part,
					   struct bytes passphrase, struct secret *file_key);

#endif /* !SEAL_SECURITYSLOT_H */
