/* SPDX-License-Identifier: Apache-2.0 */
/* ask: host verbs that speak to the running daemon, or look at stopped data. */
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "control.h"
#include "hostargs.h"
#include "json.h"
#include "logcheck.h"

static int need_data(const char *verb)
{
	(void)fprintf(stderr, "tacendad: %s needs --data D; try: tacendad %s --help\n", verb, verb);
	return EXIT_USAGE;
}

static void print_text(struct json v)
{
	AUTO(buffer) text = {.max = 4096};

	if (ok(json_write(v, JSON_AS_WRITTEN, &text)))
		(void)printf("%.*s\n", (int)text.len, (const char *)text.bytes);
}

/** The running daemon names its refusals by their status. */
static enum status_code code_named(struct text name)
{
	for (unsigned code = ST_INVALID; code <= ST_IO; code++)
		if (text_equal(name, text_of(status_name((enum status_code)code))))
			return (enum status_code)code;
	return ST_IO;
}

static int print_failure(const struct hostargs *h, struct json root)
{
	struct text status = {0}, detail = {0};

	(void)ok(json_text(json_member(root, TEXT("status")), &status));
	(void)ok(json_text(json_member(root, TEXT("detail")), &detail));
	return hostargs_told(h, code_named(status), detail);
}

static void put_member(struct json object, const char *name, struct buffer *out)
{
	struct json v = json_member(object, text_of(name));
	struct text t;

	if (ok(json_text(v, &t)))
		(void)ok(buffer_put(out, text_bytes(t)));
	else if (json_kind_of(v) != JSON_KIND_NONE)
		(void)ok(json_write(v, JSON_AS_WRITTEN, out));
}

/** One line: name, value, default, bounds or words, meaning. */
static void print_setting(struct json one)
{
	static const char *const columns[] = {"name", "value", "default"};
	static const int widths[] = {38, 8, 8};
	AUTO(buffer) line = {.max = 4096};

	for (size_t i = 0; i < COUNT(columns); i++) {
		line.len = 0;
		put_member(one, columns[i], &line);
		(void)printf("%-*.*s ", widths[i], (int)line.len, (const char *)line.bytes);
	}
	line.len = 0;
	put_member(one, "least", &line);
	if (line.len > 0)
		(void)ok(buffer_print(&line, " to "));
	put_member(one, "most", &line);
	put_member(one, "words", &line);
	(void)ok(buffer_print(&line, ": "));
	put_member(one, "meaning", &line);
	(void)printf("%.*s\n", (int)line.len, (const char *)line.bytes);
}

/** One line: kind, subject, until when. */
static void print_block(struct json one)
{
	static const char *const columns[] = {"kind", "subject", "until"};
	AUTO(buffer) line = {.max = 4096};

	for (size_t i = 0; i < COUNT(columns); i++) {
		put_member(one, columns[i], &line);
		(void)ok(buffer_put_u8(&line, i + 1 < COUNT(columns) ? ' ' : '\n'));
	}
	(void)printf("%.*s", (int)line.len, (const char *)line.bytes);
}

/** One line: id, act, whom it is about, who asked, until when. */
static void print_approval(struct json one)
{
	static const char *const columns[] = {"id", "act", "user", "patient", "by", "ends"};
	AUTO(buffer) line = {.max = 4096};

	for (size_t i = 0; i < COUNT(columns); i++) {
		const size_t before = line.len;
		put_member(one, columns[i], &line);
		if (line.len > before)
			(void)ok(buffer_put_u8(&line, i + 1 < COUNT(columns) ? ' ' : '\n'));
	}
	(void)printf("%.*s", (int)line.len, (const char *)line.bytes);
}

/** A listing: one object a line, or a line for people. */
static void print_list(const struct hostargs *h, struct json list, void (*print)(struct json one))
{
	for (size_t i = 0; i < json_count(list); i++)
		if (h->json)
			print_text(json_element(list, i));
		else
			print(json_element(list, i));
}

/** Whether it was a listing of one of the kinds that there are. */
static bool print_any_list(const struct hostargs *h, struct json root)
{
	static const struct {
		const char *name;
		void (*print)(struct json one);
	} lists[] = {{"settings", print_setting}, {"blocks", print_block}, {"approvals", print_approval}};

	for (size_t i = 0; i < COUNT(lists); i++) {
		struct json list = json_member(root, text_of(lists[i].name));
		if (json_kind_of(list) != JSON_KIND_ARRAY)
			continue;
		print_list(h, list, lists[i].print);
		return true;
	}
	return false;
}

