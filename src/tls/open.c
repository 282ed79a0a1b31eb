/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Makes contexts: versions, cipher suites, groups and other settings that decide on security. */
#include "tls/open.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "tls/bare_cert.h"
#include "tls/cert_load.h"
#include "tls/cryptocb.h"
#include "tls/ctx.h"
#include "tls/identity.h"
#include "tls/keylog.h"
#include "tls/self_test.h"
#include "tls/spki.h"
#include "tls/ticket_client.h"
#include "tls/ticket_server.h"
#include "tls/trust.h"
#include "tls/tls_error.h"
#include "tls/x509.h"
#include "util/alloc.h"

/*
 * AES-128-GCM first: it is the fastest, and secure enough. But an x86-64 without AES instructions (an old
 * one, or a virtual machine with the CPU type kvm64) is several times as fast with ChaCha20.
 */
#define AES_TLS13 "TLS13-AES128-GCM-SHA256:TLS13-AES256-GCM-SHA384"
#define CHACHA_TLS13 "TLS13-CHACHA20-POLY1305-SHA256"
#define AES_TLS12                                                    \
	"ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:" \
	"ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384"
#define CHACHA_TLS12 "ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305"
/*
 * For RouterOS: CBC suites, and with pfs=no, its default, RSA key exchange, which has no forward
 * secrecy.
 */
#define SUITES_CBC                                                                 \
	"ECDHE-ECDSA-AES128-SHA256:ECDHE-RSA-AES128-SHA256:"                       \
	"ECDHE-ECDSA-AES128-SHA:ECDHE-RSA-AES128-SHA:"                             \
	"ECDHE-ECDSA-AES256-SHA384:ECDHE-RSA-AES256-SHA384:"                       \
	"ECDHE-ECDSA-AES256-SHA:ECDHE-RSA-AES256-SHA:AES128-SHA256:AES256-SHA256:" \
	"AES128-SHA:AES256-SHA"

/* What client and server contexts have in common. */
struct ctx_cfg {
	bool is_server, is_eap, only_tls12, only_tls13, allow_cbc, wants_client_cert;
};

/* wolfSSL's code for these instructions needs all four sets, and asks only for the first. Some emulators have no other. */
static bool has_fast_aes(void)
{
#ifdef __x86_64__
	return __builtin_cpu_supports("aes") && __builtin_cpu_supports("pclmul") &&
	       __builtin_cpu_supports("ssse3") && __builtin_cpu_supports("sse4.1");
#else
	return true;
#endif
}

struct suites_text {
	char text[1024];
};

static struct suites_text suites(bool is_only_tls13, bool allow_cbc)
{
	bool aes_first = has_fast_aes();
	struct suites_text s;

	snprintf(s.text, sizeof(s.text), "%s%s%s%s",
		 aes_first ? AES_TLS13 ":" CHACHA_TLS13 : CHACHA_TLS13 ":" AES_TLS13,
		 is_only_tls13 ? ""
		 : aes_first   ? ":" AES_TLS12 ":" CHACHA_TLS12
			       : ":" CHACHA_TLS12 ":" AES_TLS12,
		 !is_only_tls13 && allow_cbc ? ":" : "",
		 !is_only_tls13 && allow_cbc ? SUITES_CBC : "");
	return s;
}

/*
 * In EAP a key share of ML-KEM needs fragments, and some servers refuse such a ClientHello. What
 * travels inside is already in the tunnel's TLS.
 */
static int eap_groups[] = {
	WOLFSSL_ECC_X25519,
	WOLFSSL_ECC_SECP256R1,
	WOLFSSL_ECC_SECP384R1,
};

static pthread_once_t library_once = PTHREAD_ONCE_INIT;
static bool has_library;

static void start_library(void)
{
	wolfSSL_SetAllocators(alloc_get, alloc_put, alloc_resize);
/* A distribution's library may not export the function. */
#if defined(WOLFSSL_USER_SETTINGS) && defined(WOLFSSL_AESNI)
	if (!has_fast_aes())
		cpuid_clear_flag(CPUID_AESNI);
#endif
	has_library = wolfSSL_Init() == WOLFSSL_SUCCESS;
	if (has_library)
		cryptocb_register();
}

static bool ok(int rc)
{
	return rc == WOLFSSL_SUCCESS;
}

static bool set_groups(const struct tls_ctx *ctx)
{
	if (ctx->is_eap)
		return ok(wolfSSL_CTX_set_groups(ctx->wolf, eap_groups,
						 sizeof(eap_groups) / sizeof(eap_groups[0])));
	return ok(wolfSSL_CTX_set_groups(ctx->wolf, ctx_groups, (int)ctx_group_count));
}

