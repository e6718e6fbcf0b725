/* SPDX-License-Identifier: Apache-2.0 */
/**
 * recordput: a new record, a new version of one, a deletion.
 *
 * The content is sealed while it is read; what is larger than CHANGESET_INLINE is on
 * its way to the server before its length is known.  The statement, which names size
 * and hash of the sealed bytes, is signed last (docs/FORMATS.md section 2).
 */
#ifndef CLIENT_RECORDPUT_H
#define CLIENT_RECORDPUT_H

#include "changeset.h"
#include "patientfile.h"

/** Where the plain bytes come from: read up to ${max} into ${out}; 0 is the end. */
struct recordput_source {
	struct status (*read)(void *context, uint8_t *out, size_t max, size_t *len);
	void *context;
	uint64_t size; /* of all of it, when that is known before; 0: not */
};

/** What the header says; empty texts are left out. */
struct recordput_header {
	struct text title, type, name, taken, source, offset_base;
	struct text raw; /* instead of all of it: one JSON object (demographics) */
};

struct recordput {
	struct record_id record; /* zero: a new one */
	uint32_t version;        /* 1 for a new one, otherwise the last version + 1 */
	struct hash previous;    /* name of the last version's statement; zero for a new one */
	enum record_kind kind;
	enum record_status status;
	enum compartment compartment;
	const struct hash *token; /* of an import; NULL: none */
	struct recordput_header header;
	const struct recordput_source *source; /* NULL: no content (kind identity) */
	uint64_t time;
};

/**
 * recordput_add(f, put, set, out):
 * Seal, upload where needed, sign, and add to ${set}; ${out} is the record's id.
 * Nothing counts before changeset_send().  ST_DENIED without the keys it takes.
 */
MUST_CHECK struct status recordput_add(struct patientfile *f, const struct recordput *put, struct changeset *set,
				       struct record_id *out);

/** A record's newest version, as far as a new one builds on it. */
struct recordput_end {
	struct record_id record;
	uint32_t version;
	struct hash previous;
	enum end_reason reason;
	uint64_t time;
};
/** recordput_end_add(f, end, set): a signed deletion. */
MUST_CHECK struct status recordput_end_add(struct patientfile *f, const struct recordput_end *end,
					   struct changeset *set);

#endif /* !CLIENT_RECORDPUT_H */
