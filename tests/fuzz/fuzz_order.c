/* SPDX-License-Identifier: Apache-2.0 */
/* What the daemon asks the courier to carry, and what it hears: no order begins a line, or a frame, of its own in
 * what leaves the product. */
#include "letter.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

#define LETTER_MAX ((size_t)1 << 20)

static void demand(bool holds)
{
	if (!holds)
		__builtin_trap();
}

/** The head has eight lines, the text seven, and one more when it happened more than once. */
static void try_mail(const struct order *order)
{
	AUTO(buffer) mail = {.max = LETTER_MAX};
	size_t lines = 0;

	if (!ok(letter_mail(order, &mail)))
		return;
	for (size_t i = 0; i < mail.len; i++) {
		const uint8_t c = mail.bytes[i];
		demand((c >= ' ' && c <= '~') || c == '\r' || c == '\n');
		demand((c == '\n') == (i > 0 && mail.bytes[i - 1] == '\r'));
		lines += c == '\n';
	}
	demand(lines == (order->items[0].count > 1 ? 16u : 15u));
}

static void try_json(struct status write(const struct order *order, struct buffer *out), const struct order *order)
{
	static const struct json_limits limits = {.bytes = LETTER_MAX, .depth = 32};
	AUTO(buffer) letter = {.max = LETTER_MAX};
	AUTO(json_document) document = {0};

	if (ok(write(order, &letter)))
		demand(ok(json_parse(buffer_bytes(&letter), &limits, &document)));
}

/** A frame an item, each as long as it says (RFC 5425 section 4.3). */
static void try_syslog(const struct order *order)
{
	AUTO(buffer) frames = {.max = LETTER_MAX};
	struct text rest, size;
	uint32_t len;

	if (!ok(letter_syslog(order, &frames)))
		return;
	rest = text_from(buffer_bytes(&frames));
	for (size_t i = 0; i < order->count; i++) {
		demand(text_split(&rest, ' ', &size) && ok(text_to_u32(size, 1, UINT32_MAX, &len)));
		demand(rest.len >= len && rest.at[0] == '<');
		for (size_t n = 0; n < len; n++)
			demand(rest.at[n] >= ' ' && rest.at[n] <= '~');
		rest = (struct text){rest.at + len, rest.len - len};
	}
	demand(rest.len == 0);
}

static void try_order(struct bytes packet)
{
	AUTO(json_document) document = {0};
	AUTO(arena) arena = {.max = (size_t)1 << 20};
	AUTO(buffer) id = {.max = 4096};
	struct order order;

	if (!ok(order_read(packet, &document, &arena, &order)))
		return;
	demand(order.count >= 1 && order.count <= ORDER_ITEMS_MAX);
	try_mail(&order);
	try_json(letter_hook, &order);
	try_json(letter_fhir, &order);
	try_syslog(&order);
	demand(ok(letter_hook_id(&order, &id)));
}

static void try_answer(struct bytes packet)
{
	AUTO(json_document) document = {0}, second = {0};
	AUTO(arena) arena = {.max = 65536};
	AUTO(buffer) written = {.max = ORDER_PACKET_MAX};
	struct order_answer answer, again;

	if (!ok(order_answer_read(packet, &document, &arena, &answer)))
		return;
	demand(ok(order_answer_put(&answer, &written)));
	demand(ok(order_answer_read(buffer_bytes(&written), &second, &arena, &again)));
	demand(again.number == answer.number && again.result == answer.result && text_equal(again.why, answer.why));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	try_order(bytes_of(data, len));
	try_answer(bytes_of(data, len));
	return 0;
}