/*
 * The library verifies no certificate of a server, and none of a client is asked for, except in
 * EAP. trust_verify checks the peer's, and no handshake is done without it; the library would
 * verify signatures with any keys that a stranger sends, and keep the stranger's authorities. For a
 * client's certificate the library must be set to verify, or it would not require the client's
 * signature; the bare certificates that it gets (bare_cert.c) contain nothing to verify or to keep.
 */
static bool set_verify(const struct tls_ctx *ctx)
{
	bool checks = !ctx->is_server || ctx->wants_client_cert;

	if (ctx->wants_client_cert && !TLS_HAS_CERT_CB)
		return false;
	wolfSSL_CTX_set_verify(ctx->wolf,
			       ctx->wants_client_cert
				       ? WOLFSSL_VERIFY_PEER | WOLFSSL_VERIFY_FAIL_IF_NO_PEER_CERT
				       : WOLFSSL_VERIFY_NONE,
			       checks ? trust_verify : NULL);
	if (checks)
		bare_cert_use(ctx->wolf);
	return true;
}

/* Sets all of these, since the library's defaults differ between builds. */
static bool configure(struct tls_ctx *ctx, bool allow_cbc)
{
	WOLFSSL_CTX *wolf = ctx->wolf;
	int lowest = ctx->is_only_tls13 ? WOLFSSL_TLSV1_3 : WOLFSSL_TLSV1_2;

	cryptocb_use(wolf);
	return set_verify(ctx) && set_groups(ctx) && ok(wolfSSL_CTX_SetMinVersion(wolf, lowest)) &&
	       ok(wolfSSL_CTX_set_cipher_list(wolf, suites(ctx->is_only_tls13, allow_cbc).text)) &&
	       ctx_set_key_sizes(wolf);
}

/* Unless ctx_new and tls_open allow it, by tickets of TLS 1.3. */
static void forbid_resumption(WOLFSSL_CTX *wolf, bool is_ticketing)
{
#ifdef HAVE_SESSION_TICKET
	wolfSSL_CTX_NoTicketTLSv12(wolf);
	if (!is_ticketing)
		wolfSSL_CTX_no_ticket_TLSv13(wolf);
#endif
#ifndef NO_SESSION_CACHE
	wolfSSL_CTX_set_session_cache_mode(wolf, WOLFSSL_SESS_CACHE_OFF);
#endif
	(void)wolf;
	(void)is_ticketing;
}

/*
 * Not in EAP, where a login is to show its certificate, nor where a client has one: no session may outlive
 * the check of that.
 */
static bool has_tickets(const struct ctx_cfg *cfg)
{
	return TLS_HAS_TICKETS && !cfg->is_eap && !cfg->wants_client_cert;
}

static bool open_tickets(struct tls_ctx *ctx)
{
#if TLS_HAS_TICKETS
	wolfSSL_CTX_only_dhe_psk(ctx->wolf); /* each session has secrets of its own */
#endif
	if (ctx->is_server)
		ctx->tickets = ticket_server_new(ctx->wolf);
	return !ctx->is_server || ctx->tickets;
}

static WOLFSSL_METHOD *method_of(const struct ctx_cfg *cfg)
{
	if (cfg->only_tls12)
		return cfg->is_server ? wolfTLSv1_2_server_method() : wolfTLSv1_2_client_method();
	return cfg->is_server ? wolfSSLv23_server_method() : wolfSSLv23_client_method();
}

static int ctx_new(const struct ctx_cfg *cfg, struct tls_ctx **out, struct error *err)
{
	struct tls_ctx *ctx = calloc(1, sizeof(*ctx));

	pthread_once(&library_once, start_library);
	*out = ctx;
	if (ctx && has_library) {
		atomic_init(&ctx->refs, 1);
		ctx->is_server = cfg->is_server;
		ctx->is_only_tls13 = cfg->only_tls13;
		ctx->is_eap = cfg->is_eap;
		ctx->wants_client_cert = cfg->wants_client_cert;
		ctx->keylog_fd = -1;
		ctx->wolf = wolfSSL_CTX_new(method_of(cfg));
	}
	if (!ctx || !ctx->wolf) {
		free(ctx);
		tls_error_set(
			err,
			"the TLS library cannot be started: out of memory, or no random numbers");
		return -ENOMEM;
	}
	forbid_resumption(ctx->wolf, has_tickets(cfg));
	if (configure(ctx, cfg->allow_cbc) && (!has_tickets(cfg) || open_tickets(ctx)))
		return 0;
	ctx_release(ctx);
	tls_error_set(err, "the TLS library lacks TLS %s, a cipher suite or a group%s",
		      cfg->only_tls13 ? "1.3" : "1.2",
		      cfg->wants_client_cert ? ", or cannot check a client's certificate" : "");
	return -ENOTSUP;
}

