/* SPDX-License-Identifier: Apache-2.0 */
/**
 * order: what the daemon asks the courier to carry, one JSON text a packet
 * (docs/PROTOCOL.md, "The courier").
 *
 * It has no room for a name, a reason or content: a notice is its kind, its kind's
 * sentence, numbers and times; a leaf of the log is ids and words of closed lists.
 */
#ifndef COURIER_ORDER_H
#define COURIER_ORDER_H

#include "arena.h"
#include "json.h"
#include "jsonfield.h"

/** A packet either way. */
#define ORDER_PACKET_MAX 65536
#define ORDER_ITEMS_MAX  64

enum order_way { ORDER_MAIL, ORDER_HOOK, ORDER_SYSLOG, ORDER_FHIR, ORDER_WAYS };

/** A notice, or a leaf of the log, which is what has an action. */
struct order_item {
	struct text id;                       /* of a notice: nt-…; of a leaf: none */
	struct text kind, severity, text, to; /* of a notice; to: us-… or a profile's word */
	struct text action, result;           /* of a leaf: words of merkle/leaf.h */
	struct text user, device, address;    /* of a leaf: who; empty where nobody or nothing is known */
	struct text subject_kind, subject;    /* of a leaf: about what, an id */
	uint64_t time, first, count, index;   /* times in ms */
};

struct order {
	uint64_t number; /* the answer has it again */
	enum order_way way;
	struct text origin;         /* of the site */
	struct text server;         /* mail, syslog: HOST:PORT */
	struct text url;            /* hook, fhir */
	struct text from, to, user; /* mail: addresses; login of the submission */
	bool implicit_tls;          /* mail: TLS before anything else; otherwise STARTTLS, and nothing without it */
	const struct order_item *items;
	size_t count;
};
/** order_read(packet, document, arena, out): views into the two, of printable ASCII; ST_INVALID. */
MUST_CHECK struct status order_read(struct bytes packet, struct json_document *document, struct arena *arena,
				    struct order *out);
/** order_way_word(way): "mail", "hook", "syslog", "fhir". */
const char *order_way_word(enum order_way way);

enum order_result { ORDER_DONE, ORDER_LATER, ORDER_NEVER };
struct order_answer {
	uint64_t number;
	enum order_result result;
	struct text why; /* in our own words: nothing that the other side said */
};
/** order_answer_put(answer, out): one packet. */
MUST_CHECK struct status order_answer_put(const struct order_answer *answer, struct buffer *out);
/** order_answer_read(packet, document, arena, out): printable ASCII; ST_INVALID. */
MUST_CHECK struct status order_answer_read(struct bytes packet, struct json_document *document, struct arena *arena,
					   struct order_answer *out);

#endif /* !COURIER_ORDER_H */
