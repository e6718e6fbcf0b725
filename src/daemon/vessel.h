/* SPDX-License-Identifier: Apache-2.0 */
/**
 * vessel: one data directory with everything of it open: store, log, vault, keyd, the
 * committer.  What init, serve and the verbs that work on stopped data have in common.
 */
#ifndef DAEMON_VESSEL_H
#define DAEMON_VESSEL_H

#include "committer.h"
#include "threadkeys.h"
#include "vault.h"

struct vessel_options {
	const char *data, *keys;
	const char *holders[KEYRING_HOLDERS_MAX];
	size_t holder_count;
	size_t loops; /* connections to keyd beyond main and committer */
	bool create;
	struct keywire_proof proof;    /* of a root slot */
	struct text origin, site_name; /* create */
};

/** `{ .data = -1, .log_dir = -1 }` is a closed one; must not be moved while open. */
struct vessel {
	int data, log_dir;
	struct threadkeys keys;
	struct store store;
	struct log *log;
	struct vault *vault;
	struct committer *committer;
	struct log_signer signer;
	struct note_key log_key;
	char origin[256], name[256], region[64], preset[32];
	struct hash fingerprint;
};
/**
 * vessel_open(options, out):
 * In order: directory and lock, keyd unsealed, rows, log, objects, the site's row,
 * the committer with the outbox replayed.  `what` of a failure says what to do.
 * vessel_close() it in any case.
 */
MUST_CHECK struct status vessel_open(const struct vessel_options *options, struct vessel *out);
/** vessel_open_keys(options, out), then vessel_open_rows(options, out): the same in two steps.  Only the second starts
 * threads. */
MUST_CHECK struct status vessel_open_keys(const struct vessel_options *options, struct vessel *out);
MUST_CHECK struct status vessel_open_rows(const struct vessel_options *options, struct vessel *out);
/** vessel_load_site(v): name, region, origin, preset, fingerprint, token key from the rows; ST_NOT_FOUND before init.
 */
MUST_CHECK struct status vessel_load_site(struct vessel *v);
/** vessel_commit(v): start the committer. */
MUST_CHECK struct status vessel_commit(struct vessel *v);
void vessel_close(struct vessel *v);

#endif /* !DAEMON_VESSEL_H */
