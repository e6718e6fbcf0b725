/* SPDX-License-Identifier: Apache-2.0 */
/**
 * importtarget: one patient file that an import writes to: what it has already, by
 * import token, and what is added.
 *
 * Records of several patients travel in one change set.  Each is found again by its
 * token, so an import that was cut off anywhere goes on where it was.
 */
#ifndef CLI_IMPORTTARGET_H
#define CLI_IMPORTTARGET_H

#include "cli.h"
#include "demographics.h"
#include "recordput.h"

/** The change set under way, sent when full. */
struct importwriter {
	struct site *site;
	struct changeset set;
	bool open;
	bool dry_run; /* nothing is ever sent */
	size_t sets;  /* that were sent */
};
void importwriter_clear(struct importwriter *w);
/** importwriter_send(w): whatever waits. */
MUST_CHECK struct status importwriter_send(struct importwriter *w);

struct importtarget_record {
	struct hash token; /* zeros: it was not imported */
	struct record_id record;
	enum record_kind kind;
	enum compartment compartment;
	uint32_t version;
	struct hash statement; /* name of the newest version's */
	struct hash plain_hash;
	uint64_t leaf;
	bool pending;         /* written by this import */
	char offset_base[32]; /* "" */
	char title[64];       /* cut */
};
struct importtarget {
	struct importwriter *writer;
	struct patientfile file;
	bool is_new, opened;
	struct buffer records; /* struct importtarget_record */
};
/** importtarget_make(w, demographics, token, out): a new patient file in the set. */
MUST_CHECK struct status importtarget_make(struct importwriter *w, const struct demographics *demographics,
					   const struct hash *token, struct importtarget *out);
/** importtarget_open(w, patient, out): one that is there, with the list of its records. */
MUST_CHECK struct status importtarget_open(struct importwriter *w, const struct patient_id *patient,
					   struct importtarget *out);
void importtarget_clear(struct importtarget *t);

size_t importtarget_count(const struct importtarget *t);
struct importtarget_record *importtarget_at(const struct importtarget *t, size_t i);
/** importtarget_find(t, token): NULL. */
struct importtarget_record *importtarget_find(const struct importtarget *t, const struct hash *token);
/** importtarget_load(t, record, out): the newest content, appended. */
MUST_CHECK struct status importtarget_load(struct importtarget *t, const struct importtarget_record *record,
					   struct buffer *out);

struct importtarget_put {
	struct hash token;
	/* The same with the content's hash in it: for several sources of one name in one import. */
	struct hash own_token; /* zeros: none */
	enum record_kind kind;
	enum compartment compartment;
	struct recordput_header header;
	struct bytes content; /* or ... */
	const char *path;     /* ... a file of any size */
	struct hash hash;     /* SHA-256 of the content; zeros: of ${content}, not computed yet */
};
/** importtarget_hash_file(path, out): without holding it. */
MUST_CHECK struct status importtarget_hash_file(const char *path, struct hash *out);
enum importtarget_outcome { IMPORTTARGET_ADDED, IMPORTTARGET_CHANGED, IMPORTTARGET_SAME, IMPORTTARGET_DELETED };
/**
 * importtarget_put(t, put, outcome, record):
 * A new record, a new version when the content is not what the newest one has, or
 * nothing.  What somebody deleted after an earlier import stays deleted.
 */
MUST_CHECK struct status importtarget_put(struct importtarget *t, const struct importtarget_put *put,
					  enum importtarget_outcome *outcome, struct record_id *record);

#endif /* !CLI_IMPORTTARGET_H */
