/* SPDX-License-Identifier: Apache-2.0 */
/** hostargs: what the verbs of `tacendad` share: words, root slot, one line for a failure. */
#ifndef DAEMON_HOSTARGS_H
#define DAEMON_HOSTARGS_H

#include "options.h"
#include "vessel.h"

enum { EXIT_DONE = 0, EXIT_REFUSED = 1, EXIT_USAGE = 2, EXIT_DAMAGE = 3, EXIT_NOT_NOW = 4 };

struct hostargs {
	struct options options;
	bool json, yes;
	struct secret root; /* passphrase or key file */
};
void hostargs_clear(struct hostargs *h);

/** hostargs_proof(h, out): from the file that was named, or the terminal; ST_PENDING without either. */
MUST_CHECK struct status hostargs_proof(struct hostargs *h, bool twice, struct keywire_proof *out);
/** hostargs_holders(h, out): --night-holder DIR... into ${out}. */
void hostargs_holders(const struct hostargs *h, struct vessel_options *out);
/** hostargs_failure(h, s): one line on stderr that says what to do, with --json the problem on stdout; the exit code.
 */
int hostargs_failure(const struct hostargs *h, struct status s);
/** hostargs_told(h, code, detail): the same for what the running daemon refused, and said why. */
int hostargs_told(const struct hostargs *h, enum status_code code, struct text detail);

int verb_init(struct hostargs *h);
int verb_serve(struct hostargs *h);
int verb_status(struct hostargs *h);
int verb_check(struct hostargs *h);
int verb_reload(struct hostargs *h);
int verb_rewrap(struct hostargs *h);
int verb_get(struct hostargs *h);
int verb_set(struct hostargs *h);
int verb_block(struct hostargs *h);
int verb_approvals(struct hostargs *h);
int verb_approve(struct hostargs *h);
int verb_refuse(struct hostargs *h);

#endif /* !DAEMON_HOSTARGS_H */
