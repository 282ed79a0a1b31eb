/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The key log: its lines, the file's mode, and that nothing is logged without the setting. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "pair.h"
#include "tls/open.h"
#include "tls/wolf.h"
#include "util/file.h"

#if TLS_HAS_KEYLOG

static void shake(const char *client_log, const char *server_log, bool is_tls13)
{
	struct tls_client_cfg client = pair_client_cfg(&pair_pki);
	struct tls_server_cfg server = pair_server_cfg(&pair_files);
	struct pair *p;

	client.keylog = client_log;
	server.keylog = server_log;
	p = pair_of(&client, &server, "vpn.example.net");
	if (!is_tls13)
		wolfSSL_set_options(p->server.tls->ssl, WOLFSSL_OP_NO_TLSv1_3);
	assert_true(pair_shake(p));
	pair_free(p);
}

/*
 * Lines in the order of the labels: label, 64 digits of the client's random, `secret_len` bytes as
 * digits.
 */
static void check_lines(const char *path, const char *const *labels, size_t count,
			size_t secret_len)
{
	char *text, *line, *save, random[65] = "";
	size_t len;

	assert_int_equal(file_read(path, 1 << 20, &text, &len), 0);
	for (size_t n = 0; n < count; n++) {
		size_t label_len = strlen(labels[n]);

		line = strtok_r(n ? NULL : text, "\n", &save);
		assert_non_null(line);
		assert_memory_equal(line, labels[n], label_len);
		line += label_len;
		assert_int_equal(*line++, ' ');
		assert_int_equal(strspn(line, "0123456789abcdef"), 64);
		if (n)
			assert_memory_equal(line, random, 64);
		memcpy(random, line, 64);
		line += 64;
		assert_int_equal(*line++, ' ');
		assert_int_equal(strspn(line, "0123456789abcdef"), 2 * secret_len);
		assert_int_equal(strlen(line), 2 * secret_len);
	}
	assert_null(strtok_r(NULL, "\n", &save));
	file_free(text, len);
}

static void assert_same(const char *a, const char *b)
{
	char *text_a, *text_b;
	size_t len_a, len_b;

	assert_int_equal(file_read(a, 1 << 20, &text_a, &len_a), 0);
	assert_int_equal(file_read(b, 1 << 20, &text_b, &len_b), 0);
	assert_int_equal(len_a, len_b);
	assert_memory_equal(text_a, text_b, len_a);
	file_free(text_a, len_a);
	file_free(text_b, len_b);
}

static void tls13_lines(void **state)
{
	static const char *const labels[] = {
		"CLIENT_HANDSHAKE_TRAFFIC_SECRET",
		"SERVER_HANDSHAKE_TRAFFIC_SECRET",
		"CLIENT_TRAFFIC_SECRET_0",
		"SERVER_TRAFFIC_SECRET_0",
	};
	char client[128], server[128];

	(void)state;
	pki_path(&pair_pki, "keys", client);
	pki_path(&pair_pki, "keys", server);
	shake(client, server, true);
	check_lines(client, labels, 4, 32);
	assert_same(client, server);
}

static void tls12_lines(void **state)
{
	static const char *const labels[] = { "CLIENT_RANDOM" };
	char client[128], server[128];

	(void)state;
	pki_path(&pair_pki, "keys", client);
	pki_path(&pair_pki, "keys", server);
	shake(client, server, false);
	check_lines(client, labels, 1, 48);
	assert_same(client, server);
}

static void appended_and_private(void **state)
{
	char path[128], *text;
	struct stat st;
	size_t len;

	(void)state;
	pki_path(&pair_pki, "keys", path);
	pki_write(path, "# mine\n", 7);
	assert_int_equal(chmod(path, 0644), 0);
	shake(path, NULL, false);
	shake(NULL, path, false);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(file_read(path, 1 << 20, &text, &len), 0);
	assert_memory_equal(text, "# mine\nCLIENT_RANDOM ", 21);
	assert_int_equal(len, 7 + 2 * (14 + 65 + 97));
	file_free(text, len);
}

static void no_folder(void **state)
{
	struct tls_client_cfg client = pair_client_cfg(&pair_pki);
	struct error err;
	struct tls_ctx *ctx;

	(void)state;
	client.keylog = "/nonexistent/keys";
	assert_int_equal(tls_ctx_client(&client, &ctx, &err), -ENOENT);
	assert_non_null(strstr(err.text, "/nonexistent/keys"));
}

#else

static void refused(void **state)
{
	struct tls_client_cfg client = pair_client_cfg(&pair_pki);
	struct error err;
	struct tls_ctx *ctx;

	(void)state;
	client.keylog = "/tmp/sstp-no-keys";
	assert_int_equal(tls_ctx_client(&client, &ctx, &err), -ENOTSUP);
	assert_non_null(strstr(err.text, "cannot log session keys"));
}

#endif

int main(void)
{
	const struct CMUnitTest tests[] = {
#if TLS_HAS_KEYLOG
		cmocka_unit_test(tls13_lines),
		cmocka_unit_test(tls12_lines),
		cmocka_unit_test(appended_and_private),
		cmocka_unit_test(no_folder),
#else
		cmocka_unit_test(refused),
#endif
	};

	return cmocka_run_group_tests(tests, pair_make_files, pair_drop_files);
}
