/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The path from a server's certificate to an authority that the user trusts: found among the
 * certificates that the server sent, in any order and with any others between (RFC 8446 section
 * 4.4.2), and validated by RFC 5280 section 6.1. Certificate policies are not processed: a path
 * that requires one (a critical policyConstraints) is refused. A trusted authority may have a
 * certificate of version 1, which cannot say that it is one, if it is self-signed.
 */
#ifndef SSTP_TLS_PATH_H
#define SSTP_TLS_PATH_H

#include "tls/crl.h"
#include "tls/signature.h"
#include "tls/x509.h"

enum {
	PATH_MAX_CERTS = 16, /* that a server may send; more are refused */
	PATH_MAX_DEPTH = PATH_MAX_CERTS,
	PATH_MAX_STEPS = 100, /* certificates tried as the next one of a path */
	/* signatures verified for one server: a path of eight with two issuers of each name */
	PATH_MAX_CHECKS = 16,
	PATH_MAX_CRL_CHECKS = 64, /* signatures of revocation lists */
};

enum path_fault {
	PATH_GOOD,
	PATH_NO_ISSUER, /* no authority, and no certificate that was sent, has the issuer's name */
	PATH_EXPIRED,
	PATH_EARLY,
	PATH_POLICY,    /* a certificate policy is required; none are processed */
	PATH_CRITICAL,  /* an unknown critical extension */
	PATH_PURPOSE,   /* not for servers: extended key usage, of any certificate of the path */
	PATH_NOT_CA,    /* the issuer is no authority: basic constraints or key usage */
	PATH_LENGTH,    /* pathLenConstraint */
	PATH_NAMES,     /* name constraints */
	PATH_ALGORITHM, /* signed by an algorithm or a key that is not accepted */
	PATH_KEY,       /* the server's own key is of a kind or size that is not accepted */
	PATH_SIGNATURE, /* not by the key of the issuer */
	PATH_TOO_LONG,
	/* only with revocation lists: */
	PATH_REVOKED,
	PATH_NO_CRL,      /* no list of the issuer of the server's certificate */
	PATH_CRL_EXPIRED, /* the issuer's newest list */
	PATH_CRL_EARLY,
	PATH_CRL_FORGED,   /* not signed by the issuer, or in a way that is not accepted */
	PATH_CRL_UNSIGNED, /* the issuer's key usage does not allow it to sign lists */
	PATH_CRL_UNKNOWN,  /* an unsupported kind, such as a delta list */
};

struct path_cfg {
	const struct x509 *certs; /* the server's certificate first */
	size_t cert_count;
	const struct x509 *anchors;
	size_t anchor_count;
	const struct crl *crls; /* NULL: revocation is not checked */
	size_t crl_count;
	bool is_client; /* the certificate is a client's; the texts below say "server" for both */
	time_t now;
	/* signature_check, or a test's */
	enum signature_result (*check)(const struct x509 *cert, const struct x509 *issuer);
};

struct path_end {
	const struct x509 *at;  /* the certificate at fault; with PATH_GOOD the anchor */
	const struct crl *crl;  /* PATH_REVOKED and PATH_CRL_... */
	struct crl_entry entry; /* PATH_REVOKED */
};

/*
 * With revocation lists there must be a list of the server certificate's issuer, and none of that
 * issuer's lists may contain the certificate. The certificates above it are looked up if there is a
 * list of their issuer. The anchor is not looked up.
 */
enum path_fault path_find(const struct path_cfg *cfg, struct path_end *end);

#endif
