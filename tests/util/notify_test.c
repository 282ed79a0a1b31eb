/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Notifying a service manager, by either kind of socket name. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include "util/log.h"
#include "util/notify.h"

static char folder[] = "/tmp/notify-XXXXXX";
static char path[64];

/* A manager's socket; `name` as in NOTIFY_SOCKET. */
static int manager_at(const char *name)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	socklen_t len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(name));
	int fd = socket(AF_UNIX, SOCK_DGRAM, 0);

	strcpy(at.sun_path, name);
	if (*name == '@')
		at.sun_path[0] = '\0';
	assert_return_code(bind(fd, (struct sockaddr *)&at, len), 0);
	return fd;
}

static void assert_received(int fd, const char *text)
{
	char got[512] = "";

	assert_true(recv(fd, got, sizeof(got) - 1, MSG_DONTWAIT) > 0);
	assert_string_equal(got, text);
}

static void listen_at(const char *name)
{
	int fd = manager_at(name);

	setenv("NOTIFY_SOCKET", name, 1);
	notify_begin();
	assert_null(getenv("NOTIFY_SOCKET"));
	notify("READY=1\nSTATUS=%s", "up sstp0");
	assert_received(fd, "READY=1\nSTATUS=up sstp0");
	close(fd);
	notify("STATUS=the listener is gone");
}

static void a_path_is_notified(void **state)
{
	(void)state;
	listen_at(path);
	unlink(path);
}

static void an_abstract_name_is_notified(void **state)
{
	char name[64];

	(void)state;
	snprintf(name, sizeof(name), "@sstp-notify-test-%d", getpid());
	listen_at(name);
}

static void reloading_has_the_time(void **state)
{
	int fd = manager_at(path);
	char got[128] = "";
	unsigned long long usec;

	(void)state;
	setenv("NOTIFY_SOCKET", path, 1);
	notify_begin();
	notify_reloading();
	assert_true(recv(fd, got, sizeof(got) - 1, MSG_DONTWAIT) > 0);
	assert_int_equal(sscanf(got, "RELOADING=1\nMONOTONIC_USEC=%llu", &usec), 1);
	close(fd);
	unlink(path);
}

/* Fills the socket with other messages until the kernel takes no more. */
static size_t fill(const char *name)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_DGRAM, 0);
	size_t count = 0;

	strcpy(at.sun_path, name);
	while (sendto(fd, "x", 1, MSG_DONTWAIT, (struct sockaddr *)&at, sizeof(at)) == 1)
		count++;
	close(fd);
	return count;
}

static void a_full_manager_is_notified_later(void **state)
{
	int fd = manager_at(path);
	size_t count;
	char got[128];

	(void)state;
	setenv("NOTIFY_SOCKET", path, 1);
	notify_begin();
	assert_true(notify("STATUS=received"));
	assert_received(fd, "STATUS=received");
	count = fill(path);
	assert_false(notify("READY=1\nSTATUS=up"));
	assert_false(notify_again());
	assert_false(notify("STATUS=down"));
	assert_false(notify("STATUS=down again")); /* in place of the last */
	assert_false(notify_reloading());
	assert_false(notify("READY=1"));
	while (count--)
		assert_received(fd, "x");
	assert_true(notify_again());
	assert_true(notify_again());
	assert_received(fd, "READY=1\nSTATUS=up");
	assert_received(fd, "STATUS=down again");
	assert_true(recv(fd, got, sizeof(got), MSG_DONTWAIT) > 0);
	assert_memory_equal(got, "RELOADING=1\n", 12);
	assert_received(fd, "READY=1");
	assert_int_equal(recv(fd, got, sizeof(got), MSG_DONTWAIT), -1);
	close(fd);
	unlink(path);
}

