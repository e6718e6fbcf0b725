/* SPDX-License-Identifier: Apache-2.0 */
#include "setting.h"

#include <stdio.h>
#include <string.h>

#include "ipaddress.h"
#include "mailaddress.h"
#include "noticekind.h"
#include "token.h"

#define IDLE_OF(profile) \
	{ \
		"session.idle_minutes." profile, "the same for this profile; 0: as for everybody", 0, 60, 0, NULL, \
			NULL \
	}
#define ABSOLUTE_OF(profile) \
	{ \
		"session.absolute_hours." profile, "the same for this profile; 0: as for everybody", 0, 24, 0, NULL, \
			NULL \
	}
#define FACTOR_DAYS_OF(profile, days) \
	{ \
		"factor.days." profile, \
			"days from the first sign-in within which a second factor must be added; 366: none is asked " \
			"for", \
			0, SETTING_FACTOR_NEVER, days, NULL, NULL \
	}

static const char *const deletions[] = {"delay", "second-person"};
const char *const setting_policies[] = {"composition-180d", "nist-800-63b-4"};

static struct status networks(struct text t)
{
	struct ipaddress_networks list;

	return ipaddress_networks(t, &list);
}

static const char *const sharing_steps[] = {"none", "conduct"};
static const char *const mail_tls[] = {"implicit", "starttls"};
static const char *const leaves[] = {"none", "syslog", "fhir"};

/** Letters, figures, dots and hyphens, or a literal in brackets, and a port. */
static struct status server(struct text t)
{
	const struct status refused = FAIL_AT(ST_INVALID, "value: HOST:PORT, such as mail.clinic.example:465");
	uint32_t port;

	if (t.len == 0)
		return OK;
	size_t colon = t.len;
	while (colon > 0 && t.at[colon - 1] != ':')
		colon--;
	if (colon < 2 || !ok(text_to_u32((struct text){t.at + colon, t.len - colon}, 1, 65535, &port)))
		return refused;
	for (size_t i = 0; i + 1 < colon; i++)
		if (t.at[i] <= ' ' || t.at[i] > '~' || strchr("/@?#\\\"<>", t.at[i]) != NULL)
			return refused;
	return OK;
}

static struct status https_url(struct text t)
{
	if (t.len > 0 && !text_starts(t, TEXT("https://")))
		return FAIL_AT(ST_INVALID, "value: an address that begins with https://");
	for (size_t i = 0; i < t.len; i++)
		if (t.at[i] <= ' ' || t.at[i] > '~' || t.at[i] == '@')
			return FAIL_AT(ST_INVALID, "value: an address without spaces, names or passwords");
	return OK;
}

static struct status mail(struct text t)
{
	return t.len == 0 ? OK : mailaddress_check(t);
}

static struct status printable(struct text t)
{
	for (size_t i = 0; i < t.len; i++)
		if (t.at[i] <= ' ' || t.at[i] > '~')
			return FAIL_AT(ST_INVALID, "value: printable characters without spaces");
	return OK;
}

#define SETTING_OF_TEXT(name, meaning, check) \
	{ \
		name, meaning, 0, SETTING_TEXT_MAX - 1, 0, NULL, check \
	}
#define KINDS "; empty: warnings and urgent ones; none"

