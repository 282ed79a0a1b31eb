/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a helper opens, writes and removes for the other process, and what it does not. */
#include "proc/helper_files.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include "proc/helper_files_agent.h"
#include "proc/helper_naming.h"
#include "util/file.h"

enum {
	OP_PERMIT = HELPER_OP(HELPER_FILES, 1),
	OP_OPEN = HELPER_OP(HELPER_FILES, 2),
	OP_REPLACE = HELPER_OP(HELPER_FILES, 3),
	OP_CONNECT = HELPER_OP(HELPER_FILES, 4),
};

#define BYTES(text)                                       \
	{                                                 \
		(const uint8_t *)(text), sizeof(text) - 1 \
	}

static struct helper *helper;
static struct helper_files_agent agent;
static char root[PATH_MAX];

static const char *path_of(const char *name)
{
	static char path[4][PATH_MAX];
	static unsigned next;
	char *to = path[next++ % 4];

	assert_true((size_t)snprintf(to, PATH_MAX, "%s/%s", root, name) < PATH_MAX);
	return to;
}

/* `after`: what comes after `before` and the root; NULL: nothing. */
static void write_file(const char *name, const char *before, const char *after)
{
	FILE *f = fopen(path_of(name), "we");

	assert_non_null(f);
	fprintf(f, "%s%s%s", before, after ? root : "", after ? after : "");
	fclose(f);
}

/* "open FILE" or "look FILE": which files settings really name, tests/cli/named_files_test.c shows. */
static void name_in_settings(const struct helper_naming *n, const char *path, helper_named *one,
			     void *arg)
{
	char *text, *end;
	size_t len;

	(void)n;
	if (file_read(path, 1000, &text, &len))
		return;
	end = strchr(text, '\n');
	assert_non_null(end);
	*end = '\0';
	if (!strncmp(text, "open ", 5))
		one(arg, text + 5, HELPER_MAY_OPEN);
	else if (!strncmp(text, "look ", 5))
		one(arg, text + 5, HELPER_MAY_LOOK);
	file_free(text, len);
}

/* What follows the first "@", up to a quote or the line's end: tests/auth/secret_files_test.c. */
static void name_in_users(const char *text, size_t len, bool is_conf, helper_named *one, void *arg)
{
	const char *at = memchr(text, '@', len);
	char path[PATH_MAX];

	if (!at)
		return;
	assert_int_equal(is_conf, !strncmp(text, "password", 8));
	snprintf(path, sizeof(path), "%.*s", (int)strcspn(at + 1, "\"\n"), at + 1);
	one(arg, path, HELPER_MAY_OPEN);
}

static const struct helper_naming naming = { .settings = name_in_settings, .users = name_in_users };

static int open_lab(void **state)
{
	static struct helper_files files = { .naming = &naming };
	static struct helper_service service;
	const struct helper_service *services[] = { &service };
	struct helper_cfg cfg = { .services = services, .service_count = 1, .runs_nothing = true };

	(void)state;
	snprintf(root, sizeof(root), "/tmp/helper_files_test.XXXXXX");
	assert_non_null(mkdtemp(root));
	assert_int_equal(mkdir(path_of("users.d"), 0700), 0);
	assert_int_equal(mkdir(path_of("run"), 0700), 0);
	write_file("users", "ann * \"@", "/ann.secret\" iroute=10.1.0.0/16\n");
	write_file("users.d/bob.conf", "password = @", "/bob.secret\n");
	write_file("ann.secret", "a", NULL);
	write_file("bob.secret", "b", NULL);
	write_file("key", "k", NULL);
	write_file("config", "cert = ", "/old.pem\n");
	write_file("old.pem", "o", NULL);
	write_file("new file.pem", "n", NULL);
	service = helper_files_service(&files);
	assert_int_equal(helper_start(&cfg, &helper), 0);
	helper_files_use(&agent, helper);
	return 0;
}

static int close_lab(void **state)
{
	char command[PATH_MAX + 16];

	(void)state;
	file_agent_use(NULL);
	helper_close(helper);
	snprintf(command, sizeof(command), "rm -rf %s", root);
	return system(command);
}

static void seal(void)
{
	assert_int_equal(helper_seal(helper), 0);
	helper_files_sealed(&agent);
}

static void assert_reads(const char *name, const char *wanted)
{
	char *text;
	size_t len;

	assert_int_equal(file_read(path_of(name), 1000, &text, &len), 0);
	assert_string_equal(text, wanted);
	file_free(text, len);
}

static void assert_refuses(const char *path)
{
	assert_int_equal(file_open_read(path), -EACCES);
}

