/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The settings for load balancers in front of the server, and for servers that share its port. */
#ifndef SSTP_SERVER_FRONT_CFG_H
#define SSTP_SERVER_FRONT_CFG_H

#include "util/bytes.h"
#include "util/ip.h"

/* Where connections come from. */
struct source_list {
	struct ip_prefix *at;
	size_t count;
	bool has_unix; /* Unix sockets */
};

/* A server that connections are passed on to. */
struct splice_target {
	const char *text; /* for the log: "127.0.0.1:8080", "unix:/run/web.sock" */
	const char *host; /* a name or an address; NULL: a Unix socket */
	uint16_t port;
	const char *path;       /* of the Unix socket */
	unsigned proxy_version; /* of the PROXY header that is sent first; 0: none */
};

/* Passes on what asks for a name, or offers a protocol, before TLS. */
struct pass_rule {
	const char *name; /* "www.example.net", "*.example.net"; or an ALPN protocol */
	bool is_protocol;
	struct splice_target to;
};

struct front_cfg {
	struct source_list proxy_from; /* these send the PROXY protocol's header first */
	struct splice_target web;      /* gets what is not SSTP; text NULL: none */
	const char **sstp_hosts;       /* names that SSTP is served under */
	size_t sstp_host_count;        /* 0: under any */
	struct source_list
		terminators; /* of TLS: these may send HTTP, and their X-Forwarded-For is used */
	const char **binding_certs; /* files of the certificates that these have */
	size_t binding_cert_count;
	struct pass_rule *passes;
	size_t pass_count;
};

bool source_list_has(const struct source_list *l, const struct sockaddr_storage *peer);

/* Whether SSTP is served under this name: that of a ClientHello, or of a Host field with its port. */
bool front_serves(const struct front_cfg *f, struct bytes name);

/* The first rule for this name, or for one of the `protocols` (RFC 7301, ProtocolNameList); NULL: none. */
const struct pass_rule *front_find_pass(const struct front_cfg *f, struct bytes name,
					struct bytes protocols);

#endif
