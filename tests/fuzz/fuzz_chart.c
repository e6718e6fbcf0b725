/* SPDX-License-Identifier: Apache-2.0 */
#include "attachment.h"
#include "chart.h"
#include "terminology.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void demand(bool holds)
{
	if (!holds)
		__builtin_trap();
}

static bool is_own(struct text word)
{
	static const char *const own[] = {"format",
					  "tacenda/v1/chart",
					  "entries",
					  "type",
					  "code",
					  "system",
					  "time",
					  "end",
					  "value",
					  "number",
					  "unit",
					  "low",
					  "high",
					  "range",
					  "parts",
					  "<",
					  "<=",
					  ">=",
					  ">",
					  "comparator",
					  "interpretation"};

	for (size_t i = 0; i < COUNT(own); i++)
		if (text_equal(word, text_of(own[i])))
			return true;
	for (size_t i = 0; chart_types[i] != NULL; i++)
		if (text_equal(word, text_of(chart_types[i])))
			return true;
	return false;
}

/* PROMISES#K9: every text in a chart is a word of ours, a code of a listed terminology, or a unit. */
static void check(struct json value) /* NOLINT(misc-no-recursion): a chart is flat */
{
	struct json_members members = json_members_of(value);
	struct text name, system = {0}, text;
	struct json one;

	for (size_t i = 0; json_kind_of(value) == JSON_KIND_ARRAY && i < json_count(value); i++)
		check(json_element(value, i));
	while (json_members_next(&members, &name, &one)) {
		demand(is_own(name));
		if (json_kind_of(one) != JSON_KIND_TEXT) {
			check(one);
			continue;
		}
		demand(ok(json_text(one, &text)));
		if (text_equal(name, TEXT("system"))) {
			system = text;
		} else if (text_equal(name, TEXT("code"))) {
			demand(terminology_takes(system, text));
		} else if (text_equal(name, TEXT("unit"))) {
			AUTO(buffer) unit = {.max = 64};
			/* Without its annotations it need not be a whole unit again. */
			demand(text.len <= 64);
			for (size_t i = 0; i < text.len; i++)
				demand(text.at[i] > ' ' && text.at[i] < 127 && text.at[i] != '{');
			(void)unit;
		} else {
			demand(is_own(text));
		}
	}
}

static struct status open(void *context, const struct attachment *a)
{
	AUTO(buffer) out = {.max = 1 << 20};

	(void)context;
	(void)ok(attachment_open(a, &out));
	return OK;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static const struct chart_base base = {.day = 19000, .ms = 60000};
	AUTO(json_document) document = {0}, made = {0};
	AUTO(buffer) out = {.max = 1 << 24};
	struct chart chart;

	if (!ok(json_parse(bytes_of(data, len), &json_limits_import, &document)))
		return 0;
	(void)ok(attachment_walk(json_root(&document), open, NULL));
	chart_begin(&base, NULL, NULL, &out, &chart);
	demand(ok(chart_add(&chart, json_root(&document))) && ok(chart_end(&chart)));
	demand(ok(json_parse(buffer_bytes(&out), &json_limits_import, &made)));
	check(json_root(&made));
	return 0;
}
