/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The tables of serve's own options. */
#include "cli/serve_options.h"

#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/dns_options.h"
#include "ip6/advert.h"
#include "server/prefixes.h"
#include "server/pushed.h"

enum { PUSH_DOMAINS_MAX = 4 /* what fits into one packet, at their longest */ };

/* Not loopback, not multicast, not 0.0.0.0/8 ("this host"). */
static bool is_for_hosts(const struct ip_prefix *p)
{
	uint8_t first = p->addr.bytes[0];

	return first != 0 && first != 127 && first < 224;
}

static bool set_network(void *to, const char *value, struct error *err)
{
	struct ip_prefix p;

	if (!ip_prefix_parse(value, &p) || p.addr.family != AF_INET || p.len < 8 || p.len > 30) {
		snprintf(err->text, sizeof(err->text),
			 "must be an IPv4 network of /8 to /30, such as 10.9.0.0/24");
		return false;
	}
	if (!is_for_hosts(&p)) {
		snprintf(err->text, sizeof(err->text),
			 "hosts cannot have these addresses; use for example 10.9.0.0/24");
		return false;
	}
	*(struct ip_prefix *)to = (struct ip_prefix){ ip_mask(&p.addr, p.len), p.len };
	return true;
}

/* Global unicast or unique local (RFC 4193). */
static bool is_for_hosts6(const struct ip_prefix *p)
{
	uint8_t first = p->addr.bytes[0];

	return (first & 0xe0) == 0x20 || (first & 0xfe) == 0xfc;
}

static bool set_ipv6_network(void *to, const char *value, struct error *err)
{
	struct ip_prefix p;

	if (!ip_prefix_parse(value, &p) || p.addr.family != AF_INET6) {
		snprintf(err->text, sizeof(err->text),
			 "must be an IPv6 network, such as 2001:db8:1::/48");
		return false;
	}
	if (p.len < PREFIXES_NETWORK_MIN || p.len > PREFIXES_LEN) {
		snprintf(err->text, sizeof(err->text),
			 "must be a /%d to /%d, since each client gets a /64 of it: a /56 has 256 "
			 "of them, a /48 65,536; or a /64 with --ndp-proxy",
			 PREFIXES_NETWORK_MIN, PREFIXES_NETWORK_MAX);
		return false;
	}
	if (!is_for_hosts6(&p)) {
		snprintf(err->text, sizeof(err->text),
			 "hosts cannot have these addresses; use a network that is routed to this "
			 "host, or one of fd00::/8");
		return false;
	}
	*(struct ip_prefix *)to = (struct ip_prefix){ ip_mask(&p.addr, p.len), p.len };
	return true;
}

static bool set_pool(void *to, const char *value, struct error *err)
{
	struct pool_list *l = to;
	struct server_pool *pool = &l->at[l->count];
	const char *equals = strchr(value, '=');

	if (l->count == POOL_PARTS_MAX) {
		snprintf(err->text, sizeof(err->text), "more than %d pools", POOL_PARTS_MAX);
		return false;
	}
	if (!equals || equals == value || !ip_prefix_parse(equals + 1, &pool->network) ||
	    pool->network.addr.family != AF_INET || pool->network.len < 8) {
		snprintf(err->text, sizeof(err->text),
			 "must be a name and a part of --ipv4-network, such as "
			 "staff=10.9.0.64/26");
		return false;
	}
	pool->name = strndup(value, (size_t)(equals - value)); /* as long as the program runs */
	l->count += pool->name != NULL;
	return pool->name;
}

static void clear_pools(void *to)
{
	((struct pool_list *)to)->count = 0;
}

static bool set_delegation(void *to, const char *value, struct error *err)
{
	const char *slash = strrchr(value, '/');
	struct delegation d = { .len = 0 };
	char network[80];

	if (slash && (size_t)(slash - value) < sizeof(network)) {
		snprintf(network, sizeof(network), "%.*s", (int)(slash - value), value);
		if (strchr(network, '/') && set_ipv6_network(&d.network, network, err))
			d.len = (unsigned)strtoul(slash + 1, NULL, 10);
	}
	if (d.len <= d.network.len || d.len > PREFIXES_LEN || strlen(slash + 1) > 2) {
		snprintf(err->text, sizeof(err->text),
			 "must be an IPv6 network and the length of the prefixes that clients get "
			 "of it, such as 2001:db8:100::/40/56");
		return false;
	}
	*(struct delegation *)to = d;
	return true;
}

