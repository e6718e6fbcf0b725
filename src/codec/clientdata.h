/* SPDX-License-Identifier: Apache-2.0 */
/**
 * clientdata: what the browser says that it was asked, and by whom: CollectedClientData
 * (WebAuthn Level 3, section 5.8.1).  Members that it does not name may stand there and
 * are passed over, as the standard demands; a name twice is refused.
 */
#ifndef CODEC_CLIENTDATA_H
#define CODEC_CLIENTDATA_H

#include "json.h"

/** It owns what its texts point into; `{0}` is empty. */
struct clientdata {
	struct json_document document;
	struct text type, challenge, origin; /* challenge: base64url */
	bool cross_origin;                   /* crossOrigin is true */
	bool has_top_origin;
};
/** clientdata_read(json, out): ST_INVALID ("client data"), ST_TOO_BIG past LIMIT_CLIENT_DATA; ST_NO_MEMORY. */
MUST_CHECK struct status clientdata_read(struct bytes json, struct clientdata *out);
void clientdata_clear(struct clientdata *c);

#endif /* !CODEC_CLIENTDATA_H */
