/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Connects the protocols: dispatches frames by protocol and phase (RFC 1661 section 3.2), starts
 * and ends the layers, and collects what the engine emits.
 */
#include "ppp/ppp.h"

#include <assert.h>

#include "ppp/auth.h"
#include "ppp/engine.h"
#include "util/secret.h"

enum {
	IPV6_MIN_MRU = 1280, /* RFC 8200 section 5 */
	REJECTS_A_SECOND = 10,
	LIMIT_MS = 60 * 1000, /* until a network protocol is open; SSTP has the same limit */
	/* RFC 1661 section 2: numbers below are network protocols and their control protocols */
	NETWORK_PROTO_END = 0xc000,
};

const char *ppp_closed_text(enum ppp_closed why)
{
	switch (why) {
	case PPP_CLOSED_BY_US:
		return "closed by us";
	case PPP_CLOSED_BY_PEER:
		return "closed by the peer";
	case PPP_CLOSED_REFUSED:
		return "the user name or the password is not accepted";
	case PPP_CLOSED_NO_METHOD:
		return "there is no authentication method that both ends allow";
	case PPP_CLOSED_AT_METHOD:
		return "the server ended the link before an authentication method was agreed on";
	case PPP_CLOSED_NO_AUTH:
		return "the server requests no authentication, so it is not trusted";
	case PPP_CLOSED_FALSE_SERVER:
		return "the server does not prove that it knows the password";
	case PPP_CLOSED_AUTH_TIMEOUT:
		return "authentication did not finish in time";
	case PPP_CLOSED_LCP_TIMEOUT:
		return "the peer does not answer PPP";
	case PPP_CLOSED_NO_AGREEMENT:
		return "no agreement on the options of the link";
	case PPP_CLOSED_LOOP:
		return "the link is looped back: our own packets come back";
	case PPP_CLOSED_NO_NETWORK:
		return "no agreement on IPv4 or IPv6";
	case PPP_CLOSED_RENEGOTIATED:
		return "the peer renegotiates an authenticated link";
	case PPP_CLOSED_SILENT:
		return "the peer does not answer echo requests";
	case PPP_CLOSED_UNCHECKED:
		return "the server cannot check logins now: what it asks, such as a RADIUS server, "
		       "does not answer";
	case PPP_CLOSED_AT_LOGIN:
		return "the server ended the link: perhaps "
		       "the user name or the password is not accepted";
	}
	return "unknown reason";
}

bool ppp_closed_is_refusal(enum ppp_closed why)
{
	switch (why) {
	case PPP_CLOSED_REFUSED:
	case PPP_CLOSED_NO_METHOD:
	case PPP_CLOSED_NO_AUTH:
	case PPP_CLOSED_FALSE_SERVER:
		return true;
	case PPP_CLOSED_UNCHECKED:
	case PPP_CLOSED_BY_US:
	case PPP_CLOSED_BY_PEER:
	case PPP_CLOSED_AUTH_TIMEOUT:
	case PPP_CLOSED_LCP_TIMEOUT:
	case PPP_CLOSED_NO_AGREEMENT:
	case PPP_CLOSED_LOOP:
	case PPP_CLOSED_NO_NETWORK:
	case PPP_CLOSED_RENEGOTIATED:
	case PPP_CLOSED_SILENT:
	case PPP_CLOSED_AT_LOGIN:
	case PPP_CLOSED_AT_METHOD:
		return false;
	}
	return false;
}

/* ---- what goes out */

void ppp_emit(struct ppp *p, enum ppp_out_type event)
{
	outbox_emit(p->out, event, PPP_AUTH_NONE);
}

void ppp_emit_offer(struct ppp *p, enum ppp_auth method)
{
	outbox_emit(p->out, PPP_OUT_OFFER, method);
}

size_t ppp_body_max(const struct ppp *p)
{
	size_t mru = lcp_peer_mru(p), ours = PPP_FRAME_MAX - PPP_HDR_LEN;

	return (mru < ours ? mru : ours) - CP_HDR_LEN;
}