static int refuse_pin(const char *text, struct error *err)
{
	tls_error_set(err,
		      "\"%.100s\" is not a pin: pin-sha256: and 44 characters of base64 "
		      "(of the key), or sha256: and 64 hexadecimal digits (of the "
		      "certificate)",
		      text);
	return -EINVAL;
}

static int take_pins(struct tls_ctx *ctx, const struct tls_client_cfg *cfg, struct error *err)
{
	ctx->pins = calloc(cfg->pin_count, sizeof(*ctx->pins));
	if (!ctx->pins) {
		tls_error_set(err, "out of memory");
		return -ENOMEM;
	}
	for (size_t i = 0; i < cfg->pin_count; i++)
		if (!pin_parse(cfg->pins[i], &ctx->pins[i]))
			return refuse_pin(cfg->pins[i], err);
	ctx->pin_count = cfg->pin_count;
	return 0;
}

/*
 * That the key belongs to the certificate is found out by a server's context (check_pair), as is
 * every other fault of the files.
 */
static int take_client_identity(struct tls_ctx *ctx, const struct tls_client_cfg *cfg,
				struct error *err)
{
	const struct tls_server_cfg identity = {
		.cert_file = cfg->cert_file,
		.key_file = cfg->key_file ? cfg->key_file : cfg->cert_file,
		.key_password = cfg->key_password,
		.keys = cfg->keys,
		.is_client_identity = true,
	};
	struct tls_ctx *server = NULL;
	int error = cfg->is_checked ? 0 : tls_ctx_server(&identity, &server, err);

	if (error)
		return error;
	if (server)
		tls_ctx_release(server);
	return identity_load(ctx, &identity, err);
}

int tls_ctx_client(const struct tls_client_cfg *cfg, struct tls_ctx **out, struct error *err)
{
	const struct ctx_cfg common = {
		.is_eap = cfg->is_eap,
		.only_tls12 = cfg->only_tls12,
		.only_tls13 = cfg->only_tls13,
		.allow_cbc = cfg->allow_cbc,
	};
	struct tls_ctx *ctx;
	int error = ctx_new(&common, &ctx, err);

	if (error)
		return error;
	ctx->allow_cn = cfg->allow_cn;
	ctx->ca_option = cfg->ca_option;
	ctx->who_trusts = !cfg->ca_file ? "this machine trusts"
			  : cfg->is_eap ? "--eap-ca (or --ca-cert) holds"
					: "--ca-cert holds";
	if (cfg->ca_option && cfg->ca_file)
		ctx->who_trusts = cfg->ca_option;
	error = cfg->pin_count ? take_pins(ctx, cfg, err)
			       : authorities_load(&ctx->authorities, cfg->ca_file, err);
	if (!error && cfg->crl_file && !cfg->pin_count)
		error = crls_load(&ctx->crls, cfg->crl_file, err);
	if (!error && cfg->cert_file)
		error = take_client_identity(ctx, cfg, err);
	if (!error && cfg->keylog)
		error = keylog_open(cfg->keylog, &ctx->keylog_fd, err);
	if (error) {
		ctx_release(ctx);
		return error;
	}
	ticket_client_set_trust(ctx);
	*out = ctx;
	return 0;
}

static struct pin_text own_pin(const struct tls_ctx *server)
{
	struct pin pin = { .is_of_key = false };

	memcpy(pin.hash, server->cert_sha256, sizeof(pin.hash));
	return pin_print(&pin);
}

/* Tries a handshake with a client that trusts only this server's certificate. */
static bool can_connect(struct tls_ctx *server, struct error *err)
{
	struct pin_text pin = own_pin(server);
	const char *const pins[] = { pin.text };
	struct tls_client_cfg cfg = { .pins = pins, .pin_count = 1 };
	struct tls_ctx *client;
	bool ok;

	if (tls_ctx_client(&cfg, &client, err))
		return false;
	ok = tls_self_test(client, server, err);
	ctx_release(client);
	return ok;
}

/*
 * Checks that the key belongs to the certificate, by a handshake: the library's own comparison
 * misses some mismatches (EC keys in 5.5.4), and needs to parse the certificate.
 */
