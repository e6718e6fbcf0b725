/* SPDX-License-Identifier: Apache-2.0 */
/** file: anna's patient file in the world, replayed as a reader would. */
#ifndef UNIT_PERMIT_FILE_H
#define UNIT_PERMIT_FILE_H

#include "world.h"

struct file {
	struct world w;
	struct people people;
	struct patient_state p;
	struct buffer rows;
	struct record_state record;
	bool now; /* as the server: nothing has a position yet */
};

#define PATIENT 50
#define RECORD  60

static inline struct place file_place(const struct file *f)
{
	return (struct place){f->now ? POSITION_NOW : f->w.position, f->w.time, false};
}

/** file_enter(f): the statement signed last, at the next position. */
static inline struct status file_enter(struct file *f)
{
	struct status got = patient_state_add(&f->p, &f->people, &f->w.last, file_place(f));

	if (ok(got))
		f->w.position++;
	return got;
}

static inline struct status file_patient(struct file *f, struct actor *author)
{
	struct statement s = world_draft(&f->w, STATEMENT_PATIENT, author, NULL);

	s.patient.patient.uuid = uuid_of(PATIENT);
	world_sign(&f->w, &s, &author->sign);
	return file_enter(f);
}

static inline struct status file_grant(struct file *f, const struct actor *author, const struct actor *to,
				       uint32_t permissions, uint64_t until)
{
	struct statement s = world_draft(&f->w, STATEMENT_GRANT, author, &f->p.head);

	s.grant = (struct statement_grant){{uuid_of(PATIENT)}, RECIPIENT_USER, to->id.uuid, permissions, until};
	world_sign(&f->w, &s, &author->sign);
	return file_enter(f);
}

static inline struct status file_revoke(struct file *f, const struct actor *author, const struct actor *from)
{
	struct statement s = world_draft(&f->w, STATEMENT_REVOCATION, author, &f->p.head);

	s.revocation = (struct statement_revocation){{uuid_of(PATIENT)}, RECIPIENT_USER, from->id.uuid};
	world_sign(&f->w, &s, &author->sign);
	return file_enter(f);
}

/** file_epoch_draft(f, author, compartment): the epoch that grants give now; rows in f->rows. */
static inline struct statement file_epoch_draft(struct file *f, const struct actor *author,
						enum compartment compartment)
{
	static const uint8_t sealed[72] = {1};
	struct statement s = world_draft(&f->w, STATEMENT_EPOCH, author, NULL);
	struct epoch_view last;

	s.epoch.holder_kind = HOLDER_PATIENT;
	s.epoch.holder = uuid_of(PATIENT);
	s.epoch.compartment = compartment;
	s.epoch.commitment = hash_of(70);
	if (ok(patient_state_epoch(&f->p, compartment, POSITION_NOW, &last))) {
		s.head.previous = last.statement;
		s.epoch.number = last.number + 1;
		s.epoch.previous_sealed = bytes_of(sealed, 72);
	}
	f->rows.max = LIMIT_STATEMENT_BYTES;
	f->rows.len = 0;
	assert_ok(patient_state_recipients(&f->p, &f->people, compartment, file_place(f), &f->rows));
	s.epoch.recipients = buffer_bytes(&f->rows);
	return s;
}

static inline struct status file_epoch(struct file *f, const struct actor *author, enum compartment compartment)
{
	const struct statement s = file_epoch_draft(f, author, compartment);

	world_sign(&f->w, &s, &author->sign);
	return file_enter(f);
}

static inline struct statement file_record_draft(struct file *f, const struct actor *author,
						 enum compartment compartment)
{
	struct statement s = world_draft(&f->w, STATEMENT_RECORD, author, &f->record.head);
	struct epoch_view last;

