/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Reads from the first bytes of a TLS connection, before a TLS session exists, what the choice of a
 * certificate depends on: which server the client asks for (RFC 6066 section 3), and which
 * signatures it verifies (RFC 8446 section 4.2.3); and which protocols it offers inside TLS (RFC
 * 7301). The TLS session gets all the bytes afterwards,
 * and reports errors in them.
 */
#ifndef SSTP_TLS_HELLO_H
#define SSTP_TLS_HELLO_H

#include "util/bytes.h"

enum {
	HELLO_NAME_MAX = 253,  /* RFC 1035 section 2.3.4, in text */
	HELLO_MAX = 16 * 1024, /* bytes that are read at most, with record headers */
	HELLO_PROTOCOLS_MAX = 256,
};

/* Kinds of keys, bits of takes. */
enum {
	HELLO_RSA = 1,
	HELLO_ECDSA = 2,
	HELLO_ED25519 = 4,
};

struct hello {
	char server_name[HELLO_NAME_MAX +
			 1]; /* a DNS name as it was sent; empty: absent or invalid */
	/* keys of certificates with which the client can connect; RSA if it does not say */
	uint8_t takes;
	/* ProtocolNameList without its length; empty: absent, invalid or too long */
	uint8_t protocols[HELLO_PROTOCOLS_MAX];
	size_t protocols_len;
};

/*
 * False: the ClientHello is still incomplete; call again with the same bytes and more. True: the
 * result is in *h. Returns true at once for other data than a ClientHello, and for HELLO_MAX bytes.
 */
bool hello_read(struct hello *h, const uint8_t *at, size_t len);

#endif
