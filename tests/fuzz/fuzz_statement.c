/* SPDX-License-Identifier: Apache-2.0 */
/* Whatever parses encodes again to the same bytes, has a printed form, and stays within its input. */
#include "hash.h"
#include "statement.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void demand(bool holds)
{
	if (!holds)
		__builtin_trap();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static bool ready;
	struct statement s;
	struct hash subject;
	AUTO(buffer) again = {.max = LIMIT_STATEMENT_BYTES};
	AUTO(buffer) lines = {.max = 4 * LIMIT_STATEMENT_BYTES};

	if (!ready)
		demand(ok(secret_setup()) && ok(crypto_setup()));
	ready = true;
	if (!ok(statement_parse(bytes_of(data, len), &s)))
		return 0;
	demand(ok(statement_encode(&s, &again)));
	demand(bytes_equal(buffer_bytes(&again), s.signed_bytes));
	demand(s.signed_bytes.at == data && s.signed_bytes.len + 64 == len);
	demand(ok(statement_print(&s, &lines)));
	demand(ok(statement_subject(&s, &subject)) == (s.kind != STATEMENT_SIGN_IN));
	return 0;
}
