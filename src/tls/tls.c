/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Sessions. wolfSSL reads ciphertext through a callback from the window that tls_input gave, and
 * writes ciphertext through another callback, which passes it on at once; so a call into the
 * library never blocks, and stops only for lack of input. After a failure the library is not called
 * again.
 *
 * In TLS 1.3 an AES-GCM key seals 2^24.5 records (RFC 8446 section 5.5), up to 388 GB; then the
 * library renews it, and it responds to the peer's KeyUpdate. TLS 1.2 can renew its keys only by
 * renegotiation, which we and others refuse: there a key lasts as long as the session. Its nonces
 * count records and never repeat; only the security margin is lost. --min-tls 1.3 keeps it.
 */
#include "tls/tls.h"

#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>

#include "tls/bare_cert.h"
#include "tls/cert_name.h"
#include "tls/keylog.h"
#include "tls/ticket_client.h"
#include "tls/ticket_server.h"
#include "tls/tls_session.h"
#include "tls/trust.h"
#include "tls/tls_error.h"
#include "util/ip.h"

/*
 * Limits what a client may send in its handshake: a ClientHello has one or two KiB. The library's
 * own limit allows for a server's certificates.
 */
enum { SERVER_HANDSHAKE_MAX = 32 * 1024 };

static const char alpn[] = "http/1.1"; /* SSTP starts with HTTP/1.1 */

/* Key shares for the two likely groups: a server without the first needs no second round. */
static bool offer_key_shares(WOLFSSL *ssl, bool is_eap)
{
#if TLS_HAS_MLKEM
	if (!is_eap && wolfSSL_UseKeyShare(ssl, WOLFSSL_X25519MLKEM768) != WOLFSSL_SUCCESS)
		return false;
#endif
	return wolfSSL_UseKeyShare(ssl, WOLFSSL_ECC_X25519) == WOLFSSL_SUCCESS;
}

/*
 * To resume a session the library needs the one key share to be of that session's group, and would offer
 * no other group: a server that has lost that group could not choose another.
 */
static bool offer_groups(WOLFSSL *ssl)
{
#if TLS_HAS_TICKETS
	for (size_t i = 0; i < ctx_group_count; i++)
		if (wolfSSL_UseSupportedCurve(ssl, (word16)ctx_groups[i]) != WOLFSSL_SUCCESS)
			return false;
#endif
	(void)ssl;
	return true;
}

static bool prepare_trust(struct tls *t, const char *name)
{
	t->name = strdup(name);
	t->bare_cert = malloc(BARE_CERT_MAX);
	wolfSSL_SetCertCbCtx(t->ssl, t);
	return t->name && t->bare_cert;
}

static bool offer_name(struct tls *t, const char *sni)
{
	struct ip_addr ip;
	size_t len = strlen(sni);

	if (len && sni[len - 1] == '.') /* RFC 6066 section 3: without the trailing dot */
		len--;
	if (ip_parse(sni, &ip) || !is_dns_name(bytes_of(sni, len)))
		return true;
	return wolfSSL_UseSNI(t->ssl, WOLFSSL_SNI_HOST_NAME, sni, (unsigned short)len) ==
	       WOLFSSL_SUCCESS;
}

static bool prepare_client(struct tls *t, const struct tls_session_cfg *cfg)
{
	const char *sni = cfg->sni ? cfg->sni : cfg->name;

	if (!prepare_trust(t, cfg->name))
		return false;
	if (t->ctx->is_eap)
		return offer_key_shares(t->ssl, true);
	if (!offer_name(t, sni) || !ticket_client_open(t, sni))
		return false;
	return ticket_client_offers(t) ? offer_groups(t->ssl) : offer_key_shares(t->ssl, false);
}

static bool prepare_server(struct tls *t)
{
	char names[sizeof(alpn)];

	if (t->ctx->wants_client_cert && !prepare_trust(t, "the client"))
		return false;
	if (t->ctx->is_eap)
		return true;
	memcpy(names, alpn, sizeof(alpn)); /* the library wants to write to it */
	return wolfSSL_UseALPN(t->ssl, names, sizeof(alpn) - 1,
			       WOLFSSL_ALPN_CONTINUE_ON_MISMATCH) == WOLFSSL_SUCCESS;
}

