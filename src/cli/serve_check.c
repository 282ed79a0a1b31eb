/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Whether the settings of `sstp serve` make sense together. */
#include <string.h>

#include "cli/serve_options.h"
#include "cli/verbs.h"
#include "eap/packet.h"
#include "server/pool.h"
#include "server/prefixes.h"

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

bool serve_has_plain(const struct serve_settings *s)
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
	else if (serve_has_plain(s) && !s->certs.count && !s->binding_certs.count)
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

/* These options would have no effect, and whoever gives them relies on one. */
static bool terminators_make_sense(const struct serve_settings *s)
{
	static const char add[] =
		"no socket is for a TLS terminator in front of sstp: add --listen "
		"http://127.0.0.1:8080, where it connects to";

	if (serve_has_plain(s))
		return true;
	if (s->binding_certs.count)
		cli_error(&serve_verb,
			  "--binding-cert: %s; or, if clients connect to sstp itself, give the "
			  "certificate by --cert",
			  add);
	else if (s->front.terminators.count || s->front.terminators.has_unix)
		cli_error(&serve_verb,
			  "--terminator-from: %s; or, if it passes TLS on, use "
			  "--proxy-protocol-from",
			  add);
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

static const struct ip_prefix *first_v6(const struct prefix_list *l)
{
	for (size_t i = 0; i < l->count; i++)
		if (l->at[i].addr.family == AF_INET6)
			return &l->at[i];
	return NULL;
}

static bool ipv6_and_dns_make_sense(const struct serve_settings *s)
{
	if (s->delegation.len && !s->ipv6_network.addr.family)
		cli_error(&serve_verb, "--ipv6-delegate needs --ipv6-network");
	else if (s->delegation.len &&
		 (ip_prefix_has(&s->ipv6_network, &s->delegation.network.addr) ||
		  ip_prefix_has(&s->delegation.network, &s->ipv6_network.addr)))
		cli_error(&serve_verb, "--ipv6-delegate and --ipv6-network overlap");
	else if (first_v6(&s->push_routes) && !s->ipv6_network.addr.family &&
		 !s->radius.servers.count)
		cli_error(&serve_verb,
			  "--push-route %s needs --ipv6-network: without it clients have no IPv6 "
			  "address",
			  ip_prefix_print(first_v6(&s->push_routes)).text);
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

bool serve_settings_make_sense(const struct serve_settings *s)
{
	return certs_make_sense(s) && terminators_make_sense(s) && logins_make_sense(s) &&
	       networks_make_sense(s) && ipv6_and_dns_make_sense(s) && eap_makes_sense(s) &&
	       has_pools(s) && netns_is_valid(&serve_verb, &s->netns);
}
