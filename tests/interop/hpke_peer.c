/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hpke_peer: our side of a conversation with another implementation.  A request a
 * line, words of hex, "-" for nothing; an answer a line.
 *
 *   derive SEED INFO                 -> done PRIVATE PUBLIC
 *   seal PUBLIC INFO AAD PLAIN       -> done SEALED
 *   open PRIVATE INFO AAD SEALED     -> done PLAIN
 *   anything that is refused         -> refused CODE
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hash.h"
#include "hpke.h"
#include "text.h"

#define LINE_MAX_BYTES (1 << 20)
#define WORDS          5

struct words {
	struct text name;
	struct buffer at[WORDS - 1];
};

static void words_clear(struct words *w)
{
	for (size_t i = 0; i < COUNT(w->at); i++)
		buffer_clear(&w->at[i]);
}

static struct status parse(struct text line, struct words *out)
{
	struct text word;

	if (!text_split(&line, ' ', &out->name))
		return FAIL(ST_INVALID);
	for (size_t i = 0; i < COUNT(out->at) && text_split(&line, ' ', &word); i++) {
		out->at[i] = (struct buffer){.max = LINE_MAX_BYTES};
		if (text_equal(word, TEXT("-")))
			continue;
		TRY(buffer_reserve(&out->at[i], word.len / 2 + 1));
		TRY(text_from_hex(word, out->at[i].bytes, word.len / 2));
		out->at[i].len = word.len / 2;
	}
	return line.at == NULL ? OK : FAIL(ST_INVALID);
}

static struct status say(struct buffer *answer, struct bytes word)
{
	TRY(buffer_put_u8(answer, ' '));
	return word.len > 0 ? text_put_hex(answer, word) : buffer_put_u8(answer, '-');
}

static struct status derive(const struct words *w, struct buffer *answer)
{
	AUTO(secret) private_key = {0};
	struct p256_public public_key;

	TRY(p256_derive(buffer_bytes(&w->at[0]), buffer_bytes(&w->at[1]), &private_key, &public_key));
	TRY(say(answer, secret_bytes(&private_key)));
	return say(answer, p256_public_bytes(&public_key));
}

static struct status seal(const struct words *w, struct buffer *answer)
{
	AUTO(buffer) sealed = {.max = LINE_MAX_BYTES};
	struct p256_public to;

	if (w->at[0].len != sizeof to)
		return FAIL(ST_INVALID);
	memcpy(to.bytes, w->at[0].bytes, sizeof to);
	TRY(hpke_seal(&to, buffer_bytes(&w->at[1]), buffer_bytes(&w->at[2]), buffer_bytes(&w->at[3]), &sealed));
	return say(answer, buffer_bytes(&sealed));
}

static struct status open(const struct words *w, struct buffer *answer)
{
	AUTO(secret) private_key = {0};
	AUTO(secret) plain = {0};

	TRY(secret_from(buffer_bytes(&w->at[0]), &private_key));
	TRY(hpke_open(&private_key, buffer_bytes(&w->at[1]), buffer_bytes(&w->at[2]), buffer_bytes(&w->at[3]), &plain));
	return say(answer, secret_bytes(&plain));
}

static struct status reply(struct text line, struct buffer *answer)
{
	AUTO(words) w = {0};

	TRY(parse(line, &w));
	TRY(buffer_put(answer, BYTES_LITERAL("done")));
	if (text_equal(w.name, TEXT("derive")))
		return derive(&w, answer);
	if (text_equal(w.name, TEXT("seal")))
		return seal(&w, answer);
	return text_equal(w.name, TEXT("open")) ? open(&w, answer) : FAIL(ST_INVALID);
}

int main(void)
{
	AUTO(buffer) answer = {.max = 4 * LINE_MAX_BYTES};
	char *line = NULL;
	size_t room = 0;

	if (!ok(crypto_setup()))
		return 1;
	for (ssize_t len; (len = getline(&line, &room, stdin)) > 0; fflush(stdout)) {
		struct status s = reply(text_trim((struct text){line, (size_t)len}), &answer);

		if (ok(s))
			printf("%.*s\n", TEXT_ARG(text_from(buffer_bytes(&answer))));
		else
			printf("refused %s\n", status_name(s.code));
		answer.len = 0;
	}
	free(line);
	return 0;
}