/* The library reads one record at a time, so records after the handshake are not counted. */
static bool is_too_much(struct tls *t, size_t len)
{
	if (!t->ctx->is_server || t->is_up)
		return false;
	t->handshake_len += len;
	if (t->handshake_len <= SERVER_HANDSHAKE_MAX)
		return false;
	tls_error_set(tls_error_room(&t->error), "the client's handshake is longer than %d bytes",
		      SERVER_HANDSHAKE_MAX);
	return true;
}

/* The receive callback of wolfSSL: reads from the window that tls_input gave. */
static int receive(WOLFSSL *ssl, char *to, int room, void *arg)
{
	struct tls *t = arg;
	size_t len = t->input.len < (size_t)room ? t->input.len : (size_t)room;

	(void)ssl;
	if (!len)
		return WOLFSSL_CBIO_ERR_WANT_READ;
	if (is_too_much(t, len))
		return WOLFSSL_CBIO_ERR_GENERAL;
	memcpy(to, t->input.at, len);
	t->input = bytes_of(t->input.at + len, t->input.len - len);
	return (int)len;
}

static int transmit(WOLFSSL *ssl, char *from, int len, void *arg)
{
	struct tls *t = arg;

	(void)ssl;
	t->send(t->arg, (const uint8_t *)from, (size_t)len);
	return len;
}

static bool prepare(struct tls *t, const struct tls_session_cfg *cfg)
{
	t->ssl = wolfSSL_new(t->ctx->wolf);
	if (!t->ssl)
		return false;
	wolfSSL_SSLSetIORecv(t->ssl, receive);
	wolfSSL_SSLSetIOSend(t->ssl, transmit);
	wolfSSL_SetIOReadCtx(t->ssl, t);
	wolfSSL_SetIOWriteCtx(t->ssl, t);
	if (t->ctx->is_eap)
		wolfSSL_KeepArrays(t->ssl); /* for tls_eap_key */
	if (t->ctx->keylog_fd >= 0 && !keylog_watch(t->ssl, &t->ctx->keylog_fd))
		return false;
	return t->ctx->is_server ? prepare_server(t) : prepare_client(t, cfg);
}

int tls_open(struct tls_ctx *ctx, const struct tls_session_cfg *cfg, struct tls **out)
{
	struct tls *t = calloc(1, sizeof(*t));

	assert(cfg->send && (cfg->name || ctx->is_server));
	if (!t)
		return -ENOMEM;
	t->ctx = ctx_hold(ctx);
	t->send = cfg->send;
	t->arg = cfg->arg;
	if (!ctx->plain && !prepare(t, cfg)) {
		tls_close(t);
		return -ENOMEM;
	}
	*out = t;
	return 0;
}

void tls_send_to(struct tls *t, void *arg)
{
	t->arg = arg;
}

void tls_close(struct tls *t)
{
	if (!t)
		return;
	ticket_client_close(t);
	if (t->ssl)
		wolfSSL_free(t->ssl);
	ctx_release(t->ctx);
	free(t->name);
	free(t->leaf);
	free(t->bare_cert);
	free(t->error);
	free(t);
}

void tls_input(struct tls *t, const uint8_t *at, size_t len)
{
	if (t->input.len) /* the caller has stopped reading, and can't go on after a gap */
		t->is_closed = true;
	t->input = bytes_of(NULL, 0);
	if (t->is_over || t->is_closed)
		return;
	t->input = bytes_of(at, len);
	for (size_t i = 0; i < len && t->first_len < TLS_FIRST_LEN; i++)
		t->first[t->first_len++] = at[i];
}

/*
 * The library could not read the certificates: reported as a refusal, not as a TLS error. Until a
 * certificate is accepted these codes can have no other cause.
 */
