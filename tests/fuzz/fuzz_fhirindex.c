/* SPDX-License-Identifier: Apache-2.0 */
#include "fhirindex.h"
#include "sourcebundle.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void demand(bool holds)
{
	if (!holds)
		__builtin_trap();
}

static struct status count(void *context, struct text type, size_t n)
{
	size_t *total = context;

	demand(type.len > 0 && n > 0);
	*total += n;
	return OK;
}

static struct status count_entry(void *context, struct text text, struct json resource)
{
	size_t *total = context;

	demand(text.len > 0 && json_kind_of(resource) == JSON_KIND_OBJECT);
	(*total)++;
	return OK;
}

/** What was indexed can be gathered and read back. */
static void gather(const struct fhirindex *x, uint32_t patient, struct text text, size_t *all)
{
	AUTO(buffer) out = {.max = 1 << 24}, merged = {.max = 1 << 24}, again = {.max = 1 << 24};
	struct sourcebundle b;
	size_t places, entries = 0;
	const struct fhirindex_place *at = fhirindex_places(x, patient, &places);
	bool changed;

	demand(ok(sourcebundle_begin(&out, &b)));
	for (size_t i = 0; i < places; i++) {
		demand(at[i].len > 0 && at[i].at < text.len && at[i].len <= text.len - at[i].at);
		demand(ok(sourcebundle_put(&b, (struct text){text.at + at[i].at, at[i].len}, at[i].entry)));
	}
	demand(ok(sourcebundle_end(&b)));
	demand(ok(sourcebundle_merge((struct text){0}, text_from(buffer_bytes(&out)), &merged, &changed)));
	if (changed)
		demand(ok(sourcebundle_walk(text_from(buffer_bytes(&merged)), count_entry, &entries)));
	demand(entries <= places && (entries > 0) == (places > 0));
	demand(ok(
		sourcebundle_merge(text_from(buffer_bytes(&merged)), text_from(buffer_bytes(&out)), &again, &changed)));
	demand(!changed);
	*all += places;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct fhirindex x = {0};
	struct text text = text_from(bytes_of(data, len));
	size_t counted = 0, placed = 0;

	bool read = ok(fhirindex_add(&x, 0, text));
	demand(ok(fhirindex_finish(&x)) && ok(fhirindex_counts(&x, count, &counted)));
	demand(counted == fhirindex_resources(&x) && (read || counted == 0));
	for (uint32_t i = 0; i < fhirindex_patient_count(&x); i++)
		gather(&x, i, text, &placed);
	gather(&x, FHIRINDEX_SHARED, text, &placed);
	gather(&x, FHIRINDEX_UNMATCHED, text, &placed);
	demand(placed >= counted);
	fhirindex_clear(&x);
	return 0;
}
