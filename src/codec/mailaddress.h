/* SPDX-License-Identifier: Apache-2.0 */
/** mailaddress: an address as it may stand in a message and an SMTP command without quoting. */
#ifndef CODEC_MAILADDRESS_H
#define CODEC_MAILADDRESS_H

#include "text.h"

#define MAILADDRESS_MAX 254 /* RFC 5321 section 4.5.3.1.3, without its brackets */

/** mailaddress_check(t): of ASCII, one at with something on both sides, nothing that needs quotes; ST_INVALID. */
MUST_CHECK struct status mailaddress_check(struct text t);

#endif /* !CODEC_MAILADDRESS_H */
