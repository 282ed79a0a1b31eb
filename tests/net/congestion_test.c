/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The congestion control of a socket: what is chosen, what is refused, and that it is inherited. */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "net/congestion.h"
#include "support/loopback.h"

struct name {
	char text[CONGESTION_NAME_MAX + 1];
};

static int tcp_socket(void)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	return fd;
}

static struct name name_of(int fd)
{
	struct name n = { "" };
	socklen_t len = sizeof(n.text) - 1;

	assert_int_equal(getsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, n.text, &len), 0);
	return n;
}

/* Reno is in every kernel, and every user may use it. */
static void a_name_is_set(void **state)
{
	int fd = tcp_socket();

	(void)state;
	assert_int_equal(congestion_set(fd, "reno"), 0);
	assert_string_equal(name_of(fd).text, "reno");
	close(fd);
}

/* The tunnel decides what auto means. */
static void nothing_system_and_auto_change_nothing(void **state)
{
	int fd = tcp_socket();

	(void)state;
	assert_int_equal(congestion_set(fd, "reno"), 0);
	assert_int_equal(congestion_set(fd, NULL), 0);
	assert_int_equal(congestion_set(fd, CONGESTION_SYSTEM), 0);
	assert_int_equal(congestion_set(fd, CONGESTION_AUTO), 0);
	assert_string_equal(name_of(fd).text, "reno");
	close(fd);
}

static void an_unknown_name_is_an_error(void **state)
{
	int fd = tcp_socket(), error;
	struct name before = name_of(fd);

	(void)state;
	error = congestion_set(fd, "no_such_one");
	assert_true(error == -ENOENT || error == -EPERM);
	assert_string_equal(name_of(fd).text, before.text);
	assert_string_equal(congestion_error_text(-ENOENT), "the kernel does not have it");
	assert_non_null(strstr(congestion_error_text(-EPERM), "tcp_allowed_congestion_control"));
	close(fd);
}

static void accepted_sockets_inherit_the_listeners(void **state)
{
	int listener = loopback_listen(), near, far;

	(void)state;
	assert_int_equal(congestion_set(listener, "reno"), 0);
	near = loopback_connect(listener, &far);
	assert_string_equal(name_of(far).text, "reno");
	close(listener);
	close(near);
	close(far);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_name_is_set),
		cmocka_unit_test(nothing_system_and_auto_change_nothing),
		cmocka_unit_test(an_unknown_name_is_an_error),
		cmocka_unit_test(accepted_sockets_inherit_the_listeners),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
