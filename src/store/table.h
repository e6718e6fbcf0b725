/* SPDX-License-Identifier: Apache-2.0 */
/**
 * table: the declaration of every table of the product (docs/FORMATS.md, "Rows").
 *
 * A row is its plain columns, which are few and of harmless kinds (PROMISES#S1:
 * a closed list), and its secret columns, which exist on disk only as one sealed
 * text.  The text of CREATE TABLE and of every query is generated from here.
 *
 * 1. The first `keys` plain columns are the primary key.
 * 2. Every table is sealed, even one without secret columns: the seal's tag is
 *    what notices a change of a plain column (PROMISES#S2).
 * 3. A table that has a `seq` column gets its value from the store whenever a row
 *    is written: a number that never repeats and only grows, for `?since=SEQ`.
 */
#ifndef STORE_TABLE_H
#define STORE_TABLE_H

#include "bytes.h"

/* A row on the stack, a statement's parameters: fixed arrays of these. */
#define TABLE_COLUMNS       8
#define TABLE_SECRETS       9
#define TABLE_INDEXES       4
#define TABLE_INDEX_COLUMNS 3
#define TABLE_NONE          0xff

/** The database's schema; a database with a higher number is refused. */
#define TABLE_SCHEMA 1

enum table_id {
	TABLE_COUNTER,
	TABLE_SITE,
	TABLE_USER,
	TABLE_CREDENTIAL,
	TABLE_DEVICE,
	TABLE_SESSION,
	TABLE_STATEMENT,
	TABLE_PATIENT,
	TABLE_ACCESS,
	TABLE_EPOCH,
	TABLE_WRAPPED_KEY,
	TABLE_RECORD,
	TABLE_VERSION,
	TABLE_UPLOAD,
	TABLE_OUTBOX,
	TABLE_SETTING,
	TABLE_NOTICE,
	TABLE_DELIVERY,
	TABLE_CONTACT,
	TABLE_IDEMPOTENCY,
	TABLE_FAILURE,
	TABLE_FACTOR,
	TABLE_APPROVAL,
	TABLE_RESET,
	TABLE_COUNT,
};

enum column_type {
	COLUMN_U64,   /* at most INT64_MAX: what both engines' integers hold */
	COLUMN_UUID,  /* 16 bytes */
	COLUMN_HASH,  /* 32 bytes: a hash or a look-up token */
	COLUMN_TOKEN, /* 32 bytes or none */
};

struct table_column {
	const char *name;
	enum column_type type;
};

struct table_index {
	uint8_t columns[TABLE_INDEX_COLUMNS];
	uint8_t count; /* 0: no such index */
	bool unique;
};

struct table {
	enum table_id id;
	const char *name;
	uint8_t version; /* of this table's row format; part of what the seal binds */
	uint8_t keys;    /* leading plain columns that form the primary key */
	uint8_t column_count, secret_count;
	uint8_t seq; /* the column that the store numbers, or TABLE_NONE */
	/* Whose key seals a row: that of the patient whose id is in column `patient`.  The site's when there is no
	 * such column, when the id is zero, or when column `holder_kind` is not TABLE_HOLDER_PATIENT. */
	uint8_t patient, holder_kind;
	bool wide;      /* rows of kilobytes: kept apart from the tree of keys */
	bool unaudited; /* bookkeeping: may change without an audit event */
	struct table_column columns[TABLE_COLUMNS];
	const char *secrets[TABLE_SECRETS];
	struct table_index indexes[TABLE_INDEXES];
};

#define TABLE_HOLDER_PATIENT 1 /* holder_kind of docs/FORMATS.md */

extern const struct table tables[TABLE_COUNT];

/* Positions of plain and secret columns and of indexes, table by table. */
enum { COLUMN_COUNTER_KIND, COLUMN_COUNTER_HOLDER, COLUMN_COUNTER_VALUE };
/* Kinds of counter; the holder is zero or whose counter it is. */
enum {
	COUNTER_SEQUENCE = 1 /* the store's own */,
	COUNTER_USE = 2 /* bytes stored */,
	COUNTER_NOTICES_READ = 3 /* up to which number */,
	COUNTER_NOTICES_SENT = 4 /* taken up to be delivered: up to which number */,
	COUNTER_LEAVES_SENT = 5 /* to the log server: up to which leaf */,
};

enum { COLUMN_SITE_ID };
enum { SECRET_SITE_TOKEN_KEY, SECRET_SITE_PRESET, SECRET_SITE_NAME, SECRET_SITE_REGION, SECRET_SITE_ORIGIN };

