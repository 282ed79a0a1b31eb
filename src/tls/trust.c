/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The decision on the server's certificate. It is accepted if path.c finds a path from it to an
 * authority that the user trusts, and its name is good; or, when pins are given, if one of them
 * matches and the key is acceptable. The server proves that it has the certificate's key by its
 * signature of the handshake, which the library verifies afterwards in any case.
 */
#include "tls/trust.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "tls/cert.h"
#include "tls/cert_name.h"
#include "tls/date.h"
#include "tls/path.h"
#include "tls/spki.h"
#include "tls/ticket_client.h"
#include "tls/tls.h"
#include "tls/tls_error.h"

void trust_refuse(struct tls *t, const char *format, ...)
{
	struct error *err = tls_error_room(&t->error);
	va_list args;

	t->is_untrusted = true;
	va_start(args, format);
	vsnprintf(err->text, sizeof(err->text), format, args);
	va_end(args);
}

/*
 * Whether the library can continue. It has got the key alone (bare_cert.c), or has parsed the
 * certificates: then it may report errors in parts that we check ourselves.
 */
static bool is_usable(int code)
{
	return !code || code == KEYUSE_SIGNATURE_E || code == KEYUSE_ENCIPHER_E ||
	       code == EXTKEYUSE_AUTH_E;
}

/* Names the date, since the clock may be wrong: a machine without a battery starts in 1970. */
static void refuse_dates(struct tls *t, const struct cert_info *c, bool is_leaf, bool expired)
{
	struct tls_date_text when = tls_date_print(expired ? c->not_after : c->not_before),
			     now = tls_date_print(time(NULL));
	const char *what = expired ? "expired on" : "is not valid before";

	if (is_leaf)
		trust_refuse(t, "the certificate of %.64s %s %s (this machine's date is %s)",
			     t->name, what, when.text, now.text);
	else
		trust_refuse(t,
			     "the certificate %.96s, an issuer in the chain of %.64s, %s %s "
			     "(this machine's date is %s)",
			     c->subject, t->name, what, when.text, now.text);
}

static void refuse_issuer(struct tls *t, const struct cert_info *c, const struct cert_info *leaf)
{
	const char *who = t->ctx->who_trusts, *option = t->ctx->ca_option;

	t->is_issuer_unknown = true;
	if (option)
		trust_refuse(t,
			     "the certificate of %.64s is not signed by an authority that %s%s "
			     "(%sissuer %.64s)%s%s%s",
			     t->name, who, who == option ? " holds" : "",
			     leaf->is_self_signed ? "self-signed; " : "", c->issuer,
			     who == option ? "" : ": ", who == option ? "" : option,
			     who == option ? "" : " FILE names others");
	else if (t->ctx->is_eap)
		trust_refuse(
			t,
			"the certificate of %.64s is not signed by an authority that %s (%sissuer "
			"%.64s)",
			t->name, t->ctx->who_trusts, leaf->is_self_signed ? "self-signed; " : "",
			c->issuer);
	else
		trust_refuse(t,
			     "the certificate of %.64s is not signed by an authority that %s "
			     "(%sissuer %.64s). The pin of its key is %s: give it with "
			     "--servercert after you have checked it in another way",
			     t->name, t->ctx->who_trusts,
			     leaf->is_self_signed ? "self-signed; " : "", c->issuer, leaf->pin);
}

static void refuse_name(struct tls *t, const struct cert_info *leaf)
{
	char names[192] = "";
	size_t n = 0, i;

	t->is_for_other_names = true;
	for (i = 0; i < leaf->name_count && n + strlen(leaf->names[i]) + 20 < sizeof(names); i++)
		n += (size_t)snprintf(names + n, sizeof(names) - n, "%s%s", i ? ", " : "",
				      leaf->names[i]);
	if (i < leaf->name_count)
		snprintf(names + n, sizeof(names) - n, "%sand others", i ? " " : "long names ");
	if (!leaf->name_count)
		snprintf(names, sizeof(names), "%.100s (it has no subjectAltName)", leaf->subject);
	trust_refuse(t, "the server's certificate is not for %.96s but for %s", t->name, names);
}

static void refuse_purpose(struct tls *t)
{
	trust_refuse(t,
		     "the certificate of %.64s is not meant for %s: its key usage or "
		     "extended key usage (%s) forbids it",
		     t->name, t->ctx->is_server ? "clients" : "servers",
		     t->ctx->is_server ? "clientAuth" : "serverAuth");
}

