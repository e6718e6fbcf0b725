/* SPDX-License-Identifier: Apache-2.0 */
/**
 * noticekind: everything that a notice can tell, in one table: its word, how much it
 * matters, its sentence.
 *
 * A sentence is what leaves the product when notices are delivered: it says what
 * happened and what to do, and names nobody and nothing (PROMISES#B1).  What is
 * particular, a login or an address, is the notice's detail, which stays inside.
 */
#ifndef NOTICE_NOTICEKIND_H
#define NOTICE_NOTICEKIND_H

#include "text.h"

/** Rows name a kind by its word: kinds may be added anywhere, but a word is never used again for another. */
enum notice_kind {
	/* To a user, of himself. */
	NOTICE_PASSWORD_ENDS, /* detail: the day */
	NOTICE_PASSWORD_CHANGED,
	NOTICE_PASSWORD_RESET,
	NOTICE_LOGIN_LOCKED,    /* for strangers' devices; detail: from which address */
	NOTICE_DEVICE_LOCKED,   /* one of his own; detail: its label */
	NOTICE_ADDRESS_BLOCKED, /* after a failure of his login; detail: the address */
	NOTICE_BLOCK_LIFTED,
	NOTICE_DEVICE_NEW,    /* detail: its label, and the address */
	NOTICE_SESSION_ENDED, /* by an administrator */
	NOTICE_USER_CHANGED,  /* name, profile or rights */
	NOTICE_FACTOR_ADDED,  /* detail: of which sort */
	NOTICE_FACTOR_REMOVED,
	NOTICE_FACTOR_COPIED, /* a passkey whose counter went back */
	NOTICE_FACTOR_DUE,    /* detail: until when */
	NOTICE_CODES_LOW,     /* recovery codes; detail: how many are left */
	NOTICE_CONDUCT_CHANGED,
	NOTICE_APPROVAL_DECIDED, /* detail: the request, and how */
	NOTICE_LOGIN_SHARED,     /* signs of it; detail: the score */

	NOTICE_CONTACT_CHANGED, /* his mail address for notices */

	/* To everybody of a profile. */
	NOTICE_USER_LOCKED,       /* detail: the login */
	NOTICE_SOURCE_BLOCKED,    /* detail: the address */
	NOTICE_LOCK_LIFTED,       /* detail: of what, by whom */
	NOTICE_SETTING_CHANGED,   /* detail: name, value, the value before */
	NOTICE_NIGHT_OVERDUE,     /* the night key; detail: why */
	NOTICE_HOLDER_ABSENT,     /* a night holder has not taken the night file */
	NOTICE_CERTIFICATE_ENDS,  /* and could not be renewed; detail: why */
	NOTICE_DISK_FULL,         /* nearly: degraded */
	NOTICE_APPROVAL_WANTED,   /* detail: the request */
	NOTICE_REVIEW_OVERDUE,    /* of access, by the auditors; detail: since when */
	NOTICE_SHARED_LOGIN_SEEN, /* to auditors; detail: the login */
	NOTICE_KEYS_WANTED,       /* wrapped keys of somebody who left wait to be made anew; detail: how many */
	NOTICE_UNDELIVERABLE,     /* beyond the product; detail: by which way, why */
	NOTICE_KIND_COUNT,
};

enum notice_severity { NOTICE_INFORMATION, NOTICE_WARNING, NOTICE_URGENT };

struct notice_rule {
	const char *word;
	enum notice_severity severity;
	const char *sentence;
};
extern const struct notice_rule notice_rules[NOTICE_KIND_COUNT];

/** notice_kind_find(word, out): ST_NOT_FOUND. */
MUST_CHECK struct status notice_kind_find(struct text word, enum notice_kind *out);
/** notice_severity_word(severity): "information", "warning", "urgent". */
const char *notice_severity_word(enum notice_severity severity);

#define NOTICE_KINDS_MAX 256
/**
 * notice_kinds_check(list): words of kinds and severities, parted by commas: ST_INVALID
 * names no other.  "" and "none" are lists, too.
 */
MUST_CHECK struct status notice_kinds_check(struct text list);
/** notice_kinds_hold(list, kind): "" holds whatever is more than information, "none" nothing. */
bool notice_kinds_hold(struct text list, enum notice_kind kind);

#endif /* !NOTICE_NOTICEKIND_H */
