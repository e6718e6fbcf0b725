/* SPDX-License-Identifier: Apache-2.0 */
#include "fileidentity.h"

#include <string.h>

#include "dicom.h"
#include "hl7.h"
#include "limits.h"
#include "xml.h"

#define TITLE_MAX 256

/** A copy that may stand in JSON: UTF-8, bounded; empty otherwise. */
static struct status keep(struct arena *arena, struct text t, struct text *out)
{
	if (t.len == 0 || t.len > LIMIT_NAME || !text_is_utf8(t))
		return OK;
	return arena_text(arena, t, out);
}

static bool is_oid(struct text t)
{
	for (size_t i = 0; i < t.len; i++)
		if ((t.at[i] < '0' || t.at[i] > '9') && t.at[i] != '.')
			return false;
	return t.len > 2 && memchr(t.at, '.', t.len) != NULL;
}

/** ${system}: an OID becomes its URI; what is neither that nor a URI cannot be compared. */
static struct status add(struct fileidentity *f, struct arena *arena, struct text system, struct text value)
{
	struct fileidentity_identifier *made = &f->identifiers[f->count];
	AUTO(buffer) uri = {.max = 512};

	if (f->count == FILEIDENTITY_MAX)
		return OK;
	*made = (struct fileidentity_identifier){0};
	TRY(keep(arena, text_trim(value), &made->value));
	if (made->value.len == 0)
		return OK;
	if (is_oid(system) && system.len < 256)
		TRY(buffer_print(&uri, "urn:oid:%.*s", TEXT_ARG(system)));
	else if (memchr(system.at != NULL ? system.at : "", ':', system.len) != NULL && system.len < 256)
		TRY(buffer_put(&uri, text_bytes(system)));
	TRY(keep(arena, text_from(buffer_bytes(&uri)), &made->system));
	f->count++;
	return OK;
}

/** YYYYMMDD... as YYYY-MM-DD. */
static struct status keep_date(struct arena *arena, struct text t, struct text *out)
{
	AUTO(buffer) date = {.max = 16};

	for (size_t i = 0; i < 8; i++)
		if (i >= t.len || t.at[i] < '0' || t.at[i] > '9')
			return OK;
	TRY(buffer_print(&date, "%.4s-%.2s-%.2s", t.at, t.at + 4, t.at + 6));
	return arena_text(arena, text_from(buffer_bytes(&date)), out);
}

/* --- CDA --- */

struct cda {
	struct fileidentity *found;
	struct arena *arena;
	struct text path[6]; /* names of the open elements, by depth */
	bool in_title;
	struct buffer title;
};

static bool at(const struct cda *c, unsigned depth, const char *path)
{
	struct text rest = text_of(path), name;
	unsigned i = 0;

	while (text_split(&rest, '/', &name)) {
		if (i == depth || !text_equal(c->path[i], name))
			return false;
		i++;
	}
	return i == depth;
}

static struct status cda_start(void *context, const struct xml_element *e)
{
	static const char *const names[] = {"ClinicalDocument", "recordTarget", "patientRole",  "patient", "id",
					    "birthTime",        "title",        "effectiveTime"};
	struct cda *c = context;

	if (e->depth > COUNT(c->path))
		return OK;
	c->path[e->depth - 1] = (struct text){0};
	for (size_t i = 0; i < COUNT(names); i++)
		if (text_equal(e->name, text_of(names[i])))
			c->path[e->depth - 1] = text_of(names[i]);
	if (e->depth == 1 && !text_equal(e->name, TEXT("ClinicalDocument")))
		return FAIL_AT(ST_INVALID, "cda");
	c->in_title = at(c, e->depth, "ClinicalDocument/title");
	if (at(c, e->depth, "ClinicalDocument/recordTarget/patientRole/id"))
		return add(c->found, c->arena, xml_attribute(e, "root"),
			   xml_attribute(e, "extension").len > 0 ? xml_attribute(e, "extension")
								 : xml_attribute(e, "root"));
	if (at(c, e->depth, "ClinicalDocument/recordTarget/patientRole/patient/birthTime"))
		return keep_date(c->arena, xml_attribute(e, "value"), &c->found->birth);
	if (at(c, e->depth, "ClinicalDocument/effectiveTime"))
		return keep_date(c->arena, xml_attribute(e, "value"), &c->found->taken);
	if (at(c, e->depth, "ClinicalDocument/id")) {
		AUTO(buffer) id = {.max = 1024};
		if (ok(buffer_print(&id, "%.*s^%.*s", TEXT_ARG(xml_attribute(e, "root")),
				    TEXT_ARG(xml_attribute(e, "extension")))))
			return keep(c->arena, text_from(buffer_bytes(&id)), &c->found->source);
	}
	return OK;
}

static struct status cda_end(void *context, unsigned depth)
{
	struct cda *c = context;

