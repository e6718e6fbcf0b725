/* SPDX-License-Identifier: Apache-2.0 */
/**
 * keeper: everything keyd holds, and what may be done with it.
 *
 * Owned by keyd's one thread.  Files of K beside those of keystore, slots,
 * nightfile, signer and tlsidentity: `site` (origin and log key, vouched) and
 * `creating`, which is there while a key store is being made and makes it count
 * as not made.
 *
 * Invariants:
 *  1. Root, night, CA and log signing keys are in guarded memory and leave in no answer.
 *  2. An existing key store is never overwritten.
 *  3. A failure to unseal leaves the keeper sealed, with no key in memory.
 */
#ifndef KEYD_KEEPER_H
#define KEYD_KEEPER_H

#include "holder.h"
#include "rewrap.h"
#include "signer.h"
#include "slots.h"
#include "tlsidentity.h"

/** Do not move it: parts point to each other. */
struct keeper {
	const struct os *os;
	const struct clock *clock;
	int dir;         /* K, borrowed; -1 when there is no such directory */
	bool locked_out; /* another keyd has K */
	struct holders holders;
	uint8_t landlock;

	enum keywire_state state;
	int nights;             /* -1 unless open */
	struct nightfile night; /* as it was opened; what keeper_offer_again() offers */
	struct slots slots;
	struct secret root;
	struct keystore store;
	struct vouched vouched;
	struct buffer origin_text;
	struct origin origin;
	struct ed25519_public log_key;
	struct signer signer;
	struct tlsidentity tls;
	struct rewrap rewrap;
	struct status rewrap_failure; /* of the last one; ST_OK when it went well */
};

/** keeper_begin(os, clock, dir, out): look what K is; ${out} is sealed or missing. */
void keeper_begin(const struct os *os, const struct clock *clock, int dir, struct keeper *out);
/** keeper_create(k, origin, site_name, proof): a new key store, and open it. */
MUST_CHECK struct status keeper_create(struct keeper *k, struct text origin, struct text site_name,
				       const struct keywire_proof *proof);
/**
 * keeper_unseal(k, proof):
 * Open the key store.  Offers the night file to the holders and takes up an
 * interrupted re-wrap; neither failing is a failure (keeper_status() tells).
 */
MUST_CHECK struct status keeper_unseal(struct keeper *k, const struct keywire_proof *proof);
/** keeper_seal(k): forget every key; sealed again. */
void keeper_seal(struct keeper *k);

/* The rest is for an open keeper. */
struct rewrap_place keeper_rewrap_place(struct keeper *k);
struct tlsidentity_place keeper_tls_place(struct keeper *k);
/** keeper_rewrap(k): begin one. */
MUST_CHECK struct status keeper_rewrap(struct keeper *k);
/** keeper_step(k): a little of the running re-wrap; its outcome is in k->rewrap_failure when it stopped. */
void keeper_step(struct keeper *k);
/** keeper_waits(k): a holder whose directory is there has not acknowledged the night file. */
bool keeper_waits(const struct keeper *k);
/** keeper_offer_again(k): the night file, to every holder, as far as they go. */
void keeper_offer_again(struct keeper *k);
/** keeper_add_slot(k, present, added): ST_UNPROVEN unless ${present} opens a slot. */
MUST_CHECK struct status keeper_add_slot(struct keeper *k, const struct keywire_proof *present,
					 const struct keywire_proof *added);
MUST_CHECK struct status keeper_remove_slot(struct keeper *k, const struct keywire_proof *present, size_t index);
/** keeper_status(k, out): of any state; views into ${k}. */
void keeper_status(struct keeper *k, struct keywire_status *out);

#endif /* !KEYD_KEEPER_H */
