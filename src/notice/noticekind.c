/* SPDX-License-Identifier: Apache-2.0 */
#include "noticekind.h"

/* clang-format off */
const struct notice_rule notice_rules[NOTICE_KIND_COUNT] = {
	[NOTICE_PASSWORD_ENDS] = {"password-ends", NOTICE_WARNING,
		"Your password ends soon. Change it: tacenda password change"},
	[NOTICE_PASSWORD_CHANGED] = {"password-changed", NOTICE_INFORMATION,
		"Your password was changed. If that was not you, tell an administrator now."},
	[NOTICE_PASSWORD_RESET] = {"password-reset", NOTICE_URGENT,
		"An administrator issued a code that replaces your password. If you did not ask for it, tell another administrator now."},
	[NOTICE_LOGIN_LOCKED] = {"login-locked", NOTICE_WARNING,
		"Your login was locked after failures in a row on a device that is not yours. Your own devices work on. "
		"See: tacenda log list --action sign-in --failed"},
	[NOTICE_DEVICE_LOCKED] = {"device-locked", NOTICE_WARNING,
		"One of your devices was locked after failures in a row. If that was not you, tell an administrator now."},
	[NOTICE_ADDRESS_BLOCKED] = {"address-blocked", NOTICE_WARNING,
		"An address was blocked after failures in a row, the last of them with your login. Your own devices work on. "
		"See: tacenda log list --action sign-in --failed"},
	[NOTICE_BLOCK_LIFTED] = {"block-lifted", NOTICE_INFORMATION,
		"An administrator lifted the lock of your login or device. You can sign in again."},
	[NOTICE_DEVICE_NEW] = {"device-new", NOTICE_WARNING,
		"You signed in on a new device. If that was not you, change your password and end its sessions: "
		"tacenda device list"},
	[NOTICE_SESSION_ENDED] = {"session-ended", NOTICE_INFORMATION,
		"An administrator ended your sessions. Sign in again: tacenda login"},
	[NOTICE_USER_CHANGED] = {"user-changed", NOTICE_INFORMATION,
		"An administrator changed your name, profile or rights. See: tacenda whoami"},
	[NOTICE_FACTOR_ADDED] = {"factor-added", NOTICE_WARNING,
		"A second factor was added to your login. If that was not you, tell an administrator now."},
	[NOTICE_FACTOR_REMOVED] = {"factor-removed", NOTICE_WARNING,
		"A second factor was removed from your login. If that was not you, tell an administrator now."},
	[NOTICE_FACTOR_COPIED] = {"factor-copied", NOTICE_URGENT,
		"A passkey of yours was refused: its counter went back, so somebody may have a copy. Remove it and tell an "
		"administrator now: tacenda factor list"},
	[NOTICE_FACTOR_DUE] = {"factor-due", NOTICE_WARNING,
		"Your profile will need a second factor. Add one before its day."},
	[NOTICE_CODES_LOW] = {"codes-low", NOTICE_WARNING,
		"Few of your recovery codes are left. Make new ones."},
	[NOTICE_CONDUCT_CHANGED] = {"conduct-changed", NOTICE_INFORMATION,
		"The code of conduct has changed. You will be asked to accept it."},
	[NOTICE_APPROVAL_DECIDED] = {"approval-decided", NOTICE_INFORMATION,
		"What you asked a second person to approve was decided. See: tacenda approvals"},
	[NOTICE_LOGIN_SHARED] = {"login-shared", NOTICE_WARNING,
		"Your login looks as if more than one person uses it. If that is not you, tell an administrator now."},

	[NOTICE_CONTACT_CHANGED] = {"contact-changed", NOTICE_WARNING,
		"Where your notices are mailed was changed. If that was not you, end your sessions and change your "
		"password. See: tacenda notices contact"},
	[NOTICE_USER_LOCKED] = {"user-locked", NOTICE_WARNING,
		"A login was locked after failures in a row. See: tacenda block list"},
	[NOTICE_SOURCE_BLOCKED] = {"source-blocked", NOTICE_WARNING,
		"An address was blocked after failures in a row. See: tacenda block list"},
	[NOTICE_LOCK_LIFTED] = {"lock-lifted", NOTICE_INFORMATION,
		"A lock or block was lifted. See: tacenda log list --action administration"},
	[NOTICE_SETTING_CHANGED] = {"setting-changed", NOTICE_INFORMATION,
		"A setting of the site was changed. See: tacenda site get"},
	[NOTICE_NIGHT_OVERDUE] = {"night-overdue", NOTICE_URGENT,
		"The night key is older than a night and could not be replaced. See: tacendad status"},
	[NOTICE_HOLDER_ABSENT] = {"holder-absent", NOTICE_URGENT,
		"A night holder has not taken the night file: until it does, neither recovery from disaster nor provable "
		"deletion is promised. See: tacendad status"},
	[NOTICE_CERTIFICATE_ENDS] = {"certificate-ends", NOTICE_URGENT,
		"The TLS certificate ends soon and could not be renewed. See: tacendad status"},
	[NOTICE_DISK_FULL] = {"disk-full", NOTICE_URGENT,
		"The disk is nearly full: make room. Reads and sign-ins go on, nothing else is written."},
	[NOTICE_APPROVAL_WANTED] = {"approval-wanted", NOTICE_WARNING,
		"An act waits for a second person's approval. See: tacenda approvals"},
	[NOTICE_REVIEW_OVERDUE] = {"review-overdue", NOTICE_WARNING,
		"The last access review is older than this site allows. See: tacenda review list"},
	[NOTICE_SHARED_LOGIN_SEEN] = {"shared-login-seen", NOTICE_WARNING,
		"A login looks as if more than one person uses it. See: tacenda log list --unusual"},
	[NOTICE_KEYS_WANTED] = {"keys-wanted", NOTICE_WARNING,
		"Patient files wait for new keys since somebody lost his access."},
	[NOTICE_UNDELIVERABLE] = {"undeliverable", NOTICE_WARNING,
		"Notices could not be delivered beyond the product. See: tacenda log list --action service"},
};
/* clang-format on */