void ppp_send(struct ppp *p, uint16_t protocol, uint8_t code, uint8_t id, struct bytes body)
{
	if (body.len > ppp_body_max(p) || !outbox_send(p->out, protocol, code, id, body))
		log_debug(p->cfg.log, "ppp: a frame of %zu bytes was not sent", body.len);
}

void ppp_random(const struct ppp *p, void *to, size_t len)
{
	p->cfg.random(p->cfg.random_arg, to, len);
}

bool ppp_may_reject(struct ppp *p)
{
	if (p->now_ms - p->reject_ms >= 1000) {
		p->reject_ms = p->now_ms;
		p->rejects = 0;
	}
	if (p->rejects == REJECTS_A_SECOND)
		return false;
	p->rejects++;
	return true;
}

static void fill_closed(const struct ppp *p, struct ppp_out *out)
{
	out->closed.why = (enum ppp_closed)p->why;
	out->closed.error = p->error;
	out->closed.may_retry = p->auth.may_retry;
	out->closed.detail = bytes_of(p->detail, p->detail_len);
}

bool ppp_noted_end(const struct ppp *p, struct ppp_out *out)
{
	out->type = PPP_OUT_CLOSED;
	fill_closed(p, out);
	if (!p->why && lcp_is_method_disputed(p))
		out->closed.why = PPP_CLOSED_AT_METHOD;
	return out->closed.why != 0;
}

static void fill(const struct ppp *p, struct ppp_out *out)
{
	switch (out->type) {
	case PPP_OUT_CHECK_PASSWORD:
		auth_fill_attempt(p, &out->attempt);
		break;
	case PPP_OUT_EAP:
		out->eap = bytes_of(p->cfg.eap->got.bytes, p->cfg.eap->got.len);
		break;
	case PPP_OUT_AUTHENTICATED:
		memcpy(out->hlak, p->login->hlak, sizeof(out->hlak));
		break;
	case PPP_OUT_IPV4_UP:
		ipcp_fill(p, &out->ipv4);
		break;
	case PPP_OUT_IPV6_UP:
		ipv6cp_fill(p, &out->ipv6);
		break;
	case PPP_OUT_CLOSED:
		fill_closed(p, out);
		break;
	case PPP_OUT_FRAME:
	case PPP_OUT_OFFER:
	case PPP_OUT_LCP_UP:
	case PPP_OUT_IPV4_DOWN:
	case PPP_OUT_IPV6_DOWN:
		break;
	}
}

bool ppp_next(struct ppp *p, struct ppp_out *out)
{
	if (!p->out || !outbox_next(p->out, out))
		return false;
	fill(p, out);
	return true;
}

/* ---- the end */

void ppp_note_detail(struct ppp *p, uint16_t error, struct bytes text)
{
	if (p->why || p->error || p->detail_len)
		return;
	p->error = error;
	p->detail_len = (uint8_t)(text.len < PPP_DETAIL_MAX ? text.len : PPP_DETAIL_MAX);
	if (p->detail_len)
		memcpy(p->detail, text.at, p->detail_len);
}

void ppp_note_reason(struct ppp *p, enum ppp_closed why)
{
	if (p->why)
		return;
	p->why = (uint8_t)why;
	log_debug(p->cfg.log, "ppp: %s", ppp_closed_text(why));
}

void ppp_finish(struct ppp *p, enum ppp_closed why)
{
	if (p->phase == PPP_PHASE_FINISHED)
		return;
	ppp_note_reason(p, why);
	ppp_lcp_is_down(p);
	p->phase = PPP_PHASE_FINISHED;
	ppp_emit(p, PPP_OUT_CLOSED);
}

void ppp_end(struct ppp *p, enum ppp_closed why)
{
	if (p->phase == PPP_PHASE_FINISHED)
		return;
	ppp_note_reason(p, why);
	auth_stop(p);
	cp_close(p, &p->lcp.cp);
	if (p->lcp.cp.fsm.state != FSM_CLOSING)
		ppp_finish(p, why); /* no Terminate-Request is needed */
}

