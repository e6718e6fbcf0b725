/* SPDX-License-Identifier: Apache-2.0 */
#include "https.h"

#include <curl/curl.h>
#include <stdlib.h>
#include <string.h>

#define CONNECT_SECONDS 10L
#define STALL_SECONDS   30L
#define URL_MAX         4096

struct https_handle {
	CURLM *multi;
	char origin[256];
	struct buffer ca;    /* PEM */
	struct secret token; /* the header line, NUL-terminated */
	bool unverified;
};

/** One call under way. */
struct flight {
	const struct https_call *call;
	struct https_answer *answer;
	CURL *easy;
	struct curl_slist *headers;
	size_t sent;
	struct status failure; /* of a source or a sink */
	struct buffer refusal; /* the body of an answer that is not 2xx */
	char error[CURL_ERROR_SIZE];
};

static struct status put_pem(struct buffer *out, struct bytes der)
{
	TRY(buffer_print(out, "-----BEGIN CERTIFICATE-----\n"));
	TRY(text_put_base64(out, der));
	return buffer_print(out, "\n-----END CERTIFICATE-----\n");
}

struct status https_open(const struct https_site *site, struct https *out)
{
	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
		return FAIL_AT(ST_NO_MEMORY, "curl");
	struct https_handle *handle = calloc(1, sizeof *handle);
	if (handle == NULL)
		return FAIL(ST_NO_MEMORY);
	struct https made = {.handle = handle};
	handle->ca = (struct buffer){.max = (size_t)64 << 10};
	handle->unverified = site->unverified;
	handle->multi = curl_multi_init();
	struct status s = handle->multi != NULL ? OK : FAIL(ST_NO_MEMORY);
	if (ok(s) && strlen(site->origin) >= sizeof handle->origin)
		s = FAIL_AT(ST_INVALID, "origin");
	if (ok(s) && site->ca.len > 0)
		s = put_pem(&handle->ca, site->ca);
	if (!ok(s)) {
		https_clear(&made);
		return s;
	}
	memcpy(handle->origin, site->origin, strlen(site->origin) + 1);
	(void)curl_multi_setopt(handle->multi, CURLMOPT_MAX_HOST_CONNECTIONS, 2L);
	*out = made;
	return OK;
}

void https_clear(struct https *h)
{
	if (h->handle != NULL) {
		curl_multi_cleanup(h->handle->multi);
		buffer_clear(&h->handle->ca);
		secret_clear(&h->handle->token);
		free(h->handle);
	}
	*h = (struct https){0};
}

struct status https_token(struct https *h, struct bytes token)
{
	static const char prefix[] = "Authorization: Bearer ";

	secret_clear(&h->handle->token);
	if (token.len == 0)
		return OK;
	struct secret line = {0};
	TRY(secret_empty(sizeof prefix + token.len, &line));
	memcpy(line.bytes, prefix, sizeof prefix - 1);
	memcpy(line.bytes + sizeof prefix - 1, token.at, token.len);
	h->handle->token = line;
	return OK;
}

bool https_has_token(const struct https *h)
{
	return h->handle->token.len > 0;
}

void https_answer_clear(struct https_answer *a)
{
	buffer_clear(&a->body);
	*a = (struct https_answer){0};
}

static size_t on_body(char *at, size_t unit, size_t count, void *context)
{
	struct flight *f = context;
	struct bytes piece = bytes_of(at, unit * count);
	long status = 0;

	(void)curl_easy_getinfo(f->easy, CURLINFO_RESPONSE_CODE, &status);
	if (status < 200 || status > 299)
		f->failure = buffer_put(&f->refusal, piece);
	else if (f->call->sink != NULL)
		f->failure = f->call->sink->write(f->call->sink->context, piece);
	else
		f->failure = buffer_put(&f->answer->body, piece);
	return ok(f->failure) ? piece.len : 0;
}