	(void)depth;
	c->in_title = false;
	return OK;
}

static struct status cda_text(void *context, struct text text)
{
	struct cda *c = context;

	if (c->in_title && c->title.len + text.len <= c->title.max)
		return buffer_put(&c->title, text_bytes(text));
	return OK;
}

static struct status read_cda(struct bytes content, struct arena *arena, struct fileidentity *out)
{
	struct cda c = {.found = out, .arena = arena, .title = {.max = TITLE_MAX, .wipe = true}};
	const struct xml_visitor visitor = {cda_start, cda_end, cda_text, &c};

	struct status s = xml_walk(content, &visitor);
	if (ok(s))
		s = keep(arena, text_trim(text_from(buffer_bytes(&c.title))), &out->title);
	buffer_clear(&c.title);
	return s;
}

/* --- HL7 version 2 --- */

/** CX: the number, and in its fourth component who assigned it: a name, or NAME&OID&ISO. */
static struct status add_cx(const struct hl7 *h, struct text cx, struct fileidentity *out, struct arena *arena)
{
	AUTO(buffer) value = {.max = LIMIT_NAME, .wipe = true};
	struct text authority = hl7_piece(cx, h->component, 4);
	struct text universal = hl7_piece(authority, h->part, 2);

	if (!ok(hl7_open(h, hl7_piece(cx, h->component, 1), &value)))
		return OK; /* too long to be an identifier */
	return add(out, arena, universal, text_from(buffer_bytes(&value)));
}

static struct status read_pid(const struct hl7 *h, struct text segment, struct fileidentity *out, struct arena *arena)
{
	/* PID-3; before version 2.3.1 also PID-2. */
	static const size_t fields[] = {3, 2};
	struct text rest, one;

	for (size_t i = 0; i < COUNT(fields); i++) {
		rest = hl7_field(h, segment, fields[i]);
		while (text_split(&rest, h->repetition, &one))
			TRY(add_cx(h, one, out, arena));
	}
	return keep_date(arena, hl7_field(h, segment, 7), &out->birth);
}

/** MSH-9, such as ADT^A01, and MSH-7. */
static struct status read_msh(const struct hl7 *h, struct text segment, struct fileidentity *out, struct arena *arena)
{
	AUTO(buffer) title = {.max = 64};
	struct text type = hl7_field(h, segment, 9);

	if (ok(buffer_print(&title, "HL7 %.*s %.*s", TEXT_ARG(hl7_piece(type, h->component, 1)),
			    TEXT_ARG(hl7_piece(type, h->component, 2)))))
		TRY(keep(arena, text_trim(text_from(buffer_bytes(&title))), &out->title));
	return keep_date(arena, hl7_field(h, segment, 7), &out->taken);
}

static struct status read_hl7(struct bytes content, struct arena *arena, struct fileidentity *out)
{
	struct hl7 h = hl7_of(text_from(content));
	bool any = false;
	struct text segment;

	while (hl7_next(&h, &segment)) {
		any = any || hl7_is(segment, "MSH");
		if (hl7_is(segment, "MSH"))
			TRY(read_msh(&h, segment, out, arena));
		if (hl7_is(segment, "PID"))
			TRY(read_pid(&h, segment, out, arena));
	}
	return any ? OK : FAIL_AT(ST_INVALID, "hl7");
}

/* --- DICOM --- */

static struct status read_dicom(struct bytes content, struct arena *arena, struct fileidentity *out)
{
	AUTO(buffer) title = {.max = TITLE_MAX};
	struct dicom d;

	TRY(dicom_read(content, &d));
	TRY(add(out, arena, d.issuer_universal.len > 0 ? d.issuer_universal : d.issuer, d.patient_id));
	TRY(keep_date(arena, d.birth, &out->birth));
	TRY(keep_date(arena, d.study_date, &out->taken));
	TRY(keep(arena, d.instance, &out->source));
	if (ok(buffer_print(&title, "%.*s%s%.*s", TEXT_ARG(d.modality),
			    d.modality.len > 0 && d.description.len > 0 ? " " : "", TEXT_ARG(d.description))))
		TRY(keep(arena, text_from(buffer_bytes(&title)), &out->title));
	return OK;
}

struct status fileidentity_read(enum sniff_form form, struct bytes content, struct arena *arena,
				struct fileidentity *out)
{
	*out = (struct fileidentity){0};
	switch (form) {
	case SNIFF_CDA:
		return read_cda(content, arena, out);
	case SNIFF_HL7:
		return read_hl7(content, arena, out);
	case SNIFF_DICOM:
		return read_dicom(content, arena, out);
	case SNIFF_OTHER:
	case SNIFF_JSON:
	case SNIFF_PATIENTS:
	case SNIFF_UNMATCHED:
		break;
	}
	return OK;
}
