/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What is probably between this host and the server, from how an attempt failed: a firewall that refuses
 * or drops, a captive portal, TLS inspection, a name server that gives the address of a block page. Pure
 * functions of the facts.
 */
#ifndef SSTP_CLIENT_OBSTACLE_H
#define SSTP_CLIENT_OBSTACLE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>

#include "tls/cert.h"
#include "tunnel/reason.h"
#include "tunnel/sign.h"

struct obstacle_facts {
	enum tunnel_reason reason;
	enum tunnel_sign sign;
	int error; /* REASON_TCP: the errno of the last address; 0: unknown */
	const char *host;
	const char *verify_name; /* of --verify-name; NULL: the certificate must be for `host` */
	/* the addresses that were looked up for `host`; none where no name server was asked */
	const struct sockaddr_storage *addrs;
	size_t addr_count;
	const struct cert_info
		*cert; /* REASON_TRUST: the certificate that was refused; NULL: none */
	bool is_cert_for_host;
};

struct obstacle_text {
	char text[512]; /* "": nothing is known */
};

/* What the failure usually means and what helps, as a sentence without a full stop at its end. */
struct obstacle_text obstacle_hint(const struct obstacle_facts *f);

/* Whether a captive portal may be the reason, which a plain web request would show (portal.h). */
bool obstacle_may_be_portal(const struct obstacle_facts *f);

/* The product that issues such certificates to inspect TLS, as "Zscaler"; NULL: none that is known. */
const char *obstacle_inspector(const struct cert_info *cert);

#endif