static void refuse_pin(struct tls *t, const struct x509 *leaf)
{
	const struct pin *want = &t->ctx->pins[0];
	struct pin has = pin_of(leaf, want->is_of_key);

	trust_refuse(t,
		     "the certificate of %.64s has %s, but the pin given is %s%s: either it was "
		     "renewed with a new key, or this is not your server",
		     t->name, pin_print(&has).text, pin_print(want).text,
		     t->ctx->pin_count > 1 ? " (or another of the list)" : "");
}

static void refuse_unusable(struct tls *t, int code)
{
	struct cert_info c;

	cert_read(bytes_of(t->leaf, t->leaf_len), &c);
	trust_refuse(t, "the certificate %.96s of %.64s is refused: %s", c.subject, t->name,
		     tls_strerror(code).text);
}

static const char *fault_text(enum path_fault fault, bool is_of_client)
{
	switch (fault) {
	case PATH_POLICY:
		return "it requires a certificate policy (policyConstraints), and policies are not "
		       "processed here";
	case PATH_CRITICAL:
		return "it has an unknown critical extension";
	case PATH_PURPOSE:
		if (is_of_client)
			return "it may not issue client certificates (extended key usage without "
			       "clientAuth)";
		return "it may not issue server certificates (extended key usage without "
		       "serverAuth)";
	case PATH_NOT_CA:
		return "it may not issue certificates (basic constraints or key usage)";
	case PATH_LENGTH:
		return "the chain below it is longer than it allows (path length)";
	case PATH_NAMES:
		return "it may not issue certificates for such names (name constraints)";
	case PATH_ALGORITHM:
		return "it is signed with an algorithm or a key that is not accepted (" SPKI_ACCEPTED
		       " with SHA-2 is; MD5 and SHA-1 are not secure)";
	case PATH_KEY:
		return "its key is not accepted: " SPKI_ACCEPTED " is";
	case PATH_TOO_LONG:
		return "the chain of certificates is too long";
	case PATH_GOOD:
	case PATH_NO_ISSUER:
	case PATH_EXPIRED:
	case PATH_EARLY:
	case PATH_SIGNATURE:
	case PATH_REVOKED:
	case PATH_NO_CRL:
	case PATH_CRL_EXPIRED:
	case PATH_CRL_EARLY:
	case PATH_CRL_FORGED:
	case PATH_CRL_UNSIGNED:
	case PATH_CRL_UNKNOWN:
		break;
	}
	return "";
}

struct serial_text {
	char text[48];
};

/* As openssl x509 -serial and openssl crl -text print it; a serial number has at most 20 bytes. */
static struct serial_text serial_of(struct bytes serial)
{
	struct serial_text s = { "" };

	while (serial.len > 1 && !serial.at[0])
		serial = bytes_of(serial.at + 1, serial.len - 1);
	for (size_t i = 0; i < serial.len && 2 * i + 2 < sizeof(s.text); i++)
		sprintf(s.text + 2 * i, "%02X", serial.at[i]);
	return s;
}

static void refuse_revoked(struct tls *t, const struct cert_info *c, bool is_leaf,
			   const struct path_end *end)
{
	const char *reason = crl_reason(end->entry.reason);

	trust_refuse(t, "the certificate %s%.96s%s%.64s%s was revoked on %s%s%s (serial number %s)",
		     is_leaf ? "" : c->subject, is_leaf ? "" : ", an issuer in the chain of ",
		     is_leaf ? "of " : "", t->name, is_leaf ? "" : ",",
		     tls_date_print(end->entry.when).text, *reason ? ": " : "", reason,
		     serial_of(end->at->serial).text);
}

static const char *crl_option(const struct tls *t)
{
	if (t->ctx->is_server)
		return "--client-crl";
	return t->ctx->is_eap ? "--eap-crl or --crl" : "--crl";
}

/* All faults concern lists of the issuer of `c`. */
static void refuse_crl(struct tls *t, enum path_fault fault, const struct cert_info *c,
		       const struct path_end *end)
{
	struct tls_date_text now = tls_date_print(time(NULL));

	if (fault == PATH_NO_CRL)
		trust_refuse(t,
			     "the file of %s has no revocation list that is for the "
			     "certificate of %.64s (its issuer is %.96s)",
			     crl_option(t), t->name, c->issuer);
	else if (fault == PATH_CRL_EXPIRED || fault == PATH_CRL_EARLY)
		trust_refuse(t,
			     "the revocation list (%s) of %.96s %s %s (this machine's date "
			     "is %s)",
			     crl_option(t), c->issuer,
			     fault == PATH_CRL_EXPIRED ? "should have been replaced by"
						       : "is not valid before",
			     tls_date_print(fault == PATH_CRL_EXPIRED ? end->crl->next_update
								      : end->crl->this_update)
				     .text,
			     now.text);
	else
		trust_refuse(
			t, "the revocation list (%s) of %.96s %s", crl_option(t), c->issuer,
			fault == PATH_CRL_FORGED
				? "is not signed by its key, or with an algorithm that is not "
				  "accepted"
			: fault == PATH_CRL_UNKNOWN
				? "is of a kind that sstp does not process (delta, indirect, for "
				  "some reasons only, or a critical extension): a complete list is "
				  "needed"
				: "does not count: the issuer's key usage has no cRLSign");
}

