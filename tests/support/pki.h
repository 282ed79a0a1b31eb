/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Certificates made for a test, good ones and faulty ones: an authority, and leaves that it (or
 * another one) signs, in PEM files of a folder that pki_free removes.
 */
#ifndef SSTP_TESTS_SUPPORT_PKI_H
#define SSTP_TESTS_SUPPORT_PKI_H

#include "tls/key.h"
#include "tls/tls.h"
#include "tls/x509_write.h"

enum { PKI_DAY_S = 24 * 3600, PKI_DER_MAX = 8192 };

struct pki {
	char folder[64];
	unsigned made;
	char ca_file[128]; /* the authority's certificate */
	struct cert_key *ca_key;
	uint8_t ca_name[128];
	size_t ca_name_len;
	uint8_t ca_der[PKI_DER_MAX];
	size_t ca_der_len;
};

/* The content of a leaf. All zero: a good one for "vpn.example.net", signed by the authority. */
struct pki_leaf {
	const char *common_name; /* NULL: "vpn.example.net" */
	struct bytes subject;    /* a Name with its header; empty: the common name */
	struct bytes san;        /* GeneralNames; used when has_san */
	bool has_san;            /* false: one dNSName, "vpn.example.net" */
	bool has_no_san;
	struct bytes purpose;    /* empty: serverAuth */
	int from_day, until_day; /* from now; both 0: yesterday to next month */
	bool is_rsa;
	bool is_self_signed;
	const struct pki *signer; /* NULL: the pki itself */
};

struct pki_files {
	char cert[128];
	char key[128];
	uint8_t der[PKI_DER_MAX];
	size_t der_len;
	char pin[80];
};

void pki_init(struct pki *p, const char *name);
void pki_free(struct pki *p);
void pki_issue(struct pki *p, const struct pki_leaf *leaf, struct pki_files *f);

/* A file name in the folder, and a file with that text. */
void pki_path(struct pki *p, const char *what, char path[128]);
void pki_write(const char *path, const char *text, size_t len);
/* `der` as PEM, at the end of the file. */
void pki_append_pem(const char *path, const uint8_t *der, size_t len, int type);
extern const int PKI_CERT; /* a certificate, for `type` */

#endif
