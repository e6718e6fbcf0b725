/* SPDX-License-Identifier: Apache-2.0 */
/* command_agent: the agent's own process, and what the site says about itself. */
#include "agent.h"
#include "output.h"

static struct status run_agent(struct cli *c)
{
	const char *number = options_value(&c->options, "--ready-fd");
	uint32_t fd = 0;

	TRY(cli_home(c));
	if (number != NULL && !ok(text_to_u32(text_of(number), 3, 1024, &fd)))
		return cli_usage("not a descriptor", number);
	return agent_run(&(struct agent_options){.home = c->home_path,
						 .ready_fd = number != NULL ? (int)fd : -1,
						 .terminal = true,
						 .clock = &clock_system,
						 .os = &os_real});
}

static struct status site_status(struct cli *c)
{
	AUTO(arena) arena = {.max = (size_t)4 << 20};
	struct site_answer answer;
	struct statement statement;
	uint64_t stored = 0;

	TRY(cli_site(c));
	const bool signed_in = https_has_token(&c->site.https);
	TRY(site_ask(&c->site.https, &arena, &answer));
	TRY(site_prepare(&c->site));
	TRY(site_check(&answer, &c->site.directory.fingerprint, &statement));
	if (signed_in)
		TRY(site_ask_stored(&c->site, &stored));
	const struct output_cell cells[] = {
		CELL_TEXT("name", c->site.directory.name),
		CELL_TEXT("region", c->site.directory.region),
		CELL_TEXT("origin", c->site.directory.origin),
		CELL_TEXT("preset", answer.preset),
		CELL_TEXT("version", answer.version),
		CELL_NUMBER("log_size", c->site.head.size),
		CELL_NUMBER("site_limit_bytes", answer.site_limit),
		CELL_NUMBER("owner_limit_bytes", answer.owner_limit),
		CELL_NUMBER("stored_bytes", stored),
	};
	/* The last is told to whoever is signed in. */
	TRY(output_object(c, cells, COUNT(cells) - (signed_in ? 0 : 1)));
	if (text_equal(answer.preset, TEXT("trial")))
		output_done(c,
			    "\nThis site is for trial only: it asks for no second step. Keep real patients out of it.");
	return OK;
}

static const struct option_spec agent_options_list[] = {
	{"--ready-fd", "N", "descriptor that is told when it is ready", false, 0},
	{0},
};

const struct command commands_agent[] = {
	{"agent", "", 0, 0, agent_options_list, run_agent, "hold the keys while you work (login starts it by itself)",
	 "tacenda agent", NULL},
	{"site status", "", 0, 0, NULL, site_status, "what this site is", "tacenda site status", NULL},
	{0},
};
