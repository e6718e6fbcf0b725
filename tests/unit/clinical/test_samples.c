/* SPDX-License-Identifier: Apache-2.0 */
/* Public samples, where they are there: every file is told apart, read, indexed. */
#include "testing.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fhirindex.h"
#include "fileidentity.h"
#include "gzip.h"
#include "limits.h"
#include "os.h"

static bool folder_of(const char *name, char *out, size_t max)
{
	const char *shared = getenv("TACENDA_SHARED");

	for (size_t i = 0; shared != NULL && i < 2; i++) {
		int len = i == 0 ? snprintf(out, max, "%s/data/%s", shared, name)
				 : snprintf(out, max, "%s/%s", shared, name);
		DIR *d = len > 0 ? opendir(out) : NULL;
		if (d != NULL) {
			(void)closedir(d);
			return true;
		}
	}
	return false;
}

static void load(const char *folder, const char *name, struct buffer *out)
{
	AUTO(buffer) opened = {.max = LIMIT_IMPORT_FILE};
	char path[4096];

	(void)snprintf(path, sizeof path, "%s/%s", folder, name);
	*out = (struct buffer){.max = LIMIT_IMPORT_FILE};
	assert_ok(os_load(&os_real, AT_FDCWD, path, LIMIT_IMPORT_FILE, out));
	if (!gzip_is(buffer_bytes(out)))
		return;
	assert_ok(gzip_open(buffer_bytes(out), &gzip_limits_import, &opened));
	buffer_clear(out);
	*out = opened;
	opened = (struct buffer){0};
}

static int visible(const struct dirent *e)
{
	return e->d_name[0] != '.' && e->d_type == DT_REG;
}

static size_t each(const char *name, void (*use)(void *context, const char *file, struct bytes content), void *context)
{
	char folder[2048];
	struct dirent **entries;

	if (!folder_of(name, folder, sizeof folder))
		return 0;
	int count = scandir(folder, &entries, visible, alphasort);
	for (int i = 0; i < count; i++) {
		AUTO(buffer) content = {0};
		load(folder, entries[i]->d_name, &content);
		use(context, entries[i]->d_name, buffer_bytes(&content));
		free(entries[i]);
	}
	free(entries);
	return (size_t)count;
}

struct indexing {
	struct fhirindex index;
	uint32_t file;
};

static void index_file(void *context, const char *file, struct bytes content)
{
	struct indexing *i = context;

	(void)file;
	assert_int_equal(sniff_form(text_of(file), content), SNIFF_JSON);
	assert_ok(fhirindex_add(&i->index, i->file++, text_from(content)));
}

static size_t places(const struct fhirindex *x, uint32_t patient)
{
	size_t count;

	(void)fhirindex_places(x, patient, &count);
	return count;
}

static void indexes_a_hundred_bundles(void **state)
{
	struct indexing i = {0};

	(void)state;
	if (each("fhir-r4/synthea-100", index_file, &i) == 0)
		skip();
	assert_ok(fhirindex_finish(&i.index));
	assert_int_equal(fhirindex_resources(&i.index), 30092);
	assert_int_equal(fhirindex_patient_count(&i.index), 99);
	assert_int_equal(places(&i.index, FHIRINDEX_UNMATCHED), 0);
	assert_int_equal(places(&i.index, FHIRINDEX_SHARED), 259 + 157);
	fhirindex_clear(&i.index);
}

static void indexes_a_bulk_export(void **state)
{
	struct indexing i = {0};

	(void)state;
	if (each("fhir-r4/bulk-10p", index_file, &i) == 0)
		skip();
	assert_ok(fhirindex_finish(&i.index));
	assert_int_equal(fhirindex_patient_count(&i.index), 13);
	assert_int_equal(places(&i.index, FHIRINDEX_UNMATCHED), 0);
	assert_int_equal(places(&i.index, FHIRINDEX_SHARED), 44 + 43 + 43 + 43);
	fhirindex_clear(&i.index);
}

static void identify(void *context, const char *file, struct bytes content)
{
	const enum sniff_form *form = context;
	AUTO(arena) arena = {.max = 65536};
	struct fileidentity found;

	if (sniff_form(text_of(file), content) != *form)
		fail_msg("%s is not seen for what it is", file);
	struct status s = fileidentity_read(*form, content, &arena, &found);
	if (!ok(s) || found.count == 0)
		fail_msg("%s: %s, %zu identifiers", file, s.what != NULL ? s.what : status_name(s.code), found.count);
}

static void finds_whom_documents_messages_and_images_are_about(void **state)
{
	static const struct {
		const char *folder;
		enum sniff_form form;
	} sets[] = {{"ccda/hl7", SNIFF_CDA}, {"ccda/vendors", SNIFF_CDA}, {"hl7v2", SNIFF_HL7}, {"dicom", SNIFF_DICOM}};
	size_t count = 0;

	(void)state;
	for (size_t i = 0; i < COUNT(sets); i++) {
		enum sniff_form form = sets[i].form;
		count += each(sets[i].folder, identify, &form);
	}
	if (count == 0)
		skip();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(indexes_a_hundred_bundles),
		TEST(indexes_a_bulk_export),
		TEST(finds_whom_documents_messages_and_images_are_about),
	};
	return cmocka_run_group_tests_name("samples", tests, NULL, NULL);
}
