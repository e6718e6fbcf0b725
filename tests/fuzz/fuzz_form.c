/* SPDX-License-Identifier: Apache-2.0 */
#include "form.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void demand(bool holds)
{
	if (!holds)
		__builtin_trap();
}

/* Written again, a form reads as it was. */
static void demand_round_trip(const struct form *f, struct arena *arena)
{
	AUTO(buffer) out = {.max = 1 << 20};
	struct form again;

	for (size_t i = 0; i < f->count; i++) {
		demand(i == 0 || ok(buffer_put_u8(&out, '&')));
		demand(ok(percent_put(&out, f->pairs[i].name)));
		demand(ok(buffer_put_u8(&out, '=')));
		demand(ok(percent_put(&out, f->pairs[i].value)));
	}
	demand(ok(form_parse(text_from(buffer_bytes(&out)), arena, &again)) && again.count == f->count);
	for (size_t i = 0; i < f->count; i++)
		demand(text_equal(form_get(&again, f->pairs[i].name), f->pairs[i].value));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	AUTO(arena) arena = {.max = 1 << 22};
	struct form f;

	if (len <= 1 << 16 && ok(form_parse(text_from(bytes_of(data, len)), &arena, &f)))
		demand_round_trip(&f, &arena);
	return 0;
}