static size_t on_header(char *at, size_t unit, size_t count, void *context)
{
	struct flight *f = context;
	struct text rest = {at, unit * count}, name;

	if (!text_split(&rest, ':', &name))
		return unit * count;
	if (text_equal_nocase(name, TEXT("upload-offset")))
		f->answer->has_offset = ok(text_to_u64(text_trim(rest), 0, UINT64_MAX, &f->answer->offset));
	if (text_equal_nocase(name, TEXT("tacenda-leaf")))
		f->answer->has_leaf = ok(text_to_u64(text_trim(rest), 0, INT64_MAX, &f->answer->leaf));
	return unit * count;
}

static size_t on_read(char *at, size_t unit, size_t count, void *context)
{
	struct flight *f = context;
	size_t len = 0;

	f->failure = f->call->source->read(f->call->source->context, (uint8_t *)at, unit * count, &len);
	return ok(f->failure) ? len : CURL_READFUNC_ABORT;
}

static struct status add_header(struct flight *f, const char *line)
{
	struct curl_slist *longer = curl_slist_append(f->headers, line);

	if (longer == NULL)
		return FAIL(ST_NO_MEMORY);
	f->headers = longer;
	return OK;
}

static struct status prepare_headers(const struct https_handle *handle, struct flight *f)
{
	char line[160];

	/* No Expect: the upload is a resource with an offset; a refusal costs one piece at most. */
	TRY(add_header(f, "Expect:"));
	if (handle->token.len > 0)
		TRY(add_header(f, (const char *)handle->token.bytes));
	if (f->call->content_type != NULL) {
		if (snprintf(line, sizeof line, "Content-Type: %s", f->call->content_type) >= (int)sizeof line)
			return FAIL_AT(ST_INVALID, "content type");
		TRY(add_header(f, line));
	}
	for (const char *const *more = f->call->headers; more != NULL && *more != NULL; more++)
		TRY(add_header(f, *more));
	return OK;
}

static void prepare_body(struct flight *f)
{
	const struct https_call *call = f->call;

	if (call->source != NULL) {
		(void)curl_easy_setopt(f->easy, CURLOPT_UPLOAD, 1L);
		(void)curl_easy_setopt(f->easy, CURLOPT_READFUNCTION, on_read);
		(void)curl_easy_setopt(f->easy, CURLOPT_READDATA, f);
		(void)curl_easy_setopt(f->easy, CURLOPT_INFILESIZE_LARGE, (curl_off_t)call->source->length);
	} else if (call->content_type != NULL || strcmp(call->method, "POST") == 0) {
		(void)curl_easy_setopt(f->easy, CURLOPT_POSTFIELDS,
				       call->body.len > 0 ? (const char *)call->body.at : "");
		(void)curl_easy_setopt(f->easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)call->body.len);
	} else if (strcmp(call->method, "HEAD") == 0) {
		(void)curl_easy_setopt(f->easy, CURLOPT_NOBODY, 1L);
	}
	(void)curl_easy_setopt(f->easy, CURLOPT_CUSTOMREQUEST, call->method);
}

static void prepare_trust(const struct https_handle *handle, CURL *easy)
{
	(void)curl_easy_setopt(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	(void)curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "https");
	(void)curl_easy_setopt(easy, CURLOPT_PROXY, "");
	if (handle->unverified) {
		(void)curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 0L);
		(void)curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 0L);
	} else if (handle->ca.len > 0) {
		struct curl_blob pem = {handle->ca.bytes, handle->ca.len, CURL_BLOB_COPY};
		(void)curl_easy_setopt(easy, CURLOPT_CAINFO_BLOB, &pem);
		(void)curl_easy_setopt(easy, CURLOPT_CAPATH, NULL);
	}
}

static struct status prepare(const struct https_handle *handle, struct flight *f)
{
	char url[URL_MAX];

