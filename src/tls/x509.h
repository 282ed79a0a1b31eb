/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The fields of a certificate (RFC 5280 section 4), without copies: each field points into the
 * certificate's bytes. No signature is checked here, so nothing in it can be trusted yet.
 */
#ifndef SSTP_TLS_X509_H
#define SSTP_TLS_X509_H

#include <time.h>

#include "util/bytes.h"

/* The common form of certificates and CRLs: a signed part and its signature. */
struct x509_signed {
	struct bytes tbs;       /* the signed part, with its header */
	struct bytes algorithm; /* AlgorithmIdentifier, without the outer header */
	struct bytes signature; /* whole bytes of the BIT STRING */
};

struct x509 {
	struct bytes whole;
	struct x509_signed sig;
	struct bytes serial;          /* serialNumber: the INTEGER's content */
	struct bytes issuer, subject; /* Name: the RDNs, without the outer header */
	time_t not_before, not_after;
	struct bytes spki; /* SubjectPublicKeyInfo with its header; a pin is its hash */
	struct bytes san;  /* subjectAltName: the GeneralNames, without the outer header */
	bool has_san;
	bool is_for_servers; /* extKeyUsage is absent, or has serverAuth or anyExtendedKeyUsage */
	bool is_for_clients; /* the same with clientAuth */
	bool is_ca;          /* basicConstraints says so */
	bool has_key_usage;
	bool has_name_constraints;
	bool has_unknown_critical; /* a critical extension that x509.c does not read */
	bool requires_policy;      /* a critical policyConstraints with requireExplicitPolicy */
	bool is_v1;                /* version 1, which has no extensions */
	int path_len;              /* pathLenConstraint; -1: none */
	unsigned key_usage;        /* X509_KEY_... */
	struct bytes name_constraints;
	struct bytes crl_points; /* cRLDistributionPoints: the list, without the outer header */
	uint32_t seen;           /* private to x509.c: which extensions were read already */
};

/* keyUsage (RFC 5280 section 4.2.1.3): the bits of the first byte. */
enum {
	X509_KEY_SIGNATURE = 0x80,
	X509_KEY_ENCIPHERMENT = 0x20,
	X509_KEY_AGREEMENT = 0x08,
	X509_KEY_CERT_SIGN = 0x04,
	X509_KEY_CRL_SIGN = 0x02,
	X509_KEY_OF_SERVERS = X509_KEY_SIGNATURE | X509_KEY_ENCIPHERMENT | X509_KEY_AGREEMENT,
};

/* GeneralName's tags (RFC 5280 section 4.2.1.6), as der.h writes them. */
enum {
	X509_NAME_EMAIL = 0x81,
	X509_NAME_DNS = 0x82,
	X509_NAME_URI = 0x86,
	X509_NAME_IP = 0x87,
};

/* False when `der` is not a certificate, or has bytes after it. */
bool x509_read(struct bytes der, struct x509 *x);

/* The three parts of a signed object; false when it is malformed, or has bytes after it. */
bool x509_read_signed(struct bytes der, struct x509_signed *s);

/* A Time (RFC 5280 section 4.1.2.5); 0 and a bad reader when it is malformed. */
time_t x509_get_time(struct reader *r);

struct x509_extension {
	struct bytes oid;
	bool is_critical;
	struct bytes value; /* the content of the OCTET STRING */
};
/*
 * The next extension of a list; false at the end, and on a malformed one: then the reader is bad.
 */
bool x509_next_extension(struct reader *list, struct x509_extension *e);

/* One attribute of a Name: its type (an OID's content), the tag of its string, the string. */
struct x509_attr {
	struct bytes type;
	uint8_t tag;
	struct bytes value;
};
/* The next relative name of `names` as a reader for x509_next_attr; false at the end. */
bool x509_next_rdn(struct reader *names, struct reader *rdn);
bool x509_next_attr(struct reader *rdn, struct x509_attr *a);

/* The last commonName of a Name; empty when there is none, or when the Name is malformed. */
struct x509_attr x509_common_name(struct bytes name);

bool x509_is_oid(struct bytes oid, const uint8_t *other, size_t len);
/* x509_is(oid, 0x55, 0x04, 0x03) */
#define x509_is(oid, ...) \
	x509_is_oid(oid, (const uint8_t[]){ __VA_ARGS__ }, sizeof((const uint8_t[]){ __VA_ARGS__ }))

#endif
