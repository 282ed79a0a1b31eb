/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "eap/tls_lab.h"

static const uint8_t client_auth[] = { 0x2b, 6, 1, 5, 5, 7, 3, 2 };
const struct bytes tls_lab_client_auth = { client_auth, sizeof(client_auth) };

struct tls_lab lab;

int tls_lab_open(void **state)
{
	uint8_t san[64];
	struct writer w = writer_of(san, sizeof(san));
	struct pki_leaf server = { .common_name = "radius", .has_san = true };
	struct pki_leaf client = { .common_name = "ann",
				   .has_no_san = true,
				   .purpose = tls_lab_client_auth };

	(void)state;
	pki_init(&lab.pki, "Test Authority");
	pki_init(&lab.other, "Somebody Else");
	x509_put_dns(&w, "radius.example.net");
	server.san = bytes_of(san, w.len);
	pki_issue(&lab.pki, &server, &lab.server);
	pki_issue(&lab.pki, &client, &lab.client);
	pki_issue(&lab.other, &client, &lab.stranger);
	return 0;
}

int tls_lab_close(void **state)
{
	(void)state;
	pki_free(&lab.pki);
	pki_free(&lab.other);
	return 0;
}

struct tls_client_cfg tls_lab_client_cfg(const struct pki_files *f)
{
	return (struct tls_client_cfg){
		.ca_file = lab.pki.ca_file,
		.cert_file = f ? f->cert : NULL,
		.key_file = f ? f->key : NULL,
		.is_eap = true,
	};
}

struct tls_server_cfg tls_lab_server_cfg(const struct pki_files *f)
{
	return (struct tls_server_cfg){
		.cert_file = f->cert,
		.key_file = f->key,
		.client_ca_file = lab.pki.ca_file,
		.is_eap = true,
	};
}

struct tls_ctx *tls_lab_client(const struct tls_client_cfg *cfg)
{
	struct tls_ctx *ctx;
	struct error err;

	if (tls_ctx_client(cfg, &ctx, &err))
		fail_msg("%s", err.text);
	return ctx;
}

struct tls_ctx *tls_lab_server(const struct tls_server_cfg *cfg)
{
	struct tls_ctx *ctx;
	struct error err;

	if (tls_ctx_server(cfg, &ctx, &err))
		fail_msg("%s", err.text);
	return ctx;
}
