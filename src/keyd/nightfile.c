/* SPDX-License-Identifier: Apache-2.0 */
#include "nightfile.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>

#include "label.h"
#include "reader.h"
#include "xaes.h"

#define VERSION     1
#define HEAD        (1 + 8 + 8)
#define LABEL       "tacenda/v1/night"
#define CONTEXT_MAX 64

void nightfile_name(uint64_t number, char out[NIGHTFILE_NAME_LEN])
{
	(void)snprintf(out, NIGHTFILE_NAME_LEN, "%08" PRIu64 ".night", number);
}

static struct status put_context(struct buffer *b, uint64_t number, uint64_t made)
{
	struct label_number n = label_number(number), m = label_number(made);
	const struct bytes arguments[] = {BYTES_OF(n), BYTES_OF(m)};

	return label_put(b, LABEL, arguments, COUNT(arguments));
}

struct status nightfile_seal(const struct key *root, const struct key *key, uint64_t number, uint64_t made,
			     struct nightfile *out)
{
	uint8_t place[CONTEXT_MAX];
	struct buffer context = BUFFER_OVER(place, sizeof place);
	struct nightfile n = {.number = number, .made = made};
	struct buffer head = BUFFER_OVER(n.bytes, sizeof n.bytes);

	TRY(put_context(&context, number, made));
	TRY(buffer_put_u8(&head, VERSION));
	TRY(buffer_put_u64(&head, number));
	TRY(buffer_put_u64(&head, made));
	TRY(xaes_seal_to(root, buffer_bytes(&context), BYTES_OF(*key), n.bytes + HEAD));
	*out = n;
	return OK;
}

static struct status read_form(struct bytes bytes, struct nightfile *out)
{
	struct reader r = reader_of(bytes);
	uint8_t version;

	TRY(reader_u8(&r, &version));
	if (version > VERSION && version < 16)
		return FAIL_AT(ST_CONFLICT, REASON_NEWER);
	if (version != VERSION || bytes.len != NIGHTFILE_LEN)
		return FAIL(ST_INVALID);
	TRY(reader_u64(&r, &out->number));
	TRY(reader_u64(&r, &out->made));
	r = reader_of(bytes);
	return reader_copy(&r, out->bytes, sizeof out->bytes);
}

struct status nightfile_open(const struct key *root, struct bytes bytes, uint64_t number, struct nightfile *out,
			     struct secret *key)
{
	uint8_t place[CONTEXT_MAX];
	struct buffer context = BUFFER_OVER(place, sizeof place);
	AUTO(secret) opened = {0};
	struct nightfile n;

	struct status form = read_form(bytes, &n);
	if (form.code == ST_CONFLICT)
		return form;
	if (!ok(form) || n.number != number)
		return FAIL_AT(ST_CORRUPT, REASON_NIGHT_DAMAGED);
	TRY(put_context(&context, n.number, n.made));
	TRY(secret_empty(sizeof(struct key), &opened));
	struct status s = xaes_open_to(root, buffer_bytes(&context), bytes_of(n.bytes + HEAD, sizeof n.bytes - HEAD),
				       opened.bytes);
	if (s.code == ST_CORRUPT)
		return FAIL_AT(ST_CORRUPT, REASON_NIGHT_OTHER);
	TRY(s);
	*out = n;
	*key = opened;
	opened = (struct secret){0};
	return OK;
}

struct status nightfile_save(const struct os *os, int nights, const struct nightfile *n)
{
	char name[NIGHTFILE_NAME_LEN];

	nightfile_name(n->number, name);
	return os_save(os, nights, name, BYTES_OF(n->bytes));
}

struct status nightfile_load(const struct os *os, int nights, const struct key *root, uint64_t number,
			     struct nightfile *out, struct secret *key)
{
	uint8_t place[NIGHTFILE_LEN];
	struct buffer bytes = BUFFER_OVER(place, sizeof place);
	char name[NIGHTFILE_NAME_LEN];

	nightfile_name(number, name);
	struct status s = os_load(os, nights, name, sizeof place, &bytes);
	if (s.code == ST_NOT_FOUND)
		return FAIL_AT(ST_NOT_FOUND, REASON_NIGHT_MISSING);
	if (s.code == ST_TOO_BIG)
		return FAIL_AT(ST_CORRUPT, REASON_NIGHT_DAMAGED);
	TRY(s);
	return nightfile_open(root, buffer_bytes(&bytes), number, out, key);
}

static struct status overwrite(const struct os *os, int fd)
{
	static const uint8_t zeros[NIGHTFILE_LEN];

	TRY(os_write_all(os, fd, BYTES_OF(zeros), 0));
	return os->sync(fd) == 0 ? OK : FAIL_AT(ST_IO, REASON_WRITE);
}

struct status nightfile_remove(const struct os *os, int nights, uint64_t number)
{
	char name[NIGHTFILE_NAME_LEN];

	nightfile_name(number, name);
	int fd = os->open(nights, name, O_WRONLY, 0);
	if (fd < 0 && errno != ENOENT)
		return FAIL_AT(ST_IO, REASON_WRITE);
	if (fd >= 0) {
		/* Its removal matters more: a medium that is full or copies on write may refuse. */
		(void)ok(overwrite(os, fd));
		(void)os->close(fd);
	}
	return os_remove(os, nights, name);
}
