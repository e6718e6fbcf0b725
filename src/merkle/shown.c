/* SPDX-License-Identifier: Apache-2.0 */
#include "shown.h"

#include "hash.h"

static const char label[] = "tacenda/v1/shown";

struct status shown_add(struct shown *s, const struct hash *name)
{
	const struct bytes pieces[] = {bytes_of(label, sizeof label), hash_bytes(&s->hash), hash_bytes(name)};
	struct hash next;

	TRY(sha256_pieces(pieces, COUNT(pieces), &next));
	s->hash = next;
	s->count++;
	return OK;
}

struct status shown_put(const struct shown *s, struct text what, struct buffer *out)
{
	TRY(buffer_print(out, "%.*s, %llu statements ", TEXT_ARG(what), (unsigned long long)s->count));
	TRY(text_put_hex(out, hash_bytes(&s->hash)));
	return buffer_print(out, ", log of %llu", (unsigned long long)s->size);
}

/** Cut ${word} off the beginning. */
static bool skip(struct text *t, struct text word)
{
	if (!text_starts(*t, word))
		return false;
	*t = (struct text){t->at + word.len, t->len - word.len};
	return true;
}

struct status shown_parse(struct text detail, struct shown *out)
{
	struct text what, number, hash;
	struct shown found;

	if (!text_split(&detail, ',', &what) || what.len == 0 || !text_is_utf8(what) || !skip(&detail, TEXT(" ")) ||
	    !text_split(&detail, ' ', &number) || !skip(&detail, TEXT("statements ")) ||
	    !text_split(&detail, ',', &hash) || !skip(&detail, TEXT(" log of ")))
		return FAIL_AT(ST_INVALID, "receipt");
	TRY(text_to_u64(number, 0, INT64_MAX, &found.count));
	TRY(text_from_hex(hash, found.hash.bytes, sizeof found.hash.bytes));
	TRY(text_to_u64(detail, 0, INT64_MAX, &found.size));
	*out = found;
	return OK;
}
