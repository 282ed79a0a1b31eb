/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Unix sockets as listeners: what is in their place already. */
#include "server/listen.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static char folder[32], path[64];
static const struct listen_addr at = { .path = path };

static int set_up(void **state)
{
	(void)state;
	snprintf(folder, sizeof(folder), "/tmp/sstp-listen-XXXXXX");
	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/x.sock", folder);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	unlink(path);
	return rmdir(folder);
}

static void a_left_over_socket_is_replaced(void **state)
{
	int first = listen_open(&at, false), second;

	(void)state;
	assert_true(first >= 0);
	assert_int_equal(listen_open(&at, false), -EADDRINUSE);
	close(first); /* as if the program had died */
	second = listen_open(&at, false);
	assert_true(second >= 0);
	close(second);
	listen_remove(&at);
	assert_int_equal(access(path, F_OK), -1);
}

/* A file whose name was given by mistake. */
static void a_file_is_not_replaced(void **state)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	struct stat st;

	(void)state;
	assert_int_equal(write(fd, "text", 4), 4);
	close(fd);
	assert_int_equal(listen_open(&at, false), -EEXIST);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_size, 4);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_left_over_socket_is_replaced),
		TEST(a_file_is_not_replaced),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
