/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The first bytes of a TLS connection, looked into before a session is made of them: which server the
 * client asks for (RFC 6066 section 3). All the bytes are given to the session afterwards, which
 * also reports what is wrong with them.
 */
#ifndef SSTP_TLS_HELLO_H
#define SSTP_TLS_HELLO_H

#include "util/bytes.h"

enum {
	HELLO_NAME_MAX = 253,  /* RFC 1035 section 2.3.4, in text */
	HELLO_MAX = 16 * 1024, /* bytes that are looked at, with all their record headers */
};

struct hello {
	char server_name[HELLO_NAME_MAX +
			 1]; /* a DNS name as it was sent; empty: none, or no name */
};

/*
 * False: a ClientHello's start, and what decides is still to come; call again with the same bytes and
 * more. True: the answer is in *h. It is true at once of what is no ClientHello, and of HELLO_MAX bytes.
 */
bool hello_read(struct hello *h, const uint8_t *at, size_t len);

#endif