struct status notice_kind_find(struct text word, enum notice_kind *out)
{
	for (size_t i = 0; i < NOTICE_KIND_COUNT; i++)
		if (text_equal(word, text_of(notice_rules[i].word))) {
			*out = (enum notice_kind)i;
			return OK;
		}
	return FAIL_AT(ST_NOT_FOUND, "kind of notice");
}

const char *notice_severity_word(enum notice_severity severity)
{
	static const char *const words[] = {"information", "warning", "urgent"};

	return words[severity];
}

static bool is_severity(struct text word, enum notice_severity *out)
{
	for (enum notice_severity s = NOTICE_INFORMATION; s <= NOTICE_URGENT; s++)
		if (text_equal(word, text_of(notice_severity_word(s)))) {
			*out = s;
			return true;
		}
	return false;
}

struct status notice_kinds_check(struct text list)
{
	enum notice_severity severity;
	enum notice_kind kind;
	struct text word;

	if (list.len == 0 || text_equal(list, TEXT("none")))
		return OK;
	if (list.len >= NOTICE_KINDS_MAX)
		return FAIL_AT(ST_INVALID, "kinds: too long");
	for (bool more = true; more;) {
		more = text_split(&list, ',', &word);
		if (!is_severity(word, &severity) && !ok(notice_kind_find(word, &kind)))
			return FAIL_AT(ST_INVALID,
				       "kinds: words such as urgent,warning,login-locked, parted by commas; "
				       "or none");
	}
	return OK;
}

bool notice_kinds_hold(struct text list, enum notice_kind kind)
{
	enum notice_severity severity;
	struct text word;

	if (list.len == 0)
		return notice_rules[kind].severity > NOTICE_INFORMATION;
	for (bool more = true; more;) {
		more = text_split(&list, ',', &word);
		if (text_equal(word, text_of(notice_rules[kind].word)) ||
		    (is_severity(word, &severity) && severity == notice_rules[kind].severity))
			return true;
	}
	return false;
}
