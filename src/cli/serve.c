/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sstp serve: parses options into a server_cfg and runs the server. */
#include <errno.h>
#include <limits.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "auth/radius.h"
#include "auth/users.h"
#include "cli/background.h"
#include "cli/common.h"
#include "cli/control_options.h"
#include "cli/dns_options.h"
#include "cli/eap_options.h"
#include "cli/exit_code.h"
#include "cli/front_options.h"
#include "cli/listen_option.h"
#include "cli/network.h"
#include "cli/options.h"
#include "cli/password.h"
#include "cli/radius_options.h"
#include "cli/verbs.h"
#include "dhcp/message.h"
#include "eap/packet.h"
#include "server/credentials.h"
#include "server/listen.h"
#include "server/pool.h"
#include "server/prefixes.h"
#include "server/server.h"
#include "tls/open.h"

static const char run_folder[] = "/run/sstp";

enum {
	USER_SESSIONS = 10,   /* by default */
	PUSH_DOMAINS_MAX = 4, /* what fits into one packet, at their longest */
};

#define USER_SESSIONS_UNSET UINT32_MAX

struct pool_list {
	struct server_pool at[POOL_PARTS_MAX];
	size_t count;
};

struct delegation {
	struct ip_prefix network; /* AF_UNSPEC: not set */
	unsigned len;             /* of each prefix */
};

/* Two of each family. */
struct dns_list {
	uint32_t v4[2];
	struct ip_addr v6[2];
	bool has_host; /* "host" */
};

struct serve_settings {
	struct common_settings common;
	struct listen_list listen;
	struct front_cfg front;
	struct text_list certs, keys, binding_certs;
	struct tls_server_cfg *tls_cfgs; /* one for each certificate */
	const char *key_password_file;
	bool strict_sni;
	struct tls_settings tls;
	const char *users, *users_dir, *auth_command, *filters, *leases;
	struct auth_list auth;
	const char *client_ca, *client_crl;
	bool requires_peap_binding;
	const char *name;
	struct ip_prefix network, ipv6_network; /* AF_UNSPEC: not set */
	struct pool_list pools;
	const char *ndp_proxy; /* NULL: not used */
	struct delegation delegation;
	struct dns_list dns;
	struct prefix_list push_routes;
	struct text_list push_domains;
	uint32_t nbns[2];
	struct device_settings device;
	struct netns_settings netns;
	struct link_settings link;
	bool client_to_client, host_routes;
	const char *nat; /* "any" or an interface; NULL: no NAT */
	struct radius_settings radius;
	uint32_t max_sessions, user_sessions, max_failures, workers;
	bool no_watch;
	bool keep_old_session;
	struct background_settings background;
	struct control_option_settings control;
	struct metrics_list metrics;
	struct control_settings control_settings; /* made of them */
};

#define SERVE_DEFAULTS                                                                           \
	{                                                                                        \
		.tls = TLS_DEFAULTS, .auth = AUTH_DEFAULT, .device = DEVICE_DEFAULTS,            \
		.link = LINK_DEFAULTS, .user_sessions = USER_SESSIONS_UNSET, .max_failures = 20, \
	}

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
	struct ip_prefix p;

	if (!ip_prefix_parse(value, &p) || p.addr.family != AF_INET || !p.len) {
		snprintf(
			err->text, sizeof(err->text),
			"must be an IPv4 network such as 10.0.0.0/8; whether all traffic goes into "
			"the tunnel is the client's own setting");
		return false;
	}
	if (!set_prefixes(to, value, err))
		return false;
	if (dhcp_routes_fit(l->at, l->count))
		return true;
	snprintf(err->text, sizeof(err->text),
		 "more networks than fit into one DHCP option (255 bytes, 28 to 42 networks)");
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

static const struct option_group listen_options = OPTION_GROUP(listen_table);

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

static const struct option_group user_options = OPTION_GROUP(user_table);

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

static const struct option_group session_options = OPTION_GROUP(session_table);

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
	  .help = "clients send packets to this IPv4 network into the tunnel, if they ask by "
		  "DHCPINFORM, as Windows does; may be given again",
	  .set = set_push_route,
	  .at = AT(push_routes),
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

static const struct option_group client_network_options = OPTION_GROUP(client_network_table);

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

static const struct option_group worker_options = OPTION_GROUP(worker_table);

