/* SPDX-License-Identifier: Apache-2.0 */
/*
 * init: a new site: directories, keys, own certificate authority, leaf 0, and the first
 * invitation, which is printed once.
 *
 * The one-time key of the first administrator signs the site statement; its secret is
 * only in the invitation (docs/FORMATS.md section 2).  A failure leaves what was begun for the person to
 * look at and remove: nothing is deleted.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "hash.h"
#include "hostargs.h"
#include "invitation.h"
#include "jsonwriter.h"
#include "key_hash.h"
#include "listenfile.h"
#include "pem.h"
#include "record.h"
#include "tlsfiles.h"

/** Everything about the new site. */
struct founding {
	struct hostargs *args;
	struct vessel vessel;
	const char *data, *name, *region, *login, *preset;
	char origin[ORIGIN_MAX + 1];
	struct invitation invitation;
	struct buffer statement;
	struct secret token_key;
	struct keyring_identity identity;
	struct tlsfiles files;
	struct user_id administrator;
	struct hash fingerprint;
};
static void founding_clear(struct founding *f)
{
	vessel_close(&f->vessel);
	invitation_clear(&f->invitation);
	buffer_clear(&f->statement);
	secret_clear(&f->token_key);
	keyring_identity_clear(&f->identity);
}

static int usage(const char *what)
{
	(void)fprintf(stderr, "tacendad: init needs %s; try: tacendad init --help\n", what);
	return EXIT_USAGE;
}

/** ":PORT" of the first address that has one. */
static const char *first_port(const struct options *o)
{
	size_t cursor = 0;
	const char *one;

	while ((one = options_next(o, "--listen", &cursor)) != NULL)
		if (strncmp(one, "unix:", 5) != 0 && strrchr(one, ':') != NULL)
			return strrchr(one, ':');
	return NULL;
}

/** The origin that was given, or https://localhost with the port of the first address. */
static struct status choose_origin(struct founding *f)
{
	const char *given = options_value(&f->args->options, "--origin");
	const char *port = first_port(&f->args->options);
	int len = given != NULL
			  ? snprintf(f->origin, sizeof f->origin, "%s", given)
			  : snprintf(f->origin, sizeof f->origin, "https://localhost%s", port != NULL ? port : ":8443");

	if (len < 0 || (size_t)len >= sizeof f->origin || !ok(origin_check(text_of(f->origin))))
		return FAIL_AT(ST_INVALID, "origin: https://HOST or https://HOST:PORT");
	return OK;
}

/** Whether every address to listen on is of this machine only. */
static bool loopback_only(const struct options *o)
{
	size_t cursor = 0;
	const char *one;

	while ((one = options_next(o, "--listen", &cursor)) != NULL)
		if (strncmp(one, "127.", 4) != 0 && strncmp(one, "[::1]", 5) != 0 && strncmp(one, "unix:", 5) != 0)
			return false;
	return true;
}

static struct status make_statement(struct founding *f, uint64_t now)
{
	AUTO(secret) one_time = {0};
	struct statement draft = {
		.kind = STATEMENT_SITE,
		.head = {.author = f->administrator, .time = now},
		.site = {.name = text_of(f->name),
			 .region = text_of(f->region),
			 .origin = text_of(f->origin),
			 .administrator = f->administrator,
			 .login = text_of(f->login)},
	};

	/* Site, pin and CA are not known yet; they are filled in before it is printed. */
	TRY(invitation_new(&(struct invitation_site){.origin = text_of(f->origin)}, &f->invitation));
	TRY(invitation_pair(&f->invitation, &one_time, &draft.site.invitation_key));
	TRY(key_hash_invitation(&draft.site.invitation_key, &draft.head.author_key));
	draft.site.log_key = f->vessel.log_key.public_key;
	return statement_sign(&draft, &one_time, &f->statement);
}

struct beginning {
	struct committer_entry entry; /* must be first */
	struct founding *founding;
};
static struct status add_leaf(void *context, struct store_txn *txn, const struct event *event, uint64_t *leaf)
{
	(void)txn;
	return committer_add(context, event, leaf);
}
static struct status apply_beginning(struct committer_entry *entry, struct committer_turn *turn)
{
	struct founding *f = ((struct beginning *)entry)->founding;
	const struct record_log log = {add_leaf, turn, turn->size, turn->time};
	const struct record_site site = {.statement = buffer_bytes(&f->statement),
					 .preset = text_of(f->preset),
					 .token_key = secret_bytes(&f->token_key)};

	return record_begin(turn->txn, &log, &site, &f->fingerprint);
}

/** Leaf 0, and its checkpoint signed. */
static struct status begin_site(struct founding *f)
{
	struct beginning first = {.entry = {.apply = apply_beginning, .weight = COMMITTER_END}, .founding = f};
	struct committer_entry signing = {.sign = true};

	TRY(secret_new(sizeof(struct key), &f->token_key));
	TRY(secret_from(secret_bytes(&f->token_key), &f->vessel.keys.token_key));
	TRY(vessel_commit(&f->vessel));
	TRY(committer_run(f->vessel.committer, &first.entry));
	return committer_run(f->vessel.committer, &signing);
}