static void what_was_opened(void **state)
{
	mode_t mode;

	(void)state;
	assert_reads("key", "k");
	assert_int_equal(file_open_read(path_of("later")), -ENOENT);
	seal();
	assert_reads("key", "k");
	assert_int_equal(file_look(path_of("key"), &mode), 0);
	assert_true(S_ISREG(mode));
	assert_int_equal(file_open_read(path_of("later")), -ENOENT);
	write_file("later", "l", NULL);
	assert_reads("later", "l");
	assert_refuses(path_of("bob.secret"));
	assert_refuses("/etc/shadow");
	assert_refuses(path_of("run/../key"));
	assert_refuses(path_of("./key"));
	assert_refuses(path_of("users.d"));
	assert_int_equal(helper_files_permit(helper, "/etc/shadow", HELPER_FILE_READ), -EPERM);
}

/* Of a file only the descriptor for reading comes. */
static void only_for_reading(void **state)
{
	int fd;

	(void)state;
	assert_int_equal(helper_files_permit(helper, path_of("key"), HELPER_FILE_READ), 0);
	seal();
	fd = file_open_read(path_of("key"));
	assert_true(fd >= 0);
	assert_int_equal(fcntl(fd, F_GETFL) & O_ACCMODE, O_RDONLY);
	assert_int_equal(write(fd, "x", 1), -1);
	close(fd);
}

static int open_lab_noted(void **state)
{
	mode_t mode;

	assert_false(file_note_paths(false));
	assert_int_equal(file_open_read("/etc/none-other"), -ENOENT);
	assert_false(file_note_paths(true));
	assert_int_equal(file_open_read("/etc/none-such"), -ENOENT);
	assert_int_equal(file_look("/proc", &mode), 0);
	assert_true(file_note_paths(false));
	return open_lab(state);
}

/* What was opened before the helper was started, such as the settings. */
static void noted_before(void **state)
{
	mode_t mode;

	(void)state;
	seal();
	assert_int_equal(file_open_read("/etc/none-such"), -ENOENT);
	assert_int_equal(file_look("/proc", &mode), 0);
	assert_refuses("/proc");
	assert_refuses("/etc/none-other");
}

static void no_device_and_no_fifo(void **state)
{
	(void)state;
	assert_int_equal(helper_files_permit(helper, path_of("key"), HELPER_FILE_READ), 0);
	assert_int_equal(helper_files_permit(helper, "/dev/zero", HELPER_FILE_READ), 0);
	seal();
	assert_int_equal(unlink(path_of("key")), 0);
	assert_int_equal(mkfifo(path_of("key"), 0600), 0);
	assert_int_equal(file_open_read(path_of("key")), -EINVAL);
	assert_int_equal(file_open_read("/dev/zero"), -EINVAL);
}

static void a_folder(void **state)
{
	DIR *folder = file_open_folder(path_of("users.d"));
	char path[PATH_MAX];

	(void)state;
	assert_non_null(folder);
	closedir(folder);
	seal();
	write_file("users.d/new.conf", "new", NULL);
	folder = file_open_folder(path_of("users.d"));
	assert_non_null(folder);
	assert_non_null(readdir(folder));
	closedir(folder);
	assert_reads("users.d/new.conf", "new");
	snprintf(path, sizeof(path), "%s/..", path_of("users.d"));
	assert_refuses(path);
	snprintf(path, sizeof(path), "%s/../key", path_of("users.d"));
	assert_refuses(path);
	snprintf(path, sizeof(path), "%s/x/y", path_of("users.d"));
	assert_refuses(path);
	assert_null(file_open_folder(path_of("users.d/new.conf")));
}

static bool is_network(const void *network, const char *word)
{
	return !strcmp(word, network);
}

/* Also what is named there only after the seal; no part of a word. */
static void what_files_name(void **state)
{
	struct helper_files here = { .first = NULL };
	uint8_t in[PATH_MAX];
	struct helper_service service = helper_files_service(&here);
	struct helper_call c = { .fd_in = -1 };
	mode_t mode;

	(void)state;
	assert_int_equal(helper_files_permit(helper, path_of("users"), HELPER_FILE_USERS), 0);
	assert_int_equal(helper_files_permit(helper, path_of("users.d"), HELPER_FILE_USERS), 0);
	assert_int_equal(helper_files_permit(helper, path_of("config"), HELPER_FILE_SETTINGS), 0);
	seal();
	assert_reads("ann.secret", "a");
	assert_reads("bob.secret", "b");
	assert_refuses(path_of("old.pem"));
	assert_refuses(path_of("new file.pem"));
	write_file("config", "open ", "/new file.pem\n");
	assert_reads("new file.pem", "n");
	write_file("config", "look ", "/new file.pem\n");
	assert_refuses(path_of("new file.pem"));
	assert_int_equal(file_look(path_of("new file.pem"), &mode), 0);
	assert_int_equal(file_look(path_of("old.pem"), &mode), -EACCES);
	assert_refuses(path_of("file.pem"));
	assert_refuses(root);

	in[0] = HELPER_FILE_USERS;
	memcpy(in + 1, path_of("users"), strlen(path_of("users")));
	c.in = reader_of(in, 1 + strlen(path_of("users")));
	assert_int_equal(service.ops[0].handle(&here, &c), 0);
	assert_true(helper_naming_has_word(&here, is_network, "10.1.0.0/16"));
	assert_false(helper_naming_has_word(&here, is_network, "10.2.0.0/16"));
	free(here.first);
}