static const struct option_use uses[] = {
	{ .heading = "Where to listen, and as whom", .group = &listen_options },
	{ .group = &tls_options, .at = AT(tls) },
	{ .heading = "Load balancers in front of it, and web servers beside it",
	  .group = &front_options,
	  .at = AT(front) },
	{ .heading = "Who may log in", .group = &user_options },
	{ .group = &auth_options, .at = AT(auth) },
	{ .group = &peap_options, .at = AT(requires_peap_binding) },
	{ .group = &session_options },
	{ .heading = "RADIUS", .group = &radius_options, .at = AT(radius) },
	{ .heading = "The network", .group = &client_network_options },
	{ .group = &interface_options, .at = AT(device) },
	{ .group = &netns_options, .at = AT(netns) },
	{ .group = &link_options, .at = AT(link) },
	{ .group = &offload_options, .at = AT(device) },
	{ .heading = "Running", .group = &worker_options },
	{ .group = &background_options, .at = AT(background) },
	{ .group = &control_options, .at = AT(control) },
	{ .group = &metrics_options, .at = AT(metrics) },
	{ .heading = "General", .group = &common_options, .at = AT(common) },
};

/* The server's own addresses come first: those of pool_server and prefixes_server. */
static void insert_own_dns(struct serve_settings *s)
{
	struct dns_list *d = &s->dns;

	d->v4[1] = d->v4[0];
	d->v4[0] = ip_v4(&s->network.addr) + 1;
	if (!s->ipv6_network.addr.family)
		return;
	d->v6[1] = d->v6[0];
	d->v6[0] = s->ipv6_network.addr;
	d->v6[0].bytes[15] = 1;
}

static bool offers(const struct serve_settings *s, uint8_t eap_type)
{
	return memchr(s->auth.eap, eap_type, s->auth.eap_count);
}

static bool has_pools(const struct serve_settings *s)
{
	struct pool *pool;
	bool is_good = true;

	if (pool_open(&s->network, &pool))
		return false;
	for (size_t i = 0; is_good && i < s->pools.count; i++) {
		is_good = pool_add_part(pool, &s->pools.at[i].network);
		for (size_t n = 0; n < i; n++)
			is_good &= strcmp(s->pools.at[n].name, s->pools.at[i].name) != 0;
		if (!is_good)
			cli_error(&serve_verb,
				  "--pool %s=%s: must be a part of --ipv4-network, and names and "
				  "networks must differ from those of the others",
				  s->pools.at[i].name,
				  ip_prefix_print(&s->pools.at[i].network).text);
	}
	pool_close(pool);
	return is_good;
}

static bool has_users(const struct serve_settings *s)
{
	return s->users || s->users_dir;
}

static size_t count_plain(const struct serve_settings *s)
{
	size_t count = 0;

	for (size_t i = 0; i < s->listen.count; i++)
		count += s->listen.at[i].is_plain;
	return count;
}

static bool has_plain(const struct serve_settings *s)
{
	return count_plain(s);
}

/* For TLS, and for the methods of EAP that have it inside. */
static bool needs_certificate(const struct serve_settings *s)
{
	return count_plain(s) < s->listen.count || offers(s, EAP_TLS) || offers(s, EAP_PEAP);
}

static bool certs_make_sense(const struct serve_settings *s)
{
	if (needs_certificate(s) && !s->certs.count)
		cli_error(&serve_verb, "no certificate: --cert FILE (sstp cert makes one)");
	else if (has_plain(s) && !s->certs.count && !s->binding_certs.count)
		cli_error(&serve_verb,
			  "--listen http://... needs --binding-cert FILE: the certificate of the "
			  "TLS terminator, which clients prove that they have received");
	else if (s->keys.count && s->keys.count != s->certs.count)
		cli_error(&serve_verb,
			  "%zu times --cert and %zu times --key: give each certificate its "
			  "key, in the same order, or put each key into the certificate's file",
			  s->certs.count, s->keys.count);
	else
		return true;
	return false;
}

static bool logins_make_sense(const struct serve_settings *s)
{
	if (!has_users(s) && !s->radius.servers.count && !s->auth_command)
		cli_error(&serve_verb, "no user file: --users FILE (sstp passwd makes one)");
	else if (has_users(s) && s->radius.servers.count)
		cli_error(&serve_verb, "--users and --radius: one of them says who may log in");
	else if (s->auth_command && (has_users(s) || s->radius.servers.count))
		cli_error(&serve_verb, "--auth-command and --%s: one of them says who may log in",
			  s->radius.servers.count ? "radius"
			  : s->users              ? "users"
						  : "users-dir");
	else if (s->auth_command && (offers(s, EAP_TLS) || offers(s, EAP_PEAP)))
		cli_error(&serve_verb, "--auth-command does not support --auth eap-tls and peap");
	else
		return true;
	return false;
}

