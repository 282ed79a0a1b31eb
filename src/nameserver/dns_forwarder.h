/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Split DNS where a host only has resolv.conf: a DNS server of our own on a loopback address that
 * resolv.conf names while the tunnel is up. The engine is dns/forwarder.h; this is its sockets: UDP
 * and TCP to local clients, and for each query a socket on a random port to a server.
 *
 * It stays until the end, even while resolv.conf does not name it: programs that read that file
 * only once still query it.
 */
#ifndef SSTP_NAMESERVER_DNS_FORWARDER_H
#define SSTP_NAMESERVER_DNS_FORWARDER_H

#include "dns/dns_names.h"
#include "net/loop.h"
#include "util/ip.h"
#include "util/log.h"

struct dns_forwarder;

struct dns_forwarder_cfg {
	struct loop *loop;
	const struct dns_names *names; /* the caller's, as is netns_fd */
	int netns_fd;                  /* its sockets are in this network namespace; -1: ours */
	const struct log *log;
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
