/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Hints for mistyped words, for other programs' words, and for unknown variables. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "cli/hint.h"
#include "cli/tidy.h"
#include "cli/variables.h"
#include "cli/verbs.h"
#include "util/log.h"

static const struct {
	const struct verb *verb;
	const char *typed, *hint; /* a part of it; NULL: none */
} options[] = {
	/* misspelled */
	{ &connect_verb, "pasword-file", "--password-file?" },
	{ &connect_verb, "password_file", "--password-file?" },
	{ &connect_verb, "passwordfile", "--password-file?" },
	{ &connect_verb, "Route", "--route?" },
	{ &connect_verb, "nodns", "--no-dns?" },
	{ &connect_verb, "no-defaultroute", "--no-default-route?" },
	{ &connect_verb, "verbos", "--verbose?" },
	{ &connect_verb, "intreface", "--interface?" },
	{ &connect_verb, "backgruond", "--background?" },
	{ &connect_verb, "server-cert", "--servercert?" },
	{ &connect_verb, "timout", "--timeout?" },
	{ &connect_verb, "usr", "--user?" },
	{ &serve_verb, "user", "--users?" },
	{ &serve_verb, "lisen", "--listen?" },
	{ &cert_verb, "nmae", "--name?" },
	{ &passwd_verb, "delet", "--delete?" },
	/* nothing is near */
	{ &connect_verb, "frobnicate", NULL },
	{ &connect_verb, "colour", NULL },
	{ &connect_verb, "x", NULL },
	{ &probe_verb, "user", "does not log in" },
	{ &healthcheck_verb, "cafile", NULL },
	{ &passwd_verb, "password-of", "--password-file?" },
	/* options of other programs */
	{ &connect_verb, "cafile", "--ca-cert?" },
	{ &probe_verb, "cafile", "--ca-cert?" },
	{ &proxy_verb, "username", "--user?" },
	{ &run_verb, "authgroup", "DOMAIN" },
	{ &connect_verb, "os", "client's system" },
	{ &connect_verb, "usepeerdns", "--no-dns" },
	{ &connect_verb, "dns-search", "--search?" },
	{ &connect_verb, "split-dns", "--dns-domain?" },
	{ &run_verb, "dns-domain", "all names of the command are looked up at the VPN's" },
	{ &connect_verb, "log-level", "--verbose" },
	{ &serve_verb, "log-level", "--verbose" },
	{ &connect_verb, "password", "--password-file" },
	{ &connect_verb, "no-cert-check", "--servercert" },
	{ &connect_verb, "redirect-gateway", "--no-default-route" },
	{ &connect_verb, "allowed-ips", "--route?" },
	{ &connect_verb, "pidfile", "--pid-file?" },
	{ &connect_verb, "daemon", "--background?" },
	{ &connect_verb, "port", "HOST:PORT" },
	{ &serve_verb, "port", "--listen?" },
	{ &serve_verb, "ms-dns", "--dns?" },
	{ &serve_verb, "ipv4-pool", "--ipv4-network?" },
	{ &serve_verb, "max-clients", "--max-sessions?" },
	{ &connect_verb, "sstp-sock", "no pppd" },
	{ &connect_verb, "cert", "--client-cert?" },
	{ &run_verb, "ssl-cert", "--client-cert?" },
	{ &proxy_verb, "key", "--client-key?" },
	{ &serve_verb, "certificate", "--cert?" },
	{ &connect_verb, "dtls", "TCP alone" },
	{ &connect_verb, "kill-switch", "--lockdown?" },
	{ &run_verb, "kill-switch", "sstp run" },
	{ &run_verb, "lockdown", "no other way out" },
	{ &connect_verb, "post-down", "--down COMMAND runs before" },
	{ &connect_verb, "anonymous-identity", "--eap-identity?" },
	{ &connect_verb, "phase2", "--auth peap" },
	{ &connect_verb, "socks5", "--proxy socks5h" },
	{ &connect_verb, "rate", NULL },
	{ &serve_verb, "client-cert", "--client-ca?" },
	{ &serve_verb, "ca-cert", "--client-ca?" },
	{ &serve_verb, "radius-server", "--radius?" },
	{ &serve_verb, "ipv6-pool", "--ipv6-network?" },
	{ &serve_verb, "idle-timeout", "idle=600" },
	{ &probe_verb, "format", "--json?" },
	{ &run_verb, "exclude", "sstp connect" },
	{ &run_verb, "up", "COMMAND" },
	{ &proxy_verb, "up", "COMMAND after --" },
	{ &proxy_verb, "route", "no routes" },
	{ &proxy_verb, "lockdown", "sstp connect" },
	{ &probe_verb, "password-file", "no password" },
	{ &connect_verb, "fwmark", "--mark?" },
	{ &connect_verb, "gateway", "--server?" },
	{ &connect_verb, "peerdns", "--no-dns" },
	{ &connect_verb, "http-proxy", "--proxy?" },
	{ &connect_verb, "proxy-user", "--proxy http://USER@HOST:PORT" },
	{ &proxy_verb, "proxy-user", "--listen-user?" },
	{ &connect_verb, "retries", "--keep-trying" },
	{ &serve_verb, "chap-secrets", "--users?" },
	{ &serve_verb, "tls-port", "--listen?" },
};

