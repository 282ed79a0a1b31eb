/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Link Control Protocol, RFC 1661 sections 5 and 6: the options that we request and accept, and the
 * codes that only LCP has. fsm.c decides when to send.
 *
 * We request no header compression, quality reports, callback or multilink: over a byte stream they
 * save nothing that matters. Options that are not in the tables at the end of this file are Rejected.
 */
#include <string.h>

#include "ppp/auth.h"
#include "ppp/engine.h"
#include "ppp/vendor.h"

enum {
	MIN_MRU = 576,      /* smallest MRU that we accept from a peer */
	MAX_NAK_MRU = 4091, /* what Windows suggests */
	ECHO_MISSES = 3,
	MAX_LOOPS = 5, /* suggested magic numbers that came back, section 6.4 */
	MAX_ECHO_LOOPS = 3,
	MAX_SAME_NAKS = 3,       /* for a method, to copies of one request */
	RAS_REASON = 0x003ccd74, /* Windows sends it before an error number */
	RAS_AUTH_SERVER_TIMEOUT = 930,
};

/* Codes after the seven that all control protocols have: sections 5.7 to 5.9, RFC 1570 */
enum {
	LCP_PROTOCOL_REJECT = 8,
	LCP_ECHO_REQUEST,
	LCP_ECHO_REPLY,
	LCP_DISCARD_REQUEST,
	LCP_IDENTIFICATION,
	LCP_TIME_REMAINING,
};

/* Section 6 */
enum {
	LCP_OPT_MRU = 1,
	LCP_OPT_ACCM = 2, /* RFC 1662 section 7.1: no meaning on a byte stream */
	LCP_OPT_AUTH = 3,
	LCP_OPT_MAGIC = 5,
	LCP_OPT_PFC = 7,  /* the peer can receive frames with ... */
	LCP_OPT_ACFC = 8, /* ... compressed headers, and then sends them too */
};

/* ---- MRU */

static bool mru_ask(const struct ppp *p, struct writer *value)
{
	put_u16(value, p->lcp.mru);
	return p->lcp.mru != 0;
}

/* Some peers (kittoku, old Windows) insist on their own MRU for both directions. */
static bool mru_on_nak(struct ppp *p, struct reader *value)
{
	uint16_t mru = get_u16(value);

	if (mru >= MIN_MRU && mru <= MAX_NAK_MRU)
		p->lcp.mru = mru;
	return true;
}

static enum cp_reply mru_check(struct ppp *p, struct reader *value)
{
	p->lcp.requested.mru = get_u16(value);
	return p->lcp.requested.mru >= MIN_MRU ? CP_ACK : CP_NAK;
}

static void mru_suggest(struct ppp *p, struct writer *value)
{
	(void)p;
	put_u16(value, PPP_DEFAULT_MRU);
}

static enum cp_reply accm_check(struct ppp *p, struct reader *value)
{
	(void)p;
	(void)value;
	return CP_ACK;
}

static void accm_suggest(struct ppp *p, struct writer *value)
{
	(void)p;
	put_u32(value, 0);
}

/*
 * pppd requests both, and a Reject would take a round trip. ppp_data reads compressed headers; we send none.
 */
static enum cp_reply compression_check(struct ppp *p, struct reader *value)
{
	(void)p;
	(void)value;
	return CP_TOLERATE;
}

/* ---- magic number, section 6.4 */

static uint32_t fresh_magic(const struct ppp *p)
{
	uint32_t magic = 0;

	while (!magic || magic == p->lcp.magic)
		ppp_random(p, &magic, sizeof(magic));
	return magic;
}

static bool magic_ask(const struct ppp *p, struct writer *value)
{
	put_u32(value, p->lcp.magic);
	return true;
}

/*
 * If our own suggestion comes back, the link may be looped. In any case we choose another number.
 */
static bool magic_on_nak(struct ppp *p, struct reader *value)
{
	bool is_loop = get_u32(value) == p->lcp.nak_magic && p->lcp.nak_magic;

	p->lcp.magic = fresh_magic(p);
	p->lcp.loops = is_loop ? (uint8_t)(p->lcp.loops + 1) : 0;
	if (p->lcp.loops < MAX_LOOPS)
		return true;
	p->lcp.fault = PPP_CLOSED_LOOP;
	return false;
}

/* SoftEther and kittoku do not support magic numbers. */
static bool magic_on_reject(struct ppp *p)
{
	p->lcp.magic = 0;
	return true;
}

static enum cp_reply magic_check(struct ppp *p, struct reader *value)
{
	uint32_t magic = get_u32(value);

