/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * IPCP, RFC 1332, with the name servers of RFC 1877. The server assigns an address to the client;
 * the client accepts any address for itself and for the server. No header compression, no Mobile
 * IP: options that are not in the tables at the end of this file are Rejected.
 */
#include "ppp/engine.h"
#include "ppp/vendor.h"

#include "util/ip.h"

enum {
	MISSING_TRIES = 3, /* Naks to a client that does not request an address */
	/* how long a server may take to set up its end: this part of the round trip, and limits */
	EARLY_PART = 4,
	EARLY_MIN_MS = 50,
	EARLY_MAX_MS = 200,
};

enum {
	IPCP_OPT_ADDRESS = 3,
	IPCP_OPT_DNS_1 = 129, /* RFC 1877 section 1 */
	IPCP_OPT_NBNS_1,
	IPCP_OPT_DNS_2,
	IPCP_OPT_NBNS_2,
};

/* ---- the client's address */

static bool own_ask(const struct ppp *p, struct writer *value)
{
	put_u32(value, p->ipcp.own);
	return p->ipcp.own || !p->lcp.peer.is_quick;
}

static bool own_on_nak(struct ppp *p, struct reader *value)
{
	uint32_t address = get_u32(value);

	if (ip_v4_is_host(address))
		p->ipcp.own = address;
	return true;
}

/* With a static address the option is not needed. */
static bool own_on_reject(struct ppp *p)
{
	return p->ipcp.own != 0;
}

static bool own_agreed(struct ppp *p)
{
	return p->ipcp.own != 0;
}

/* The server's own address: any is accepted, also none, because the client does not use it. */
static enum cp_reply peer_check(struct ppp *p, struct reader *value)
{
	p->ipcp.requested_peer = get_u32(value);
	return p->ipcp.requested_peer ? CP_ACK : CP_REJECT;
}

static void take_server_hint(struct ppp *p, size_t i, uint32_t address)
{
	if (ip_v4_is_host(address))
		p->ipcp.servers[i] = address;
}

/* What a Nak of our request would have contained. */
static enum cp_reply grant_check(struct ppp *p, struct reader *value)
{
	uint32_t address, dns[2];
	bool is_ours = vendor_get(value, VENDOR_IPV4_GRANT);

	address = get_u32(value);
	dns[0] = get_u32(value);
	dns[1] = get_u32(value);
	if (!is_ours || !p->lcp.peer.is_quick || value->bad)
		return CP_REJECT;
	if (!p->ipcp.own && ip_v4_is_host(address))
		p->ipcp.own = address;
	if (p->cfg.want_dns) {
		take_server_hint(p, 0, dns[0]);
		take_server_hint(p, 2, dns[1]);
	}
	return CP_ACK;
}

/* ---- the same addresses on the server */

static bool grant_ask(const struct ppp *p, struct writer *value)
{
	vendor_put(value, VENDOR_IPV4_GRANT);
	put_u32(value, p->ipcp.grant);
	put_u32(value, p->cfg.dns[0]);
	put_u32(value, p->cfg.dns[1]);
	return p->lcp.is_quick;
}

static bool peer_ask(const struct ppp *p, struct writer *value)
{
	put_u32(value, p->cfg.ipv4_own);
	return p->cfg.ipv4_own != 0;
}

/* The client requests an address, perhaps its former one. The owner decides once per link. */
static void request_address(struct ppp *p, uint32_t wanted)
{
	if (p->ipcp.has_asked || !p->cfg.take_ipv4 || !ip_v4_is_host(wanted) ||
	    wanted == p->ipcp.grant)
		return;
	p->ipcp.has_asked = true;
	if (p->cfg.take_ipv4(p->cfg.take_arg, wanted))
		p->ipcp.grant = wanted;
}

static enum cp_reply client_check(struct ppp *p, struct reader *value)
{
	p->ipcp.requested_peer = get_u32(value);
	request_address(p, p->ipcp.requested_peer);
	return p->ipcp.requested_peer == p->ipcp.grant ? CP_ACK : CP_NAK;
}

static enum cp_reply client_missing(struct ppp *p)
{
	if (p->lcp.is_quick) { /* it has its address from our request */
		p->ipcp.requested_peer = p->ipcp.grant;
		return CP_ACK;
	}
	return p->ipcp.ncp.cp.naks_sent < MISSING_TRIES || p->ipcp.ncp.cp.is_copy ? CP_NAK
										  : CP_FATAL;
}

static void client_suggest(struct ppp *p, struct writer *value)
{
	put_u32(value, p->ipcp.grant);
}

/* ---- name servers, by their index in ipcp.servers: odd ones are NBNS */

