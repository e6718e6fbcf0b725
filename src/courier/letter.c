/* SPDX-License-Identifier: Apache-2.0 */
#include "letter.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "hash.h"
#include "jsonwriter.h"

struct text letter_host(const struct order *order)
{
	struct text host = order->origin;

	if (text_starts(host, TEXT("https://")))
		host = (struct text){host.at + 8, host.len - 8};
	for (size_t i = 0; i < host.len; i++)
		if (host.at[i] == ':' || host.at[i] == '/')
			return (struct text){host.at, i};
	return host;
}

/* --- Mail --- */

/** Nothing that ends a line or a header reaches a message, whatever an order says. */
static struct status put_line(struct buffer *out, struct text t)
{
	for (size_t i = 0; i < t.len; i++)
		TRY(buffer_put_u8(out, t.at[i] < ' ' || t.at[i] > '~' ? '?' : (uint8_t)t.at[i]));
	return OK;
}

static struct status put_date(struct buffer *out, uint64_t ms)
{
	static const char *const days[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
	static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
					     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
	const time_t seconds = (time_t)(ms / 1000);
	struct tm at;

	if (gmtime_r(&seconds, &at) == NULL)
		return FAIL_AT(ST_INVALID, "time");
	return buffer_print(out, "%s, %02d %s %04d %02d:%02d:%02d +0000", days[at.tm_wday], at.tm_mday,
			    months[at.tm_mon], at.tm_year + 1900, at.tm_hour, at.tm_min, at.tm_sec);
}

static struct status put_field(struct buffer *out, const char *name, struct text value)
{
	TRY(buffer_print(out, "%s: ", name));
	TRY(put_line(out, value));
	return buffer_print(out, "\r\n");
}

static struct status put_head(const struct order *order, struct buffer *out)
{
	const struct order_item *n = &order->items[0];
	const struct text host = letter_host(order);

	TRY(put_field(out, "From", order->from));
	TRY(put_field(out, "To", order->to));
	TRY(buffer_print(out, "Date: "));
	TRY(put_date(out, n->time));
	TRY(buffer_print(out, "\r\nMessage-ID: <"));
	TRY(put_line(out, n->id));
	TRY(buffer_print(out, ".%llu@", (unsigned long long)n->count));
	TRY(put_line(out, host));
	TRY(buffer_print(out, ">\r\nSubject: "));
	TRY(put_line(out, host));
	TRY(buffer_print(out, ": "));
	TRY(put_line(out, n->kind));
	TRY(buffer_print(out, " ("));
	TRY(put_line(out, n->severity));
	TRY(buffer_print(out, ")\r\n"));
	return buffer_print(out, "Auto-Submitted: auto-generated\r\nMIME-Version: 1.0\r\n"
				 "Content-Type: text/plain; charset=us-ascii\r\n\r\n");
}

struct status letter_mail(const struct order *order, struct buffer *out)
{
	const struct order_item *n = &order->items[0];

	if (order->count != 1 || n->action.len > 0)
		return FAIL_AT(ST_INVALID, "order");
	TRY(put_head(order, out));
	TRY(put_line(out, n->text));
	TRY(buffer_print(out, "\r\n\r\nSite:  "));
	TRY(put_line(out, order->origin));
	TRY(buffer_print(out, "\r\nTime:  "));
	TRY(text_put_time(out, n->time));
	if (n->count > 1) {
		TRY(buffer_print(out, "\r\nOften: %llu, first ", (unsigned long long)n->count));
		TRY(text_put_time(out, n->first));
	}
	return buffer_print(out,
			    "\r\n\r\nMore, and whom it is about, stands in the product alone: tacenda notices\r\n");
}

/* --- Webhook --- */

struct status letter_hook_id(const struct order *order, struct buffer *out)
{
	TRY(put_line(out, order->items[0].id));
	return buffer_print(out, ".%llu", (unsigned long long)order->items[0].count);
}

struct status letter_hook(const struct order *order, struct buffer *out)
{
	const struct order_item *n = &order->items[0];
	struct jsonwriter w = jsonwriter_of(out);

