/* SPDX-License-Identifier: Apache-2.0 */
#include "vectors.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include "text.h"

static void read_all(const char *path, struct buffer *out)
{
	gzFile file = gzopen(path, "rb"); /* reads plain files as well */
	int got;

	if (file == NULL)
		fail_msg("cannot read %s", path);
	do {
		assert_ok(buffer_reserve(out, 65536));
		got = gzread(file, out->bytes + out->len, 65536);
		assert_true(got >= 0);
		out->len += (size_t)got;
	} while (got > 0);
	gzclose(file);
}

json_t *vectors_load(const char *name)
{
	const char *shared = getenv("TACENDA_SHARED");
	AUTO(buffer) text = VECTOR_BUFFER;
	json_error_t error;
	char path[4096];

	snprintf(path, sizeof path, "%s/data/crypto", shared != NULL ? shared : "/nowhere");
	if (access(path, X_OK) != 0) {
		print_message("# no vectors by others on this machine\n");
		skip();
	}
	snprintf(path, sizeof path, "%s/data/crypto/%s", shared, name);
	read_all(path, &text);
	json_t *root = json_loadb((const char *)text.bytes, text.len, 0, &error);
	if (root == NULL)
		fail_msg("%s: line %d: %s", name, error.line, error.text);
	return root;
}

size_t vectors_each(json_t *root, bool (*check)(json_t *group, json_t *test))
{
	json_t *group, *test;
	size_t i, j, count = 0;

	json_array_foreach(json_object_get(root, "testGroups"), i, group)
		json_array_foreach(json_object_get(group, "tests"), j, test) count += check(group, test);
	return count;
}

void vectors_hex(json_t *object, const char *name, struct buffer *out)
{
	struct text hex = text_of(vectors_text(object, name));

	out->len = 0;
	assert_ok(buffer_reserve(out, hex.len / 2 + 1));
	assert_ok(text_from_hex(hex, out->bytes, hex.len / 2));
	out->len = hex.len / 2;
}

const char *vectors_text(json_t *object, const char *name)
{
	const char *text = json_string_value(json_object_get(object, name));

	if (text == NULL)
		fail_msg("no text \"%s\"", name);
	return text;
}

int vectors_number(json_t *object, const char *name)
{
	json_t *number = json_object_get(object, name);

	assert_true(json_is_integer(number));
	return (int)json_integer_value(number);
}

void vectors_expect(json_t *test, bool done)
{
	const char *result = vectors_text(test, "result");

	if (strcmp(result, done ? "invalid" : "valid") == 0)
		fail_msg("vector %d (%s): %s, but %s", vectors_number(test, "tcId"), vectors_text(test, "comment"),
			 result, done ? "done" : "refused");
}

void vectors_literal(const char *hex, uint8_t *out, size_t len)
{
	assert_ok(text_from_hex(text_of(hex), out, len));
}
