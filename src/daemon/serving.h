/* SPDX-License-Identifier: Apache-2.0 */
/** serving: one running daemon, and what its main thread does between events. */
#ifndef DAEMON_SERVING_H
#define DAEMON_SERVING_H

#include "delivering.h"
#include "hostargs.h"
#include "listenfile.h"
#include "service.h"
#include "settings.h"
#include "tlsfiles.h"

/** Everything of one running daemon. */
struct serving {
	struct hostargs *args;
	struct vessel vessel;
	struct service service;
	struct listenfile listen;
	struct tlsfiles files;
	struct settings settings;
	struct passwordlist passwords; /* --password-list */
	struct delivering delivering;
	struct buffer ca, site_statement, log_key;
	uint64_t certificate_ends, renewal_tried; /* ms since 1970; 0: imported */
	int signals, control, timer;
	bool stop, ready, public;                         /* public: reachable from other machines */
	bool degraded, holder_absent;                     /* as last said */
	uint64_t night_tried, review_told, notices_swept; /* ms since 1970 */
	struct vault_sweep sweep;                         /* under way, or the last one */
	uint64_t objects_swept;                           /* ms since 1970: when it began */
};

/** serving_log(s, what): a leaf about the service itself; waits for it. */
MUST_CHECK struct status serving_log(struct serving *s, const char *what);
/** housekeeping_run(s): what is due: sessions and uploads past their end, a new night key.  Failures are logged. */
void housekeeping_run(struct serving *s);
/** troubles_tell(s, kind, why): a notice to administrators of what the daemon itself found; tried once. */
void troubles_tell(struct serving *s, enum notice_kind kind, struct status why);
/** troubles_forget(s): notices that are too old go, once an hour. */
MUST_CHECK struct status troubles_forget(struct serving *s);
/** controlverbs_answer(s, line, out): one line of the control socket. */
void controlverbs_answer(void *serving, struct text line, struct buffer *out);
/** controlsetting_get(s, name, w): `settings`: all, or the one; ST_NOT_FOUND. */
MUST_CHECK struct status controlsetting_get(struct serving *s, struct text name, struct jsonwriter *w);
/** controlsetting_set(s, words): `NAME VALUE`: durable and logged when OK; ST_INVALID outside the bounds. */
MUST_CHECK struct status controlsetting_set(struct serving *s, struct text words);
/** controlblock_list(s, w): `blocks`: the locks in force. */
MUST_CHECK struct status controlblock_list(struct serving *s, struct jsonwriter *w);
/** controlblock_lift(s, subject): the one about ${subject} ends now; durable and logged when OK; ST_NOT_FOUND. */
MUST_CHECK struct status controlblock_lift(struct serving *s, struct text subject);
/** controlapproval_list(s, w): `approvals`: acts of two persons that wait. */
MUST_CHECK struct status controlapproval_list(struct serving *s, struct jsonwriter *w);
/** controlapproval_decide(s, verdict, words): `ID [REASON]`: the host is the second party; durable when OK. */
MUST_CHECK struct status controlapproval_decide(struct serving *s, enum verdict verdict, struct text words);
/** serving_reload(s): certificates again, without dropping a connection; after a failure the one in use stays. */
MUST_CHECK struct status serving_reload(struct serving *s);
/** serving_renew(s): a new certificate of the own CA, in use at once, logged. */
MUST_CHECK struct status serving_renew(struct serving *s);

#endif /* !DAEMON_SERVING_H */