/* It is not opened, by any name; whether it is there may be known. */
static void secrets(void **state)
{
	static char text[32 * 1024 - 50];
	mode_t mode;
	int fd;

	(void)state;
	assert_reads("ann.secret", "a");
	assert_int_equal(file_look(path_of("bob.secret"), &mode), 0);
	assert_int_equal(helper_files_permit(helper, path_of("config"), HELPER_FILE_SETTINGS), 0);
	assert_int_equal(helper_files_permit(helper, path_of("key"), HELPER_FILE_SECRET), 0);
	assert_int_equal(helper_files_permit(helper, path_of("key"), HELPER_FILE_READ), 0);
	assert_int_equal(helper_files_permit(helper, path_of("users.d"), HELPER_FILE_READ), 0);
	seal();
	assert_refuses(path_of("key"));
	assert_int_equal(file_look(path_of("key"), &mode), 0);
	assert_int_equal(link(path_of("key"), path_of("users.d/key")), 0);
	assert_refuses(path_of("users.d/key"));
	assert_int_equal(symlink("../key", path_of("users.d/link")), 0);
	assert_refuses(path_of("users.d/link"));
	/* a new certificate with its key, and one without */
	write_file("config", "open ", "/new.pem\n");
	write_file("new.pem", "-----BEGIN PRIVATE KEY-----\n", NULL);
	assert_refuses(path_of("new.pem"));
	memset(text, '\n', sizeof(text) - 1); /* the words are in two pieces that are read */
	write_file("new.pem", text, "-----BEGIN EC PRIVATE KEY-----\n");
	assert_refuses(path_of("new.pem"));
	write_file("new.pem", "-----BEGIN CERTIFICATE-----\n", NULL);
	fd = file_open_read(path_of("new.pem"));
	assert_true(fd >= 0);
	close(fd);
	assert_refuses(path_of("bob.secret"));
	assert_int_equal(file_look(path_of("bob.secret"), &mode), 0);
	assert_int_equal(file_look("/etc/shadow", &mode), -EACCES);
	assert_reads("ann.secret", "a");
}

static void write_bytes(const char *name, const void *bytes, size_t len)
{
	FILE *f = fopen(path_of(name), "we");

	assert_non_null(f);
	assert_int_equal(fwrite(bytes, 1, len, f), len);
	fclose(f);
}

/* Keys in DER are refused (crypto/private_key.h); a text that begins with the same character is not. */
static void secrets_in_der(void **state)
{
	static const struct bytes key = BYTES("\x30\x82\x04\xbe\x02\x01\x00\x30\x0d"),
				  text = BYTES("0\n\x30\n192.0.2.1");
	int fd;

	(void)state;
	assert_int_equal(helper_files_permit(helper, path_of("config"), HELPER_FILE_SETTINGS), 0);
	assert_int_equal(helper_files_permit(helper, path_of("key"), HELPER_FILE_SECRET), 0);
	write_file("config", "open ", "/new\n");
	seal();
	write_bytes("new", key.at, key.len);
	assert_refuses(path_of("new"));
	write_bytes("new", text.at, text.len);
	fd = file_open_read(path_of("new"));
	assert_true(fd >= 0);
	close(fd);
}

static void replacing(void **state)
{
	enum { LONG = 100 * 1000 };
	char *text = malloc(LONG + 1), *got;
	size_t len;

	(void)state;
	memset(text, 'x', LONG);
	assert_int_equal(helper_files_permit(helper, path_of("run/leases"), HELPER_FILE_WRITE), 0);
	assert_int_equal(
		helper_files_permit(helper, path_of("made/leases"), HELPER_FILE_WRITE_FOLDER), 0);
	seal();
	assert_int_equal(file_replace(path_of("run/leases"), text, LONG, NULL), 0);
	assert_int_equal(file_replace(path_of("made/leases"), "", 0, NULL), 0);
	assert_int_equal(file_replace(path_of("key"), "x", 1, NULL), -EACCES);
	assert_int_equal(file_replace(path_of("run/../key"), "x", 1, NULL), -EACCES);
	assert_refuses(path_of("run/leases")); /* not for reading */
	file_agent_use(NULL);
	assert_reads("key", "k");
	assert_reads("made/leases", "");
	assert_int_equal(file_read(path_of("run/leases"), LONG, &got, &len), 0);
	assert_int_equal(len, LONG);
	assert_memory_equal(got, text, LONG);
	file_free(got, len);
	free(text);
}