const struct setting_rule setting_rules[SETTING_COUNT] = {
	[SETTING_NIGHT_HOUR] = {"night.hour", "hour (UTC) of the nightly work; 24: whenever a day is over", 0, 24, 24,
				NULL, NULL},
	[SETTING_SESSION_IDLE] = {"session.idle_minutes", "a session that was not used for so long ends", 1, 60, 15,
				  NULL, NULL},
	[SETTING_SESSION_IDLE_OF] = IDLE_OF("administrator"),
	IDLE_OF("clinician"),
	IDLE_OF("assistant"),
	IDLE_OF("auditor"),
	[SETTING_SESSION_ABSOLUTE] = {"session.absolute_hours", "a session ends so long after its sign-in", 1, 24, 12,
				      NULL, NULL},
	[SETTING_SESSION_ABSOLUTE_OF] = ABSOLUTE_OF("administrator"),
	ABSOLUTE_OF("clinician"),
	ABSOLUTE_OF("assistant"),
	ABSOLUTE_OF("auditor"),
	[SETTING_QUOTA_SITE] = {"quota.site", "GiB that the whole site may have stored; 0: the disk is the limit", 0,
				UINT16_MAX, 0, NULL, NULL},
	[SETTING_QUOTA_OWNER] = {"quota.owner",
				 "GiB stored in the patient files of one owner; 0: the disk is the limit", 0,
				 UINT16_MAX, 0, NULL, NULL},
	[SETTING_SESSION_CAP] = {"session.cap", "sessions that one user may have open at once", 1, 64, 32, NULL, NULL},
	[SETTING_PASSWORD_POLICY] = {"password.policy", "what a password must be, and how long it is good", 0,
				     COUNT(setting_policies) - 1, 0, setting_policies, NULL},
	[SETTING_PASSWORD_MEMORY] = {"password.memory_mib",
				     "memory of a password hash; raised hashes follow at the next sign-in", 19, 64, 19,
				     NULL, NULL},
	[SETTING_PASSWORD_PASSES] = {"password.passes",
				     "passes of a password hash; raised hashes follow at the next sign-in", 2, 10, 2,
				     NULL, NULL},
	[SETTING_FAILURES] = {"failures.before_lock",
			      "sign-ins that fail in a row before a login, device or address is locked", 3, 100, 5,
			      NULL, NULL},
	[SETTING_SHARING_SCORE] = {"sharing.score", "from which score a login counts as used by several people", 20,
				   100, 50, NULL, NULL},
	[SETTING_SHARING_STEP] = {"sharing.step",
				  "what such a sign-in has to do first: nothing, or accept the code of conduct again",
				  0, COUNT(sharing_steps) - 1, 0, sharing_steps, NULL},
	[SETTING_REVIEW_INTERVAL] = {"review.interval_days",
				     "after so many days without an access review auditors are told", 1, 366, 30, NULL,
				     NULL},
	[SETTING_APPROVAL_OFFICE] =
		{"approval.office_days",
		 "days that an administrator is in office before he counts as one of two; lowered at the "
		 "host only",
		 0, 90, 7, NULL, NULL},
	[SETTING_PATIENT_DELETE] =
		{"patient.delete",
		 "what the end of a patient file takes besides its owner and seven days; relaxed at the "
		 "host only",
		 0, COUNT(deletions) - 1, 0, deletions, NULL},
	[SETTING_FACTOR_FRESH] = {"factor.fresh_minutes",
				  "how old a proof of the second factor may be before export, user administration and "
				  "changes of one's own factors",
				  1, 15, 5, NULL, NULL},
	[SETTING_FACTOR_DAYS_OF] = FACTOR_DAYS_OF("administrator", 0),
	FACTOR_DAYS_OF("clinician", 7),
	FACTOR_DAYS_OF("assistant", 7),
	FACTOR_DAYS_OF("auditor", 0),
	[SETTING_EXEMPT] =
		{"failures.exempt",
		 "addresses and networks that are never blocked, as 192.0.2.0/24; logins are locked all the same", 0,
		 SETTING_TEXT_MAX - 1, 0, NULL, networks},
	[SETTING_PROXIES] = {"net.trusted_proxies",
			     "addresses and networks of proxies: their Forwarded field is believed, for connections "
			     "that come from now on",
			     0, SETTING_TEXT_MAX - 1, 0, NULL, networks},
	[SETTING_MAIL_TLS] = {"mail.tls", "TLS from the first byte (port 465), or STARTTLS (port 587)", 0,
			      COUNT(mail_tls) - 1, SETTING_MAIL_IMPLICIT, mail_tls, NULL},
	[SETTING_LEAVES] = {"log.deliver", "as what leaves of the log leave the product: to syslog.server, or fhir.url",
			    0, COUNT(leaves) - 1, SETTING_LEAVES_NOT, leaves, NULL},
	[SETTING_MAIL_SERVER] =
		SETTING_OF_TEXT("mail.server", "HOST:PORT that takes mail for notices; empty: no mail is sent", server),
	[SETTING_MAIL_FROM] = SETTING_OF_TEXT("mail.from", "address that notices come from", mail),
	[SETTING_MAIL_USER] = SETTING_OF_TEXT(
		"mail.user", "login at the mail server; its password is serve --mail-password-file", printable),
	[SETTING_MAIL_KINDS] = SETTING_OF_TEXT(
		"mail.kinds", "kinds of notice that are mailed, as urgent,login-locked" KINDS, notice_kinds_check),
	[SETTING_HOOK_URL] =
		SETTING_OF_TEXT("hook.url", "https:// address that is told of notices; empty: none", https_url),
	[SETTING_HOOK_KINDS] =
		SETTING_OF_TEXT("hook.kinds", "kinds of notice that it is told" KINDS, notice_kinds_check),
	[SETTING_SYSLOG_SERVER] =
		SETTING_OF_TEXT("syslog.server", "HOST:PORT of a syslog server with TLS; empty: none", server),
	[SETTING_SYSLOG_KINDS] =
		SETTING_OF_TEXT("syslog.kinds", "kinds of notice that it is told" KINDS, notice_kinds_check),
	[SETTING_FHIR_URL] =
		SETTING_OF_TEXT("fhir.url", "https:// base of a FHIR R4 server that takes AuditEvents", https_url),
};

