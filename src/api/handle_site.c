/* SPDX-License-Identifier: Apache-2.0 */
/* handle_site: what anybody may ask: is it alive, what site is this, who is invited. */
#include <inttypes.h>

#include "render.h"
#include "room.h"
#include "route.h"

static void answer_text(struct call *c, unsigned http, struct text text)
{
	c->http = http;
	c->content_type = TEXT("text/plain; charset=utf-8");
	c->body.len = 0;
	(void)ok(buffer_put(&c->body, text_bytes(text)));
	call_answer(c);
}

void handle_live(struct call *c, struct bytes body)
{
	(void)body;
	answer_text(c, 200, TEXT("alive\n"));
}

void handle_ready(struct call *c, struct bytes body)
{
	struct service *s = c->loop->service;

	(void)body;
	if (atomic_load(&s->draining))
		c->failure = FAIL_AT(ST_BUSY, "draining");
	else if (log_state(s->log) == LOG_BROKEN || committer_metrics(s->committer).broken)
		c->failure = FAIL_AT(ST_BUSY, "log");
	if (!ok(c->failure))
		call_answer(c);
	else
		answer_text(c, 200,
			    committer_degraded(s->committer) ? TEXT("degraded: " COMMITTER_DEGRADED "\n")
							     : TEXT("ready\n"));
}

void handle_metrics(struct call *c, struct bytes body)
{
	struct service *s = c->loop->service;
	struct net_metrics n = net_metrics(s->net);
	struct committer_metrics m = committer_metrics(s->committer);
	struct workers_metrics h = workers_metrics(s->workers);
	const struct {
		const char *name, *help;
		uint64_t value;
	} rows[] = {
		{"tacenda_requests_2xx_total", "answers of success", n.requests[2]},
		{"tacenda_requests_4xx_total", "refusals", n.requests[4]},
		{"tacenda_requests_5xx_total", "failures", n.requests[5]},
		{"tacenda_connections", "open connections", n.connections},
		{"tacenda_exchanges", "requests under way", n.exchanges},
		{"tacenda_handshakes_total", "TLS handshakes", n.handshakes},
		{"tacenda_bytes_in_total", "bytes received", n.bytes_in},
		{"tacenda_bytes_out_total", "bytes sent", n.bytes_out},
		{"tacenda_commit_rounds_total", "rounds of the committer", m.rounds},
		{"tacenda_changes_total", "changes committed", m.changes},
		{"tacenda_log_leaves", "leaves in the log", m.leaves},
		{"tacenda_commit_waiting", "changes and leaves waiting", m.waiting},
		{"tacenda_hashes_total", "passwords hashed, and other slow work", h.done},
		{"tacenda_hashes_refused_total", "sign-ins told to come later", h.refused},
		{"tacenda_hashes_running", "hashes under way", h.running},
		{"tacenda_hashes_running_most", "the most that ever were at once", h.most},
		{"tacenda_hashes_waiting", "hashes waiting", h.waiting},
	};

	(void)body;
	c->body.len = 0;
	for (size_t i = 0; i < COUNT(rows); i++)
		(void)ok(buffer_print(&c->body, "# HELP %s %s\n%s %" PRIu64 "\n", rows[i].name, rows[i].help,
				      rows[i].name, rows[i].value));
	(void)ok(buffer_print(&c->body, "# EOF\n"));
	c->http = 200;
	c->content_type = TEXT("application/openmetrics-text; version=1.0.0; charset=utf-8");
	call_answer(c);
}

static void put_limits(const struct call *c, struct jsonwriter *w)
{
	const struct quota_limits quotas = room_limits(c);

	jsonwriter_object(w, "limits");
	/* 0: the disk is the limit. */
	jsonwriter_u64(w, "site_bytes", quotas.site);
	jsonwriter_u64(w, "owner_bytes", quotas.owner);
	jsonwriter_u64(w, "record_bytes", LIMIT_RECORD_BYTES);
	jsonwriter_u64(w, "json_bytes", LIMIT_JSON_BYTES);
	jsonwriter_u64(w, "upload_piece_bytes", LIMIT_UPLOAD_PIECE);
	jsonwriter_u64(w, "page", LIMIT_PAGE);
	jsonwriter_end(w);
}

void handle_site(struct call *c, struct bytes body)
{
	struct service *s = c->loop->service;
	AUTO(buffer) checkpoint = {.max = 4096};
	struct jsonwriter w = call_writer(c);

	(void)body;
	(void)ok(log_signed(s->log, &checkpoint));
	jsonwriter_object(&w, NULL);
	jsonwriter_base64(&w, "statement", s->statement);
	jsonwriter_hash(&w, "fingerprint", &s->fingerprint);
	jsonwriter_text(&w, "name", s->name);
	jsonwriter_text(&w, "region", s->region);
	jsonwriter_text(&w, "origin", s->origin);
	jsonwriter_text(&w, "preset", s->preset);
	jsonwriter_text(&w, "version", s->version);
	jsonwriter_text(&w, "log_key", s->log_key);
	if (s->ca.len > 0)
		jsonwriter_base64(&w, "ca", s->ca);
	jsonwriter_text(&w, "checkpoint", text_from(buffer_bytes(&checkpoint)));
	jsonwriter_time(&w, "time", call_now(c));
	put_limits(c, &w);
	jsonwriter_array(&w, "features");
	jsonwriter_end(&w);
	if (s->trial)
		jsonwriter_text(&w, "banner", TEXT("trial: loopback only, no second steps; no real patients"));
	jsonwriter_end(&w);
	call_written(c, &w);
	call_answer(c);
}

/** Who is invited comes first, then the statements that prove it. */
struct invited_writing {
	struct jsonwriter *w;
	bool statements;
};
static struct status put_invited(void *context, const struct listing_user *user)
{
	struct invited_writing *i = context;

	jsonwriter_id(i->w, "user", ID_USER, &user->person->id.uuid);
	jsonwriter_text(i->w, "login", user->person->login);
	jsonwriter_time(i->w, "expires", user->person->invitation.expires);
	return i->w->failure;
}
static struct status put_proof(void *context, const struct listing_statement *s)
{
	struct invited_writing *i = context;

	if (!i->statements)
		jsonwriter_array(i->w, "statements");
	i->statements = true;
	render_statement(i->w, NULL, s);
	return i->w->failure;
}

void handle_invitation(struct call *c, struct bytes body)
{
	struct jsonwriter w = call_writer(c);
	struct invited_writing writing = {&w, false};
	struct text hex = route_segment(c, "key_hash");
	struct hash key_hash;

	(void)body;
	struct status s = text_from_hex(hex, key_hash.bytes, sizeof key_hash.bytes);
	jsonwriter_object(&w, NULL);
	if (ok(s))
		s = listing_invitation(call_view(c), &key_hash,
				       &(struct listing_directory){put_invited, put_proof, &writing});
	if (writing.statements)
		jsonwriter_end(&w);
	jsonwriter_end(&w);
	call_written(c, &w);
	if (!ok(s)) {
		c->failure = OK;
		call_refuse(c, s);
		return;
	}
	call_answer(c);
}
