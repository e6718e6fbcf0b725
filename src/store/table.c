/* SPDX-License-Identifier: Apache-2.0 */
#include "table.h"

/* One line a thing: it reads as the table that it is. */
/* clang-format off */
#define NUMBER(c) { (c), COLUMN_U64 }
#define UUID(c) { (c), COLUMN_UUID }
#define HASH(c) { (c), COLUMN_HASH }
#define TOKEN(c) { (c), COLUMN_TOKEN }
#define OF_SITE .patient = TABLE_NONE, .holder_kind = TABLE_NONE
#define OF_PATIENT(column) .patient = (column), .holder_kind = TABLE_NONE
#define OF_HOLDER(kind, column) .patient = (column), .holder_kind = (kind)
#define UNNUMBERED .seq = TABLE_NONE
#define BY(a) { .columns = { (a) }, .count = 1 }
#define BY2(a, b) { .columns = { (a), (b) }, .count = 2 }
#define BY3(a, b, c) { .columns = { (a), (b), (c) }, .count = 3 }
#define ONCE(a) { .columns = { (a) }, .count = 1, .unique = true }

const struct table tables[TABLE_COUNT] = {
	[TABLE_COUNTER] = {
		TABLE_COUNTER, "counter", .version = 1, .unaudited = true,
		.keys = 2, .column_count = 3, UNNUMBERED, OF_SITE,
		.columns = { NUMBER("kind"), UUID("holder"), NUMBER("value") },
	},
	[TABLE_SITE] = {
		TABLE_SITE, "site", .version = 1,
		.keys = 1, .column_count = 1, .secret_count = 5, UNNUMBERED, OF_SITE,
		.columns = { UUID("id") },
		.secrets = { "token_key", "preset", "name", "region", "origin" },
	},
	[TABLE_USER] = {
		TABLE_USER, "user", .version = 1,
		.keys = 1, .column_count = 3, .secret_count = 8, .seq = COLUMN_USER_SEQ, OF_SITE,
		.columns = { UUID("id"), NUMBER("seq"), HASH("login_token") },
		.secrets = { "login", "name", "profile", "rights", "state", "key_hash", "head", "keys" },
		.indexes = { ONCE(COLUMN_USER_LOGIN_TOKEN), BY(COLUMN_USER_SEQ) },
	},
	[TABLE_CREDENTIAL] = {
		TABLE_CREDENTIAL, "credential", .version = 2,
		.keys = 1, .column_count = 1, .secret_count = 3, UNNUMBERED, OF_SITE,
		.columns = { UUID("user") },
		.secrets = { "password", "changed", "history" },
	},
	[TABLE_DEVICE] = {
		TABLE_DEVICE, "device", .version = 1,
		.keys = 1, .column_count = 4, .secret_count = 3, UNNUMBERED, OF_SITE,
		.columns = { UUID("id"), UUID("user"), NUMBER("created"), NUMBER("seen") },
		.secrets = { "label", "client", "address" },
		.indexes = { BY(COLUMN_DEVICE_USER) },
	},
	[TABLE_SESSION] = {
		TABLE_SESSION, "session", .version = 2,
		.keys = 1, .column_count = 5, .secret_count = 5, UNNUMBERED, OF_SITE,
		.columns = { UUID("id"), UUID("user"), HASH("token_hash"), NUMBER("created"), NUMBER("expires") },
		.secrets = { "device", "key_hash", "steps", "address", "fresh" },
		.indexes = { ONCE(COLUMN_SESSION_TOKEN_HASH), BY(COLUMN_SESSION_USER), BY(COLUMN_SESSION_EXPIRES) },
	},
	[TABLE_STATEMENT] = {
		TABLE_STATEMENT, "statement", .version = 1, .wide = true,
		.keys = 1, .column_count = 6, .secret_count = 2, .seq = COLUMN_STATEMENT_SEQ,
		OF_PATIENT(COLUMN_STATEMENT_PATIENT),
		.columns = { NUMBER("seq"), HASH("name"), HASH("subject"), NUMBER("kind"), NUMBER("leaf"),
			     UUID("patient") },
		.secrets = { "bytes", "time" },
		.indexes = { ONCE(COLUMN_STATEMENT_NAME), BY(COLUMN_STATEMENT_SUBJECT) },
	},
	[TABLE_PATIENT] = {
		TABLE_PATIENT, "patient", .version = 1,
		.keys = 1, .column_count = 4, .secret_count = 4, .seq = COLUMN_PATIENT_SEQ,
		OF_PATIENT(COLUMN_PATIENT_ID),
		.columns = { UUID("id"), UUID("owner"), NUMBER("seq"), TOKEN("token") },
		.secrets = { "head", "state", "identity", "places" },
		.indexes = { BY2(COLUMN_PATIENT_OWNER, COLUMN_PATIENT_SEQ), BY(COLUMN_PATIENT_SEQ),
			     BY(COLUMN_PATIENT_TOKEN) },
	},
	[TABLE_ACCESS] = {
		TABLE_ACCESS, "access", .version = 1,
		.keys = 3, .column_count = 4, .secret_count = 4, .seq = COLUMN_ACCESS_SEQ,
		OF_PATIENT(COLUMN_ACCESS_PATIENT),
		.columns = { UUID("patient"), NUMBER("recipient_kind"), UUID("recipient"), NUMBER("seq") },
		.secrets = { "permissions", "until", "statement", "by" },
		.indexes = { BY3(COLUMN_ACCESS_RECIPIENT_KIND, COLUMN_ACCESS_RECIPIENT, COLUMN_ACCESS_SEQ),
			     BY(COLUMN_ACCESS_SEQ) },
	},
	[TABLE_EPOCH] = {
		TABLE_EPOCH, "epoch", .version = 1,
		.keys = 4, .column_count = 5, UNNUMBERED, OF_HOLDER(COLUMN_EPOCH_HOLDER_KIND, COLUMN_EPOCH_HOLDER),
		.columns = { NUMBER("holder_kind"), UUID("holder"), NUMBER("compartment"), NUMBER("number"),
			     HASH("statement") },
	},
	[TABLE_WRAPPED_KEY] = {
		TABLE_WRAPPED_KEY, "wrapped_key", .version = 1,
		.keys = 5, .column_count = 6, .secret_count = 1, UNNUMBERED,
		OF_HOLDER(COLUMN_WRAPPED_KEY_HOLDER_KIND, COLUMN_WRAPPED_KEY_HOLDER),
		.columns = { NUMBER("holder_kind"), UUID("holder"), NUMBER("compartment"), NUMBER("recipient_kind"),
			     UUID("recipient"), NUMBER("epoch") },
		.secrets = { "bytes" },
		.indexes = { BY3(COLUMN_WRAPPED_KEY_RECIPIENT_KIND, COLUMN_WRAPPED_KEY_RECIPIENT,
				 COLUMN_WRAPPED_KEY_HOLDER) },
	},
	[TABLE_RECORD] = {
		TABLE_RECORD, "record", .version = 1,
		.keys = 1, .column_count = 6, .secret_count = 3, .seq = COLUMN_RECORD_SEQ,
		OF_PATIENT(COLUMN_RECORD_PATIENT),
		.columns = { UUID("id"), UUID("patient"), NUMBER("seq"), NUMBER("kind"), NUMBER("versions"),
			     TOKEN("token") },
		.secrets = { "status", "head", "author" },
		.indexes = { BY2(COLUMN_RECORD_PATIENT, COLUMN_RECORD_SEQ), BY(COLUMN_RECORD_SEQ),
			     BY(COLUMN_RECORD_TOKEN) },
	},
	[TABLE_VERSION] = {
		TABLE_VERSION, "version", .version = 1, .wide = true,
		.keys = 2, .column_count = 7, .secret_count = 9, UNNUMBERED, OF_PATIENT(COLUMN_VERSION_PATIENT),
		.columns = { UUID("record"), NUMBER("number"), UUID("patient"), HASH("statement"), NUMBER("size"),
			     NUMBER("created"), UUID("object") },
		.secrets = { "object_key", "content_hash", "parts", "inline", "header", "record_key", "epochs",
			     "compartment", "place" },
		.indexes = { ONCE(COLUMN_VERSION_OBJECT) },
	},
	[TABLE_UPLOAD] = {
		TABLE_UPLOAD, "upload", .version = 1, .wide = true, .unaudited = true,
		.keys = 1, .column_count = 5, .secret_count = 4, UNNUMBERED, OF_PATIENT(COLUMN_UPLOAD_PATIENT),
		.columns = { UUID("id"), UUID("user"), NUMBER("created"), NUMBER("size"), UUID("patient") },
		.secrets = { "object_key", "length", "parts", "tail" },
		.indexes = { BY(COLUMN_UPLOAD_USER), BY(COLUMN_UPLOAD_CREATED) },
	},
	[TABLE_OUTBOX] = {
		TABLE_OUTBOX, "outbox", .version = 1, .unaudited = true,
		.keys = 1, .column_count = 1, .secret_count = 1, UNNUMBERED, OF_SITE,
		.columns = { NUMBER("event") },
		.secrets = { "bytes" },
	},
	[TABLE_SETTING] = {
		TABLE_SETTING, "setting", .version = 1,
		.keys = 1, .column_count = 2, .secret_count = 2, .seq = COLUMN_SETTING_SEQ, OF_SITE,
		.columns = { HASH("name_token"), NUMBER("seq") },
		.secrets = { "name", "value" },
		.indexes = { BY(COLUMN_SETTING_SEQ) },
	},
	[TABLE_NOTICE] = {
		TABLE_NOTICE, "notice", .version = 2, .unaudited = true,
		.keys = 1, .column_count = 4, .secret_count = 4, .seq = COLUMN_NOTICE_SEQ, OF_SITE,
		.columns = { UUID("id"), UUID("user"), NUMBER("seq"), NUMBER("last") },
		.secrets = { "kind", "detail", "count", "first" },
		.indexes = { BY2(COLUMN_NOTICE_USER, COLUMN_NOTICE_SEQ), BY(COLUMN_NOTICE_SEQ) },
	},
	[TABLE_DELIVERY] = {
		TABLE_DELIVERY, "delivery", .version = 1, .unaudited = true,
		.keys = 3, .column_count = 4, .secret_count = 3, UNNUMBERED, OF_SITE,
		.columns = { UUID("notice"), NUMBER("way"), UUID("user"), NUMBER("due") },
		.secrets = { "done", "tries", "since" },
		.indexes = { BY(COLUMN_DELIVERY_DUE) },
	},
	[TABLE_CONTACT] = {
		TABLE_CONTACT, "contact", .version = 1,
		.keys = 1, .column_count = 1, .secret_count = 2, UNNUMBERED, OF_SITE,
		.columns = { UUID("user") },
		.secrets = { "mail", "kinds" },
	},
	[TABLE_IDEMPOTENCY] = {
		TABLE_IDEMPOTENCY, "idempotency", .version = 1, .unaudited = true,
		.keys = 1, .column_count = 2, .secret_count = 1, UNNUMBERED, OF_SITE,
		.columns = { HASH("token"), NUMBER("created") },
		.secrets = { "answer" },
		.indexes = { BY(COLUMN_IDEMPOTENCY_CREATED) },
	},
	[TABLE_FAILURE] = {
		TABLE_FAILURE, "failure", .version = 1,
		.keys = 1, .column_count = 2, .secret_count = 5, UNNUMBERED, OF_SITE,
		.columns = { HASH("token"), NUMBER("seen") },
		.secrets = { "kind", "subject", "count", "level", "until" },
		.indexes = { BY(COLUMN_FAILURE_SEEN) },
	},
	[TABLE_FACTOR] = {
		TABLE_FACTOR, "factor", .version = 1,
		.keys = 1, .column_count = 4, .secret_count = 4, UNNUMBERED, OF_SITE,
		.columns = { UUID("id"), UUID("user"), NUMBER("created"), TOKEN("token") },
		.secrets = { "kind", "name", "used", "body" },
		.indexes = { BY(COLUMN_FACTOR_USER), BY(COLUMN_FACTOR_TOKEN) },
	},
	[TABLE_APPROVAL] = {
		TABLE_APPROVAL, "approval", .version = 1,
		.keys = 1, .column_count = 3, .secret_count = 8, .seq = COLUMN_APPROVAL_SEQ, OF_SITE,
		.columns = { UUID("id"), NUMBER("seq"), NUMBER("due") },
		.secrets = { "act", "state", "by", "user", "patient", "host", "places", "times" },
		.indexes = { BY(COLUMN_APPROVAL_SEQ), BY(COLUMN_APPROVAL_DUE) },
	},
	[TABLE_RESET] = {
		TABLE_RESET, "reset", .version = 1,
		.keys = 1, .column_count = 2, .secret_count = 1, UNNUMBERED, OF_SITE,
		.columns = { UUID("user"), NUMBER("ends") },
		.secrets = { "code" },
		.indexes = { BY(COLUMN_RESET_ENDS) },
	},
};
/* clang-format on */