static void refuse_path(struct tls *t, enum path_fault fault, const struct path_end *end)
{
	const struct x509 *at = end->at;
	struct bytes own = bytes_of(t->leaf, t->leaf_len);
	bool is_leaf = at->whole.len == own.len && !memcmp(at->whole.at, own.at, own.len);
	struct cert_info leaf, c;

	cert_read(own, &leaf);
	cert_read(at->whole, &c);
	t->is_not_valid_yet = fault == PATH_EARLY || fault == PATH_CRL_EARLY;
	if (fault == PATH_EXPIRED || fault == PATH_EARLY)
		refuse_dates(t, &c, is_leaf, fault == PATH_EXPIRED);
	else if (fault == PATH_NO_ISSUER)
		refuse_issuer(t, &c, &leaf);
	else if (fault == PATH_REVOKED)
		refuse_revoked(t, &c, is_leaf, end);
	else if (fault >= PATH_NO_CRL)
		refuse_crl(t, fault, &c, end);
	else if (fault == PATH_PURPOSE && is_leaf)
		refuse_purpose(t);
	else if (fault == PATH_SIGNATURE)
		trust_refuse(t,
			     "the certificate of %.64s is not signed by the key of the "
			     "authority that it names (%.96s): it is forged, or the authority "
			     "has another key",
			     is_leaf ? t->name : c.subject, c.issuer);
	else
		trust_refuse(t, "the certificate %.96s%s%.64s is refused: %s", c.subject,
			     is_leaf ? " of " : ", an issuer in the chain of ", t->name,
			     fault_text(fault, t->ctx->is_server));
}

static bool has_pin(const struct tls_ctx *ctx, const struct x509 *leaf)
{
	for (size_t i = 0; i < ctx->pin_count; i++) {
		struct pin has = pin_of(leaf, ctx->pins[i].is_of_key);

		if (pin_equal(&has, &ctx->pins[i]))
			return true;
	}
	return false;
}

/* With a pin the chain above the leaf is ignored, with its faults. */
static bool is_pinned(struct tls *t, const struct x509 *leaf)
{
	struct spki key;

	if (!has_pin(t->ctx, leaf)) {
		refuse_pin(t, leaf);
		return false;
	}
	if (!spki_read(leaf->spki, &key) || !spki_is_accepted(&key)) {
		refuse_path(t, PATH_KEY, &(struct path_end){ .at = leaf });
		return false;
	}
	return true;
}

/* What the peer has shown. */
struct shown {
	const struct bytes *certs; /* its own first */
	size_t count;
	bool is_rsa_exchange;
};

/* One malformed certificate refuses all: other programs may read it in another way. */
static bool read_all(struct tls *t, const struct shown *s, struct x509 *certs)
{
	for (size_t i = 0; i < s->count; i++)
		if (!x509_read(s->certs[i], &certs[i])) {
			trust_refuse(t, "certificate %zu of those that %.64s sent is malformed",
				     i + 1, t->name);
			return false;
		}
	return true;
}

static bool is_path_good(struct tls *t, const struct shown *s)
{
	struct x509 certs[PATH_MAX_CERTS];
	const struct authorities *trusted = &t->ctx->authorities;
	const struct path_cfg cfg = {
		.certs = certs,
		.cert_count = s->count,
		.anchors = trusted->list,
		.anchor_count = trusted->count,
		.crls = t->ctx->crls.list,
		.crl_count = t->ctx->crls.count,
		.is_client = t->ctx->is_server,
		.now = time(NULL),
		.check = signature_check,
	};
	enum path_fault fault;
	struct path_end end;

	if (!read_all(t, s, certs))
		return false;
	fault = path_find(&cfg, &end);
	if (fault)
		refuse_path(t, fault, &end);
	return !fault;
}

