/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A server that has given up its rights: what its helper still sets at the connections. */
#include "server/server_helper.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "net/congestion.h"
#include "net/sockopt.h"
#include "proc/helper_options.h"

enum { NOBODY = 65534, LARGE = 16 << 20 };

static struct server_helper helper;

static void start(const char *congestion)
{
	struct server_cfg cfg = { .congestion = congestion };

	helper = (struct server_helper){ .loop = NULL };
	assert_int_equal(server_helper_start(&helper, &cfg), 0);
	assert_non_null(helper.helper);
}

/* As the process that reads from the network: the test itself keeps its rights. Returns what `set` did, as a number from 0. */
static int without_rights(int (*set)(int fd), int fd)
{
	pid_t pid = fork();
	int status;

	if (!pid) {
		if (!geteuid() &&
		    (setresgid(NOBODY, NOBODY, NOBODY) || setresuid(NOBODY, NOBODY, NOBODY)))
			_exit(255);
		_exit(-set(fd));
	}
	assert_true(pid > 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static int set_large(int fd)
{
	return sockopt_sndbuf(fd, LARGE);
}

static int set_too_large(int fd)
{
	return sockopt_sndbuf(fd, SOCKOPT_SNDBUF_MAX + 1);
}

static int set_mark(int fd)
{
	return sockopt_mark(fd, 7);
}

static int size_of(int fd)
{
	int size = 0;
	socklen_t len = sizeof(size);

	assert_int_equal(getsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, &len), 0);
	return size;
}

/* An ordinary user's helper has no more rights than the user. */
static int expected(void)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int error = -sockopt_set(fd, &(struct sockopt_value){ SOCKOPT_SNDBUF, .number = LARGE });

	close(fd);
	return error;
}

static void the_send_buffer_grows(void **state)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), error = expected();

	(void)state;
	start(CONGESTION_AUTO);
	assert_int_equal(without_rights(set_large, fd), error);
	if (!error)
		assert_int_equal(size_of(fd), 2 * LARGE);
	assert_int_equal(without_rights(set_too_large, fd), EPERM);
	assert_int_equal(without_rights(set_mark, fd), EPERM);
	server_helper_close(&helper);
	assert_int_equal(without_rights(set_large, fd), EPERM);
	close(fd);
}

static bool has_bbr(void)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int error = sockopt_set(fd, &(struct sockopt_value){ SOCKOPT_CONGESTION,
							     .name = CONGESTION_BBR });

	close(fd);
	return !error;
}

/* Directly: this kernel may permit it to everybody. */
static int ask_congestion(const char *name, int fd)
{
	uint8_t in[32];
	struct writer w = writer_of(in, sizeof(in));
	struct helper_question q = { .op = HELPER_OPTIONS_SET, .fd_in = fd };

	put_u16(&w, SOCKOPT_CONGESTION);
	put_u32(&w, 0);
	put_bytes(&w, name, strlen(name));
	q.in = bytes_of(in, w.len);
	return helper_ask(helper.helper, &q);
}

static void bbr_is_set_if_it_may_be_chosen(void **state)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	(void)state;
	if (!has_bbr()) {
		print_message("skip: kernel: no BBR\n");
		skip();
	}
	start(CONGESTION_AUTO);
	assert_int_equal(ask_congestion(CONGESTION_BBR, fd), 0);
	assert_int_equal(ask_congestion("reno", fd), -EPERM); /* nobody has chosen it */
	server_helper_close(&helper);
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_send_buffer_grows),
		cmocka_unit_test(bbr_is_set_if_it_may_be_chosen),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
