/* SPDX-License-Identifier: Apache-2.0 */
#include "statement_fields.h"

#include <assert.h>

#define AT(member) .offset = offsetof(struct statement, member)
#define FIXED(label, member) \
	{ \
		.name = (label), .type = FIELD_FIXED, AT(member), .max = sizeof(((struct statement *)0)->member), \
	}
#define ID(label, member) \
	{ \
		.name = (label), .type = FIELD_ID, AT(member), .max = sizeof(struct uuid), \
	}
#define NAME(label, member, limit) \
	{ \
		.name = (label), .type = FIELD_TEXT, AT(member), .min = 1, .max = (limit), \
	}
#define OPTIONAL(label, member, length) \
	{ \
		.name = (label), .type = FIELD_OPTIONAL, AT(member), .max = (length), \
	}
#define WORD(label, member, of) \
	{ \
		.name = (label), .type = FIELD_WORD, AT(member), .max = 1, .vocabulary = (of), \
	}
#define RIGHTS(label, member) \
	{ \
		.name = (label), .type = FIELD_RIGHTS, AT(member), .max = 4, \
	}
#define NUMBER(label, member, lowest) \
	{ \
		.name = (label), .type = FIELD_U32, AT(member), .min = (lowest), .max = 4, \
	}
#define LONG(label, member) \
	{ \
		.name = (label), .type = FIELD_U64, AT(member), .max = 8, \
	}

static_assert(sizeof(enum profile) == sizeof(uint32_t), "enumerations are stored as 32 bits");
static_assert(sizeof(struct user_id) == 16 && sizeof(struct patient_id) == 16, "ids have no padding");
static_assert(sizeof(struct p256_public) == 65 && sizeof(struct ed25519_public) == 32, "keys have no padding");

