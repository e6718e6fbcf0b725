/* SPDX-License-Identifier: Apache-2.0 */
#include "upload.h"

#include <poll.h>
#include <stdio.h>

#include "nonce.h"

#define PATIENCE_MS 60000
#define WAIT_MAX_MS 5000

/** How much longer a broken connection is tried again. */
struct patience {
	const struct clock *clock;
	uint64_t until;
	int wait_ms;
};

static struct patience patience_of(const struct site *site)
{
	const struct clock *clock = site->options.clock;

	return (struct patience){clock, clock_mono(clock) + PATIENCE_MS, 100};
}

/** Nothing to await but time: the network tells nobody when it is back.  False: it took too long. */
static bool wait_for_network(struct patience *p)
{
	if (clock_mono(p->clock) > p->until)
		return false;
	(void)poll(NULL, 0, p->wait_ms);
	p->wait_ms = p->wait_ms * 2 > WAIT_MAX_MS ? WAIT_MAX_MS : p->wait_ms * 2;
	return true;
}

struct begun {
	struct upload_id id;
};
static const struct jsonfield begun_rows[] = {
	{.name = "id", .type = JSONFIELD_ID, .offset = offsetof(struct begun, id), .required = true, .id = ID_UPLOAD},
};
static const struct jsonfield_table begun_table = JSONFIELD_TABLE(struct begun, begun_rows);

/** A new key: 128 random bits. */
static struct status name_request(char *out, size_t len)
{
	AUTO(buffer) key = {.max = 64};
	uint8_t random[16];

	nonce_random(random, sizeof random);
	TRY(text_put_hex(&key, BYTES_OF(random)));
	(void)snprintf(out, len, "Idempotency-Key: \"%.*s\"", (int)key.len, (const char *)key.bytes);
	return OK;
}

/** The same request until it is answered: under one key they begin one upload, however many of them arrive. */
static struct status begin_once(struct site *site, const struct https_call *call, struct https_answer *answer)
{
	struct patience patience = patience_of(site);
	struct status s;

	do {
		https_answer_clear(answer);
		s = site_call(site, call, answer);
	} while ((s.code == ST_UNREACHABLE || s.code == ST_BUSY) && wait_for_network(&patience));
	return s;
}

struct status upload_begin(struct site *site, const struct upload_plan *plan, struct upload *out)
{
	AUTO(https_answer) answer = {0};
	AUTO(json_document) document = {0};
	AUTO(arena) arena = {.max = 4096};
	char path[80] = "/v1/uploads", key[64], length[64];
	const char *const headers[] = {key, plan->length > 0 ? length : NULL, NULL};
	struct begun begun;

	if (plan->patient != NULL)
		(void)snprintf(path, sizeof path, "/v1/uploads?patient=%s",
			       id_print(ID_PATIENT, &plan->patient->uuid).at);
	(void)snprintf(length, sizeof length, "Upload-Length: %llu", (unsigned long long)plan->length);
	TRY(name_request(key, sizeof key));
	TRY(begin_once(site, &(struct https_call){.method = "POST", .path = path, .headers = headers, .max = 65536},
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
	struct patience patience = patience_of(u->site);
	uint64_t start = u->offset, end = start + sealed.len, at = start;

	while (at < end) {
		uint64_t before = at;
		struct status s = append_once(u, bytes_of(sealed.at + (at - start), (size_t)(end - at)), at, &at);
		/* A server that took nothing of it would have us send for ever. */
		if (ok(s) && (at <= before || at > end))
			return FAIL_AT(ST_CORRUPT, "upload offset");
		if (ok(s)) {
			patience = patience_of(u->site);
			continue;
		}
		if (!worth_another(s) || !wait_for_network(&patience))
			return s;
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
