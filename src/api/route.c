/* SPDX-License-Identifier: Apache-2.0 */
#include "route.h"

#include <string.h>

#define JSON "application/json"

static const struct route table[] = {
	{HTTP_GET, "/livez", NULL, ROUTE_OPEN, 0, ROUTE_NOTHING, 0, {0}, handle_live},
	{HTTP_GET, "/readyz", NULL, ROUTE_OPEN, 0, ROUTE_NOTHING, 0, {0}, handle_ready},
	{HTTP_GET, "/metrics", NULL, ROUTE_LOCAL, 0, ROUTE_NOTHING, 0, {0}, handle_metrics},
	{HTTP_GET, "/v1/site", NULL, ROUTE_OPEN, 0, ROUTE_NOTHING, 0, {0}, handle_site},
	{HTTP_GET, "/v1/invitations/:key_hash", NULL, ROUTE_OPEN, 0, ROUTE_NOTHING, 0, {0}, handle_invitation},
	{HTTP_POST, "/v1/enrolments", JSON, ROUTE_PROOF, 0, ROUTE_JSON, 65536, {0}, handle_enrol},
	{HTTP_POST, "/v1/challenges", NULL, ROUTE_OPEN, 0, ROUTE_NOTHING, 0, {0}, handle_challenge},
	{HTTP_POST, "/v1/sessions", JSON, ROUTE_PROOF, 0, ROUTE_JSON, 65536, {0}, handle_sign_in},
	{HTTP_DELETE,
	 "/v1/sessions",
	 NULL,
	 ROUTE_PENDING,
	 PERMIT_SESSION_OWN,
	 ROUTE_NOTHING,
	 0,
	 {"others"},
	 handle_sign_out_all},
	{HTTP_GET, "/v1/sessions", NULL, ROUTE_SESSION, PERMIT_SESSION_OWN, ROUTE_NOTHING, 0, {0}, handle_session_list},
	{HTTP_DELETE,
	 "/v1/sessions/:session",
	 NULL,
	 ROUTE_SESSION,
	 PERMIT_SESSION_OWN,
	 ROUTE_NOTHING,
	 0,
	 {0},
	 handle_session_end},
	{HTTP_GET, "/v1/devices", NULL, ROUTE_SESSION, PERMIT_SESSION_OWN, ROUTE_NOTHING, 0, {0}, handle_device_list},
	{HTTP_DELETE,
	 "/v1/devices/:device",
	 NULL,
	 ROUTE_SESSION,
	 PERMIT_SESSION_OWN,
	 ROUTE_NOTHING,
	 0,
	 {0},
	 handle_device_forget},
	{HTTP_DELETE,
	 "/v1/users/:user/sessions",
	 NULL,
	 ROUTE_SESSION,
	 PERMIT_USER_ADMINISTER,
	 ROUTE_NOTHING,
	 0,
	 {0},
	 handle_user_sign_out},
	{HTTP_PUT, "/v1/password", JSON, ROUTE_PENDING, PERMIT_SESSION_OWN, ROUTE_JSON, 16384, {0}, handle_password},
	{HTTP_GET, "/v1/settings", NULL, ROUTE_SESSION, PERMIT_SITE_SEE, ROUTE_NOTHING, 0, {0}, handle_settings},
	{HTTP_PUT,
	 "/v1/settings/:name",
	 JSON,
	 ROUTE_SESSION,
	 PERMIT_SITE_ADMINISTER,
	 ROUTE_JSON,
	 4096,
	 {0},
	 handle_setting_change},
	{HTTP_GET, "/v1/session", NULL, ROUTE_PENDING, PERMIT_SESSION_OWN, ROUTE_NOTHING, 0, {0}, handle_session},
	{HTTP_DELETE, "/v1/session", NULL, ROUTE_PENDING, PERMIT_SESSION_OWN, ROUTE_NOTHING, 0, {0}, handle_sign_out},
	{HTTP_GET,
	 "/v1/directory",
	 NULL,
	 ROUTE_SESSION,
	 PERMIT_USER_LIST,
	 ROUTE_NOTHING,
	 0,
	 {"since", "limit"},
	 handle_directory},
	{HTTP_POST, "/v1/changes", JSON, ROUTE_SESSION, PERMIT_SITE_SEE, ROUTE_JSON, 0, {0}, handle_changes},
	{HTTP_POST,
	 "/v1/records",
	 "application/vnd.tacenda.record",
	 ROUTE_SESSION,
	 PERMIT_UPLOAD,
	 ROUTE_STREAM,
	 LIMIT_RECORD_BYTES + LIMIT_STATEMENT_BYTES + LIMIT_SEALED_HEADER + 1024,
	 {0},
	 handle_put_record},
	{HTTP_GET,
	 "/v1/records/:record",
	 NULL,
	 ROUTE_SESSION,
	 PERMIT_PATIENT_SEE,
	 ROUTE_NOTHING,
	 0,
	 {0},
	 handle_history},
	{HTTP_GET,
	 "/v1/records/:record/versions/:version/content",
	 NULL,
	 ROUTE_SESSION,
	 PERMIT_PATIENT_SEE,
	 ROUTE_NOTHING,
	 0,
	 {0},
	 handle_content},
	{HTTP_GET,
	 "/v1/patients",
	 NULL,
	 ROUTE_SESSION,
	 PERMIT_PATIENT_LIST,
	 ROUTE_NOTHING,
	 0,
	 {"since", "limit"},
	 handle_patients},
	{HTTP_GET,
	 "/v1/patients/:patient",
	 NULL,
	 ROUTE_SESSION,
	 PERMIT_PATIENT_PROVE,
	 ROUTE_NOTHING,
	 0,
	 {0},
	 handle_patient},
	{HTTP_GET,
	 "/v1/patients/:patient/records",
	 NULL,
	 ROUTE_SESSION,
	 PERMIT_PATIENT_SEE,
	 ROUTE_NOTHING,
	 0,
	 {"since", "limit", "kind"},
	 handle_records},
	{HTTP_POST, "/v1/tokens", JSON, ROUTE_SESSION, PERMIT_PATIENT_LIST, ROUTE_JSON, 0, {0}, handle_tokens},
	{HTTP_POST,
	 "/v1/uploads",
	 NULL,
	 ROUTE_SESSION,
	 PERMIT_UPLOAD,
	 ROUTE_NOTHING,
	 0,
	 {"patient"},
	 handle_upload_begin},
	{HTTP_HEAD,
	 "/v1/uploads/:upload",
	 NULL,
	 ROUTE_SESSION,
	 PERMIT_UPLOAD,
	 ROUTE_NOTHING,
	 0,
	 {0},
	 handle_upload_offset},
	{HTTP_PATCH,
	 "/v1/uploads/:upload",
	 "application/partial-upload",
	 ROUTE_SESSION,
	 PERMIT_UPLOAD,
	 ROUTE_STREAM,
	 LIMIT_UPLOAD_PIECE,
	 {0},
	 handle_upload_append},
	{HTTP_DELETE,
	 "/v1/uploads/:upload",
	 NULL,
	 ROUTE_SESSION,
	 PERMIT_UPLOAD,
	 ROUTE_NOTHING,
	 0,
	 {0},
	 handle_upload_drop},
	{HTTP_GET, "/v1/log/checkpoint", NULL, ROUTE_OPEN, 0, ROUTE_NOTHING, 0, {0}, handle_checkpoint},
	{HTTP_GET, "/v1/log/tile/*", NULL, ROUTE_OPEN, 0, ROUTE_NOTHING, 0, {0}, handle_tile},
	{HTTP_GET, "/v1/log/proofs", NULL, ROUTE_OPEN, 0, ROUTE_NOTHING, 0, {"leaf", "from", "size"}, handle_proof},
	{HTTP_GET,
	 "/v1/log/entries",
	 NULL,
	 ROUTE_SESSION,
	 PERMIT_LOG_OWN,
	 ROUTE_NOTHING,
	 0,
	 {"scope", "patient", "user", "action", "from", "until", "before", "limit"},
	 handle_entries},
	{HTTP_POST, "/v1/log/openings", JSON, ROUTE_SESSION, PERMIT_LOG_OWN, ROUTE_JSON, 0, {0}, handle_openings},
	{HTTP_GET,
	 "/v1/notices",
	 NULL,
	 ROUTE_PENDING,
	 PERMIT_NOTICE_OWN,
	 ROUTE_NOTHING,
	 0,
	 {"since", "limit"},
	 handle_notices},
};

