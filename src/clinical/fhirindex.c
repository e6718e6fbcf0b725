/* SPDX-License-Identifier: Apache-2.0 */
#include "fhirindex.h"

#include <string.h>

#include "fhirindex_internal.h"
#include "fhirlinks.h"
#include "jsonspan.h"
#include "limits.h"
#include "lines.h"

#define ARRAY_MAX ((size_t)4 << 30)
/* A longer text is no name for anything. */
#define KEY_MAX 1024
/* Bundles in Bundles: a message that carries a document that carries a collection. */
#define NESTING 4

static struct status put(struct buffer *array, struct bytes item)
{
	array->max = ARRAY_MAX;
	return buffer_put(array, item);
}

static struct text text_member(struct json object, const char *name)
{
	struct text value = {0};

	(void)ok(json_text(json_member(object, text_of(name)), &value));
	return value;
}

/** ${format} with `1` and `2` replaced by the two texts, as one word. */
static struct status put_word(struct fhirindex *x, const char *format, struct text one, struct text two, uint32_t *out)
{
	AUTO(buffer) joined = {.max = 2 * KEY_MAX + 32, .wipe = true};

	for (; *format != '\0'; format++)
		TRY(buffer_put(&joined, *format == '1'   ? text_bytes(one)
					: *format == '2' ? text_bytes(two)
							 : bytes_of(format, 1)));
	return words_put(&x->words, text_from(buffer_bytes(&joined)), out);
}

static bool is_name(struct text t)
{
	return t.len > 0 && t.len <= KEY_MAX;
}

static struct status add_key(struct fhirindex *x, uint32_t word, uint32_t file, uint32_t patient)
{
	return put(&x->keys, BYTES_OF(((struct fhirindex_key){word, file, patient})));
}

static struct status add_identifier_key(struct fhirindex *x, struct text system, struct text value, uint32_t file,
					uint32_t patient)
{
	uint32_t word;

	if (!is_name(value) || system.len > KEY_MAX)
		return OK;
	TRY(put_word(x, system.len > 0 ? "=1|2" : "=2", system, value, &word));
	return add_key(x, word, file, patient);
}

/* --- Patients --- */

static struct status add_patient(struct fhirindex *x, struct text identity, const struct fhirindex_patient *patient,
				 uint32_t *out)
{
	bool known = words_find(&x->identities, identity, out);

	if (!known) {
		TRY(words_put(&x->identities, identity, out));
		return put(&x->patients, BYTES_OF(*patient));
	}
	/* The newest resource says who it is. */
	if (patient->len > 0)
		((struct fhirindex_patient *)(void *)x->patients.bytes)[*out] = *patient;
	return OK;
}

struct status fhirindex_know(struct fhirindex *x, struct text identity, uint32_t *out)
{
	struct text value = identity, system = {0};
	const struct fhirindex_patient patient = {0};

	if (!is_name(identity))
		return FAIL_AT(ST_INVALID, "identifier");
	for (size_t i = 0; i < identity.len && system.at == NULL; i++)
		if (identity.at[i] == '|')
			(void)text_split(&value, '|', &system);
	TRY(add_patient(x, identity, &patient, out));
	return add_identifier_key(x, system, value, FHIRINDEX_ANY_FILE, *out);
}

struct status fhirindex_assign(struct fhirindex *x, uint32_t file, uint32_t patient)
{
	return put(&x->assigned, BYTES_OF(((struct fhirindex_key){0, file, patient})));
}

static struct status identity_of(struct json resource, const struct fhirindex_place *place, struct buffer *out)
{
	struct json list = json_member(resource, TEXT("identifier"));
	struct text id = text_member(resource, "id");

	for (size_t i = 0; i < json_count(list); i++) {
		struct text system = text_member(json_element(list, i), "system");
		struct text value = text_member(json_element(list, i), "value");
		if (is_name(value) && system.len <= KEY_MAX)
			return buffer_print(out, "%.*s%s%.*s", TEXT_ARG(system), system.len > 0 ? "|" : "",
					    TEXT_ARG(value));
	}
	if (is_name(id))
		return buffer_print(out, "id:%.*s", TEXT_ARG(id));
	/* It can be told from others by its place alone; importing it again makes it again. */
	return buffer_print(out, "place:%u:%u", place->file, place->at);
}