/** `name: value` lines, or the object as it came; a listing as one. */
static int print_answer(const struct hostargs *h, struct bytes answer)
{
	AUTO(json_document) document = {0};
	struct text name;
	struct json value;
	bool done = true;

	if (!ok(json_parse(answer, &json_limits_body, &document)))
		return hostargs_failure(h, FAIL_AT(ST_UNREACHABLE, "daemon"));
	(void)ok(json_bool(json_member(json_root(&document), TEXT("done")), &done));
	if (!done)
		return print_failure(h, json_root(&document));
	if (print_any_list(h, json_root(&document)))
		return EXIT_DONE;
	if (h->json) {
		(void)printf("%.*s\n", (int)answer.len, (const char *)answer.at);
		return EXIT_DONE;
	}
	struct json_members m = json_members_of(json_root(&document));
	while (json_members_next(&m, &name, &value)) {
		(void)printf("%-14.*s ", TEXT_ARG(name));
		print_text(value);
	}
	return EXIT_DONE;
}

static bool says_ready(struct bytes answer)
{
	AUTO(json_document) document = {0};
	bool ready = false;

	return ok(json_parse(answer, &json_limits_body, &document)) &&
	       ok(json_bool(json_member(json_root(&document), TEXT("ready")), &ready)) && ready;
}

/** --wait SECONDS: until it is ready.  A socket that is not there yet tells nobody, so it is looked for again. */
static struct status ask_until(const char *data, const char *line, uint32_t seconds, struct buffer *out)
{
	uint64_t end = clock_mono(&clock_system) + (uint64_t)seconds * 1000;

	for (;;) {
		out->len = 0;
		struct status s = control_ask(data, line, out);
		if (seconds == 0 || (ok(s) && says_ready(buffer_bytes(out))))
			return s;
		if (clock_mono(&clock_system) >= end)
			return ok(s) ? FAIL_AT(ST_BUSY, "not ready") : s;
		(void)poll(NULL, 0, 20);
	}
}

int verb_status(struct hostargs *h)
{
	AUTO(buffer) answer = {.max = CONTROL_ANSWER_MAX};
	const char *data = options_value(&h->options, "--data"), *wait = options_value(&h->options, "--wait");
	uint32_t seconds = 0;

	if (data == NULL)
		return need_data("status");
	if (wait != NULL && !ok(text_to_u32(text_of(wait), 1, 3600, &seconds)))
		return need_data("status --wait SECONDS");
	struct status s = ask_until(data, "status", seconds, &answer);
	return ok(s) ? print_answer(h, buffer_bytes(&answer)) : hostargs_failure(h, s);
}

static int ask_one(struct hostargs *h, const char *verb)
{
	AUTO(buffer) answer = {.max = CONTROL_ANSWER_MAX};
	const char *data = options_value(&h->options, "--data");

	if (data == NULL)
		return need_data(verb);
	struct status s = control_ask(data, verb, &answer);
	return ok(s) ? print_answer(h, buffer_bytes(&answer)) : hostargs_failure(h, s);
}

int verb_reload(struct hostargs *h)
{
	return ask_one(h, "reload");
}

int verb_rewrap(struct hostargs *h)
{
	return ask_one(h, "rewrap");
}

/** get [NAME], set NAME VALUE: the words as one line. */
static int ask_setting(struct hostargs *h, size_t least, size_t most)
{
	const struct options *o = &h->options;
	char line[CONTROL_LINE_MAX];

	if (o->word_count < least || o->word_count > most) {
		(void)fputs("tacendad: get [NAME], set NAME VALUE; try: tacendad set --help\n", stderr);
		return EXIT_USAGE;
	}
	int len = snprintf(line, sizeof line, "%s %s %s", o->words[0], o->word_count > 1 ? o->words[1] : "",
			   o->word_count > 2 ? o->words[2] : "");
	if (len < 0 || (size_t)len >= sizeof line - 1 || strchr(line, '\n') != NULL)
		return hostargs_failure(h, FAIL_AT(ST_INVALID, "setting"));
	return ask_one(h, line);
}

int verb_get(struct hostargs *h)
{
	return ask_setting(h, 1, 2);
}

int verb_set(struct hostargs *h)
{
	return ask_setting(h, 3, 3);
}

int verb_block(struct hostargs *h)
{
	const char *const *words = h->options.words;
	bool list = h->options.word_count == 2 && strcmp(words[1], "list") == 0;
	bool lift = h->options.word_count == 3 && strcmp(words[1], "lift") == 0;

	if (!list && !lift) {
		(void)fputs("tacendad: block list, block lift SUBJECT; try: tacendad block --help\n", stderr);
		return EXIT_USAGE;
	}
	return ask_setting(h, 2, 3);
}

int verb_approvals(struct hostargs *h)
{
	return ask_one(h, "approvals");
}

/** approve ID, refuse ID REASON: as one line; a line of the operator's, so without line ends. */
static int decide(struct hostargs *h, const char *verb, const char *reason)
{
	char line[CONTROL_LINE_MAX];

	if (h->options.word_count != 2 || reason == NULL) {
		(void)fprintf(stderr, "tacendad: %s ID%s; try: tacendad %s --help\n", verb,
			      reason == NULL ? " --reason TEXT" : "", verb);
		return EXIT_USAGE;
	}
	int len = snprintf(line, sizeof line, "%s %s %s", verb, h->options.words[1], reason);
	if (len < 0 || (size_t)len >= sizeof line - 1 || strchr(line, '\n') != NULL)
		return hostargs_failure(h, FAIL_AT(ST_INVALID, "reason"));
	return ask_one(h, line);
}

