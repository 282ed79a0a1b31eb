/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Makes certificates: their content, the files, and their use as the server's and as an
 * authority's.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>

#include <cmocka.h>

#include "pair.h"
#include "tls/cert.h"
#include "tls/cert_load.h"
#include "tls/cert_make.h"
#include "tls/cert_name.h"
#include "tls/cfg.h"
#include "util/file.h"

static struct pki pki; /* only its folder is used */
static const char *const names[] = { "vpn.example.net", "*.vpn.example.net", "192.0.2.1",
				     "2001:db8::1" };

static int make_folder(void **state)
{
	(void)state;
	pki_init(&pki, "Test Authority");
	return 0;
}

static int drop_folder(void **state)
{
	(void)state;
	pki_free(&pki);
	return 0;
}

static void paths(char cert[128], char key[128])
{
	pki_path(&pki, "cert", cert);
	pki_path(&pki, "key", key);
}

static unsigned mode_of(const char *path)
{
	struct stat st;

	return stat(path, &st) ? 0 : st.st_mode & 07777;
}

static void read_back(const char *path, struct cert_info *info)
{
	uint8_t der[8192];
	struct error err;
	size_t len;

	if (cert_load(path, der, sizeof(der), &len, &err))
		fail_msg("%s", err.text);
	assert_true(cert_read(bytes_of(der, len), info));
	for (size_t i = 0; i < 4; i++)
		assert_true(
			cert_is_for(bytes_of(der, len), i == 1 ? "a.vpn.example.net" : names[i]));
	assert_false(cert_is_for(bytes_of(der, len), "example.net"));
}

/* Made between `before` and now: an RSA key may take minutes. */
static void assert_dates(const struct cert_info *info, int64_t before, int64_t days)
{
	int64_t now = time(NULL), made = info->not_before + 3600;

	assert_true(before <= made && made <= now);
	assert_true(info->not_after == made + days * PKI_DAY_S);
}

static void what_is_in_it(void **state)
{
	(void)state;
	for (int rsa = 0; rsa < 2; rsa++) {
		struct cert_request rq = {
			.names = names, .name_count = 4, .days = 10, .rsa = rsa
		};
		char cert[128], key[128];
		struct cert_info info;
		struct error err;
		time_t before = time(NULL);

		paths(cert, key);
		assert_int_equal(cert_make(&rq, cert, key, false, &err), 0);
		assert_int_equal(mode_of(key), 0600);
		assert_int_equal(mode_of(cert), 0644);
		read_back(cert, &info);
		assert_string_equal(info.subject, "CN=vpn.example.net");
		assert_string_equal(info.key, rsa ? "RSA 2048 bit" : "ECDSA P-256");
		assert_int_equal(info.name_count, 4);
		for (size_t i = 0; i < 4; i++)
			assert_string_equal(info.names[i], names[i]);
		assert_true(info.is_self_signed && info.is_for_servers);
		assert_dates(&info, before, 10);
	}
}

static void it_works(void **state)
{
	(void)state;
	for (int rsa = 0; rsa < 2; rsa++) {
		struct cert_request rq = {
			.names = names, .name_count = 4, .days = 10, .rsa = rsa
		};
		char cert[128], key[128];
		struct tls_server_cfg server = { .cert_file = cert, .key_file = key };
		struct tls_client_cfg client = { .ca_file = cert };
		struct error err;

		paths(cert, key);
		assert_int_equal(cert_make(&rq, cert, key, false, &err), 0);
		for (size_t i = 0; i < 4; i++) {
			struct pair *p =
				pair_of(&client, &server, i == 1 ? "a.vpn.example.net" : names[i]);

			if (!pair_shake(p))
				fail_msg("%s", tls_error_of(p->client.tls)->text);
			pair_free(p);
		}
	}
}

static void in_one_file(void **state)
{
	struct cert_request rq = { .names = names, .name_count = 4, .days = 10 };
	char both[128];
	struct tls_server_cfg server = { .cert_file = both, .key_file = both };
	struct tls_client_cfg client = { .ca_file = both };
	struct error err;
	struct pair *p;

	(void)state;
	pki_path(&pki, "both", both);
	assert_int_equal(cert_make(&rq, both, both, false, &err), 0);
	assert_int_equal(mode_of(both), 0600);
	p = pair_of(&client, &server, "vpn.example.net");
	assert_true(pair_shake(p));
	pair_free(p);
}

