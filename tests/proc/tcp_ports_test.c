/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The list of ports: each once, and all ports when there are too many. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "proc/tcp_ports.h"

static void each_once(void **state)
{
	struct tcp_ports p = { .count = 0 };
	struct landlock_cfg cfg = { .port_count = 0 };

	(void)state;
	tcp_ports_add(&p, 53);
	tcp_ports_add(&p, 443);
	tcp_ports_add(&p, 53);
	tcp_ports_permit(&p, &cfg);
	assert_int_equal(cfg.port_count, 2);
	assert_ptr_equal(cfg.ports, p.at);
	assert_int_equal(p.at[0], 53);
	assert_int_equal(p.at[1], 443);
}

/* An empty list permits no port: it is not the same as all. */
static void none(void **state)
{
	struct tcp_ports p = { .count = 0 };
	struct landlock_cfg cfg = { .port_count = 0 };

	(void)state;
	tcp_ports_permit(&p, &cfg);
	assert_int_equal(cfg.port_count, 0);
	assert_non_null(cfg.ports);
}

static void too_many(void **state)
{
	struct tcp_ports p = { .count = 0 };
	struct landlock_cfg cfg = { .port_count = 0 };

	(void)state;
	for (uint16_t port = 1; port < TCP_PORTS_MAX; port++)
		tcp_ports_add(&p, port);
	tcp_ports_permit(&p, &cfg);
	assert_int_equal(cfg.port_count, TCP_PORTS_MAX - 1);
	for (uint16_t port = TCP_PORTS_MAX; port < 2 * TCP_PORTS_MAX; port++)
		tcp_ports_add(&p, port);
	tcp_ports_permit(&p, &cfg);
	assert_null(cfg.ports);
	assert_int_equal(cfg.port_count, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_once),
		cmocka_unit_test(none),
		cmocka_unit_test(too_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