static void connecting(void **state)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), fd, accepted;

	(void)state;
	snprintf(at.sun_path, sizeof(at.sun_path), "%.90s/web", root);
	assert_int_equal(bind(listener, (struct sockaddr *)&at, sizeof(at)), 0);
	assert_int_equal(helper_files_permit(helper, at.sun_path, HELPER_FILE_CONNECT), 0);
	seal();
	assert_int_equal(file_connect(at.sun_path), -ECONNREFUSED);
	assert_int_equal(listen(listener, 5), 0);
	fd = file_connect(at.sun_path);
	assert_true(fd >= 0);
	assert_true(fcntl(fd, F_GETFL) & O_NONBLOCK);
	accepted = accept(listener, NULL, NULL);
	assert_true(accepted >= 0);
	assert_int_equal(file_connect("/run/other"), -EACCES);
	close(accepted);
	close(fd);
	close(listener);
}

/* Removed at the end, but not a file that has taken its place. */
static void removing(void **state)
{
	(void)state;
	assert_int_equal(helper_files_permit(helper, path_of("key"), HELPER_FILE_REMOVE), 0);
	assert_int_equal(helper_files_permit(helper, path_of("users"), HELPER_FILE_REMOVE), 0);
	assert_int_equal(helper_files_permit(helper, path_of("none"), HELPER_FILE_REMOVE), -ENOENT);
	seal();
	assert_int_equal(rename(path_of("ann.secret"), path_of("users")), 0);
	helper_close(helper);
	helper = NULL;
	assert_int_equal(access(path_of("key"), F_OK), -1);
	assert_int_equal(access(path_of("users"), F_OK), 0);
}

static int ask(uint16_t op, const void *in, size_t len)
{
	struct helper_question q = { .op = op, .in = bytes_of(in, len) };
	int error = helper_ask(helper, &q);

	if (q.fd_out >= 0)
		close(q.fd_out);
	return error;
}

static void hostile(void **state)
{
	char name[PATH_MAX];
	static uint8_t in[HELPER_PAYLOAD_MAX];
	size_t len = (size_t)snprintf(name, sizeof(name), "%s", path_of("key"));

	(void)state;
	assert_int_equal(helper_files_permit(helper, name, HELPER_FILE_READ), 0);
	seal();
	memcpy(in + 1, name, len + 1);
	in[0] = 0xfe;
	assert_int_equal(ask(OP_OPEN, in, len + 1), 0);
	assert_int_equal(ask(OP_OPEN, in, len + 2), -EBADMSG); /* a zero byte */
	assert_int_equal(ask(OP_OPEN, in, len), -EACCES);
	assert_int_equal(ask(OP_OPEN, in, 1), -ENAMETOOLONG);
	assert_int_equal(ask(OP_OPEN, NULL, 0), -ENAMETOOLONG);
	memset(in, 'x', sizeof(in));
	assert_int_equal(ask(OP_OPEN, in, sizeof(in)), -ENAMETOOLONG);
	assert_int_equal(ask(OP_REPLACE, in, sizeof(in)), -ENAMETOOLONG);
	in[1] = 0;
	in[2] = 200;
	assert_int_equal(ask(OP_REPLACE, in, 100), -EBADMSG);
	assert_int_equal(ask(OP_REPLACE, in, sizeof(in)), -EACCES);
	assert_int_equal(ask(OP_CONNECT, in, 20), -EBADMSG);
	assert_int_equal(ask(OP_PERMIT, in, 20), -EPERM);
	assert_int_equal(ask(OP_OPEN, "\0/", 2), -EACCES);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(what_was_opened, open_lab, close_lab),
		cmocka_unit_test_setup_teardown(only_for_reading, open_lab, close_lab),
		cmocka_unit_test_setup_teardown(no_device_and_no_fifo, open_lab, close_lab),
		cmocka_unit_test_setup_teardown(a_folder, open_lab, close_lab),
		cmocka_unit_test_setup_teardown(what_files_name, open_lab, close_lab),
		cmocka_unit_test_setup_teardown(secrets, open_lab, close_lab),
		cmocka_unit_test_setup_teardown(secrets_in_der, open_lab, close_lab),
		cmocka_unit_test_setup_teardown(noted_before, open_lab_noted, close_lab),
		cmocka_unit_test_setup_teardown(replacing, open_lab, close_lab),
		cmocka_unit_test_setup_teardown(connecting, open_lab, close_lab),
		cmocka_unit_test_setup_teardown(removing, open_lab, close_lab),
		cmocka_unit_test_setup_teardown(hostile, open_lab, close_lab),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
