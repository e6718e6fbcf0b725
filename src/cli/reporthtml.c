/* SPDX-License-Identifier: Apache-2.0 */
/* reporthtml: a report for the patient: one page without script or anything from elsewhere. */
#include "report.h"

static const char head[] =
	"<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
	"<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
	"<title>Who opened this patient file</title>\n<style>\n"
	"body { font: 16px/1.5 sans-serif; max-width: 60em; margin: 2em auto; padding: 0 1em; color: #222; }\n"
	"table { border-collapse: collapse; width: 100%; margin: 0.5em 0 2em; }\n"
	"th, td { text-align: left; padding: 0.3em 0.6em; border-bottom: 1px solid #ccc; vertical-align: top; }\n"
	"th { border-bottom-width: 2px; } td.number { text-align: right; }\n"
	"@media print { body { margin: 0; max-width: none; } tr { break-inside: avoid; } }\n"
	"</style>\n</head>\n<body>\n<h1>Who opened this patient file</h1>\n";

static const char foot[] =
	"<h2>What this proves</h2>\n"
	"<p>Each line is one entry of the vault's log, which nobody can change or remove without being noticed, not "
	"even those who run it. The entries about this patient file form a chain; it is complete from the first entry "
	"to the moment this page was made. The file <code>report.json</code> beside this page holds the proof of every "
	"line, and <code>README.txt</code> says how anybody checks it without asking us.</p>\n"
	"<p>People are shown by their login; the log itself names them by an id that is never given to anybody else. "
	"A page of the <em>list</em> of patient files, which shows many patients at once, is in the log of who asked "
	"for it and not here. What somebody remembered, printed or photographed after opening it is in no log.</p>\n"
	"</body>\n</html>\n";

static const struct {
	const char *title, *says, *none;
} sections[REPORT_CLASSES] = {
	[REPORT_OPENED] = {"Opened", "A record of this file was fetched to be looked at or listened to.",
			   "No record of this file was opened."},
	[REPORT_DELIVERED] =
		{"Delivered in a list",
		 "Somebody's program was given a list: the file itself, its records or their history. Titles "
		 "may have been seen; no record was opened by it.",
		 "Nothing was delivered in a list."},
	[REPORT_CHANGED] = {"Written, shared or deleted",
			    "Something was added, changed, shared, taken back or deleted.", "Nothing was changed."},
	[REPORT_REFUSED] = {"Refused", "Somebody tried something that he was not allowed to do, or that failed.",
			    "Nothing was refused."},
};

static struct status put(struct buffer *out, const char *literal)
{
	return buffer_put(out, text_bytes(text_of(literal)));
}

/** Text from outside: neither markup nor anything that is not to be seen. */
static struct status put_escaped(struct buffer *out, struct text t)
{
	for (size_t i = 0; i < t.len; i++) {
		const unsigned char c = (unsigned char)t.at[i];
		if (c == '&' || c == '<' || c == '>' || c == '"' || c == '\'')
			TRY(buffer_print(out, "&#%u;", c));
		else
			TRY(buffer_put_u8(out, c < 0x20 || c == 0x7f ? '.' : c));
	}
	return OK;
}

static struct status put_time(struct buffer *out, uint64_t ms)
{
	AUTO(buffer) whole = {.max = 64};
	struct text rest, second;

	TRY(text_put_time(&whole, ms));
	rest = text_from(buffer_bytes(&whole));
	(void)text_split(&rest, '.', &second);
	for (size_t i = 0; i < second.len; i++)
		TRY(buffer_put_u8(out, second.at[i] == 'T' ? ' ' : (uint8_t)second.at[i]));
	return put(out, " UTC");
}

static struct status put_fact(struct buffer *out, const char *name, struct text value)
{
	if (value.len == 0)
		return OK;
	TRY(buffer_print(out, "<tr><th>%s</th><td>", name));
	TRY(put_escaped(out, value));
	return put(out, "</td></tr>\n");
}

static struct status put_facts(struct buffer *out, const struct report *r)
{
	struct id_text id = id_print(ID_PATIENT, &r->patient.uuid);
	AUTO(buffer) made = {.max = 64}, fingerprint = {.max = 80};