static bool add_dns6(struct ip_addr list[2], const struct ip_addr *a, struct error *err)
{
	if (a->bytes[0] == 0xff || ip_is_link_local(a) || !(a->bytes[0] | a->bytes[1])) {
		snprintf(err->text, sizeof(err->text), "clients cannot reach this address");
		return false;
	}
	for (size_t i = 0; i < 2; i++)
		if (list[i].family == AF_UNSPEC) {
			list[i] = *a;
			return true;
		}
	snprintf(err->text, sizeof(err->text), "more than two IPv6 addresses");
	return false;
}

static bool set_dns(void *to, const char *value, struct error *err)
{
	struct dns_list *list = to;
	struct ip_addr a;

	if (!strcmp(value, "host"))
		return list->has_host = true;
	if (!ip_parse(value, &a)) {
		snprintf(err->text, sizeof(err->text),
			 "must be host, or an IP address such as 10.0.0.1 or 2001:db8::53");
		return false;
	}
	return a.family == AF_INET6 ? add_dns6(list->v6, &a, err) : set_ipv4(list->v4, value, err);
}

static void clear_dns(void *to)
{
	memset(to, 0, sizeof(struct dns_list));
}

static bool set_push_route(void *to, const char *value, struct error *err)
{
	struct prefix_list *l = to;
	struct server_cfg cfg;
	struct ip_prefix p;

	if (!ip_prefix_parse(value, &p) || !p.len) {
		snprintf(err->text, sizeof(err->text),
			 "must be a network such as 10.0.0.0/8 or 2001:db8::/32; whether all "
			 "traffic goes into the tunnel is the client's own setting");
		return false;
	}
	p.addr = ip_mask(&p.addr, p.len);
	if (p.addr.family == AF_INET6 && !advert_is_route(&p)) {
		snprintf(err->text, sizeof(err->text),
			 "clients cannot have a route to this network: part of it is link-local, "
			 "multicast or reserved");
		return false;
	}
	if (!set_prefixes(to, value, err))
		return false;
	l->at[l->count - 1] = p;
	cfg = (struct server_cfg){ .push_routes = l->at, .push_route_count = l->count };
	if (pushed_fits(&cfg, NULL))
		return true;
	if (p.addr.family == AF_INET6)
		snprintf(err->text, sizeof(err->text),
			 "more than %d IPv6 networks, which a Router Advertisement has room for",
			 ADVERT_ROUTES_MAX);
	else
		snprintf(err->text, sizeof(err->text),
			 "more networks than fit into one DHCP option (255 bytes, 28 to 42 "
			 "networks)");
	return false;
}

static bool set_push_domain(void *to, const char *value, struct error *err)
{
	if (((struct text_list *)to)->count < PUSH_DOMAINS_MAX)
		return dns_add_domain(to, value, err);
	snprintf(err->text, sizeof(err->text), "at most %d can be given", PUSH_DOMAINS_MAX);
	return false;
}

static bool set_nat(void *to, const char *value, struct error *err)
{
	if (!*value || strlen(value) >= IFNAMSIZ || strpbrk(value, "/: \t")) {
		snprintf(err->text, sizeof(err->text),
			 "must be the interface by which clients' packets leave this host, such as "
			 "eth0, or any");
		return false;
	}
	*(const char **)to = value;
	return true;
}

#define AT(member) offsetof(struct serve_settings, member)

static bool set_keys(void *to, const char *value, struct error *err)
{
	*(bool *)to = !strcmp(value, "here");
	if (!strcmp(value, "here") || !strcmp(value, "apart"))
		return true;
	snprintf(err->text, sizeof(err->text), "must be apart or here");
	return false;
}