static bool networks_make_sense(const struct serve_settings *s)
{
	if (s->network.addr.family == AF_UNSPEC)
		cli_error(&serve_verb, "no addresses for clients: --ipv4-network 10.9.0.0/24");
	else if (s->ipv6_network.len == PREFIXES_LEN && !s->ndp_proxy)
		cli_error(
			&serve_verb,
			"--ipv6-network %s: must be a /%d to /%d, since each client gets a /64 of it; "
			"with no more than the /64 of an interface add --ndp-proxy auto: then they get "
			"single addresses",
			ip_prefix_print(&s->ipv6_network).text, PREFIXES_NETWORK_MIN,
			PREFIXES_NETWORK_MAX);
	else if (s->ndp_proxy && s->ipv6_network.len != PREFIXES_LEN)
		cli_error(&serve_verb, "--ndp-proxy needs an --ipv6-network of /64: the network of "
				       "that interface; a shorter one is routed to this host");
	else if (s->ndp_proxy && s->netns.netns)
		cli_error(&serve_verb, "--ndp-proxy and --netns exclude each other");
	else
		return true;
	return false;
}

static bool ipv6_and_dns_make_sense(const struct serve_settings *s)
{
	if (s->delegation.len && !s->ipv6_network.addr.family)
		cli_error(&serve_verb, "--ipv6-delegate needs --ipv6-network");
	else if (s->delegation.len &&
		 (ip_prefix_has(&s->ipv6_network, &s->delegation.network.addr) ||
		  ip_prefix_has(&s->delegation.network, &s->ipv6_network.addr)))
		cli_error(&serve_verb, "--ipv6-delegate and --ipv6-network overlap");
	else if (s->dns.has_host && (s->dns.v4[1] || s->dns.v6[1].family))
		cli_error(&serve_verb, "--dns host and two other addresses: clients take two");
	else if (s->ipv6_network.addr.family && s->link.no_ipv6)
		cli_error(&serve_verb, "--ipv6-network and --no-ipv6 exclude each other");
	else if (s->ipv6_network.addr.family && s->link.mtu < 1280)
		cli_error(&serve_verb, "--ipv6-network needs an --mtu of at least 1280");
	else
		return true;
	return false;
}

static bool eap_makes_sense(const struct serve_settings *s)
{
	if (offers(s, EAP_TLS) && has_users(s) && !s->client_ca)
		cli_error(&serve_verb,
			  "--auth eap-tls needs --client-ca FILE: the authorities of the clients' "
			  "certificates");
	else if (s->client_ca && !has_users(s))
		cli_error(&serve_verb, "--client-ca is for --users: with --radius the RADIUS "
				       "server checks the clients' certificates");
	else if (s->client_ca && !offers(s, EAP_TLS) && !offers(s, EAP_PEAP))
		cli_error(&serve_verb, "--client-ca is for --auth eap-tls and peap, and neither is "
				       "in the list of methods");
	else if (s->requires_peap_binding && !offers(s, EAP_PEAP))
		cli_error(&serve_verb, "--peap-binding require is for --auth peap, which is not in "
				       "the list of methods");
	else if (s->client_crl && !s->client_ca)
		cli_error(&serve_verb, "--client-crl needs --client-ca");
	else
		return true;
	return false;
}

static bool all_make_sense(const struct serve_settings *s)
{
	return certs_make_sense(s) && logins_make_sense(s) && networks_make_sense(s) &&
	       ipv6_and_dns_make_sense(s) && eap_makes_sense(s) && has_pools(s) &&
	       netns_is_valid(&serve_verb, &s->netns);
}

/* Enough for all devices of a person, but one account must not take all addresses. */
static unsigned user_sessions_default(const struct serve_settings *s)
{
	uint32_t all = (1u << (32 - s->network.len)) - 3; /* the pool, server/pool.h */

	if (s->max_sessions && s->max_sessions < all)
		all = s->max_sessions;
	if (all / 2 >= USER_SESSIONS)
		return USER_SESSIONS;
	return all > 1 ? all / 2 : 1;
}