	p->lcp.requested.is_loop = magic && magic == p->lcp.magic;
	return magic && !p->lcp.requested.is_loop ? CP_ACK : CP_NAK;
}

static void magic_suggest(struct ppp *p, struct writer *value)
{
	p->lcp.nak_magic = fresh_magic(p);
	put_u32(value, p->lcp.nak_magic);
}

/* ---- authentication on the client */

static bool is_configured(const struct ppp *p, enum ppp_auth method)
{
	for (size_t i = 0; i < p->cfg.auth_count; i++)
		if (p->cfg.auth[i] == method)
			return true;
	return false;
}

static void note_offer(struct ppp *p, enum ppp_auth method)
{
	if (p->lcp.offered & 1u << method)
		return;
	p->lcp.offered |= (uint16_t)(1u << method);
	ppp_emit_offer(p, method);
}

/*
 * The next method that a probe suggests: one that the server has not offered yet, likely ones
 * first.
 */
static enum ppp_auth next_suggestion(const struct ppp *p)
{
	static const enum ppp_auth order[] = {
		PPP_AUTH_MSCHAPV2, PPP_AUTH_EAP, PPP_AUTH_CHAP_MD5, PPP_AUTH_PAP, PPP_AUTH_MSCHAPV1,
	};

	for (size_t i = 0; i < sizeof(order) / sizeof(*order); i++)
		if (!((p->lcp.offered | p->lcp.suggested) & 1u << order[i]))
			return order[i];
	return PPP_AUTH_NONE;
}

static enum cp_reply probe_check(struct ppp *p)
{
	p->lcp.suggestion = (uint8_t)next_suggestion(p);
	return p->lcp.suggestion ? CP_NAK : CP_FATAL;
}

/*
 * Whether to Nak EAP once, although we can use it: the other methods have no choice of methods
 * inside, which may end without a common one. Many servers of Windows offer EAP first and accept
 * MS-CHAPv2 as well.
 */
static bool is_other_preferred(const struct ppp *p, enum ppp_auth method)
{
	return method == PPP_AUTH_EAP && p->cfg.auth[0] != PPP_AUTH_EAP && !p->lcp.suggested;
}

/*
 * The server repeated its request before it had our Nak. Another reply than that Nak would be a change of mind that the
 * server never reads: the first reply to a request counts.
 */
static bool is_copy(const struct ppp *p)
{
	return p->lcp.cp.is_copy && p->lcp.cp.copies < MAX_SAME_NAKS && p->lcp.last_suggestion;
}

static enum cp_reply client_auth_check(struct ppp *p, struct reader *value)
{
	enum ppp_auth method = auth_from_option(bytes_of(value->at, value->left));

	note_offer(p, method);
	p->lcp.requested.auth = (uint8_t)method;
	if (is_copy(p)) {
		p->lcp.suggestion = p->lcp.last_suggestion;
		return CP_NAK;
	}
	if (p->cfg.probe)
		return probe_check(p);
	if (is_configured(p, method) && !is_other_preferred(p, method))
		return CP_ACK;
	p->lcp.suggestion = p->cfg.auth_count ? (uint8_t)p->cfg.auth[0] : PPP_AUTH_NONE;
	return p->lcp.suggestion ? CP_NAK : CP_FATAL;
}

/*
 * A server that requests no authentication could be anyone, and there would be no key for the
 * crypto binding. But a server that stops requesting it after our Naks has run out of methods.
 */
static enum cp_reply client_auth_missing(struct ppp *p)
{
	if (p->lcp.requested.is_loop)
		return CP_ACK; /* our own request: the Nak for the magic number handles it */
	p->lcp.fault = p->lcp.suggested ? PPP_CLOSED_NO_METHOD : PPP_CLOSED_NO_AUTH;
	return CP_FATAL;
}

static void client_auth_suggest(struct ppp *p, struct writer *value)
{
	auth_put_option(value, (enum ppp_auth)p->lcp.suggestion);
}

static void client_sent_nak(struct ppp *p)
{
	p->lcp.last_suggestion = p->lcp.suggestion;
	if (p->lcp.suggestion) /* the Nak may be about something else */
		p->lcp.suggested |= (uint16_t)(1u << p->lcp.suggestion);
}

/* ---- authentication on the server */

static bool server_auth_ask(const struct ppp *p, struct writer *value)
{
	auth_put_option(value, (enum ppp_auth)p->lcp.offer);
	return true;
}

static enum ppp_auth next_offer(const struct ppp *p)
{
	for (size_t i = 0; i < p->cfg.auth_count; i++)
		if (!(p->lcp.refused & 1u << p->cfg.auth[i]))
			return p->cfg.auth[i];
	return PPP_AUTH_NONE;
}

