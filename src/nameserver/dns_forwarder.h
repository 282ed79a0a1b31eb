/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A DNS server of our own that passes queries on. The engine is dns/forwarder.h; this is its sockets: UDP
 * and TCP to clients, and for each query a socket on a random port to a server.
 *
 * For split DNS at a client where a host only has resolv.conf it listens on a loopback address, which
 * resolv.conf names while the tunnel is up. It stays until the end, even while resolv.conf does not name
 * it: programs that read that file only once still query it.
 *
 * For the clients of a server (serve --dns host) it listens on the server's addresses in the tunnels,
 * takes queries that come by its device alone (and this host's own), and keeps responses (dns/reply_cache.h).
 */
#ifndef SSTP_NAMESERVER_DNS_FORWARDER_H
#define SSTP_NAMESERVER_DNS_FORWARDER_H

#include "dns/dns_names.h"
#include "net/loop.h"
#include "util/ip.h"
#include "util/log.h"

struct dns_forwarder;

enum { DNS_FORWARDER_ADDRESSES = 2 };

/* Bound sockets of a loopback address; -1: none. */
struct dns_listeners {
	struct ip_addr at;
	int udp, tcp;
};

/* Opens them in that network namespace (-1: ours) for another process. 0 or -errno, logged. */
int dns_listeners_open(struct dns_listeners *l, int netns_fd, const struct log *log);
void dns_listeners_close(struct dns_listeners *l);

struct dns_forwarder_cfg {
	struct loop *loop;
	const struct dns_names *names; /* the caller's, as is netns_fd; NULL: no domains */
	int netns_fd;                  /* its sockets are in this network namespace; -1: ours */
	/* Opens a socket there, in place of netns_fd; it or -errno. NULL: not used. */
	int (*open_socket)(void *arg, int family, int type);
	void *arg;
	const struct dns_listeners
		*given; /* taken over, also on an error; NULL: it opens its own */
	const struct log *log;
	/* For a device's users; then the sockets to servers are in our namespace. NULL: for this host. */
	const char *device;
	struct ip_addr at[DNS_FORWARDER_ADDRESSES]; /* where to listen then; AF_UNSPEC: nowhere */
	/* Then: the same for all addresses that share a limit. */
	struct ip_addr (*client_of)(void *client_arg, const struct ip_addr *from);
	void *client_arg;
};

/* 0 or -errno, logged. */
int dns_forwarder_open(const struct dns_forwarder_cfg *cfg, struct dns_forwarder **out);
void dns_forwarder_close(struct dns_forwarder *f); /* NULL is fine */
struct ip_addr dns_forwarder_address(const struct dns_forwarder *f);

/* None while the tunnel is down: then names of its domains get a failure. */
void dns_forwarder_set_vpn(struct dns_forwarder *f, const struct ip_addr *servers, size_t count);
/*
 * Sets the servers for all other names: those that resolv.conf named before. Addresses of a
 * forwarder, left by one that crashed, are none of them.
 */
void dns_forwarder_set_others(struct dns_forwarder *f, const char *resolv_conf);

#endif
