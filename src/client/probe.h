/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Finds out what a server supports, without logging in. The certificate is shown whether or not it
 * would be trusted; no secret is sent.
 */
#ifndef SSTP_CLIENT_PROBE_H
#define SSTP_CLIENT_PROBE_H

#include "client/client.h"
#include "client/obstacle.h"
#include "client/portal.h"
#include "tls/cert.h"

/* In the order in which a connection is made. */
enum probe_step {
	PROBE_NAME, /* the server's addresses */
	PROBE_TCP,
	PROBE_PROXY, /* the connection to the proxy, and its answer */
	PROBE_TLS,   /* the handshake, up to the certificate's check */
	PROBE_CERTIFICATE,
	PROBE_HTTP,  /* the response to the SSTP request */
	PROBE_SSTP,  /* Call-Connect-Request and its reply */
	PROBE_LOGIN, /* the authentication methods that are offered */
	PROBE_STEPS,
};

/* "name", "tcp", "tls" and so on: a key of the JSON report. */
const char *probe_step_key(enum probe_step step);

enum probe_outcome {
	PROBE_NOT_REACHED,
	PROBE_LEFT_OUT, /* a direct connection has no proxy; a proxy connects to the server itself */
	PROBE_OK,
	PROBE_FAILED,
};

struct probe_report {
	/* the first step that failed; PROBE_STEPS: none */
	enum probe_step stopped_at;
	/* what the failure of a step usually means; empty: it did not fail, or nothing is known */
	struct obstacle_text hints[PROBE_STEPS];
	struct portal_result portal; /* a captive portal that was found */
	/* the addresses of the name, or of --resolve */
	struct sockaddr_storage addrs[DIAL_ADDRS_MAX];
	size_t addr_count;
	bool was_looked_up; /* by name servers or the hosts file */
	uint64_t name_ms;
	bool has_proxy;
	const char *inspector; /* the product that issued a trusted certificate; NULL: none */
	/* TLS */
	bool has_tls;
	char version[32], cipher[64], group[32];
	bool gives_tickets; /* a client's next session may resume this one */
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

/*
 * How a step went. One after a step that failed may have succeeded all the same: a certificate that is not
 * trusted does not end the probe.
 */
enum probe_outcome probe_outcome_of(const struct probe_report *r, enum probe_step step);

/*
 * The TLS contexts of a probe's connections: all that it reads from files. They are the same for all servers, and
 * are made before the sandbox is entered.
 */
struct probe_tls {
	struct tls_ctx *first, *pinned;
	bool is_unchecked; /* this machine has no certificate authorities; the error says so */
	int error;         /* of `first`, with the text */
	struct error err;
};

void probe_tls_open(struct probe_tls *t, const struct tls_client_cfg *cfg);
void probe_tls_close(struct probe_tls *t);

void probe_run(const struct server_ref *ref, const struct probe_tls *tls,
	       struct probe_report *report);

#endif
