/* SPDX-License-Identifier: Apache-2.0 */
#include "hl7.h"

#include <string.h>

/* MSH|^~\& : the separator of fields and four more. */
#define ENCODING_AT 4

struct hl7 hl7_of(struct text text)
{
	if (text_starts(text, TEXT("\xef\xbb\xbf")))
		text = (struct text){text.at + 3, text.len - 3};
	return (struct hl7){text, '|', '^', '~', '\\', '&'};
}

static bool ends_segment(char c)
{
	/* VT and FS frame a message on the wire (MLLP). */
	return c == '\r' || c == '\n' || c == '\v' || c == '\x1c';
}

static void take_separators(struct hl7 *h, struct text segment)
{
	char *const places[] = {&h->component, &h->repetition, &h->escape, &h->part};

	h->field = segment.at[3];
	for (size_t i = 0; i < COUNT(places) && ENCODING_AT + i < segment.len; i++) {
		if (segment.at[ENCODING_AT + i] == h->field)
			return;
		*places[i] = segment.at[ENCODING_AT + i];
	}
}

bool hl7_is(struct text segment, const char *name)
{
	return segment.len >= 3 && text_equal((struct text){segment.at, 3}, text_of(name));
}

bool hl7_next(struct hl7 *h, struct text *segment)
{
	struct text t = h->rest;
	size_t len = 0;

	while (t.len > 0 && ends_segment(t.at[0]))
		t = (struct text){t.at + 1, t.len - 1};
	while (len < t.len && !ends_segment(t.at[len]))
		len++;
	h->rest = (struct text){t.at == NULL ? NULL : t.at + len, t.len - len};
	if (len == 0)
		return false;
	*segment = (struct text){t.at, len};
	if (len > ENCODING_AT && hl7_is(*segment, "MSH"))
		take_separators(h, *segment);
	return true;
}

struct text hl7_piece(struct text t, char separator, size_t number)
{
	struct text piece = {0};

	while (text_split(&t, separator, &piece))
		if (--number == 0)
			return piece;
	return (struct text){0};
}

struct text hl7_field(const struct hl7 *h, struct text segment, size_t number)
{
	if (hl7_is(segment, "MSH"))
		return number <= 1 ? (struct text){0} : hl7_piece(segment, h->field, number);
	return hl7_piece(segment, h->field, number + 1);
}

struct status hl7_open(const struct hl7 *h, struct text t, struct buffer *out)
{
	const char letters[] = {'F', 'S', 'R', 'E', 'T'};
	const char meant[] = {h->field, h->component, h->repetition, h->escape, h->part};

	for (size_t i = 0; i < t.len; i++) {
		const char *letter = NULL;
		if (t.at[i] == h->escape && i + 2 < t.len && t.at[i + 2] == h->escape)
			letter = memchr(letters, t.at[i + 1], sizeof letters);
		TRY(buffer_put_u8(out, (uint8_t)(letter != NULL ? meant[letter - letters] : t.at[i])));
		if (letter != NULL)
			i += 2;
	}
	return OK;
}
