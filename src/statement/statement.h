/* SPDX-License-Identifier: Apache-2.0 */
/**
 * statement: whatever is signed (docs/FORMATS.md section 1).
 *
 * One table (kind -> fields) drives encoding, parsing and printing, so that they
 * cannot disagree.  A parsed statement is a set of views into the bytes it was
 * parsed from and lives as long as they do.
 *
 * Invariants
 * 1. statement_parse() accepts exactly what statement_sign() can produce: parsing
 *    and encoding again gives the same bytes.
 * 2. The kind is inside the signed bytes, so a signature over one kind never
 *    passes for another.
 * 3. Whether the signer was allowed to make it is not decided here (authority.h).
 */
#ifndef STATEMENT_STATEMENT_H
#define STATEMENT_STATEMENT_H

#include "ed25519.h"
#include "id.h"
#include "limits.h"
#include "p256.h"
#include "vocabulary.h"

enum statement_kind {
	STATEMENT_SITE,
	STATEMENT_INVITATION,
	STATEMENT_KEY,
	STATEMENT_USER,
	STATEMENT_PATIENT,
	STATEMENT_EPOCH,
	STATEMENT_GRANT,
	STATEMENT_REVOCATION,
	STATEMENT_RECORD,
	STATEMENT_RECORD_END,
	STATEMENT_SIGN_IN,
	/* Rows carry these numbers: new kinds come last. */
	STATEMENT_PATIENT_END,
	STATEMENT_PATIENT_KEEP,
	STATEMENT_CONDUCT,
	STATEMENT_REVIEW,
	STATEMENT_REQUEST,
	STATEMENT_DECISION,
	STATEMENT_KINDS,
};

/** What every statement begins with. */
struct statement_head {
	struct hash site; /* fingerprint; zeros in the site statement itself */
	struct user_id author;
	struct hash author_key; /* key_hash.h */
	uint64_t seen_size;     /* tree size of the last checkpoint verified; 0 none */
	struct hash seen_root;  /* zeros exactly when seen_size is 0 */
	struct hash previous;   /* name of the previous statement on the subject, or zeros */
	uint64_t time;          /* ms since 1970: a claim */
};

struct statement_site {
	struct text name, region, origin;
	struct ed25519_public log_key;
	struct user_id administrator;
	struct text login;
	struct p256_public invitation_key;
};
struct statement_invitation {
	struct user_id user;
	struct text login;
	enum profile profile;
	uint32_t rights;
	struct p256_public invitation_key;
	uint64_t expires; /* ms since 1970 */
};
struct statement_key {
	struct user_id user;
	struct p256_public hpke_key, sign_key;
	struct hash invitation; /* name of it; zeros when the previous key signs */
};
struct statement_user {
	struct user_id user;
	enum profile profile;
	uint32_t rights;
	enum user_state state;
};
struct statement_patient {
	struct patient_id patient;
	struct bytes token; /* 0 or 32 bytes */
};
struct statement_epoch {
	enum holder_kind holder_kind;
	struct uuid holder;
	enum compartment compartment; /* identity or clinical */
	uint32_t number;
	struct hash commitment;
	struct bytes previous_sealed; /* 72 bytes; empty exactly when number is 0 */
	struct bytes recipients;      /* rows: statement_recipient(), statement_put_recipient() */
};
struct statement_grant {
	struct patient_id patient;
	enum recipient_kind recipient_kind;
	struct uuid recipient;
	uint32_t permissions;
	uint64_t until; /* ms since 1970; 0 none */
};
struct statement_revocation {
	struct patient_id patient;
	enum recipient_kind recipient_kind;
	struct uuid recipient;
};
struct statement_record {
	struct patient_id patient;
	struct record_id record;
	uint32_t version; /* from 1 */
	enum record_kind kind;
	enum record_status status;
	enum compartment compartment;
	uint32_t identity_epoch, clinical_epoch; /* 0 for a compartment that is not used */
	struct bytes token;                      /* 0 or 32 bytes */
	struct hash header_hash;                 /* of the sealed header */
	uint64_t size;                           /* of the sealed content */
	struct hash content_hash;
};
struct statement_record_end {
	struct patient_id patient;
	struct record_id record;
	uint32_t version; /* the last one */
	enum end_reason reason;
};
struct statement_patient_end {
	struct patient_id patient;
	uint64_t delay; /* ms from its leaf's time until it takes effect */
};
struct statement_patient_keep {
	struct patient_id patient;
	struct hash end; /* name of the patient-end that it withdraws */
};
/** Its author accepts the code of conduct. */
struct statement_conduct {
	uint32_t version; /* of the site's code, from 1 */
	enum language language;
	struct hash text; /* SHA-256 of what was shown to him */
};
/** Its author has reviewed who signed in and who may, over leaves [from, until) of the log. */
struct statement_review {
	uint64_t from, until; /* until: at most head.seen_size */
	uint32_t sign_ins, failures, locks, unusual;
	uint32_t users, dormant; /* active ones; those of them who did not sign in */
};
/** An act of two persons is asked for (act.h says which of the two it is about). */
struct statement_request {
	struct approval_id approval; /* made by the asker; names the chain of request and decision */
	enum act act;
	struct user_id user;       /* zeros: about none */
	struct patient_id patient; /* zeros: about none */
};
#define STATEMENT_REASON_MAX 200
/** Its `previous` is the request's name: so who decides signs what was asked. */
struct statement_decision {
	struct approval_id approval;
	enum verdict verdict;
	struct text reason; /* empty only for an approval */
};
struct statement_sign_in {
	struct hash nonce;
	struct device_id device;
};