static bool server_ask(const struct ppp *p, size_t i, struct writer *value)
{
	bool is_wanted = i % 2 ? p->cfg.want_nbns : p->cfg.want_dns;

	put_u32(value, p->ipcp.servers[i]);
	return is_wanted && !p->ipcp.is_unusable[i] &&
	       (p->ipcp.servers[i] || !p->lcp.peer.is_quick);
}

static bool server_on_nak(struct ppp *p, size_t i, struct reader *value)
{
	uint32_t address = get_u32(value);

	if (ip_v4_is_host(address))
		p->ipcp.servers[i] = address;
	else
		p->ipcp.is_unusable[i] = true;
	return true;
}

static bool server_on_reject(struct ppp *p, size_t i)
{
	p->ipcp.servers[i] = 0;
	return true;
}

static uint32_t configured_server(const struct ppp *p, size_t i)
{
	return i % 2 ? p->cfg.nbns[i / 2] : p->cfg.dns[i / 2];
}

static enum cp_reply server_check(const struct ppp *p, size_t i, struct reader *value)
{
	uint32_t configured = configured_server(p, i);

	if (!configured)
		return CP_REJECT;
	return get_u32(value) == configured ? CP_ACK : CP_NAK;
}

/* Callbacks for the tables, which pass no index. */
#define SERVER_CALLS(name, i)                                                  \
	static bool name##_ask(const struct ppp *p, struct writer *value)      \
	{                                                                      \
		return server_ask(p, i, value);                                \
	}                                                                      \
	static bool name##_on_nak(struct ppp *p, struct reader *value)         \
	{                                                                      \
		return server_on_nak(p, i, value);                             \
	}                                                                      \
	static bool name##_on_reject(struct ppp *p)                            \
	{                                                                      \
		return server_on_reject(p, i);                                 \
	}                                                                      \
	static enum cp_reply name##_check(struct ppp *p, struct reader *value) \
	{                                                                      \
		return server_check(p, i, value);                              \
	}                                                                      \
	static void name##_suggest(struct ppp *p, struct writer *value)        \
	{                                                                      \
		put_u32(value, configured_server(p, i));                       \
	}

SERVER_CALLS(dns_1, 0)
SERVER_CALLS(nbns_1, 1)
SERVER_CALLS(dns_2, 2)
SERVER_CALLS(nbns_2, 3)

/* ---- a client that is up before the Ack */

/*
 * A client knows its address from the server's Nak, and the Ack takes another round trip. If we have
 * also acknowledged the server's request, the server is open when it has read our second request, so
 * our packets may follow it. They wait a little, because pppd and accel-ppp set up their interface at
 * that moment and the kernel drops what comes before. On a short line the Ack is here sooner.
 */
static bool is_ack_certain(const struct ppp *p)
{
	const struct cp *cp = &p->ipcp.ncp.cp;

	return p->cfg.role == PPP_CLIENT && p->login && cp->fsm.state == FSM_ACK_SENT &&
	       cp->naks_got == 1 && !cp->is_answered && p->ipcp.own;
}

static uint32_t early_wait_ms(const struct ppp *p)
{
	uint32_t ms = p->cfg.rtt_ms / EARLY_PART;

	ms = ms > EARLY_MIN_MS ? ms : EARLY_MIN_MS;
	return ms < EARLY_MAX_MS ? ms : EARLY_MAX_MS;
}

void ipcp_update_early(struct ppp *p)
{
	bool is_certain = is_ack_certain(p);

	if (!is_certain && p->ipcp.is_early) {
		p->ipcp.is_early = false;
		ppp_ncp_is_down(p, &p->ipcp.ncp, PPP_OUT_IPV4_DOWN);
	}
	if (!p->login || p->cfg.role != PPP_CLIENT || p->ipcp.is_early)
		return;
	if (!is_certain)
		p->login->early_ms = 0;
	else if (!p->login->early_ms)
		p->login->early_ms = p->now_ms + early_wait_ms(p);
	else if (p->login->early_ms <= p->now_ms) {
		log_debug(p->cfg.log, "ipcp: up, because nothing but an Ack can follow");
		p->ipcp.is_early = true;
		ppp_ncp_is_up(p, &p->ipcp.ncp, PPP_OUT_IPV4_UP);
	}
}

uint64_t ipcp_deadline(const struct ppp *p)
{
	uint64_t cp_ms = cp_deadline(&p->ipcp.ncp.cp);
	bool is_waiting =
		p->cfg.role == PPP_CLIENT && p->login && p->login->early_ms && !p->ipcp.is_early;

	return is_waiting && p->login->early_ms < cp_ms ? p->login->early_ms : cp_ms;
}

