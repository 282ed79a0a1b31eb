/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where a client's helper lets it connect to, outside of the tunnel. */
#include "client/host_permits.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static struct host_permits permits;

static bool has_port(uint16_t port)
{
	size_t count = 0;

	for (size_t i = 0; i < permits.port_count; i++)
		count += permits.ports[i] == port;
	assert_true(count <= 1);
	return count;
}

static bool has_address(const char *text)
{
	struct ip_addr wanted = { .family = AF_UNSPEC };

	assert_true(ip_parse(text, &wanted));
	for (size_t i = 0; i < permits.addr_count; i++) {
		struct ip_addr a = ip_from_sockaddr(&permits.addrs[i]);

		if (ip_equal(&a, &wanted))
			return true;
	}
	return false;
}

static void a_name_may_have_any_address(void **state)
{
	const struct client_cfg cfg = { .server = { .host = "vpn.test", .port = 443 } };

	(void)state;
	host_permits_of(&cfg, &permits);
	assert_true(permits.is_looked_up);
	assert_int_equal(permits.addr_count, 0);
	assert_true(has_port(443) && has_port(80)); /* 80: captive portals */
	assert_int_equal(permits.port_count, 2);
}

static void no_portal_is_looked_for(void **state)
{
	const struct client_cfg locked = { .server = { .host = "192.0.2.1", .port = 443 },
					   .is_locked = true },
				never = { .server = { .host = "192.0.2.1",
						      .port = 443,
						      .no_portal_check = true } };

	(void)state;
	host_permits_of(&locked, &permits);
	assert_false(has_port(80));
	host_permits_of(&never, &permits);
	assert_false(has_port(80));
	assert_false(permits.is_looked_up);
	assert_int_equal(permits.addr_count, 1);
	assert_true(has_address("192.0.2.1"));
}

/* The server's own address and port are the proxy's business. */
static void only_a_proxy_is_connected_to(void **state)
{
	const struct reach_proxy proxy = { .host = "10.0.0.1", .port = 3128 };
	const struct client_cfg cfg = {
		.server = { .host = "vpn.test", .port = 443, .proxy = &proxy }
	};

	(void)state;
	host_permits_of(&cfg, &permits);
	assert_int_equal(permits.port_count, 1);
	assert_true(has_port(3128));
	assert_int_equal(permits.addr_count, 1);
	assert_true(has_address("10.0.0.1"));
	assert_false(permits.is_looked_up);
}

/* --resolve: the name is not looked up. */
static void given_addresses(void **state)
{
	struct client_cfg cfg = { .server = { .host = "vpn.test", .port = 443, .addr_count = 2 } };
	struct ip_addr a = { .family = AF_UNSPEC };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		assert_true(ip_parse(i ? "2001:db8::1" : "192.0.2.1", &a));
		cfg.server.addrs[i] = ip_sockaddr(&a, 443);
	}
	host_permits_of(&cfg, &permits);
	assert_false(permits.is_looked_up);
	assert_int_equal(permits.addr_count, 2);
	assert_true(has_address("192.0.2.1") && has_address("2001:db8::1"));
}

/* As many as there can be, each with a port and with all addresses that one can have. */
static void several_servers(void **state)
{
	static struct server_ref more[SERVER_LIST_MAX - 1];
	struct client_cfg cfg = { .server = { .host = "192.0.2.1", .port = 443 },
				  .more = more,
				  .more_count = SERVER_LIST_MAX - 1 };

	(void)state;
	for (size_t i = 0; i < SERVER_LIST_MAX - 1; i++) {
		more[i] = (struct server_ref){ .host = "vpn.test",
					       .port = (uint16_t)(1000 + i),
					       .addr_count = DIAL_ADDRS_MAX };
		for (size_t k = 0; k < DIAL_ADDRS_MAX; k++) {
			struct ip_addr a = ip_from_v4((uint32_t)(0x0a000000 + i * 256 + k));

			more[i].addrs[k] = ip_sockaddr(&a, 0);
		}
	}
	host_permits_of(&cfg, &permits);
	assert_false(permits.is_looked_up);
	assert_int_equal(permits.port_count, SERVER_LIST_MAX + 1);
	assert_int_equal(permits.addr_count, 1 + (SERVER_LIST_MAX - 1) * DIAL_ADDRS_MAX);
	assert_true(has_address("192.0.2.1") && has_address("10.0.1.1"));
	more[0] = (struct server_ref){ .host = "other.test", .port = 443 };
	host_permits_of(&cfg, &permits);
	assert_true(permits.is_looked_up); /* so the helper cannot check addresses */
	assert_true(has_port(443));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_name_may_have_any_address),
		cmocka_unit_test(no_portal_is_looked_for),
		cmocka_unit_test(only_a_proxy_is_connected_to),
		cmocka_unit_test(given_addresses),
		cmocka_unit_test(several_servers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
