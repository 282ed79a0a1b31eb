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

enum { US = 1000, SIZE = 4 * 1024 * 1024 };

static void it_doubles_up_to_a_limit(void **state)
{
	struct sndbuf s = { 0 };
	uint32_t size = SIZE, grown;
	uint64_t limited_us = 0;
	unsigned steps = 0;

	(void)state;
	for (; (grown = sndbuf_grown(&s, limited_us += SNDBUF_LIMITED_MS * US, size)); steps++) {
		assert_true(grown > size && grown <= 2 * size);
		size = grown;
	}
	assert_int_equal(size, SNDBUF_MAX);
	assert_int_equal(steps, 4);
}

/* A moment without room is no reason, and time that was counted is not counted again. */
static void only_when_it_is_the_limit(void **state)
{
	struct sndbuf s = { 0 };

	(void)state;
	assert_int_equal(sndbuf_grown(&s, 0, SIZE), 0);
	assert_int_equal(sndbuf_grown(&s, (SNDBUF_LIMITED_MS - 1) * US, SIZE), 0);
	assert_int_equal(sndbuf_grown(&s, SNDBUF_LIMITED_MS * US, SIZE), 2 * SIZE);
	assert_int_equal(sndbuf_grown(&s, (2 * SNDBUF_LIMITED_MS - 1) * US, 2 * SIZE), 0);
}

/* While the kernel itself lets it grow, nothing is set, since that would stop the kernel. */
static void not_while_the_kernel_does_it(void **state)
{
	struct sndbuf s = { 0 };

	(void)state;
	assert_int_equal(sndbuf_grown(&s, 10000 * US, SNDBUF_MIN - 1), 0);
	assert_int_equal(sndbuf_grown(&s, 10000 * US, SNDBUF_MIN), 0);
	assert_int_equal(sndbuf_grown(&s, (10000 + SNDBUF_LIMITED_MS) * US, SNDBUF_MIN),
			 2 * SNDBUF_MIN);
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
	sndbuf_look(&s, fd, SNDBUF_LIMITED_MS * US);
	if (may) {
		assert_int_equal(before, SNDBUF_MIN);
		assert_int_equal(size_of(fd), 2 * SNDBUF_MIN);
	} else {
		assert_int_equal(size_of(fd), before);
	}
	assert_false(may && s.is_refused);
	sndbuf_look(&s, -1,
		    10 * SNDBUF_LIMITED_MS * US); /* as on a socket of another kind: no harm */
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_doubles_up_to_a_limit),
		cmocka_unit_test(only_when_it_is_the_limit),
		cmocka_unit_test(not_while_the_kernel_does_it),
		cmocka_unit_test(the_kernel_decides),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
