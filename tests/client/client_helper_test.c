/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A client and its helper: what the helper removes at the end, and which options of sockets it sets. */
#include "client/client_helper.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "net/sockopt.h"

enum {
	OP_PLACE = HELPER_OP(HELPER_CLIENT, 1),
};

static char folder[] = "/tmp/client_helper_test.XXXXXX";
static struct client_helper helper;
static struct control_place place;
static char pid_file[64];

static int make_folder(void **state)
{
	(void)state;
	return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
	(void)state;
	return rmdir(folder);
}

static void make_file(const char *path)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	fclose(file);
}

static bool is_there(const char *path)
{
	return !access(path, F_OK);
}

static int start(void **state)
{
	struct stat st;

	(void)state;
	helper = (struct client_helper){ .pid_file = pid_file, .options = { "reno" } };
	place = (struct control_place){ .is_default = false };
	snprintf(pid_file, sizeof(pid_file), "%s/pid", folder);
	snprintf(place.path, sizeof(place.path), "%s/vpn.sock", folder);
	make_file(pid_file);
	make_file(place.path);
	assert_int_equal(stat(place.path, &st), 0);
	place.dev = st.st_dev;
	place.ino = st.st_ino;
	assert_int_equal(client_helper_start(&helper), 0);
	return 0;
}

static int stop(void **state)
{
	(void)state;
	client_helper_close(&helper);
	unlink(pid_file);
	unlink(place.path);
	return 0;
}

static void the_socket_is_removed_at_the_end(void **state)
{
	(void)state;
	assert_int_equal(client_helper_seal(&helper, &place), 0);
	assert_true(is_there(place.path));
	client_helper_close(&helper);
	assert_false(is_there(place.path));
}

/* Another program has taken the name since. */
static void the_socket_of_another_stays(void **state)
{
	(void)state;
	place.ino++;
	assert_int_equal(client_helper_seal(&helper, &place), 0);
	client_helper_close(&helper);
	assert_true(is_there(place.path));
}

static void without_a_socket_nothing_is_removed(void **state)
{
	char path[sizeof(place.path)];

	(void)state;
	strcpy(path, place.path);
	*place.path = '\0';
	assert_int_equal(client_helper_seal(&helper, &place), 0);
	client_helper_close(&helper);
	assert_true(is_there(path));
	unlink(path);
}

static int ask(uint16_t op, const void *at, size_t len, int fd)
{
	struct helper_question q = { .op = op, .in = bytes_of(at, len), .fd_in = fd };

	return helper_ask(helper.helper, &q);
}

/* What an attacker who takes the process over later may not do. */
static void the_place_is_named_before_the_seal(void **state)
{
	uint8_t in[CONTROL_PLACE_LEN];
	struct writer w = writer_of(in, sizeof(in));

	(void)state;
	control_place_put(&w, &place);
	assert_int_equal(ask(OP_PLACE, in, w.len - strlen(place.path), 0), -EBADMSG);
	assert_int_equal(ask(OP_PLACE, in, 0, 0), -EBADMSG);
	*place.path = '\0';
	assert_int_equal(client_helper_seal(&helper, &place), 0);
	assert_int_equal(ask(OP_PLACE, in, w.len, 0), -EPERM);
	snprintf(place.path, sizeof(place.path), "%s/vpn.sock", folder);
	client_helper_close(&helper);
	assert_true(is_there(place.path));
}

static int ask_option(uint16_t option, uint32_t number, const char *name, int fd)
{
	uint8_t in[64];
	struct writer w = writer_of(in, sizeof(in));

	put_u16(&w, option);
	put_u32(&w, number);
	put_bytes(&w, name, strlen(name));
	return ask(HELPER_OPTIONS_SET, in, w.len, fd);
}

static void only_some_options_are_set(void **state)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	char name[16] = "";
	socklen_t len = sizeof(name);

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(client_helper_seal(&helper, &place), 0);
	assert_int_equal(ask_option(SOCKOPT_CONGESTION, 0, "reno", fd), 0);
	assert_int_equal(getsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, name, &len), 0);
	assert_string_equal(name, "reno");
	assert_int_equal(ask_option(SOCKOPT_CONGESTION, 0, "cubic", fd), -EPERM);
	assert_int_equal(ask_option(SOCKOPT_CONGESTION, 0, "a-name-that-is-too-long", fd),
			 -EBADMSG);
	assert_int_equal(ask_option(SOCKOPT_CONGESTION, 0, "reno", 0), -EBADMSG);
	assert_int_equal(ask_option(SOCKOPT_SNDBUF, UINT32_MAX, "", fd), -EPERM);
	assert_int_equal(ask_option(SOCKOPT_MARK, 1, "", fd), -EPERM);
	assert_int_equal(ask_option(99, 1, "", fd), -EPERM);
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(the_socket_is_removed_at_the_end, start, stop),
		cmocka_unit_test_setup_teardown(the_socket_of_another_stays, start, stop),
		cmocka_unit_test_setup_teardown(without_a_socket_nothing_is_removed, start, stop),
		cmocka_unit_test_setup_teardown(the_place_is_named_before_the_seal, start, stop),
		cmocka_unit_test_setup_teardown(only_some_options_are_set, start, stop),
	};

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
