/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The FIFO of bytes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "stack/queue.h"

static void queues_keep_order(void **state)
{
	struct queue q = { .at = NULL };
	uint8_t in = 0, out = 0, part[700];

	(void)state;
	for (size_t round = 0; round < 400; round++) {
		size_t n = round * 37 % sizeof(part), m;
		struct bytes b;

		for (size_t i = 0; i < n; i++)
			part[i] = in++;
		assert_true(queue_put(&q, part, n));
		b = queue_bytes(&q);
		m = b.len < 350 ? b.len : 350;
		for (size_t i = 0; i < m; i++)
			assert_int_equal(b.at[i], out++);
		queue_drop(&q, m);
	}
	queue_free(&q);
	assert_int_equal(queue_bytes(&q).len, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(queues_keep_order),
	};

	return cmocka_run_group_tests_name("stack/queue", tests, NULL, NULL);
}
