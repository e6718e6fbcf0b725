/* SPDX-License-Identifier: Apache-2.0 */
#include "relay.h"

#include "connection.h"
#include "forwarded.h"

bool relay_is(const struct net_server *server, const struct address *peer)
{
	const struct net_handler *handler = &server->handler;

	return peer->family != ADDRESS_NONE && handler->speaks_for_others != NULL &&
	       handler->speaks_for_others(server->context, peer);
}

static bool trusted(const void *context, const struct ipaddress *a)
{
	const struct address peer = address_of(a);

	return relay_is(context, &peer);
}

/** A field that cannot be read is nobody's excuse: a client may have spoilt it so as not to be named behind. */
static void resolve_named(struct exchange *e)
{
	const struct text field = exchange_header(e, TEXT("forwarded"));
	struct ipaddress client = address_ip(&e->request.peer);

	e->request.relayed = true;
	if (field.at == NULL)
		return;
	e->request.misrelayed = !ok(forwarded_client(field, trusted, e->connection->loop->server, &client));
	if (!e->request.misrelayed)
		e->request.peer = address_of(&client);
}

/** The last address is the one that the proxy saw itself. */
static void resolve_local(struct exchange *e)
{
	struct text list = exchange_header(e, TEXT("x-forwarded-for")), item = {0};

	e->request.secure = text_equal_nocase(exchange_header(e, TEXT("x-forwarded-proto")), TEXT("https"));
	while (text_split(&list, ',', &item))
		continue;
	if (!ok(address_parse(text_trim(item), &e->request.peer)))
		e->request.peer = (struct address){0};
}

void relay_resolve(struct exchange *e)
{
	if (e->connection->origin.is_unix)
		resolve_local(e);
	else if (e->connection->origin.is_relay)
		resolve_named(e);
}
