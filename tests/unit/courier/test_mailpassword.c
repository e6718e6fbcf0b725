/* SPDX-License-Identifier: Apache-2.0 */
/* Whom the mail password is for: its file says so, and nobody else is offered it (PROMISES#S10). */
#include "testing.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "hash.h"
#include "mailpassword.h"

static struct status parse(const char *content, struct carry_secrets *out)
{
	char path[] = "/tmp/tacenda-mail-XXXXXX";
	const int fd = mkstemp(path);

	assert_true(fd >= 0 && write(fd, content, strlen(content)) == (ssize_t)strlen(content));
	struct status s = mailpassword_read(path, out);
	(void)close(fd);
	(void)unlink(path);
	return s;
}

static void a_file_names_the_server_and_its_password(void **state)
{
	static const char *const bad[] = {
		"", "secret\n", "mail.example:465\n", "mail.example:465\n\n", "mail\nsecret\n", "a b:465\nsecret\n"};
	AUTO(carry_secrets) read = {0};

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++)
		assert_int_equal(parse(bad[i], &read).code, ST_INVALID);
	assert_ok(parse("mail.example:465\r\n two words \r\n", &read));
	assert_string_equal(read.mail_server, "mail.example:465");
	assert_true(secret_equal(secret_bytes(&read.mail_password), BYTES_LITERAL(" two words ")));
}

static enum order_result go(struct text server, const struct carry_secrets *secrets, char why[CARRY_WHY_MAX])
{
	static const struct order_item item = {0};
	const struct order o = {.number = 7,
				.way = ORDER_MAIL,
				.origin = TEXT("https://x.example"),
				.server = server,
				.from = TEXT("a@x.example"),
				.to = TEXT("b@x.example"),
				.user = TEXT("tacenda"),
				.implicit_tls = true,
				.items = &item,
				.count = 1};
	struct order_answer a;

	why[0] = '\0';
	carry(&o, secrets, &a, why);
	return a.result;
}

static void another_server_is_not_offered_it(void **state)
{
	static const char words[] = "the mail password is for localhost:1";
	AUTO(carry_secrets) secrets = {0};
	char why[CARRY_WHY_MAX];

	(void)state;
	assert_ok(parse("localhost:1\nsecret\n", &secrets));
	assert_int_equal(go(TEXT("127.0.0.1:1"), &secrets, why), ORDER_LATER);
	assert_string_equal(why, words);
	assert_int_equal(go(TEXT("localhost:2"), &secrets, why), ORDER_LATER);
	assert_string_equal(why, words);
	/* Its own is spoken to: nobody listens there. */
	assert_int_equal(go(TEXT("LOCALHOST:1"), &secrets, why), ORDER_LATER);
	assert_string_not_equal(why, words);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_file_names_the_server_and_its_password),
		cmocka_unit_test(another_server_is_not_offered_it),
	};

	return ok(secret_setup()) && ok(crypto_setup()) ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
}