/* Returns NULL, or why no file can be kept there. */
static const char *why_no_folder(const char *folder)
{
	struct stat st;

	if (*folder != '/' || strchr(folder, ':'))
		return "must be one folder, with an absolute path";
	if (stat(folder, &st))
		return strerror(errno);
	if (!S_ISDIR(st.st_mode))
		return strerror(ENOTDIR);
	return access(folder, W_OK | X_OK) ? strerror(errno) : NULL;
}

/* systemd's StateDirectory= survives a reboot, /run only a restart of sstp. */
static const char *leases_default(const struct serve_settings *s)
{
	static char path[PATH_MAX];
	const char *folder = getenv("STATE_DIRECTORY");
	const char *why = folder && *folder ? why_no_folder(folder) : NULL;

	if (why)
		log_warn(NULL,
			 "STATE_DIRECTORY=%s: %s; the clients' addresses are remembered in %s",
			 folder, why, run_folder);
	if (why || !folder || !*folder)
		folder = run_folder;
	snprintf(path, sizeof(path), "%s/leases-%s-%u", folder, ip_print(&s->network.addr).text,
		 s->network.len);
	return path;
}

/* `password` is used for all encrypted keys; NULL: none is encrypted. */
static bool apply_certs(struct serve_settings *s, const char *password, struct server_cfg *cfg)
{
	s->tls_cfgs = calloc(s->certs.count + 1, sizeof(*s->tls_cfgs));
	for (size_t i = 0; s->tls_cfgs && i < s->certs.count; i++)
		s->tls_cfgs[i] = (struct tls_server_cfg){
			.cert_file = s->certs.at[i],
			.key_file = s->keys.count ? s->keys.at[i] : s->certs.at[i],
			.key_password = password,
			.only_tls13 = s->tls.only_tls13,
			.allow_cbc = s->tls.legacy_ciphers,
			.keylog = s->tls.keylog,
		};
	cfg->certs = s->tls_cfgs;
	cfg->cert_count = s->certs.count;
	return s->tls_cfgs;
}

/* The first listener without TLS that others than this host can reach, NULL: none. */
static const struct listen_addr *find_exposed(const struct listen_list *l)
{
	for (size_t i = 0; i < l->count; i++) {
		const struct listen_addr *at = &l->at[i];

		if (at->is_plain && !at->path && !ip_is_loopback(&at->addr))
			return at;
	}
	return NULL;
}

/* Without TLS passwords could be read on the way, so only a terminator near by may connect. */
static bool apply_terminators(struct serve_settings *s, struct front_cfg *f)
{
	static struct ip_prefix loopback[] = { { { AF_INET, { 127 } }, 8 },
					       { { AF_INET6, { [15] = 1 } }, 128 } };
	const struct listen_addr *exposed = find_exposed(&s->listen);
	bool is_default = !f->terminators.count && !f->terminators.has_unix;
	const struct text_list *certs = s->binding_certs.count ? &s->binding_certs : &s->certs;

	if (exposed && is_default) {
		cli_error(
			&serve_verb,
			"--listen %s: HTTP without TLS only on a loopback address or a Unix socket, "
			"or with --terminator-from NETWORK, on a network where nobody else listens",
			listen_print(exposed).text);
		return false;
	}
	if (is_default)
		f->terminators =
			(struct source_list){ .at = loopback, .count = 2, .has_unix = true };
	if (has_plain(s)) {
		f->binding_certs = certs->at;
		f->binding_cert_count = certs->count;
	}
	return true;
}

static void apply_network(const struct serve_settings *s, struct server_cfg *cfg)
{
	cfg->network = s->network;
	cfg->pools = s->pools.at;
	cfg->pool_count = s->pools.count;
	cfg->ipv6_network = s->ipv6_network;
	cfg->ndp_proxy = s->ndp_proxy;
	cfg->delegate_network = s->delegation.network;
	cfg->delegate_len = s->delegation.len;
	memcpy(cfg->dns, s->dns.v4, sizeof(cfg->dns));
	cfg->dns_host = s->dns.has_host;
	memcpy(cfg->ipv6_dns, s->dns.v6, sizeof(cfg->ipv6_dns));
	cfg->push_routes = s->push_routes.at;
	cfg->push_route_count = s->push_routes.count;
	cfg->push_domains = s->push_domains.at;
	cfg->push_domain_count = s->push_domains.count;
	memcpy(cfg->nbns, s->nbns, sizeof(cfg->nbns));
	cfg->client_to_client = s->client_to_client;
	cfg->host_routes = s->host_routes;
	cfg->nat = s->nat;
	cfg->nat_out = s->nat && strcmp(s->nat, "any") ? s->nat : NULL;
}