static const struct statement_field head[] = {
	FIXED("site", head.site),          ID("author", head.author),          FIXED("author_key", head.author_key),
	LONG("seen_size", head.seen_size), FIXED("seen_root", head.seen_root), FIXED("previous", head.previous),
	LONG("time", head.time),
};
static const struct statement_field site[] = {
	NAME("name", site.name, LIMIT_SITE_NAME),
	NAME("region", site.region, 32),
	NAME("origin", site.origin, 200),
	FIXED("log_key", site.log_key),
	ID("administrator", site.administrator),
	NAME("login", site.login, LIMIT_LOGIN),
	FIXED("invitation_key", site.invitation_key),
};
static const struct statement_field invitation[] = {
	ID("user", invitation.user),
	NAME("login", invitation.login, LIMIT_LOGIN),
	WORD("profile", invitation.profile, VOCABULARY_PROFILE),
	RIGHTS("rights", invitation.rights),
	FIXED("invitation_key", invitation.invitation_key),
	LONG("expires", invitation.expires),
};
static const struct statement_field key[] = {
	ID("user", key.user),
	FIXED("hpke_key", key.hpke_key),
	FIXED("sign_key", key.sign_key),
	FIXED("invitation", key.invitation),
};
static const struct statement_field user[] = {
	ID("user", user.user),
	WORD("profile", user.profile, VOCABULARY_PROFILE),
	RIGHTS("rights", user.rights),
	WORD("state", user.state, VOCABULARY_USER_STATE),
};
static const struct statement_field patient[] = {
	ID("patient", patient.patient),
	OPTIONAL("token", patient.token, 32),
};
static const struct statement_field epoch[] = {
	WORD("holder_kind", epoch.holder_kind, VOCABULARY_HOLDER_KIND),
	ID("holder", epoch.holder),
	WORD("compartment", epoch.compartment, VOCABULARY_COMPARTMENT),
	NUMBER("number", epoch.number, 0),
	FIXED("commitment", epoch.commitment),
	OPTIONAL("previous_sealed", epoch.previous_sealed, 72),
	{
		.name = "recipients",
		.type = FIELD_RECIPIENTS,
		AT(epoch.recipients),
		.max = LIMIT_EPOCH_RECIPIENTS * STATEMENT_RECIPIENT_BYTES,
	},
};
static const struct statement_field grant[] = {
	ID("patient", grant.patient),     WORD("recipient_kind", grant.recipient_kind, VOCABULARY_RECIPIENT_KIND),
	ID("recipient", grant.recipient), RIGHTS("permissions", grant.permissions),
	LONG("until", grant.until),
};
static const struct statement_field revocation[] = {
	ID("patient", revocation.patient),
	WORD("recipient_kind", revocation.recipient_kind, VOCABULARY_RECIPIENT_KIND),
	ID("recipient", revocation.recipient),
};
static const struct statement_field record[] = {
	ID("patient", record.patient),
	ID("record", record.record),
	NUMBER("version", record.version, 1),
	WORD("kind", record.kind, VOCABULARY_RECORD_KIND),
	WORD("status", record.status, VOCABULARY_RECORD_STATUS),
	WORD("compartment", record.compartment, VOCABULARY_COMPARTMENT),
	NUMBER("identity_epoch", record.identity_epoch, 0),
	NUMBER("clinical_epoch", record.clinical_epoch, 0),
	OPTIONAL("token", record.token, 32),
	FIXED("header_hash", record.header_hash),
	LONG("size", record.size),
	FIXED("content_hash", record.content_hash),
};
static const struct statement_field record_end[] = {
	ID("patient", record_end.patient),
	ID("record", record_end.record),
	NUMBER("version", record_end.version, 1),
	WORD("reason", record_end.reason, VOCABULARY_END_REASON),
};
static const struct statement_field patient_end[] = {
	ID("patient", patient_end.patient),
	LONG("delay", patient_end.delay),
};
static const struct statement_field patient_keep[] = {
	ID("patient", patient_keep.patient),
	FIXED("end", patient_keep.end),
};
static const struct statement_field conduct[] = {
	NUMBER("version", conduct.version, 1),
	WORD("language", conduct.language, VOCABULARY_LANGUAGE),
	FIXED("text", conduct.text),
};
static const struct statement_field review[] = {
	LONG("from", review.from),
	LONG("until", review.until),
	NUMBER("sign_ins", review.sign_ins, 0),
	NUMBER("failures", review.failures, 0),
	NUMBER("locks", review.locks, 0),
	NUMBER("unusual", review.unusual, 0),
	NUMBER("users", review.users, 0),
	NUMBER("dormant", review.dormant, 0),
};
static const struct statement_field request[] = {
	ID("approval", request.approval),
	WORD("act", request.act, VOCABULARY_ACT),
	ID("user", request.user),
	ID("patient", request.patient),
};
static const struct statement_field decision[] = {
	ID("approval", decision.approval),
	WORD("verdict", decision.verdict, VOCABULARY_VERDICT),
	{
		.name = "reason",
		.type = FIELD_TEXT,
		AT(decision.reason),
		.max = STATEMENT_REASON_MAX,
	},
};
static const struct statement_field sign_in[] = {
	FIXED("nonce", sign_in.nonce),
	ID("device", sign_in.device),
};

#define LAYOUT(label, table) \
	{ \
		.word = (label), .fields = (table), .count = COUNT(table) \
	}

const struct statement_layout statement_fields_head = LAYOUT("", head);

static const struct statement_layout layouts[STATEMENT_KINDS] = {
	[STATEMENT_SITE] = LAYOUT("site", site),
	[STATEMENT_INVITATION] = LAYOUT("invitation", invitation),
	[STATEMENT_KEY] = LAYOUT("key", key),
	[STATEMENT_USER] = LAYOUT("user", user),
	[STATEMENT_PATIENT] = LAYOUT("patient", patient),
	[STATEMENT_EPOCH] = LAYOUT("epoch", epoch),
	[STATEMENT_GRANT] = LAYOUT("grant", grant),
	[STATEMENT_REVOCATION] = LAYOUT("revocation", revocation),
	[STATEMENT_RECORD] = LAYOUT("record", record),
	[STATEMENT_RECORD_END] = LAYOUT("record-end", record_end),
	[STATEMENT_SIGN_IN] = LAYOUT("sign-in", sign_in),
	[STATEMENT_PATIENT_END] = LAYOUT("patient-end", patient_end),
	[STATEMENT_PATIENT_KEEP] = LAYOUT("patient-keep", patient_keep),
	[STATEMENT_CONDUCT] = LAYOUT("conduct", conduct),
	[STATEMENT_REVIEW] = LAYOUT("review", review),
	[STATEMENT_REQUEST] = LAYOUT("request", request),
	[STATEMENT_DECISION] = LAYOUT("decision", decision),
};

const struct statement_layout *statement_fields_of(enum statement_kind kind)
{
	assert(kind < STATEMENT_KINDS);
	return &layouts[kind];
}
