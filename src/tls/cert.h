/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The content of a certificate as text: names, dates, pin. */
#ifndef SSTP_TLS_CERT_H
#define SSTP_TLS_CERT_H

#include <time.h>

#include "crypto/digest.h"
#include "util/bytes.h"

enum { CERT_NAMES_MAX = 32 };

/* The fields that are shown to users. */
struct cert_info {
	char subject[256]; /* "CN=vpn.example.net, O=Example": escaped */
	char issuer[256];
	char names[CERT_NAMES_MAX]
		  [256];   /* subjectAltName: "vpn.example.net", "192.0.2.1"; escaped */
	size_t name_count; /* names in `names`; the certificate may have more */
	time_t not_before, not_after;
	char key[64];         /* "ECDSA P-256", "RSA 2048 bit" */
	char pin[64];         /* "pin-sha256:..." of the SubjectPublicKeyInfo */
	char fingerprint[96]; /* SHA-256 of the certificate: "AB:CD:..." */
	bool is_self_signed;
	bool is_for_servers; /* extended key usage allows serverAuth, or is absent */
};

/* False when `der` is not a certificate. */
bool cert_read(struct bytes der, struct cert_info *info);

#endif
