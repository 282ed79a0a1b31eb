/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Conclusions from failures: which text each kind of obstacle gets. */
#include "client/obstacle.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "util/ip.h"

static struct sockaddr_storage address_of(const char *text)
{
	struct sockaddr_storage sa = { 0 };
	struct sockaddr_in *in = (void *)&sa;
	struct sockaddr_in6 *in6 = (void *)&sa;
	struct ip_addr a;

	assert_true(ip_parse(text, &a));
	sa.ss_family = a.family;
	if (a.family == AF_INET)
		memcpy(&in->sin_addr, a.bytes, sizeof(in->sin_addr));
	else
		memcpy(&in6->sin6_addr, a.bytes, sizeof(in6->sin6_addr));
	return sa;
}

static const struct {
	const char *name;
	enum tunnel_reason reason;
	enum tunnel_sign sign;
	int error;
	const char *address, *issuer; /* NULL: none */
	bool is_self_signed, is_for_host;
	const char *words;       /* NULL: no hint */
	const char *verify_name; /* NULL: not given */
} cases[] = {
	{ "no failure", REASON_NONE, .address = "10.0.0.1" },
	{ "a name that is not found", REASON_LOOKUP, .words = "--resolve vpn.example.net:ADDRESS" },
	{ "refused", REASON_TCP, .error = ECONNREFUSED, .words = "no program listens" },
	{ "dropped", REASON_TCP, .error = ETIMEDOUT, .words = "are dropped" },
	{ "no route", REASON_TCP, .error = ENETUNREACH, .words = "no route" },
	{ "an address as of a filter", REASON_TCP, .error = ECONNREFUSED, .address = "0.0.0.0",
	  .words = "gave 0.0.0.0 for vpn.example.net" },
	{ "a filter's loopback", REASON_TCP, .error = ECONNREFUSED, .address = "::1",
	  .words = "a filter blocks this name" },
	{ "a block page", REASON_TRUST, SIGN_CERT_NAME, .address = "146.112.61.106",
	  .issuer = "CN=R3", .words = "gave 146.112.61.106" },
	{ "a portal's address", REASON_TRUST, SIGN_CERT_ISSUER, .address = "172.16.0.1",
	  .issuer = "CN=wifi", .is_self_signed = true, .words = "private address" },
	{ "a reset", REASON_TLS, SIGN_TLS_RESET, .address = "192.0.2.1", .words = "--no-sni" },
	{ "an end", REASON_TLS, SIGN_TLS_CLOSED, .words = "as soon as TLS begins" },
	{ "silence", REASON_TLS, SIGN_TLS_SILENT, .words = "all packets after that are dropped" },
	{ "a cut", REASON_TLS, SIGN_TLS_CUT, .words = "did not finish" },
	{ "an alert", REASON_TLS, SIGN_TLS_ALERT, .words = "refuses TLS at once" },
	{ "HTTP", REASON_TLS, SIGN_PLAIN_HTTP, .words = "in HTTP without TLS" },
	{ "SSH", REASON_TLS, SIGN_NOT_TLS, .words = "another service" },
	{ "TLS in another way", REASON_TLS, .sign = SIGN_NONE },
	{ "inspection", REASON_TRUST, SIGN_CERT_ISSUER, .issuer = "CN=FG100F, O=Fortinet, C=US",
	  .is_for_host = true, .words = "Fortinet FortiGate issued this certificate" },
	{ "inspection, and a pin", REASON_TRUST, SIGN_NONE, .issuer = "O=Zscaler Inc.",
	  .is_for_host = true, .words = "Zscaler issued" },
	{ "an own authority", REASON_TRUST, SIGN_CERT_ISSUER, .issuer = "CN=Office",
	  .is_for_host = true, .words = "--ca-cert" },
	{ "self-signed", REASON_TRUST, SIGN_CERT_ISSUER, .issuer = "CN=vpn.example.net",
	  .is_self_signed = true, .is_for_host = true, .words = "--servercert" },
	{ "a router's own", REASON_TRUST, SIGN_CERT_ISSUER, .issuer = "CN=router",
	  .is_self_signed = true, .words = "is for other names: either a firewall" },
	{ "a server's own, for another name", REASON_TRUST, SIGN_CERT_ISSUER, .issuer = "CN=router",
	  .is_self_signed = true, .words = "then give it with --servercert" },
	{ "another name", REASON_TRUST, SIGN_CERT_NAME, .issuer = "CN=R3",
	  .words = "--verify-name" },
	{ "another name than the one given", REASON_TRUST, SIGN_CERT_NAME, .issuer = "CN=R3",
	  .verify_name = "other.example.net", .words = "--verify-name other.example.net: the" },
	{ "the same, self-signed", REASON_TRUST, SIGN_CERT_ISSUER, .issuer = "CN=vpn",
	  .is_self_signed = true, .verify_name = "other.example.net",
	  .words = "this option is wrong" },
	{ "the name given, self-signed", REASON_TRUST, SIGN_CERT_ISSUER, .issuer = "CN=vpn",
	  .is_self_signed = true, .is_for_host = true, .verify_name = "vpn",
	  .words = "--servercert" },
	{ "expired", REASON_TRUST, SIGN_NONE, .issuer = "CN=R3", .is_for_host = true },
	{ "a redirect", REASON_HTTP, SIGN_HTTP_REDIRECT, .words = "captive portal" },
	{ "511", REASON_HTTP, SIGN_HTTP_LOGIN, .words = "captive portal" },
	{ "407", REASON_HTTP, SIGN_HTTP_PROXY_AUTH, .words = "a proxy in between" },
	{ "403", REASON_HTTP, SIGN_HTTP_FORBIDDEN, .words = "forbids" },
	{ "404", REASON_HTTP, SIGN_HTTP_STATUS, .words = "--host-header" },
	{ "a page", REASON_HTTP, SIGN_HTTP_PAGE, .words = "a block page" },
	{ "no response", REASON_HTTP, SIGN_HTTP_SILENT, .words = "no response" },
	{ "an end in place of a response", REASON_HTTP, SIGN_HTTP_CLOSED, .words = "no response" },
	{ "the binding", REASON_SSTP, SIGN_BINDING, .words = "TLS inspection" },
	{ "SSTP in another way", REASON_SSTP, .sign = SIGN_NONE },
	{ "a refused password", REASON_AUTH, SIGN_NONE, .address = "192.0.2.1" },
};

