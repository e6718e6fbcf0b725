/* SPDX-License-Identifier: Apache-2.0 */
#include "etag.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct text field = text_from(bytes_of(data, len));
	bool strong = false, weak = false, none = false;
	struct status s = etag_match(field, TEXT("a"), ETAG_STRONG, &strong);

	if (ok(s) != ok(etag_match(field, TEXT("a"), ETAG_WEAK, &weak)) ||
	    ok(s) != ok(etag_match(field, (struct text){0}, ETAG_WEAK, &none)))
		__builtin_trap();
	/* Weak comparison finds all that strong does; nothing is never found. */
	if ((strong && !weak) || none)
		__builtin_trap();
	return 0;
}
