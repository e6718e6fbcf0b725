/* SPDX-License-Identifier: Apache-2.0 */
#include "carry.h"

#include <curl/curl.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "letter.h"

#define CONNECT_SECONDS 10L
#define TRY_SECONDS     60L
#define BODY_MAX        (4 * (size_t)ORDER_PACKET_MAX)
#define URL_MAX         400

void carry_secrets_clear(struct carry_secrets *s)
{
	secret_clear(&s->mail_password);
	secret_clear(&s->hook_key);
	buffer_clear(&s->ca);
}

/** One try under way. */
struct trip {
	const struct order *order;
	const struct carry_secrets *secrets;
	CURL *easy;
	struct curl_slist *lines; /* headers, or who gets a mail */
	struct buffer body;
	size_t sent;
	char url[URL_MAX];
};
static void trip_clear(struct trip *t)
{
	curl_easy_cleanup(t->easy);
	curl_slist_free_all(t->lines);
	buffer_clear(&t->body);
}

static size_t give(char *out, size_t size, size_t count, void *context)
{
	struct trip *t = context;
	size_t left = t->body.len - t->sent, room = size * count, len = left < room ? left : room;

	if (len > 0)
		memcpy(out, t->body.bytes + t->sent, len);
	t->sent += len;
	return len;
}

/** What the other side says is of no interest. */
static size_t drop(char *in, size_t size, size_t count, void *context)
{
	(void)in;
	(void)context;
	return size * count;
}

static void set(struct trip *t, CURLoption option, long value)
{
	(void)curl_easy_setopt(t->easy, option, value);
}
static void set_text(struct trip *t, CURLoption option, const char *value)
{
	(void)curl_easy_setopt(t->easy, option, value);
}