static const struct option listen_table[] = {
	{ .name = "listen",
	  .short_name = 'l',
	  .arg = "[ADDR:]PORT",
	  .help = "listen there, or on unix:PATH; http://ADDR:PORT: after a TLS terminator; may be "
		  "given again; default the sockets of systemd, or port 443 of all addresses",
	  .set = set_listen,
	  .at = AT(listen),
	  .clear = clear_listen },
	{ .name = "cert",
	  .arg = "FILE",
	  .help = "the certificate (PEM), with its intermediate certificates after it; may be given "
		  "again, for other names or with another kind of key",
	  .set = set_files,
	  .at = AT(certs),
	  .flags = OPTION_RELOADS,
	  .clear = clear_texts },
	{ .name = "key",
	  .arg = "FILE",
	  .help = "its private key (PEM), one for each --cert in the same order; default: in the "
		  "same file",
	  .set = set_files,
	  .at = AT(keys),
	  .flags = OPTION_RELOADS,
	  .clear = clear_texts },
	{ .name = "key-password-file",
	  .arg = "FILE",
	  .help = "the first line of FILE is the password of the key",
	  .set = set_file,
	  .at = AT(key_password_file) },
	{ .name = "keys",
	  .arg = "WHERE",
	  .words = "apart here",
	  .help = "apart: another process has the private keys, and signs for this one; here: this "
		  "process has them; default apart",
	  .set = set_keys,
	  .at = AT(keys_here) },
	{ .name = "binding-cert",
	  .arg = "FILE",
	  .help = "with --listen http://...: the certificate (PEM) of the TLS terminator, for the "
		  "crypto binding; may be given again; default those of --cert",
	  .set = set_files,
	  .at = AT(binding_certs),
	  .flags = OPTION_RELOADS,
	  .clear = clear_texts },
	{ .name = "strict-sni",
	  .help = "refuse clients that ask for a name that is in no --cert, or for none; default: "
		  "they get the first",
	  .set = set_flag,
	  .at = AT(strict_sni),
	  .flags = OPTION_RELOADS },
};

const struct option_group serve_listen_options = OPTION_GROUP(listen_table);

static const struct option user_table[] = {
	{ .name = "users",
	  .arg = "FILE",
	  .help = "the user file: the columns of pppd's chap-secrets; sstp passwd edits it",
	  .set = set_file,
	  .at = AT(users) },
	{ .name = "users-dir",
	  .arg = "DIR",
	  .help = "a folder with a file NAME.conf for each user: password = ..., address = ..., "
		  "and limits; also beside --users",
	  .set = set_file_or_folder,
	  .at = AT(users_dir) },
	{ .name = "auth-command",
	  .arg = "COMMAND",
	  .help = "in place of --users: a command that checks logins; it reads a line of JSON from "
		  "standard input and writes one",
	  .set = set_text,
	  .at = AT(auth_command) },
	{ .name = "session-script",
	  .arg = "COMMAND",
	  .help = "run COMMAND at each login, which it refuses by an exit status other than 0, and at "
		  "the end of each session; its variables are those of ocserv's connect-script",
	  .set = set_text,
	  .at = AT(session_script) },
	{ .name = "filters",
	  .arg = "FILE",
	  .help = "packet filters for users: a rule a line, such as 'staff permit 10.0.0.0/8 tcp "
		  "443'; a user gets the one that RADIUS (Filter-Id) or filter= in the user file "
		  "names",
	  .set = set_file,
	  .at = AT(filters) },
	{ .name = "client-ca",
	  .arg = "FILE",
	  .help = "eap-tls and peap: the authorities of the clients' certificates (PEM); the user is the "
		  "certificate's UPN, e-mail address or common name",
	  .set = set_file_or_folder,
	  .at = AT(client_ca) },
	{ .name = "client-crl",
	  .arg = "FILE",
	  .help = "revocation lists of those authorities, PEM or DER; a certificate without a list "
		  "of its issuer is refused",
	  .set = set_file,
	  .at = AT(client_crl) },
	{ .name = "name",
	  .arg = "NAME",
	  .help = "the server's name in its challenges and in the server column of the "
		  "user file; default: this host's",
	  .set = set_text,
	  .at = AT(name) },
};

const struct option_group serve_user_options = OPTION_GROUP(user_table);

static const struct option session_table[] = {
	{ .name = "max-sessions",
	  .arg = "N",
	  .help = "no more clients than N; default: the number of addresses",
	  .set = set_number,
	  .at = AT(max_sessions) },
	{ .name = "user-sessions",
	  .arg = "N",
	  .help = "at most N sessions of one user at a time: a new one ends the "
		  "oldest; default 10, or half of --max-sessions if that is less; 0: "
		  "no limit",
	  .set = set_number,
	  .at = AT(user_sessions),
	  .flags = OPTION_RELOADS },
	{ .name = "keep-old-session",
	  .help = "at that limit, refuse the new session instead",
	  .set = set_flag,
	  .at = AT(keep_old_session),
	  .flags = OPTION_RELOADS },
	{ .name = "max-failures",
	  .arg = "N",
	  .help = "refuse a user at an address for ten minutes after N failed "
		  "logins, and an address after five times as many; default 20, 0: "
		  "no limit",
	  .set = set_number,
	  .at = AT(max_failures),
	  .flags = OPTION_RELOADS },
};

const struct option_group serve_session_options = OPTION_GROUP(session_table);

