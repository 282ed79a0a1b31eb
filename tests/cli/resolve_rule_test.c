/* SPDX-License-Identifier: GPL-3.0-or-later */
/* --resolve: which rules are valid, and which addresses they give a server. */
#include "cli/resolve_rule.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void rules(void **state)
{
	static const struct {
		const char *text;
		bool is_good;
	} cases[] = {
		{ "vpn.test:443:10.1.0.1", true },
		{ "vpn.test:443:10.1.0.1,10.1.0.2", true },
		{ "vpn.test:443:[2001:db8::1]", true },
		{ "vpn.test:443:2001:db8::1", true },
		{ "vpn.test:443:[2001:db8::1],10.1.0.1", true },
		{ "+vpn.test:443:10.1.0.1", true },
		{ "*:443:10.1.0.1", true },
		{ "10.1.0.9:65535:10.1.0.1", true },
		{ "vpn.test:10.1.0.1", true },
		{ "vpn.test:10.1.0.1,[2001:db8::1]", true },
		{ "vpn.test:[2001:db8::1]", true },
		{ "*:10.1.0.1", true },
		{ "[2001:db8::9]:443:10.1.0.1", true },
		{ "[2001:db8::9]:10.1.0.1", true },
		{ "b\xc3\xbc"
		  "cher.example:10.1.0.1",
		  true },
		{ "", false },
		{ "vpn.test", false },
		{ "vpn.test:443", false },
		{ "vpn.test:443:", false },
		{ "vpn.test::10.1.0.1", false },
		{ ":443:10.1.0.1", false },
		{ "vpn.test:0:10.1.0.1", false },
		{ "vpn.test:65536:10.1.0.1", false },
		{ "vpn.test:+443:10.1.0.1", false },
		{ "vpn.test:443x:10.1.0.1", false },
		{ "vpn.test:443:10.1.0", false },
		{ "vpn.test:443:other.test", false },
		{ "vpn.test:443:10.1.0.1,", false },
		{ "vpn.test:443:,10.1.0.1", false },
		{ "vpn.test:443:[10.1.0.1]", false },
		{ "vpn.test:443:[2001:db8::1", false },
		{ "vpn.test:443:[]", false },
		{ "vpn.test:443: 10.1.0.1", false },
		{ "vpn.test:fe80::1", false }, /* without brackets: PORT is fe80 */
		{ "vpn.test:10.1.0.1:443", false },
		{ "vpn.test:[2001:db8::1]:443", false },
		{ "[2001:db8::9:443:10.1.0.1", false },
		{ "[]:443:10.1.0.1", false },
		{ "b\xfc"
		  "cher.example:10.1.0.1",
		  false }, /* not UTF-8 */
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct text_list list = { 0 };
		struct error err;

		if (set_resolve_rule(&list, cases[i].text, &err) != cases[i].is_good)
			fail_msg("%s", cases[i].text);
		assert_int_equal(list.count, cases[i].is_good);
		free(list.at);
	}
}

static void find(const struct text_list *l, const char *host, uint16_t port, int family,
		 const char *wanted)
{
	struct host_port server = { .port = port };
	struct sockaddr_storage addrs[4];
	char got[256] = "";
	bool has_rule;
	size_t n;

	snprintf(server.host, sizeof(server.host), "%s", host);
	n = resolve_rules_find(l, &server, family, addrs, 4, &has_rule);
	for (size_t i = 0; i < n; i++)
		snprintf(got + strlen(got), sizeof(got) - strlen(got), "%s%s", i ? " " : "",
			 ip_print_sockaddr(&addrs[i]).text);
	assert_string_equal(got, wanted ? wanted : "");
	assert_int_equal(has_rule, wanted != NULL);
}

static void addresses(void **state)
{
	const char *texts[] = {
		"vpn.test:443:10.1.0.1,[2001:db8::1],10.1.0.2",
		"vpn.test:443:10.9.9.9",
		"VPN.test:4443:10.1.0.3",
		"*:8443:10.1.0.4",
		"many.test:443:10.0.0.1,10.0.0.2,10.0.0.3,10.0.0.4,10.0.0.5",
		"any.test:10.1.0.6,[2001:db8::6]",
		"2001.test:2001:db8::7",
		"[2001:db8::9]:10.1.0.8",
		"b\xc3\xbc"
		"cher.test:443:10.1.0.9",
	};
	struct text_list l = { texts, sizeof(texts) / sizeof(*texts) };

	(void)state;
	find(&l, "vpn.test", 443, AF_UNSPEC, "10.1.0.1:443 [2001:db8::1]:443 10.1.0.2:443");
	find(&l, "vpn.test", 443, AF_INET, "10.1.0.1:443 10.1.0.2:443");
	find(&l, "vpn.test", 443, AF_INET6, "[2001:db8::1]:443");
	find(&l, "vpn.TEST", 4443, AF_UNSPEC, "10.1.0.3:4443");
	find(&l, "vpn.test", 4443, AF_INET6, "");
	find(&l, "other.test", 8443, AF_UNSPEC, "10.1.0.4:8443");
	find(&l, "other.test", 443, AF_UNSPEC, NULL);
	find(&l, "vpn.test", 444, AF_UNSPEC, NULL);
	find(&l, "any.test", 443, AF_UNSPEC, "10.1.0.6:443 [2001:db8::6]:443");
	find(&l, "any.test", 4443, AF_INET, "10.1.0.6:4443");
	find(&l, "2001.test", 2001, AF_UNSPEC, "[db8::7]:2001");
	find(&l, "2001.test", 443, AF_UNSPEC, NULL);
	find(&l, "2001:db8::9", 443, AF_UNSPEC, "10.1.0.8:443");
	find(&l, "xn--bcher-kva.test", 443, AF_UNSPEC, "10.1.0.9:443");
	find(&l, "many.test", 443, AF_UNSPEC,
	     "10.0.0.1:443 10.0.0.2:443 10.0.0.3:443 10.0.0.4:443");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rules),
		cmocka_unit_test(addresses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
