/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ip6/dhcp6_server.h"

#include "ip6/domain_name.h"

enum {
	ADDR_LEN = 16,
	IA_HDR_LEN = 12, /* IAID, T1, T2: RFC 8415 section 21.21 */
	PREFERRED_S = 14400,
	VALID_S = 86400,
	T1_S = PREFERRED_S / 2, /* section 14.2 */
	T2_S = PREFERRED_S / 10 * 8,
	REFRESH_S = 86400, /* section 21.23: the default */
	IAS_MAX = 4,       /* of a request; more are ignored */
};

/* A request whose options are good for its type. */
struct request {
	struct dhcp6_message m;
	struct reader client_id;
	bool has_client_id;
};

static bool has(const struct dhcp6_message *m, enum dhcp6_code code)
{
	struct reader body;

	return dhcp6_option_find(m->options, (uint16_t)code, &body);
}

/* Section 16: which identifiers each message must have, and must not. */
static bool is_good(const struct request *r, const struct dhcp6_offer *offer)
{
	struct reader id;
	bool has_server_id = dhcp6_option_find(r->m.options, DHCP6_OPT_SERVER_ID, &id);
	bool is_ours = has_server_id && dhcp6_is_duid(id, offer->uuid);

	switch (r->m.type) {
	case DHCP6_SOLICIT:
	case DHCP6_REBIND:
		return r->has_client_id && !has_server_id;
	case DHCP6_REQUEST:
	case DHCP6_RENEW:
	case DHCP6_RELEASE:
	case DHCP6_DECLINE:
		return r->has_client_id && is_ours;
	case DHCP6_INFORMATION_REQUEST:
		return (!has_server_id || is_ours) && !has(&r->m, DHCP6_OPT_IA_NA) &&
		       !has(&r->m, DHCP6_OPT_IA_PD);
	default:
		return false;
	}
}

static bool get_request(const uint8_t *packet, size_t len, struct request *r)
{
	if (!dhcp6_get(packet, len, DHCP6_SERVER_PORT, &r->m))
		return false;
	r->has_client_id = dhcp6_option_find(r->m.options, DHCP6_OPT_CLIENT_ID, &r->client_id) &&
			   r->client_id.left > 2 && r->client_id.left <= DHCP6_DUID_MAX;
	return true;
}

bool dhcp6_wants_prefix(const uint8_t *packet, size_t len)
{
	struct request r;

	return get_request(packet, len, &r) && has(&r.m, DHCP6_OPT_IA_PD) &&
	       r.m.type != DHCP6_RELEASE;
}

/* ---- what is written */

static void put_status(struct writer *w, enum dhcp6_status status)
{
	uint8_t code[2] = { 0, (uint8_t)status };

	dhcp6_put_option(w, DHCP6_OPT_STATUS, code, sizeof(code));
}

static void put_prefix(struct writer *w, const struct ip_prefix *p, bool is_valid)
{
	size_t at = dhcp6_option_begin(w, DHCP6_OPT_IA_PREFIX);

	put_u32(w, is_valid ? PREFERRED_S : 0);
	put_u32(w, is_valid ? VALID_S : 0);
	put_u8(w, (uint8_t)p->len);
	put_bytes(w, p->addr.bytes, ADDR_LEN);
	dhcp6_option_end(w, at);
}

static bool get_prefix(struct reader r, struct ip_prefix *p)
{
	get_bytes(&r, 8); /* the lifetimes that the client would like */
	p->len = get_u8(&r);
	p->addr = (struct ip_addr){ .family = AF_INET6 };
	get_copy(&r, p->addr.bytes, ADDR_LEN);
	return !r.bad && p->len <= 128;
}

/* The prefixes that the client names and does not have end (section 18.3.4). */
static void put_ended_prefixes(struct writer *w, struct reader ia, const struct ip_prefix *ours)
{
	struct dhcp6_option o;
	struct ip_prefix p;

	for (int n = 0; n < IAS_MAX && dhcp6_option_next(&ia, &o); n++)
		if (o.code == DHCP6_OPT_IA_PREFIX && get_prefix(o.body, &p) &&
		    (p.len != ours->len || !ip_equal(&p.addr, &ours->addr)))
			put_prefix(w, &p, false);
}

/* The first IA_PD of a request has the prefix, a second one none. */
static void put_ia_pd(struct writer *w, const struct request *r, struct reader ia,
		      const struct ip_prefix *delegated)
{
	const uint8_t *id = get_bytes(&ia, 4);
	bool has_prefix = delegated && delegated->addr.family == AF_INET6;
	bool is_renewal = r->m.type == DHCP6_RENEW || r->m.type == DHCP6_REBIND;
	size_t at;

	get_bytes(&ia, IA_HDR_LEN - 4);
	if (ia.bad)
		return;
	at = dhcp6_option_begin(w, DHCP6_OPT_IA_PD);
	put_bytes(w, id, 4);
	put_u32(w, has_prefix ? T1_S : 0);
	put_u32(w, has_prefix ? T2_S : 0);
	if (has_prefix) {
		put_prefix(w, delegated, true);
		if (is_renewal)
			put_ended_prefixes(w, ia, delegated);
	} else {
		put_status(w, is_renewal ? DHCP6_NO_BINDING : DHCP6_NO_PREFIX_AVAIL);
	}
	dhcp6_option_end(w, at);
}

