/* SPDX-License-Identifier: Apache-2.0 */
/**
 * context: the byte strings that bind a key, a seal or a hash to its place
 * (docs/FORMATS.md section 2): a label with its final NUL, then every argument
 * as a u32 length and its bytes.
 *
 * Every function appends to ${out}; the longest result of the named ones is
 * CONTEXT_MAX bytes.
 */
#ifndef STATEMENT_CONTEXT_H
#define STATEMENT_CONTEXT_H

#include "id.h"
#include "vocabulary.h"

#define CONTEXT_MAX 320

/* Labels of derivations that take no arguments: their info is context_put(out, label, NULL, 0). */
#define CONTEXT_INVITATION     "tacenda/v1/invitation"
#define CONTEXT_COMPARTMENT    "tacenda/v1/compartment"
#define CONTEXT_RECORD_HEADER  "tacenda/v1/record-header"
#define CONTEXT_RECORD_CONTENT "tacenda/v1/record-content"
#define CONTEXT_PREVIOUS_KEY   "tacenda/v1/previous-key"
#define CONTEXT_IMPORT_TOKEN   "tacenda/v1/import-token"

/** context_put(out, label, arguments, count): ${label} is a C string; its NUL is written. */
MUST_CHECK struct status context_put(struct buffer *out, const char *label, const struct bytes *arguments,
				     size_t count);

/** One generation of one compartment's key of a patient file or a list. */
struct epoch_place {
	struct hash fingerprint;
	enum holder_kind holder_kind;
	struct uuid holder;
	enum compartment compartment; /* identity or clinical */
	uint32_t number;
};
MUST_CHECK struct status context_commitment(const struct epoch_place *place, struct buffer *out);
/** Additional data of `previous_sealed` in the statement of epoch place->number. */
MUST_CHECK struct status context_previous_key(const struct epoch_place *place, struct buffer *out);
/** Additional data of a wrapped key, suite 1. */
MUST_CHECK struct status context_wrapped_key(const struct epoch_place *place, enum recipient_kind kind,
					     const struct uuid *recipient, const struct hash *key_hash,
					     struct buffer *out);
/** `info` of a wrapped key: label, NUL, suite 0x01. */
MUST_CHECK struct status context_wrapped_key_info(struct buffer *out);

/** One version of one record. */
struct record_place {
	struct hash fingerprint;
	struct patient_id patient;
	struct record_id record;
	uint32_t version;
	enum compartment compartment;
};
MUST_CHECK struct status context_record_key(const struct record_place *place, struct buffer *out);
MUST_CHECK struct status context_record_header(const struct record_place *place, const struct user_id *author,
					       struct buffer *out);
MUST_CHECK struct status context_record_content(const struct record_place *place, const struct user_id *author,
						struct buffer *out);

#endif /* !STATEMENT_CONTEXT_H */
