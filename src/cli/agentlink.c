/* SPDX-License-Identifier: Apache-2.0 */
#include "agentlink.h"

#include <stdio.h>

#include "agentstart.h"

static struct status start(const char *home)
{
	char ready[16];
	const char *const arguments[] = {"tacenda", "--home", home, "agent", "--ready-fd", ready, NULL};

	(void)snprintf(ready, sizeof ready, "%d", AGENTSTART_READY_FD);
	struct status s = agentstart(NULL, arguments);
	/* Another command was faster: its agent will do. */
	return s.code == ST_CONFLICT ? OK : s;
}

struct status agentlink_start(const char *home, struct agentclient *out)
{
	struct status s = agentclient_connect(home, out);

	if (s.code != ST_NOT_FOUND)
		return s;
	TRY(start(home));
	return agentclient_connect(home, out);
}

struct status agentlink_keys(const char *home, struct keyholder *out)
{
	AUTO(agentclient) agent = {.fd = -1};

	TRY(agentclient_connect(home, &agent));
	return agentclient_holder(&agent, out);
}