/** Every name under which others may refer to this Patient. */
static struct status add_names(struct fhirindex *x, const struct fhirindex_entry *entry, uint32_t file,
			       uint32_t patient)
{
	static const char *const forms[] = {"Patient/1", "urn:uuid:1"};
	struct json list = json_member(entry->resource, TEXT("identifier"));
	struct text id = text_member(entry->resource, "id");
	uint32_t word;

	if (is_name(entry->full_url)) {
		TRY(words_put(&x->words, entry->full_url, &word));
		TRY(add_key(x, word, file, patient));
	}
	for (size_t i = 0; is_name(id) && i < COUNT(forms); i++) {
		TRY(put_word(x, forms[i], id, id, &word));
		TRY(add_key(x, word, file, patient));
	}
	for (size_t i = 0; i < json_count(list); i++) {
		struct json one = json_element(list, i);
		TRY(add_identifier_key(x, text_member(one, "system"), text_member(one, "value"), file, patient));
	}
	return OK;
}

static struct status take_patient(struct fhirindex *x, const struct fhirindex_entry *entry,
				  struct fhirindex_place *place)
{
	AUTO(buffer) identity = {.max = 2 * KEY_MAX + 64, .wipe = true};
	const struct fhirindex_patient patient = {place->file, place->at, place->len, place->entry};

	TRY(identity_of(entry->resource, place, &identity));
	TRY(add_patient(x, text_from(buffer_bytes(&identity)), &patient, &place->patient));
	return add_names(x, entry, place->file, place->patient);
}

/* --- References --- */

/** Type and id at the end of ${reference}, a version behind it left out; false when it does not end so. */
static bool split_reference(struct text reference, struct text *type, struct text *id)
{
	struct text segments[4] = {{0}}, segment;
	size_t count = 0;

	while (text_split(&reference, '/', &segment)) {
		if (count == COUNT(segments)) {
			segments[0] = segments[1], segments[1] = segments[2], segments[2] = segments[3];
			count--;
		}
		segments[count++] = segment;
	}
	if (count >= 4 && text_equal(segments[count - 2], TEXT("_history")))
		count -= 2;
	if (count < 2 || segments[count - 2].len == 0 || segments[count - 2].at[0] < 'A' ||
	    segments[count - 2].at[0] > 'Z')
		return false;
	*type = segments[count - 2];
	*id = segments[count - 1];
	return true;
}

struct collecting {
	struct fhirindex *index;
	struct json resource;
	struct fhirindex_row *row;
	bool about;
};

static struct status keep_link(struct collecting *c, uint32_t word, uint32_t other, bool about)
{
	const struct fhirindex_link link = {.word = word, .other = other, .about = about};

	c->row->link_count++;
	c->about = c->about || about;
	return put(&c->index->links, BYTES_OF(link));
}

static struct status keep_identifier(struct collecting *c, struct text system, struct text value, bool about)
{
	uint32_t word;

	if (!is_name(value) || system.len > KEY_MAX)
		return OK;
	TRY(put_word(c->index, system.len > 0 ? "=1|2" : "=2", system, value, &word));
	return keep_link(c, word, FHIRINDEX_NONE, about);
}

/** `#id`: whoever is contained has no file of his own, but perhaps an identifier of one who has. */
static struct status keep_contained(struct collecting *c, struct text id, bool about)
{
	struct json list = json_member(c->resource, TEXT("contained"));
	uint32_t nobody;

	for (size_t i = 0; i < json_count(list); i++) {
		struct json one = json_element(list, i), names = json_member(one, TEXT("identifier"));
		if (!text_equal(text_member(one, "id"), id))
			continue;
		if (!text_equal(text_member(one, "resourceType"), TEXT("Patient")))
			return OK;
		for (size_t n = 0; n < json_count(names); n++)
			TRY(keep_identifier(c, text_member(json_element(names, n), "system"),
					    text_member(json_element(names, n), "value"), about));
		TRY(words_put(&c->index->words, TEXT("#"), &nobody));
		return about ? keep_link(c, nobody, FHIRINDEX_NONE, about) : OK;
	}
	return OK;
}

static struct status keep_reference(struct collecting *c, struct text reference, bool about)
{
	static const char conditional[] = "Patient?identifier=";
	struct text type = {0}, id = {0};
	uint32_t word, other = FHIRINDEX_NONE;

