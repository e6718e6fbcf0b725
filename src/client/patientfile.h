/* SPDX-License-Identifier: Apache-2.0 */
/**
 * patientfile: one patient file as this person may see it: its statements, proven
 * and replayed, and the epoch keys that he holds.
 *
 * 1. Nobody's word is taken for owner, grants or epochs: they come out of the
 *    replay of signed statements at proven places (PROMISES#B3, PROMISES#K9).
 * 2. A key is used only if the epoch statement names the wrapped key and commits to
 *    the key in it.
 */
#ifndef CLIENT_PATIENTFILE_H
#define CLIENT_PATIENTFILE_H

#include "site.h"

/** Newest key of one compartment; `key` 0: not for this person. */
struct patientfile_key {
	struct epoch_handle key;
	uint32_t number;
};

struct patientfile {
	struct site *site;
	struct patient_id id;
	struct patient_state state;
	struct patientfile_key identity, clinical;
	struct {
		enum compartment compartment;
		struct patientfile_key key;
	} walked[64]; /* older keys, opened when a record first needed them */
	size_t walked_count;
};

/**
 * patientfile_open(site, id, out):
 * Fetch, prove, replay, open.  ST_NOT_FOUND, ST_DENIED from the server; ST_CORRUPT
 * names what does not fit ("statement", "wrapped key", ...); ST_GONE "patient" once its
 * deletion counts, then site->deleted says by whom and when.  patientfile_clear() it.
 */
MUST_CHECK struct status patientfile_open(struct site *site, const struct patient_id *id, struct patientfile *out);
void patientfile_clear(struct patientfile *f);

/** Epochs under which a record's key is sealed. */
struct patientfile_epochs {
	enum compartment compartment;
	uint32_t identity, clinical;
};
/**
 * patientfile_keys(f, epochs, identity, clinical):
 * Handles for these epochs, walking back from the newest; 0 for a compartment that
 * is not needed.  ST_DENIED ("identity", "read") when this person has no key for one.
 */
MUST_CHECK struct status patientfile_keys(struct patientfile *f, const struct patientfile_epochs *epochs,
					  struct epoch_handle *identity, struct epoch_handle *clinical);
/** patientfile_now(f, compartment): the newest epochs, under which new records are written. */
struct patientfile_epochs patientfile_now(const struct patientfile *f, enum compartment compartment);
/** patientfile_epoch_place(f, compartment, number): for seals and derivations. */
struct epoch_place patientfile_epoch_place(const struct patientfile *f, enum compartment compartment, uint32_t number);

#endif /* !CLIENT_PATIENTFILE_H */
