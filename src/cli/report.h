/* SPDX-License-Identifier: Apache-2.0 */
/**
 * report: who opened one patient file and when, from the first entry of its chain to the
 * last, to hand to the patient; a folder that anybody checks without a server
 * (PROMISES#K10, PROMISES#B2).
 *
 * 1. Everything the two readable files say is computed from the opened, proven entries:
 *    report_check() writes both again from the proofs and compares them byte by byte.
 * 2. What was *opened* is kept apart from what was *delivered in a list*.
 * 3. Names of people are logins as the directory has them, which whoever made the report
 *    verified; the log itself commits to their ids.
 */
#ifndef CLI_REPORT_H
#define CLI_REPORT_H

#include "arena.h"
#include "entry.h"
#include "note.h"
#include "tree.h"

#define REPORT_JSON       "report.json"
#define REPORT_HTML       "report.html"
#define REPORT_CHECKPOINT "checkpoint.txt"
#define REPORT_README     "README.txt"
#define REPORT_FILE_MAX   ((size_t)256 << 20)

struct report_person {
	struct user_id id;
	struct text login;
};
/** One entry of the chain; views into the report's memory. */
struct report_entry {
	struct entry raw;
	struct entry_read read;
	const struct hash *proof; /* that its leaf is in the tree of `head` */
	size_t proof_count;
};
/** What became of the file in one entry. */
enum report_class { REPORT_OPENED, REPORT_DELIVERED, REPORT_CHANGED, REPORT_REFUSED, REPORT_CLASSES };

struct report {
	struct arena memory;
	struct patient_id patient;
	struct text patient_name; /* empty: its maker may not know it */
	struct text site, region, origin, log_key, owner, made_by;
	struct hash fingerprint;
	uint64_t made; /* ms since 1970 */
	struct tree_head head;
	struct report_person *people;
	size_t people_count, people_capacity;
	struct report_entry *entries; /* newest first */
	size_t entry_count, entry_capacity;
};
void report_clear(struct report *r);

/** report_add(r, raw, read): the next older entry; copied. */
MUST_CHECK struct status report_add(struct report *r, const struct entry *raw);
/** report_add_person(r, id, login): once a person; copied. */
MUST_CHECK struct status report_add_person(struct report *r, const struct user_id *id, struct text login);
/** report_login(r, id): empty when it is nobody of the report. */
struct text report_login(const struct report *r, const struct user_id *id);
enum report_class report_class(const struct entry_read *e);
/** report_class_word(c): "opened", "delivered", "changed", "refused". */
const char *report_class_word(enum report_class c);

struct cli;
/** report_make(c, patient, folder): collect, prove, write; the folder must not be there yet. */
MUST_CHECK struct status report_make(struct cli *c, const struct patient_id *patient, const char *folder,
				     struct report *out);
/** report_write_json(r, out), report_write_html(r, out): the two readable files. */
MUST_CHECK struct status report_write_json(const struct report *r, struct buffer *out);
MUST_CHECK struct status report_write_html(const struct report *r, struct buffer *out);
/** report_read_json(json, out): ST_CORRUPT ("report.json") for anything report_write_json() does not write. */
MUST_CHECK struct status report_read_json(struct bytes json, struct report *out);
/**
 * report_check(dir, key, out):
 * Checkpoint signed by ${key}; every entry committed to by its leaf, every leaf in that
 * tree; the chain whole from its first entry; both readable files exactly what the entries
 * say.  ST_CORRUPT (what: the file) otherwise; ST_UNPROVEN: another key.
 */
MUST_CHECK struct status report_check(int dir, const struct note_key *key, struct report *out);

#endif /* !CLI_REPORT_H */
