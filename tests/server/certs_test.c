/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Which of several certificates a client gets, by the name that it asks for and the keys that it
 * takes; what a reload reports; and when a certificate that expires is warned of.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "server/certs.h"
#include "support/pki.h"
#include "util/log.h"

enum { CERTS = 6, ANY = HELLO_RSA | HELLO_ECDSA | HELLO_ED25519 };

static const struct {
	const char *names[2];
	bool is_rsa;
} made[CERTS] = {
	{ { "vpn.example.net", "192.0.2.1" }, true },
	{ { "*.example.org" }, false },
	{ { "a.example.org" }, true },
	{ { "other.example.net", "vpn.example.net" }, false },
	{ { "VPN.example.net", "third.example.net" }, false },
	{ { "a.example.org" }, false },
};

static struct {
	struct pki pki;
	struct pki_files files[CERTS];
	struct tls_server_cfg identities[CERTS];
	struct server_cfg cfg;
	struct certs certs;
	struct error err;
	char log[1024];
} t;

static void note(enum log_level level, const char *name, const char *line)
{
	size_t len = strlen(t.log);

	(void)level;
	(void)name;
	snprintf(t.log + len, sizeof(t.log) - len, "%s\n", line);
}

static void put_name(struct writer *w, const char *name)
{
	struct ip_addr ip;

	if (ip_parse(name, &ip))
		x509_put_ip(w, ip.bytes, 4);
	else
		x509_put_dns(w, name);
}

static void issue(size_t i, int until_day)
{
	uint8_t san[256];
	struct writer w = writer_of(san, sizeof(san));
	struct pki_leaf leaf = {
		.is_rsa = made[i].is_rsa, .has_san = true, .from_day = -1, .until_day = until_day
	};

	for (size_t n = 0; n < 2 && made[i].names[n]; n++)
		put_name(&w, made[i].names[n]);
	leaf.san = bytes_of(san, w.len);
	pki_issue(&t.pki, &leaf, &t.files[i]);
	t.identities[i] =
		(struct tls_server_cfg){ .cert_file = t.files[i].cert, .key_file = t.files[i].key };
}

static int make_all(void **state)
{
	(void)state;
	pki_init(&t.pki, "certs_test");
	for (size_t i = 0; i < CERTS; i++)
		issue(i, 60);
	return 0;
}

static int remove_all(void **state)
{
	(void)state;
	pki_free(&t.pki);
	return 0;
}

static void open_certs(size_t first, size_t count, bool strict)
{
	t.cfg = (struct server_cfg){ .certs = t.identities + first,
				     .cert_count = count,
				     .strict_sni = strict };
	t.log[0] = '\0';
	log_set_sink(note);
	assert_int_equal(certs_open(&t.certs, &t.cfg, &t.err), 0);
}

static int close_certs(void **state)
{
	(void)state;
	certs_close(&t.certs);
	log_set_sink(NULL);
	return 0;
}

/* The number of the certificate; -1: none. */
static int chosen(const char *name, uint8_t takes)
{
	struct hello hello = { .takes = takes };
	struct tls_ctx *ctx, *one;
	int found = -1;

	snprintf(hello.server_name, sizeof(hello.server_name), "%s", name);
	ctx = certs_choose(&t.certs, &hello);
	for (size_t i = 0; ctx && i < t.cfg.cert_count; i++) {
		struct tls_server_cfg cfg = t.cfg.certs[i];

		assert_int_equal(tls_ctx_server(&cfg, &one, &t.err), 0);
		if (tls_ctx_key(one) == tls_ctx_key(ctx) && tls_ctx_shares_name(one, ctx) &&
		    tls_ctx_shares_name(ctx, one) && tls_ctx_expires(one) == tls_ctx_expires(ctx))
			found = (int)i;
		tls_ctx_release(one);
	}
	tls_ctx_release(ctx);
	return found;
}

static const struct {
	const char *name;
	uint8_t takes;
	int number;
	int strict_number;
} choices[] = {
	{ "a.example.org", ANY, 5, 5 },
	{ "A.Example.ORG", HELLO_ECDSA, 5, 5 },
	{ "a.example.org", HELLO_RSA, 2, 2 }, /* exact before ECDSA */
	{ "b.example.org", HELLO_RSA, 1, 1 }, /* no other one, whatever it takes */
	{ "b.example.org", ANY, 1, 1 },
	{ "other.example.net", HELLO_RSA, 3, 3 },
	{ "vpn.example.net", ANY, 3, 3 },
	{ "vpn.example.net", HELLO_RSA, 0, 0 },
	{ "192.0.2.1", ANY, 0, 0 },
	{ "192.0.2.2", HELLO_RSA, 0, -1 },
	{ "a.b.example.org", HELLO_RSA, 0, -1 },
	{ "", HELLO_RSA, 0, -1 },
	{ "", ANY, 3, -1 }, /* of the same name as the first, and preferred */
	{ "example.com", 0, 0, -1 },
};

