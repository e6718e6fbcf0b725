/* SPDX-License-Identifier: Apache-2.0 */
#include "fhirlinks.h"

/* Elements that say whom the resource is about stand before the bar, those where a
 * patient may also appear behind it. */
static const struct row {
	const char *type, *elements;
} rows[] = {
	{"Account", "subject"},
	{"AdverseEvent", "subject"},
	{"AllergyIntolerance", "patient|recorder asserter"},
	{"Appointment", "|participant.actor"},
	{"AppointmentResponse", "|actor"},
	{"AuditEvent", "|agent.who entity.what"},
	{"Basic", "subject|author"},
	{"Binary", "|securityContext"},
	{"BodyStructure", "patient"},
	{"CarePlan", "subject|activity.detail.performer"},
	{"CareTeam", "subject|participant.member"},
	{"ChargeItem", "subject"},
	{"Claim", "patient|payee.party"},
	{"ClaimResponse", "patient"},
	{"ClinicalImpression", "subject"},
	{"Communication", "subject|sender recipient"},
	{"CommunicationRequest", "subject|sender recipient requester"},
	{"Composition", "subject|author attester.party"},
	{"Condition", "subject|asserter"},
	{"Consent", "patient"},
	{"Contract", "subject"},
	{"Coverage", "beneficiary|policyHolder subscriber payor"},
	{"CoverageEligibilityRequest", "patient"},
	{"CoverageEligibilityResponse", "patient"},
	{"DetectedIssue", "patient"},
	{"Device", "patient"},
	{"DeviceRequest", "subject|performer"},
	{"DeviceUseStatement", "subject"},
	{"DiagnosticReport", "subject"},
	{"DocumentManifest", "subject|author recipient"},
	{"DocumentReference", "subject|author"},
	{"Encounter", "subject"},
	{"EnrollmentRequest", "candidate"},
	{"EpisodeOfCare", "patient"},
	{"ExplanationOfBenefit", "patient|payee.party"},
	{"FamilyMemberHistory", "patient"},
	{"Flag", "subject"},
	{"Goal", "subject"},
	{"Group", "|member.entity"},
	{"GuidanceResponse", "subject"},
	{"ImagingStudy", "subject"},
	{"Immunization", "patient"},
	{"ImmunizationEvaluation", "patient"},
	{"ImmunizationRecommendation", "patient"},
	{"Invoice", "subject|recipient"},
	{"List", "subject|source"},
	{"MeasureReport", "subject"},
	{"Media", "subject"},
	{"MedicationAdministration", "subject|performer.actor"},
	{"MedicationDispense", "subject|receiver"},
	{"MedicationRequest", "subject"},
	{"MedicationStatement", "subject"},
	{"MolecularSequence", "patient"},
	{"NutritionOrder", "patient"},
	{"Observation", "subject|performer"},
	{"Person", "|link.target"},
	{"Procedure", "subject|performer.actor"},
	{"Provenance", "|target"},
	{"QuestionnaireResponse", "subject|author"},
	{"RelatedPerson", "patient"},
	{"RequestGroup", "subject|action.participant"},
	{"ResearchSubject", "individual"},
	{"RiskAssessment", "subject"},
	{"Schedule", "|actor"},
	{"ServiceRequest", "subject|performer"},
	{"Specimen", "subject"},
	{"SupplyDelivery", "patient"},
	{"SupplyRequest", "|deliverTo"},
	{"Task", "for|requester owner"},
	{"VisionPrescription", "patient"},
};

static struct text text_member(struct json object, const char *name)
{
	struct text value = {0};

	(void)ok(json_text(json_member(object, text_of(name)), &value));
	return value;
}

struct walk {
	fhirlinks_visit *visit;
	void *context;
	bool about;
};

static struct status give_reference(const struct walk *w, struct json value)
{
	struct json identifier = json_member(value, TEXT("identifier"));
	struct fhirlinks_link link = {.reference = text_member(value, "reference"), .about = w->about};

	if (json_kind_of(identifier) == JSON_KIND_OBJECT) {
		link.system = text_member(identifier, "system");
		link.value = text_member(identifier, "value");
	}
	if (link.reference.len == 0 && link.value.len == 0)
		return OK;
	return w->visit(w->context, &link);
}

/* The rest of a path has at most three names, so this ends. */
static struct status walk_path(const struct walk *w, struct json value,
			       struct text path) /* NOLINT(misc-no-recursion) */
{
	struct text name;

	if (json_kind_of(value) == JSON_KIND_ARRAY) {
		for (size_t i = 0; i < json_count(value); i++)
			if (json_kind_of(json_element(value, i)) == JSON_KIND_OBJECT)
				TRY(walk_path(w, json_element(value, i), path));
		return OK;
	}
	if (json_kind_of(value) != JSON_KIND_OBJECT)
		return OK;
	if (!text_split(&path, '.', &name))
		return give_reference(w, value);
	return walk_path(w, json_member(value, name), path);
}

static const struct row *row_of(struct text type)
{
	for (size_t i = 0; i < COUNT(rows); i++)
		if (text_equal(type, text_of(rows[i].type)))
			return &rows[i];
	return NULL;
}

struct status fhirlinks_walk(struct json resource, fhirlinks_visit *visit, void *context)
{
	const struct row *row = row_of(text_member(resource, "resourceType"));
	struct walk w = {visit, context, true};
	struct text rest, part, path;

	if (row == NULL)
		return OK;
	rest = text_of(row->elements);
	for (; text_split(&rest, '|', &part); w.about = false)
		while (text_split(&part, ' ', &path))
			if (path.len > 0)
				TRY(walk_path(&w, resource, path));
	return OK;
}

/* The depth of a document is limited by json_limits_import. */
static struct status walk_value(const struct walk *w, struct json value) /* NOLINT(misc-no-recursion) */
{
	struct json_members members = json_members_of(value);
	struct text name, word;
	struct json inner;

	for (size_t i = 0; json_kind_of(value) == JSON_KIND_ARRAY && i < json_count(value); i++)
		TRY(walk_value(w, json_element(value, i)));
	while (json_members_next(&members, &name, &inner)) {
		bool names = text_equal(name, TEXT("reference")) || text_equal(name, TEXT("url"));
		if (names && ok(json_text(inner, &word)))
			TRY(w->visit(w->context, &(struct fhirlinks_link){.reference = word}));
		else
			TRY(walk_value(w, inner));
	}
	return OK;
}

struct status fhirlinks_walk_all(struct json resource, fhirlinks_visit *visit, void *context)
{
	return walk_value(&(struct walk){visit, context, false}, resource);
}