/*
 * The method that the client suggests is used if it is configured and was not refused before;
 * otherwise the next one of our own list. Never one that is not on the list.
 */
static bool server_auth_on_nak(struct ppp *p, struct reader *value)
{
	enum ppp_auth wish = auth_from_option(bytes_of(value->at, value->left));

	p->lcp.refused |= (uint16_t)(1u << p->lcp.offer);
	if (is_configured(p, wish) && !(p->lcp.refused & 1u << wish))
		p->lcp.offer = (uint8_t)wish;
	else
		p->lcp.offer = (uint8_t)next_offer(p);
	return p->lcp.offer != PPP_AUTH_NONE;
}

static bool server_auth_on_reject(struct ppp *p)
{
	(void)p;
	return false;
}

/* ---- quick start */

static bool quick_ask(const struct ppp *p, struct writer *value)
{
	vendor_put(value, VENDOR_QUICK_START);
	return p->cfg.peer_is_ready;
}

static bool quick_on_reject(struct ppp *p)
{
	p->lcp.is_quick = false;
	return true;
}

static enum cp_reply quick_check(struct ppp *p, struct reader *value)
{
	p->lcp.requested.is_quick = vendor_get(value, VENDOR_QUICK_START);
	return p->lcp.requested.is_quick ? CP_ACK : CP_REJECT;
}

/* ---- the other codes */

static void count_echo_loop(struct ppp *p, uint32_t magic)
{
	bool is_loop = magic && magic == p->lcp.magic;

	p->lcp.echo_loops = is_loop ? (uint8_t)(p->lcp.echo_loops + 1) : 0;
	if (p->lcp.echo_loops >= MAX_ECHO_LOOPS)
		ppp_end(p, PPP_CLOSED_LOOP);
}

/*
 * The reply has our own magic number (accel-ppp reports a loop if it gets its own back) and the
 * data of the request.
 */
static void take_echo_request(struct ppp *p, const struct cp_packet *in)
{
	struct reader r = reader_of(in->body.at, in->body.len);
	uint8_t bytes[PPP_FRAME_MAX];
	struct writer w = writer_of(bytes, sizeof(bytes));
	size_t room = ppp_body_max(p) - sizeof(uint32_t);
	uint32_t magic = get_u32(&r);
	struct cp_packet reply;

	if (r.bad || !cp_is_open(&p->lcp.cp))
		return;
	put_u32(&w, p->lcp.magic);
	put_bytes(&w, r.at, r.left < room ? r.left : room);
	reply = (struct cp_packet){ LCP_ECHO_REPLY, in->id, bytes_of(bytes, w.len) };
	cp_echo(p, &p->lcp.cp, &reply);
	count_echo_loop(p, magic);
}

static void take_protocol_reject(struct ppp *p, const struct cp_packet *in)
{
	struct reader r = reader_of(in->body.at, in->body.len);
	uint16_t protocol = get_u16(&r);

	if (r.bad || !cp_is_open(&p->lcp.cp))
		return;
	log_debug(p->cfg.log, "lcp: the peer rejects protocol %04x", protocol);
	ppp_protocol_rejected(p, protocol);
}

/* RFC 1570 section 1.1: Windows sends its version and name in it. */
static void take_identification(struct ppp *p, const struct cp_packet *in)
{
	struct reader r = reader_of(in->body.at, in->body.len);

	get_u32(&r);
	log_debug(p->cfg.log, "lcp: the peer is %s", log_quote(r.at, r.left).text);
}

static bool lcp_other_code(struct ppp *p, const struct cp_packet *in)
{
	switch (in->code) {
	case LCP_PROTOCOL_REJECT:
		take_protocol_reject(p, in);
		return true;
	case LCP_ECHO_REQUEST:
		take_echo_request(p, in);
		return true;
	case LCP_IDENTIFICATION:
		take_identification(p, in);
		return true;
	case LCP_ECHO_REPLY: /* its contents are ignored: some servers copy our magic number */
	case LCP_DISCARD_REQUEST:
	case LCP_TIME_REMAINING:
		cp_echo(p, &p->lcp.cp, NULL);
		return true;
	default:
		return false;
	}
}

void lcp_reject_protocol(struct ppp *p, uint16_t protocol, struct bytes info)
{
	uint8_t bytes[PPP_FRAME_MAX];
	struct writer w = writer_of(bytes, sizeof(bytes));
	size_t room = ppp_body_max(p) - sizeof(protocol);

	if (!ppp_may_reject(p))
		return;
	put_u16(&w, protocol);
	put_bytes(&w, info.at, info.len < room ? info.len : room);
	cp_send(p, &p->lcp.cp, LCP_PROTOCOL_REJECT, cp_fresh_id(&p->lcp.cp),
		bytes_of(bytes, w.len));
}