/** Walk a pattern along a path: true when it fits; ${name}, may be NULL, picks the segment that it calls so. */
static bool walk(const char *pattern, const struct path *path, const char *name, struct text *picked)
{
	struct text rest = text_of(pattern + 1), part;
	size_t at = 0;

	while (text_split(&rest, '/', &part)) {
		if (text_equal(part, TEXT("*")))
			return at < path->count;
		if (at == path->count)
			return false;
		if (part.at[0] != ':' && !text_equal(part, path->segments[at]))
			return false;
		if (part.at[0] == ':' && name != NULL &&
		    text_equal((struct text){part.at + 1, part.len - 1}, text_of(name)))
			*picked = path->segments[at];
		at++;
	}
	return at == path->count;
}

struct status route_find(enum http_method method, const struct path *path, const struct route **out)
{
	bool other = false;

	for (size_t i = 0; i < COUNT(table); i++) {
		if (!walk(table[i].pattern, path, NULL, NULL))
			continue;
		if (table[i].method == method || (method == HTTP_HEAD && table[i].method == HTTP_GET)) {
			*out = &table[i];
			return OK;
		}
		other = true;
	}
	return other ? FAIL_AT(ST_DENIED, "method") : FAIL_AT(ST_NOT_FOUND, "address");
}

struct text route_segment(const struct call *call, const char *name)
{
	struct text picked = {0};

	(void)walk(call->route->pattern, &call->path, name, &picked);
	return picked;
}

struct status route_id(const struct call *call, const char *name, enum id_kind kind, struct uuid *out)
{
	return id_parse(kind, route_segment(call, name), out);
}

const struct route *route_at(size_t index)
{
	return index < COUNT(table) ? &table[index] : NULL;
}
