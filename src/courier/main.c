/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tacenda-courier: carries notices and leaves of the log beyond the product, for the
 * process that started it, so that no connection outward and nothing that answers one
 * is ever in the process that holds the data.
 */
#include <curl/curl.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "child.h"
#include "couriersandbox.h"
#include "courierwatch.h"
#include "hash.h"
#include "mailpassword.h"

#define EXIT_REFUSED 1
#define EXIT_USAGE   2
#define CA_MAX       ((size_t)1 << 20)

static const char usage[] = "usage: tacenda-courier carry [--mail-password-file F] [--hook-key-file F] [--ca F]\n"
			    "It is started by tacendad, with a socket as descriptor 3:\n"
			    "  tacendad serve --data D --keys K --mail-password-file /etc/tacenda/mail.password\n";

/** "whsec_" and base64, as Standard Webhooks writes a key, or the bytes themselves. */
static struct status read_key(const char *path, struct secret *out)
{
	AUTO(secret) line = {0};
	AUTO(buffer) decoded = {.max = 512, .wipe = true};
	static const char prefix[] = "whsec_";
	const size_t skip = sizeof prefix - 1;

	TRY(secret_read_file(AT_FDCWD, path, 512, &line));
	if (line.len <= skip || memcmp(line.bytes, prefix, skip) != 0)
		return FAIL_AT(ST_INVALID, "webhook key: whsec_ and base64 of 24 to 64 bytes");
	TRY(text_from_base64((struct text){(const char *)line.bytes + skip, line.len - skip}, &decoded));
	if (decoded.len < 24 || decoded.len > 64)
		return FAIL_AT(ST_INVALID, "webhook key: whsec_ and base64 of 24 to 64 bytes");
	return secret_from(buffer_bytes(&decoded), out);
}

/** The system's authorities and one's own. */
static struct status read_file(const char *path, bool must, struct buffer *out)
{
	FILE *f = fopen(path, "re");
	uint8_t piece[4096];

	if (f == NULL)
		return must ? FAIL_AT(ST_NOT_FOUND, "authorities") : OK;
	struct status s = OK;
	for (size_t len; ok(s) && (len = fread(piece, 1, sizeof piece, f)) > 0;)
		s = buffer_put(out, bytes_of(piece, len));
	(void)fclose(f);
	return s;
}

static struct status read_option(int option, const char *value, struct carry_secrets *out)
{
	if (option == 'p')
		return mailpassword_read(value, out);
	if (option == 'k')
		return read_key(value, &out->hook_key);
	if (option != 'c')
		return FAIL_AT(ST_INVALID, "option");
	out->ca.max = CA_MAX;
	TRY(read_file("/etc/ssl/certs/ca-certificates.crt", false, &out->ca));
	return read_file(value, true, &out->ca);
}

static struct status read_options(int argc, char **argv, struct carry_secrets *out)
{
	static const struct option options[] = {
		{"mail-password-file", required_argument, NULL, 'p'},
		{"hook-key-file", required_argument, NULL, 'k'},
		{"ca", required_argument, NULL, 'c'},
		{NULL, 0, NULL, 0},
	};

	for (int option; (option = getopt_long(argc, argv, "", options, NULL)) != -1;)
		TRY(read_option(option, optarg, out));
	return OK;
}

static struct status run(int argc, char **argv)
{
	AUTO(carry_secrets) secrets = {0};

	TRY(secret_setup());
	TRY(crypto_setup());
	child_stay();
	TRY(read_options(argc, argv, &secrets));
	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
		return FAIL_AT(ST_NO_MEMORY, "libcurl");
	TRY(couriersandbox_enter());
	return courierwatch_run(CHILD_FIRST_END, &(struct courier_work){carry, &secrets, COURIER_MOST_MS, NULL},
				COURIERWATCH_SILENT_MS);
}

int main(int argc, char **argv)
{
	if (argc < 2 || strcmp(argv[1], "carry") != 0) {
		(void)fputs(usage, stderr);
		return argc == 2 && strcmp(argv[1], "--help") == 0 ? 0 : EXIT_USAGE;
	}
	struct status s = run(argc - 1, argv + 1);
	if (!ok(s))
		(void)fprintf(stderr, "tacenda-courier: event=end status=%s what=\"%s\"\n", status_name(s.code),
			      s.what != NULL ? s.what : "");
	return ok(s) ? 0 : EXIT_REFUSED;
}
