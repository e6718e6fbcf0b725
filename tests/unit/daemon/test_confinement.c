/* SPDX-License-Identifier: Apache-2.0 */
/* Each test confines a child as tacendad confines itself, and tries one thing there (PROMISES#S1). */
#include "confined_fixture.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "confinement.h"

static char folder[] = "/tmp/tacenda-confinement-XXXXXX";
static int data = -1;
/* A certificate of the operator's: a link, the way those who renew them make it. */
static char outside[] = "/tmp/tacenda-certificate-XXXXXX", link_path[sizeof outside + 16],
	    key_path[sizeof outside + 16];

static int before_all(void **state)
{
	(void)state;
	assert_non_null(mkdtemp(folder));
	data = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_non_null(mkdtemp(outside));
	(void)snprintf(link_path, sizeof link_path, "%s/live/cert", outside);
	(void)snprintf(key_path, sizeof key_path, "%s/live/key", outside);
	char made[sizeof outside + 16];
	for (const char *const *name = (const char *const[]){"live", "kept", NULL}; *name != NULL; name++) {
		(void)snprintf(made, sizeof made, "%s/%s", outside, *name);
		assert_int_equal(mkdir(made, 0700), 0);
	}
	assert_int_equal(symlink("../kept/1", link_path), 0);
	(void)snprintf(made, sizeof made, "%s/kept/1", outside);
	int fd = open(made, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	assert_true(fd >= 0 && close(fd) == 0);
	(void)snprintf(made, sizeof made, "%s/beside", outside);
	fd = open(made, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	assert_true(fd >= 0 && close(fd) == 0);
	return data >= 0 ? 0 : -1;
}

static int after_all(void **state)
{
	(void)state;
	(void)unlinkat(data, "file", 0);
	(void)close(data);
	static const char *const names[] = {"live/cert", "kept/1", "kept/2", "beside", "live", "kept", ""};
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		char made[sizeof outside + 16];
		(void)snprintf(made, sizeof made, "%s/%s", outside, names[i]);
		(void)remove(made);
	}
	return rmdir(folder);
}

static bool enter_paths(const struct confinement_paths *paths)
{
	return ok(confinement_begin()) && ok(confinement_files(data, paths)) && ok(confinement_calls());
}
static bool enter(void)
{
	const char *const files[] = {link_path, key_path};

	return enter_paths(&(struct confinement_paths){.files = files, .file_count = 2});
}

/* What is not for it: a folder around those of the certificate, or a file beside it. */
static const char *withheld;
static bool enter_withheld(void)
{
	const char *const files[] = {link_path, key_path}, *const not_for_it[] = {NULL, "/nowhere", withheld};
	const struct confinement_paths paths = {
		.files = files, .file_count = 2, .withheld = not_for_it, .withheld_count = 3};

	return freopen("/dev/null", "w", stderr) != NULL && enter_paths(&paths);
}

/* A file of somebody's, and an address that stands in the data directory. */
static char kept_path[sizeof outside + 16], address[sizeof outside + 32];
static bool enter_with_socket(void)
{
	const char *const addresses[] = {"127.0.0.1:8443", address}, *const not_for_it[] = {withheld};
	const struct confinement_paths paths = {
		.addresses = addresses, .address_count = 2, .withheld = not_for_it, .withheld_count = 1};

	return freopen("/dev/null", "w", stderr) != NULL && enter_paths(&paths);
}

/* Asked before anything is laid out for a test: what skips in the middle leaves that to the next one. */
static bool keeps_paths(void)
{
	return confine_is_whole() && syscall(SYS_landlock_create_ruleset, NULL, 0, 1) > 0;
}

static int open_password_file(void)
{
	return outcome(open("/etc/passwd", O_RDONLY | O_CLOEXEC));
}
static int write_beside(void)
{
	return outcome(open("/tmp/tacenda-confinement-beside", O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
}
static int write_data(void)
{
	int fd = openat(data, "file", O_RDWR | O_CREAT | O_CLOEXEC, 0600);

	return fd >= 0 && write(fd, "x", 1) == 1 ? outcome(fsync(fd)) : OTHER;
}
static int open_certificate(void)
{
	return outcome(open(link_path, O_RDONLY | O_CLOEXEC));
}
static int write_certificate(void)
{
	return outcome(open(link_path, O_WRONLY | O_CLOEXEC));
}
static int open_beside_certificate(void)
{
	char path[sizeof outside + 16];

	(void)snprintf(path, sizeof path, "%s/beside", outside);
	return outcome(open(path, O_RDONLY | O_CLOEXEC));
}
static int execute(void)
{
	char *const words[] = {(char[]){"true"}, NULL};
	char *const none[] = {NULL};

	return outcome(execve("/bin/true", words, none));
}
static int start_process(void)
{
	return outcome(fork());
}
static int make_socket(void)
{
	return outcome(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
}
static int map_code(void)
{
	void *at = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return outcome(at == MAP_FAILED ? -1 : 0);
}
static int trace(void)
{
	return outcome(syscall(SYS_ptrace, 0, 0, 0, 0));
}
static void *idle(void *context)
{
	return context;
}
static int start_thread(void)
{
	pthread_t thread;

	return pthread_create(&thread, NULL, idle, NULL) == 0 && pthread_join(thread, NULL) == 0 ? DONE : OTHER;
}

/* A thread that was there before the list was loaded is held to it as well. */
static int gate[2];
static void *waits_then_executes(void *context)
{
	char byte;

	*(int *)context = read(gate[0], &byte, 1) == 1 ? execute() : OTHER;
	return NULL;
}
static void older_threads_are_confined(void **state)
{
	int status;

	(void)state;
	if (!confine_is_whole())
		skip();
	pid_t child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		pthread_t thread;
		int result = OTHER;
		if (pipe2(gate, O_CLOEXEC) != 0 || !ok(confinement_begin()) ||
		    pthread_create(&thread, NULL, waits_then_executes, &result) != 0 || !ok(confinement_calls()))
			_exit(NO_ENTRY);
		(void)!write(gate[1], "x", 1);
		(void)pthread_join(thread, NULL);
		_exit(result);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(WEXITSTATUS(status), REFUSED);
}

static void other_files_are_refused(void **state)
{
	(void)state;
	if (!keeps_paths())
		skip();
	assert_int_equal(confined(enter, open_password_file), REFUSED);
	assert_int_equal(confined(enter, write_beside), REFUSED);
}
static void data_are_written(void **state)
{
	(void)state;
	assert_int_equal(confined(enter, write_data), DONE);
}
static void a_certificate_and_its_successor_are_read(void **state)
{
	char successor[sizeof outside + 16];

	(void)state;
	assert_int_equal(confined(enter, open_certificate), DONE);
	(void)snprintf(successor, sizeof successor, "%s/kept/2", outside);
	int fd = open(successor, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	assert_true(fd >= 0 && close(fd) == 0);
	assert_int_equal(unlink(link_path), 0);
	assert_int_equal(symlink("../kept/2", link_path), 0);
	assert_int_equal(confined(enter, open_certificate), DONE);
	if (!keeps_paths())
		return;
	assert_int_equal(confined(enter, write_certificate), REFUSED);
	assert_int_equal(confined(enter, open_beside_certificate), REFUSED);
}
static int open_key(void)
{
	return outcome(open(key_path, O_RDONLY | O_CLOEXEC));
}
static void what_lies_beside_a_secret_is_not_read(void **state)
{
	char kept[sizeof outside + 16];

	(void)state;
	if (!keeps_paths())
		skip();
	int fd = open(key_path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	assert_true(fd >= 0 && close(fd) == 0);
	(void)snprintf(kept, sizeof kept, "%s/kept", outside);
	/* Within a key store, beside a file of secrets, around either: refused. */
	const char *const around[] = {outside, key_path, "/"};
	for (size_t i = 0; i < sizeof around / sizeof *around; i++) {
		withheld = around[i];
		assert_int_equal(confined(enter_withheld, open_key), REFUSED);
	}
	/* Of two folders the one is, the other is not: what the link leads to is withheld. */
	withheld = kept;
	assert_int_equal(confined(enter_withheld, open_key), DONE);
	assert_int_equal(confined(enter_withheld, open_certificate), REFUSED);
	/* A name that begins alike is another folder. */
	(void)snprintf(kept, sizeof kept, "%s/li", outside);
	withheld = kept;
	assert_int_equal(mkdir(kept, 0700), 0);
	assert_int_equal(confined(enter_withheld, open_key), DONE);
	assert_int_equal(rmdir(kept), 0);
	assert_int_equal(unlink(key_path), 0);
}
static int unlink_kept(void)
{
	return outcome(unlink(kept_path));
}
static int unlink_socket(void)
{
	return outcome(unlink(address + strlen("unix:")));
}
static void an_address_opens_no_way_to_remove_keys(void **state)
{
	char not_for_it[sizeof outside + 16], way[sizeof outside + 16];

	(void)state;
	if (!keeps_paths())
		skip();
	(void)snprintf(kept_path, sizeof kept_path, "%s/kept/1", outside);
	(void)snprintf(way, sizeof way, "%s/live/way", outside);
	assert_int_equal(symlink("../kept", way), 0);
	/* Around a key store, in it, deep in it, in it by a link; beside a file of secrets; around everything. */
	static const struct {
		const char *socket, *withheld;
	} cases[] = {{"/s", "/kept"},          {"/kept/s", "/kept"}, {"/kept/s", ""},
		     {"/live/way/s", "/kept"}, {"/s", "/beside"},    {"/../../s", "/kept"}};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		(void)snprintf(address, sizeof address, "unix:%s%s", outside, cases[i].socket);
		(void)snprintf(not_for_it, sizeof not_for_it, "%s%s", outside, cases[i].withheld);
		withheld = not_for_it;
		assert_int_equal(confined(enter_with_socket, unlink_kept), REFUSED);
	}
	assert_int_equal(unlink(way), 0);
}
static void a_socket_apart_from_keys_is_removed(void **state)
{
	char kept[sizeof outside + 16];

	(void)state;
	if (!keeps_paths())
		skip();
	(void)snprintf(kept, sizeof kept, "%s/kept", outside);
	(void)snprintf(kept_path, sizeof kept_path, "%s/kept/1", outside);
	(void)snprintf(address, sizeof address, "unix:%s/live/s", outside);
	int fd = open(address + strlen("unix:"), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	assert_true(fd >= 0 && close(fd) == 0);
	withheld = kept;
	assert_int_equal(confined(enter_with_socket, unlink_kept), REFUSED);
	assert_int_equal(confined(enter_with_socket, unlink_socket), DONE);
}
/* A night holder that is not mounted yet, a file of secrets that comes later. */
static void what_is_withheld_need_not_be_there(void **state)
{
	char not_for_it[2 * sizeof outside], way[sizeof outside + 16];

	(void)state;
	if (!keeps_paths())
		skip();
	(void)snprintf(kept_path, sizeof kept_path, "%s/kept/1", outside);
	(void)snprintf(address, sizeof address, "unix:%s/kept/s", outside);
	(void)snprintf(way, sizeof way, "%s/live/way", outside);
	assert_int_equal(symlink("../kept/not-yet", way), 0);
	/* In its folder, below it, by a link that leads there, by one on the way; where it leads back out of what is
	 * not there, nobody knows where that will be. */
	static const char *const refused[] = {"/kept/not-yet", "/kept/not-yet/s/", "/live/way", "/live/way/s",
					      "/live/not-yet/../../kept/1"};
	withheld = not_for_it;
	for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
		(void)snprintf(not_for_it, sizeof not_for_it, "%s%s", outside, refused[i]);
		assert_int_equal(confined(enter_with_socket, unlink_kept), REFUSED);
	}
	assert_int_equal(unlink(way), 0);
	/* Elsewhere, or beside a name that begins alike. */
	static const char *const apart[] = {"/live/not-yet/1", "/kep/1"};
	for (size_t i = 0; i < sizeof apart / sizeof *apart; i++) {
		int fd = open(kept_path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
		assert_true(fd >= 0 && close(fd) == 0);
		(void)snprintf(not_for_it, sizeof not_for_it, "%s%s", outside, apart[i]);
		assert_int_equal(confined(enter_with_socket, unlink_kept), DONE);
	}
}
static void nothing_is_started(void **state)
{
	(void)state;
	assert_int_equal(confined(enter, execute), REFUSED);
	assert_int_equal(confined(enter, start_process), REFUSED);
	assert_int_equal(confined(enter, trace), REFUSED);
	assert_int_equal(confined(enter, map_code), REFUSED);
}
static void nobody_is_called(void **state)
{
	(void)state;
	assert_int_equal(confined(enter, make_socket), REFUSED);
}
static void threads_start(void **state)
{
	(void)state;
	assert_int_equal(confined(enter, start_thread), DONE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(other_files_are_refused),
		cmocka_unit_test(data_are_written),
		cmocka_unit_test(nothing_is_started),
		cmocka_unit_test(nobody_is_called),
		cmocka_unit_test(threads_start),
		cmocka_unit_test(older_threads_are_confined),
		cmocka_unit_test(a_certificate_and_its_successor_are_read),
		cmocka_unit_test(what_lies_beside_a_secret_is_not_read),
		cmocka_unit_test(an_address_opens_no_way_to_remove_keys),
		cmocka_unit_test(a_socket_apart_from_keys_is_removed),
		cmocka_unit_test(what_is_withheld_need_not_be_there),
	};

	return cmocka_run_group_tests(tests, before_all, after_all);
}
