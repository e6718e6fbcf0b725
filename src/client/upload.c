/* SPDX-License-Identifier: Apache-2.0 */
#include "upload.h"

#include <poll.h>
#include <stdio.h>

#define PATIENCE_MS 60000
#define WAIT_MAX_MS 5000

struct begun {
	struct upload_id id;
};
static const struct jsonfield begun_rows[] = {
	{.name = "id", .type = JSONFIELD_ID, .offset = offsetof(struct begun, id), .required = true, .id = ID_UPLOAD},
};
static const struct jsonfield_table begun_table = JSONFIELD_TABLE(struct begun, begun_rows);

struct status upload_begin(struct site *site, const struct upload_plan *plan, struct upload *out)
{
	AUTO(https_answer) answer = {0};
	AUTO(json_document) document = {0};
	AUTO(arena) arena = {.max = 4096};
	char path[80] = "/v1/uploads", length[64];
	const char *const headers[] = {length, NULL};
	struct begun begun;

	if (plan->patient != NULL)
		(void)snprintf(path, sizeof path, "/v1/uploads?patient=%s",
			       id_print(ID_PATIENT, &plan->patient->uuid).at);
	(void)snprintf(length, sizeof length, "Upload-Length: %llu", (unsigned long long)plan->length);
	TRY(site_call(
		site,
		&(struct https_call){
			.method = "POST", .path = path, .headers = plan->length > 0 ? headers : NULL, .max = 65536},
		&answer));
	TRY(placed_read(buffer_bytes(&answer.body), &begun_table, &arena, &document, &begun));
	*out = (struct upload){.site = site, .id = begun.id};
	return OK;
}

static void upload_path(const struct upload *u, char *out, size_t len)
{
	(void)snprintf(out, len, "/v1/uploads/%s", id_print(ID_UPLOAD, &u->id.uuid).at);
}

/** Ask where the server stands. */
static struct status ask_offset(const struct upload *u, uint64_t *out)
{
	AUTO(https_answer) answer = {0};
	char path[64];

	upload_path(u, path, sizeof path);
	TRY(site_call(u->site, &(struct https_call){.method = "HEAD", .path = path, .max = 4096}, &answer));
	if (!answer.has_offset)
		return FAIL_AT(ST_CORRUPT, "answer");
	*out = answer.offset;
	return OK;
}

static struct status append_once(const struct upload *u, struct bytes rest, uint64_t at, uint64_t *durable)
{
	AUTO(https_answer) answer = {0};
	char path[64], offset[64];

	upload_path(u, path, sizeof path);
	(void)snprintf(offset, sizeof offset, "Upload-Offset: %llu", (unsigned long long)at);
	const char *headers[] = {offset, NULL};
	TRY(site_call(u->site,
		      &(struct https_call){.method = "PATCH",
					   .path = path,
					   .content_type = "application/partial-upload",
					   .body = rest,
					   .headers = headers,
					   .max = 4096},
		      &answer));
	if (!answer.has_offset)
		return FAIL_AT(ST_CORRUPT, "answer");
	*durable = answer.offset;
	return OK;
}

/** Whether another try is worth it: the connection broke, or our idea of the offset was wrong after it did. */
static bool worth_another(struct status s)
{
	return s.code == ST_UNREACHABLE || s.code == ST_BUSY || s.code == ST_CONFLICT;
}

struct status upload_append(struct upload *u, struct bytes sealed)
{
	const struct clock *clock = u->site->options.clock;
	uint64_t start = u->offset, end = start + sealed.len, at = start;
	uint64_t deadline = clock_mono(clock) + PATIENCE_MS;
	int wait_ms = 100;

	while (at < end) {
		uint64_t before = at;
		struct status s = append_once(u, bytes_of(sealed.at + (at - start), (size_t)(end - at)), at, &at);
		/* A server that took nothing of it would have us send for ever. */
		if (ok(s) && (at <= before || at > end))
			return FAIL_AT(ST_CORRUPT, "upload offset");
		if (ok(s)) {
			deadline = clock_mono(clock) + PATIENCE_MS;
			wait_ms = 100;
			continue;
		}
		if (!worth_another(s) || clock_mono(clock) > deadline)
			return s;
		/* Nothing to await but time: the network tells nobody when it is back. */
		(void)poll(NULL, 0, wait_ms);
		wait_ms = wait_ms * 2 > WAIT_MAX_MS ? WAIT_MAX_MS : wait_ms * 2;
		s = ask_offset(u, &at);
		if (!ok(s) && !worth_another(s))
			return s;
		if (ok(s) && (at < start || at > end))
			return FAIL_AT(ST_CORRUPT, "upload offset");
	}
	u->offset = end;
	return OK;
}

struct status upload_drop(struct upload *u)
{
	AUTO(https_answer) answer = {0};
	char path[64];

	upload_path(u, path, sizeof path);
	return site_call(u->site, &(struct https_call){.method = "DELETE", .path = path, .max = 4096}, &answer);
}
