/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The client: dials a server, keeps a tunnel to it up, and lets a backend use it.
 *
 *	dial -> tunnel -> up -> lost -> wait (backoff) -> dial ...
 */
#ifndef SSTP_CLIENT_CLIENT_H
#define SSTP_CLIENT_CLIENT_H

#include "net/dial.h"
#include "ppp/ppp.h"
#include "tls/cfg.h"
#include "tunnel/backend.h"
#include "tunnel/reason.h"

/* What is needed to reach and believe a server; probe and connect share it. */
struct server_ref {
	const char *host; /* name or address */
	uint16_t port;
	const char *verify_name; /* the name that the certificate must have; NULL: host */
	const char *sni;         /* NULL: verify_name */
	int family;              /* AF_UNSPEC: both */
	uint32_t timeout_ms;     /* for all of connecting, from the look-up to packets */
	struct sockaddr_storage addrs[DIAL_ADDRS_MAX]; /* where it is; */
	size_t addr_count;                             /* 0: the name is looked up */
	uint8_t hashes; /* crypto binding: SSTP_HASH_... that may be used */
	struct tls_client_cfg tls;
};

struct client_cfg {
	struct server_ref server;
	struct backend *backend; /* what it is for; client_run closes it */
	const char *user;
	const char *password;
	enum ppp_auth auth[PPP_AUTH_COUNT];
	size_t auth_count;
	uint16_t mtu;
	const char *congestion; /* of the connection to the server; see net/congestion.h */
	bool ipv6;
	bool once;        /* never reconnect */
	bool keep_trying; /* also when the very first attempt fails for want of an answer */
	/* called when the tunnel is up for the first time; NULL is fine */
	void (*ready)(void *arg);
	void *ready_arg;
};

/*
 * Runs until a signal, an end that is final, or the backend's; all has been logged. *status: of the
 * command that the tunnel was for, where that has ended it; else 0.
 */
enum tunnel_reason client_run(const struct client_cfg *cfg, int *status);

/* "vpn.example.net" or, with a port that is not 443, "vpn.example.net:4443", as in Host and logs. */
struct server_name {
	char text[300];
};
struct server_name server_ref_name(const struct server_ref *ref);
/* The same for HTTP's Host header: the name that is meant, which is the one sent in TLS. */
struct server_name server_ref_http_host(const struct server_ref *ref);

#endif
