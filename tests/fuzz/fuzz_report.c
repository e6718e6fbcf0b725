/* SPDX-License-Identifier: Apache-2.0 */
/* A report that somebody hands on: what is taken is written the same each time, and as a page. */
#include "report.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	AUTO(buffer) json = {.max = REPORT_FILE_MAX}, again = {.max = REPORT_FILE_MAX}, html = {.max = REPORT_FILE_MAX};
	AUTO(report) r = {0}, same = {0};

	if (!ok(report_read_json(bytes_of(data, len), &r)))
		return 0;
	if (!ok(report_write_json(&r, &json)) || !ok(report_write_html(&r, &html)))
		abort();
	if (!ok(report_read_json(buffer_bytes(&json), &same)) || !ok(report_write_json(&same, &again)) ||
	    !bytes_equal(buffer_bytes(&json), buffer_bytes(&again)))
		abort();
	return 0;
}
