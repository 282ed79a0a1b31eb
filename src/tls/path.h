/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The path from a server's certificate to an authority that the user trusts: found among the
 * certificates that the server sent, in whatever order and with whatever others between (RFC 8446
 * section 4.4.2), and validated as RFC 5280 section 6.1 says. Certificate policies are not
 * processed: where one must be (a critical policyConstraints), the path is refused.
 */
#ifndef SSTP_TLS_PATH_H
#define SSTP_TLS_PATH_H

#include "tls/signature.h"
#include "tls/x509.h"

enum {
	PATH_MAX_CERTS = 16, /* that a server may send; more are refused */
	PATH_MAX_DEPTH = 8,
	PATH_MAX_CHECKS = 100, /* signatures verified for one server */
};

enum path_fault {
	PATH_GOOD,
	PATH_NO_ISSUER, /* no authority, and no certificate that was sent, has the issuer's name */
	PATH_EXPIRED,
	PATH_EARLY,
	PATH_CRITICAL,  /* a critical extension that is not known here */
	PATH_PURPOSE,   /* not for servers: extended key usage, of any certificate of the path */
	PATH_NOT_CA,    /* the issuer is no authority: basic constraints or key usage */
	PATH_LENGTH,    /* pathLenConstraint */
	PATH_NAMES,     /* name constraints */
	PATH_ALGORITHM, /* signed by an algorithm or a key that is not accepted */
	PATH_KEY,       /* the server's own key is of a kind or size that is not accepted */
	PATH_SIGNATURE, /* not by the key of the issuer */
	PATH_TOO_LONG,
};

struct path_cfg {
	const struct x509 *certs; /* the server's first */
	size_t cert_count;
	const struct x509 *anchors;
	size_t anchor_count;
	time_t now;
	/* signature_check, or a test's */
	enum signature_result (*check)(const struct x509 *cert, const struct x509 *issuer);
};

/* *at: the certificate at fault. With PATH_GOOD it is the anchor. */
enum path_fault path_find(const struct path_cfg *cfg, const struct x509 **at);

#endif
