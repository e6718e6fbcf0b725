/* SPDX-License-Identifier: Apache-2.0 */
#include "route.h"

#include <assert.h>
#include <pthread.h>
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
	 ROUTE_FRESH,
	 PERMIT_USER_ADMINISTER,
	 ROUTE_NOTHING,
	 0,
	 {0},
	 handle_user_sign_out},
	{HTTP_GET, "/v1/factors", NULL, ROUTE_PENDING, PERMIT_SESSION_OWN, ROUTE_NOTHING, 0, {0}, handle_factor_list},
	{HTTP_POST,
	 "/v1/authenticators",
	 JSON,
	 ROUTE_PENDING,
	 PERMIT_SESSION_OWN,
	 ROUTE_JSON,
	 4096,
	 {0},
	 handle_factor_totp},
	{HTTP_POST,
	 "/v1/recovery-codes",
	 NULL,
	 ROUTE_SESSION,
	 PERMIT_SESSION_OWN,
	 ROUTE_NOTHING,
	 0,
	 {0},
	 handle_factor_codes},
	{HTTP_DELETE,
	 "/v1/factors/:factor",
	 NULL,
	 ROUTE_SESSION,
	 PERMIT_SESSION_OWN,
	 ROUTE_NOTHING,
	 0,
	 {0},
	 handle_factor_remove},
	{HTTP_PUT,
	 "/v1/session/factor",
	 JSON,
	 ROUTE_PENDING,
	 PERMIT_SESSION_OWN,
	 ROUTE_JSON,
	 4096,
	 {0},
	 handle_step_up},
	{HTTP_POST,
	 "/v1/patients/:patient/exports",
	 NULL,
	 ROUTE_FRESH,
	 PERMIT_EXPORT,
	 ROUTE_NOTHING,
	 0,
	 {0},
	 handle_export},
	{HTTP_POST,
	 "/v1/passkeys/challenges",
	 JSON,
	 ROUTE_PENDING,
	 PERMIT_SESSION_OWN,
	 ROUTE_JSON,
	 1024,
	 {0},
	 handle_passkey_challenge},
	{HTTP_POST,
	 "/v1/passkeys",
	 JSON,
	 ROUTE_PENDING,
	 PERMIT_SESSION_OWN,
	 ROUTE_JSON,
	 32768,
	 {0},
	 handle_passkey_add},
	{HTTP_POST,
	 "/v1/users/:user/reset",
	 NULL,
	 ROUTE_FRESH,
	 PERMIT_USER_ADMINISTER,
	 ROUTE_NOTHING,
	 0,
	 {0},
	 handle_user_reset},
	{HTTP_GET,
	 "/v1/users/:user/patients",
	 NULL,
	 ROUTE_SESSION,
	 PERMIT_USER_ADMINISTER,
	 ROUTE_NOTHING,
	 0,
	 {"to", "since"},
	 handle_user_files},
	{HTTP_POST, "/v1/password-resets", JSON, ROUTE_PROOF, 0, ROUTE_JSON, 65536, {0}, handle_password_reset},
	{HTTP_PUT, "/v1/password", JSON, ROUTE_PENDING, PERMIT_SESSION_OWN, ROUTE_JSON, 16384, {0}, handle_password},
	{HTTP_GET, "/v1/conduct", NULL, ROUTE_PENDING, PERMIT_SESSION_OWN, ROUTE_NOTHING, 0, {0}, handle_conduct},
	{HTTP_PUT,
	 "/v1/conduct",
	 JSON,
	 ROUTE_FRESH,
	 PERMIT_SITE_ADMINISTER,
	 ROUTE_JSON,
	 131072,
	 {0},
	 handle_conduct_change},
	{HTTP_GET,
	 "/v1/conduct/acceptances",
	 NULL,
	 ROUTE_SESSION,
	 PERMIT_LOG_ADMINISTRATION,
	 ROUTE_NOTHING,
	 0,
	 {0},
	 handle_conduct_list},
	{HTTP_POST,
	 "/v1/conduct/acceptances",
	 JSON,
	 ROUTE_PENDING,
	 PERMIT_SESSION_OWN,
	 ROUTE_JSON,
	 16384,
	 {0},
	 handle_conduct_accept},
	{HTTP_GET,
	 "/v1/reviews",
	 NULL,
	 ROUTE_SESSION,
	 PERMIT_LOG_ADMINISTRATION,
	 ROUTE_NOTHING,
	 0,
	 {"since"},
	 handle_reviews},
	{HTTP_GET, "/v1/blocks", NULL, ROUTE_SESSION, PERMIT_USER_ADMINISTER, ROUTE_NOTHING, 0, {0}, handle_block_list},
	{HTTP_DELETE,
	 "/v1/blocks/:block",
	 NULL,
	 ROUTE_FRESH,
	 PERMIT_USER_ADMINISTER,
	 ROUTE_NOTHING,
	 0,
	 {0},
	 handle_block_lift},
	{HTTP_DELETE,
	 "/v1/users/:user/blocks",
	 NULL,
	 ROUTE_FRESH,
	 PERMIT_USER_ADMINISTER,
	 ROUTE_NOTHING,
	 0,
	 {0},
	 handle_user_unlock},
	{HTTP_GET,
	 "/v1/approvals",
	 NULL,
	 ROUTE_SESSION,
	 PERMIT_APPROVAL,
	 ROUTE_NOTHING,
	 0,
	 {"since"},
	 handle_approvals},
	{HTTP_GET, "/v1/settings", NULL, ROUTE_SESSION, PERMIT_SITE_SEE, ROUTE_NOTHING, 0, {0}, handle_settings},
	{HTTP_PUT,
	 "/v1/settings/:name",
	 JSON,
	 ROUTE_FRESH,
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
	{HTTP_POST,
	 "/v1/notices/read",
	 JSON,
	 ROUTE_PENDING,
	 PERMIT_NOTICE_OWN,
	 ROUTE_JSON,
	 4096,
	 {0},
	 handle_notices_read},
	{HTTP_GET,
	 "/v1/notices/contact",
	 NULL,
	 ROUTE_SESSION,
	 PERMIT_NOTICE_OWN,
	 ROUTE_NOTHING,
	 0,
	 {0},
	 handle_contact},
	{HTTP_PUT,
	 "/v1/notices/contact",
	 JSON,
	 ROUTE_FRESH,
	 PERMIT_NOTICE_OWN,
	 ROUTE_JSON,
	 4096,
	 {0},
	 handle_contact_change},
};

