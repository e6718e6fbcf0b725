/* SPDX-License-Identifier: Apache-2.0 */
/* Every file of the key store: first byte says which, the rest is the file. */
#include <string.h>

#include "hash.h"
#include "journal.h"
#include "nightfile.h"
#include "slots.h"
#include "snapshot.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static struct status see(void *context, enum journal_op op, const struct key_name *name, struct bytes sealed)
{
	struct rows *rows = context;

	if (op == JOURNAL_PUT)
		return rows_put(rows, name, sealed);
	rows_remove(rows, name);
	return OK;
}

/* The hash of its snapshot stands before it. */
static void try_journal(struct bytes input)
{
	struct hash snapshot;
	struct rows rows = {0};
	const struct journal_visitor visitor = {see, &rows};
	struct hash chain;
	uint64_t good = 0;

	if (input.len < sizeof snapshot.bytes)
		return;
	memcpy(snapshot.bytes, input.at, sizeof snapshot.bytes);
	const struct bytes file = bytes_of(input.at + sizeof snapshot.bytes, input.len - sizeof snapshot.bytes);
	if (ok(journal_parse(file, 1, &snapshot, &visitor, &good, &chain)) && good > file.len)
		__builtin_trap();
	rows_clear(&rows);
}

static void try_snapshot(struct bytes file)
{
	struct rows rows = {0};
	struct hash digest;

	if (ok(snapshot_parse(file, 1, &rows, &digest)) && rows_count(&rows) > file.len)
		__builtin_trap();
	rows_clear(&rows);
}

/* A hash that fits, so that what lies behind it is reached. */
static void try_snapshot_sealed(struct bytes file)
{
	struct buffer whole = {.max = (size_t)1 << 20};
	struct hash digest;

	if (ok(sha256(file, &digest)) && ok(buffer_put(&whole, file)) && ok(buffer_put(&whole, hash_bytes(&digest))))
		try_snapshot(buffer_bytes(&whole));
	buffer_clear(&whole);
}

static void try_nightfile(struct bytes file)
{
	static const struct key root;
	struct secret key = {0};
	struct nightfile night;

	if (ok(nightfile_open(&root, file, 1, &night, &key)) && night.number != 1)
		__builtin_trap();
	secret_clear(&key);
}

static void try_slots(struct bytes file)
{
	struct slots slots;

	if (ok(slots_parse(file, &slots)) && (slots.count < 1 || slots.count > KEYWIRE_SLOTS_MAX))
		__builtin_trap();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static void (*const tries[])(struct bytes) = {try_journal, try_snapshot, try_snapshot_sealed, try_nightfile,
						      try_slots};
	static bool ready;

	if (!ready && (!ok(secret_setup()) || !ok(crypto_setup())))
		return 0;
	ready = true;
	if (len > 0)
		tries[data[0] % COUNT(tries)](bytes_of(data + 1, len - 1));
	return 0;
}
