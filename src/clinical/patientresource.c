/* SPDX-License-Identifier: Apache-2.0 */
#include "patientresource.h"

static struct text text_member(struct json object, const char *name)
{
	struct text value = {0};

	(void)ok(json_text(json_member(object, text_of(name)), &value));
	return value.len <= LIMIT_NAME ? value : (struct text){0};
}

/** The name to show: official, else usual, else the first. */
static struct json best_name(struct json names)
{
	static const char *const uses[] = {"official", "usual"};

	for (size_t u = 0; u < COUNT(uses); u++)
		for (size_t i = 0; i < json_count(names); i++)
			if (text_equal(text_member(json_element(names, i), "use"), text_of(uses[u])))
				return json_element(names, i);
	return json_element(names, 0);
}

static void read_name(struct json name, struct demographics *d)
{
	struct json given = json_member(name, TEXT("given"));

	d->family = text_member(name, "family");
	for (size_t i = 0; i < json_count(given) && d->given_count < DEMOGRAPHICS_GIVEN; i++) {
		struct text one;
		if (ok(json_text(json_element(given, i), &one)) && one.len > 0 && one.len <= LIMIT_NAME)
			d->given[d->given_count++] = one;
	}
}

static void read_identifiers(struct json list, struct demographics *d)
{
	for (size_t i = 0; i < json_count(list) && d->identifier_count < DEMOGRAPHICS_IDENTIFIERS; i++) {
		struct json one = json_element(list, i);
		struct demographics_identifier read = {text_member(one, "system"), text_member(one, "value")};
		if (read.value.len > 0)
			d->identifiers[d->identifier_count++] = read;
	}
}

struct status patientresource_read(struct json resource, struct demographics *out)
{
	struct demographics d = {0};
	bool deceased;

	if (!text_equal(text_member(resource, "resourceType"), TEXT("Patient")))
		return FAIL_AT(ST_INVALID, "Patient");
	read_name(best_name(json_member(resource, TEXT("name"))), &d);
	read_identifiers(json_member(resource, TEXT("identifier")), &d);
	d.birth = text_member(resource, "birthDate");
	d.sex = text_member(resource, "gender");
	d.deceased = text_member(resource, "deceasedDateTime");
	if (d.deceased.len > 40)
		d.deceased = (struct text){0};
	if (ok(json_bool(json_member(resource, TEXT("deceasedBoolean")), &deceased)) && deceased)
		d.deceased = TEXT("yes");
	*out = d;
	return OK;
}
