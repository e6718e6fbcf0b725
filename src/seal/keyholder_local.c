/* SPDX-License-Identifier: Apache-2.0 */
#include "keyholder_local.h"

#include <stdlib.h>

#include "keydesk.h"

/** The desk comes first: its address is the state that keydesk_calls expect. */
struct local {
	struct keydesk desk;
	struct unlocked unlocked;
	struct secret token;
};

static void clear(void *state)
{
	struct local *l = state;

	keydesk_clear(&l->desk);
	unlocked_clear(&l->unlocked);
	secret_clear(&l->token);
	free(l);
}

struct status keyholder_local_open(const struct os *os, int dir, struct bytes passphrase, struct keyholder *out)
{
	struct local *l = calloc(1, sizeof *l);

	if (l == NULL)
		return FAIL_AT(ST_NO_MEMORY, "key holder");
	struct status s = unlocked_open(os, dir, passphrase, &l->unlocked);
	if (!ok(s)) {
		free(l);
		return s;
	}
	l->desk = (struct keydesk){.unlocked = &l->unlocked, .token = &l->token};
	*out = (struct keyholder){.calls = &keydesk_calls, .state = l, .clear = clear, .person = l->unlocked.person};
	return OK;
}