int verb_approve(struct hostargs *h)
{
	return decide(h, "approve", "");
}

int verb_refuse(struct hostargs *h)
{
	return decide(h, "refuse", options_value(&h->options, "--reason"));
}

/* --- check: reads everything, changes nothing --- */

struct checking {
	const struct hostargs *args;
	struct vessel vessel;
	struct log_keys keys;
	uint64_t damaged, leaves;
};
static void checking_clear(struct checking *c)
{
	vessel_close(&c->vessel);
}

static void report(void *context, const struct vault_finding *f)
{
	static const char *const words[] = {
		[VAULT_ROW_DAMAGED] = "row damaged",           [VAULT_OBJECT_DAMAGED] = "object damaged",
		[VAULT_OBJECT_MISSING] = "object missing",     [VAULT_OBJECT_ORPHAN] = "object nobody names",
		[VAULT_UPLOAD_ORPHAN] = "upload nobody names", [VAULT_STRANGE_FILE] = "strange file",
	};
	struct checking *c = context;
	bool harmless = f->damage == VAULT_OBJECT_ORPHAN || f->damage == VAULT_UPLOAD_ORPHAN;
	struct id_text object = id_print(ID_OBJECT, &f->object);

	c->damaged += !harmless;
	if (c->args->json)
		(void)printf("{\"finding\":\"%s\",\"table\":\"%s\",\"object\":\"%s\",\"harmless\":%s}\n",
			     words[f->damage], tables[f->table].name, object.at, harmless ? "true" : "false");
	else
		(void)printf("%s: table %s, object %s\n", words[f->damage], tables[f->table].name, object.at);
}

static struct status check_log(struct checking *c)
{
	struct logcheck_report found = {0};
	struct status s = logcheck_run(c->vessel.log, &c->keys, &found);
	const char *what = s.what != NULL ? s.what : "";

	c->leaves = found.leaves;
	if (s.code != ST_CORRUPT)
		return s;
	c->damaged++;
	if (c->args->json)
		(void)printf("{\"finding\":\"log damaged\",\"leaf\":%llu,\"detail\":\"%s\",\"harmless\":false}\n",
			     (unsigned long long)found.leaves, what);
	else
		(void)printf("log damaged in the batch of leaf %llu: %s\n", (unsigned long long)found.leaves, what);
	return OK;
}

static void print_checked(const struct checking *c, const struct vault_scrub *scrub)
{
	const struct {
		const char *name;
		uint64_t value;
	} counts[] = {{"rows", scrub->rows},
		      {"objects", scrub->objects},
		      {"bytes", scrub->bytes},
		      {"leaves", c->leaves},
		      {"damaged", c->damaged}};

	for (size_t i = 0; i < COUNT(counts); i++)
		if (c->args->json)
			(void)printf("%s\"%s\":%llu", i == 0 ? "{" : ",", counts[i].name,
				     (unsigned long long)counts[i].value);
		else
			(void)printf("%s%llu %s",
				     i == 0                  ? ""
				     : i + 1 < COUNT(counts) ? ", "
							     : ": ",
				     (unsigned long long)counts[i].value, counts[i].name);
	(void)puts(c->args->json ? "}" : "");
}

static struct status check_all(struct hostargs *h, struct checking *c)
{
	AUTO(store_snapshot) snapshot = {0};
	struct vessel_options options = {.data = options_value(&h->options, "--data"),
					 .keys = options_value(&h->options, "--keys")};
	struct vault_scrub scrub = {.report = report, .context = c};

	TRY(hostargs_proof(h, false, &options.proof));
	TRY(vessel_open(&options, &c->vessel));
	TRY(vessel_load_site(&c->vessel));
	c->keys = threadkeys_log(&c->vessel.keys);
	TRY(store_snapshot_new(&c->vessel.store, &snapshot));
	while (!scrub.done)
		TRY(vault_scrub_step(c->vessel.vault, &snapshot, &scrub, 1000));
	TRY(check_log(c));
	print_checked(c, &scrub);
	return c->damaged == 0 ? OK : FAIL_AT(ST_CORRUPT, "data");
}

int verb_check(struct hostargs *h)
{
	AUTO(checking) c = {.args = h, .vessel = {.data = -1, .log_dir = -1}};

	if (options_value(&h->options, "--data") == NULL || options_value(&h->options, "--keys") == NULL)
		return need_data("check --keys K");
	struct status s = check_all(h, &c);
	return ok(s) ? EXIT_DONE : hostargs_failure(h, s);
}
