/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "eap_lab.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "tls/cert_make.h"
#include "tls/open.h"

static char folder[] = "/tmp/sstp-fuzz-XXXXXX", cert[64], key[64];
static bool is_made;

static void remove_files(void)
{
	unlink(cert);
	unlink(key);
	rmdir(folder);
}

static void make(void)
{
	static const char *const names[] = { "vpn.example.net", "127.0.0.1" };
	const struct cert_request rq = { .names = names, .name_count = 2, .days = 1000 };
	struct error err;

	if (is_made)
		return;
	is_made = true;
	if (!mkdtemp(folder))
		abort();
	snprintf(cert, sizeof(cert), "%s/cert", folder);
	snprintf(key, sizeof(key), "%s/key", folder);
	if (cert_make(&rq, cert, key, false, &err))
		abort();
	atexit(remove_files);
}

struct tls_ctx *eap_lab_client(bool only_tls12)
{
	struct tls_client_cfg cfg = { .is_eap = true, .only_tls12 = only_tls12 };
	struct tls_ctx *ctx;
	struct error err;

	make();
	cfg.ca_file = cert;
	if (!only_tls12) {
		cfg.cert_file = cert;
		cfg.key_file = key;
	}
	if (tls_ctx_client(&cfg, &ctx, &err))
		abort();
	return ctx;
}

struct tls_ctx *eap_lab_server(bool only_tls12, bool wants_cert)
{
	struct tls_server_cfg cfg = { .is_eap = true, .only_tls12 = only_tls12 };
	struct tls_ctx *ctx;
	struct error err;

	make();
	cfg.cert_file = cert;
	cfg.key_file = key;
	cfg.client_ca_file = wants_cert ? cert : NULL;
	if (tls_ctx_server(&cfg, &ctx, &err))
		abort();
	return ctx;
}
