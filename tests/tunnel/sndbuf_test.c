/* SPDX-License-Identifier: GPL-3.0-or-later */
/* When a socket's send buffer grows, how far, and what the kernel allows to whom. */
#include <errno.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "tunnel/sndbuf.h"

enum { SIZE = 4 * 1024 * 1024 };

static uint32_t grown(struct sndbuf *s, uint32_t limited_ms, uint32_t in_flight, uint32_t size)
{
	return sndbuf_grown(s, &(struct sndbuf_facts){ limited_ms, in_flight }, size);
}

static void it_doubles_up_to_a_limit(void **state)
{
	struct sndbuf s = { 0 };
	uint32_t size = SIZE, next, limited_ms = 0;
	unsigned steps = 0;

	(void)state;
	for (; (next = grown(&s, limited_ms += SNDBUF_LIMITED_MS, 0, size)); steps++) {
		assert_true(next > size && next <= 2 * size);
		size = next;
	}
	assert_int_equal(size, SNDBUF_MAX);
	assert_int_equal(steps, 4);
}

/* A moment without room is no reason, and time that was counted is not counted again. */
static void only_when_it_is_the_limit(void **state)
{
	struct sndbuf s = { 0 };

	(void)state;
	assert_int_equal(grown(&s, 0, 0, SIZE), 0);
	assert_int_equal(grown(&s, SNDBUF_LIMITED_MS - 1, 0, SIZE), 0);
	assert_int_equal(grown(&s, SNDBUF_LIMITED_MS, 0, SIZE), 2 * SIZE);
	assert_int_equal(grown(&s, 2 * SNDBUF_LIMITED_MS - 1, 0, 2 * SIZE), 0);
}

/* In slow start what is in flight doubles in each round trip: the buffer is never full before it has grown. */
static void before_it_is_the_limit(void **state)
{
	struct sndbuf s = { 0 };
	uint32_t size = SIZE, next;

	(void)state;
	assert_int_equal(grown(&s, 0, SIZE / SNDBUF_SHARE - 1, SIZE), 0);
	for (uint32_t in_flight = 1024; in_flight <= SNDBUF_MAX / 4; in_flight *= 2) {
		assert_true(in_flight <= size / 2);
		next = grown(&s, 0, in_flight, size);
		size = next ? next : size;
	}
	assert_int_equal(size, SNDBUF_MAX);
}

/* While the kernel itself lets it grow, nothing is set, since that would stop the kernel. */
static void not_while_the_kernel_does_it(void **state)
{
	struct sndbuf s = { 0 };

	(void)state;
	assert_int_equal(grown(&s, 10000, SNDBUF_MIN, SNDBUF_MIN - 1), 0);
	assert_int_equal(grown(&s, 10000, 0, SNDBUF_MIN), 0);
	assert_int_equal(grown(&s, 10000 + SNDBUF_LIMITED_MS, 0, SNDBUF_MIN), 2 * SNDBUF_MIN);
}

static int size_of(int fd)
{
	int size = 0;
	socklen_t len = sizeof(size);

	assert_int_equal(getsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, &len), 0);
	return size;
}

/* With CAP_NET_ADMIN the size passes net.core.wmem_max; without it nothing changes, and it is tried once. */
static void the_kernel_decides(void **state)
{
	struct sndbuf s = { 0 };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), half = SNDBUF_MIN / 2, before;
	bool may = !setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &half, sizeof(half));

	(void)state;
	before = size_of(fd);
	sndbuf_look(&s, fd, &(struct sndbuf_facts){ .in_flight = SNDBUF_MIN / SNDBUF_SHARE - 1 });
	assert_int_equal(size_of(fd), before);
	sndbuf_look(&s, fd, &(struct sndbuf_facts){ .limited_ms = SNDBUF_LIMITED_MS });
	if (may) {
		assert_int_equal(before, SNDBUF_MIN);
		assert_int_equal(size_of(fd), 2 * SNDBUF_MIN);
		sndbuf_look(&s, fd, &(struct sndbuf_facts){ SNDBUF_LIMITED_MS, SNDBUF_MIN });
		assert_int_equal(size_of(fd), 4 * SNDBUF_MIN);
	} else {
		assert_int_equal(size_of(fd), before);
	}
	assert_false(may && s.is_refused);
	sndbuf_look(
		&s, -1,
		&(struct sndbuf_facts){ 10 * SNDBUF_LIMITED_MS,
					SNDBUF_MAX }); /* as on a socket of another kind: no harm */
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_doubles_up_to_a_limit),
		cmocka_unit_test(only_when_it_is_the_limit),
		cmocka_unit_test(before_it_is_the_limit),
		cmocka_unit_test(not_while_the_kernel_does_it),
		cmocka_unit_test(the_kernel_decides),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
