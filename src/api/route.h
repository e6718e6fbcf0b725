/* SPDX-License-Identifier: Apache-2.0 */
/**
 * route: the table of what may be asked, by whom, with which permission and within
 * which limits; checked before any handler runs.
 */
#ifndef API_ROUTE_H
#define API_ROUTE_H

#include "call.h"

enum route_who {
	ROUTE_OPEN,    /* anybody; nothing is logged */
	ROUTE_PROOF,   /* anybody who proves something in the body: the handler decides and logs */
	ROUTE_PENDING, /* a session, even with pending steps */
	ROUTE_SESSION, /* a session without any */
	ROUTE_FRESH,   /* one that has proven all its user has a few minutes ago at most (secondfactor.h) */
	ROUTE_LOCAL,   /* from this machine only */
};

enum route_body {
	ROUTE_NOTHING, /* a body is refused */
	ROUTE_JSON,    /* whole, application/json, LIMIT_JSON_BYTES */
	ROUTE_STREAM,  /* the handler takes it piece by piece */
};

/** Whether its change is made on a full disk (committer.h). */
enum route_full {
	ROUTE_FULL_STOPS,
	ROUTE_FULL_STEP, /* while a step of its session is pending: it lets somebody in to look */
	ROUTE_FULL_ENTERS,
	ROUTE_FULL_ENDS, /* it ends somebody's access, or makes room */
};

struct route {
	enum http_method method;
	const char *pattern; /* "/v1/patients/:patient/records"; a last "*" takes the rest */
	const char *type;    /* of the body, when it has one */
	enum route_who who;
	enum permit_action action; /* for ROUTE_SESSION and ROUTE_PENDING */
	enum route_body body;
	uint64_t max;         /* of the body; 0: LIMIT_JSON_BYTES */
	const char *query[8]; /* names that the query may have */
	/* Head complete, caller and pass known; for ROUTE_JSON the body too. */
	void (*handle)(struct call *call, struct bytes body);
};

/** route_find(method, path, out): ST_NOT_FOUND; ST_DENIED ("method") when the path has others. */
MUST_CHECK struct status route_find(enum http_method method, const struct path *path, const struct route **out);
/** route_segment(call, name): the segment that the pattern calls ":name". */
struct text route_segment(const struct call *call, const char *name);
/** route_id(call, name, kind, out): it as an id; ST_INVALID. */
MUST_CHECK struct status route_id(const struct call *call, const char *name, enum id_kind kind, struct uuid *out);
/** route_full(route): ROUTE_FULL_STOPS for what changes nothing, too. */
enum route_full route_full(const struct route *route);
/** route_at(index): the table row by row, NULL at its end; for tests. */
const struct route *route_at(size_t index);

/* Handlers, by file. */
void handle_live(struct call *c, struct bytes body);
void handle_ready(struct call *c, struct bytes body);
void handle_metrics(struct call *c, struct bytes body);
void handle_site(struct call *c, struct bytes body);
void handle_invitation(struct call *c, struct bytes body);
void handle_enrol(struct call *c, struct bytes body);
void handle_challenge(struct call *c, struct bytes body);
void handle_sign_in(struct call *c, struct bytes body);
void handle_sign_out(struct call *c, struct bytes body);
void handle_sign_out_all(struct call *c, struct bytes body);
void handle_session(struct call *c, struct bytes body);
void handle_session_list(struct call *c, struct bytes body);
void handle_session_end(struct call *c, struct bytes body);
void handle_user_sign_out(struct call *c, struct bytes body);
void handle_device_list(struct call *c, struct bytes body);
void handle_device_forget(struct call *c, struct bytes body);
void handle_approvals(struct call *c, struct bytes body);
void handle_block_list(struct call *c, struct bytes body);
void handle_block_lift(struct call *c, struct bytes body);
void handle_user_unlock(struct call *c, struct bytes body);
void handle_conduct(struct call *c, struct bytes body);
void handle_conduct_accept(struct call *c, struct bytes body);
void handle_conduct_list(struct call *c, struct bytes body);
void handle_conduct_change(struct call *c, struct bytes body);
void handle_reviews(struct call *c, struct bytes body);
void handle_passkey_add(struct call *c, struct bytes body);
void handle_passkey_challenge(struct call *c, struct bytes body);
void handle_password(struct call *c, struct bytes body);
void handle_factor_list(struct call *c, struct bytes body);
void handle_factor_totp(struct call *c, struct bytes body);
void handle_factor_codes(struct call *c, struct bytes body);
void handle_factor_remove(struct call *c, struct bytes body);
void handle_step_up(struct call *c, struct bytes body);
void handle_export(struct call *c, struct bytes body);
void handle_user_files(struct call *c, struct bytes body);
void handle_user_reset(struct call *c, struct bytes body);
void handle_password_reset(struct call *c, struct bytes body);
void handle_settings(struct call *c, struct bytes body);
void handle_setting_change(struct call *c, struct bytes body);
void handle_directory(struct call *c, struct bytes body);
void handle_changes(struct call *c, struct bytes body);
void handle_put_record(struct call *c, struct bytes body);
void handle_history(struct call *c, struct bytes body);
void handle_content(struct call *c, struct bytes body);
void handle_patients(struct call *c, struct bytes body);
void handle_patient(struct call *c, struct bytes body);
void handle_records(struct call *c, struct bytes body);
void handle_tokens(struct call *c, struct bytes body);
void handle_upload_begin(struct call *c, struct bytes body);
void handle_upload_offset(struct call *c, struct bytes body);
void handle_upload_append(struct call *c, struct bytes body);
void handle_upload_drop(struct call *c, struct bytes body);
void handle_checkpoint(struct call *c, struct bytes body);
void handle_tile(struct call *c, struct bytes body);
void handle_proof(struct call *c, struct bytes body);
void handle_entries(struct call *c, struct bytes body);
void handle_openings(struct call *c, struct bytes body);
void handle_notices(struct call *c, struct bytes body);
void handle_notices_read(struct call *c, struct bytes body);
void handle_contact(struct call *c, struct bytes body);
void handle_contact_change(struct call *c, struct bytes body);

#endif /* !API_ROUTE_H */
