/* SPDX-License-Identifier: Apache-2.0 */
#include "digest.h"

/* The registry of RFC 9530 has eight names; with more than these something is wrong. */
#define ALGORITHMS 16
/* No registered hash is longer; decoded on the way past. */
#define VALUE_MAX 128

static bool is_key_start(char c)
{
	return (c >= 'a' && c <= 'z') || c == '*';
}

/* RFC 8941 section 3.1.2: key = ( lcalpha / "*" ) *( lcalpha / DIGIT / "_" / "-" / "." / "*" ) */
static bool is_key(struct text t)
{
	if (t.len == 0 || !is_key_start(t.at[0]))
		return false;
	for (size_t i = 1; i < t.len; i++)
		if (!is_key_start(t.at[i]) && !(t.at[i] >= '0' && t.at[i] <= '9') && t.at[i] != '_' && t.at[i] != '-' &&
		    t.at[i] != '.')
			return false;
	return true;
}

/* RFC 8941 section 3.3.5: sf-binary = ":" *(base64) ":" */
static struct status read_binary(struct text t, struct buffer *out)
{
	if (t.len < 2 || t.at[0] != ':' || t.at[t.len - 1] != ':')
		return FAIL_AT(ST_INVALID, "digest");
	struct status s = text_from_base64((struct text){t.at + 1, t.len - 2}, out);
	return ok(s) || s.code == ST_NO_MEMORY ? s : FAIL_AT(ST_INVALID, "digest");
}

struct found {
	struct text names[ALGORITHMS];
	size_t count;
	struct hash sha256;
	bool has_sha256;
};

static struct status note_name(struct found *f, struct text name)
{
	if (!is_key(name) || f->count == ALGORITHMS)
		return FAIL_AT(ST_INVALID, "digest");
	for (size_t i = 0; i < f->count; i++)
		if (text_equal(f->names[i], name))
			return FAIL_AT(ST_INVALID, "digest");
	f->names[f->count++] = name;
	return OK;
}

static struct status read_member(struct found *f, struct text member)
{
	struct text name;
	AUTO(buffer) value = {.max = VALUE_MAX};

	if (!text_split(&member, '=', &name))
		return FAIL_AT(ST_INVALID, "digest");
	TRY(note_name(f, name));
	TRY(read_binary(member, &value));
	if (!text_equal(name, TEXT("sha-256")))
		return OK;
	if (value.len != sizeof f->sha256.bytes)
		return FAIL_AT(ST_INVALID, "digest");
	for (size_t i = 0; i < value.len; i++)
		f->sha256.bytes[i] = value.bytes[i];
	f->has_sha256 = true;
	return OK;
}

static bool is_space(char c)
{
	return c == ' ' || c == '\t';
}

/* OWS, which unlike text_trim() knows no line ends. */
static struct text trim(struct text t)
{
	while (t.len > 0 && is_space(t.at[0]))
		t = (struct text){t.at + 1, t.len - 1};
	while (t.len > 0 && is_space(t.at[t.len - 1]))
		t.len--;
	return t;
}

struct status digest_parse(struct text field, struct hash *out)
{
	struct found f = {.count = 0};
	struct text member;

	/* Neither ',' nor '=' of the dictionary's own can stand inside a name or before
	 * the padding of a value. */
	while (text_split(&field, ',', &member))
		TRY(read_member(&f, trim(member)));
	if (!f.has_sha256)
		return FAIL_AT(ST_NOT_FOUND, "digest");
	*out = f.sha256;
	return OK;
}

struct status digest_put(struct buffer *out, const struct hash *h)
{
	TRY(buffer_put(out, BYTES_LITERAL("sha-256=:")));
	TRY(text_put_base64(out, hash_bytes(h)));
	return buffer_put_u8(out, ':');
}
