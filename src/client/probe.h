/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Finds out what a server supports, without logging in. The certificate is shown whether or not it
 * would be trusted; no secret is sent.
 */
#ifndef SSTP_CLIENT_PROBE_H
#define SSTP_CLIENT_PROBE_H

#include "client/client.h"
#include "tls/cert.h"

struct probe_report {
	/* TLS */
	bool has_tls;
	char version[32], cipher[64], group[32];
	struct cert_info cert;
	bool is_trusted;
	bool is_unchecked; /* this machine has no certificate authorities to check it with */
	char trust[384];   /* why it is not trusted */
	struct sockaddr_storage peer;
	uint64_t tcp_ms, tls_ms;
	/* SSTP */
	bool has_sstp;
	uint8_t hashes; /* SSTP_HASH_... */
	/* PPP */
	enum ppp_auth offers[PPP_AUTH_COUNT]; /* in the order in which they were offered */
	size_t offer_count;
	/* how it ended; REASON_NONE: all steps succeeded */
	enum tunnel_reason reason;
	char text[512];
};

void probe_run(const struct server_ref *ref, struct probe_report *report);

#endif
