/* SPDX-License-Identifier: Apache-2.0 */
/**
 * contentfile: content between descriptors, through whoever holds the keys.
 *
 * The sealed side is always a file: an upload that was cut off goes on from it, and
 * a download is compared with its statement before the first byte of it is opened
 * (PROMISES#S2).  The plain side may be anything: a file, a pipe, standard output.
 */
#ifndef SEAL_CONTENTFILE_H
#define SEAL_CONTENTFILE_H

#include "keyholder.h"
#include "os.h"

/** The two ends; ${plain_fd} is read or written from where it stands, the sealed file from its start. */
struct contentfile {
	const struct os *os;
	int plain_fd, sealed_fd;
};

/**
 * contentfile_seal(k, record, sealed_key, files, claim, plain_size):
 * Everything up to the end of plain_fd, sealed to sealed_fd and synced.  ${claim} is for the
 * statement; ${plain_size}, which may be NULL, for the header.  ST_TOO_BIG past
 * LIMIT_RECORD_BYTES; ST_FULL, ST_IO.
 */
MUST_CHECK struct status contentfile_seal(const struct keyholder *k, const struct keyholder_record *record,
					  const struct sealed_key *sealed_key, const struct contentfile *files,
					  struct recordcontent_claim *claim, uint64_t *plain_size);
/**
 * contentfile_check(files, claim): whether sealed_fd holds exactly what the statement says.  ST_CORRUPT.
 * Needs no key.
 */
MUST_CHECK struct status contentfile_check(const struct contentfile *files, const struct recordcontent_claim *claim);
/**
 * contentfile_open(k, record, sealed_key, files, claim):
 * contentfile_check(), then every byte to plain_fd.  Should the file change in between, the
 * chunks already written are genuine and the rest is missing: ST_CORRUPT, and who
 * wrote to a file takes it away again.
 */
MUST_CHECK struct status contentfile_open(const struct keyholder *k, const struct keyholder_record *record,
					  const struct sealed_key *sealed_key, const struct contentfile *files,
					  const struct recordcontent_claim *claim);
/** contentfile_open_bytes(k, record, sealed_key, sealed, claim, out): the same from and to memory; ${out} must wipe. */
MUST_CHECK struct status contentfile_open_bytes(const struct keyholder *k, const struct keyholder_record *record,
						const struct sealed_key *sealed_key, struct sealed sealed,
						const struct recordcontent_claim *claim, struct buffer *out);

#endif /* !SEAL_CONTENTFILE_H */