static void put_ia_na(struct writer *w, const struct request *r, struct reader ia)
{
	const uint8_t *id = get_bytes(&ia, 4);
	bool is_request = r->m.type == DHCP6_SOLICIT || r->m.type == DHCP6_REQUEST;
	size_t at;

	if (ia.bad)
		return;
	at = dhcp6_option_begin(w, DHCP6_OPT_IA_NA);
	put_bytes(w, id, 4);
	put_u32(w, 0);
	put_u32(w, 0);
	put_status(w, is_request ? DHCP6_NO_ADDRS_AVAIL : DHCP6_NO_BINDING);
	dhcp6_option_end(w, at);
}

static void put_ias(struct writer *w, const struct request *r, const struct dhcp6_offer *offer)
{
	struct reader options = r->m.options;
	const struct ip_prefix *delegated = &offer->delegated;
	struct dhcp6_option o;

	for (int n = 0; n < IAS_MAX && dhcp6_option_next(&options, &o);) {
		if (o.code == DHCP6_OPT_IA_PD) {
			put_ia_pd(w, r, o.body, delegated);
			delegated = NULL;
			n++;
		} else if (o.code == DHCP6_OPT_IA_NA) {
			put_ia_na(w, r, o.body);
			n++;
		}
	}
}

/* Without an Option Request option the client gets everything. */
static bool is_requested(const struct request *r, enum dhcp6_code code)
{
	struct reader oro;

	if (!dhcp6_option_find(r->m.options, DHCP6_OPT_ORO, &oro))
		return true;
	while (oro.left >= 2)
		if (get_u16(&oro) == (uint16_t)code)
			return true;
	return false;
}

static void put_servers(struct writer *w, const struct dhcp6_offer *offer)
{
	size_t at = dhcp6_option_begin(w, DHCP6_OPT_SERVERS);

	for (size_t i = 0; i < DHCP6_SERVERS_MAX; i++)
		if (offer->servers[i].family == AF_INET6)
			put_bytes(w, offer->servers[i].bytes, ADDR_LEN);
	dhcp6_option_end(w, at);
}

static bool has_servers(const struct dhcp6_offer *offer)
{
	for (size_t i = 0; i < DHCP6_SERVERS_MAX; i++)
		if (offer->servers[i].family == AF_INET6)
			return true;
	return false;
}

static void put_domains(struct writer *w, const struct dhcp6_offer *offer)
{
	struct writer before = *w;
	size_t at = dhcp6_option_begin(w, DHCP6_OPT_DOMAINS);

	if (domain_names_put(w, offer->domains, offer->domain_count))
		dhcp6_option_end(w, at);
	else
		*w = before;
}

static void put_settings(struct writer *w, const struct request *r, const struct dhcp6_offer *offer)
{
	static const uint8_t refresh[4] = { 0, REFRESH_S >> 16, (uint8_t)(REFRESH_S >> 8),
					    (uint8_t)REFRESH_S };

	if (has_servers(offer) && is_requested(r, DHCP6_OPT_SERVERS))
		put_servers(w, offer);
	if (offer->domain_count && is_requested(r, DHCP6_OPT_DOMAINS))
		put_domains(w, offer);
	if (r->m.type == DHCP6_INFORMATION_REQUEST && is_requested(r, DHCP6_OPT_REFRESH_TIME))
		dhcp6_put_option(w, DHCP6_OPT_REFRESH_TIME, refresh, sizeof(refresh));
}

size_t dhcp6_serve(const uint8_t *packet, size_t len, const struct dhcp6_offer *offer,
		   uint8_t to[DHCP6_PACKET_MAX])
{
	struct writer w = writer_of(to, DHCP6_PACKET_MAX);
	struct request r;
	struct dhcp6_message reply = { .type = DHCP6_REPLY };
	bool is_rapid;

	if (!get_request(packet, len, &r) || !is_good(&r, offer))
		return 0;
	is_rapid = r.m.type == DHCP6_SOLICIT && has(&r.m, DHCP6_OPT_RAPID_COMMIT);
	if (r.m.type == DHCP6_SOLICIT && !is_rapid)
		reply.type = DHCP6_ADVERTISE;
	reply.from = ip_link_local(offer->own_iid);
	reply.to = r.m.from;
	reply.transaction = r.m.transaction;
	dhcp6_begin(&w, &reply, DHCP6_CLIENT_PORT);
	dhcp6_put_duid(&w, DHCP6_OPT_SERVER_ID, offer->uuid);
	if (r.has_client_id)
		dhcp6_put_option(&w, DHCP6_OPT_CLIENT_ID, r.client_id.at, r.client_id.left);
	if (is_rapid)
		dhcp6_put_option(&w, DHCP6_OPT_RAPID_COMMIT, "", 0);
	if (r.m.type == DHCP6_RELEASE || r.m.type == DHCP6_DECLINE) {
		put_status(&w, DHCP6_SUCCESS);
	} else {
		put_ias(&w, &r, offer);
		put_settings(&w, &r, offer);
	}
	return dhcp6_end(&w);
}