/* ---- transitions between the layers */

void ppp_lcp_is_up(struct ppp *p)
{
	p->phase = PPP_PHASE_AUTHENTICATE;
	ppp_emit(p, PPP_OUT_LCP_UP);
	auth_start(p);
}

static void stop_ncp(struct ppp *p, struct ncp *ncp)
{
	if (ncp->is_on)
		cp_down(p, &ncp->cp);
	ncp->is_on = false;
}

void ppp_lcp_is_down(struct ppp *p)
{
	auth_stop(p);
	stop_ncp(p, &p->ipcp.ncp);
	stop_ncp(p, &p->ipv6cp.ncp);
	ipcp_update_early(p);
	p->phase = PPP_PHASE_ESTABLISH;
}

/*
 * The Restart timer expired, or the Terminate-Request is acknowledged; in the latter case a reason
 * is already recorded.
 */
void ppp_lcp_is_finished(struct ppp *p)
{
	ppp_finish(p, p->lcp.cp.has_spoken ? PPP_CLOSED_NO_AGREEMENT : PPP_CLOSED_LCP_TIMEOUT);
}

static void end_if_no_network(struct ppp *p)
{
	if (p->ipcp.ncp.has_failed && p->ipv6cp.ncp.has_failed)
		ppp_end(p, PPP_CLOSED_NO_NETWORK);
}

static void prepare_ncp(struct ncp *ncp, bool is_on)
{
	ncp->is_on = is_on;
	ncp->has_failed = !is_on;
	ncp->is_down_emitted = false;
}

/* RFC 8200 section 5: IPv6 needs a minimum MRU. */
static bool is_wide_enough(struct ppp *p)
{
	if (lcp_peer_mru(p) >= IPV6_MIN_MRU)
		return true;
	log_debug(p->cfg.log, "ipv6cp: the peer's MRU of %u is too small", lcp_peer_mru(p));
	ppp_emit(p, PPP_OUT_IPV6_DOWN);
	return false;
}

/*
 * IPV6CP sends its request first, as Windows does, and IPCP right after it. SoftEther keeps one
 * request of each protocol until its own is acknowledged, and processes kept requests before it
 * reads more: with IPCP first it can keep both at once and then reads nothing more. And accel-ppp
 * assigns no IPv6 address when IPV6CP starts only after IPCP is up.
 */
static void start_ncps(struct ppp *p)
{
	bool is_given_ipv4 = p->cfg.role == PPP_CLIENT || p->ipcp.grant;

	prepare_ncp(&p->ipcp.ncp, p->cfg.ipv4 && is_given_ipv4);
	prepare_ncp(&p->ipv6cp.ncp, p->cfg.ipv6 && is_wide_enough(p));
	if (p->ipv6cp.ncp.is_on)
		ipv6cp_start(p);
	if (p->ipcp.ncp.is_on)
		ipcp_start(p);
}

static bool are_ncps_started(const struct ppp *p)
{
	return p->ipcp.ncp.is_on || p->ipv6cp.ncp.is_on;
}

/* The server kept the early requests while it checked the login; their replies come only now. */
static void resume_ncp(struct ppp *p, struct ncp *ncp)
{
	if (ncp->is_on)
		cp_note_sent(p, &ncp->cp);
}

static void take_early(struct ppp *p, struct ncp *ncp, struct ppp_early *early)
{
	if (ncp->is_on && early->len)
		cp_input(p, &ncp->cp, bytes_of(early->bytes, early->len));
	early->len = 0;
}

void ppp_authenticated(struct ppp *p)
{
	p->phase = PPP_PHASE_NETWORK;
	ppp_emit(p, PPP_OUT_AUTHENTICATED);
	if (are_ncps_started(p)) {
		resume_ncp(p, &p->ipv6cp.ncp);
		resume_ncp(p, &p->ipcp.ncp);
	} else {
		start_ncps(p);
	}
	if (p->cfg.role == PPP_SERVER) {
		take_early(p, &p->ipv6cp.ncp, &p->login->early_ipv6cp);
		take_early(p, &p->ipcp.ncp, &p->login->early_ipcp);
	}
	end_if_no_network(p);
}

