/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The process that sends them may be an attacker's: each value is one that a session can have. */
#include "server/script_facts.h"

#include "util/ip_wire.h"

void script_facts_put(struct writer *w, const struct script_facts *f)
{
	size_t len = strnlen(f->user, PPP_NAME_MAX);

	put_u64(w, f->id);
	put_u16(w, (uint16_t)len);
	put_bytes(w, f->user, len);
	put_u8(w, (uint8_t)f->method);
	ip_wire_put(w, &f->source);
	ip_wire_put(w, &f->local);
	ip_wire_put(w, &f->own);
	ip_wire_put(w, &f->ipv4);
	ip_wire_put(w, &f->ipv6);
	ip_wire_put_prefix(w, &f->prefix);
	put_u8(w, f->is_end);
	if (!f->is_end)
		return;
	put_u8(w, (uint8_t)f->reason);
	put_u64(w, f->duration_s);
	put_u64(w, f->rx_bytes);
	put_u64(w, f->tx_bytes);
}

/* It becomes a variable, which ends at a zero byte. */
static void get_user(struct reader *r, char user[PPP_NAME_MAX + 1])
{
	size_t len = get_u16(r);

	reader_require(r, len <= PPP_NAME_MAX);
	if (r->bad)
		len = 0;
	get_copy(r, user, len);
	user[len] = '\0';
	reader_require(r, strlen(user) == len);
}

static uint8_t get_below(struct reader *r, uint8_t end)
{
	uint8_t v = get_u8(r);

	reader_require(r, v < end);
	return r->bad ? 0 : v;
}

static void require_family(struct reader *r, const struct ip_addr *a, sa_family_t family)
{
	reader_require(r, a->family == AF_UNSPEC || a->family == family);
}

bool script_facts_get(struct reader *r, struct script_facts *f, char user[PPP_NAME_MAX + 1])
{
	*f = (struct script_facts){ .id = get_u64(r), .user = user };
	get_user(r, user);
	f->method = (enum ppp_auth)get_below(r, PPP_AUTH_COUNT);
	f->source = ip_wire_get(r);
	f->local = ip_wire_get(r);
	f->own = ip_wire_get(r);
	f->ipv4 = ip_wire_get(r);
	f->ipv6 = ip_wire_get(r);
	f->prefix = ip_wire_get_prefix(r);
	require_family(r, &f->own, AF_INET);
	require_family(r, &f->ipv4, AF_INET);
	require_family(r, &f->ipv6, AF_INET6);
	require_family(r, &f->prefix.addr, AF_INET6);
	f->is_end = get_below(r, 2);
	if (f->is_end) {
		f->reason = (enum tunnel_reason)get_below(r, TUNNEL_REASONS);
		f->duration_s = get_u64(r);
		f->rx_bytes = get_u64(r);
		f->tx_bytes = get_u64(r);
	}
	return !r->bad && !r->left;
}
