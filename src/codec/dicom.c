/* SPDX-License-Identifier: Apache-2.0 */
#include "dicom.h"

#include <string.h>

/* Sequences in sequences; real files nest three or four deep. */
#define DEPTH_MAX  16
#define UNDEFINED  UINT32_MAX
#define PREAMBLE   128
#define LAST_TAG   0x00100FFFu /* what identifies stands in groups 0008 and 0010 */
#define ITEM       0xFFFEE000u
#define ITEM_END   0xFFFEE00Du
#define LIST_END   0xFFFEE0DDu
#define QUALIFIERS 0x00100024u

struct walk {
	const uint8_t *at, *end;
	bool explicit_vr;
	uint32_t within; /* the outermost sequence that we are in; 0 */
	struct dicom *out;
};

static size_t left(const struct walk *w)
{
	return (size_t)(w->end - w->at);
}

static uint32_t little(const uint8_t *at, size_t len)
{
	uint32_t value = 0;

	for (size_t i = len; i > 0; i--)
		value = value << 8 | at[i - 1];
	return value;
}

struct element {
	uint32_t tag, len;
	char vr[2];
};

/** Whether a value representation has two reserved bytes and a length of four. */
static bool is_long(const char vr[2])
{
	static const char *const longs[] = {"OB", "OD", "OF", "OL", "OV", "OW", "SQ",
					    "SV", "UC", "UN", "UR", "UT", "UV"};

	for (size_t i = 0; i < COUNT(longs); i++)
		if (longs[i][0] == vr[0] && longs[i][1] == vr[1])
			return true;
	return false;
}

static struct status read_element(struct walk *w, struct element *out)
{
	if (left(w) < 8)
		return FAIL_AT(ST_INVALID, "dicom length");
	*out = (struct element){.tag = little(w->at, 2) << 16 | little(w->at + 2, 2)};
	/* Items have no representation, whatever the syntax. */
	if (!w->explicit_vr || out->tag >> 16 == 0xFFFE) {
		out->len = little(w->at + 4, 4);
		w->at += 8;
		return OK;
	}
	out->vr[0] = (char)w->at[4];
	out->vr[1] = (char)w->at[5];
	if (!is_long(out->vr)) {
		out->len = little(w->at + 6, 2);
		w->at += 8;
		return OK;
	}
	if (left(w) < 12)
		return FAIL_AT(ST_INVALID, "dicom length");
	out->len = little(w->at + 8, 4);
	w->at += 12;
	return OK;
}

static struct text trimmed(const uint8_t *at, size_t len)
{
	while (len > 0 && (at[len - 1] == ' ' || at[len - 1] == '\0'))
		len--;
	while (len > 0 && at[0] == ' ') {
		at++;
		len--;
	}
	return (struct text){(const char *)at, len};
}

static void take(const struct walk *w, const struct element *e)
{
	const struct {
		uint32_t tag, within;
		struct text *out;
	} wanted[] = {
		{0x00080005, 0, &w->out->character_set}, {0x00080018, 0, &w->out->instance},
		{0x00080020, 0, &w->out->study_date},    {0x00080060, 0, &w->out->modality},
		{0x00081030, 0, &w->out->description},   {0x0008103E, 0, &w->out->description},
		{0x00100020, 0, &w->out->patient_id},    {0x00100021, 0, &w->out->issuer},
		{0x00100030, 0, &w->out->birth},         {0x00400032, QUALIFIERS, &w->out->issuer_universal},
	};

	for (size_t i = 0; i < COUNT(wanted); i++)
		if (wanted[i].tag == e->tag && wanted[i].within == w->within)
			*wanted[i].out = trimmed(w->at, e->len);
}

static struct status walk_elements(struct walk *w, uint32_t end, int depth);

/** The items of a sequence; ${end} of its length or, undefined, by its delimiter. */
static struct status walk_items(struct walk *w, uint32_t len, int depth) /* NOLINT(misc-no-recursion) */
{
	const uint8_t *outer = w->end;
	struct element item;
	struct status s = OK;

	if (depth == DEPTH_MAX)
		return FAIL_AT(ST_INVALID, "dicom depth");
	if (len != UNDEFINED)
		w->end = w->at + len;
	while (ok(s) && w->at < w->end) {
		s = read_element(w, &item);
		if (!ok(s) || item.tag == LIST_END)
			break;
		if (item.tag != ITEM || (item.len != UNDEFINED && item.len > left(w)))
			s = FAIL_AT(ST_INVALID, "dicom length");
		else
			s = walk_elements(w, item.len, depth + 1);
	}
	w->end = outer;
	return s;
}

static struct status walk_value(struct walk *w, const struct element *e, int depth) /* NOLINT(misc-no-recursion) */
{
	uint32_t within = w->within;

	if (e->len != UNDEFINED && e->len > left(w))
		return FAIL_AT(ST_INVALID, "dicom length");
	/* Of undefined length are sequences, and unknown ones that are sequences. */
	bool sequence = e->len == UNDEFINED || (e->vr[0] == 'S' && e->vr[1] == 'Q') ||
			(!w->explicit_vr && e->tag == QUALIFIERS);
	if (sequence) {
		w->within = within != 0 ? UNDEFINED : e->tag;
		struct status s = walk_items(w, e->len, depth);
		w->within = within;
		return s;
	}
	take(w, e);
	w->at += e->len;
	return OK;
}

static struct status walk_elements(struct walk *w, uint32_t len, int depth) /* NOLINT(misc-no-recursion) */
{
	const uint8_t *outer = w->end;
	struct element e;
	struct status s = OK;

	if (len != UNDEFINED)
		w->end = w->at + len;
	while (ok(s) && w->at < w->end) {
		const uint8_t *start = w->at;
		s = read_element(w, &e);
		if (!ok(s) || e.tag == ITEM_END)
			break;
		if (depth == 0 && e.tag > LAST_TAG) {
			w->at = start;
			break;
		}
		s = walk_value(w, &e, depth);
	}
	w->end = outer;
	return s;
}

/** The file meta information: always explicit; it says in which syntax the rest is. */
static struct status walk_meta(struct walk *w, struct text *syntax)
{
	struct element e;

	w->explicit_vr = true;
	while (left(w) >= 8 && little(w->at, 2) == 0x0002) {
		TRY(read_element(w, &e));
		if (e.len > left(w))
			return FAIL_AT(ST_INVALID, "dicom length");
		if (e.tag == 0x00020010)
			*syntax = trimmed(w->at, e.len);
		if (e.tag == 0x00020003)
			w->out->instance = trimmed(w->at, e.len);
		w->at += e.len;
	}
	return OK;
}

struct status dicom_read(struct bytes file, struct dicom *out)
{
	struct dicom made = {0};
	struct text syntax = {0};

	if (file.len < PREAMBLE + 4 || memcmp(file.at + PREAMBLE, "DICM", 4) != 0)
		return FAIL_AT(ST_INVALID, "dicom");
	struct walk w = {.at = file.at + PREAMBLE + 4, .end = file.at + file.len, .out = &made};
	TRY(walk_meta(&w, &syntax));
	w.explicit_vr = !text_equal(syntax, TEXT("1.2.840.10008.1.2"));
	if (!text_equal(syntax, TEXT("1.2.840.10008.1.2.2")) && !text_equal(syntax, TEXT("1.2.840.10008.1.2.1.99")))
		TRY(walk_elements(&w, UNDEFINED, 0));
	*out = made;
	return OK;
}