void ppp_sent_credentials(struct ppp *p)
{
	bool is_small = p->cfg.ipv6 && lcp_peer_mru(p) < IPV6_MIN_MRU;

	if (p->phase == PPP_PHASE_AUTHENTICATE && p->lcp.peer.is_quick && !is_small &&
	    !are_ncps_started(p))
		start_ncps(p);
}

/* A server ends earlier, so that the client gets its reason. */
static uint32_t limit_of(const struct ppp *p)
{
	return LIMIT_MS - (p->cfg.role == PPP_SERVER ? AUTH_LEAD_MS : 0);
}

static bool has_network(const struct ppp *p)
{
	return ppp_data_is_open(p, PPP_PROTO_IPV4) || ppp_data_is_open(p, PPP_PROTO_IPV6);
}

/* One time limit for all of PPP, so that no negotiation can keep a session forever. */
static void update_limit(struct ppp *p)
{
	if (has_network(p))
		p->limit_ms = UINT64_MAX;
	else if (p->limit_ms == UINT64_MAX)
		p->limit_ms = p->now_ms + limit_of(p);
}

static void limit_expired(struct ppp *p)
{
	p->limit_ms = UINT64_MAX;
	switch (p->phase) {
	case PPP_PHASE_NETWORK:
		ppp_end(p, PPP_CLOSED_NO_NETWORK);
		break;
	case PPP_PHASE_AUTHENTICATE:
		auth_note_unchecked(p);
		ppp_end(p, PPP_CLOSED_AUTH_TIMEOUT);
		break;
	case PPP_PHASE_ESTABLISH:
		ppp_end(p, p->lcp.cp.has_spoken ? PPP_CLOSED_NO_AGREEMENT : PPP_CLOSED_LCP_TIMEOUT);
		break;
	case PPP_PHASE_DEAD:
	case PPP_PHASE_FINISHED:
		break;
	}
}

void ppp_ncp_is_up(struct ppp *p, struct ncp *ncp, enum ppp_out_type event)
{
	update_limit(p);
	ncp->has_failed = false;
	ncp->is_down_emitted = false;
	ppp_emit(p, event);
}

void ppp_ncp_is_down(struct ppp *p, struct ncp *ncp, enum ppp_out_type event)
{
	update_limit(p);
	if (!ncp->is_down_emitted)
		ppp_emit(p, event);
	ncp->is_down_emitted = true;
}

void ppp_ncp_is_finished(struct ppp *p, struct ncp *ncp, enum ppp_out_type event)
{
	ppp_ncp_is_down(p, ncp, event);
	ncp->has_failed = true;
	end_if_no_network(p);
}

/* From Stopped the automaton closes without This-Layer-Finished (RFC 1661 section 4.1). */
void ppp_ncp_give_up(struct ppp *p, struct ncp *ncp)
{
	cp_close(p, &ncp->cp);
	if (ncp->cp.fsm.state == FSM_CLOSED && !ncp->has_failed)
		ncp->cp.def->finished(p);
}

void ppp_protocol_rejected(struct ppp *p, uint16_t protocol)
{
	switch (protocol) {
	case PPP_PROTO_LCP:
		cp_protocol_rejected(p, &p->lcp.cp);
		break;
	case PPP_PROTO_IPCP:
	case PPP_PROTO_IPV4:
		if (p->ipcp.ncp.is_on)
			cp_protocol_rejected(p, &p->ipcp.ncp.cp);
		break;
	case PPP_PROTO_IPV6CP:
	case PPP_PROTO_IPV6:
		if (p->ipv6cp.ncp.is_on)
			cp_protocol_rejected(p, &p->ipv6cp.ncp.cp);
		break;
	default:
		if (p->auth.method && p->auth.method->protocol == protocol)
			ppp_end(p, PPP_CLOSED_NO_METHOD);
	}
}