	if (order->count != 1 || n->action.len > 0)
		return FAIL_AT(ST_INVALID, "order");
	jsonwriter_object(&w, NULL);
	jsonwriter_string(&w, "type", "notice");
	jsonwriter_time(&w, "timestamp", n->time);
	jsonwriter_object(&w, "data");
	jsonwriter_text(&w, "site", order->origin);
	jsonwriter_text(&w, "id", n->id);
	jsonwriter_text(&w, "kind", n->kind);
	jsonwriter_text(&w, "severity", n->severity);
	jsonwriter_text(&w, "text", n->text);
	jsonwriter_text(&w, "to", n->to);
	jsonwriter_u64(&w, "count", n->count);
	jsonwriter_time(&w, "first", n->first);
	jsonwriter_end(&w);
	jsonwriter_end(&w);
	return jsonwriter_done(&w);
}

struct status letter_sign(struct bytes key, struct text id, uint64_t seconds, struct bytes body, struct buffer *out)
{
	AUTO(buffer) signed_text = {.max = (size_t)ORDER_PACKET_MAX * 4};
	struct hash mac;

	TRY(buffer_print(&signed_text, "%.*s.%llu.", TEXT_ARG(id), (unsigned long long)seconds));
	TRY(buffer_put(&signed_text, body));
	TRY(hmac_sha256(key, buffer_bytes(&signed_text), &mac));
	TRY(buffer_print(out, "v1,"));
	return text_put_base64(out, hash_bytes(&mac));
}

/* --- syslog --- */

/* RFC 5424 section 6.2.1: facility 13, log audit. */
#define FACILITY 13

static unsigned priority(const struct order_item *i)
{
	const bool warning = text_equal(i->severity, TEXT("warning")), urgent = text_equal(i->severity, TEXT("urgent"));
	const bool refused = i->action.len > 0 && !text_equal(i->result, TEXT("done"));

	return FACILITY * 8 + (urgent ? 2 : warning ? 4 : refused ? 5 : 6);
}

/** RFC 5424 section 6.3.3: `"`, `\` and `]` are escaped. */
static struct status put_value(struct buffer *out, const char *name, struct text t)
{
	if (t.len == 0)
		return OK;
	TRY(buffer_print(out, " %s=\"", name));
	for (size_t i = 0; i < t.len; i++) {
		if (t.at[i] == '"' || t.at[i] == '\\' || t.at[i] == ']')
			TRY(buffer_put_u8(out, '\\'));
		TRY(buffer_put_u8(out, t.at[i] < ' ' ? '?' : (uint8_t)t.at[i]));
	}
	return buffer_put_u8(out, '"');
}

static struct status put_number(struct buffer *out, const char *name, uint64_t n)
{
	return buffer_print(out, " %s=\"%llu\"", name, (unsigned long long)n);
}

/* The number is that of RFC 5612: we have no enterprise number of our own. */
static struct status put_data(struct buffer *out, const struct order_item *i)
{
	TRY(buffer_print(out, "[tacenda@32473"));
	if (i->action.len == 0) {
		TRY(put_value(out, "id", i->id));
		TRY(put_value(out, "severity", i->severity));
		TRY(put_value(out, "to", i->to));
		TRY(put_number(out, "count", i->count));
		return buffer_print(out, "]");
	}
	TRY(put_number(out, "leaf", i->index));
	TRY(put_value(out, "result", i->result));
	TRY(put_value(out, "user", i->user));
	TRY(put_value(out, "device", i->device));
	TRY(put_value(out, "address", i->address));
	TRY(put_value(out, "about", i->subject_kind));
	TRY(put_value(out, "subject", i->subject));
	return buffer_print(out, "]");
}

static struct status put_message(const struct order *order, const struct order_item *i, struct buffer *out)
{
	TRY(buffer_print(out, "<%u>1 ", priority(i)));
	TRY(text_put_time(out, i->time));
	TRY(buffer_print(out, " "));
	TRY(put_line(out, letter_host(order)));
	TRY(buffer_print(out, " tacenda - "));
	TRY(put_line(out, i->action.len > 0 ? i->action : i->kind));
	TRY(buffer_print(out, " "));
	TRY(put_data(out, i));
	TRY(buffer_print(out, " "));
	return i->action.len > 0 ? put_line(out, i->action) : put_line(out, i->text);
}

struct status letter_syslog(const struct order *order, struct buffer *out)
{
	AUTO(buffer) message = {.max = 8192};

	for (size_t i = 0; i < order->count; i++) {
		message.len = 0;
		TRY(put_message(order, &order->items[i], &message));
		TRY(buffer_print(out, "%zu ", message.len));
		TRY(buffer_put(out, buffer_bytes(&message)));
	}
	return OK;
}
