/* SPDX-License-Identifier: Apache-2.0 */
/* handle_challenge: a nonce that a sign-in has to sign; for strangers. */
#include "route.h"

void handle_challenge(struct call *c, struct bytes body)
{
	struct jsonwriter w = call_writer(c);
	struct hash nonce;
	uint64_t expires;

	(void)body;
	c->failure = challenges_make(&c->loop->service->challenges, call_now(c), &nonce, &expires);
	if (ok(c->failure)) {
		jsonwriter_object(&w, NULL);
		jsonwriter_base64(&w, "nonce", hash_bytes(&nonce));
		jsonwriter_time(&w, "expires", expires);
		jsonwriter_end(&w);
		c->http = 201;
		call_written(c, &w);
	}
	call_answer(c);
}