/* ---- frames in */

/*
 * RFC 1661 section 3.5: network-layer frames that arrive before their phase are dropped silently.
 */
static void take_unknown(struct ppp *p, uint16_t protocol, struct bytes info)
{
	bool is_network = protocol < NETWORK_PROTO_END;
	bool is_ip = protocol == PPP_PROTO_IPV4 || protocol == PPP_PROTO_IPV6;

	if (!cp_is_open(&p->lcp.cp) || is_ip || (is_network && p->phase != PPP_PHASE_NETWORK))
		log_debug(p->cfg.log, "ppp: dropped a frame of protocol %04x", protocol);
	else
		lcp_reject_protocol(p, protocol, info);
}

static void take_auth(struct ppp *p, uint16_t protocol, struct bytes info)
{
	if (cp_is_open(&p->lcp.cp))
		auth_input(p, protocol, info);
	else if (p->cfg.role == PPP_CLIENT)
		auth_hold(p, protocol, info);
}

static void keep_early(struct ppp_early *early, struct bytes info)
{
	if (info.len > sizeof(early->bytes))
		return;
	memcpy(early->bytes, info.at, info.len);
	early->len = (uint8_t)info.len;
}

static void take_ncp(struct ppp *p, struct ncp *ncp, uint16_t protocol, struct bytes info)
{
	if (p->phase == PPP_PHASE_AUTHENTICATE)
		auth_take_alternate_success(p);
	if (p->phase == PPP_PHASE_AUTHENTICATE && p->lcp.is_quick && p->login)
		keep_early(ncp == &p->ipcp.ncp ? &p->login->early_ipcp : &p->login->early_ipv6cp,
			   info);
	else if (ncp->is_on && p->phase == PPP_PHASE_NETWORK)
		cp_input(p, &ncp->cp, info);
	else
		take_unknown(p, protocol, info);
}

void ppp_input(struct ppp *p, const uint8_t *frame, size_t len, uint64_t now_ms)
{
	struct bytes info;
	uint16_t protocol = ppp_data(frame, len, &info);

	p->now_ms = now_ms;
	if (!protocol || p->phase == PPP_PHASE_DEAD || p->phase == PPP_PHASE_FINISHED)
		return;
	lcp_heard(p);
	p->lcp.cp.is_peer_open |= protocol != PPP_PROTO_LCP;
	switch (protocol) {
	case PPP_PROTO_LCP:
		cp_input(p, &p->lcp.cp, info);
		break;
	case PPP_PROTO_PAP:
	case PPP_PROTO_CHAP:
	case PPP_PROTO_EAP:
	case PPP_PROTO_SPAP:
		take_auth(p, protocol, info);
		break;
	case PPP_PROTO_IPCP:
		take_ncp(p, &p->ipcp.ncp, protocol, info);
		ipcp_update_early(p);
		break;
	case PPP_PROTO_IPV6CP:
		take_ncp(p, &p->ipv6cp.ncp, protocol, info);
		break;
	default:
		take_unknown(p, protocol, info);
	}
}

/* ---- calls of the owner */

static void keep_supported_methods(struct ppp_cfg *cfg)
{
	size_t n = 0;

	for (size_t i = 0; i < cfg->auth_count; i++)
		if (ppp_auth_is_supported(cfg->auth[i]) ||
		    (cfg->auth[i] == PPP_AUTH_EAP && cfg->eap))
			cfg->auth[n++] = cfg->auth[i];
	cfg->auth_count = n;
}

void ppp_init(struct ppp *p, const struct ppp_cfg *cfg, struct ppp_login *login)
{
	*p = (struct ppp){ .cfg = *cfg, .login = login };
	memset(login, 0, sizeof(*login));
	if (!p->cfg.user)
		p->cfg.user = "";
	if (!p->cfg.password)
		p->cfg.password = "";
	if (p->cfg.rtt_ms > RESTART_RTT_MAX_MS)
		p->cfg.rtt_ms = RESTART_RTT_MAX_MS;
	keep_supported_methods(&p->cfg);
	lcp_init(p);
	auth_init(p);
	ipcp_init(p);
	ipv6cp_init(p);
}

