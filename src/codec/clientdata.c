/* SPDX-License-Identifier: Apache-2.0 */
#include "clientdata.h"

#include "limits.h"

/* Section 7.1 step 5 takes a byte order mark away, as "UTF-8 decode" does. */
static const struct json_limits limits = {.bytes = LIMIT_CLIENT_DATA, .depth = 4, .mark = true};

static struct status read_members(struct clientdata *c)
{
	struct json root = json_root(&c->document);
	struct json cross = json_member(root, TEXT("crossOrigin"));

	TRY(json_text(json_member(root, TEXT("type")), &c->type));
	TRY(json_text(json_member(root, TEXT("challenge")), &c->challenge));
	TRY(json_text(json_member(root, TEXT("origin")), &c->origin));
	if (json_kind_of(cross) != JSON_KIND_NONE)
		TRY(json_bool(cross, &c->cross_origin));
	c->has_top_origin = json_kind_of(json_member(root, TEXT("topOrigin"))) != JSON_KIND_NONE;
	return OK;
}

struct status clientdata_read(struct bytes json, struct clientdata *out)
{
	AUTO(clientdata) made = {0};
	struct status parsed = json_parse(json, &limits, &made.document);

	if (parsed.code == ST_TOO_BIG || parsed.code == ST_NO_MEMORY)
		return (struct status){parsed.code, "client data"};
	if (!ok(parsed) || !ok(read_members(&made)))
		return FAIL_AT(ST_INVALID, "client data");
	/* Texts point into the document's memory, which moves along with it. */
	*out = made;
	made = (struct clientdata){0};
	return OK;
}

void clientdata_clear(struct clientdata *c)
{
	json_document_clear(&c->document);
	*c = (struct clientdata){0};
}
