/* SPDX-License-Identifier: Apache-2.0 */
/* letter_fhir: leaves of the log as AuditEvent, FHIR R4, in the shape of IHE BALP. */
#include "jsonwriter.h"
#include "letter.h"

#include <stdio.h>

#define DCM      "http://dicom.nema.org/resources/ontology/DCM"
#define REST     "http://hl7.org/fhir/restful-interaction"
#define TYPE     "http://terminology.hl7.org/CodeSystem/audit-event-type"
#define ROLE     "http://terminology.hl7.org/CodeSystem/v3-ParticipationType"
#define ENTITY   "http://terminology.hl7.org/CodeSystem/audit-entity-type"
#define OBJECT   "http://terminology.hl7.org/CodeSystem/object-role"
#define PROFILES "https://profiles.ihe.net/ITI/BALP/StructureDefinition/"

/** What a leaf's action is there; those about a patient's file that have a profile of BALP name it. */
static const struct event_kind {
	const char *action; /* leaf_kind_name() */
	const char *type_system, *type, *subtype_system, *subtype, *code, *profile;
} kinds[] = {
	{"sign-in", DCM, "110114", DCM, "110122", "E", NULL},
	{"log-off", DCM, "110114", DCM, "110123", "E", NULL},
	{"expiry", DCM, "110114", DCM, "110123", "E", NULL},
	{"read", TYPE, "rest", REST, "read", "R", PROFILES "IHE.BasicAudit.PatientRead"},
	{"list", TYPE, "rest", REST, "search-type", "E", NULL},
	{"write", TYPE, "rest", REST, "update", "U", PROFILES "IHE.BasicAudit.PatientUpdate"},
	{"statement", TYPE, "rest", REST, "update", "U", PROFILES "IHE.BasicAudit.PatientUpdate"},
	{"delete", TYPE, "rest", REST, "delete", "D", PROFILES "IHE.BasicAudit.PatientDelete"},
	{"break-glass", DCM, "110113", DCM, "110127", "E", NULL},
	{"refusal", DCM, "110113", DCM, "110137", "E", NULL},
	/* Everything else is work of the server or on it. */
	{"", DCM, "110100", "urn:ietf:rfc:3986", "urn:tacenda:leaf", "E", NULL},
};

static const struct event_kind *kind_of(struct text action)
{
	size_t i = 0;

	while (i + 1 < COUNT(kinds) && !text_equal(action, text_of(kinds[i].action)))
		i++;
	return &kinds[i];
}

static void put_coding(struct jsonwriter *w, const char *name, const char *system, const char *code)
{
	jsonwriter_object(w, name);
	jsonwriter_string(w, "system", system);
	jsonwriter_string(w, "code", code);
	jsonwriter_end(w);
}

static void put_concept(struct jsonwriter *w, const char *name, const char *system, const char *code)
{
	jsonwriter_object(w, name);
	jsonwriter_array(w, "coding");
	put_coding(w, NULL, system, code);
	jsonwriter_end(w);
	jsonwriter_end(w);
}

/** An identifier, not a resource that anybody could ask for. */
static void put_reference(struct jsonwriter *w, const char *name, struct text system, struct text value)
{
	jsonwriter_object(w, name);
	jsonwriter_object(w, "identifier");
	jsonwriter_text(w, "system", system);
	jsonwriter_text(w, "value", value);
	jsonwriter_end(w);
	jsonwriter_end(w);
}

static void put_network(struct jsonwriter *w, struct text address)
{
	if (address.len == 0)
		return;
	jsonwriter_object(w, "network");
	jsonwriter_text(w, "address", address);
	jsonwriter_string(w, "type", "2");
	jsonwriter_end(w);
}