static const struct option client_network_table[] = {
	{ .name = "ipv4-network",
	  .arg = "NETWORK",
	  .help = "addresses for the clients, such as 10.9.0.0/24; the server takes the "
		  "first",
	  .set = set_network,
	  .at = AT(network) },
	{ .name = "pool",
	  .arg = "NAME=NETWORK",
	  .help = "keep a part of --ipv4-network for the users whose pool RADIUS (Framed-Pool) or "
		  "pool= in the user file names, such as staff=10.9.0.64/26; may be given again",
	  .set = set_pool,
	  .at = AT(pools),
	  .clear = clear_pools },
	{ .name = "leases",
	  .arg = "FILE",
	  .help = "the file that records which user had which address; default: a "
		  "file named after the network in /run/sstp, or in systemd's "
		  "STATE_DIRECTORY",
	  .set = set_text,
	  .at = AT(leases) },
	{ .name = "ipv6-network",
	  .arg = "NETWORK",
	  .help = "IPv6 for the clients: each gets a /64 of it, such as one of "
		  "2001:db8:1::/48; forwarding needs --nat or net.ipv6.conf.all.forwarding=1",
	  .set = set_ipv6_network,
	  .at = AT(ipv6_network) },
	{ .name = "ndp-proxy",
	  .arg = "INTERFACE",
	  .words = "auto",
	  .help = "where --ipv6-network is the /64 of this interface, and no more: clients get single "
		  "addresses of it, and neighbor solicitations for them are answered there; auto: "
		  "the interface with an address in it",
	  .set = set_device,
	  .at = AT(ndp_proxy) },
	{ .name = "ipv6-delegate",
	  .arg = "NETWORK/LEN",
	  .help = "delegate to each client that asks by DHCPv6 a prefix of length LEN, such as "
		  "2001:db8:100::/40/56",
	  .set = set_delegation,
	  .at = AT(delegation) },
	{ .name = "dns",
	  .arg = "ADDR",
	  .words = "host",
	  .help = "DNS server for the clients, IPv4 or IPv6; may be given twice for each; host: "
		  "sstp itself, which asks this host's DNS servers",
	  .set = set_dns,
	  .at = AT(dns),
	  .flags = OPTION_RELOADS,
	  .clear = clear_dns },
	{ .name = "nbns",
	  .arg = "ADDR",
	  .help = "NBNS (WINS) server for the clients; may be given twice",
	  .set = set_ipv4,
	  .at = AT(nbns),
	  .flags = OPTION_RELOADS,
	  .clear = clear_ipv4 },
	{ .name = "push-domain",
	  .arg = "DOMAIN",
	  .help = "clients look short names up in this domain; may be given again",
	  .set = set_push_domain,
	  .at = AT(push_domains),
	  .clear = clear_texts },
	{ .name = "push-route",
	  .arg = "NETWORK",
	  .help = "clients send packets to this network into the tunnel: IPv4 if they ask by "
		  "DHCPINFORM, as Windows does, IPv6 by Router Advertisements; may be given "
		  "again",
	  .set = set_push_route,
	  .at = AT(push_routes),
	  .flags = OPTION_RELOADS,
	  .clear = clear_prefixes },
	{ .name = "nat",
	  .arg = "INTERFACE",
	  .help = "let clients reach the Internet: turn forwarding on and masquerade their packets "
		  "that leave by INTERFACE, or with any by every interface",
	  .words = "any",
	  .set = set_nat,
	  .at = AT(nat) },
	{ .name = "host-routes",
	  .help = "make a route to each client's address and prefixes while it is connected, for BIRD "
		  "or FRR, which announce the clients of several servers",
	  .set = set_flag,
	  .at = AT(host_routes) },
	{ .name = "client-to-client",
	  .help = "let clients reach each other; needs net.ipv4.ip_forward=1",
	  .set = set_flag,
	  .at = AT(client_to_client),
	  .flags = OPTION_RELOADS },
};

const struct option_group serve_network_options = OPTION_GROUP(client_network_table);

static const struct option worker_table[] = {
	{ .name = "workers",
	  .arg = "N",
	  .help = "use N threads; default: one a core",
	  .set = set_workers,
	  .at = AT(workers) },
	{ .name = "no-watch",
	  .help = "do not reload the configuration file, users, filters and certificates when they "
		  "change, only on SIGHUP",
	  .set = set_flag,
	  .at = AT(no_watch) },
};

const struct option_group serve_worker_options = OPTION_GROUP(worker_table);
