/*
 * The decision on the server's certificate. Either its chain is good for the library, and its name
 * and purpose are good for us; or, when pins are given, one of them is its own: then only what
 * makes it useless counts against it. That the server holds the certificate's key is shown by its
 * signature of the handshake, which the library checks afterwards whatever is decided here.
 */
#include "tls/trust.h"

#include <stdio.h>
#include <stdlib.h>

#include "tls/cert.h"
#include "tls/words.h"

/* What the library found, as far as we tell it apart. All but UNUSABLE yields to a pin. */
enum fault {
	FAULT_NONE,
	FAULT_UNUSABLE,
	FAULT_ISSUER,
	FAULT_EXPIRED,
	FAULT_EARLY,
	FAULT_PURPOSE,
	FAULT_SIGNATURE,
	FAULT_CHAIN,
};

/*
 * OpenSSL's codes: a library built with OPENSSL_COMPATIBLE_DEFAULTS, as Debian's is, gives these.
 * Those of the dates, and of what is no authority, are others in 5.5.4 than later.
 */
enum {
	COMPAT_SIGNATURE = 7,
	COMPAT_EARLY = 9,
	COMPAT_EXPIRED = 10,
	COMPAT_EARLY_5_5 = 13,
	COMPAT_EXPIRED_5_5 = 14,
	COMPAT_SELF_SIGNED = 18,
	COMPAT_NO_ISSUER = 20,
	COMPAT_NO_CA_5_5 = 24,
	COMPAT_PATH_LENGTH = 25,
	COMPAT_NO_CA = 79,
};

static enum fault fault_of(int code)
{
	static const struct {
		int code;
		enum fault fault;
	} faults[] = {
		{ 0, FAULT_NONE },
		{ ASN_NO_SIGNER_E, FAULT_ISSUER },
		{ ASN_SELF_SIGNED_E, FAULT_ISSUER },
		{ COMPAT_SELF_SIGNED, FAULT_ISSUER },
		{ COMPAT_NO_ISSUER, FAULT_ISSUER },
		{ ASN_AFTER_DATE_E, FAULT_EXPIRED },
		{ COMPAT_EXPIRED, FAULT_EXPIRED },
		{ COMPAT_EXPIRED_5_5, FAULT_EXPIRED },
		{ ASN_BEFORE_DATE_E, FAULT_EARLY },
		{ COMPAT_EARLY, FAULT_EARLY },
		{ COMPAT_EARLY_5_5, FAULT_EARLY },
		{ EXTKEYUSE_AUTH_E, FAULT_PURPOSE },
		{ KEYUSE_SIGNATURE_E, FAULT_PURPOSE },
		{ KEYUSE_ENCIPHER_E, FAULT_PURPOSE },
		{ ASN_SIG_CONFIRM_E, FAULT_SIGNATURE },
		{ ASN_SIG_OID_E, FAULT_CHAIN },
		{ ASN_SIG_HASH_E, FAULT_CHAIN },
		{ ASN_SIG_KEY_E, FAULT_CHAIN },
		{ COMPAT_SIGNATURE, FAULT_SIGNATURE },
		{ ASN_NAME_INVALID_E, FAULT_CHAIN },
		{ ASN_PATHLEN_SIZE_E, FAULT_CHAIN },
		{ ASN_PATHLEN_INV_E, FAULT_CHAIN },
		{ COMPAT_PATH_LENGTH, FAULT_CHAIN },
		{ NOT_CA_ERROR, FAULT_CHAIN },
		{ COMPAT_NO_CA, FAULT_CHAIN },
		{ COMPAT_NO_CA_5_5, FAULT_CHAIN },
	};

	for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++)
		if (faults[i].code == code)
			return faults[i].fault;
	return FAULT_UNUSABLE;
}

struct day_text {
	char text[32];
};

static struct day_text day(time_t t)
{
	struct day_text d = { "?" };
	struct tm tm;

	if (gmtime_r(&t, &tm))
		strftime(d.text, sizeof(d.text), "%Y-%m-%d %H:%M UTC", &tm);
	return d;
}

/* Whose dates, for the user: the server's own, or that of one who signed it. */
static void words_of_dates(struct tls *t, const struct cert_info *c, int depth, enum fault fault)
{
	bool expired = fault == FAULT_EXPIRED;
	struct day_text when = day(expired ? c->not_after : c->not_before);
	const char *what = expired ? "expired on" : "is not valid before";

	if (depth)
		words_set_trust(&t->error, "the certificate %.96s, which vouches for %.64s, %s %s",
				c->subject, t->name, what, when.text);
	else
		words_set_trust(&t->error, "the certificate of %.64s %s %s", t->name, what,
				when.text);
}

static void words_of_issuer(struct tls *t, const struct cert_info *leaf)
{
	words_set_trust(&t->error,
			"the certificate of %.64s is not signed by an authority that %s (%sissuer "
			"%.64s). Its key's pin is %s: give it with --servercert once you have "
			"checked it by another way",
			t->name, t->ctx->who_trusts, leaf->is_self_signed ? "self-signed; " : "",
			leaf->issuer, leaf->pin);
}

static void words_of_name(struct tls *t, const struct cert_info *leaf)
{
	char names[192] = "";
	size_t n = 0, i;

	for (i = 0; i < leaf->name_count && n + strlen(leaf->names[i]) + 20 < sizeof(names); i++)
		n += (size_t)sprintf(names + n, "%s%s", i ? ", " : "", leaf->names[i]);
	if (i < leaf->name_count)
		sprintf(names + n, "%sand others", i ? " " : "long names ");
	if (!leaf->name_count)
		snprintf(names, sizeof(names), "%.100s (it has no subjectAltName)", leaf->subject);
	words_set_trust(&t->error, "the certificate shown is not for %.96s but for %s", t->name,
			names);
}

