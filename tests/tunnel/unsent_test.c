/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How much may wait unsent in a socket: the limit for a speed, and that a real TCP connection keeps it. */
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "support/loopback.h"
#include "tunnel/unsent.h"

enum { WINDOW = 4096, BATCH = 64 * 1024, SLOW = 1000 * 1000 /* bytes a second */ };

static int near, far;

/* A connection whose peer has a small window, and does not read by itself. */
static int set_up(void **state)
{
	int listener = loopback_listen(), window = WINDOW;

	(void)state;
	setsockopt(listener, SOL_SOCKET, SO_RCVBUF, &window, sizeof(window));
	near = loopback_connect(listener, &far);
	close(listener);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	close(near);
	close(far);
	return 0;
}

static void the_limit_follows_the_speed(void **state)
{
	static const struct {
		const char *name;
		uint64_t rate;
		bool is_startup;
		long limit;
	} cases[] = {
		{ "not known", 0, false, UNSENT_START },
		{ "a modem", 1000, false, UNSENT_MIN },
		{ "20 Mbit/s", 2500 * 1000, false, 10000 },
		{ "20 Mbit/s, BBR begins", 2500 * 1000, true, 100000 },
		{ "10 Gbit/s", 1250u * 1000 * 1000, false, UNSENT_MAX },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		long limit = unsent_limit(cases[i].rate, cases[i].is_startup);

		if (limit != cases[i].limit)
			fail_msg("%s: %ld", cases[i].name, limit);
	}
}

/* A window of which less than half is used does not grow (RFC 7661; Linux: tcp_is_cwnd_limited). */
static void the_first_slow_start_is_known(void **state)
{
	enum { NO_THRESHOLD = 0x7fffffff };

	(void)state;
	assert_true(unsent_is_slow_start(&(struct unsent_window){ 20, NO_THRESHOLD, 20 }));
	assert_true(unsent_is_slow_start(&(struct unsent_window){ 20, NO_THRESHOLD, 11 }));
	assert_false(unsent_is_slow_start(&(struct unsent_window){ 20, NO_THRESHOLD, 10 }));
	assert_false(unsent_is_slow_start(&(struct unsent_window){ 20, NO_THRESHOLD, 0 }));
	assert_false(unsent_is_slow_start(&(struct unsent_window){ 20, 40, 20 }));
	assert_false(unsent_is_slow_start(&(struct unsent_window){ 40, 20, 40 }));
}

static void send_batch(struct unsent *u)
{
	static const char zeroes[BATCH];
	ssize_t n = send(near, zeroes, sizeof(zeroes), MSG_DONTWAIT);

	assert_true(n > 0);
	unsent_put(u, (size_t)n);
}

static void read_until_writable(void)
{
	struct pollfd p = { near, POLLOUT, 0 };
	char buffer[1024];

	while (!poll(&p, 1, 0))
		assert_true(recv(far, buffer, sizeof(buffer), 0) > 0);
}

static void a_slow_socket_is_held_until_it_has_sent(void **state)
{
	struct unsent u;

	(void)state;
	unsent_start(&u, near);
	unsent_set_rate(&u, near, SLOW);
	assert_false(unsent_is_full(&u));
	send_batch(&u);
	assert_true(unsent_is_full(&u)); /* before the kernel is asked */
	unsent_check(&u, near);
	assert_true(u.is_held);
	read_until_writable();
	unsent_check(&u, near);
	assert_false(u.is_held);
	assert_false(unsent_is_full(&u));
	assert_true(u.room >= u.limit / 2);
}

/* Below half of the limit the kernel is not asked; later the check notices what was sent meanwhile. */
static void what_has_left_makes_room(void **state)
{
	struct unsent u;
	char buffer[3000] = { 0 };

	(void)state;
	unsent_start(&u, near);
	unsent_set_rate(&u, near, SLOW);
	for (int i = 0; i < 100; i++) {
		assert_int_equal(send(near, buffer, sizeof(buffer), 0), sizeof(buffer));
		unsent_put(&u, sizeof(buffer));
		assert_int_equal(recv(far, buffer, sizeof(buffer), MSG_WAITALL), sizeof(buffer));
		unsent_check(&u, near);
		assert_false(unsent_is_full(&u));
	}
}

static void a_fast_socket_is_trusted(void **state)
{
	struct unsent u;

	(void)state;
	unsent_start(&u, near);
	send_batch(&u);
	unsent_put(&u, 100 * UNSENT_MAX);
	assert_false(unsent_is_full(&u));
	unsent_check(&u, near);
	assert_false(u.is_held);
}

/* Held when it was slow; then unsent_look finds that it is fast. */
static void a_faster_speed_lets_go(void **state)
{
	struct unsent u;

	(void)state;
	unsent_start(&u, near);
	unsent_set_rate(&u, near, SLOW);
	send_batch(&u);
	unsent_check(&u, near);
	assert_true(u.is_held);
	unsent_set_rate(&u, near, 1000 * SLOW);
	assert_false(unsent_is_full(&u));
	unsent_check(&u, near);
	assert_false(u.is_held);
}

static void a_socket_that_does_not_tell_is_never_held(void **state)
{
	struct unsent u;
	int fds[2];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
	unsent_start(&u, fds[0]);
	assert_false(unsent_look(&u, fds[0], 1000));
	unsent_set_rate(&u, fds[0], SLOW);
	unsent_put(&u, BATCH);
	unsent_check(&u, fds[0]);
	assert_false(u.is_held);
	assert_false(unsent_is_full(&u));
	close(fds[0]);
	close(fds[1]);
}

static void it_looks_now_and_then(void **state)
{
	struct unsent u;

	(void)state;
	unsent_start(&u, near);
	assert_true(unsent_look(&u, near, 1000));
	assert_false(unsent_look(&u, near, 1000 + UNSENT_LOOK_MS - 1));
	assert_true(unsent_look(&u, near, 1000 + UNSENT_LOOK_MS));
	assert_false(u.is_recovering);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(the_limit_follows_the_speed),
		CASE(the_first_slow_start_is_known),
		CASE(a_slow_socket_is_held_until_it_has_sent),
		CASE(what_has_left_makes_room),
		CASE(a_fast_socket_is_trusted),
		CASE(a_faster_speed_lets_go),
		CASE(a_socket_that_does_not_tell_is_never_held),
		CASE(it_looks_now_and_then),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
