/* SPDX-License-Identifier: Apache-2.0 */
/** factorprompt: signing in with a second factor where one is needed: from its file, or asked for. */
#ifndef CLI_FACTORPROMPT_H
#define CLI_FACTORPROMPT_H

#include "cli.h"
#include "signin.h"

/**
 * factorprompt_sign_in(c, password, device, out):
 * A code is asked for at once where the last sign-in from this home took one, else when the server says so.
 * ST_PENDING: it takes one, and there is neither a file nor a terminal; ST_UNPROVEN: they do not fit together.
 */
MUST_CHECK struct status factorprompt_sign_in(struct cli *c, const struct secret *password,
					      const struct signin_device *device, struct signin_session *out);
/** factorprompt_remember(c): from now on it is asked for at once. */
MUST_CHECK struct status factorprompt_remember(struct cli *c);

#endif /* !CLI_FACTORPROMPT_H */