static void hints_for_options(void **state)
{
	char hint[HINT_SIZE];

	(void)state;
	for (size_t i = 0; i < sizeof(options) / sizeof(*options); i++) {
		bool found = hint_for_option(options[i].verb, options[i].typed,
					     strlen(options[i].typed), false, hint);

		print_message("# %s --%s: %s\n", options[i].verb->name, options[i].typed,
			      found ? hint : "nothing");
		assert_int_equal(found, options[i].hint != NULL);
		if (found)
			assert_non_null(strstr(hint, options[i].hint));
	}
}

static const struct {
	const char *typed, *hint;
} verbs[] = {
	{ "conect", "sstp connect?" },
	{ "Connect", "sstp connect?" },
	{ "con", "sstp connect?" },
	{ "up", "sstp connect?" },
	{ "client", "sstp connect?" },
	{ "server", "sstp serve?" },
	{ "sevre", "sstp serve?" },
	{ "porxy", "sstp proxy?" },
	{ "password", "sstp passwd?" },
	{ "health-check", "sstp healthcheck?" },
	{ "health", "sstp healthcheck?" },
	{ "certs", "sstp cert?" },
	{ "prob", "sstp probe?" },
	{ "down", "Ctrl-C" },
	{ "--user", "a verb comes first" },
	{ "-u", "a verb comes first" },
	{ "vpn.example.net", "sstp connect vpn.example.net?" },
	{ "ann@vpn", "sstp connect ann@vpn?" },
	{ "[2001:db8::1]:443", "sstp connect [2001:db8::1]" },
	{ "https://vpn.example.net/", "sstp connect https://vpn.example.net/?" },
	{ "wg-quick", "sstp connect?" },
	{ "openconnect", "sstp connect?" },
	{ "ocserv", "sstp serve?" },
	{ "down", "sstp disconnect" },
	{ "who", "sstp sessions?" },
	{ "frobnicate", NULL },
	{ "x", NULL },
};

static void hints_for_verbs(void **state)
{
	const char *names[VERB_COUNT];

	(void)state;
	for (size_t i = 0; i < VERB_COUNT; i++)
		names[i] = all_verbs[i]->name;
	for (size_t i = 0; i < sizeof(verbs) / sizeof(*verbs); i++) {
		const char *hint = hint_for_verb(verbs[i].typed, names, VERB_COUNT);

		print_message("# %s: %s\n", verbs[i].typed, hint ? hint : "nothing");
		assert_int_equal(hint != NULL, verbs[i].hint != NULL);
		if (hint)
			assert_non_null(strstr(hint, verbs[i].hint));
	}
}

