/* SPDX-License-Identifier: Apache-2.0 */
#include "context.h"
#include "hash.h"
#include "statement.h"

static struct status subject(struct text word, const struct bytes *ids, size_t count, struct hash *out)
{
	struct bytes list[4] = {text_bytes(word)};
	AUTO(buffer) b = {.max = CONTEXT_MAX};

	for (size_t i = 0; i < count; i++)
		list[i + 1] = ids[i];
	TRY(context_put(&b, "tacenda/v1/subject", list, count + 1));
	return sha256(buffer_bytes(&b), out);
}

struct status statement_subject_site(struct hash *out)
{
	return subject(TEXT("site"), NULL, 0, out);
}

struct status statement_subject_user(const struct user_id *user, struct hash *out)
{
	const struct bytes id = uuid_bytes(&user->uuid);

	return subject(TEXT("user"), &id, 1, out);
}

struct status statement_subject_patient(const struct patient_id *patient, struct hash *out)
{
	const struct bytes id = uuid_bytes(&patient->uuid);

	return subject(TEXT("patient"), &id, 1, out);
}

struct status statement_subject_epoch(enum holder_kind kind, const struct uuid *holder, enum compartment compartment,
				      struct hash *out)
{
	const uint8_t kind_byte = (uint8_t)kind;
	const uint8_t compartment_byte = (uint8_t)compartment;
	const struct bytes ids[] = {bytes_of(&kind_byte, 1), uuid_bytes(holder), bytes_of(&compartment_byte, 1)};

	return subject(TEXT("epoch"), ids, COUNT(ids), out);
}

struct status statement_subject_record(const struct record_id *record, struct hash *out)
{
	const struct bytes id = uuid_bytes(&record->uuid);

	return subject(TEXT("record"), &id, 1, out);
}

struct status statement_subject_conduct(const struct user_id *user, struct hash *out)
{
	const struct bytes id = uuid_bytes(&user->uuid);

	return subject(TEXT("conduct"), &id, 1, out);
}

struct status statement_subject_review(struct hash *out)
{
	return subject(TEXT("review"), NULL, 0, out);
}

struct status statement_subject_approval(const struct approval_id *approval, struct hash *out)
{
	const struct bytes id = uuid_bytes(&approval->uuid);

	return subject(TEXT("approval"), &id, 1, out);
}

struct status statement_subject(const struct statement *s, struct hash *out)
{
	switch (s->kind) {
	case STATEMENT_SITE:
		return statement_subject_site(out);
	case STATEMENT_INVITATION:
		return statement_subject_user(&s->invitation.user, out);
	case STATEMENT_KEY:
		return statement_subject_user(&s->key.user, out);
	case STATEMENT_USER:
		return statement_subject_user(&s->user.user, out);
	case STATEMENT_PATIENT:
		return statement_subject_patient(&s->patient.patient, out);
	case STATEMENT_GRANT:
		return statement_subject_patient(&s->grant.patient, out);
	case STATEMENT_REVOCATION:
		return statement_subject_patient(&s->revocation.patient, out);
	case STATEMENT_PATIENT_END:
		return statement_subject_patient(&s->patient_end.patient, out);
	case STATEMENT_PATIENT_KEEP:
		return statement_subject_patient(&s->patient_keep.patient, out);
	case STATEMENT_EPOCH:
		return statement_subject_epoch(s->epoch.holder_kind, &s->epoch.holder, s->epoch.compartment, out);
	case STATEMENT_RECORD:
		return statement_subject_record(&s->record.record, out);
	case STATEMENT_RECORD_END:
		return statement_subject_record(&s->record_end.record, out);
	case STATEMENT_CONDUCT:
		return statement_subject_conduct(&s->head.author, out);
	case STATEMENT_REVIEW:
		return statement_subject_review(out);
	case STATEMENT_REQUEST:
		return statement_subject_approval(&s->request.approval, out);
	case STATEMENT_DECISION:
		return statement_subject_approval(&s->decision.approval, out);
	case STATEMENT_SIGN_IN:
	case STATEMENT_KINDS:
		break;
	}
	return FAIL_AT(ST_INVALID, "kind");
}

bool statement_patient_of(const struct statement *s, struct patient_id *out)
{
	switch (s->kind) {
	case STATEMENT_PATIENT:
		*out = s->patient.patient;
		return true;
	case STATEMENT_GRANT:
		*out = s->grant.patient;
		return true;
	case STATEMENT_REVOCATION:
		*out = s->revocation.patient;
		return true;
	case STATEMENT_PATIENT_END:
		*out = s->patient_end.patient;
		return true;
	case STATEMENT_PATIENT_KEEP:
		*out = s->patient_keep.patient;
		return true;
	case STATEMENT_EPOCH:
		if (s->epoch.holder_kind != HOLDER_PATIENT)
			return false;
		out->uuid = s->epoch.holder;
		return true;
	case STATEMENT_RECORD:
		*out = s->record.patient;
		return true;
	case STATEMENT_RECORD_END:
		*out = s->record_end.patient;
		return true;
	case STATEMENT_SITE:
	case STATEMENT_INVITATION:
	case STATEMENT_KEY:
	case STATEMENT_USER:
	case STATEMENT_CONDUCT:
	case STATEMENT_REVIEW:
	case STATEMENT_REQUEST: /* its chain is its own, whatever it is about */
	case STATEMENT_DECISION:
	case STATEMENT_SIGN_IN:
	case STATEMENT_KINDS:
		break;
	}
	return false;
}