static bool apply(struct serve_settings *s, struct server_cfg *cfg)
{
	static char host_name[65];

	gethostname(host_name, sizeof(host_name) - 1);
	if (!all_make_sense(s))
		return false;
	if (s->dns.has_host)
		insert_own_dns(s);
	*cfg = (struct server_cfg){
		.listen = s->listen.at,
		.listen_count = s->listen.count,
		.strict_sni = s->strict_sni,
		.no_watch = s->no_watch,
		.front = s->front,
		.users_file = s->users,
		.filters_file = s->filters,
		.users_folder = s->users_dir,
		.auth_command = s->auth_command,
		.radius = &s->radius.cfg,
		.leases_file = s->leases ? s->leases : leases_default(s),
		.is_leases_default = !s->leases,
		.name = s->name ? s->name : host_name,
		.auth_count = s->auth.count,
		.eap_count = s->auth.eap_count,
		.client_ca_file = s->client_ca,
		.requires_peap_binding = s->requires_peap_binding,
		.client_crl_file = s->client_crl,
		.hashes = s->tls.hashes,
		.mtu = s->link.mtu,
		.congestion = s->link.congestion,
		.interface = s->device.interface,
		.netns = s->netns.netns,
		.userns = s->netns.userns,
		.ipv6 = !s->link.no_ipv6 && s->link.mtu >= 1280,
		.no_offload = s->device.no_offload,
		.max_sessions = s->max_sessions,
		.user_sessions = s->user_sessions == USER_SESSIONS_UNSET ? user_sessions_default(s)
									 : s->user_sessions,
		.keep_old_session = s->keep_old_session,
		.max_failures = s->max_failures,
		.workers = s->workers,
	};
	apply_network(s, cfg);
	memcpy(cfg->auth, s->auth.at, sizeof(cfg->auth));
	memcpy(cfg->eap, s->auth.eap, sizeof(cfg->eap));
	cfg->control = &s->control_settings;
	if (!control_options_apply(&serve_verb, &s->control, &s->control_settings))
		return false;
	memcpy(s->control_settings.metrics, s->metrics.at, sizeof(s->metrics.at));
	s->control_settings.metrics_count = s->metrics.count;
	return apply_terminators(s, &cfg->front) &&
	       radius_settings_apply(&serve_verb, &s->radius, cfg->name);
}

/* --check also reads the files. */
static int check(const struct server_cfg *cfg)
{
	struct error users_err;
	struct error tls_err;
	struct users *users = NULL;
	struct filters *filters = NULL;
	struct tls_ctx *tls, *peap_tls;

	if ((cfg->users_file || cfg->users_folder) &&
	    users_load(cfg->users_file, cfg->users_folder, &users, &users_err)) {
		cli_error(&serve_verb, "%s", users_err.text);
		return EXIT_USAGE;
	}
	users_release(users);
	if (cfg->filters_file && filters_load(cfg->filters_file, &filters, &users_err)) {
		cli_error(&serve_verb, "%s", users_err.text);
		return EXIT_USAGE;
	}
	filters_release(filters);
	for (size_t i = 0; i < cfg->cert_count; i++) {
		if (tls_ctx_server(&cfg->certs[i], &tls, &tls_err)) {
			cli_error(&serve_verb, "%s", tls_err.text);
			return EXIT_USAGE;
		}
		tls_ctx_release(tls);
	}
	if (credentials_open_eap_tls(cfg, &tls, &peap_tls, &tls_err)) {
		cli_error(&serve_verb, "%s", tls_err.text);
		return EXIT_USAGE;
	}
	tls_ctx_release(tls);
	tls_ctx_release(peap_tls);
	if (radius_check(cfg->radius, &tls_err)) {
		cli_error(&serve_verb, "RADIUS by TLS: %s", tls_err.text);
		return EXIT_USAGE;
	}
	printf("configuration OK\n");
	return EXIT_OK;
}

static int serve(const struct serve_settings *s, struct server_cfg *cfg)
{
	struct background background;
	enum tunnel_reason reason;

	if (!background_begin(&background, &serve_verb, &s->background))
		return EXIT_OTHER;
	common_warn_about_keylog(s->tls.keylog);
	cfg->ready = background_ready;
	cfg->ready_arg = &background;
	reason = server_run(cfg);
	background_end(&background);
	return (int)exit_code_of(reason);
}

static struct serve_settings settings = SERVE_DEFAULTS;

/* ---- a reload */

static const char *password_in_force; /* of the keys; NULL: none */