static char logged[1024];

static void keep(enum log_level level, const char *name, const char *line)
{
	(void)level;
	(void)name;
	snprintf(logged, sizeof(logged), "%s", line);
}

static const struct {
	const struct verb *verb;
	const char *variable, *warning; /* a part of it; NULL: none */
} variables[] = {
	{ &connect_verb, "SSTP_NO_DNS=yes", NULL },
	{ &connect_verb, "SSTP_PASSWORD=x", NULL },
	{ &connect_verb, "SSTP_CONFIG=/etc/x", NULL },
	{ &connect_verb, "SSTP_LISTEN=443", NULL }, /* for sstp serve in the same container */
	{ &probe_verb, "SSTP_USER=ann", NULL },
	{ &connect_verb, "SSTPX=1", NULL },
	{ &connect_verb, "PATH=/bin", NULL },
	{ &connect_verb, "SSTP_NODNS=yes", "did you mean SSTP_NO_DNS?" },
	{ &connect_verb, "SSTP_USERNAME=ann", "did you mean SSTP_USER?" },
	{ &connect_verb, "SSTP_PASS=x", "did you mean SSTP_PASSWORD?" },
	{ &connect_verb, "SSTP_HOST=x", "did you mean SSTP_SERVER?" },
	{ &connect_verb, "SSTP_PORT=443", "SSTP_SERVER=HOST:PORT" },
	{ &serve_verb, "SSTP_PORT=443", "did you mean SSTP_LISTEN?" },
	{ &connect_verb, "SSTP_ROUTES=10.0.0.0/8", "did you mean SSTP_ROUTE?" },
	{ &connect_verb, "SSTP_PASSWORD_FD=3", "only the command line" },
	{ &connect_verb, "SSTP_FROBNICATE=1", "--help" },
	{ &connect_verb, "SSTP_a\nb=1", "SSTP_a\\x0ab" },
	/* made by Kubernetes */
	{ &connect_verb, "SSTP_PORT=tcp://10.0.0.1:443", NULL },
	{ &connect_verb, "SSTP_SERVICE_HOST=10.0.0.1", NULL },
	{ &connect_verb, "SSTP_SERVICE_PORT=443", NULL },
	{ &connect_verb, "SSTP_SERVICE_PORT_HTTPS=443", NULL },
	{ &connect_verb, "SSTP_PORT_443_TCP=tcp://10.0.0.1:443", NULL },
	{ &connect_verb, "SSTP_PORT_443_TCP_PROTO=tcp", NULL },
	{ &connect_verb, "SSTP_PORT_443_TCP_ADDR=10.0.0.1", NULL },
	{ &connect_verb, "SSTP_X_SERVICE_HOST=10.0.0.1", NULL },
	{ &connect_verb, "SSTP_X_PORT=udp://10.0.0.1:53", NULL },
	{ &connect_verb, "SSTP_X_Y_PORT_53_UDP_PORT=53", NULL },
	{ &connect_verb, "SSTP_SERVICE=1", "not known" },
	{ &connect_verb, "SSTP_PORT_X_TCP=1", "not known" },
};

static void warns_of_variables(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(variables) / sizeof(*variables); i++) {
		char text[64], *environment[] = { text, NULL };

		snprintf(text, sizeof(text), "%s", variables[i].variable);
		logged[0] = '\0';
		variables_warn(variables[i].verb, environment);
		print_message("# %s\n", logged);
		assert_int_equal(*logged != '\0', variables[i].warning != NULL);
		if (*logged)
			assert_non_null(strstr(logged, variables[i].warning));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hints_for_options),
		cmocka_unit_test(hints_for_verbs),
		cmocka_unit_test(warns_of_variables),
	};

	log_set_sink(keep);
	tidy_print_warnings();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
