/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Texts of the library's error codes and of the alerts of RFC 8446 section 6. */
#include "tls/tls_error.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "util/log.h"

void tls_error_set(struct error *err, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(err->text, sizeof(err->text), format, args);
	va_end(args);
}

struct error *tls_error_room(struct error **at)
{
	static _Thread_local struct error lost;

	if (!*at)
		*at = calloc(1, sizeof(**at));
	return *at ? *at : &lost;
}

struct tls_strerror_text tls_strerror(int code)
{
	struct tls_strerror_text t;

	wolfSSL_ERR_error_string_n((unsigned long)code, t.text, sizeof(t.text));
	return t;
}

static const struct alert {
	int code;
	const char *name;
	const char *meaning;
} alerts[] = {
	{ 10, "unexpected_message", "" },
	{ 20, "bad_record_mac", "" },
	{ 22, "record_overflow", "" },
	{ 40, "handshake_failure", ": no cipher suite or key exchange in common" },
	{ 42, "bad_certificate",
	  ": it refuses our certificate, for its name, its dates, or who signed it" },
	{ 43, "unsupported_certificate", ": it refuses our certificate" },
	{ 44, "certificate_revoked", ": it refuses our certificate" },
	{ 45, "certificate_expired", ": our certificate has expired, or its clock is wrong" },
	{ 46, "certificate_unknown", ": it does not trust our certificate, or the name in it" },
	{ 47, "illegal_parameter", "" },
	{ 48, "unknown_ca", ": it does not know who signed our certificate" },
	{ 49, "access_denied", "" },
	{ 50, "decode_error", "" },
	{ 51, "decrypt_error", "" },
	{ 70, "protocol_version",
	  ": no TLS version in common (this program supports 1.2 and 1.3)" },
	{ 71, "insufficient_security", ": it requires stronger ciphers" },
	{ 80, "internal_error", "" },
	{ 86, "inappropriate_fallback", "" },
	{ 90, "user_canceled", "" },
	{ 109, "missing_extension", "" },
	{ 110, "unsupported_extension", "" },
	{ 112, "unrecognized_name", ": it does not know the name that was asked for" },
	{ 113, "bad_certificate_status_response", "" },
	{ 116, "certificate_required", ": it requires a client certificate" },
	{ 120, "no_application_protocol", "" },
};

static void set_alert_text(struct error *err, int code, const char *peer)
{
	for (size_t i = 0; i < sizeof(alerts) / sizeof(alerts[0]); i++)
		if (alerts[i].code == code) {
			tls_error_set(err, "the %s sent the TLS alert %s%s", peer, alerts[i].name,
				      alerts[i].meaning);
			return;
		}
	tls_error_set(err, "the %s sent the TLS alert %d", peer, code);
}

/* The fatal alert that the peer sent; -1 when there was none. */
static int alert_received(WOLFSSL *ssl)
{
	WOLFSSL_ALERT_HISTORY h;

	if (wolfSSL_get_alert_history(ssl, &h) != WOLFSSL_SUCCESS)
		return -1;
	return h.last_rx.level == alert_fatal ? h.last_rx.code : -1;
}

/* A TLS record of a handshake, or an alert, of any version since SSL 3. */
static bool looks_like_tls(struct bytes first)
{
	return first.len < 3 || ((first.at[0] == 22 || first.at[0] == 21) && first.at[1] == 3);
}

static const struct {
	int code;
	const char *text;
} known[] = {
	{ VERSION_ERROR, "no TLS version in common (this program supports 1.2 and 1.3)" },
	{ UNSUPPORTED_PROTO_VERSION,
	  "no TLS version in common (this program supports 1.2 and 1.3)" },
	{ MATCH_SUITE_ERROR, "no cipher suite in common" },
	{ UNSUPPORTED_SUITE, "no cipher suite in common" },
	{ ECC_CURVE_ERROR, "no key exchange group in common" },
	{ BAD_KEY_SHARE_DATA, "no key exchange group in common" },
	{ VERIFY_MAC_ERROR, "a record was damaged in transit, or forged" },
	{ DECRYPT_ERROR, "a record was damaged in transit, or forged" },
	{ AES_GCM_AUTH_E, "a record was damaged in transit, or forged" },
	{ MAC_CMP_FAILED_E, "a record was damaged in transit, or forged" },
	{ VERIFY_FINISHED_ERROR, "the handshake was changed in transit" },
	{ SIG_VERIFY_E, "its signature of the handshake is not by its certificate's key" },
	{ VERIFY_SIGN_ERROR, "its signature of the handshake is not by its certificate's key" },
	{ ZERO_RETURN, "it closed the connection during the handshake" },
	{ DUPLICATE_MSG_E, "it began another handshake (renegotiation), which is not supported" },
	{ NO_PEER_CERT, "it sent no certificate" },
	{ MEMORY_E, "out of memory" },
};

static const char *known_text(int code)
{
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (known[i].code == code)
			return known[i].text;
	return NULL;
}

void tls_error_set_failure(struct error *err, WOLFSSL *ssl, int code, bool is_server,
			   struct bytes first)
{
	const char *peer = is_server ? "client" : "server";
	int alert = alert_received(ssl);

	if (!looks_like_tls(first)) {
		tls_error_set(err, "the %s does not speak TLS; it sent %s", peer,
			      log_quote(first.at, first.len).text);
		return;
	}
	if (alert >= 0) {
		set_alert_text(err, alert, peer);
		return;
	}
	if (known_text(code))
		tls_error_set(err, "TLS with the %s failed: %s", peer, known_text(code));
	else
		tls_error_set(err, "TLS with the %s failed: %s (%d)", peer, tls_strerror(code).text,
			      code);
}
