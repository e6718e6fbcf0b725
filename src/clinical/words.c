/* SPDX-License-Identifier: Apache-2.0 */
#include "words.h"

#include <stdlib.h>

#define WORDS_TEXT_MAX ((size_t)1 << 30)
#define SLOTS_FIRST    1024

struct words_span {
	uint32_t at, len;
};

static const struct words_span *span_at(const struct words *w, uint32_t number)
{
	return (const struct words_span *)(const void *)w->spans.bytes + number;
}

struct text words_at(const struct words *w, uint32_t number)
{
	const struct words_span *s = span_at(w, number);

	return s->len == 0 ? (struct text){"", 0} : (struct text){(const char *)w->text.bytes + s->at, s->len};
}

/** FNV-1a: a file made to collide only makes its own import slow. */
static size_t hash_of(struct text t)
{
	uint64_t hash = 14695981039346656037u;

	for (size_t i = 0; i < t.len; i++)
		hash = (hash ^ (uint8_t)t.at[i]) * 1099511628211u;
	return (size_t)(hash ^ (hash >> 32));
}

/** The slot of ${t}, or the free one where it would stand. */
static uint32_t *slot_of(const struct words *w, struct text t)
{
	size_t at = hash_of(t) & (w->slot_count - 1);

	while (w->slots[at] != 0 && !text_equal(words_at(w, w->slots[at] - 1), t))
		at = (at + 1) & (w->slot_count - 1);
	return &w->slots[at];
}

static struct status grow(struct words *w)
{
	size_t wanted = w->slot_count == 0 ? SLOTS_FIRST : 2 * w->slot_count;
	uint32_t *slots = calloc(wanted, sizeof *slots);

	if (slots == NULL)
		return FAIL(ST_NO_MEMORY);
	free(w->slots);
	w->slots = slots;
	w->slot_count = wanted;
	for (uint32_t i = 0; i < w->count; i++)
		*slot_of(w, words_at(w, i)) = i + 1;
	return OK;
}

bool words_find(const struct words *w, struct text t, uint32_t *out)
{
	uint32_t slot = w->slot_count == 0 ? 0 : *slot_of(w, t);

	if (slot != 0)
		*out = slot - 1;
	return slot != 0;
}

struct status words_put(struct words *w, struct text t, uint32_t *out)
{
	if (words_find(w, t, out))
		return OK;
	if (2 * (w->count + 1) > w->slot_count)
		TRY(grow(w));
	w->text.max = WORDS_TEXT_MAX;
	w->spans.max = WORDS_TEXT_MAX;
	w->text.wipe = true;
	struct words_span span = {(uint32_t)w->text.len, (uint32_t)t.len};
	TRY(buffer_reserve(&w->spans, sizeof span));
	TRY(buffer_put(&w->text, text_bytes(t)));
	TRY(buffer_put(&w->spans, BYTES_OF(span)));
	*slot_of(w, t) = (uint32_t)w->count + 1;
	*out = (uint32_t)w->count++;
	return OK;
}

void words_clear(struct words *w)
{
	buffer_clear(&w->text);
	buffer_clear(&w->spans);
	free(w->slots);
	*w = (struct words){0};
}
