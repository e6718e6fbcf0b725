/* SPDX-License-Identifier: Apache-2.0 */
#include "signin.h"

#include "hash.h"
#include "jsonwriter.h"
#include "key_hash.h"

#include <stdio.h>
#include <string.h>

#define ASK_ARENA ((size_t)8 << 20)

void signin_session_clear(struct signin_session *s)
{
	secret_clear(&s->token);
	*s = (struct signin_session){0};
}

void signin_invited_clear(struct signin_invited *i)
{
	https_clear(&i->https);
	buffer_clear(&i->ca);
	buffer_clear(&i->memory);
	*i = (struct signin_invited){0};
}

/* --- What the answers look like --- */

struct sharing_answer {
	uint64_t score;
	bool unusual;
	struct text reasons;
};
#define SHARING(field, kind, member) \
	{ \
		.name = (field), .type = (kind), .offset = offsetof(struct sharing_answer, member), .required = true \
	}
static const struct jsonfield sharing_rows[] = {
	SHARING("score", JSONFIELD_U64, score),
	SHARING("unusual", JSONFIELD_BOOL, unusual),
	SHARING("reasons", JSONFIELD_TEXT, reasons),
};
static const struct jsonfield_table sharing_table = JSONFIELD_TABLE(struct sharing_answer, sharing_rows);

struct session_answer {
	struct text token, login, name, profile;
	struct session_id session;
	struct user_id user;
	struct device_id device;
	struct jsonfield_list rights, pending;
	uint64_t expires, idle, password_ends, notices;
	struct sharing_answer sharing;
};
#define SESSION(field, kind, member, ...) \
	{ \
		.name = (field), .type = (kind), .offset = offsetof(struct session_answer, member), __VA_ARGS__ \
	}
static const struct jsonfield session_rows[] = {
	SESSION("token", JSONFIELD_TEXT, token, .max = 128),
	SESSION("session", JSONFIELD_ID, session, .required = true, .id = ID_SESSION),
	SESSION("user", JSONFIELD_ID, user, .required = true, .id = ID_USER),
	SESSION("login", JSONFIELD_TEXT, login, .required = true, .max = LIMIT_LOGIN),
	SESSION("name", JSONFIELD_TEXT, name, .max = LIMIT_NAME),
	SESSION("profile", JSONFIELD_TEXT, profile, .required = true, .max = 31),
	SESSION("rights", JSONFIELD_TEXT, rights, .required = true, .many = 16, .max = 31),
	SESSION("device", JSONFIELD_ID, device, .required = true, .id = ID_DEVICE),
	SESSION("expires", JSONFIELD_TIME, expires, .required = true),
	SESSION("idle_seconds", JSONFIELD_U64, idle, .required = true),
	SESSION("password_ends", JSONFIELD_TIME, password_ends, .required = false),
	SESSION("notices", JSONFIELD_U64, notices, .required = false),
	SESSION("sharing", JSONFIELD_OBJECT, sharing, .table = &sharing_table),
	SESSION("pending", JSONFIELD_TEXT, pending, .required = true, .many = 8, .max = 31),
};
static const struct jsonfield_table session_table = JSONFIELD_TABLE(struct session_answer, session_rows);

struct challenge {
	struct bytes nonce;
	uint64_t expires;
};
static const struct jsonfield challenge_rows[] = {
	{.name = "nonce",
	 .type = JSONFIELD_BASE64,
	 .offset = offsetof(struct challenge, nonce),
	 .required = true,
	 .min = sizeof(struct hash),
	 .max = sizeof(struct hash)},
	{.name = "expires", .type = JSONFIELD_TIME, .offset = offsetof(struct challenge, expires), .required = true},
};
static const struct jsonfield_table challenge_table = JSONFIELD_TABLE(struct challenge, challenge_rows);

struct invited_answer {
	struct user_id user;
	struct text login;
	uint64_t expires;
	struct jsonfield_list statements;
};
static const struct jsonfield invited_rows[] = {
	{.name = "user",
	 .type = JSONFIELD_ID,
	 .offset = offsetof(struct invited_answer, user),
	 .required = true,
	 .id = ID_USER},
	{.name = "login",
	 .type = JSONFIELD_TEXT,
	 .offset = offsetof(struct invited_answer, login),
	 .required = true,
	 .min = 1,
	 .max = LIMIT_LOGIN},
	{.name = "expires",
	 .type = JSONFIELD_TIME,
	 .offset = offsetof(struct invited_answer, expires),
	 .required = true},
	{.name = "statements",
	 .type = JSONFIELD_OBJECT,
	 .offset = offsetof(struct invited_answer, statements),
	 .required = true,
	 .many = 1000,
	 .table = &placed_table},
};
static const struct jsonfield_table invited_table = JSONFIELD_TABLE(struct invited_answer, invited_rows);

