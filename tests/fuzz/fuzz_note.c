/* SPDX-License-Identifier: Apache-2.0 */
#include "note.h"

#include <stdlib.h>

#include "hash.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* A key that parses prints back as it was; what a note points at lies inside it. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static struct note_key peter;
	struct note_key key;
	struct note n;

	if (peter.id == 0 &&
	    (!ok(crypto_setup()) || !ok(note_key_parse(TEXT("PeterNeumann+c74f20a3+"
							    "ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"),
						       &peter))))
		abort();
	if (ok(note_key_parse((struct text){(const char *)data, len}, &key))) {
		AUTO(buffer) b = {.max = 1024};

		if (!ok(note_key_put(&b, &key)) || !bytes_equal(buffer_bytes(&b), bytes_of(data, len)))
			abort();
	}
	if (!ok(note_parse(bytes_of(data, len), &n)))
		return 0;
	if (n.count == 0 || n.count > NOTE_SIGNATURES_MAX || n.text.at[n.text.len - 1] != '\n')
		abort();
	for (size_t i = 0; i < n.count; i++)
		if (!note_name_valid(n.signatures[i].name) || n.signatures[i].base64.at > (const char *)data + len)
			abort();
	(void)ok(note_verify(&n, &peter));
	return 0;
}