static void words_of_purpose(struct tls *t)
{
	words_set_trust(&t->error,
			"the certificate of %.64s is not meant for servers: its key usage or "
			"extended key usage (serverAuth) forbids it",
			t->name);
}

static void words_of_pin(struct tls *t, const struct x509 *leaf)
{
	const struct pin *want = &t->ctx->pins[0];
	struct pin has = pin_of(leaf, want->is_of_key);

	words_set_trust(&t->error,
			"the certificate of %.64s has %s, but the pin given is %s%s: either it was "
			"renewed with a new key, or this is not your server",
			t->name, pin_print(&has).text, pin_print(want).text,
			t->ctx->pin_count > 1 ? " (or another of the list)" : "");
}

/* The library's complaint about the certificate at `depth`; 0 is the server's own. */
static void words_of_chain(struct tls *t, WOLFSSL_X509_STORE_CTX *store)
{
	const WOLFSSL_BUFFER_INFO *certs = store->certs;
	int depth = store->error_depth;
	struct cert_info leaf, c;
	enum fault fault = fault_of(store->error);

	cert_read(bytes_of(t->leaf, t->leaf_len), &leaf);
	if (depth <= 0 || depth >= store->totalCerts ||
	    !cert_read(bytes_of(certs[depth].buffer, certs[depth].length), &c)) {
		c = leaf;
		depth = 0;
	}
	if (fault == FAULT_EXPIRED || fault == FAULT_EARLY)
		words_of_dates(t, &c, depth, fault);
	else if (fault == FAULT_ISSUER)
		words_of_issuer(t, &leaf);
	else if (fault == FAULT_PURPOSE && !depth)
		words_of_purpose(t);
	else if (fault == FAULT_SIGNATURE)
		words_set_trust(&t->error,
				"the signature on the certificate of %.64s is not by the authority "
				"that it names (%.96s): forged, or signed with another key of that "
				"name",
				depth ? c.subject : t->name, c.issuer);
	else
		words_set_trust(&t->error, "the certificate %.96s%s%.64s is refused: %s", c.subject,
				depth ? ", which vouches for " : " of ", t->name,
				words_of_code(store->error).text);
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

/* The chain above the leaf counts for nothing here, so its faults do not either. */
static int verify_pinned(struct tls *t, const struct x509 *leaf, WOLFSSL_X509_STORE_CTX *store)
{
	if (!has_pin(t->ctx, leaf)) {
		words_of_pin(t, leaf);
		return 0;
	}
	if (store->error_depth > 0)
		return 1;
	if (fault_of(store->error) == FAULT_UNUSABLE) {
		words_of_chain(t, store);
		return 0;
	}
	t->is_leaf_good = true;
	return 1;
}

/*
 * The library knows MD5 and SHA-1, which PPP needs, and so takes certificates signed with them. A
 * self-signed root's signature means nothing, so that one may be as old as it likes.
 */
static bool has_weak_link(struct tls *t, const WOLFSSL_X509_STORE_CTX *store)
{
	for (int i = 0; i < store->totalCerts; i++) {
		struct x509 x;
		struct cert_info info;
		struct bytes der = bytes_of(store->certs[i].buffer, store->certs[i].length);

		if (!x509_read(der, &x) || x509_is_self_issued(&x) || !x509_is_weakly_signed(&x))
			continue;
		cert_read(der, &info);
		words_set_trust(&t->error,
				"the certificate %.96s%s%.64s is signed with MD5 or SHA-1, which "
				"is as good as not signed",
				info.subject, i ? ", which vouches for " : " of ", t->name);
		return true;
	}
	return false;
}

/*
 * A fault that the library found is never forgiven: it adds a certificate above the leaf that is
 * accepted here to the authorities of the whole context.
 */
static int verify_chain(struct tls *t, const struct x509 *leaf, int is_ok,
			WOLFSSL_X509_STORE_CTX *store)
{
	struct cert_info info;

	if (!is_ok) {
		words_of_chain(t, store);
		return 0;
	}
	if (store->error_depth > 0)
		return 1;
	if (has_weak_link(t, store))
		return 0;
	if (!leaf->is_for_servers) {
		words_of_purpose(t);
		return 0;
	}
	if (!cert_is_for(leaf->whole, t->name)) {
		cert_read(leaf->whole, &info);
		words_of_name(t, &info);
		return 0;
	}
	t->is_leaf_good = true;
	return 1;
}

static bool keep_leaf(struct tls *t, struct bytes leaf)
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

int trust_verify(int is_ok, WOLFSSL_X509_STORE_CTX *store)
{
	const WOLFSSL_BUFFER_INFO *certs = store->certs;
	struct tls *t = store->userCtx;
	struct x509 leaf;

	t->is_leaf_good = false;
	if (store->totalCerts < 1) {
		words_set_trust(&t->error, "%.64s showed no certificate", t->name);
		return 0;
	}
	if (!keep_leaf(t, bytes_of(certs[0].buffer, certs[0].length)) ||
	    !x509_read(bytes_of(t->leaf, t->leaf_len), &leaf)) {
		words_set_trust(&t->error, "the certificate of %.64s is malformed", t->name);
		return 0;
	}
	return t->ctx->pin_count ? verify_pinned(t, &leaf, store)
				 : verify_chain(t, &leaf, is_ok, store);
}
