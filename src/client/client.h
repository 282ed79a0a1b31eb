/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The client: dials a server, keeps a tunnel to it up, and lets a backend use it.
 *
 *	dial -> tunnel -> up -> lost -> wait (backoff) -> dial ...
 */
#ifndef SSTP_CLIENT_CLIENT_H
#define SSTP_CLIENT_CLIENT_H

#include "eap/eap_names.h"
#include "net/reach.h"
#include "ppp/ppp.h"
#include "proc/sandbox.h"
#include "tls/cfg.h"
#include "tunnel/backend.h"
#include "tunnel/reason.h"

/* What is needed to reach and verify a server; probe and connect share it. */
struct server_ref {
	const char *host; /* name or address */
	uint16_t port;
	const char *verify_name; /* the name that the certificate must have; NULL: host */
	const char *sni;         /* the name in the ClientHello; NULL: verify_name; "": none */
	const char *http_host; /* the Host header; NULL: the name in the ClientHello and the port */
	int family;            /* AF_UNSPEC: both */
	uint32_t timeout_ms;   /* for a whole attempt, from the look-up to the first packets */
	struct sockaddr_storage addrs[DIAL_ADDRS_MAX]; /* its addresses; */
	size_t addr_count;                             /* 0: the name is looked up */
	const struct reach_proxy *proxy;               /* on the way to it; NULL: none */
	bool no_portal_check; /* never look for a captive portal (portal.h) */
	uint8_t hashes;       /* crypto binding: SSTP_HASH_... that may be used */
	struct tls_client_cfg tls;
};

struct control_settings;
struct client_helper;

/* proc/sandbox.h; entered when all is open. */
struct client_sandbox_cfg {
	enum sandbox_verb verb;
	enum sandbox_mode mode;
	const uint16_t *ports; /* to connect to by TCP, besides those of the servers */
	size_t port_count;
	struct client_helper *helper; /* sealed before; the caller starts and closes it */
};

struct client_refusal {
	uint16_t error; /* enum mschap_error, or another number; 0: none */
	bool may_retry; /* another password may be tried */
};

struct client_cfg {
	struct server_ref server;
	/* the addresses at an earlier time of what is dialed (the server, or the proxy), for when its name
	 * cannot be looked up */
	const struct sockaddr_storage *known;
	size_t known_count;
	/* further ones of the same VPN, tried in turn (server_list.h); they differ in name and port */
	const struct server_ref *more;
	size_t more_count;
	struct backend *backend; /* where packets go; client_run closes it */
	const char *user;
	const char *password;
	const char *new_password; /* to be set when the server says that it has expired; NULL */
	/* what a server said that refused the login; may be NULL */
	struct client_refusal *refusal;
	bool is_asked; /* after a refusal the user is asked again at the terminal */
	enum ppp_auth auth[PPP_AUTH_COUNT];
	size_t auth_count;
	uint8_t eap[EAP_METHODS_MAX]; /* types, if PPP_AUTH_EAP is in auth[]; preferred first */
	size_t eap_count;
	const char *eap_identity;      /* EAP's outer identity; NULL: user */
	const char *eap_name;          /* that the certificate of EAP's server must have */
	struct tls_client_cfg eap_tls; /* for EAP-TLS and PEAP, if one of them is in eap[] */
	bool requires_peap_binding;
	uint16_t mtu;
	/* congestion control of the connection to the server, net/congestion.h */
	const char *congestion;
	uint32_t mark; /* SO_MARK of that connection; 0: none */
	bool ipv6;
	uint8_t own_iid[PPP_IID_LEN]; /* the interface identifier to ask for; zero: random */
	bool wants_prefix;            /* a delegated one, by DHCPv6 */
	uint8_t delegated_len;        /* the length that is asked for; 0: any */
	bool asks_server;             /* for routes, name servers and a domain (server_info.h) */
	bool is_locked;               /* only the connection to the server may leave this host */
	bool once;                    /* never reconnect */
	bool keep_trying;             /* retry even if the first attempt fails */
	const struct control_settings *control;   /* control/control_service.h; NULL: none */
	const struct client_sandbox_cfg *sandbox; /* NULL: none */
	/* called when the tunnel is up for the first time; may be NULL */
	void (*ready)(void *arg);
	void *ready_arg;
};

/*
 * Runs until a signal arrives, the tunnel ends and must not be retried, or the backend ends it.
 * Everything has been logged. *status: the exit status of the command that the tunnel was for, if
 * that ended the client; else 0.
 */
enum tunnel_reason client_run(const struct client_cfg *cfg, int *status);

/* The reason of an attempt that failed before TLS. */
enum tunnel_reason client_reason_of(enum reach_status status);

/* "vpn.example.net", or "vpn.example.net:4443" if the port is not 443, as in logs. */
struct server_name {
	char text[300];
};
struct server_name server_ref_name(const struct server_ref *ref);
/* For HTTP's Host header: http_host, or the same with the name that is sent in TLS. */
struct server_name server_ref_http_host(const struct server_ref *ref);

#endif