#define PARTS 8
/** A pattern cut at its slashes, once: every request is compared with all of them. */
struct route_parts {
	struct text at[PARTS];
	size_t count;
	bool open;  /* a last "*" takes the rest; not counted */
	bool named; /* one of them at least begins with ':' */
};
static struct route_parts patterns[COUNT(table)];
/** Which rows a path of so many segments may fit, in their order. */
static struct {
	uint8_t rows[COUNT(table)];
	size_t count;
} by_length[PATH_SEGMENTS + 1];
_Static_assert(COUNT(table) <= UINT8_MAX, "rows have numbers of a byte");
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void cut_patterns(void)
{
	for (size_t i = 0; i < COUNT(table); i++) {
		struct route_parts *p = &patterns[i];
		struct text rest = text_of(table[i].pattern + 1), part;

		while (text_split(&rest, '/', &part)) {
			p->open = text_equal(part, TEXT("*"));
			assert(p->open || p->count < PARTS);
			if (!p->open)
				p->at[p->count++] = part;
			p->named |= part.at[0] == ':';
		}
	}
	for (size_t length = 0; length <= PATH_SEGMENTS; length++)
		for (size_t i = 0; i < COUNT(table); i++)
			if (patterns[i].open ? length > patterns[i].count : length == patterns[i].count)
				by_length[length].rows[by_length[length].count++] = (uint8_t)i;
}

/** Of a route that was found, so the patterns are cut. */
static const struct route_parts *parts_of(const struct route *route)
{
	return &patterns[route - table];
}

/** A pattern for so many segments.  The last ones differ most. */
static bool fits(const struct route_parts *p, const struct path *path)
{
	for (size_t i = p->count; i-- > 0;)
		if (p->at[i].at[0] != ':' && !text_equal(p->at[i], path->segments[i]))
			return false;
	return true;
}

struct status route_find(enum http_method method, const struct path *path, const struct route **out)
{
	bool other = false;

	(void)pthread_once(&once, cut_patterns);
	for (size_t i = 0; i < by_length[path->count].count; i++) {
		const size_t row = by_length[path->count].rows[i];

		if (!fits(&patterns[row], path))
			continue;
		if (table[row].method == method || (method == HTTP_HEAD && table[row].method == HTTP_GET)) {
			*out = &table[row];
			return OK;
		}
		other = true;
	}
	return other ? FAIL_AT(ST_DENIED, "method") : FAIL_AT(ST_NOT_FOUND, "address");
}

struct text route_segment(const struct call *call, const char *name)
{
	const struct route_parts *p = parts_of(call->route);

	for (size_t i = 0; p->named && i < p->count; i++)
		if (p->at[i].at[0] == ':' &&
		    text_equal((struct text){p->at[i].at + 1, p->at[i].len - 1}, text_of(name)))
			return call->path.segments[i];
	return (struct text){0};
}

struct status route_id(const struct call *call, const char *name, enum id_kind kind, struct uuid *out)
{
	return id_parse(kind, route_segment(call, name), out);
}

static const struct {
	void (*handle)(struct call *call, struct bytes body);
	enum route_full full;
} when_full[] = {
	{handle_sign_in, ROUTE_FULL_ENTERS},        {handle_sign_out_all, ROUTE_FULL_ENTERS},
	{handle_session_end, ROUTE_FULL_ENDS},      {handle_device_forget, ROUTE_FULL_ENDS},
	{handle_user_sign_out, ROUTE_FULL_ENDS},    {handle_factor_totp, ROUTE_FULL_STEP},
	{handle_step_up, ROUTE_FULL_ENTERS},        {handle_passkey_add, ROUTE_FULL_STEP},
	{handle_password_reset, ROUTE_FULL_ENTERS}, {handle_password, ROUTE_FULL_STEP},
	{handle_conduct_accept, ROUTE_FULL_STEP},   {handle_sign_out, ROUTE_FULL_ENDS},
	{handle_upload_drop, ROUTE_FULL_ENDS},
};

enum route_full route_full(const struct route *route)
{
	for (size_t i = 0; i < COUNT(when_full); i++)
		if (when_full[i].handle == route->handle)
			return when_full[i].full;
	return ROUTE_FULL_STOPS;
}

const struct route *route_at(size_t index)
{
	return index < COUNT(table) ? &table[index] : NULL;
}