/* RFC 9525 section 6.3 does not use the common name. Certificates of old peers have only that. */
static bool is_name_good(struct tls *t, const struct x509 *leaf)
{
	struct cert_info info;
	bool is_for = cert_is_for(leaf->whole, t->name) ||
		      (t->ctx->is_eap && cert_is_in_domain(leaf->whole, t->name));

	if (t->ctx->is_server) /* whose name a client's has is for the caller to find out */
		return true;
	if (is_for && (leaf->has_san || t->ctx->allow_cn))
		return true;
	cert_read(leaf->whole, &info);
	if (is_for)
		trust_refuse(t,
			     "the certificate of %.64s has its name only as a common name "
			     "(%.96s) and no subjectAltName, which is not accepted since 2011 "
			     "(RFC 6125)%s",
			     t->name, info.subject,
			     t->ctx->ca_option ? "" : ": --allow-cn accepts it");
	else
		refuse_name(t, &info);
	return false;
}

/* RFC 5246 section 7.4.2: the required key usage depends on the key exchange. */
static bool is_key_usage_good(struct tls *t, const struct x509 *leaf, bool is_rsa_exchange)
{
	unsigned need = is_rsa_exchange ? X509_KEY_ENCIPHERMENT : X509_KEY_SIGNATURE;

	if (!leaf->has_key_usage || leaf->key_usage & need)
		return true;
	refuse_purpose(t);
	return false;
}

bool trust_keep_leaf(struct tls *t, struct bytes leaf)
{
	if (t->leaf)
		return t->leaf_len == leaf.len && !memcmp(t->leaf, leaf.at, leaf.len);
	t->leaf = malloc(leaf.len ? leaf.len : 1);
	if (!t->leaf)
		return false;
	memcpy(t->leaf, leaf.at, leaf.len);
	t->leaf_len = leaf.len;
	return true;
}

static bool is_trusted(struct tls *t, const struct shown *s)
{
	struct x509 leaf;

	if (!trust_keep_leaf(t, s->certs[0]) || !x509_read(bytes_of(t->leaf, t->leaf_len), &leaf)) {
		trust_refuse(t, "the certificate of %.64s is malformed", t->name);
		return false;
	}
	return t->ctx->pin_count ? is_pinned(t, &leaf)
				 : is_path_good(t, s) && is_name_good(t, &leaf) &&
					   is_key_usage_good(t, &leaf, s->is_rsa_exchange);
}

static bool is_handshake_trusted(struct tls *t, const WOLFSSL_X509_STORE_CTX *store)
{
	struct bytes certs[PATH_MAX_CERTS];
	struct shown s = { .certs = certs, .count = (size_t)store->totalCerts };

	if (store->totalCerts < 1) {
		trust_refuse(t, "%.64s sent no certificate", t->name);
		return false;
	}
	/* of a pinned server only its own certificate is looked at */
	if (t->ctx->pin_count)
		s.count = 1;
	if (s.count > PATH_MAX_CERTS) {
		trust_refuse(t, "%.64s sent %d certificates: more than %d", t->name,
			     store->totalCerts, PATH_MAX_CERTS);
		return false;
	}
	for (size_t i = 0; i < s.count; i++)
		certs[i] = bytes_of(store->certs[i].buffer, store->certs[i].length);
	/* of the suites that we offer, only those with RSA key exchange begin with a zero byte */
	s.is_rsa_exchange =
		!t->ctx->is_server && wolfSSL_get_current_cipher_suite(t->ssl) >> 8 == 0;
	if (!is_trusted(t, &s))
		return false;
	if (!is_usable(store->error)) {
		refuse_unusable(t, store->error);
		return false;
	}
	ticket_client_note(t, certs, s.count);
	return true;
}

static void forget_refusal(struct tls *t)
{
	free(t->error);
	t->error = NULL;
	t->is_untrusted = t->is_issuer_unknown = t->is_for_other_names = t->is_not_valid_yet =
		false;
}

bool trust_again(struct tls *t, const struct bytes *certs, size_t count, struct error *why)
{
	const struct shown s = { .certs = certs, .count = count };
	bool ok = is_trusted(t, &s);

	if (!ok)
		*why = *tls_error_of(t);
	forget_refusal(t);
	free(t->leaf); /* that of this handshake is not known yet */
	t->leaf = NULL;
	t->leaf_len = 0;
	return ok;
}

/* Certificates above the server's are passed here: path.c checks all of them. */
int trust_verify(int is_ok, WOLFSSL_X509_STORE_CTX *store)
{
	struct tls *t = store->userCtx;

	(void)is_ok;
	if (store->error_depth > 0)
		return 1;
	t->is_leaf_good = is_handshake_trusted(t, store);
	/* the library sends an alert only if it is set to verify */
	if (!t->is_leaf_good)
		wolfSSL_set_verify(t->ssl, WOLFSSL_VERIFY_PEER, trust_verify);
	return t->is_leaf_good;
}
