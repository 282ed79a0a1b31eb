/*
 * The client: dials a server, keeps a tunnel to it up, and lets the host use it. One TUN device from
 * start to end, whatever happens to the tunnel in between.
 *
 *	dial -> tunnel -> up -> lost -> wait (backoff) -> dial ...
 */
#ifndef SSTP_CLIENT_CLIENT_H
#define SSTP_CLIENT_CLIENT_H

#include "client/host.h"
#include "ppp/ppp.h"
#include "tls/tls.h"
#include "util/exit_code.h"

/* What is needed to reach and believe a server; probe and connect share it. */
struct server_ref {
	const char *host; /* name or address */
	uint16_t port;
	const char *verify_name; /* the name that the certificate must have; NULL: host */
	const char *sni;         /* NULL: verify_name */
	int family;              /* AF_UNSPEC: both */
	uint32_t timeout_ms;     /* for look-up, TCP and TLS each */
	uint8_t hashes;          /* crypto binding: SSTP_HASH_... that may be used */
	struct tls_client_cfg tls;
};

struct client_cfg {
	struct server_ref server;
	const char *user;
	const char *password;
	enum ppp_auth auth[PPP_AUTH_COUNT];
	size_t auth_count;
	uint16_t mtu;
	const char *interface; /* "sstp%d" */
	bool default_route;
	const struct ip_prefix *routes;
	size_t route_count;
	uint32_t table;
	enum host_dns dns;
	const char *script; /* in place of our own set-up; NULL: ours */
	bool ipv6;
	bool no_offload;  /* packets to and from the TUN device one by one */
	bool once;        /* never reconnect */
	bool keep_trying; /* also when the very first attempt fails for want of an answer */
	/* called when the tunnel is up for the first time; NULL is fine */
	void (*ready)(void *arg);
	void *ready_arg;
};

/* Runs until a signal or an end that is final. An exit code; everything has been logged. */
enum exit_code client_run(const struct client_cfg *cfg);

/* "vpn.example.net" or, with a port that is not 443, "vpn.example.net:4443", as in Host and logs. */
struct server_name {
	char text[300];
};
struct server_name server_ref_name(const struct server_ref *ref);

#endif
