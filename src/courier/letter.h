/* SPDX-License-Identifier: Apache-2.0 */
/**
 * letter: what leaves the product, as its receivers want it: mail (RFC 5322), webhook
 * (Standard Webhooks), syslog (RFC 5424, framed by RFC 5425), AuditEvent of FHIR R4
 * (IHE BALP).  Pure: bytes from an order.
 */
#ifndef COURIER_LETTER_H
#define COURIER_LETTER_H

#include "order.h"

/** letter_mail(order, out): the message of the order's one notice; its id is the same whenever it is sent again. */
MUST_CHECK struct status letter_mail(const struct order *order, struct buffer *out);
/** letter_hook(order, out): the JSON body. */
MUST_CHECK struct status letter_hook(const struct order *order, struct buffer *out);
/** letter_hook_id(order, out): webhook-id: the notice and its count. */
MUST_CHECK struct status letter_hook_id(const struct order *order, struct buffer *out);
/** letter_sign(key, id, seconds, body, out): "v1,BASE64" over `id.seconds.body`, HMAC-SHA-256. */
MUST_CHECK struct status letter_sign(struct bytes key, struct text id, uint64_t seconds, struct bytes body,
				     struct buffer *out);
/** letter_syslog(order, out): all items, each a frame. */
MUST_CHECK struct status letter_syslog(const struct order *order, struct buffer *out);
/** letter_fhir(order, out): a batch Bundle of AuditEvents. */
MUST_CHECK struct status letter_fhir(const struct order *order, struct buffer *out);

/** letter_host(order): the host of the site's origin. */
struct text letter_host(const struct order *order);

#endif /* !COURIER_LETTER_H */
