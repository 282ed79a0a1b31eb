/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The header of the PROXY protocol, versions 1 and 2 (HAProxy's proxy-protocol.txt): the first bytes
 * of a connection that a load balancer passes on, with the client's address. Pure functions.
 */
#ifndef SSTP_SERVER_PROXY_HEADER_H
#define SSTP_SERVER_PROXY_HEADER_H

#include "util/bytes.h"
#include "util/ip.h"

enum {
	PROXY_HEADER_V1_MAX = 107,    /* with its CRLF */
	PROXY_HEADER_READ_MAX = 4096, /* longer ones are refused */
	PROXY_HEADER_PUT_MAX = PROXY_HEADER_V1_MAX,
};

struct proxy_header {
	size_t len; /* what follows it is the connection's own */
	/* AF_UNSPEC: none, for UNKNOWN and LOCAL, as in a health check of the load balancer itself */
	struct ip_addr source, destination;
	uint16_t source_port, destination_port;
};

enum proxy_header_result {
	PROXY_HEADER_INCOMPLETE, /* call again with the same bytes and more */
	PROXY_HEADER_OK,
	PROXY_HEADER_BAD,
};

enum proxy_header_result proxy_header_read(struct proxy_header *h, const uint8_t *at, size_t len);

/*
 * Writes a header of version 1 or 2. The families may differ. A header with no source says UNKNOWN
 * or LOCAL.
 */
void proxy_header_put(struct writer *w, unsigned version, const struct proxy_header *h);

#endif
