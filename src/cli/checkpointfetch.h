/* SPDX-License-Identifier: Apache-2.0 */
/** checkpointfetch: the newest checkpoint as it was signed, and the tree it names as the one that proofs are made in.
 */
#ifndef CLI_CHECKPOINTFETCH_H
#define CLI_CHECKPOINTFETCH_H

#include "site.h"

/** checkpointfetch(s, note): append the note; s->head is then its tree and s->view shows it.  ST_CORRUPT ("fork"). */
MUST_CHECK struct status checkpointfetch(struct site *s, struct buffer *note);

#endif /* !CLI_CHECKPOINTFETCH_H */
