/* SPDX-License-Identifier: Apache-2.0 */
/**
 * setting: one named value that an administrator chooses: its type, bounds, meaning,
 * and its sealed row.  Secrets are never among them.
 *
 * A value is a whole number, a word of a closed list, or a short text of a known form; in
 * memory a word is its place in that list, in its row it is text, so that the list may grow.
 */
#ifndef SETTING_SETTING_H
#define SETTING_SETTING_H

#include "jsonwriter.h"
#include "store.h"

/** Four of a kind stand in the order of `enum profile`, behind the one for everybody. */
enum setting {
	SETTING_NIGHT_HOUR,
	SETTING_SESSION_IDLE,
	SETTING_SESSION_IDLE_OF,
	SETTING_SESSION_ABSOLUTE = SETTING_SESSION_IDLE_OF + 4,
	SETTING_SESSION_ABSOLUTE_OF,
	SETTING_SESSION_CAP = SETTING_SESSION_ABSOLUTE_OF + 4,
	SETTING_PASSWORD_POLICY,
	SETTING_PASSWORD_MEMORY,
	SETTING_PASSWORD_PASSES,
	SETTING_QUOTA_SITE,
	SETTING_QUOTA_OWNER,
	SETTING_FAILURES,
	SETTING_SHARING_SCORE,
	SETTING_SHARING_STEP,
	SETTING_REVIEW_INTERVAL,
	SETTING_APPROVAL_OFFICE,
	SETTING_PATIENT_DELETE,
	SETTING_MAIL_TLS,
	SETTING_LEAVES,
	SETTING_FACTOR_FRESH,
	SETTING_FACTOR_DAYS_OF,
	SETTING_EXEMPT = SETTING_FACTOR_DAYS_OF + 4,
	SETTING_PROXIES,
	SETTING_MAIL_SERVER,
	SETTING_MAIL_FROM,
	SETTING_MAIL_USER,
	SETTING_MAIL_KINDS,
	SETTING_HOOK_URL,
	SETTING_HOOK_KINDS,
	SETTING_SYSLOG_SERVER,
	SETTING_SYSLOG_KINDS,
	SETTING_FHIR_URL,
	SETTING_COUNT,
};
/** The texts stand last: as many as this, from the first of them on. */
#define SETTING_TEXTS      SETTING_EXEMPT
#define SETTING_TEXT_COUNT (SETTING_COUNT - SETTING_TEXTS)
/* Of SETTING_FACTOR_DAYS_OF: no second factor is asked for. */
#define SETTING_FACTOR_NEVER 366
/** Words of SETTING_PASSWORD_POLICY, in the order of the policies themselves. */
extern const char *const setting_policies[];
/** Words of SETTING_SHARING_STEP. */
enum setting_sharing_step { SETTING_SHARING_TELL, SETTING_SHARING_CONDUCT };
/** Of SETTING_MAIL_TLS. */
enum setting_mail_tls { SETTING_MAIL_IMPLICIT, SETTING_MAIL_STARTTLS };
/** Of SETTING_LEAVES: as what leaves of the log are delivered. */
enum setting_leaves { SETTING_LEAVES_NOT, SETTING_LEAVES_SYSLOG, SETTING_LEAVES_FHIR };

struct setting_rule {
	const char *name, *meaning;
	uint16_t least, most, otherwise; /* bounds, both allowed; the value when none was chosen */
	const char *const *words;        /* of a word: ${most} + 1 of them; NULL: a number */
	/* Of a text, ${most} bytes at most, "" when none was chosen: ST_INVALID says what to write; NULL: no text. */
	struct status (*check)(struct text t);
};
extern const struct setting_rule setting_rules[SETTING_COUNT];

#define SETTING_TEXT_MAX 256

struct setting_value {
	uint16_t number;             /* or a word's place; of a text whether there is any */
	char text[SETTING_TEXT_MAX]; /* of a text, NUL-terminated */
};

/** setting_find(name, out): ST_NOT_FOUND ("setting"). */
MUST_CHECK struct status setting_find(struct text name, enum setting *out);
/** setting_parse(which, t, out): ST_INVALID when it is no such word, or outside the bounds. */
MUST_CHECK struct status setting_parse(enum setting which, struct text t, struct setting_value *out);
/** setting_print(which, value, out): as setting_parse() reads it, NUL-terminated. */
void setting_print(enum setting which, const struct setting_value *value, char out[SETTING_TEXT_MAX]);
/** setting_json(w, which, value): one object: name, value, default, bounds or words, meaning. */
void setting_json(struct jsonwriter *w, enum setting which, const struct setting_value *value);

/** setting_get(view, which, value, seq): the default and 0 when none was chosen; ST_CORRUPT out of bounds. */
MUST_CHECK struct status setting_get(struct store_view *view, enum setting which, struct setting_value *value,
				     uint64_t *seq);

/** One change of one setting. */
struct setting_change {
	enum setting which;
	struct setting_value value;
	bool host; /* by the host, who may do what one administrator may not */
	/* Set by setting_apply(). */
	uint64_t seq;                           /* orders the changes of one setting */
	char detail[2 * SETTING_TEXT_MAX + 64]; /* of the change's leaf: name, value, the value before */
};
/**
 * setting_apply(txn, change):
 * Write the row; the caller logs ${change}'s detail in the same transaction.  ST_DENIED "host: ..." when it relaxes
 * what takes two persons (approval.office_days, patient.delete) and is not the host's.
 */
MUST_CHECK struct status setting_apply(struct store_txn *txn, struct setting_change *change);

#endif /* !SETTING_SETTING_H */
