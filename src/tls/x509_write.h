/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Writes a certificate (RFC 5280 section 4). */
#ifndef SSTP_TLS_X509_WRITE_H
#define SSTP_TLS_X509_WRITE_H

#include <time.h>

#include "tls/key.h"
#include "util/bytes.h"

struct x509_draft {
	struct bytes issuer, subject; /* Names with their header, as x509_put_name writes them */
	time_t not_before, not_after;
	const struct cert_key *key;    /* the subject's */
	const struct cert_key *signer; /* the issuer's; the same for a self-signed certificate */
	struct bytes san;     /* GeneralNames, each as x509_put_* writes it; NULL: no extension */
	struct bytes purpose; /* one extended key usage, an OID's content; empty: no extension */
	bool is_ca;
};

extern const struct bytes x509_server_auth; /* the purpose of servers */

/* False when it does not fit. */
bool x509_write(const struct x509_draft *d, struct writer *w);

void x509_put_name(struct writer *w, const char *common_name);
void x509_put_dns(struct writer *w, const char *name);
void x509_put_ip(struct writer *w, const uint8_t *at, size_t len);

#endif