/** A draft to sign (kind, head and the kind's member), or a parsed statement (everything). */
struct statement {
	enum statement_kind kind;
	struct statement_head head;
	union {
		struct statement_site site;
		struct statement_invitation invitation;
		struct statement_key key;
		struct statement_user user;
		struct statement_patient patient;
		struct statement_epoch epoch;
		struct statement_grant grant;
		struct statement_revocation revocation;
		struct statement_record record;
		struct statement_record_end record_end;
		struct statement_sign_in sign_in;
		struct statement_patient_end patient_end;
		struct statement_patient_keep patient_keep;
		struct statement_conduct conduct;
		struct statement_review review;
		struct statement_request request;
		struct statement_decision decision;
	};
	/* Set by statement_parse() only. */
	struct bytes bytes;        /* all of it */
	struct bytes signed_bytes; /* everything before the signature */
	struct hash name;          /* SHA-256 of signed_bytes */
	struct signature signature;
};

/**
 * statement_sign(draft, sign_key, out):
 * Append the encoded and signed statement to ${out}.  ST_INVALID names the first
 * field whose value the format does not allow; ST_TOO_BIG past
 * LIMIT_STATEMENT_BYTES; after a failure ${out} is as it was.
 */
MUST_CHECK struct status statement_sign(const struct statement *draft, const struct secret *sign_key,
					struct buffer *out);
/** statement_encode(draft, out): the same without the signature, for signers that sit elsewhere. */
MUST_CHECK struct status statement_encode(const struct statement *draft, struct buffer *out);
/**
 * statement_parse(bytes, out):
 * The whole of ${bytes} or nothing.  ST_INVALID names the field; ST_TOO_BIG.
 * Signatures and authority are not looked at.
 */
MUST_CHECK struct status statement_parse(struct bytes bytes, struct statement *out);
/** statement_verify(parsed, public): ST_UNPROVEN unless ${public} signed exactly this. */
MUST_CHECK struct status statement_verify(const struct statement *s, const struct p256_public *public_key);
/** The same with a key parsed once for many statements. */
MUST_CHECK struct status statement_verify_with(const struct statement *s, const struct p256_verifier *verifier);

/** statement_word(kind): "record-end". */
struct text statement_word(enum statement_kind kind);
/** statement_print(parsed, out): `kind` and one line `name: value` a field, for people and exports. */
MUST_CHECK struct status statement_print(const struct statement *s, struct buffer *out);

/* A subject is the chain that `previous` links: SHA-256 of context("tacenda/v1/subject", word, ids). */

/** statement_subject(s, out): ST_INVALID for sign-in, which has none. */
MUST_CHECK struct status statement_subject(const struct statement *s, struct hash *out);
MUST_CHECK struct status statement_subject_site(struct hash *out);
MUST_CHECK struct status statement_subject_user(const struct user_id *user, struct hash *out);
MUST_CHECK struct status statement_subject_patient(const struct patient_id *patient, struct hash *out);
MUST_CHECK struct status statement_subject_epoch(enum holder_kind kind, const struct uuid *holder,
						 enum compartment compartment, struct hash *out);
MUST_CHECK struct status statement_subject_approval(const struct approval_id *approval, struct hash *out);
MUST_CHECK struct status statement_subject_record(const struct record_id *record, struct hash *out);
/** Of what ${user} accepted. */
MUST_CHECK struct status statement_subject_conduct(const struct user_id *user, struct hash *out);
MUST_CHECK struct status statement_subject_review(struct hash *out);
/** statement_patient_of(s, out): the patient it is about; false for kinds about none (and lists' epochs). */
bool statement_patient_of(const struct statement *s, struct patient_id *out);

/** One row of an epoch's recipients. */
struct recipient {
	enum recipient_kind kind;
	struct uuid id;
	struct hash key_hash;
	struct hash wrapped_hash; /* SHA-256 of the wrapped key */
};
#define STATEMENT_RECIPIENT_BYTES 81

size_t statement_recipient_count(struct bytes recipients);
/** statement_recipient(recipients, index, out): of a parsed list; ${index} below the count. */
void statement_recipient(struct bytes recipients, size_t index, struct recipient *out);
/** statement_put_recipient(b, r): append a row; rows must come in ascending order of kind and id, none twice. */
MUST_CHECK struct status statement_put_recipient(struct buffer *b, const struct recipient *r);
/** recipient order: below, at or above 0. */
int statement_recipient_order(const struct recipient *a, const struct recipient *b);

#endif /* !STATEMENT_STATEMENT_H */