struct status setting_find(struct text name, enum setting *out)
{
	for (size_t i = 0; i < SETTING_COUNT; i++)
		if (text_equal(name, text_of(setting_rules[i].name))) {
			*out = (enum setting)i;
			return OK;
		}
	return FAIL_AT(ST_NOT_FOUND, "setting");
}

static struct status parse_number(const struct setting_rule *rule, struct text t, uint32_t *out)
{
	if (!ok(text_to_u32(t, rule->least, rule->most, out)))
		return FAIL_AT(ST_INVALID, "value: a whole number within the bounds that get shows");
	return OK;
}

static struct status parse_word(const struct setting_rule *rule, struct text t, uint32_t *out)
{
	while (*out <= rule->most && !text_equal(t, text_of(rule->words[*out])))
		(*out)++;
	return *out <= rule->most ? OK : FAIL_AT(ST_INVALID, "value: one of the words that get shows");
}

static struct status parse_text(const struct setting_rule *rule, struct text t, struct setting_value *out)
{
	if (t.len > rule->most || !text_is_utf8(t))
		return FAIL_AT(ST_INVALID, "value: text, not longer than get shows");
	TRY(rule->check(t));
	*out = (struct setting_value){.number = t.len > 0};
	if (t.len > 0)
		memcpy(out->text, t.at, t.len);
	return OK;
}

struct status setting_parse(enum setting which, struct text t, struct setting_value *out)
{
	const struct setting_rule *rule = &setting_rules[which];
	uint32_t value = 0;

	if (rule->check != NULL)
		return parse_text(rule, t, out);
	TRY(rule->words != NULL ? parse_word(rule, t, &value) : parse_number(rule, t, &value));
	*out = (struct setting_value){.number = (uint16_t)value};
	return OK;
}

void setting_print(enum setting which, const struct setting_value *value, char out[SETTING_TEXT_MAX])
{
	const struct setting_rule *rule = &setting_rules[which];

	if (rule->check != NULL)
		(void)snprintf(out, SETTING_TEXT_MAX, "%s", value->text);
	else if (rule->words != NULL)
		(void)snprintf(out, SETTING_TEXT_MAX, "%s", rule->words[value->number]);
	else
		(void)snprintf(out, SETTING_TEXT_MAX, "%u", value->number);
}

static void number_json(struct jsonwriter *w, const struct setting_rule *rule, uint16_t value)
{
	jsonwriter_u64(w, "value", value);
	jsonwriter_u64(w, "default", rule->otherwise);
	jsonwriter_u64(w, "least", rule->least);
	jsonwriter_u64(w, "most", rule->most);
}