/** The client that asked, the server that answered, and who it was for. */
static void put_agents(struct jsonwriter *w, const struct order *order, const struct order_item *i)
{
	const struct text nobody = TEXT("unknown");

	jsonwriter_array(w, "agent");
	jsonwriter_object(w, NULL);
	put_concept(w, "type", DCM, "110153");
	put_reference(w, "who", order->origin, i->device.len > 0 ? i->device : nobody);
	jsonwriter_bool(w, "requestor", i->user.len == 0);
	put_network(w, i->address);
	jsonwriter_end(w);
	jsonwriter_object(w, NULL);
	put_concept(w, "type", DCM, "110152");
	put_reference(w, "who", order->origin, letter_host(order));
	jsonwriter_bool(w, "requestor", false);
	put_network(w, letter_host(order));
	jsonwriter_end(w);
	if (i->user.len > 0) {
		jsonwriter_object(w, NULL);
		put_concept(w, "type", ROLE, "IRCP");
		put_reference(w, "who", order->origin, i->user);
		jsonwriter_bool(w, "requestor", true);
		jsonwriter_end(w);
	}
	jsonwriter_end(w);
}

static void put_entity(struct jsonwriter *w, const struct order *order, struct text value, const char *const codes[2])
{
	jsonwriter_object(w, NULL);
	put_reference(w, "what", order->origin, value);
	put_coding(w, "type", ENTITY, codes[0]);
	put_coding(w, "role", OBJECT, codes[1]);
	jsonwriter_end(w);
}

static bool about_patient(const struct order_item *i)
{
	return text_equal(i->subject_kind, TEXT("patient")) && i->subject.len > 0;
}

static void put_entities(struct jsonwriter *w, const struct order *order, const struct order_item *i)
{
	static const char *const person[] = {"1", "1"}, *const user[] = {"1", "11"}, *const object[] = {"2", "4"};
	char leaf[32];

	(void)snprintf(leaf, sizeof leaf, "leaf/%llu", (unsigned long long)i->index);
	jsonwriter_array(w, "entity");
	put_entity(w, order, text_of(leaf), object);
	if (about_patient(i))
		put_entity(w, order, i->subject, person);
	else if (i->subject.len > 0)
		put_entity(w, order, i->subject, user);
	jsonwriter_end(w);
}

static void put_event(struct jsonwriter *w, const struct order *order, const struct order_item *i)
{
	const struct event_kind *kind = kind_of(i->action);

	jsonwriter_object(w, "resource");
	jsonwriter_string(w, "resourceType", "AuditEvent");
	if (kind->profile != NULL && about_patient(i)) {
		jsonwriter_object(w, "meta");
		jsonwriter_array(w, "profile");
		jsonwriter_string(w, NULL, kind->profile);
		jsonwriter_end(w);
		jsonwriter_end(w);
	}
	put_coding(w, "type", kind->type_system, kind->type);
	jsonwriter_array(w, "subtype");
	put_coding(w, NULL, kind->subtype_system, kind->subtype);
	jsonwriter_end(w);
	jsonwriter_string(w, "action", kind->code);
	jsonwriter_time(w, "recorded", i->time);
	jsonwriter_string(w, "outcome", text_equal(i->result, TEXT("done")) ? "0" : "4");
	put_agents(w, order, i);
	jsonwriter_object(w, "source");
	put_reference(w, "observer", order->origin, letter_host(order));
	jsonwriter_array(w, "type");
	put_coding(w, NULL, "http://terminology.hl7.org/CodeSystem/security-source-type", "4");
	jsonwriter_end(w);
	jsonwriter_end(w);
	put_entities(w, order, i);
	jsonwriter_end(w);
}

struct status letter_fhir(const struct order *order, struct buffer *out)
{
	struct jsonwriter w = jsonwriter_of(out);

	jsonwriter_object(&w, NULL);
	jsonwriter_string(&w, "resourceType", "Bundle");
	jsonwriter_string(&w, "type", "batch");
	jsonwriter_array(&w, "entry");
	for (size_t i = 0; i < order->count; i++) {
		if (order->items[i].action.len == 0)
			return FAIL_AT(ST_INVALID, "order");
		jsonwriter_object(&w, NULL);
		put_event(&w, order, &order->items[i]);
		jsonwriter_object(&w, "request");
		jsonwriter_string(&w, "method", "POST");
		jsonwriter_string(&w, "url", "AuditEvent");
		jsonwriter_end(&w);
		jsonwriter_end(&w);
	}
	jsonwriter_end(&w);
	jsonwriter_end(&w);
	return jsonwriter_done(&w);
}
