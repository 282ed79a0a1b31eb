/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Certificate revocation lists (RFC 5280 section 5): reads one, and looks up a certificate in it.
 * Complete lists of the certificates' own issuer are supported. Delta lists, indirect ones and
 * those for some reasons only are not: they can show that a certificate is revoked, but not that it
 * is good.
 */
#ifndef SSTP_TLS_CRL_H
#define SSTP_TLS_CRL_H

#include "tls/x509.h"

struct crl {
	struct bytes whole;
	struct x509_signed sig;
	struct bytes issuer; /* Name: the RDNs, without the outer header */
	time_t this_update, next_update;
	bool has_next_update;
	struct bytes entries; /* revokedCertificates: the list, without the outer header */
	bool is_unknown;      /* an unsupported kind: certificates not in it may be revoked too */
	bool only_servers;    /* onlyContainsUserCerts: not for authorities */
	bool only_authorities;
	struct bytes points; /* the distribution points that the list is for; empty: all */
};

enum { CRL_REMOVED = 8 }; /* CRLReason: in a delta list, not revoked any more */

struct crl_entry {
	time_t when;
	int reason; /* CRLReason; -1: not given */
};

/* False when the list is malformed. */
bool crl_read(struct bytes der, struct crl *c);

/*
 * Whether the list would contain `x` if `x` were revoked: by issuer, kind and distribution point.
 */
bool crl_is_for(const struct crl *c, const struct x509 *x);

bool crl_find(const struct crl *c, struct bytes serial, struct crl_entry *entry);

/* "keyCompromise"; "" when the reason is not given. */
const char *crl_reason(int reason);

#endif