static void the_choice(void **state)
{
	(void)state;
	for (int strict = 0; strict < 2; strict++) {
		open_certs(0, CERTS, strict);
		assert_true(certs_need_hello(&t.certs));
		for (size_t i = 0; i < sizeof(choices) / sizeof(*choices); i++) {
			print_message("# %s, %d, %d\n", choices[i].name, choices[i].takes, strict);
			assert_int_equal(chosen(choices[i].name, choices[i].takes),
					 strict ? choices[i].strict_number : choices[i].number);
		}
		if (!strict)
			certs_close(&t.certs);
	}
}

static void a_single_one(void **state)
{
	(void)state;
	open_certs(1, 1, false);
	assert_false(certs_need_hello(&t.certs));
	assert_int_equal(chosen("vpn.example.net", HELLO_RSA), 0);
	certs_close(&t.certs);
	open_certs(1, 1, true);
	assert_true(certs_need_hello(&t.certs));
	assert_int_equal(chosen("vpn.example.net", ANY), -1);
	assert_int_equal(chosen("x.example.org", ANY), 0);
}

/* 60 days before the end, then 20 days, 19, less than one, and after it. */
static void expiry(void **state)
{
	time_t expires;

	(void)state;
	open_certs(1, 1, false);
	assert_string_equal(t.log, "");
	{
		struct tls_ctx *ctx = certs_choose(&t.certs, &(struct hello){ .takes = 0 });

		expires = tls_ctx_expires(ctx);
		tls_ctx_release(ctx);
	}
	certs_warn_of_expiry(&t.certs, expires - CERTS_WARN_DAYS * PKI_DAY_S, true);
	assert_string_equal(t.log, "");
	certs_warn_of_expiry(&t.certs, expires - 19 * PKI_DAY_S, true);
	assert_non_null(strstr(t.log, ": the certificate expires in 19 days: "));
	t.log[0] = '\0';
	certs_warn_of_expiry(&t.certs, expires - 1, false);
	assert_non_null(strstr(t.log, ": the certificate expires in 0 days: "));
	t.log[0] = '\0';
	certs_warn_of_expiry(&t.certs, expires + 1, false);
	assert_string_equal(t.log, "");
	certs_warn_of_expiry(&t.certs, expires + 1, true);
	assert_non_null(strstr(t.log, ": the certificate has expired: "));
}

/* At the start, and after a reload. */
static void expiry_of_new_files(void **state)
{
	struct reload_report report = { .len = 0 };

	(void)state;
	open_certs(1, 1, false);
	assert_string_equal(t.log, "");
	issue(1, 3);
	certs_reload(&t.certs, &t.cfg, &report);
	assert_false(report.has_failed);
	assert_non_null(strstr(t.log, ": the certificate expires in "));
	certs_close(&t.certs);
	open_certs(1, 1, false);
	assert_non_null(strstr(t.log, ": the certificate expires in "));
	issue(1, 60);
}

/* A file that is no certificate leaves all as they were. */
static void a_reload_that_fails(void **state)
{
	struct reload_report report = { .len = 0 };
	struct tls_server_cfg good;

	(void)state;
	open_certs(1, 2, false);
	good = t.identities[2];
	t.identities[2].cert_file = t.files[2].key;
	certs_reload(&t.certs, &t.cfg, &report);
	assert_true(report.has_failed);
	assert_non_null(strstr(report.text, "; the certificates are unchanged\n"));
	t.cfg.cert_count = 4; /* more, of settings that were read again */
	certs_reload(&t.certs, &t.cfg, &report);
	assert_int_equal(t.certs.count, 2);
	t.identities[2] = good;
	certs_reload(&t.certs, &t.cfg, &report);
	assert_int_equal(t.certs.count, 4);
	t.cfg.cert_count = 2;
	certs_reload(&t.certs, &t.cfg, &report);
	assert_int_equal(t.certs.count, 2);
	assert_int_equal(chosen("a.example.org", ANY), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(the_choice, close_certs),
		cmocka_unit_test_teardown(a_single_one, close_certs),
		cmocka_unit_test_teardown(expiry, close_certs),
		cmocka_unit_test_teardown(expiry_of_new_files, close_certs),
		cmocka_unit_test_teardown(a_reload_that_fails, close_certs),
	};

	return cmocka_run_group_tests_name("server/certs", tests, make_all, remove_all);
}