static void hints(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct cert_info cert = { .is_self_signed = cases[i].is_self_signed };
		struct sockaddr_storage sa = { 0 };
		struct obstacle_facts f = {
			.reason = cases[i].reason,
			.sign = cases[i].sign,
			.error = cases[i].error,
			.host = "vpn.example.net",
			.verify_name = cases[i].verify_name,
			.addrs = &sa,
			.addr_count = cases[i].address != NULL,
			.cert = cases[i].issuer ? &cert : NULL,
			.is_cert_for_host = cases[i].is_for_host,
		};
		struct obstacle_text hint;

		if (cases[i].address)
			sa = address_of(cases[i].address);
		if (cases[i].issuer)
			snprintf(cert.issuer, sizeof(cert.issuer), "%s", cases[i].issuer);
		hint = obstacle_hint(&f);
		if (cases[i].words ? !strstr(hint.text, cases[i].words) : *hint.text)
			fail_msg("%s: %s", cases[i].name, hint.text);
	}
}

/* No name server was asked. */
static void an_interface_that_is_missing(void **state)
{
	struct obstacle_facts f = { .reason = REASON_LOOKUP, .host = "fe80::1%eth7" };

	(void)state;
	assert_string_equal(obstacle_hint(&f).text, "");
}

/* In the office's own network, and on this machine, such addresses are right. */
static void local_names(void **state)
{
	static const char *const names[] = { "vpn", "localhost", "a.localhost" };
	struct sockaddr_storage sa = address_of("127.0.0.1");

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		struct obstacle_facts f = { .reason = REASON_TCP,
					    .error = ECONNREFUSED,
					    .host = names[i],
					    .addrs = &sa,
					    .addr_count = 1 };

		assert_non_null(strstr(obstacle_hint(&f).text, "no program listens"));
	}
}

/* Texts fit even with the longest names. */
static void long_names(void **state)
{
	char host[254];
	struct sockaddr_storage sa = address_of("0.0.0.0");
	struct obstacle_facts f = {
		.reason = REASON_TCP, .host = host, .addrs = &sa, .addr_count = 1
	};

	(void)state;
	memset(host, 'a', sizeof(host) - 1);
	host[100] = '.';
	host[sizeof(host) - 1] = '\0';
	assert_non_null(strstr(obstacle_hint(&f).text, "avoids the name server"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hints),
		cmocka_unit_test(an_interface_that_is_missing),
		cmocka_unit_test(local_names),
		cmocka_unit_test(long_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
