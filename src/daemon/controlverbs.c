/* SPDX-License-Identifier: Apache-2.0 */
/* controlverbs: what the control socket answers. */
#include "jsonwriter.h"
#include "quota.h"
#include "serving.h"

#define BROKEN "a write failed: nothing more is written; look at the disk, then restart tacendad"

/** What is stored and what may be; 0: the disk is the limit. */
static void answer_stored(struct serving *s, struct jsonwriter *w)
{
	AUTO(store_snapshot) snapshot = {0};
	uint64_t stored;

	if (ok(store_snapshot_new(&s->vessel.store, &snapshot)) && ok(quota_used(snapshot.view, NULL, &stored)))
		jsonwriter_u64(w, "stored_bytes", stored);
	jsonwriter_u64(w, "quota_site_gib", settings_value(s->service.settings, SETTING_QUOTA_SITE));
	jsonwriter_u64(w, "quota_owner_gib", settings_value(s->service.settings, SETTING_QUOTA_OWNER));
}

static void answer_status(struct serving *s, struct jsonwriter *w)
{
	struct keywire_status keys = {0};
	struct committer_metrics m = committer_metrics(s->vessel.committer);
	struct net_metrics n = net_metrics(s->service.net);
	const bool broken = m.broken || log_state(s->vessel.log) == LOG_BROKEN;
	const bool degraded = committer_degraded(s->vessel.committer);
	struct keyring *ring;

	if (ok(threadkeys_ring(&s->vessel.keys, &ring)))
		(void)ok(keyring_status(ring, &keys));
	jsonwriter_bool(w, "ready", s->ready && !broken);
	jsonwriter_string(w, "site", s->vessel.name);
	jsonwriter_string(w, "region", s->vessel.region);
	jsonwriter_string(w, "origin", s->vessel.origin);
	jsonwriter_string(w, "preset", s->vessel.preset);
	jsonwriter_string(w, "version", TACENDA_VERSION);
	jsonwriter_string(w, "state", broken ? "broken" : degraded ? "degraded" : "writable");
	jsonwriter_string(w, "reason", broken ? BROKEN : degraded ? COMMITTER_DEGRADED : NULL);
	jsonwriter_string(w, "log",
			  log_state(s->vessel.log) == LOG_WRITABLE   ? "writable"
			  : log_state(s->vessel.log) == LOG_DEGRADED ? "degraded"
								     : "broken");
	answer_stored(s, w);
	jsonwriter_u64(w, "leaves", log_size(s->vessel.log));
	jsonwriter_u64(w, "changes", m.changes);
	jsonwriter_u64(w, "connections", n.connections);
	jsonwriter_u64(w, "night", keys.night);
	jsonwriter_time(w, "night_made", keys.night_made);
	jsonwriter_u64(w, "night_holders", keys.holders);
	jsonwriter_u64(w, "night_acknowledged", keys.acknowledged);
	jsonwriter_u64(w, "root_slots", keys.slot_count);
}

static void put_outcome(struct jsonwriter *w, struct status s)
{
	jsonwriter_bool(w, "done", ok(s));
	if (!ok(s)) {
		jsonwriter_string(w, "status", status_name(s.code));
		jsonwriter_string(w, "detail", s.what);
	}
}

static struct text after(struct text line, size_t len)
{
	return text_trim((struct text){line.at + len, line.len - len});
}

void controlverbs_answer(void *context, struct text line, struct buffer *out)
{
	struct serving *s = context;
	struct jsonwriter w = jsonwriter_of(out);
	struct keyring *ring;
	uint64_t night;

	jsonwriter_object(&w, NULL);
	if (text_equal(line, TEXT("status"))) {
		answer_status(s, &w);
	} else if (text_equal(line, TEXT("get")) || text_starts(line, TEXT("get "))) {
		struct status found = controlsetting_get(s, after(line, 3), &w);
		if (!ok(found))
			put_outcome(&w, found);
	} else if (text_starts(line, TEXT("set "))) {
		put_outcome(&w, controlsetting_set(s, after(line, 4)));
	} else if (text_equal(line, TEXT("block list"))) {
		struct status listed = controlblock_list(s, &w);
		if (!ok(listed))
			put_outcome(&w, listed);
	} else if (text_starts(line, TEXT("block lift "))) {
		put_outcome(&w, controlblock_lift(s, after(line, 11)));
	} else if (text_equal(line, TEXT("approvals"))) {
		struct status listed = controlapproval_list(s, &w);
		if (!ok(listed))
			put_outcome(&w, listed);
	} else if (text_starts(line, TEXT("approve "))) {
		put_outcome(&w, controlapproval_decide(s, VERDICT_APPROVE, after(line, 8)));
	} else if (text_starts(line, TEXT("refuse "))) {
		put_outcome(&w, controlapproval_decide(s, VERDICT_REFUSE, after(line, 7)));
	} else if (text_equal(line, TEXT("reload"))) {
		put_outcome(&w, serving_reload(s));
	} else if (text_equal(line, TEXT("rewrap"))) {
		struct status done = threadkeys_ring(&s->vessel.keys, &ring);
		if (ok(done))
			done = keyring_rewrap(ring, &night);
		if (ok(done))
			done = serving_log(s, "night key renewed");
		put_outcome(&w, done);
	} else {
		put_outcome(&w, FAIL_AT(ST_INVALID, "verb"));
	}
	jsonwriter_end(&w);
	(void)ok(jsonwriter_done(&w));
}