/* ---- callbacks of cp.c */

static void lcp_begin_request(struct ppp *p)
{
	p->lcp.requested = (struct lcp_peer){ .mru = PPP_DEFAULT_MRU };
	p->lcp.suggestion = PPP_AUTH_NONE;
}

static void lcp_acked(struct ppp *p)
{
	p->lcp.peer = p->lcp.requested;
	p->lcp.last_suggestion = PPP_AUTH_NONE;
}

/* An authentication is valid only for the LCP negotiation that preceded it. */
static bool lcp_may_reopen(struct ppp *p)
{
	if (!auth_is_under_way(p))
		return true;
	ppp_end(p, PPP_CLOSED_RENEGOTIATED);
	return false;
}

/* RFC 2759 section 6 */
static bool is_refusal(uint32_t error)
{
	return (error >= 646 && error <= 649) || error == 691 || error == 709;
}

/* Also when we agreed in the end, and the server did not begin: it may have ended the link for an earlier Nak. */
bool lcp_is_method_disputed(const struct ppp *p)
{
	bool has_begun = p->auth.has_begun || p->auth.awaits_result;

	return p->lcp.suggested && (!p->lcp.peer.auth || !has_begun);
}

static bool is_same_text(struct bytes b, const char *text)
{
	return b.len == strlen(text) && !memcmp(b.at, text, b.len);
}

/*
 * `ras_error` is 0 when the peer sent none. RRAS sends one when it has no method in common with us.
 */
static enum ppp_closed why_terminated(const struct ppp *p, uint32_t ras_error, struct bytes text)
{
	if (p->auth.awaits_result &&
	    (ras_error == RAS_AUTH_SERVER_TIMEOUT || is_same_text(text, PPP_UNCHECKED_TEXT)))
		return PPP_CLOSED_UNCHECKED;
	if (p->auth.awaits_result)
		return is_refusal(ras_error) ? PPP_CLOSED_REFUSED : PPP_CLOSED_AT_LOGIN;
	if (lcp_is_method_disputed(p))
		return ras_error ? PPP_CLOSED_NO_METHOD : PPP_CLOSED_AT_METHOD;
	return PPP_CLOSED_BY_PEER;
}

/* Windows gives a reason in its Terminate-Request: magic number, 00 3C CD 74, RAS error. */
static void lcp_terminated(struct ppp *p, const struct cp_packet *in)
{
	struct reader r = reader_of(in->body.at, in->body.len);
	bool is_ras;
	uint32_t error;

	get_u32(&r);
	is_ras = get_u32(&r) == RAS_REASON;
	error = get_u32(&r);
	is_ras = is_ras && !r.bad && error <= UINT16_MAX;
	if (is_ras)
		ppp_note_detail(p, (uint16_t)error, bytes_of(NULL, 0));
	else
		ppp_note_detail(p, 0, in->body);
	ppp_finish(p, why_terminated(p, is_ras ? error : 0, in->body));
}

static void lcp_give_up(struct ppp *p)
{
	if (p->lcp.cp.is_stalled)
		p->lcp.fault = PPP_CLOSED_NO_AGREEMENT;
	ppp_end(p, p->lcp.fault ? (enum ppp_closed)p->lcp.fault : PPP_CLOSED_NO_METHOD);
}

/* Options that are the same in both roles; only authentication differs. */
#define MRU_OPTION                                                                   \
	{                                                                            \
		.type = LCP_OPT_MRU, .len = 4, .ask = mru_ask, .on_nak = mru_on_nak, \
		.check = mru_check, .suggest = mru_suggest,                          \
	}
#define ACCM_OPTION                                                                           \
	{                                                                                     \
		.type = LCP_OPT_ACCM, .len = 6, .check = accm_check, .suggest = accm_suggest, \
	}
#define MAGIC_OPTION                                                                          \
	{                                                                                     \
		.type = LCP_OPT_MAGIC, .len = 6, .ask = magic_ask, .on_nak = magic_on_nak,    \
		.on_reject = magic_on_reject, .check = magic_check, .suggest = magic_suggest, \
	}

#define COMPRESSION_OPTIONS                                                \
	{ .type = LCP_OPT_PFC, .len = 2, .check = compression_check },     \
	{                                                                  \
		.type = LCP_OPT_ACFC, .len = 2, .check = compression_check \
	}

