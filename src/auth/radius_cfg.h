/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The settings of RADIUS. */
#ifndef SSTP_AUTH_RADIUS_CFG_H
#define SSTP_AUTH_RADIUS_CFG_H

#include "radius/radius_client.h"
#include "radius/radius_dae.h"
#include "tls/cfg.h"
#include "util/ip.h"

enum {
	RADIUS_AUTH_PORT = 1812,
	RADIUS_ACCT_PORT = 1813,
	RADIUS_DAE_PORT = 3799,
	RADIUS_TLS_PORT = 2083, /* RFC 6614 */
	RADIUS_HOST_SIZE = 256,
};

struct radius_endpoint {
	char host[RADIUS_HOST_SIZE];
	uint16_t port;
	struct bytes secret; /* the owner's */
	bool is_tls;
};

struct radius_cfg {
	struct radius_endpoint servers[RADIUS_SERVERS]; /* for logins, in order */
	size_t server_count;
	struct radius_endpoint acct[RADIUS_SERVERS]; /* for accounting */
	size_t acct_count;
	struct ip_addr source; /* of our packets; AF_UNSPEC: the kernel's choice */
	const char *nas;       /* NAS-Identifier */
	enum radius_demand demand;
	uint32_t server_ms;                          /* for one server; 0: the default */
	struct ip_addr coa_from[RADIUS_DAE_SOURCES]; /* who may change or end sessions */
	size_t coa_count;
	uint16_t coa_port;
	bool coa_requires_timestamp;
	struct bytes coa_secret;
	struct tls_client_cfg tls; /* for servers that are reached by TLS */
	uint32_t interim_s; /* between reports of a session; 0: what the server says, or none */
};

#endif
