/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a server keeps of a TLS session once its handshake is done. */
#include <malloc.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "pair.h"
#include "tls/open.h"
#include "util/alloc.h"

static size_t live; /* bytes that the library has allocated and not freed */

static void *get(size_t size)
{
	void *at = alloc_get(size);

	live += at ? malloc_usable_size(at) : 0;
	return at;
}

static void put(void *at)
{
	live -= at ? malloc_usable_size(at) : 0;
	alloc_put(at);
}

static void *resize(void *at, size_t size)
{
	size_t was = at ? malloc_usable_size(at) : 0;
	void *is = alloc_resize(at, size);

	if (is)
		live += malloc_usable_size(is) - was;
	return is;
}

enum {
	SESSION_MAX = 2800
}; /* 2,684 bytes of blocks, or 2,744 where they are rounded up (alloc.c) */

#ifdef __x86_64__
static const bool is_x86_64 = true;
#else
static const bool is_x86_64 = false;
#endif

/*
 * The structs of the library differ from version to version; these bytes are those of 5.9. Other machines
 * have a table for GHASH in place of the processor's instruction.
 */
static void a_session_is_small(void **state)
{
	struct tls_client_cfg client = pair_client_cfg(&pair_pki);
	struct tls_server_cfg server = pair_server_cfg(&pair_files);
	struct tls_ctx *c, *s;
	struct error err;
	struct pair *p;
	uint8_t data[64];
	int result;

	(void)state;
	assert_int_equal(tls_ctx_client(&client, &c, &err), 0);
	assert_int_equal(tls_ctx_server(&server, &s, &err), 0);
	wolfSSL_SetAllocators(get, put, resize);
	p = pair_new(c, s, "vpn.example.net");
	assert_true(pair_shake(p));
	assert_int_equal(tls_write(p->client.tls, (const uint8_t *)"hello", 5), 0);
	assert_int_equal(pair_read(&p->server, data, sizeof(data), &result), 5);
	assert_int_equal(tls_write(p->server.tls, (const uint8_t *)"hello", 5), 0);
	tls_close(p->client.tls);
	p->client.tls = NULL;
	print_message("%zu bytes, and %zu of our own\n", live, sizeof(*p->server.tls));
	if (is_x86_64 && LIBWOLFSSL_VERSION_HEX >= 0x05009000)
		assert_true(live + sizeof(*p->server.tls) <= SESSION_MAX);
	pair_free(p);
	wolfSSL_SetAllocators(alloc_get, alloc_put, alloc_resize);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_session_is_small),
	};

	return cmocka_run_group_tests(tests, pair_make_files, pair_drop_files);
}