/* Settings that were read again: the server's refer to them. */
struct reread {
	struct reread *older;
	struct serve_settings settings;
};

static void note_restart(struct settings_change *change, const char *name)
{
	size_t len = strlen(change->restart);

	snprintf(change->restart + len, sizeof(change->restart) - len, "%s%s", len ? ", " : "",
		 name);
}

static void note_changed(void *arg, const struct option *o)
{
	struct settings_change *change = arg;

	if (o->flags & OPTION_RELOADS)
		change->has_changed = true;
	else
		note_restart(change, o->name);
}

/* Whether clients' DNS is answered here is decided at the start. */
static bool is_dns_left(const struct server_cfg *now)
{
	return settings.dns.has_host != now->dns_host ||
	       (now->dns_host && memcmp(settings.dns.v4, now->dns, sizeof(now->dns)) != 0);
}

/* Not a pipe, such as /dev/stdin. The command line and the environment stay as they are. */
static bool can_be_read_again(const char *file)
{
	struct stat st;

	return file && !stat(file, &st) && S_ISREG(st.st_mode);
}

static bool read_again(struct server_cfg *now, struct settings_change *change)
{
	static const struct serve_settings defaults = SERVE_DEFAULTS;
	static struct reread *newest;
	static bool is_pending; /* changed settings were read, and could not be used */
	struct reread *r = calloc(1, sizeof(*r));

	snprintf(change->err.text, sizeof(change->err.text), "out of memory");
	if (!r)
		return false;
	r->settings = defaults;
	r->older = newest;
	newest = r;
	if (!options_read_again(&serve_verb, &r->settings, note_changed, change, &change->err))
		return false;
	r->settings.listen = settings.listen; /* with the sockets of systemd, and the default */
	is_pending |= change->has_changed;
	cli_error_keep(&change->err);
	change->has_changed = is_pending && apply(&r->settings, now) &&
			      apply_certs(&r->settings, password_in_force, now);
	cli_error_keep(NULL);
	if (is_pending && !change->has_changed)
		return false;
	is_pending = false;
	if (change->has_changed && is_dns_left(now))
		note_restart(change, "dns");
	return true;
}

static int run(void *arg)
{
	static char key_password[PASSWORD_SIZE];
	struct serve_settings *s = arg;
	struct error err = { "" };
	struct server_cfg cfg;

	password_forget_environment(); /* meant for other verbs; this process runs for long */
	common_apply(&s->common);
	if (!listen_complete(&s->listen, &err)) {
		cli_error(&serve_verb, "%s", err.text);
		return EXIT_USAGE;
	}
	if (!apply(s, &cfg))
		return EXIT_USAGE;
	if (s->key_password_file && !password_from_file(s->key_password_file, key_password, &err)) {
		cli_error(&serve_verb, "%s", err.text);
		return EXIT_USAGE;
	}
	if (s->key_password_file)
		password_in_force = key_password;
	if (can_be_read_again(s->common.config)) {
		cfg.read_again = read_again;
		cfg.config_file = s->common.config;
	}
	if (!apply_certs(s, password_in_force, &cfg)) {
		cli_error(&serve_verb, "out of memory");
		return EXIT_OTHER;
	}
	return s->common.check ? check(&cfg) : serve(s, &cfg);
}

const struct verb serve_verb = {
	.name = "serve",
	.summary = "run an SSTP server",
	.usage = "[options]",
	.about =
		"Serves SSTP clients: Windows, RouterOS, Android, Linux. SIGHUP reloads the configuration "
		"file, users, filters and certificates, as a change of these files does; SIGUSR1 logs the "
		"state and the bans, and SIGUSR2 removes the bans. SIGTERM or Ctrl-C ends all sessions "
		"cleanly.",
	.notes = "The first start of a server:\n\n  sstp cert --name "
		 "vpn.example.net --out /etc/sstp/server\n  sstp passwd "
		 "/etc/sstp/users ann\n  sstp serve --cert /etc/sstp/server.crt "
		 "--key /etc/sstp/server.key \\\n       --users /etc/sstp/users "
		 "--ipv4-network 10.9.0.0/24 --nat any\n\n--nat lets the clients reach "
		 "the Internet: it turns forwarding on and\nsets NAT by nf_tables. Without it they "
		 "reach only this host, or what you\nconfigure yourself.\n",
	.uses = uses,
	.use_count = sizeof(uses) / sizeof(*uses),
	.settings = &settings,
	.run = run,
};
