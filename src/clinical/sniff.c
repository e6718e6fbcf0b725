/* SPDX-License-Identifier: Apache-2.0 */
#include "sniff.h"

#include <string.h>

static bool has(struct text t, const char *word)
{
	return t.len > 0 && memmem(t.at, t.len, word, strlen(word)) != NULL;
}

static struct text past_mark(struct text t)
{
	if (text_starts(t, TEXT("\xef\xbb\xbf")))
		t = (struct text){t.at + 3, t.len - 3};
	/* MLLP frames begin with a vertical tab. */
	while (t.len > 0 &&
	       (t.at[0] == '\v' || t.at[0] == ' ' || t.at[0] == '\t' || t.at[0] == '\r' || t.at[0] == '\n'))
		t = (struct text){t.at + 1, t.len - 1};
	return t;
}

static bool is_hl7(struct text t)
{
	static const char *const starts[] = {"MSH", "FHS", "BHS"};

	for (size_t i = 0; i < COUNT(starts); i++)
		if (t.len > 8 && text_starts(t, text_of(starts[i])))
			/* The separator is a sign, and stands behind the four encoding characters again. */
			return t.at[3] > ' ' && t.at[3] < 127 && memchr(t.at + 4, t.at[3], t.len > 12 ? 8 : t.len - 4);
	return false;
}

enum sniff_form sniff_form(struct text name, struct bytes head)
{
	struct text t = past_mark(text_from(head));

	if (head.len >= 132 && bytes_equal(bytes_of(head.at + 128, 4), BYTES_LITERAL("DICM")))
		return SNIFF_DICOM;
	if (text_equal_nocase(name, TEXT("patients.csv")))
		return SNIFF_PATIENTS;
	if (text_equal_nocase(name, TEXT("unmatched.csv")))
		return SNIFF_UNMATCHED;
	if (is_hl7(t))
		return SNIFF_HL7;
	if (t.len > 0 && t.at[0] == '{')
		return SNIFF_JSON;
	if (t.len > 0 && t.at[0] == '<' && has((struct text){t.at, t.len < 4096 ? t.len : 4096}, "ClinicalDocument"))
		return SNIFF_CDA;
	return SNIFF_OTHER;
}
