/* SPDX-License-Identifier: Apache-2.0 */
#include "forwarded.h"

#include "http.h"

#include <string.h>

/* A node is at most "[IPv6]:port", or a name that says nothing to us. */
#define NODE_MAX 64

/** One element's client; ${named} false where it has none, or one that is no address. */
struct hop {
	struct ipaddress address;
	bool named;
};

static bool take(struct text *t, char c)
{
	if (t->len == 0 || t->at[0] != c)
		return false;
	*t = (struct text){t->at + 1, t->len - 1};
	return true;
}

static void skip_space(struct text *t)
{
	while (take(t, ' ') || take(t, '\t'))
		continue;
}

static bool take_token(struct text *t, struct text *out)
{
	*out = (struct text){t->at, http_token_span(*t)};
	*t = (struct text){t->at + out->len, t->len - out->len};
	return out->len > 0;
}

/** quoted-string (RFC 9110 section 5.6.4) without its quotes and escapes; what does not fit ${room} is cut. */
static bool take_quoted(struct text *t, char room[static NODE_MAX], struct text *out)
{
	size_t len = 0;

	while (!take(t, '"')) {
		(void)take(t, '\\');
		if (t->len == 0)
			return false;
		if (len < NODE_MAX)
			room[len++] = t->at[0];
		*t = (struct text){t->at + 1, t->len - 1};
	}
	*out = (struct text){room, len};
	return true;
}

/** node = nodename [":" node-port] (RFC 7239 section 6); a port is nobody's business here. */
static void read_node(struct text node, struct hop *hop)
{
	struct text address = node;

	if (take(&node, '[')) {
		if (!text_split(&node, ']', &address) || node.at == NULL)
			return;
	} else {
		(void)text_split(&node, ':', &address);
	}
	hop->named = ok(ipaddress_parse(address, &hop->address));
}

/** forwarded-pair = token "=" value. */
static bool take_pair(struct text *t, struct hop *hop, bool *has_for)
{
	char room[NODE_MAX];
	struct text name, value;

	if (!take_token(t, &name) || !take(t, '='))
		return false;
	if (take(t, '"') ? !take_quoted(t, room, &value) : !take_token(t, &value))
		return false;
	if (!text_equal_nocase(name, TEXT("for")))
		return true;
	if (*has_for)
		return false;
	*has_for = true;
	read_node(value, hop);
	return true;
}

static bool take_element(struct text *t, struct hop *hop)
{
	bool has_for = false;

	*hop = (struct hop){0};
	do {
		if (t->len > 0 && t->at[0] != ';' && t->at[0] != ',' && !take_pair(t, hop, &has_for))
			return false;
	} while (take(t, ';'));
	return true;
}

struct status forwarded_client(struct text field, forwarded_trust *trusted, const void *context,
			       struct ipaddress *client)
{
	struct hop hops[FORWARDED_HOPS_MAX];
	size_t count = 0;

	do {
		skip_space(&field);
		if (count == COUNT(hops) || !take_element(&field, &hops[count]))
			return FAIL_AT(ST_INVALID, "forwarded");
		count++;
		skip_space(&field);
	} while (take(&field, ','));
	if (field.len > 0)
		return FAIL_AT(ST_INVALID, "forwarded");
	while (count > 0 && hops[count - 1].named && trusted(context, client))
		*client = hops[--count].address;
	return OK;
}