	if (!is_name(reference))
		return OK;
	if (reference.at[0] == '#')
		return keep_contained(c, (struct text){reference.at + 1, reference.len - 1}, about);
	if (text_starts(reference, text_of(conditional))) {
		struct text value = {reference.at + sizeof conditional - 1, reference.len - sizeof conditional + 1};
		TRY(put_word(c->index, "=1", value, value, &word));
		return keep_link(c, word, FHIRINDEX_NONE, about);
	}
	bool typed = split_reference(reference, &type, &id);
	bool patient = typed && text_equal(type, TEXT("Patient"));
	bool other_thing = (typed && !patient) || memchr(reference.at, '?', reference.len) != NULL;
	/* Another thing, or an address that is no reference. */
	if (other_thing || (!typed && !about && !text_starts(reference, TEXT("urn:"))))
		return OK;
	if (patient)
		TRY(put_word(c->index, "Patient/1", id, id, &other));
	TRY(words_put(&c->index->words, reference, &word));
	return keep_link(c, word, other, about || patient);
}

static struct status on_link(void *context, const struct fhirlinks_link *link)
{
	struct collecting *c = context;

	TRY(keep_identifier(c, link->system, link->value, link->about && link->reference.len == 0));
	return keep_reference(c, link->reference, link->about);
}

/** An attachment elsewhere: a Binary that nobody else claims belongs to whoever points at it. */
static struct status on_claim(void *context, const struct fhirlinks_link *link)
{
	struct collecting *c = context;
	uint32_t row = (uint32_t)(c->index->rows.len / sizeof(struct fhirindex_row)), word;
	struct text type, id;

	if (!is_name(link->reference))
		return OK;
	if (split_reference(link->reference, &type, &id)) {
		if (!text_equal(type, TEXT("Binary")))
			return OK;
		TRY(put_word(c->index, "Binary/1", id, id, &word));
		TRY(put(&c->index->claims, BYTES_OF(((struct fhirindex_key){word, c->row->place.file, row}))));
	}
	TRY(words_put(&c->index->words, link->reference, &word));
	return put(&c->index->claims, BYTES_OF(((struct fhirindex_key){word, c->row->place.file, row})));
}

static bool has_attachments(struct text type)
{
	static const char *const types[] = {"DocumentReference", "DiagnosticReport", "Media",
					    "Communication",     "Consent",          "DocumentManifest"};

	for (size_t i = 0; i < COUNT(types); i++)
		if (text_equal(type, text_of(types[i])))
			return true;
	return false;
}

static struct status collect(struct fhirindex *x, const struct fhirindex_entry *entry, struct fhirindex_row *row)
{
	struct collecting c = {x, entry->resource, row, false};
	struct text type = text_member(entry->resource, "resourceType"), id = text_member(entry->resource, "id");

	row->link_first = (uint32_t)(x->links.len / sizeof(struct fhirindex_link));
	row->self[0] = row->self[1] = FHIRINDEX_NONE;
	if (text_equal(type, TEXT("Patient")))
		return take_patient(x, entry, &row->place);
	TRY(fhirlinks_walk(entry->resource, on_link, &c));
	if (!c.about)
		TRY(fhirlinks_walk_all(entry->resource, on_link, &c));
	if (has_attachments(type))
		TRY(fhirlinks_walk_all(entry->resource, on_claim, &c));
	if (text_equal(type, TEXT("Binary"))) {
		if (is_name(id))
			TRY(put_word(x, "Binary/1", id, id, &row->self[0]));
		if (is_name(entry->full_url))
			TRY(words_put(&x->words, entry->full_url, &row->self[1]));
	}
	return OK;
}

/* --- Files --- */

/** Where in the file a text stands that was parsed. */
struct reading {
	struct fhirindex *index;
	uint32_t file;
	const char *start;
};

static struct status take_resource(const struct reading *r, struct json value, struct text span, int nesting);

static struct status take_row(const struct reading *r, const struct fhirindex_entry *entry, struct text span,
			      bool is_entry)
{
	struct text type = text_member(entry->resource, "resourceType");
	struct fhirindex_row row = {.place = {.patient = FHIRINDEX_NONE,
					      .file = r->file,
					      .at = (uint32_t)(span.at - r->start),
					      .len = (uint32_t)span.len,
					      .entry = is_entry}};

	if (type.len == 0 || type.len > LIMIT_NAME)
		return FAIL_AT(ST_INVALID, "fhir");
	TRY(words_put(&r->index->words, type, &row.place.type));
	TRY(collect(r->index, entry, &row));
	return put(&r->index->rows, BYTES_OF(row));
}