static const struct cp_option client_options[] = {
	MRU_OPTION,
	ACCM_OPTION,
	MAGIC_OPTION,
	{
		.type = LCP_OPT_AUTH,
		.is_vital = true,
		.check = client_auth_check,
		.missing = client_auth_missing,
		.suggest = client_auth_suggest,
	},
	COMPRESSION_OPTIONS,
	{ .type = PPP_OPT_VENDOR, .check = quick_check },
};

/*
 * No `check`: a client that requests authentication from us is Rejected; only clients authenticate.
 */
static const struct cp_option server_options[] = {
	MRU_OPTION,
	ACCM_OPTION,
	MAGIC_OPTION,
	{
		.type = LCP_OPT_AUTH,
		.ask = server_auth_ask,
		.on_nak = server_auth_on_nak,
		.on_reject = server_auth_on_reject,
	},
	COMPRESSION_OPTIONS,
	{ .type = PPP_OPT_VENDOR, .ask = quick_ask, .on_reject = quick_on_reject },
};

#define LCP_COMMON_CALLS                                                                \
	.name = "lcp", .protocol = PPP_PROTO_LCP, .begin_request = lcp_begin_request,   \
	.acked = lcp_acked, .may_reopen = lcp_may_reopen, .terminated = lcp_terminated, \
	.other_code = lcp_other_code, .up = ppp_lcp_is_up, .down = ppp_lcp_is_down,     \
	.finished = ppp_lcp_is_finished, .give_up = lcp_give_up

static const struct cp_def client_lcp = {
	LCP_COMMON_CALLS,
	.options = client_options,
	.option_count = sizeof(client_options) / sizeof(*client_options),
	.sent_nak = client_sent_nak,
};

static const struct cp_def server_lcp = {
	LCP_COMMON_CALLS,
	.options = server_options,
	.option_count = sizeof(server_options) / sizeof(*server_options),
};

void lcp_init(struct ppp *p)
{
	bool is_client = p->cfg.role == PPP_CLIENT;

	p->lcp.mru = p->cfg.mru;
	p->lcp.peer.mru = PPP_DEFAULT_MRU;
	cp_init(&p->lcp.cp, is_client ? &client_lcp : &server_lcp, &p->cfg);
}

/*
 * A client sends at once: SoftEther's PPP starts on its first packet. A server waits for the client
 * first.
 */
void lcp_start(struct ppp *p)
{
	p->lcp.magic = fresh_magic(p);
	p->lcp.heard_ms = p->now_ms;
	if (p->cfg.role == PPP_SERVER)
		p->lcp.offer = (uint8_t)next_offer(p);
	p->lcp.is_quick = p->cfg.peer_is_ready;
	cp_start(p, &p->lcp.cp);
}

enum ppp_auth lcp_agreed_auth(const struct ppp *p)
{
	return (enum ppp_auth)(p->cfg.role == PPP_CLIENT ? p->lcp.peer.auth : p->lcp.offer);
}

uint16_t lcp_peer_mru(const struct ppp *p)
{
	return p->lcp.peer.mru < PPP_MAX_MRU ? p->lcp.peer.mru : PPP_MAX_MRU;
}

/* ---- our own LCP echoes, off by default: SSTP has its own */

void lcp_heard(struct ppp *p)
{
	p->lcp.heard_ms = p->now_ms;
	p->lcp.echo_misses = 0;
}

static uint64_t echo_deadline(const struct ppp *p)
{
	const struct lcp *l = &p->lcp;
	uint64_t since = l->heard_ms > l->echo_sent_ms ? l->heard_ms : l->echo_sent_ms;

	if (!p->cfg.echo_ms || !cp_is_open(&l->cp))
		return UINT64_MAX;
	return since + p->cfg.echo_ms;
}

static void send_echo(struct ppp *p)
{
	uint8_t magic[4];

	if (p->lcp.echo_misses++ >= ECHO_MISSES) {
		ppp_end(p, PPP_CLOSED_SILENT);
		return;
	}
	p->lcp.echo_sent_ms = p->now_ms;
	store_u32(magic, p->lcp.magic);
	cp_send(p, &p->lcp.cp, LCP_ECHO_REQUEST, cp_fresh_id(&p->lcp.cp),
		bytes_of(magic, sizeof(magic)));
}

void lcp_tick(struct ppp *p)
{
	cp_tick(p, &p->lcp.cp);
	if (echo_deadline(p) <= p->now_ms)
		send_echo(p);
}

uint64_t lcp_deadline(const struct ppp *p)
{
	uint64_t cp = cp_deadline(&p->lcp.cp), echo = echo_deadline(p);

	return cp < echo ? cp : echo;
}