static void common(struct trip *t, const char *protocols)
{
	set_text(t, CURLOPT_URL, t->url);
	set_text(t, CURLOPT_PROTOCOLS_STR, protocols);
	set(t, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	set(t, CURLOPT_USE_SSL, (long)CURLUSESSL_ALL);
	set_text(t, CURLOPT_PROXY, "");
	set(t, CURLOPT_NOSIGNAL, 1L);
	set(t, CURLOPT_CONNECTTIMEOUT, CONNECT_SECONDS);
	set(t, CURLOPT_TIMEOUT, TRY_SECONDS);
	(void)curl_easy_setopt(t->easy, CURLOPT_WRITEFUNCTION, drop);
	if (t->secrets->ca.len > 0) {
		struct curl_blob pem = {t->secrets->ca.bytes, t->secrets->ca.len, CURL_BLOB_NOCOPY};
		(void)curl_easy_setopt(t->easy, CURLOPT_CAINFO_BLOB, &pem);
		set_text(t, CURLOPT_CAPATH, NULL);
	}
}

static struct status add_line(struct trip *t, const char *line)
{
	struct curl_slist *longer = curl_slist_append(t->lines, line);

	if (longer == NULL)
		return FAIL(ST_NO_MEMORY);
	t->lines = longer;
	return OK;
}

static struct status print_url(struct trip *t, const char *scheme, struct text rest)
{
	if (snprintf(t->url, sizeof t->url, "%s%.*s", scheme, TEXT_ARG(rest)) >= (int)sizeof t->url)
		return FAIL_AT(ST_INVALID, "address");
	return OK;
}

static struct status prepare_mail(struct trip *t)
{
	const struct order *o = t->order;
	char from[URL_MAX], to[URL_MAX], user[URL_MAX], password[256] = "";

	TRY(letter_mail(o, &t->body));
	TRY(print_url(t, o->implicit_tls ? "smtps://" : "smtp://", o->server));
	common(t, "smtp,smtps");
	(void)snprintf(from, sizeof from, "<%.*s>", TEXT_ARG(o->from));
	(void)snprintf(to, sizeof to, "<%.*s>", TEXT_ARG(o->to));
	TRY(add_line(t, to));
	set_text(t, CURLOPT_MAIL_FROM, from);
	(void)curl_easy_setopt(t->easy, CURLOPT_MAIL_RCPT, t->lines);
	if (o->user.len > 0) {
		(void)snprintf(user, sizeof user, "%.*s", TEXT_ARG(o->user));
		(void)snprintf(password, sizeof password, "%.*s", (int)t->secrets->mail_password.len,
			       (const char *)t->secrets->mail_password.bytes);
		set_text(t, CURLOPT_USERNAME, user);
		set_text(t, CURLOPT_PASSWORD, password);
		secret_wipe(password, sizeof password);
	}
	set(t, CURLOPT_UPLOAD, 1L);
	(void)curl_easy_setopt(t->easy, CURLOPT_READFUNCTION, give);
	(void)curl_easy_setopt(t->easy, CURLOPT_READDATA, t);
	return OK;
}

static struct status add_signature(struct trip *t)
{
	AUTO(buffer) id = {.max = 128};
	AUTO(buffer) line = {.max = 512};
	const uint64_t now = (uint64_t)time(NULL);

	TRY(letter_hook_id(t->order, &id));
	TRY(buffer_print(&line, "webhook-id: %.*s%c", TEXT_ARG(text_from(buffer_bytes(&id))), '\0'));
	TRY(add_line(t, (const char *)line.bytes));
	line.len = 0;
	TRY(buffer_print(&line, "webhook-timestamp: %llu%c", (unsigned long long)now, '\0'));
	TRY(add_line(t, (const char *)line.bytes));
	if (t->secrets->hook_key.len == 0)
		return OK;
	line.len = 0;
	TRY(buffer_print(&line, "webhook-signature: "));
	TRY(letter_sign(secret_bytes(&t->secrets->hook_key), text_from(buffer_bytes(&id)), now, buffer_bytes(&t->body),
			&line));
	TRY(buffer_put_u8(&line, 0));
	return add_line(t, (const char *)line.bytes);
}

static struct status prepare_post(struct trip *t)
{
	const bool fhir = t->order->way == ORDER_FHIR;

	TRY(fhir ? letter_fhir(t->order, &t->body) : letter_hook(t->order, &t->body));
	TRY(print_url(t, "", t->order->url));
	common(t, "https");
	TRY(add_line(t, fhir ? "Content-Type: application/fhir+json" : "Content-Type: application/json"));
	TRY(add_line(t, "Expect:"));
	if (!fhir)
		TRY(add_signature(t));
	(void)curl_easy_setopt(t->easy, CURLOPT_HTTPHEADER, t->lines);
	(void)curl_easy_setopt(t->easy, CURLOPT_POSTFIELDS, (const char *)t->body.bytes);
	set(t, CURLOPT_POSTFIELDSIZE, (long)t->body.len);
	return OK;
}

/** A connection with TLS; what is sent over it is ours. */
static struct status prepare_syslog(struct trip *t)
{
	TRY(letter_syslog(t->order, &t->body));
	TRY(print_url(t, "https://", t->order->server));
	common(t, "https");
	set(t, CURLOPT_CONNECT_ONLY, 1L);
	set(t, CURLOPT_SSL_ENABLE_ALPN, 0L);
	return OK;
}

static CURLcode send_frames(struct trip *t, time_t end)
{
	const struct timespec pause = {0, 10000000};

	while (t->sent < t->body.len) {
		size_t len = 0;
		CURLcode sent = curl_easy_send(t->easy, t->body.bytes + t->sent, t->body.len - t->sent, &len);
		t->sent += len;
		if (sent == CURLE_AGAIN && time(NULL) < end)
			(void)nanosleep(&pause, NULL);
		else if (sent != CURLE_OK)
			return sent;
	}
	return CURLE_OK;
}

/** A receiver that says no will say it again: 4xx of HTTP but for those that mean later, 5xx of SMTP. */
static enum order_result verdict(const struct trip *t, long code)
{
	if (t->order->way == ORDER_MAIL)
		return code >= 500 && code != 530 && code != 535 ? ORDER_NEVER : ORDER_LATER;
	return code == 410 ? ORDER_NEVER : ORDER_LATER;
}

static void go(struct trip *t, struct order_answer *answer, char why[CARRY_WHY_MAX])
{
	long code = 0;
	const time_t end = time(NULL) + TRY_SECONDS;
	CURLcode done = curl_easy_perform(t->easy);

	if (done == CURLE_OK && t->order->way == ORDER_SYSLOG)
		done = send_frames(t, end);
	(void)curl_easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &code);
	const bool http = t->order->way == ORDER_HOOK || t->order->way == ORDER_FHIR;
	answer->result = done == CURLE_OK && (!http || (code >= 200 && code < 300)) ? ORDER_DONE : verdict(t, code);
	if (answer->result == ORDER_DONE)
		return;
	if (code > 0)
		(void)snprintf(why, CARRY_WHY_MAX, "answer %ld", code);
	else
		(void)snprintf(why, CARRY_WHY_MAX, "%s", curl_easy_strerror(done));
	answer->why = text_of(why);
}

/** A setting says where mail goes, so one administrator does; whom the password is for is said by its file. */
static bool is_for_another(const struct order *o, const struct carry_secrets *secrets)
{
	return o->way == ORDER_MAIL && o->user.len > 0 && secrets->mail_password.len > 0 &&
	       !text_equal_nocase(o->server, text_of(secrets->mail_server));
}

void carry(const struct order *order, const struct carry_secrets *secrets, struct order_answer *answer,
	   char why[CARRY_WHY_MAX])
{
	AUTO(trip) t = {.order = order, .secrets = secrets, .body = {.max = BODY_MAX}};
	struct status s = FAIL(ST_NO_MEMORY);

	*answer = (struct order_answer){.number = order->number, .result = ORDER_NEVER};
	if (is_for_another(order, secrets)) {
		(void)snprintf(why, CARRY_WHY_MAX, "the mail password is for %.70s", secrets->mail_server);
		*answer = (struct order_answer){order->number, ORDER_LATER, text_of(why)};
		return;
	}
	t.easy = curl_easy_init();
	if (t.easy != NULL)
		s = order->way == ORDER_MAIL     ? prepare_mail(&t)
		    : order->way == ORDER_SYSLOG ? prepare_syslog(&t)
						 : prepare_post(&t);
	if (ok(s))
		go(&t, answer, why);
	else
		answer->why = text_of(s.what != NULL ? s.what : status_name(s.code));
}