static void join(struct jsonfield_list words, char *out, size_t len)
{
	const struct text *items = words.items;
	size_t used = 0;

	out[0] = '\0';
	for (size_t i = 0; i < words.count && used + items[i].len + 2 < len; i++)
		used += (size_t)snprintf(out + used, len - used, "%s%.*s", i > 0 ? "," : "", TEXT_ARG(items[i]));
}

static struct status read_session(struct bytes body, struct signin_session *out)
{
	AUTO(json_document) document = {0};
	AUTO(arena) arena = {.max = 65536};
	AUTO(signin_session) made = {0};
	struct session_answer answer = {0};

	TRY(placed_read(body, &session_table, &arena, &document, &answer));
	if (answer.token.len > 0)
		TRY(secret_from(text_bytes(answer.token), &made.token));
	(void)snprintf(made.session, sizeof made.session, "%s", id_print(ID_SESSION, &answer.session.uuid).at);
	(void)snprintf(made.user, sizeof made.user, "%s", id_print(ID_USER, &answer.user.uuid).at);
	(void)snprintf(made.login, sizeof made.login, "%.*s", TEXT_ARG(answer.login));
	(void)snprintf(made.name, sizeof made.name, "%.*s", TEXT_ARG(answer.name));
	(void)snprintf(made.profile, sizeof made.profile, "%.*s", TEXT_ARG(answer.profile));
	join(answer.rights, made.rights, sizeof made.rights);
	join(answer.pending, made.pending, sizeof made.pending);
	(void)snprintf(made.sharing, sizeof made.sharing, "%.*s", TEXT_ARG(answer.sharing.reasons));
	made.sharing_score = answer.sharing.score;
	made.unusual = answer.sharing.unusual;
	made.expires = answer.expires;
	made.password_ends = answer.password_ends;
	made.notices = answer.notices;
	*out = made;
	made = (struct signin_session){0};
	return OK;
}

/* --- Enrolment --- */

/** The certificate authority that the code names, fetched over a connection that proves nothing yet. */
static struct status fetch_ca(const struct invitation *invitation, struct buffer *out)
{
	AUTO(https) blind = {0};
	AUTO(arena) arena = {.max = ASK_ARENA};
	struct site_answer answer;
	struct hash hash;

	TRY(https_open(&(struct https_site){.origin = invitation->origin, .unverified = true}, &blind));
	TRY(site_ask(&blind, &arena, &answer));
	TRY(sha256(answer.ca, &hash));
	if (!hash_equal(&hash, &invitation->ca))
		return FAIL_AT(ST_CORRUPT, "certificate");
	return buffer_put(out, answer.ca);
}

static struct status check_site(struct signin_invited *i, const struct invitation *invitation)
{
	AUTO(arena) arena = {.max = ASK_ARENA};
	struct tree_head pin = {invitation->pin_size, invitation->pin_root};
	struct site_answer answer;
	struct statement parsed;
	struct note_key key;

	TRY(site_ask(&i->https, &arena, &answer));
	TRY(site_check(&answer, &invitation->site, &parsed));
	if (!text_equal(parsed.site.origin, text_of(invitation->origin)))
		return FAIL_AT(ST_CORRUPT, "origin");
	TRY(buffer_put(&i->memory, answer.statement));
	TRY(statement_parse(buffer_bytes(&i->memory), &i->site_statement));
	TRY(site_log_key(parsed.site.origin, &parsed.site.log_key, &key));
	return site_check_head(text_bytes(answer.checkpoint), &key, &pin, &i->https, &i->head);
}