/* Many reloads while the manager does not read: the last messages are kept. */
static void of_too_many_the_last_are_sent(void **state)
{
	int fd = manager_at(path);
	char got[512] = "", last[512] = "";

	(void)state;
	setenv("NOTIFY_SOCKET", path, 1);
	notify_begin();
	fill(path);
	for (int i = 0; i < 100; i++) {
		assert_false(notify_reloading());
		assert_false(notify("READY=1\nSTATUS=%d", i));
	}
	do {
		memcpy(last, got, sizeof(got));
		memset(got, 0, sizeof(got));
		notify_again();
	} while (recv(fd, got, sizeof(got) - 1, MSG_DONTWAIT) > 0);
	assert_string_equal(last, "READY=1\nSTATUS=99");
	assert_true(notify_again());
	close(fd);
	unlink(path);
}

/* Messages for a manager that has ended are dropped. */
static void a_missing_manager_is_not_retried(void **state)
{
	(void)state;
	setenv("NOTIFY_SOCKET", path, 1);
	notify_begin();
	assert_true(notify("READY=1"));
	close(manager_at(path));
	assert_true(notify("READY=1"));
	unlink(path);
}

static char logged[512];
static unsigned lines;

static void keep(enum log_level level, const char *name, const char *line)
{
	(void)name;
	assert_int_equal(level, LOG_LEVEL_WARN);
	snprintf(logged, sizeof(logged), "%s", line);
	lines++;
}

/* `name` is the variable's value, `warning` what is logged about it; NULL: nothing. */
static void assert_warns(const char *name, const char *warning)
{
	logged[0] = '\0';
	lines = 0;
	setenv("NOTIFY_SOCKET", name, 1);
	log_set_sink(keep);
	notify_begin();
	notify("READY=1");
	notify("STATUS=up");
	log_set_sink(NULL);
	print_message("# %s\n", logged);
	assert_int_equal(lines, warning != NULL);
	if (warning)
		assert_non_null(strstr(logged, warning));
}

static void other_names_are_warned_of(void **state)
{
	static const char form[] = "must be an absolute path, or @ and a name";
	char long_name[256];

	(void)state;
	assert_warns("", NULL);
	assert_warns("@", form);
	assert_warns("vsock:2:1234", form);
	assert_warns("relative", form);
	memset(long_name, 'x', sizeof(long_name) - 1);
	long_name[0] = '/';
	long_name[sizeof(long_name) - 1] = '\0';
	assert_warns(long_name, form);
}

static void a_missing_socket_is_warned_of_once(void **state)
{
	(void)state;
	assert_warns("/nowhere/socket", "NOTIFY_SOCKET=/nowhere/socket: No such file or directory");
	assert_warns("/etc/passwd", "NOTIFY_SOCKET=/etc/passwd: ");
	assert_warns("/tmp", "NOTIFY_SOCKET=/tmp: ");
	assert_warns("@nobody/is/here", "NOTIFY_SOCKET=@nobody/is/here: Connection refused");
}

static void a_manager_that_has_gone_is_not_warned_of(void **state)
{
	int fd = manager_at(path);

	(void)state;
	setenv("NOTIFY_SOCKET", path, 1);
	notify_begin();
	notify("READY=1");
	close(fd);
	unlink(path);
	lines = 0;
	log_set_sink(keep);
	notify("STATUS=up");
	log_set_sink(NULL);
	assert_int_equal(lines, 0);
}

static int make_folder(void **state)
{
	(void)state;
	snprintf(path, sizeof(path), "%s/socket", mkdtemp(folder));
	return 0;
}

static int remove_folder(void **state)
{
	(void)state;
	return rmdir(folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(other_names_are_warned_of),
		cmocka_unit_test(a_missing_socket_is_warned_of_once),
		cmocka_unit_test(a_manager_that_has_gone_is_not_warned_of),
		cmocka_unit_test(a_path_is_notified),
		cmocka_unit_test(an_abstract_name_is_notified),
		cmocka_unit_test(reloading_has_the_time),
		cmocka_unit_test(a_full_manager_is_notified_later),
		cmocka_unit_test(of_too_many_the_last_are_sent),
		cmocka_unit_test(a_missing_manager_is_not_retried),
	};

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