/* ---- callbacks of cp.c */

static void ipcp_begin_request(struct ppp *p)
{
	p->ipcp.requested_peer = 0;
}

static void ipcp_acked(struct ppp *p)
{
	p->ipcp.peer = p->ipcp.requested_peer;
}

static void ipcp_up(struct ppp *p)
{
	bool was_early = p->ipcp.is_early;

	p->ipcp.is_early = false;
	if (!was_early)
		ppp_ncp_is_up(p, &p->ipcp.ncp, PPP_OUT_IPV4_UP);
}

static void ipcp_down(struct ppp *p)
{
	ppp_ncp_is_down(p, &p->ipcp.ncp, PPP_OUT_IPV4_DOWN);
}

static void ipcp_finished(struct ppp *p)
{
	p->ipcp.is_early = false;
	ppp_ncp_is_finished(p, &p->ipcp.ncp, PPP_OUT_IPV4_DOWN);
}

static void ipcp_give_up(struct ppp *p)
{
	ppp_ncp_give_up(p, &p->ipcp.ncp);
}

#define CLIENT_SERVER_OPTION(option, name)                                            \
	{                                                                             \
		.type = option, .len = 6, .ask = name##_ask, .on_nak = name##_on_nak, \
		.on_reject = name##_on_reject,                                        \
	}

static const struct cp_option client_options[] = {
	{
		.type = IPCP_OPT_ADDRESS,
		.len = 6,
		.ask = own_ask,
		.on_nak = own_on_nak,
		.on_reject = own_on_reject,
		.check = peer_check,
	},
	CLIENT_SERVER_OPTION(IPCP_OPT_DNS_1, dns_1),
	CLIENT_SERVER_OPTION(IPCP_OPT_NBNS_1, nbns_1),
	CLIENT_SERVER_OPTION(IPCP_OPT_DNS_2, dns_2),
	CLIENT_SERVER_OPTION(IPCP_OPT_NBNS_2, nbns_2),
	{ .type = PPP_OPT_VENDOR, .check = grant_check },
};

#define SERVER_SERVER_OPTION(option, name)                                                  \
	{                                                                                   \
		.type = option, .len = 6, .check = name##_check, .suggest = name##_suggest, \
	}

/* Our own address is fixed: after a Nak it is sent again, after a Reject it is left out. */
static const struct cp_option server_options[] = {
	{
		.type = IPCP_OPT_ADDRESS,
		.len = 6,
		.is_vital = true,
		.ask = peer_ask,
		.check = client_check,
		.missing = client_missing,
		.suggest = client_suggest,
	},
	SERVER_SERVER_OPTION(IPCP_OPT_DNS_1, dns_1),
	SERVER_SERVER_OPTION(IPCP_OPT_NBNS_1, nbns_1),
	SERVER_SERVER_OPTION(IPCP_OPT_DNS_2, dns_2),
	SERVER_SERVER_OPTION(IPCP_OPT_NBNS_2, nbns_2),
	{ .type = PPP_OPT_VENDOR, .ask = grant_ask },
};

#define IPCP_COMMON_CALLS                                                                 \
	.name = "ipcp", .protocol = PPP_PROTO_IPCP, .begin_request = ipcp_begin_request,  \
	.acked = ipcp_acked, .up = ipcp_up, .down = ipcp_down, .finished = ipcp_finished, \
	.give_up = ipcp_give_up

static const struct cp_def client_ipcp = {
	IPCP_COMMON_CALLS,
	.options = client_options,
	.option_count = sizeof(client_options) / sizeof(*client_options),
	.agreed = own_agreed,
};

static const struct cp_def server_ipcp = {
	IPCP_COMMON_CALLS,
	.options = server_options,
	.option_count = sizeof(server_options) / sizeof(*server_options),
};

void ipcp_init(struct ppp *p)
{
	bool is_client = p->cfg.role == PPP_CLIENT;

	cp_init(&p->ipcp.ncp.cp, is_client ? &client_ipcp : &server_ipcp, &p->cfg);
}

void ipcp_start(struct ppp *p)
{
	bool is_client = p->cfg.role == PPP_CLIENT;

	p->ipcp.own = is_client ? p->cfg.ipv4_wanted : p->cfg.ipv4_own;
	cp_start(p, &p->ipcp.ncp.cp);
}

void ipcp_fill(const struct ppp *p, struct ppp_ipv4 *out)
{
	const struct ipcp *i = &p->ipcp;

	*out = (struct ppp_ipv4){
		.own = i->own,
		.peer = i->peer,
		.dns = { i->servers[0], i->servers[2] },
		.nbns = { i->servers[1], i->servers[3] },
	};
}