static int check_pair(struct tls_ctx *ctx, const struct tls_server_cfg *cfg, struct error *err)
{
	struct error why;

	if (can_connect(ctx, &why))
		return 0;
	tls_error_set(err, "%s is not the key of the certificate in %s%s (%.96s)", cfg->key_file,
		      cfg->cert_file, cfg->key_password ? ", or its password is wrong" : "",
		      why.text);
	return -EINVAL;
}

int tls_ctx_server(const struct tls_server_cfg *cfg, struct tls_ctx **out, struct error *err)
{
	const struct ctx_cfg common = {
		.is_server = true,
		.is_eap = cfg->is_eap,
		.only_tls12 = cfg->only_tls12,
		.only_tls13 = cfg->only_tls13,
		.allow_cbc = cfg->allow_cbc,
		.wants_client_cert = cfg->client_ca_file,
	};
	struct tls_ctx *ctx;
	int error = ctx_new(&common, &ctx, err);

	if (error)
		return error;
	ctx->who_trusts = "--client-ca holds";
	error = identity_load(ctx, cfg, err);
	if (!error && !cfg->client_ca_file) /* of the same pair there is a context without */
		error = check_pair(ctx, cfg, err);
	if (!error && cfg->client_ca_file)
		error = authorities_load(&ctx->authorities, cfg->client_ca_file, err);
	if (!error && cfg->client_ca_file && cfg->client_crl_file)
		error = crls_load(&ctx->crls, cfg->client_crl_file, err);
	if (!error && cfg->keylog)
		error = keylog_open(cfg->keylog, &ctx->keylog_fd, err);
	if (error)
		ctx_release(ctx);
	else
		*out = ctx;
	return error;
}

bool tls_ctx_use_pin(struct tls_ctx *ctx, const char *pin)
{
	if (!ctx->pin_count || !pin_parse(pin, &ctx->pins[0]))
		return false;
	ctx->pin_count = 1;
	ticket_client_set_trust(ctx);
	return true;
}

void tls_ctx_use_tickets(struct tls_ctx *ctx, struct tls_tickets *store)
{
	ctx->store = store;
}

static struct bytes leaf_of(const struct tls_ctx *ctx)
{
	return bytes_of(ctx->leaf, ctx->leaf_len);
}

enum cert_match tls_ctx_match(const struct tls_ctx *ctx, const char *name)
{
	return cert_match(leaf_of(ctx), name);
}

bool tls_ctx_shares_name(const struct tls_ctx *ctx, const struct tls_ctx *other)
{
	return cert_shares_name(leaf_of(ctx), leaf_of(other));
}

uint8_t tls_ctx_key(const struct tls_ctx *ctx)
{
	struct x509 x;
	struct spki key;

	if (!x509_read(leaf_of(ctx), &x) || !spki_read(x.spki, &key))
		return HELLO_RSA;
	return key.kind == SPKI_EC        ? HELLO_ECDSA
	       : key.kind == SPKI_ED25519 ? HELLO_ED25519
					  : HELLO_RSA;
}

time_t tls_ctx_expires(const struct tls_ctx *ctx)
{
	struct x509 x;

	return x509_read(leaf_of(ctx), &x) ? x.not_after : 0;
}

enum { CERT_DER_MAX = 64 * 1024 };

static int hash_file(const char *file, struct cert_hashes *h, struct error *err)
{
	uint8_t *der = malloc(CERT_DER_MAX);
	struct bytes cert = { der, 0 };
	int error;

	tls_error_set(err, "out of memory");
	error = der ? cert_load(file, der, CERT_DER_MAX, &cert.len, err) : -ENOMEM;
	if (!error) {
		digest_sha1(&cert, 1, h->sha1);
		digest_sha256(&cert, 1, h->sha256);
	}
	free(der);
	return error;
}

int tls_ctx_plain(const char *const *files, size_t count, struct tls_ctx **out, struct error *err)
{
	struct tls_ctx *ctx = calloc(1, sizeof(*ctx));
	int error = 0;

	tls_error_set(err, "out of memory");
	if (!ctx)
		return -ENOMEM;
	atomic_init(&ctx->refs, 1);
	ctx->is_server = true;
	ctx->keylog_fd = -1;
	ctx->plain = calloc(count, sizeof(*ctx->plain));
	ctx->plain_count = count;
	if (!ctx->plain)
		error = -ENOMEM;
	for (size_t i = 0; !error && i < count; i++)
		error = hash_file(files[i], &ctx->plain[i], err);
	if (error)
		ctx_release(ctx);
	else
		*out = ctx;
	return error;
}

struct tls_ctx *tls_ctx_hold(struct tls_ctx *ctx)
{
	return ctx_hold(ctx);
}

void tls_ctx_release(struct tls_ctx *ctx)
{
	ctx_release(ctx);
}
