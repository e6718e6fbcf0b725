/* SPDX-License-Identifier: Apache-2.0 */
#include "listenfile.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "os.h"

#define NAME    "listen"
#define PEM_MAX 65536

struct status listenfile_write(int data, const struct options *options)
{
	AUTO(buffer) lines = {.max = sizeof(((struct listenfile *)0)->text)};
	size_t cursor = 0;
	const char *one;

	while ((one = options_next(options, "--listen", &cursor)) != NULL)
		TRY(buffer_print(&lines, "%s\n", one));
	if (lines.len == 0)
		TRY(buffer_print(&lines, "%s\n", LISTENFILE_DEFAULT));
	return os_save(&os_real, data, NAME, buffer_bytes(&lines));
}

static struct status add(struct listenfile *l, struct text line, size_t *used)
{
	if (line.len == 0)
		return OK;
	if (l->count == LISTENFILE_MAX || *used + line.len + 1 > sizeof l->text)
		return FAIL_AT(ST_TOO_BIG, "listen");
	memcpy(l->text + *used, line.at, line.len);
	l->text[*used + line.len] = '\0';
	l->addresses[l->count++] = l->text + *used;
	*used += line.len + 1;
	return OK;
}

struct status listenfile_read(int data, const struct options *options, struct listenfile *out)
{
	AUTO(buffer) lines = {.max = sizeof out->text};
	size_t cursor = 0, used = 0;
	const char *one;

	*out = (struct listenfile){0};
	while ((one = options_next(options, "--listen", &cursor)) != NULL)
		TRY(add(out, text_of(one), &used));
	if (out->count > 0)
		return OK;
	TRY(os_load(&os_real, data, NAME, lines.max, &lines));
	struct text rest = text_from(buffer_bytes(&lines)), line;
	while (text_split(&rest, '\n', &line))
		TRY(add(out, text_trim(line), &used));
	return OK;
}

/** The next PEM block of ${rest}, decoded; false at the end. */
static bool next_block(struct text *rest, struct buffer *out)
{
	static const char begin[] = "-----BEGIN ", end[] = "-----END ";
	const char *start = memmem(rest->at, rest->len, begin, sizeof begin - 1);
	const char *stop =
		start != NULL ? memmem(start, rest->len - (size_t)(start - rest->at), end, sizeof end - 1) : NULL;

	if (stop == NULL)
		return false;
	const char *body = memchr(start, '\n', (size_t)(stop - start));
	AUTO(buffer) base64 = {.max = PEM_MAX, .wipe = true};
	for (; body != NULL && body < stop; body++)
		if (*body != '\n' && *body != '\r' && !ok(buffer_put_u8(&base64, (uint8_t)*body)))
			return false;
	*rest = (struct text){stop + sizeof end - 1, rest->len - (size_t)(stop - rest->at) - (sizeof end - 1)};
	return ok(text_from_base64(text_from(buffer_bytes(&base64)), out));
}

struct status listenfile_import(struct keyring *ring, const char *certificate, const char *key)
{
	AUTO(buffer)
	pem = {.max = PEM_MAX}, key_pem = {.max = PEM_MAX, .wipe = true},
	der = {.max = KEYWIRE_PRIVATE_MAX, .wipe = true};
	struct buffer chain[KEYWIRE_CHAIN_MAX] = {{0}};
	struct keywire_chain imported = {0};

	if (certificate == NULL || key == NULL)
		return FAIL_AT(ST_INVALID, "certificate: give both --tls-cert and --tls-key");
	TRY(os_load(&os_real, AT_FDCWD, certificate, pem.max, &pem));
	TRY(os_load(&os_real, AT_FDCWD, key, key_pem.max, &key_pem));
	struct text rest = text_from(buffer_bytes(&key_pem));
	if (!next_block(&rest, &der))
		return FAIL_AT(ST_INVALID, "tls key: a PEM file");
	imported.private_key = buffer_bytes(&der);
	rest = text_from(buffer_bytes(&pem));
	for (; imported.count < KEYWIRE_CHAIN_MAX; imported.count++) {
		chain[imported.count].max = KEYWIRE_CERTIFICATE_MAX;
		if (!next_block(&rest, &chain[imported.count]))
			break;
		imported.certificates[imported.count] = buffer_bytes(&chain[imported.count]);
	}
	struct status s = imported.count > 0 ? keyring_tls_import(ring, &imported)
					     : FAIL_AT(ST_INVALID, "tls certificate: a PEM file");
	for (size_t i = 0; i < COUNT(chain); i++)
		buffer_clear(&chain[i]);
	return s;
}