static void word_json(struct jsonwriter *w, const struct setting_rule *rule, uint16_t value)
{
	jsonwriter_string(w, "value", rule->words[value]);
	jsonwriter_string(w, "default", rule->words[rule->otherwise]);
	jsonwriter_array(w, "words");
	for (size_t i = 0; i <= rule->most; i++)
		jsonwriter_string(w, NULL, rule->words[i]);
	jsonwriter_end(w);
}

static void text_json(struct jsonwriter *w, const struct setting_rule *rule, const char *value)
{
	jsonwriter_string(w, "value", value);
	jsonwriter_string(w, "default", "");
	jsonwriter_u64(w, "longest", rule->most);
}

void setting_json(struct jsonwriter *w, enum setting which, const struct setting_value *value)
{
	const struct setting_rule *rule = &setting_rules[which];

	jsonwriter_object(w, NULL);
	jsonwriter_string(w, "name", rule->name);
	if (rule->check != NULL)
		text_json(w, rule, value->text);
	else if (rule->words != NULL)
		word_json(w, rule, value->number);
	else
		number_json(w, rule, value->number);
	jsonwriter_string(w, "meaning", rule->meaning);
	jsonwriter_end(w);
}

static struct status name_token(struct store_view *view, enum setting which, struct hash *out)
{
	return token_of(view, TOKEN_SETTING, text_bytes(text_of(setting_rules[which].name)), out);
}

struct status setting_get(struct store_view *view, enum setting which, struct setting_value *value, uint64_t *seq)
{
	AUTO(row) row = {0};
	struct hash token;

	TRY(name_token(view, which, &token));
	const struct row_value key[] = {ROW_HASH(&token)};
	struct status got = store_get(view, TABLE_SETTING, key, &row);
	if (got.code == ST_NOT_FOUND) {
		*value = (struct setting_value){.number = setting_rules[which].otherwise};
		*seq = 0;
		return OK;
	}
	TRY(got);
	if (!ok(setting_parse(which, text_from(row.secret[SECRET_SETTING_VALUE]), value)))
		return FAIL_AT(ST_CORRUPT, "setting");
	*seq = row_number(&row, COLUMN_SETTING_SEQ);
	return OK;
}

/** One administrator who relaxes what takes two persons would be both (docs/AUTHENTICATION.md section 10). */
static bool relaxes(const struct setting_change *c, const struct setting_value *old)
{
	return (c->which == SETTING_APPROVAL_OFFICE || c->which == SETTING_PATIENT_DELETE) &&
	       c->value.number < old->number;
}

struct status setting_apply(struct store_txn *txn, struct setting_change *c)
{
	char before[SETTING_TEXT_MAX], text[SETTING_TEXT_MAX];
	struct setting_value old;
	struct hash token;

	TRY(setting_get(txn->view, c->which, &old, &c->seq));
	if (!c->host && relaxes(c, &old))
		return FAIL_AT(ST_DENIED, "host: no administrator relaxes this alone; at the host: tacendad set");
	TRY(name_token(txn->view, c->which, &token));
	setting_print(c->which, &old, before);
	setting_print(c->which, &c->value, text);
	struct row row = {.table = TABLE_SETTING,
			  .plain = {[COLUMN_SETTING_NAME_TOKEN] = ROW_HASH(&token)},
			  .secret = {[SECRET_SETTING_NAME] = text_bytes(text_of(setting_rules[c->which].name)),
				     [SECRET_SETTING_VALUE] = text_bytes(text_of(text))}};
	TRY(store_put(txn, &row));
	c->seq = row_number(&row, COLUMN_SETTING_SEQ);
	(void)snprintf(c->detail, sizeof c->detail, "set %s %s (was %s)", setting_rules[c->which].name,
		       text[0] != '\0' ? text : "to nothing", before[0] != '\0' ? before : "nothing");
	return OK;
}
