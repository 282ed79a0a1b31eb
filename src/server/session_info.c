/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "server/session_info.h"

#include <stdio.h>

#include "tunnel/tunnel_json.h"

static void copy_limits(const struct session *s, struct session_info *to)
{
	const struct auth_grant *g = s->granted ? &s->granted->grant : NULL;
	const struct tunnel_rates *rates = s->tunnel.rates;

	if (g) {
		to->session_s = g->session_s;
		to->idle_s = g->idle_s;
		to->quota = g->quota;
		to->quota_up = g->quota_up;
		to->quota_down = g->quota_down;
	}
	if (rates) {
		to->rate_up = rates->up.bytes_s * 8;
		to->rate_down = rates->down.bytes_s * 8;
	}
}

void session_info_of(const struct session *s, struct session_info *to)
{
	*to = (struct session_info){
		.id = s->id.id,
		.method = ppp_auth_name(s->method),
		.ipv4 = s->ipv4,
		.ipv6 = s->ipv6,
		.source = s->registration.source,
		.source_port = s->peer_port,
		.worker = s->host->number,
		.age_ms = loop_now(s->host->loop) - s->started_ms,
		.is_connected = s->tunnel.is_connected,
		.stats = s->tunnel.stats,
		.line = tunnel_look(&s->tunnel),
	};
	snprintf(to->user, sizeof(to->user), "%s", s->user ? s->user : "");
	if (s->prefix.family)
		to->prefix = (struct ip_prefix){ s->prefix, PREFIXES_LEN };
	if (s->delegated)
		to->delegated = prefixes_at(registry_delegated(s->host->registry), s->delegated);
	else if (s->granted)
		to->delegated = s->granted->grant.ipv6_delegated;
	copy_limits(s, to);
	if (s->tunnel.stage == TUNNEL_CLOSED)
		return;
	to->tls = tls_version(s->tunnel.wire.tls);
	to->cipher = tls_cipher(s->tunnel.wire.tls);
}

static void put_addr(struct json *j, const char *name, const struct ip_addr *a)
{
	if (a->family)
		json_string(j, name, ip_print(a).text);
}

static void put_prefix(struct json *j, const char *name, const struct ip_prefix *p)
{
	if (p->addr.family)
		json_string(j, name, ip_prefix_print(p).text);
}

static void put_if(struct json *j, const char *name, uint64_t value)
{
	if (value)
		json_number(j, name, value);
}

void session_info_json(const struct session_info *i, struct json *j)
{
	json_number(j, "id", i->id);
	json_string(j, "user", i->user);
	json_string(j, "method", i->method);
	json_bool(j, "connected", i->is_connected);
	put_addr(j, "address", &i->ipv4);
	put_addr(j, "ipv6_link_local", &i->ipv6);
	put_prefix(j, "ipv6_prefix", &i->prefix);
	put_prefix(j, "delegated_prefix", &i->delegated);
	put_addr(j, "source", &i->source);
	json_number(j, "source_port", i->source_port);
	json_number(j, "worker", i->worker);
	json_number(j, "age_s", i->age_ms / 1000);
	json_string(j, "tls", i->tls);
	json_string(j, "cipher", i->cipher);
	tunnel_stats_json(&i->stats, j);
	tunnel_line_json(&i->line, j);
	put_if(j, "session_limit_s", i->session_s);
	put_if(j, "idle_limit_s", i->idle_s);
	put_if(j, "quota_bytes", i->quota);
	put_if(j, "quota_up_bytes", i->quota_up);
	put_if(j, "quota_down_bytes", i->quota_down);
	put_if(j, "rate_up_bps", i->rate_up);
	put_if(j, "rate_down_bps", i->rate_down);
}