static void existing_files(void **state)
{
	struct cert_request rq = { .names = names, .name_count = 4, .days = 10 };
	char cert[128], key[128], *text;
	struct cert_info before, after;
	struct error err;
	size_t len;

	(void)state;
	paths(cert, key);
	pki_write(cert, "mine", 4);
	assert_int_equal(cert_make(&rq, cert, key, false, &err), -EEXIST);
	assert_non_null(strstr(err.text, cert));
	assert_int_equal(mode_of(key), 0); /* no file was left */
	assert_int_equal(file_read(cert, 100, &text, &len), 0);
	assert_string_equal(text, "mine");
	file_free(text, len);

	paths(cert, key);
	pki_write(key, "mine", 4);
	assert_int_equal(cert_make(&rq, cert, key, false, &err), -EEXIST);
	assert_non_null(strstr(err.text, key));
	assert_int_equal(mode_of(cert), 0);

	assert_int_equal(cert_make(&rq, cert, key, true, &err), 0);
	read_back(cert, &before);
	assert_int_equal(mode_of(key), 0600);
	assert_int_equal(cert_make(&rq, cert, key, true, &err), 0);
	read_back(cert, &after);
	assert_string_not_equal(before.pin, after.pin); /* a new key each time */
	assert_int_equal(mode_of(key), 0600);
}

static void no_folder(void **state)
{
	struct cert_request rq = { .names = names, .name_count = 4, .days = 10 };
	struct error err;

	(void)state;
	for (int replace = 0; replace < 2; replace++) {
		assert_int_equal(cert_make(&rq, "/nonexistent/c", "/nonexistent/k", replace, &err),
				 -ENOENT);
		assert_non_null(strstr(err.text, "/nonexistent/k: cannot write"));
	}
}

static void bad_requests(void **state)
{
	static const struct {
		const char *name;
		size_t count;
		unsigned days;
		const char *words;
	} cases[] = {
		{ "", 1, 10, "neither a DNS name nor an address" },
		{ "vpn example", 1, 10, "neither a DNS name nor an address" },
		{ "vpn..example", 1, 10, "neither a DNS name nor an address" },
		{ "*", 1, 10, "neither a DNS name nor an address" },
		{ "a.*.b", 1, 10, "neither a DNS name nor an address" },
		{ "https://vpn.example.net/", 1, 10, "neither a DNS name nor an address" },
		{ "vpn.example.net", 0, 10, "needs a name" },
		{ "vpn.example.net", 1, 0, "days" },
		{ "vpn.example.net", 1, 1000000, "days" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct cert_request rq = { .names = &cases[i].name,
					   .name_count = cases[i].count,
					   .days = cases[i].days };
		char cert[128], key[128];
		struct error err;

		paths(cert, key);
		assert_int_equal(cert_make(&rq, cert, key, false, &err), -EINVAL);
		if (!strstr(err.text, cases[i].words))
			fail_msg("%s: %s", cases[i].name, err.text);
		assert_int_equal(mode_of(key), 0);
	}
}

/* A name too long for a common name is still a subjectAltName. */
static void long_name(void **state)
{
	static const char *const name[] = {
		"a-label-of-a-good-length.and-another-one-of-them.and-one-more.example.net"
	};
	struct cert_request rq = { .names = name, .name_count = 1, .days = 10 };
	char cert[128], key[128];
	uint8_t der[8192];
	struct error err;
	size_t len;

	(void)state;
	paths(cert, key);
	assert_int_equal(cert_make(&rq, cert, key, false, &err), 0);
	assert_int_equal(cert_load(cert, der, sizeof(der), &len, &err), 0);
	assert_true(cert_is_for(bytes_of(der, len), name[0]));
}

/* Dates after 2049 have another form. */
static void long_life(void **state)
{
	struct cert_request rq = { .names = names, .name_count = 4, .days = 99 * 365 };
	char cert[128], key[128];
	struct cert_info info;
	struct error err;
	time_t before = time(NULL);

	(void)state;
	paths(cert, key);
	assert_int_equal(cert_make(&rq, cert, key, false, &err), 0);
	read_back(cert, &info);
	assert_dates(&info, before, 99 * 365);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_in_it), cmocka_unit_test(it_works),
		cmocka_unit_test(in_one_file),   cmocka_unit_test(existing_files),
		cmocka_unit_test(no_folder),     cmocka_unit_test(bad_requests),
		cmocka_unit_test(long_name),     cmocka_unit_test(long_life),
	};

	return cmocka_run_group_tests(tests, make_folder, drop_folder);
}
