/* SPDX-License-Identifier: Apache-2.0 */
/* Answers of a hostile server, table by table; the first byte picks one. */
#include "entry.h"
#include "patientpage.h"
#include "recordview.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void read_entry(struct bytes body, struct arena *arena, struct json_document *document)
{
	struct entry e = {0};
	struct entry_read read;

	if (ok(placed_read(body, &entry_table, arena, document, &e)) && ok(entry_check(&e, &read)) && !read.has_actor &&
	    e.actor_hash.len != sizeof(struct hash))
		__builtin_trap();
}

static void read_record(struct bytes body, struct arena *arena, struct json_document *document)
{
	struct recordview_row row = {0};

	if (ok(placed_read(body, &recordview_table, arena, document, &row)) &&
	    (row.version == 0 || row.key.len != SEALED_KEY_LEN || row.header.len > LIMIT_SEALED_HEADER))
		__builtin_trap();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	AUTO(json_document) document = {0};
	AUTO(arena) arena = {.max = 1 << 20};

	if (len == 0)
		return 0;
	struct bytes body = bytes_of(data + 1, len - 1);
	struct recordview_page records = {0};
	struct patientpage patients = {0};
	struct placed one = {0};
	switch (data[0] % 6) {
	case 0:
		(void)ok(placed_read(body, &recordview_page_table, &arena, &document, &records));
		break;
	case 1:
		(void)ok(placed_read(body, &patientpage_table, &arena, &document, &patients));
		break;
	case 2:
		if (ok(placed_read(body, &placed_table, &arena, &document, &one)) && one.statement.len == 0)
			__builtin_trap();
		break;
	case 3:
		read_entry(body, &arena, &document);
		break;
	case 4:
		read_record(body, &arena, &document);
		break;
	default:
		(void)ok(placed_read(body, &recordview_history_table, &arena, &document, &records));
		break;
	}
	return 0;
}