enum { COLUMN_USER_ID, COLUMN_USER_SEQ, COLUMN_USER_LOGIN_TOKEN };
enum {
	SECRET_USER_LOGIN,
	SECRET_USER_NAME,
	SECRET_USER_PROFILE,
	SECRET_USER_RIGHTS,
	SECRET_USER_STATE,
	SECRET_USER_KEY_HASH,
	SECRET_USER_HEAD,
	SECRET_USER_KEYS, /* public keys, or the newest invitation; see record/userrow.h */
};
enum { INDEX_USER_LOGIN, INDEX_USER_SEQ };

enum { COLUMN_CREDENTIAL_USER };
enum { SECRET_CREDENTIAL_PASSWORD, SECRET_CREDENTIAL_CHANGED, SECRET_CREDENTIAL_HISTORY };

enum { COLUMN_DEVICE_ID, COLUMN_DEVICE_USER, COLUMN_DEVICE_CREATED, COLUMN_DEVICE_SEEN };
enum { SECRET_DEVICE_LABEL, SECRET_DEVICE_CLIENT, SECRET_DEVICE_ADDRESS };
enum { INDEX_DEVICE_USER };

enum {
	COLUMN_SESSION_ID,
	COLUMN_SESSION_USER,
	COLUMN_SESSION_TOKEN_HASH,
	COLUMN_SESSION_CREATED,
	COLUMN_SESSION_EXPIRES,
};
enum {
	SECRET_SESSION_DEVICE,
	SECRET_SESSION_KEY_HASH,
	SECRET_SESSION_STEPS,
	SECRET_SESSION_ADDRESS,
	SECRET_SESSION_FRESH
};
enum { INDEX_SESSION_TOKEN, INDEX_SESSION_USER, INDEX_SESSION_EXPIRES };

enum {
	COLUMN_STATEMENT_SEQ, /* the key: what belongs together was written together, and is found in few pages */
	COLUMN_STATEMENT_NAME,
	COLUMN_STATEMENT_SUBJECT,
	COLUMN_STATEMENT_KIND,
	COLUMN_STATEMENT_LEAF,
	COLUMN_STATEMENT_PATIENT, /* zero: a statement about no patient */
};
enum { SECRET_STATEMENT_BYTES, SECRET_STATEMENT_TIME /* the leaf's, ms */ };
enum { INDEX_STATEMENT_NAME, INDEX_STATEMENT_SUBJECT };

enum { COLUMN_PATIENT_ID, COLUMN_PATIENT_OWNER, COLUMN_PATIENT_SEQ, COLUMN_PATIENT_TOKEN };
enum {
	SECRET_PATIENT_HEAD,
	SECRET_PATIENT_STATE,
	SECRET_PATIENT_IDENTITY,
	SECRET_PATIENT_PLACES, /* what a list shows of the file: see record/record_row.h */
};
enum { INDEX_PATIENT_OWNER, INDEX_PATIENT_SEQ, INDEX_PATIENT_TOKEN };

enum { COLUMN_ACCESS_PATIENT, COLUMN_ACCESS_RECIPIENT_KIND, COLUMN_ACCESS_RECIPIENT, COLUMN_ACCESS_SEQ };
enum { SECRET_ACCESS_PERMISSIONS, SECRET_ACCESS_UNTIL, SECRET_ACCESS_STATEMENT, SECRET_ACCESS_BY /* its author */ };
enum { INDEX_ACCESS_RECIPIENT, INDEX_ACCESS_SEQ };

enum {
	COLUMN_EPOCH_HOLDER_KIND,
	COLUMN_EPOCH_HOLDER,
	COLUMN_EPOCH_COMPARTMENT,
	COLUMN_EPOCH_NUMBER,
	COLUMN_EPOCH_STATEMENT,
};

enum {
	COLUMN_WRAPPED_KEY_HOLDER_KIND,
	COLUMN_WRAPPED_KEY_HOLDER,
	COLUMN_WRAPPED_KEY_COMPARTMENT,
	COLUMN_WRAPPED_KEY_RECIPIENT_KIND,
	COLUMN_WRAPPED_KEY_RECIPIENT,
	COLUMN_WRAPPED_KEY_EPOCH,
};
enum { SECRET_WRAPPED_KEY_BYTES };
enum { INDEX_WRAPPED_KEY_RECIPIENT };

enum {
	COLUMN_RECORD_ID,
	COLUMN_RECORD_PATIENT,
	COLUMN_RECORD_SEQ,
	COLUMN_RECORD_KIND,
	COLUMN_RECORD_VERSIONS,
	COLUMN_RECORD_TOKEN,
};
enum { SECRET_RECORD_STATUS, SECRET_RECORD_HEAD, SECRET_RECORD_AUTHOR /* of the last version */ };
enum { INDEX_RECORD_PATIENT, INDEX_RECORD_SEQ, INDEX_RECORD_TOKEN };

