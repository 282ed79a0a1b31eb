/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * IPV6CP, RFC 5072: each end announces its interface identifier, from which it forms its link-local
 * address. Global addresses come from router advertisements, outside PPP.
 */
#include "ppp/engine.h"

enum {
	IPV6CP_OPT_IID = 1,
	UNIVERSAL_BIT = 0x02, /* section 4.1: clear in a random identifier */
	MISSING_TRIES = 3,
	SUGGESTION_TRIES = 8, /* one of these is free, unless all identifiers are refused */
};

static bool is_zero(const uint8_t iid[PPP_IID_LEN])
{
	static const uint8_t zero[PPP_IID_LEN];

	return !memcmp(iid, zero, PPP_IID_LEN);
}

/* A random identifier that differs from both ends' current ones. `to` may be one of those. */
static void random_iid(const struct ppp *p, uint8_t to[PPP_IID_LEN])
{
	uint8_t iid[PPP_IID_LEN];

	do {
		ppp_random(p, iid, sizeof(iid));
		iid[0] &= (uint8_t)~UNIVERSAL_BIT;
	} while (is_zero(iid) || !memcmp(iid, p->ipv6cp.own, sizeof(iid)) ||
		 !memcmp(iid, p->ipv6cp.peer, sizeof(iid)));
	memcpy(to, iid, sizeof(iid));
}

static bool iid_ask(const struct ppp *p, struct writer *value)
{
	put_bytes(value, p->ipv6cp.own, PPP_IID_LEN);
	return true;
}

static bool iid_on_nak(struct ppp *p, struct reader *value)
{
	uint8_t iid[PPP_IID_LEN];

	get_copy(value, iid, sizeof(iid));
	if (p->cfg.role == PPP_SERVER && !is_zero(p->cfg.own_iid))
		return true; /* a configured identifier is the same for all clients */
	if (is_zero(iid) || !memcmp(iid, p->ipv6cp.peer, sizeof(iid)))
		random_iid(p, iid);
	memcpy(p->ipv6cp.own, iid, sizeof(iid));
	return true;
}

/* Without identifiers there are no addresses. */
static bool iid_on_reject(struct ppp *p)
{
	(void)p;
	return false;
}

static bool may_have(struct ppp *p, const uint8_t iid[PPP_IID_LEN])
{
	if (is_zero(iid) || !memcmp(iid, p->ipv6cp.own, PPP_IID_LEN))
		return false;
	return !p->cfg.take_iid || p->cfg.take_iid(p->cfg.take_arg, iid);
}

static enum cp_reply iid_check(struct ppp *p, struct reader *value)
{
	get_copy(value, p->ipv6cp.peer, PPP_IID_LEN);
	return may_have(p, p->ipv6cp.peer) ? CP_ACK : CP_NAK;
}

static enum cp_reply iid_missing(struct ppp *p)
{
	return p->ipv6cp.ncp.cp.naks_sent < MISSING_TRIES || p->ipv6cp.ncp.cp.is_copy ? CP_NAK
										      : CP_FATAL;
}

/* The same suggestion each time, as long as the peer may have it. */
static void iid_suggest(struct ppp *p, struct writer *value)
{
	struct ipv6cp *i = &p->ipv6cp;

	for (int n = 0; n < SUGGESTION_TRIES && !may_have(p, i->suggestion); n++)
		random_iid(p, i->suggestion);
	put_bytes(value, i->suggestion, PPP_IID_LEN);
}

static void ipv6cp_up(struct ppp *p)
{
	ppp_ncp_is_up(p, &p->ipv6cp.ncp, PPP_OUT_IPV6_UP);
}

static void ipv6cp_down(struct ppp *p)
{
	ppp_ncp_is_down(p, &p->ipv6cp.ncp, PPP_OUT_IPV6_DOWN);
}

static void ipv6cp_finished(struct ppp *p)
{
	ppp_ncp_is_finished(p, &p->ipv6cp.ncp, PPP_OUT_IPV6_DOWN);
}

static void ipv6cp_give_up(struct ppp *p)
{
	ppp_ncp_give_up(p, &p->ipv6cp.ncp);
}

static const struct cp_option options[] = {
	{
		.type = IPV6CP_OPT_IID,
		.len = 2 + PPP_IID_LEN,
		.is_vital = true,
		.ask = iid_ask,
		.on_nak = iid_on_nak,
		.on_reject = iid_on_reject,
		.check = iid_check,
		.missing = iid_missing,
		.suggest = iid_suggest,
	},
};

static const struct cp_def ipv6cp = {
	.name = "ipv6cp",
	.protocol = PPP_PROTO_IPV6CP,
	.options = options,
	.option_count = sizeof(options) / sizeof(*options),
	.up = ipv6cp_up,
	.down = ipv6cp_down,
	.finished = ipv6cp_finished,
	.give_up = ipv6cp_give_up,
};

void ipv6cp_init(struct ppp *p)
{
	cp_init(&p->ipv6cp.ncp.cp, &ipv6cp, &p->cfg);
}

void ipv6cp_start(struct ppp *p)
{
	memcpy(p->ipv6cp.own, p->cfg.own_iid, PPP_IID_LEN);
	if (is_zero(p->ipv6cp.own))
		random_iid(p, p->ipv6cp.own);
	cp_start(p, &p->ipv6cp.ncp.cp);
}

void ipv6cp_fill(const struct ppp *p, struct ppp_ipv6 *out)
{
	memcpy(out->own_iid, p->ipv6cp.own, PPP_IID_LEN);
	memcpy(out->peer_iid, p->ipv6cp.peer, PPP_IID_LEN);
}