static bool is_certificate_unread(int code)
{
	enum { DEPTH_E = -296, LEN_E = -297 }; /* ASN_..., which older versions do not have */

	return (code <= ASN_PARSE_E && code >= ASN_ALT_NAME_E) || code == ASN_ECC_KEY_E ||
	       code == ECC_CURVE_OID_E || code == ALT_NAME_E || code == BAD_FUNC_ARG ||
	       code == DEPTH_E || code == LEN_E;
}

static void refuse_certificates(struct tls *t, int code)
{
	if (code == MAX_CHAIN_ERROR)
		trust_refuse(t,
			     "%.64s showed more certificates than are accepted: it should show "
			     "its own and those up to the authority, and no others",
			     t->name);
	else if (code == HANDSHAKE_SIZE_ERROR)
		trust_refuse(t, "the certificates of %.64s are longer than is accepted", t->name);
	else if (is_certificate_unread(code))
		trust_refuse(t,
			     "the certificate of %.64s, or one after it, cannot be read: it is "
			     "malformed, or of a kind that sstp does not know",
			     t->name);
}

static bool must_trust(const struct tls *t)
{
	return !t->ctx->is_server || t->ctx->wants_client_cert;
}

/* Translates the library's error for the caller; if the session is over, sets the reason. */
static int result_of(struct tls *t, int rc)
{
	int code = wolfSSL_get_error(t->ssl, rc);

	if (code == WOLFSSL_ERROR_WANT_READ)
		return TLS_WANT_INPUT;
	if (code == WOLFSSL_ERROR_ZERO_RETURN && t->is_up) {
		t->is_closed = true;
		return TLS_CLOSED;
	}
	t->is_over = true;
	if (!t->error && must_trust(t) && !t->is_leaf_good)
		refuse_certificates(t, code);
	if (!t->error) /* trust_verify may have set a better text */
		tls_error_set_failure(tls_error_room(&t->error), t->ssl, code, t->ctx->is_server,
				      bytes_of(t->first, t->first_len));
	return TLS_FAILED;
}

int tls_handshake(struct tls *t)
{
	int rc;

	if (t->is_over)
		return TLS_FAILED;
	if (t->ctx->plain) {
		t->is_up = true;
		return 1;
	}
	if (t->ctx->is_server)
		ticket_server_prepare(t->ctx->tickets, t->ssl);
	rc = t->ctx->is_server ? wolfSSL_accept(t->ssl) : wolfSSL_connect(t->ssl);
	if (rc != WOLFSSL_SUCCESS)
		return result_of(t, rc);
	if (t->ctx->is_server) {
		t->is_resumed = tls_is_13(t) && wolfSSL_session_reused(t->ssl);
		ticket_server_forget(t->ctx->tickets, t->ssl);
	} else if (ticket_client_resumed(t)) {
		t->is_resumed = t->is_leaf_good = true;
	}
	if (must_trust(t) && !t->is_leaf_good) { /* cannot happen unless we have a bug */
		t->is_over = true;
		trust_refuse(t, "the peer's certificate was not checked");
		return TLS_FAILED;
	}
	t->is_up = true;
	return 1;
}

static ssize_t read_plain(struct tls *t, uint8_t *to, size_t room)
{
	size_t len = t->input.len < room ? t->input.len : room;

	if (len)
		memcpy(to, t->input.at, len);
	t->input = bytes_of(t->input.at + len, t->input.len - len);
	return (ssize_t)len;
}

ssize_t tls_read(struct tls *t, uint8_t *to, size_t room)
{
	int rc;

	if (t->is_over)
		return TLS_FAILED;
	assert(t->is_up && room);
	if (t->is_closed)
		return TLS_CLOSED;
	if (t->ctx->plain)
		return read_plain(t, to, room);
	rc = wolfSSL_read(t->ssl, to, room < INT_MAX ? (int)room : INT_MAX);
	return rc > 0 ? rc : result_of(t, rc);
}

int tls_write(struct tls *t, const uint8_t *from, size_t len)
{
	if (t->is_over)
		return TLS_FAILED;
	assert(t->is_up);
	if (t->ctx->plain) {
		t->send(t->arg, from, len);
		return 0;
	}
	while (len) {
		int rc = wolfSSL_write(t->ssl, from, len < INT_MAX ? (int)len : INT_MAX);

		if (rc <= 0) {
			result_of(t, rc);
			t->is_over = true;
			return TLS_FAILED;
		}
		from += rc;
		len -= (size_t)rc;
	}
	return 0;
}