/** The statement that invites: the site's own for the first administrator, otherwise one of the directory's. */
static struct status take_invited(struct signin_invited *i, const struct invited_answer *answer,
				  const struct p256_public *one_time)
{
	struct directory_state directory = {0};
	const struct placed *items = answer->statements.items;
	struct status s = OK;
	bool found = false;

	for (size_t n = 0; ok(s) && n < answer->statements.count; n++) {
		struct statement parsed;
		s = directory_state_add(&directory, items[n].statement, items[n].leaf, items[n].time);
		if (!ok(s) || !ok(statement_parse(items[n].statement, &parsed)))
			break;
		const struct p256_public *key = parsed.kind == STATEMENT_SITE ? &parsed.site.invitation_key
						: parsed.kind == STATEMENT_INVITATION
							? &parsed.invitation.invitation_key
							: NULL;
		if (key == NULL || !bytes_equal(p256_public_bytes(key), p256_public_bytes(one_time)))
			continue;
		found = true;
		i->invitation = parsed.name;
		i->user = parsed.kind == STATEMENT_SITE ? parsed.site.administrator : parsed.invitation.user;
		struct text login = parsed.kind == STATEMENT_SITE ? parsed.site.login : parsed.invitation.login;
		(void)snprintf(i->login, sizeof i->login, "%.*s", TEXT_ARG(login));
	}
	bool same_site = hash_equal(&directory.fingerprint, &i->site_statement.name);
	directory_state_clear(&directory);
	return ok(s) && found && same_site ? OK : FAIL_AT(ST_CORRUPT, "invitation");
}

static struct status ask_invited(struct signin_invited *i, const struct invitation *invitation)
{
	AUTO(https_answer) answer = {0};
	AUTO(json_document) document = {0};
	AUTO(arena) arena = {.max = ASK_ARENA};
	AUTO(secret) one_time = {0};
	AUTO(buffer) path = {.max = 256};
	struct p256_public public_key;
	struct invited_answer invited = {0};
	struct hash key_hash;

	TRY(invitation_pair(invitation, &one_time, &public_key));
	TRY(key_hash_invitation(&public_key, &key_hash));
	TRY(buffer_print(&path, "/v1/invitations/"));
	TRY(text_put_hex(&path, hash_bytes(&key_hash)));
	TRY(buffer_put_u8(&path, 0));
	TRY(https_send(&i->https,
		       &(struct https_call){.method = "GET", .path = (const char *)path.bytes, .max = ASK_ARENA},
		       &answer));
	TRY(placed_read(buffer_bytes(&answer.body), &invited_table, &arena, &document, &invited));
	return take_invited(i, &invited, &public_key);
}

struct status signin_invited_ask(const struct invitation *invitation, struct signin_invited *out)
{
	struct signin_invited made = {.ca = {.max = SECURITYFILE_CA_MAX}, .memory = {.max = LIMIT_STATEMENT_BYTES}};
	struct status s = invitation->has_ca ? fetch_ca(invitation, &made.ca) : OK;

	if (ok(s))
		s = https_open(&(struct https_site){.origin = invitation->origin, .ca = buffer_bytes(&made.ca)},
			       &made.https);
	if (ok(s))
		s = check_site(&made, invitation);
	if (ok(s))
		s = ask_invited(&made, invitation);
	if (!ok(s)) {
		signin_invited_clear(&made);
		return s;
	}
	*out = made;
	return OK;
}

static void put_device(struct jsonwriter *w, const struct signin_device *device)
{
	jsonwriter_object(w, "device");
	jsonwriter_id(w, "id", ID_DEVICE, &device->id.uuid);
	jsonwriter_string(w, "label", device->label);
	jsonwriter_end(w);
}

static struct status sign_key(const struct signin_invited *i, const struct signin_enrolment *e, struct buffer *out)
{
	AUTO(secret) one_time = {0};
	struct p256_public public_key;
	struct statement draft = {
		.kind = STATEMENT_KEY,
		.head = {.site = i->site_statement.name,
			 .author = i->user,
			 .seen_size = i->head.size,
			 .seen_root = i->head.root,
			 .previous = i->invitation,
			 .time = e->time},
		.key = {.user = i->user,
			.hpke_key = e->file->person.hpke_key,
			.sign_key = e->file->person.sign_key,
			.invitation = i->invitation},
	};

	/* The first administrator's chain begins with this statement: the site's own is not about a user. */
	if (hash_equal(&i->invitation, &i->site_statement.name))
		draft.head.previous = (struct hash){0};
	TRY(invitation_pair(e->invitation, &one_time, &public_key));
	TRY(key_hash_invitation(&public_key, &draft.head.author_key));
	return statement_sign(&draft, &one_time, out);
}

static struct status post_json(struct https *h, const char *path, struct buffer *body, struct https_answer *answer)
{
	return https_send(h,
			  &(struct https_call){.method = "POST",
					       .path = path,
					       .content_type = "application/json",
					       .body = buffer_bytes(body),
					       .max = LIMIT_JSON_BYTES},
			  answer);
}

struct status signin_enrol(struct signin_invited *i, const struct signin_enrolment *e, struct signin_session *out)
{
	AUTO(buffer) statement = {.max = LIMIT_STATEMENT_BYTES}, body = {.max = LIMIT_JSON_BYTES, .wipe = true};
	AUTO(https_answer) answer = {0};