	TRY(put_time(&made, r->made));
	TRY(text_put_hex(&fingerprint, hash_bytes(&r->fingerprint)));
	TRY(put(out, "<table>\n"));
	TRY(put_fact(out, "Patient", r->patient_name));
	TRY(put_fact(out, "Patient file", text_of(id.at)));
	TRY(put_fact(out, "Kept by", r->owner));
	TRY(put_fact(out, "Site", r->site));
	TRY(put_fact(out, "Region", r->region));
	TRY(put_fact(out, "Address of the site", r->origin));
	TRY(put_fact(out, "Its fingerprint", text_from(buffer_bytes(&fingerprint))));
	TRY(put_fact(out, "Made on", text_from(buffer_bytes(&made))));
	TRY(put_fact(out, "Made by", r->made_by));
	return put(out, "</table>\n");
}

static struct text who(const struct report *r, const struct report_entry *e)
{
	const struct text login = report_login(r, &e->read.actor.user);

	return login.len > 0 ? login : TEXT("the vault itself");
}

/** What each person did, in how many entries. */
static struct status put_person(struct buffer *out, const struct report *r, const struct report_person *p)
{
	unsigned counts[REPORT_CLASSES] = {0};
	uint64_t last = 0;

	for (size_t i = 0; i < r->entry_count; i++) {
		const struct entry_read *e = &r->entries[i].read;
		if (!uuid_equal(&e->actor.user.uuid, &p->id.uuid))
			continue;
		counts[report_class(e)]++;
		last = e->leaf.time > last ? e->leaf.time : last;
	}
	TRY(put(out, "<tr><td>"));
	TRY(put_escaped(out, p->login));
	for (size_t i = 0; i < REPORT_CLASSES; i++)
		TRY(buffer_print(out, "</td><td class=\"number\">%u", counts[i]));
	TRY(put(out, "</td><td>"));
	if (last > 0)
		TRY(put_time(out, last));
	return put(out, "</td></tr>\n");
}

static struct status put_people(struct buffer *out, const struct report *r)
{
	TRY(put(out, "<h2>By person</h2>\n<table>\n<tr><th>Person</th>"));
	for (size_t i = 0; i < REPORT_CLASSES; i++)
		TRY(buffer_print(out, "<th>%s</th>", sections[i].title));
	TRY(put(out, "<th>Last</th></tr>\n"));
	for (size_t i = 0; i < r->people_count; i++)
		TRY(put_person(out, r, &r->people[i]));
	return put(out, "</table>\n");
}

/** "record rc-…, version 2: words"; of a receipt the words alone. */
static struct status put_what(struct buffer *out, const struct entry_read *e)
{
	struct text rest = e->subject.detail, words = {0};

	TRY(put(out, leaf_kind_name(e->leaf.kind)));
	if (!uuid_is_zero(&e->subject.record.uuid))
		TRY(buffer_print(out, ", record %s, version %u", id_print(ID_RECORD, &e->subject.record.uuid).at,
				 e->subject.version));
	(void)text_split(&rest, ',', &words);
	if (words.len > 0) {
		TRY(put(out, ": "));
		TRY(put_escaped(out, words));
	}
	return OK;
}

static struct status put_row(struct buffer *out, const struct report *r, const struct report_entry *e)
{
	TRY(put(out, "<tr><td>"));
	TRY(put_time(out, e->read.leaf.time));
	TRY(put(out, "</td><td>"));
	TRY(put_escaped(out, who(r, e)));
	TRY(put(out, "</td><td>"));
	TRY(put_what(out, &e->read));
	return buffer_print(out, "</td><td class=\"number\">%llu</td></tr>\n", (unsigned long long)e->raw.index);
}

static struct status put_section(struct buffer *out, const struct report *r, enum report_class class)
{
	size_t shown = 0;

	TRY(buffer_print(out, "<h2>%s</h2>\n<p>%s</p>\n", sections[class].title, sections[class].says));
	for (size_t i = 0; i < r->entry_count; i++) {
		if (report_class(&r->entries[i].read) != class)
			continue;
		if (shown++ == 0)
			TRY(put(out, "<table>\n<tr><th>When</th><th>Who</th><th>What</th><th>Leaf</th></tr>\n"));
		TRY(put_row(out, r, &r->entries[i]));
	}
	return shown > 0 ? put(out, "</table>\n") : buffer_print(out, "<p>%s</p>\n", sections[class].none);
}

struct status report_write_html(const struct report *r, struct buffer *out)
{
	TRY(put(out, head));
	TRY(put_facts(out, r));
	TRY(put_people(out, r));
	for (size_t i = 0; i < REPORT_CLASSES; i++)
		TRY(put_section(out, r, (enum report_class)i));
	return put(out, foot);
}
