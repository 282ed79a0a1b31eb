/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The settings of a server. */
#ifndef SSTP_SERVER_SERVER_CFG_H
#define SSTP_SERVER_SERVER_CFG_H

#include "auth/radius_cfg.h"
#include "eap/eap_names.h"
#include "ppp/ppp.h"
#include "proc/sandbox.h"
#include "server/front_cfg.h"
#include "tls/cfg.h"
#include "util/error.h"
#include "util/ip.h"

enum { SERVER_WORKERS_MAX = 64 };

struct control_settings;

struct listen_addr {
	struct ip_addr addr;
	unsigned scope; /* the interface's index for a link-local address; 0: none */
	uint16_t port;
	const char *path; /* a Unix socket, in place of the address; NULL: none */
	bool is_plain;    /* HTTP without TLS, from a TLS terminator */
	bool is_given;    /* fd is the listening socket, which systemd has made */
	int fd;
};

/* A part of the network, for the users that RADIUS or the user file gives it to. */
struct server_pool {
	const char *name;
	struct ip_prefix network;
};

struct settings_change {
	struct error err;
	bool has_changed;
	char restart[256]; /* the names of changed settings that need a restart: "mtu, workers" */
};

struct key_process;

struct server_cfg {
	const struct listen_addr *listen;
	size_t listen_count;
	struct front_cfg front;
	const struct tls_server_cfg *certs; /* the first is the default */
	size_t cert_count;
	enum sandbox_mode sandbox;
	bool no_watch;   /* files are reloaded when that is asked for, not when they change */
	bool strict_sni; /* a client that asks for a name of no certificate is refused */
	const char *users_file;          /* NULL: none */
	const char *users_folder;        /* neither of them: logins are checked otherwise */
	const char *session_script;      /* for /bin/sh -c; NULL: none */
	const char *auth_command;        /* NULL: none */
	const struct radius_cfg *radius; /* NULL, or without a server: not used */
	const char *filters_file;        /* NULL: there are no filters */
	const char *leases_file;         /* which user had which address */
	bool is_leases_default;          /* leases_file is the default path */
	const char *name; /* for CHAP challenges, and the server column of the user file */
	enum ppp_auth auth[PPP_AUTH_COUNT];
	size_t auth_count;
	uint8_t eap[EAP_METHODS_MAX]; /* types, if PPP_AUTH_EAP is in auth[]; preferred first */
	size_t eap_count;
	bool requires_peap_binding;
	const char *client_ca_file;  /* EAP-TLS: the authorities of the clients' certificates */
	const char *client_crl_file; /* NULL: revocation is not checked */
	uint8_t hashes;              /* offered for the crypto binding: SSTP_HASH_... */
	struct ip_prefix network;    /* the pool; the server takes its first address */
	const struct server_pool *pools;
	size_t pool_count;
	struct ip_prefix ipv6_network; /* a /64 of it for each session; AF_UNSPEC: none */
	/* ipv6_network is a /64 of this interface, and sessions get single addresses; "auto": of the
	 * interface that has an address in it; NULL: not so */
	const char *ndp_proxy;
	struct ip_prefix
		delegate_network; /* prefixes of delegate_len are delegated; AF_UNSPEC: none */
	unsigned delegate_len;
	uint32_t dns[2], nbns[2];
	bool dns_host;                       /* the server's own addresses, among those, answer */
	struct ip_addr ipv6_dns[2];          /* AF_UNSPEC: none */
	const struct ip_prefix *push_routes; /* for the clients to send into the tunnel */
	size_t push_route_count;
	const char *const *push_domains; /* the clients look short names up in them */
	size_t push_domain_count;
	uint16_t mtu;
	const char *congestion; /* of the connections to the clients; see net/congestion.h */
	const char *interface;  /* "sstp%d" */
	const char *netns;      /* the device's network namespace (proc/netns.h); NULL: ours */
	const char *userns;     /* the owner of netns; NULL: the kernel is asked */
	bool ipv6;              /* IPV6CP: link-local addresses */
	bool no_offload;        /* packets to and from the TUN device one by one */
	bool client_to_client;
	bool host_routes;       /* a route to each client, for programs that announce them */
	bool nat;               /* forwarding and masquerading, as nat.h says */
	const char *nat_out;    /* the interface by which packets leave; NULL: any */
	unsigned max_sessions;  /* 0: as many as the pool has addresses */
	unsigned user_sessions; /* of one user at a time; 0: no limit */
	bool keep_old_session; /* over that limit refuse the new one, in place of ending the oldest */
	unsigned workers;      /* threads; 0: one for each core */
	unsigned max_failures; /* of one source address in ten minutes, 0: no limit */
	const struct control_settings
		*control; /* control/control_service.h; NULL: no control socket */
	/*
	 * Reads the settings again. Of *now a reload uses what settings_take (settings.h) takes; the
	 * rest needs a restart. False: change->err says what is wrong. NULL: they cannot change.
	 */
	bool (*read_again)(struct server_cfg *now, struct settings_change *change);
	struct key_process *keys; /* has the private keys; NULL: they are here */
	const char *pid_file;     /* removed at the end; NULL: none */
	const char *config_file;  /* whose change is a reason to do so; NULL: none */
	/*
	 * Calls `one` for each file that an option of the configuration file `path` names; `reloads`: read_again takes
	 * a new one. NULL: there is none.
	 */
	void (*each_named_file)(const char *path,
				void (*one)(void *arg, const char *option, const char *file,
					    bool reloads),
				void *arg);
	/* called when the server is ready; may be NULL */
	void (*ready)(void *arg);
	void *ready_arg;
};

#endif