/** The span of member ${wanted} of the object whose value and span are given. */
static bool member_span(struct json object, struct text span, const char *wanted, struct text *out)
{
	struct json_members members = json_members_of(object);
	struct jsonspan spans = jsonspan_of(span);
	struct text name;
	struct json value;

	while (json_members_next(&members, &name, &value) && jsonspan_next(&spans, out))
		if (text_equal(name, text_of(wanted)))
			return true;
	return false;
}

static struct status take_entry(const struct reading *r, struct json value, struct text span, int nesting)
{
	struct fhirindex_entry entry = {json_member(value, TEXT("resource")), text_member(value, "fullUrl")};
	struct text inner;

	if (json_kind_of(entry.resource) != JSON_KIND_OBJECT)
		return OK; /* a request without a body: nothing to keep but the request */
	if (text_equal(text_member(entry.resource, "resourceType"), TEXT("Bundle")) &&
	    member_span(value, span, "resource", &inner))
		return take_resource(r, entry.resource, inner, nesting + 1);
	return take_row(r, &entry, span, true);
}

static struct status take_bundle(const struct reading *r, struct json bundle, struct text span, int nesting)
{
	struct json list = json_member(bundle, TEXT("entry"));
	struct jsonspan spans;
	struct text one;

	if (nesting == NESTING)
		return FAIL_AT(ST_TOO_BIG, "fhir bundles in bundles");
	if (!member_span(bundle, span, "entry", &one))
		return OK;
	spans = jsonspan_of(one);
	for (size_t i = 0; i < json_count(list) && jsonspan_next(&spans, &one); i++)
		TRY(take_entry(r, json_element(list, i), one, nesting));
	return OK;
}

static struct status take_resource(const struct reading *r, struct json value, struct text span, int nesting)
{
	struct fhirindex_entry entry = {.resource = value};

	if (text_equal(text_member(value, "resourceType"), TEXT("Bundle")))
		return take_bundle(r, value, span, nesting);
	return take_row(r, &entry, span, false);
}

static struct status take_text(const struct reading *r, struct text text)
{
	AUTO(json_document) document = {0};

	TRY(json_parse(text_bytes(text), &json_limits_import, &document));
	return take_resource(r, json_root(&document), jsonspan_trim(text), 0);
}

static struct status take_lines(const struct reading *r, struct text text)
{
	struct lines lines = lines_of(text, LIMIT_IMPORT_FILE);
	bool more = true;
	struct text line;

	for (;;) {
		TRY(lines_next(&lines, &line, &more));
		if (!more)
			return OK;
		if (!ok(take_text(r, line)))
			return FAIL_AT(ST_INVALID, "fhir line");
	}
}

/** Whether a second value begins on a line of its own: NDJSON. */
static bool is_lines(struct text text)
{
	struct lines lines = lines_of(jsonspan_trim(text), LIMIT_IMPORT_FILE);
	AUTO(json_document) first = {0};
	bool more = false;
	struct text line;

	if (!ok(lines_next(&lines, &line, &more)) || !more || jsonspan_trim(lines.rest).len == 0)
		return false;
	return ok(json_parse(text_bytes(line), &json_limits_import, &first));
}

struct status fhirindex_add(struct fhirindex *x, uint32_t file, struct text text)
{
	const struct reading reading = {x, file, text.at};
	struct buffer *const arrays[] = {&x->rows, &x->links, &x->keys, &x->claims};
	size_t before[COUNT(arrays)];

	for (size_t i = 0; i < COUNT(arrays); i++)
		before[i] = arrays[i]->len;
	struct status s = is_lines(text) ? take_lines(&reading, text) : take_text(&reading, text);
	for (size_t i = 0; !ok(s) && i < COUNT(arrays); i++)
		arrays[i]->len = before[i];
	return s;
}

void fhirindex_clear(struct fhirindex *x)
{
	struct buffer *const arrays[] = {&x->patients, &x->rows,     &x->links, &x->keys,
					 &x->claims,   &x->assigned, &x->places};

	for (size_t i = 0; i < COUNT(arrays); i++)
		buffer_clear(arrays[i]);
	words_clear(&x->words);
	words_clear(&x->identities);
	*x = (struct fhirindex){0};
}