enum {
	COLUMN_VERSION_RECORD,
	COLUMN_VERSION_NUMBER,
	COLUMN_VERSION_PATIENT,
	COLUMN_VERSION_STATEMENT,
	COLUMN_VERSION_SIZE,
	COLUMN_VERSION_CREATED,
	COLUMN_VERSION_OBJECT,
};
enum {
	SECRET_VERSION_OBJECT_KEY,
	SECRET_VERSION_CONTENT_HASH,
	SECRET_VERSION_PARTS,
	SECRET_VERSION_INLINE,
	SECRET_VERSION_HEADER,
	SECRET_VERSION_RECORD_KEY,
	SECRET_VERSION_EPOCHS,
	SECRET_VERSION_COMPARTMENT,
	SECRET_VERSION_PLACE, /* its statement's key */
};
enum { INDEX_VERSION_OBJECT };

enum {
	COLUMN_UPLOAD_ID,
	COLUMN_UPLOAD_USER,
	COLUMN_UPLOAD_CREATED,
	COLUMN_UPLOAD_SIZE,    /* the durable offset */
	COLUMN_UPLOAD_PATIENT, /* zero: not known yet */
};
enum {
	SECRET_UPLOAD_OBJECT_KEY,
	SECRET_UPLOAD_LENGTH /* announced, 8 bytes; empty: not */,
	SECRET_UPLOAD_PARTS,
	SECRET_UPLOAD_TAIL
};
enum { INDEX_UPLOAD_USER, INDEX_UPLOAD_CREATED };

enum { COLUMN_OUTBOX_EVENT };
enum { SECRET_OUTBOX_BYTES };

enum { COLUMN_SETTING_NAME_TOKEN, COLUMN_SETTING_SEQ };
enum { SECRET_SETTING_NAME, SECRET_SETTING_VALUE };
enum { INDEX_SETTING_SEQ };

enum {
	COLUMN_NOTICE_ID,
	COLUMN_NOTICE_USER /* or a profile: see notice/notice.h */,
	COLUMN_NOTICE_SEQ,
	COLUMN_NOTICE_LAST
};
enum { SECRET_NOTICE_KIND, SECRET_NOTICE_DETAIL, SECRET_NOTICE_COUNT, SECRET_NOTICE_FIRST };
enum { INDEX_NOTICE_USER, INDEX_NOTICE_SEQ };

enum { COLUMN_DELIVERY_NOTICE, COLUMN_DELIVERY_WAY, COLUMN_DELIVERY_USER /* or zero */, COLUMN_DELIVERY_DUE };
enum { SECRET_DELIVERY_DONE, SECRET_DELIVERY_TRIES, SECRET_DELIVERY_SINCE };
enum { INDEX_DELIVERY_DUE };

enum { COLUMN_CONTACT_USER };
enum { SECRET_CONTACT_MAIL, SECRET_CONTACT_KINDS };

enum { COLUMN_IDEMPOTENCY_TOKEN, COLUMN_IDEMPOTENCY_CREATED };
enum { SECRET_IDEMPOTENCY_ANSWER };
enum { INDEX_IDEMPOTENCY_CREATED };

enum { COLUMN_FAILURE_TOKEN, COLUMN_FAILURE_SEEN };
enum {
	SECRET_FAILURE_KIND,
	SECRET_FAILURE_SUBJECT,
	SECRET_FAILURE_COUNT,
	SECRET_FAILURE_LEVEL,
	SECRET_FAILURE_UNTIL,
};
enum { INDEX_FAILURE_SEEN };

enum { COLUMN_FACTOR_ID, COLUMN_FACTOR_USER, COLUMN_FACTOR_CREATED, COLUMN_FACTOR_TOKEN };
enum { SECRET_FACTOR_KIND, SECRET_FACTOR_NAME, SECRET_FACTOR_USED, SECRET_FACTOR_BODY };
enum { INDEX_FACTOR_USER, INDEX_FACTOR_TOKEN };
enum { COLUMN_APPROVAL_ID, COLUMN_APPROVAL_SEQ, COLUMN_APPROVAL_DUE /* ms; 0: nothing is due any more */ };
enum {
	SECRET_APPROVAL_ACT,
	SECRET_APPROVAL_STATE,
	SECRET_APPROVAL_BY,
	SECRET_APPROVAL_USER,
	SECRET_APPROVAL_PATIENT,
	SECRET_APPROVAL_HOST,
	SECRET_APPROVAL_PLACES, /* statements: the request, the decision */
	SECRET_APPROVAL_TIMES,  /* of the leaves of both */
};
enum { INDEX_APPROVAL_SEQ, INDEX_APPROVAL_DUE };

enum { COLUMN_RESET_USER, COLUMN_RESET_ENDS };
enum { SECRET_RESET_CODE };
enum { INDEX_RESET_ENDS };

#endif /* !STORE_TABLE_H */