/** The own CA in PEM, for curl and browsers. */
static struct status write_ca(struct founding *f)
{
	AUTO(buffer) pem = {.max = PEM_PUT_MAX};

	if (f->identity.ca.len == 0)
		return OK;
	TRY(pem_put_certificate(buffer_bytes(&f->identity.ca), &pem));
	return os_save(&os_real, f->vessel.data, "ca.pem", buffer_bytes(&pem));
}

static struct status finish_invitation(struct founding *f)
{
	struct tree_head head;

	log_head(f->vessel.log, &head);
	f->invitation.site = f->fingerprint;
	f->invitation.pin_size = head.size;
	f->invitation.pin_root = head.root;
	f->invitation.has_ca = f->identity.ca.len > 0;
	return f->invitation.has_ca ? sha256(buffer_bytes(&f->identity.ca), &f->invitation.ca) : OK;
}

static struct status print_result(struct founding *f)
{
	AUTO(buffer)
	code = {.max = INVITATION_TEXT_MAX + 1, .wipe = true}, key = {.max = 400}, out = {.max = 8192, .wipe = true};
	char ca[4096] = "";

	TRY(invitation_print(&f->invitation, &code));
	TRY(note_key_put(&key, &f->vessel.log_key));
	if (f->invitation.has_ca)
		(void)snprintf(ca, sizeof ca, "%s/ca.pem", f->data);
	if (!f->args->json) {
		(void)printf(
			"Site \"%s\" (%s) is made; it will answer at %s\n\nFirst invitation, for %s. It is shown "
			"once:\n\n%.*s\n\nServe it:   tacendad serve --data %s --keys ...\nThen enrol: tacenda enrol "
			"--invitation-file F\n\nLog key (keep it with your records, it checks saved logs): %.*s\n",
			f->name, f->region, f->origin, f->login, (int)code.len, (const char *)code.bytes, f->data,
			(int)key.len, (const char *)key.bytes);
		return OK;
	}
	struct jsonwriter w = jsonwriter_of(&out);
	jsonwriter_object(&w, NULL);
	jsonwriter_text(&w, "invitation", text_from(buffer_bytes(&code)));
	jsonwriter_string(&w, "ca", ca[0] != '\0' ? ca : NULL);
	jsonwriter_string(&w, "origin", f->origin);
	jsonwriter_text(&w, "log_key", text_from(buffer_bytes(&key)));
	jsonwriter_end(&w);
	TRY(jsonwriter_done(&w));
	(void)printf("%.*s\n", (int)out.len, (const char *)out.bytes);
	return OK;
}

static struct status take_certificate(struct founding *f)
{
	struct keyring *ring;

	TRY(threadkeys_ring(&f->vessel.keys, &ring));
	TRY(tlsfiles_import(&f->files, ring));
	return keyring_tls_identity(ring, &f->identity);
}

static struct status found(struct founding *f, const char *keys)
{
	struct vessel_options options = {.data = f->data,
					 .keys = keys,
					 .create = true,
					 .origin = text_of(f->origin),
					 .site_name = text_of(f->name)};
	uint64_t now = clock_wall(&clock_system);

	f->statement.max = LIMIT_STATEMENT_BYTES;
	f->administrator.uuid = uuid_new(now);
	hostargs_holders(f->args, &options);
	TRY(hostargs_proof(f->args, true, &options.proof));
	TRY(vessel_open(&options, &f->vessel));
	TRY(take_certificate(f));
	TRY(make_statement(f, now));
	TRY(begin_site(f));
	TRY(write_ca(f));
	TRY(listenfile_write(f->vessel.data, &f->args->options));
	TRY(tlsfiles_write(f->vessel.data, &f->files));
	TRY(finish_invitation(f));
	return print_result(f);
}

int verb_init(struct hostargs *h)
{
	AUTO(founding) f = {.args = h, .vessel = {.data = -1, .log_dir = -1}};
	const char *keys = options_value(&h->options, "--keys");

	f.data = options_value(&h->options, "--data");
	f.name = options_value(&h->options, "--site");
	f.region = options_value(&h->options, "--region");
	f.login = options_value(&h->options, "--admin");
	f.preset = options_value(&h->options, "--preset");
	if (f.data == NULL || keys == NULL || f.name == NULL || f.region == NULL || f.login == NULL)
		return usage("--data D --keys K --site NAME --region LABEL --admin LOGIN");
	if (f.preset == NULL)
		f.preset = "standard";
	if (strcmp(f.preset, "standard") != 0 && strcmp(f.preset, "trial") != 0)
		return usage("--preset standard or trial");
	if (strcmp(f.preset, "trial") == 0 && !loopback_only(&h->options))
		return hostargs_failure(
			h, FAIL_AT(ST_DENIED,
				   "preset trial: listen on 127.0.0.1 or [::1] only, or use --preset standard"));
	struct status s = choose_origin(&f);
	if (ok(s))
		s = tlsfiles_named(&h->options, &f.files);
	if (ok(s))
		s = tlsfiles_check(&f.files);
	if (ok(s) && access(f.data, F_OK) == 0 && access(f.data, W_OK) != 0)
		s = FAIL_AT(ST_IO, "data directory");
	if (ok(s))
		s = found(&f, keys);
	return ok(s) ? EXIT_DONE : hostargs_failure(h, s);
}
