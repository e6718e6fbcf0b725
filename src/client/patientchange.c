/* SPDX-License-Identifier: Apache-2.0 */
#include "patientchange.h"

#include "epochs.h"
#include "recordget.h"
#include "recordheader.h"
#include "recordput.h"

static struct status put_identity(struct patientfile *f, const struct demographics *demographics, struct recordput *put,
				  struct changeset *set)
{
	AUTO(buffer) json = {.max = RECORDHEADER_PLAIN_MAX, .wipe = true};
	struct record_id made;

	TRY(demographics_write(demographics, &json));
	put->kind = RECORD_IDENTITY;
	put->compartment = COMPARTMENT_IDENTITY;
	put->header.raw = text_from(buffer_bytes(&json));
	put->time = clock_wall(f->site->options.clock);
	return recordput_add(f, put, set, &made);
}

static struct status begin_file(struct patientfile *f, const struct hash *token, uint64_t now, struct changeset *set)
{
	struct statement draft = {
		.kind = STATEMENT_PATIENT,
		.head = keyholder_head(f->site->options.keys, NULL, now),
		.patient = {.patient = f->id},
	};

	if (token != NULL)
		draft.patient.token = hash_bytes(token);
	TRY(epochs_take(f, &draft, now, NULL, set));
	TRY(epochs_renew(f, COMPARTMENT_IDENTITY, now, set));
	return epochs_renew(f, COMPARTMENT_CLINICAL, now, set);
}

struct status patientchange_add(struct site *site, const struct demographics *demographics, const struct hash *token,
				struct changeset *set, struct patientfile *out)
{
	uint64_t now = clock_wall(site->options.clock);
	struct recordput put = {.version = 1, .status = RECORD_FINAL};

	TRY(site_prepare(site));
	struct patientfile made = {.site = site, .id.uuid = uuid_new(now)};
	made.state.fingerprint = site->directory.fingerprint;
	made.state.patient = made.id;
	struct status s = begin_file(&made, token, now, set);
	if (ok(s))
		s = put_identity(&made, demographics, &put, set);
	if (!ok(s)) {
		patientfile_clear(&made);
		return s;
	}
	*out = made;
	return OK;
}

struct status patientchange_edit(struct patientfile *f, const struct record_id *identity,
				 const struct demographics *demographics, struct changeset *set)
{
	AUTO(buffer) memory = {.max = LIMIT_STATEMENT_BYTES};
	struct statement latest;

	TRY(recordget_latest(f, identity, &latest, &memory));
	struct recordput put = {.record = *identity,
				.version = latest.record.version + 1,
				.previous = latest.name,
				.status = RECORD_AMENDED};
	return put_identity(f, demographics, &put, set);
}

static struct statement grant_draft(const struct patientfile *f, const struct patientchange_share *share, uint64_t now)
{
	return (struct statement){
		.kind = STATEMENT_GRANT,
		.head = keyholder_head(f->site->options.keys, &f->state.head, now),
		.grant = {.patient = f->id,
			  .recipient_kind = RECIPIENT_USER,
			  .recipient = share->user.uuid,
			  .permissions = share->permissions,
			  .until = share->until},
	};
}

static struct statement revocation_draft(const struct patientfile *f, const struct patientchange_share *share,
					 uint64_t now)
{
	return (struct statement){
		.kind = STATEMENT_REVOCATION,
		.head = keyholder_head(f->site->options.keys, &f->state.head, now),
		.revocation = {.patient = f->id, .recipient_kind = RECIPIENT_USER, .recipient = share->user.uuid},
	};
}

struct status patientchange_share(struct patientfile *f, const struct patientchange_share *share, struct changeset *set)
{
	uint64_t now = clock_wall(f->site->options.clock);
	struct authority_grant held = patient_state_grant(&f->state, RECIPIENT_USER, &share->user.uuid, POSITION_NOW);
	struct statement draft = share->permissions == 0 ? revocation_draft(f, share, now) : grant_draft(f, share, now);

	if (share->permissions == 0 && !held.exists)
		return FAIL_AT(ST_NOT_FOUND, "share");
	TRY(epochs_take(f, &draft, now, NULL, set));
	return epochs_renew_needed(f, now, set);
}

struct status patientchange_end(struct patientfile *f, struct changeset *set)
{
	const uint64_t now = clock_wall(f->site->options.clock);
	const struct statement draft = {
		.kind = STATEMENT_PATIENT_END,
		.head = keyholder_head(f->site->options.keys, &f->state.head, now),
		.patient_end = {.patient = f->id, .delay = AUTHORITY_END_MS},
	};

	return epochs_take(f, &draft, now, NULL, set);
}

struct status patientchange_keep(struct patientfile *f, struct changeset *set)
{
	const uint64_t now = clock_wall(f->site->options.clock);
	const struct authority_end end = patient_state_end(&f->state, POSITION_NOW);
	const struct statement draft = {
		.kind = STATEMENT_PATIENT_KEEP,
		.head = keyholder_head(f->site->options.keys, &f->state.head, now),
		.patient_keep = {.patient = f->id, .end = end.name},
	};

	if (!end.exists)
		return FAIL_AT(ST_NOT_FOUND, "deletion");
	return epochs_take(f, &draft, now, NULL, set);
}