void ppp_lend(struct ppp *p, struct outbox *out)
{
	assert(out || outbox_is_empty(p->out));
	p->out = out;
}

void ppp_forget_login(struct ppp *p)
{
	p->login = NULL;
}

void ppp_open(struct ppp *p, uint64_t now_ms)
{
	p->now_ms = now_ms;
	p->phase = PPP_PHASE_ESTABLISH;
	p->limit_ms = now_ms + limit_of(p);
	if (p->cfg.auth_count || p->cfg.probe)
		lcp_start(p);
	else
		ppp_finish(p, PPP_CLOSED_NO_METHOD);
}

bool ppp_checks_login(const struct ppp *p)
{
	return auth_is_checking(p);
}

void ppp_close(struct ppp *p, const char *why, uint64_t now_ms)
{
	p->terminate_text = why;
	p->now_ms = now_ms;
	auth_note_unchecked(p);
	ppp_end(p, PPP_CLOSED_BY_US);
}

void ppp_auth_result(struct ppp *p, const struct ppp_auth_result *result, uint64_t now_ms)
{
	p->now_ms = now_ms;
	auth_finish(p, result);
}

void ppp_tick(struct ppp *p, uint64_t now_ms)
{
	p->now_ms = now_ms;
	if (p->phase == PPP_PHASE_DEAD || p->phase == PPP_PHASE_FINISHED)
		return;
	if (p->limit_ms <= now_ms)
		limit_expired(p);
	lcp_tick(p);
	auth_tick(p);
	if (p->phase != PPP_PHASE_NETWORK)
		return;
	cp_tick(p, &p->ipv6cp.ncp.cp); /* in the order of start_ncps */
	cp_tick(p, &p->ipcp.ncp.cp);
	ipcp_update_early(p);
}

static uint64_t min_u64(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

uint64_t ppp_deadline(const struct ppp *p)
{
	uint64_t at;

	if (p->phase == PPP_PHASE_DEAD || p->phase == PPP_PHASE_FINISHED)
		return UINT64_MAX;
	at = min_u64(min_u64(lcp_deadline(p), auth_deadline(p)), p->limit_ms);
	if (p->phase != PPP_PHASE_NETWORK)
		return at;
	return min_u64(at, min_u64(ipcp_deadline(p), cp_deadline(&p->ipv6cp.ncp.cp)));
}

bool ppp_has_changed_password(const struct ppp *p)
{
	return p->auth.state == AUTH_DONE && p->auth.is_changing;
}

void ppp_wipe(struct ppp *p)
{
	secret_wipe(p, sizeof(*p)); /* as before ppp_init */
}

uint16_t ppp_peer_mru(const struct ppp *p)
{
	return lcp_peer_mru(p);
}

const uint8_t *ppp_own_iid(const struct ppp *p)
{
	return p->ipv6cp.own;
}

void ppp_suggest_iid(struct ppp *p, const uint8_t iid[PPP_IID_LEN])
{
	memcpy(p->ipv6cp.suggestion, iid, PPP_IID_LEN);
}

bool ppp_peer_is_ours(const struct ppp *p)
{
	return p->lcp.is_quick || p->lcp.peer.is_quick;
}

bool ppp_data_is_open(const struct ppp *p, uint16_t protocol)
{
	switch (protocol) {
	case PPP_PROTO_IPV4:
		return cp_is_open(&p->ipcp.ncp.cp) || p->ipcp.is_early;
	case PPP_PROTO_IPV6:
		return cp_is_open(&p->ipv6cp.ncp.cp);
	default:
		return false;
	}
}

void ppp_note_traffic(struct ppp *p, uint64_t now_ms)
{
	p->now_ms = now_ms;
	lcp_heard(p);
}
