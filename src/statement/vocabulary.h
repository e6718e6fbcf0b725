/* SPDX-License-Identifier: Apache-2.0 */
/**
 * vocabulary: the enumerations of statements (docs/FORMATS.md section 1), their
 * words for people, and which numbers are known.
 */
#ifndef STATEMENT_VOCABULARY_H
#define STATEMENT_VOCABULARY_H

#include "text.h"

enum profile {
	PROFILE_ADMINISTRATOR = 1,
	PROFILE_CLINICIAN = 2,
	PROFILE_ASSISTANT = 3,
	PROFILE_AUDITOR = 4,
};

/** Bits: what an administrator allows a user (rights), what an owner allows on a file (permissions). */
enum right {
	RIGHT_IDENTITY = 1,
	RIGHT_READ = 2,
	RIGHT_WRITE = 4,
	RIGHT_SHARE = 8,
	RIGHT_EXPORT = 16,
	RIGHT_SIGN = 32,
	RIGHT_DELETE = 64,
	RIGHT_BREAK_GLASS = 128,
};
#define RIGHTS_ALL 255u

enum user_state { USER_ACTIVE = 1, USER_DISABLED = 2 };

enum recipient_kind { RECIPIENT_USER = 1, RECIPIENT_LIST = 2, RECIPIENT_RECOVERY = 3, RECIPIENT_EMERGENCY = 4 };

enum holder_kind { HOLDER_PATIENT = 1, HOLDER_LIST = 2 };

/** COMPARTMENT_BOTH only for records: *identifying*, sealed so that both keys are needed. */
enum compartment { COMPARTMENT_IDENTITY = 1, COMPARTMENT_CLINICAL = 2, COMPARTMENT_BOTH = 3 };

enum record_kind {
	RECORD_IDENTITY = 1, /* demographics: a header, no content */
	RECORD_DICTATION = 2,
	RECORD_PHOTO = 3,
	RECORD_REPORT = 4,
	RECORD_CHART = 5,
	RECORD_SOURCE = 6, /* an imported resource, unchanged */
};

enum record_status { RECORD_DRAFT = 1, RECORD_FINAL = 2, RECORD_AMENDED = 3, RECORD_IN_ERROR = 4 };

enum end_reason { END_DELETED = 1, END_IN_ERROR = 2 };

/** Of texts that a site shows to its users. */
enum language { LANGUAGE_ENGLISH = 1, LANGUAGE_FRENCH = 2 };
#define LANGUAGES 2
/** What takes two persons (act.h). */
enum act { ACT_FACTOR_RESET = 1, ACT_PATIENT_DELETE = 2 };

enum verdict { VERDICT_APPROVE = 1, VERDICT_REFUSE = 2 };

/** Which enumeration a number or a word belongs to. */
enum vocabulary {
	VOCABULARY_PROFILE,
	VOCABULARY_RIGHT, /* single bits */
	VOCABULARY_USER_STATE,
	VOCABULARY_RECIPIENT_KIND,
	VOCABULARY_HOLDER_KIND,
	VOCABULARY_COMPARTMENT,
	VOCABULARY_RECORD_KIND,
	VOCABULARY_RECORD_STATUS,
	VOCABULARY_END_REASON,
	VOCABULARY_LANGUAGE,
	VOCABULARY_ACT,
	VOCABULARY_VERDICT,
};

/** vocabulary_knows(v, value): whether ${value} is one of the enumeration's. */
bool vocabulary_knows(enum vocabulary v, uint32_t value);
/** vocabulary_word(v, value): "clinician", "break-glass", "entered-in-error"; empty when unknown. */
struct text vocabulary_word(enum vocabulary v, uint32_t value);
/** vocabulary_value(v, word, out): the number of exactly that word; ST_INVALID. */
MUST_CHECK struct status vocabulary_value(enum vocabulary v, struct text word, uint32_t *out);
/** vocabulary_put_rights(b, rights): "identity,read,write" in the order of the bits; nothing for 0. */
MUST_CHECK struct status vocabulary_put_rights(struct buffer *b, uint32_t rights);
/** vocabulary_to_rights(list, out): the reverse, any order, no word twice; empty gives 0; ST_INVALID. */
MUST_CHECK struct status vocabulary_to_rights(struct text list, uint32_t *out);

#endif /* !STATEMENT_VOCABULARY_H */