	f->easy = curl_easy_init();
	if (f->easy == NULL)
		return FAIL(ST_NO_MEMORY);
	if (snprintf(url, sizeof url, "%s%s", handle->origin, f->call->path) >= (int)sizeof url)
		return FAIL_AT(ST_TOO_BIG, "path");
	f->refusal = (struct buffer){.max = (size_t)64 << 10};
	f->answer->body = (struct buffer){.max = (size_t)f->call->max, .wipe = true};
	TRY(prepare_headers(handle, f));
	prepare_trust(handle, f->easy);
	prepare_body(f);
	(void)curl_easy_setopt(f->easy, CURLOPT_URL, url);
	(void)curl_easy_setopt(f->easy, CURLOPT_HTTPHEADER, f->headers);
	(void)curl_easy_setopt(f->easy, CURLOPT_NOSIGNAL, 1L);
	(void)curl_easy_setopt(f->easy, CURLOPT_USERAGENT, "tacenda/" TACENDA_VERSION);
	(void)curl_easy_setopt(f->easy, CURLOPT_ERRORBUFFER, f->error);
	(void)curl_easy_setopt(f->easy, CURLOPT_CONNECTTIMEOUT, CONNECT_SECONDS);
	(void)curl_easy_setopt(f->easy, CURLOPT_LOW_SPEED_LIMIT, 1L);
	(void)curl_easy_setopt(f->easy, CURLOPT_LOW_SPEED_TIME, STALL_SECONDS);
	(void)curl_easy_setopt(f->easy, CURLOPT_WRITEFUNCTION, on_body);
	(void)curl_easy_setopt(f->easy, CURLOPT_WRITEDATA, f);
	(void)curl_easy_setopt(f->easy, CURLOPT_HEADERFUNCTION, on_header);
	(void)curl_easy_setopt(f->easy, CURLOPT_HEADERDATA, f);
	return OK;
}

static void land(struct flight *f)
{
	curl_easy_cleanup(f->easy);
	curl_slist_free_all(f->headers);
	buffer_clear(&f->refusal);
}

/** What became of it. */
static struct status judge(struct https *h, struct flight *f, CURLcode result)
{
	long status = 0;

	(void)curl_easy_getinfo(f->easy, CURLINFO_RESPONSE_CODE, &status);
	f->answer->status = (unsigned)status;
	if (!ok(f->failure))
		return f->failure;
	if (result == CURLE_PEER_FAILED_VERIFICATION || result == CURLE_SSL_CACERT_BADFILE)
		return FAIL_AT(ST_CORRUPT, "certificate");
	if (result != CURLE_OK)
		return FAIL_AT(ST_UNREACHABLE, "server");
	if (status >= 200 && status <= 299)
		return OK;
	problem_read((uint16_t)status, buffer_bytes(&f->refusal), &h->problem);
	return FAIL_AT(h->problem.code, "answer");
}

/** Run it until it has landed. */
static struct status fly(struct https *h, struct flight *f)
{
	struct status result = FAIL_AT(ST_UNREACHABLE, "server");
	int running = 1, left;

	if (curl_multi_add_handle(h->handle->multi, f->easy) != CURLM_OK)
		return FAIL(ST_NO_MEMORY);
	while (running > 0) {
		if (h->stopped != NULL && h->stopped())
			return FAIL_AT(ST_BUSY, "interrupted");
		if (curl_multi_perform(h->handle->multi, &running) != CURLM_OK)
			return FAIL_AT(ST_UNREACHABLE, "server");
		for (CURLMsg *m = curl_multi_info_read(h->handle->multi, &left); m != NULL;
		     m = curl_multi_info_read(h->handle->multi, &left))
			result = judge(h, f, m->data.result);
		if (running > 0 && curl_multi_poll(h->handle->multi, NULL, 0, 1000, NULL) != CURLM_OK)
			return FAIL_AT(ST_UNREACHABLE, "server");
	}
	return result;
}

struct status https_send(struct https *h, const struct https_call *call, struct https_answer *answer)
{
	struct flight f = {.call = call, .answer = answer};

	h->problem = (struct problem_answer){0};
	https_answer_clear(answer);
	struct status s = prepare(h->handle, &f);
	if (ok(s))
		s = fly(h, &f);
	if (f.easy != NULL)
		(void)curl_multi_remove_handle(h->handle->multi, f.easy);
	land(&f);
	return s;
}