	TRY(sign_key(i, e, &statement));
	struct jsonwriter w = jsonwriter_of(&body);
	jsonwriter_object(&w, NULL);
	jsonwriter_base64(&w, "statement", buffer_bytes(&statement));
	jsonwriter_text(&w, "password", text_from(e->password));
	put_device(&w, e->device);
	jsonwriter_end(&w);
	TRY(jsonwriter_done(&w));
	TRY(post_json(&i->https, "/v1/enrolments", &body, &answer));
	return read_session(buffer_bytes(&answer.body), out);
}

/* --- Sessions --- */

static struct status prove(struct site *site, const struct signin_device *device, struct buffer *out)
{
	AUTO(https_answer) answer = {0};
	AUTO(json_document) document = {0};
	AUTO(arena) arena = {.max = 4096};
	struct challenge challenge = {0};

	TRY(site_send(site, "POST", "/v1/challenges", NULL, &answer));
	TRY(placed_read(buffer_bytes(&answer.body), &challenge_table, &arena, &document, &challenge));
	struct statement draft = {
		.kind = STATEMENT_SIGN_IN,
		.head = keyholder_head(site->options.keys, NULL, clock_wall(site->options.clock)),
		.sign_in = {.device = device->id},
	};
	memcpy(draft.sign_in.nonce.bytes, challenge.nonce.at, sizeof draft.sign_in.nonce.bytes);
	return keyholder_sign(site->options.keys, &draft, out);
}

struct status signin_open(struct site *site, const struct signin_entry *entry, struct signin_session *out)
{
	AUTO(buffer) proof = {.max = LIMIT_STATEMENT_BYTES}, body = {.max = LIMIT_JSON_BYTES, .wipe = true};
	AUTO(https_answer) answer = {0};

	TRY(prove(site, entry->device, &proof));
	struct jsonwriter w = jsonwriter_of(&body);
	jsonwriter_object(&w, NULL);
	jsonwriter_string(&w, "login", site->options.keys->person.login);
	jsonwriter_text(&w, "password", text_from(entry->password));
	jsonwriter_base64(&w, "proof", buffer_bytes(&proof));
	put_device(&w, entry->device);
	if (entry->code.len > 0) {
		jsonwriter_object(&w, "factor");
		jsonwriter_text(&w, "code", entry->code);
		jsonwriter_end(&w);
	}
	jsonwriter_end(&w);
	TRY(jsonwriter_done(&w));
	TRY(post_json(&site->https, "/v1/sessions", &body, &answer));
	TRY(read_session(buffer_bytes(&answer.body), out));
	return https_token(&site->https, secret_bytes(&out->token));
}

struct status signin_reset(struct site *site, struct text code, struct bytes password,
			   const struct signin_device *device)
{
	AUTO(buffer) proof = {.max = LIMIT_STATEMENT_BYTES}, body = {.max = LIMIT_JSON_BYTES, .wipe = true};
	AUTO(https_answer) answer = {0};

	TRY(prove(site, device, &proof));
	struct jsonwriter w = jsonwriter_of(&body);
	jsonwriter_object(&w, NULL);
	jsonwriter_string(&w, "login", site->options.keys->person.login);
	jsonwriter_text(&w, "code", code);
	jsonwriter_text(&w, "new", text_from(password));
	jsonwriter_base64(&w, "proof", buffer_bytes(&proof));
	put_device(&w, device);
	jsonwriter_end(&w);
	TRY(jsonwriter_done(&w));
	return post_json(&site->https, "/v1/password-resets", &body, &answer);
}

struct status signin_ask(struct site *site, struct signin_session *out)
{
	AUTO(https_answer) answer = {0};

	TRY(site_get(site, "/v1/session", &answer));
	return read_session(buffer_bytes(&answer.body), out);
}

struct status signin_end(const struct securityfile *file, const struct secret *token, bool all)
{
	AUTO(https) h = {0};
	AUTO(https_answer) answer = {0};
	char origin[ORIGIN_MAX + 1];
	const char *path = all ? "/v1/sessions" : "/v1/session";

	(void)snprintf(origin, sizeof origin, "%.*s", TEXT_ARG(file->person.origin));
	TRY(https_open(&(struct https_site){.origin = origin, .ca = file->person.ca}, &h));
	TRY(https_token(&h, secret_bytes(token)));
	return https_send(&h, &(struct https_call){.method = "DELETE", .path = path, .max = 65536}, &answer);
}