/* Only once: a second wolfSSL_shutdown with unread input uses freed memory (CVE-2026-15442). */
void tls_notify_close(struct tls *t)
{
	if (t->is_over || t->is_close_sent || !t->is_up)
		return;
	t->is_close_sent = true;
	if (t->ssl)
		wolfSSL_shutdown(t->ssl);
}

const struct error *tls_error_of(const struct tls *t)
{
	static const struct error none;

	return t->error ? t->error : &none;
}

struct bytes tls_first_input(const struct tls *t)
{
	return bytes_of(t->first, t->first_len);
}

bool tls_is_issuer_unknown(const struct tls *t)
{
	return t->is_issuer_unknown;
}

bool tls_is_for_other_names(const struct tls *t)
{
	return t->is_for_other_names;
}

bool tls_is_not_valid_yet(const struct tls *t)
{
	return t->is_not_valid_yet;
}

bool tls_is_untrusted(const struct tls *t)
{
	return t->is_untrusted;
}

const char *tls_version(const struct tls *t)
{
	if (t->ctx->plain)
		return "HTTP";
	return wolfSSL_get_version(t->ssl);
}

const char *tls_cipher(const struct tls *t)
{
	int suite = t->ssl ? wolfSSL_get_current_cipher_suite(t->ssl) : 0;
	const char *name;

	if (t->ctx->plain)
		return "without TLS";
	name = wolfSSL_get_cipher_name_iana_from_suite((unsigned char)(suite >> 8),
						       (unsigned char)suite);

	return name ? name : "";
}

const char *tls_group(const struct tls *t)
{
	const char *name = t->ssl ? wolfSSL_get_curve_name(t->ssl) : NULL;

	return name ? name : "";
}

bool tls_is_resumed(const struct tls *t)
{
	return t->is_resumed;
}

void tls_binding_hashes(const struct tls *t, uint8_t sha1[SHA1_LEN], uint8_t sha256[SHA256_LEN])
{
	struct bytes leaf = tls_peer_leaf(t);

	if (t->ctx->plain) {
		memcpy(sha1, t->ctx->plain[0].sha1, SHA1_LEN);
		memcpy(sha256, t->ctx->plain[0].sha256, SHA256_LEN);
		return;
	}
	if (t->ctx->is_server) {
		memcpy(sha1, t->ctx->cert_sha1, SHA1_LEN);
		memcpy(sha256, t->ctx->cert_sha256, SHA256_LEN);
		return;
	}
	digest_sha1(&leaf, 1, sha1);
	digest_sha256(&leaf, 1, sha256);
}

const struct cert_hashes *tls_other_hashes(const struct tls *t, size_t *count)
{
	*count = t->ctx->plain ? t->ctx->plain_count - 1 : 0;
	return *count ? t->ctx->plain + 1 : NULL;
}

bool tls_is_13(const struct tls *t)
{
	return t->ssl && wolfSSL_version(t->ssl) == TLS1_3_VERSION;
}

bool tls_eap_key(struct tls *t, uint8_t type, uint8_t out[TLS_EAP_KEY_LEN])
{
	static const char label_12[] = "client EAP encryption",
			  label_13[] = "EXPORTER_EAP_TLS_Key_Material";
	bool is_13 = tls_is_13(t), ok;

	if (!t->ctx->is_eap || !t->is_up || t->is_over)
		return false;
	ok = wolfSSL_export_keying_material(t->ssl, out, TLS_EAP_KEY_LEN,
					    is_13 ? label_13 : label_12,
					    is_13 ? sizeof(label_13) - 1 : sizeof(label_12) - 1,
					    is_13 ? &type : NULL, is_13, is_13) == WOLFSSL_SUCCESS;
	wolfSSL_FreeArrays(t->ssl);
	return ok;
}

struct bytes tls_peer_leaf(const struct tls *t)
{
	return bytes_of(t->leaf, t->leaf_len);
}
