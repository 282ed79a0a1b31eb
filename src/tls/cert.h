/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Certificates: what one says (names, dates, pin), whether it is for a given name, and making a
 * self-signed one.
 */
#ifndef SSTP_TLS_CERT_H
#define SSTP_TLS_CERT_H

#include <time.h>

#include "crypto/digest.h"
#include "tls/tls.h"
#include "util/bytes.h"

enum { CERT_NAMES_MAX = 32 };

/* What a person wants to know of a certificate. */
struct cert_info {
	char subject[256]; /* "CN=vpn.example.net, O=Example": escaped */
	char issuer[256];
	char names[CERT_NAMES_MAX]
		  [256];   /* subjectAltName: "vpn.example.net", "192.0.2.1"; escaped */
	size_t name_count; /* shown; a certificate may have more */
	time_t not_before, not_after;
	char key[64];         /* "ECDSA P-256", "RSA 2048 bit" */
	char pin[64];         /* "pin-sha256:..." of the SubjectPublicKeyInfo */
	char fingerprint[96]; /* SHA-256 of the certificate: "AB:CD:..." */
	bool is_self_signed;
	bool is_for_servers; /* extended key usage allows serverAuth, or is absent */
};

/* False when it is no certificate. */
bool cert_read(struct bytes der, struct cert_info *info);

/*
 * RFC 6125/9525: a DNS name against the dNSName entries (a wildcard stands for one whole leftmost
 * label), an address against the iPAddress entries; the common name counts only when there is no
 * subjectAltName at all and `name` is a DNS name. Fails closed.
 */
bool cert_is_for(struct bytes der, const char *name);

enum { CERT_DAYS_MAX = 100 * 365 };

struct cert_request {
	const char *const *names; /* DNS names and addresses; the first is the common name too */
	size_t name_count;
	unsigned days; /* 1 to CERT_DAYS_MAX */
	bool rsa;      /* RSA-2048 in place of ECDSA P-256, for very old peers */
};

/*
 * Makes a key and a self-signed server certificate, PEM, into two files (the key's mode is 0600).
 * Existing files are left alone (-EEXIST) unless `replace`. 0 or -errno with err filled.
 */
int cert_make(const struct cert_request *rq, const char *cert_file, const char *key_file,
	      bool replace, struct tls_error *err);

/* Reads the first certificate of a PEM file. */
int cert_load(const char *file, uint8_t *der, size_t room, size_t *len, struct tls_error *err);

#endif
