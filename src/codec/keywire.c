/* SPDX-License-Identifier: Apache-2.0 */
#include "keywire.h"

#include <string.h>

/* Numbers travel: new literals go to the end. */
static const char *const reasons[] = {
	NULL,
	REASON_NO_STORE,
	REASON_HAS_STORE,
	REASON_SEALED,
	REASON_UNSEALED,
	REASON_LOCKED,
	REASON_SECRET,
	REASON_SECRET_SHORT,
	REASON_SLOTS_MISSING,
	REASON_SLOTS_DAMAGED,
	REASON_LAST_SLOT,
	REASON_NO_SLOT,
	REASON_SLOTS_FULL,
	REASON_NIGHT_MISSING,
	REASON_NIGHT_DAMAGED,
	REASON_NIGHT_OTHER,
	REASON_CURRENT,
	REASON_ROWS,
	REASON_JOURNAL,
	REASON_ROW,
	REASON_SITE,
	REASON_HEAD,
	REASON_CERTIFICATES,
	REASON_NEWER,
	REASON_VERSIONS,
	REASON_ORIGIN,
	REASON_NOT_EXTENDED,
	REASON_SMALLER,
	REASON_OTHER_ROOT,
	REASON_HOLDER,
	REASON_HOLDER_OTHER,
	REASON_REWRAPPING,
	REASON_UNSETTLED,
	REASON_IMPORTED,
	REASON_KEYS_FULL,
	REASON_WRITE,
	REASON_DISK_FULL,
};

uint8_t keywire_reason_number(const char *what)
{
	if (what == NULL)
		return 0;
	for (size_t i = 1; i < COUNT(reasons); i++)
		if (strcmp(reasons[i], what) == 0)
			return (uint8_t)i;
	return 0;
}

const char *keywire_reason(uint8_t number)
{
	return number < COUNT(reasons) ? reasons[number] : NULL;
}

struct key_name key_name_patient(const struct patient_id *id)
{
	struct key_name name = {{KEY_PATIENT}};

	memcpy(name.bytes + 1, id->uuid.bytes, sizeof id->uuid.bytes);
	return name;
}

struct key_name key_name_number(enum key_scope scope, uint64_t n)
{
	struct key_name name = {{(uint8_t)scope}};

	for (size_t i = sizeof name.bytes - 1; n > 0; i--, n >>= 8)
		name.bytes[i] = (uint8_t)n;
	return name;
}

bool key_name_equal(const struct key_name *a, const struct key_name *b)
{
	return memcmp(a->bytes, b->bytes, sizeof a->bytes) == 0;
}

/* The finaliser of MurmurHash3 over both halves of the id, keyed. */
uint64_t key_name_hash(const struct key_name *n, uint64_t seed)
{
	uint64_t a, b;

	memcpy(&a, n->bytes + 1, sizeof a);
	memcpy(&b, n->bytes + 9, sizeof b);
	uint64_t h = seed ^ n->bytes[0] ^ a * 0x9e3779b97f4a7c15u;
	h ^= h >> 32;
	h = (h + b) * 0xff51afd7ed558ccdu;
	h ^= h >> 33;
	h *= 0xc4ceb9fe1a85ec53u;
	return h ^ h >> 33;
}