	s.record.patient.uuid = uuid_of(PATIENT);
	s.record.record.uuid = uuid_of(RECORD);
	s.record.version = f->record.version + 1;
	s.record.kind = compartment == COMPARTMENT_IDENTITY ? RECORD_IDENTITY : RECORD_REPORT;
	s.record.status = RECORD_FINAL;
	s.record.compartment = compartment;
	if (compartment != COMPARTMENT_CLINICAL &&
	    ok(patient_state_epoch(&f->p, COMPARTMENT_IDENTITY, POSITION_NOW, &last)))
		s.record.identity_epoch = last.number;
	if (compartment != COMPARTMENT_IDENTITY &&
	    ok(patient_state_epoch(&f->p, COMPARTMENT_CLINICAL, POSITION_NOW, &last)))
		s.record.clinical_epoch = last.number;
	assert_ok(sha256(bytes_of("", 0), &s.record.content_hash));
	return s;
}

static inline struct status file_record(struct file *f, const struct actor *author, enum compartment compartment)
{
	const struct statement s = file_record_draft(f, author, compartment);

	world_sign(&f->w, &s, &author->sign);
	struct status got = patient_state_add_record(&f->p, &f->people, &f->record, &f->w.last, file_place(f));
	if (ok(got))
		f->w.position++;
	return got;
}

static inline struct status file_end(struct file *f, const struct actor *author)
{
	struct statement s = world_draft(&f->w, STATEMENT_RECORD_END, author, &f->record.head);

	s.record_end =
		(struct statement_record_end){{uuid_of(PATIENT)}, {uuid_of(RECORD)}, f->record.version, END_DELETED};
	world_sign(&f->w, &s, &author->sign);
	struct status got = patient_state_add_record(&f->p, &f->people, &f->record, &f->w.last, file_place(f));
	if (ok(got))
		f->w.position++;
	return got;
}

/** file_delete(f, author, delay), file_keep(f, author, end): the end of the file, and its withdrawal. */
static inline struct status file_delete(struct file *f, const struct actor *author, uint64_t delay)
{
	struct statement s = world_draft(&f->w, STATEMENT_PATIENT_END, author, &f->p.head);

	s.patient_end = (struct statement_patient_end){{uuid_of(PATIENT)}, delay};
	world_sign(&f->w, &s, &author->sign);
	return file_enter(f);
}

static inline struct status file_keep(struct file *f, const struct actor *author, const struct hash *end)
{
	struct statement s = world_draft(&f->w, STATEMENT_PATIENT_KEEP, author, &f->p.head);

	s.patient_keep = (struct statement_patient_keep){{uuid_of(PATIENT)}, *end};
	world_sign(&f->w, &s, &author->sign);
	return file_enter(f);
}

static inline void file_rekey(struct file *f, const struct actor *author)
{
	assert_ok(file_epoch(f, author, COMPARTMENT_IDENTITY));
	assert_ok(file_epoch(f, author, COMPARTMENT_CLINICAL));
}

/** file_begin(f): anna's file with its first epochs; nobody else has a grant. */
static inline void file_begin(struct file *f)
{
	*f = (struct file){0};
	world_begin(&f->w);
	f->people = directory_state_people(&f->w.directory);
	f->p.fingerprint = f->w.directory.fingerprint;
	assert_ok(file_patient(f, &f->w.anna));
	file_rekey(f, &f->w.anna);
}

static inline void file_clear(struct file *f)
{
	patient_state_clear(&f->p);
	buffer_clear(&f->rows);
	world_clear(&f->w);
}

static inline bool file_must_rekey(const struct file *f, enum compartment compartment)
{
	bool must = false;

	assert_ok(patient_state_must_rekey(&f->p, &f->people, compartment, file_place(f), &must));
	return must;
}

static inline bool file_lacks(const struct file *f, enum compartment compartment)
{
	bool lacks = false;

	assert_ok(patient_state_lacks(&f->p, &f->people, compartment, file_place(f), &lacks));
	return lacks;
}

#endif /* !UNIT_PERMIT_FILE_H */
