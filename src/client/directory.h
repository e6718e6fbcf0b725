/* SPDX-License-Identifier: Apache-2.0 */
/** directory: the people of the site, kept in the sealed cache and brought up to date (see site.h). */
#ifndef CLIENT_DIRECTORY_H
#define CLIENT_DIRECTORY_H

#include "site.h"

/** directory_load(s): from the cache into s->directory, verified again; an unreadable cache counts as none. */
MUST_CHECK struct status directory_load(struct site *s);
/** directory_sync(s): fetch, prove and take what is new; keep it.  Without a session nothing happens. */
MUST_CHECK struct status directory_sync(struct site *s);

#endif /* !CLIENT_DIRECTORY_H */
