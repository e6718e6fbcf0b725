/* SPDX-License-Identifier: Apache-2.0 */
#include "fileidentity.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void demand(bool holds)
{
	if (!holds)
		__builtin_trap();
}

static void check(struct text t)
{
	demand(t.len == 0 || text_is_utf8(t));
}

/* C-CDA (and with it XML), HL7 version 2 and DICOM: each is tried, whatever it looks like. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static const enum sniff_form forms[] = {SNIFF_CDA, SNIFF_HL7, SNIFF_DICOM};

	(void)sniff_form(TEXT("file"), bytes_of(data, len));
	for (size_t i = 0; i < COUNT(forms); i++) {
		AUTO(arena) arena = {.max = 65536};
		struct fileidentity found;
		if (!ok(fileidentity_read(forms[i], bytes_of(data, len), &arena, &found)))
			continue;
		demand(found.count <= FILEIDENTITY_MAX);
		for (size_t k = 0; k < found.count; k++) {
			demand(found.identifiers[k].value.len > 0);
			check(found.identifiers[k].value);
			check(found.identifiers[k].system);
		}
		check(found.title);
		check(found.source);
		demand(found.birth.len == 0 || found.birth.len == 10);
	}
	return 0;
}
