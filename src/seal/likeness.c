/* SPDX-License-Identifier: Apache-2.0 */
#include "likeness.h"

#include "limits.h"

#define LEAST       4
#define CHANGES_MAX 2

static uint8_t folded(uint8_t c)
{
	return c >= 'A' && c <= 'Z' ? (uint8_t)(c - 'A' + 'a') : c;
}

static bool begins(struct bytes longer, struct bytes shorter)
{
	for (size_t i = 0; i < shorter.len; i++)
		if (folded(longer.at[i]) != folded(shorter.at[i]))
			return false;
	return true;
}

static bool holds(struct bytes longer, struct bytes shorter)
{
	for (size_t at = 0; at + shorter.len <= longer.len; at++)
		if (begins(bytes_of(longer.at + at, longer.len - at), shorter))
			return true;
	return false;
}

static size_t least_of(size_t a, size_t b, size_t c)
{
	size_t least = a < b ? a : b;

	return least < c ? least : c;
}

/** Levenshtein's distance, a row of his matrix at a time. */
static size_t changes(struct bytes a, struct bytes b)
{
	size_t row[LIMIT_PASSPHRASE + 1];

	for (size_t j = 0; j <= b.len; j++)
		row[j] = j;
	for (size_t i = 1; i <= a.len; i++) {
		size_t diagonal = row[0];
		row[0] = i;
		for (size_t j = 1; j <= b.len; j++) {
			const bool same = folded(a.at[i - 1]) == folded(b.at[j - 1]);
			const size_t above = row[j];
			row[j] = least_of(above + 1, row[j - 1] + 1, diagonal + (same ? 0 : 1));
			diagonal = above;
		}
	}
	return row[b.len];
}

bool likeness_near(struct bytes a, struct bytes b)
{
	const struct bytes shorter = a.len < b.len ? a : b, longer = a.len < b.len ? b : a;

	if (shorter.len < LEAST)
		return shorter.len == longer.len && begins(longer, shorter);
	if (holds(longer, shorter))
		return true;
	return shorter.len <= LIMIT_PASSPHRASE && longer.len - shorter.len <= CHANGES_MAX &&
	       changes(longer, shorter) <= CHANGES_MAX;
}
