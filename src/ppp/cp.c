/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Handles the packets of a control protocol: checks them against the table of options, turns them
 * into events of the automaton, and turns the actions of the automaton into packets.
 */
#include "ppp/cp.h"

#include "ppp/engine.h"
#include "ppp/conf_option.h"

/*
 * The reply to a Configure-Request while it is built. Rejects and Naks are collected separately:
 * which of them is sent is known at the end of the request.
 */
struct reply {
	struct writer nak, reject;
	bool has_nak, has_reject;
	uint8_t seen[256 / 8]; /* option types that the request contained so far */
	uint8_t nak_bytes[PPP_FRAME_MAX], reject_bytes[PPP_FRAME_MAX];
};

static const char *code_name(uint8_t code)
{
	static const char *const names[] = {
		[CP_CONFIGURE_REQUEST] = "Configure-Request",
		[CP_CONFIGURE_ACK] = "Configure-Ack",
		[CP_CONFIGURE_NAK] = "Configure-Nak",
		[CP_CONFIGURE_REJECT] = "Configure-Reject",
		[CP_TERMINATE_REQUEST] = "Terminate-Request",
		[CP_TERMINATE_ACK] = "Terminate-Ack",
		[CP_CODE_REJECT] = "Code-Reject",
	};

	return code < sizeof(names) / sizeof(*names) && names[code] ? names[code] : "code";
}

bool cp_packet_get(struct bytes info, struct cp_packet *packet)
{
	struct reader r = reader_of(info.at, info.len);
	uint16_t len;

	packet->code = get_u8(&r);
	packet->id = get_u8(&r);
	len = get_u16(&r);
	if (r.bad || len < CP_HDR_LEN)
		return false;
	packet->body.len = (size_t)len - CP_HDR_LEN;
	packet->body.at = get_bytes(&r, packet->body.len);
	return !r.bad;
}

void cp_init(struct cp *cp, const struct cp_def *def, const struct ppp_cfg *cfg)
{
	*cp = (struct cp){ .def = def, .listen_ms = UINT64_MAX, .rtt_ms = cfg->rtt_ms };
	fsm_init(&cp->fsm, def->name, cfg->log, cfg->rtt_ms);
}

bool cp_is_open(const struct cp *cp)
{
	return cp->fsm.state == FSM_OPENED;
}

uint8_t cp_fresh_id(struct cp *cp)
{
	return ++cp->last_id;
}

void cp_send(struct ppp *p, struct cp *cp, uint8_t code, uint8_t id, struct bytes body)
{
	log_debug(p->cfg.log, "%s: sending %s %u id %u, %zu bytes", cp->def->name, code_name(code),
		  code, id, body.len + CP_HDR_LEN);
	ppp_send(p, cp->def->protocol, code, id, body);
}

/* Builds the options of our Configure-Request from the table. */
static void ask(struct ppp *p, struct cp *cp)
{
	struct writer w = writer_of(cp->request, sizeof(cp->request));

	for (size_t i = 0; i < cp->def->option_count; i++) {
		const struct cp_option *o = &cp->def->options[i];
		size_t start;

		if (!o->ask || cp->left_out & 1u << i)
			continue;
		start = ppp_opt_open(&w, o->type);
		if (o->ask(p, &w))
			ppp_opt_close(&w, start);
		else
			ppp_opt_drop(&w, start);
	}
	cp->request_len = (uint8_t)w.len;
}

/* RFC 1661 section 5.1: a new Identifier for new options and after a valid reply. */
static void send_request(struct ppp *p, struct cp *cp)
{
	uint8_t before[CP_REQUEST_MAX], before_len = cp->request_len;

	memcpy(before, cp->request, before_len);
	ask(p, cp);
	if (cp->is_answered || before_len != cp->request_len ||
	    memcmp(before, cp->request, before_len))
		cp->request_id = cp_fresh_id(cp);
	cp->is_answered = false;
	cp->sent_ms = p->now_ms;
	cp_send(p, cp, CP_CONFIGURE_REQUEST, cp->request_id,
		bytes_of(cp->request, cp->request_len));
}

static void note_acked(struct cp *cp, const struct cp_packet *ack)
{
	cp->has_acked = ack->body.len <= sizeof(cp->acked);
	if (!cp->has_acked)
		return;
	cp->acked_id = ack->id;
	cp->acked_len = (uint8_t)ack->body.len;
	memcpy(cp->acked, ack->body.at, cp->acked_len);
}

static uint16_t sum_of(struct bytes options)
{
	uint32_t sum = 2166136261; /* FNV-1a */

	for (size_t i = 0; i < options.len; i++)
		sum = (sum ^ options.at[i]) * 16777619;
	return (uint16_t)(sum ^ sum >> 16);
}

static bool has_same_options(const struct cp *cp, const struct cp_packet *in)
{
	return cp->naks_sent && sum_of(in->body) == cp->nak_sum;
}

/* True for the request that has the last Nak, with the same Identifier and options. */
static bool has_nak_already(const struct cp *cp, const struct cp_packet *in)
{
	return has_same_options(cp, in) && in->id == cp->nak_id;
}

/* An address or an interface identifier must be agreed on, so a few repeats with other Identifiers are allowed. */
static bool is_late_for_nak(const struct ppp *p, struct cp *cp, const struct cp_packet *request)
{
	if (cp == &p->lcp.cp || !request->body.len || !has_same_options(cp, request) ||
	    cp->late_copies == CP_MAX_LATE_COPIES)
		return false;
	cp->late_copies++;
	return true;
}

/*
 * A Nak counts if the peer did not follow it. A copy of a request was sent before the Nak arrived: after a pause of
 * the line or of this host many of them come at once.
 */
static void note_nak(const struct ppp *p, struct cp *cp, const struct cp_packet *request)
{
	if (!cp->is_copy && !is_late_for_nak(p, cp, request))
		cp->naks_sent++;
	cp->copies = has_nak_already(cp, request) ? (uint8_t)(cp->copies + cp->is_copy) : 0;
	cp->nak_id = request->id;
	cp->nak_sum = sum_of(request->body);
}

/* `in` is the packet that `reply` is for. */
static void send_reply(struct ppp *p, struct cp *cp, const struct cp_packet *in,
		       const struct cp_packet *reply)
{
	if (!reply)
		return;
	cp_send(p, cp, reply->code, reply->id, reply->body);
	if (reply->code == CP_CONFIGURE_NAK) {
		note_nak(p, cp, in);
		if (cp->def->sent_nak)
			cp->def->sent_nak(p);
	}
	if (reply->code == CP_CONFIGURE_ACK) {
		cp->naks_sent = cp->copies = 0;
		note_acked(cp, reply);
		if (cp->def->acked)
			cp->def->acked(p);
	}
}

/* Gives up a negotiation that the peer could otherwise continue without end. */
static void give_up_stalled(struct ppp *p, struct cp *cp, const char *what)
{
	log_debug(p->cfg.log, "%s: gave up after %s", cp->def->name, what);
	cp->is_stalled = true;
	cp->def->give_up(p);
}

static bool reopens_too_often(const struct ppp *p, const struct cp *cp)
{
	return cp->reopens >= CP_MAX_REOPENS && p->now_ms - cp->reopens_ms < CP_REOPENS_MS;
}

static void note_reopened(const struct ppp *p, struct cp *cp)
{
	if (p->now_ms - cp->reopens_ms >= CP_REOPENS_MS) {
		cp->reopens_ms = p->now_ms;
		cp->reopens = 0;
	}
	cp->reopens++;
}

/* True if this event would renegotiate an open layer although that is not allowed. */
static bool is_reopen_forbidden(struct ppp *p, struct cp *cp, enum fsm_event event)
{
	switch (event) {
	case FSM_RCR_PLUS:
	case FSM_RCR_MINUS:
	case FSM_RCA:
	case FSM_RCN:
	case FSM_RTA:
		if (!cp_is_open(cp))
			return false;
		if (cp->def->may_reopen && !cp->def->may_reopen(p))
			return true;
		if (!reopens_too_often(p, cp))
			return false;
		give_up_stalled(p, cp, "an open layer was renegotiated too often");
		return true;
	default:
		return false;
	}
}

static void note_open(struct cp *cp)
{
	cp->rounds = cp->late_copies = 0;
	cp->is_peer_open = false;
}

/*
 * Performs one event and its actions, in an order that is right for all cells: down before anything
 * is sent, our request before our reply (a peer that opens on the reply would take the request for
 * a new negotiation), up after both. `in` is the packet that caused the event, `reply` what to send
 * for SCA, SCN, SCJ or SER.
 */
static void step(struct ppp *p, struct cp *cp, enum fsm_event event, const struct cp_packet *in,
		 const struct cp_packet *reply)
{
	unsigned actions;

	if (is_reopen_forbidden(p, cp, event))
		return;
	actions = fsm_step(&cp->fsm, event, p->now_ms);
	if (actions & FSM_TLD)
		note_reopened(p, cp);
	if (actions & FSM_TLU)
		note_open(cp);
	if (actions & FSM_TLD)
		cp->def->down(p);
	if (actions & FSM_SCR)
		send_request(p, cp);
	if (actions & (FSM_SCA | FSM_SCN | FSM_SCJ | FSM_SER))
		send_reply(p, cp, in, reply);
	if (actions & FSM_STR)
		cp_send(p, cp, CP_TERMINATE_REQUEST, cp_fresh_id(cp),
			bytes_text(p->terminate_text ? p->terminate_text : ""));
	if (actions & FSM_STA && in)
		cp_send(p, cp, CP_TERMINATE_ACK, in->id, bytes_of(NULL, 0));
	if (actions & FSM_TLU)
		cp->def->up(p);
	if (actions & FSM_TLF)
		cp->def->finished(p);
}

void cp_start(struct ppp *p, struct cp *cp)
{
	bool listen = p->cfg.role == PPP_SERVER && !p->cfg.peer_is_ready;
	struct cp fresh;

	cp_init(&fresh, cp->def, &p->cfg);
	fresh.last_id = cp->last_id; /* never reuses an Identifier for a different packet */
	fresh.is_answered = true;
	*cp = fresh;
	if (listen) {
		fsm_listen(&cp->fsm);
		cp->listen_ms = p->now_ms + CP_LISTEN_MS + cp->rtt_ms;
		return;
	}
	step(p, cp, FSM_OPEN, NULL, NULL);
	step(p, cp, FSM_UP, NULL, NULL);
}

void cp_note_sent(struct ppp *p, struct cp *cp)
{
	cp->sent_ms = p->now_ms;
	fsm_sent_again(&cp->fsm, p->now_ms);
}

void cp_down(struct ppp *p, struct cp *cp)
{
	cp->listen_ms = UINT64_MAX;
	step(p, cp, FSM_DOWN, NULL, NULL);
}

void cp_close(struct ppp *p, struct cp *cp)
{
	cp->listen_ms = UINT64_MAX;
	step(p, cp, FSM_CLOSE, NULL, NULL);
}

void cp_protocol_rejected(struct ppp *p, struct cp *cp)
{
	cp->listen_ms = UINT64_MAX;
	step(p, cp, FSM_RXJ_MINUS, NULL, NULL);
}

void cp_echo(struct ppp *p, struct cp *cp, const struct cp_packet *reply)
{
	step(p, cp, FSM_RXR, NULL, reply);
}

static const struct cp_option *find_option(const struct cp_def *def, uint8_t type, size_t *index)
{
	for (size_t i = 0; i < def->option_count; i++) {
		if (def->options[i].type != type)
			continue;
		*index = i;
		return &def->options[i];
	}
	return NULL;
}

/* Returns whether this option type has already appeared in the request; duplicates are rejected. */
static bool already_seen(struct reply *a, uint8_t type)
{
	uint8_t bit = (uint8_t)(1 << type % 8);
	bool again = a->seen[type / 8] & bit;

	a->seen[type / 8] |= bit;
	return again;
}

static void add_nak(struct ppp *p, struct reply *a, const struct cp_option *o)
{
	size_t start = ppp_opt_open(&a->nak, o->type);

	o->suggest(p, &a->nak);
	ppp_opt_close(&a->nak, start);
	a->has_nak = true;
}

static enum cp_reply check_value(struct ppp *p, const struct cp *cp, const struct cp_option *o,
				 struct ppp_opt *opt)
{
	enum cp_reply reply;

	if (o->len && o->len != opt->whole.len)
		reply = o->suggest ? CP_NAK : CP_REJECT;
	else
		reply = o->check(p, &opt->body);
	if (reply == CP_NAK && cp->naks_sent >= CP_MAX_FAILURE && !cp->is_copy)
		return o->is_vital ? CP_FATAL : CP_REJECT;
	return reply;
}

/* Checks one option of the peer's request; false: agreement is impossible. */
static bool check_option(struct ppp *p, const struct cp *cp, struct ppp_opt *opt, struct reply *a)
{
	size_t index;
	const struct cp_option *o = find_option(cp->def, opt->type, &index);
	enum cp_reply reply = CP_REJECT;

	if (!already_seen(a, opt->type) && o && o->check)
		reply = check_value(p, cp, o, opt);
	if (reply == CP_NAK)
		add_nak(p, a, o);
	if (reply == CP_REJECT || reply == CP_TOLERATE)
		put_bytes(&a->reject, opt->whole.at, opt->whole.len);
	if (reply == CP_REJECT)
		a->has_reject = true;
	return reply != CP_FATAL;
}

/* Options that the request should have had are appended to the Nak (RFC 1661 section 5.3). */
static bool check_missing(struct ppp *p, const struct cp *cp, struct reply *a)
{
	for (size_t i = 0; i < cp->def->option_count; i++) {
		const struct cp_option *o = &cp->def->options[i];
		enum cp_reply reply;

		if (!o->missing || already_seen(a, o->type))
			continue;
		reply = o->missing(p);
		if (reply == CP_FATAL)
			return false;
		if (reply == CP_NAK)
			add_nak(p, a, o);
	}
	return true;
}

/* Fills `out`, whose body may point into `a`; false: give up. */
static bool check_request(struct ppp *p, struct cp *cp, const struct cp_packet *in, struct reply *a,
			  struct cp_packet *out)
{
	struct reader r = reader_of(in->body.at, in->body.len);
	struct ppp_opt opt;

	a->nak = writer_of(a->nak_bytes, sizeof(a->nak_bytes));
	a->reject = writer_of(a->reject_bytes, sizeof(a->reject_bytes));
	if (cp->def->begin_request)
		cp->def->begin_request(p);
	while (ppp_opt_next(&r, &opt))
		if (!check_option(p, cp, &opt, a))
			return false;
	if (!check_missing(p, cp, a))
		return false;
	*out = (struct cp_packet){ CP_CONFIGURE_ACK, in->id, in->body };
	if (a->has_nak) {
		out->code = CP_CONFIGURE_NAK;
		out->body = bytes_of(a->nak_bytes, a->nak.len);
	}
	if (a->has_reject) {
		out->code = CP_CONFIGURE_REJECT;
		out->body = bytes_of(a->reject_bytes, a->reject.len);
	}
	return true;
}

/*
 * True if a peer that accepted our request would have responded by now, even if the round trip
 * takes half as long again as measured.
 */
static bool is_overdue(const struct ppp *p, const struct cp *cp)
{
	return p->now_ms - cp->sent_ms >= (uint64_t)cp->rtt_ms + cp->rtt_ms / 2 + CP_SLACK_MS;
}

/*
 * Many peers drop a request that reaches them before their own layer has started: Windows and
 * kittoku, pppd if it is started late (sorz), accel-ppp within 2 ms after CHAP's Success. A request
 * from the peer shows that it listens now. So if our request may be lost, it is sent again, before
 * our first reply: no peer is open without that reply, and a peer that did get the first request
 * acknowledges both. After the reply, a repeat would make an open peer negotiate again, and
 * accel-ppp end the session.
 */
static void repeat_if_unheard(struct ppp *p, struct cp *cp)
{
	bool is_waiting = !cp->is_answered && cp->fsm.state == FSM_REQ_SENT;

	if (is_waiting && (cp->may_be_unheard || is_overdue(p, cp))) {
		send_request(p, cp);
		fsm_sent_again(&cp->fsm, p->now_ms);
	}
	cp->may_be_unheard = false;
}

static bool is_negotiating(const struct cp *cp)
{
	switch (cp->fsm.state) {
	case FSM_STOPPED:
	case FSM_REQ_SENT:
	case FSM_ACK_RCVD:
	case FSM_ACK_SENT:
	case FSM_OPENED:
		return true;
	default:
		return false;
	}
}

/* The peer sent it before it had our Ack: nothing has shown since that it has the Ack, and the layer opened just now. */
static bool is_late_copy(const struct ppp *p, struct cp *cp)
{
	if (cp->is_peer_open || cp->late_copies == CP_MAX_LATE_COPIES ||
	    p->now_ms - cp->sent_ms > CP_LATE_MS)
		return false;
	cp->late_copies++;
	return true;
}

/*
 * The peer repeats the request that opened this layer: its timer expired while our reply was on its
 * way. RFC 1661 would negotiate again. A peer that wants that uses a new Identifier, but kittoku also uses one
 * for each repeat, so the first ones are taken as repeats. One that means it repeats itself until we follow.
 */
static bool is_acked_already(const struct ppp *p, struct cp *cp, const struct cp_packet *in)
{
	return cp_is_open(cp) && cp->has_acked && in->body.len == cp->acked_len &&
	       !memcmp(in->body.at, cp->acked, cp->acked_len) &&
	       (in->id == cp->acked_id || is_late_copy(p, cp));
}

static void take_request(struct ppp *p, struct cp *cp, const struct cp_packet *in)
{
	struct reply a = { .has_nak = false };
	struct cp_packet out;

	if (is_acked_already(p, cp, in)) {
		cp_send(p, cp, CP_CONFIGURE_ACK, in->id, in->body);
		return;
	}
	if (!is_negotiating(cp)) {
		/* RCR+ and RCR- have the same cell in these states */
		step(p, cp, FSM_RCR_PLUS, in, NULL);
		return;
	}
	if (is_reopen_forbidden(p, cp, FSM_RCR_PLUS))
		return;
	cp->listen_ms = UINT64_MAX;
	cp->has_spoken = true;
	cp->is_copy = has_nak_already(cp, in) && cp->copies < CP_MAX_COPIES;
	if (!check_request(p, cp, in, &a, &out)) {
		cp->def->give_up(p);
		return;
	}
	repeat_if_unheard(p, cp);
	step(p, cp, out.code == CP_CONFIGURE_ACK ? FSM_RCR_PLUS : FSM_RCR_MINUS, in, &out);
}

/* True for the first reply to our last request. */
static bool is_reply(const struct cp *cp, const struct cp_packet *in)
{
	return in->id == cp->request_id && !cp->is_answered;
}

static void note_reply(struct cp *cp)
{
	cp->is_answered = true;
	cp->may_be_unheard = false;
}

static void take_ack(struct ppp *p, struct cp *cp, const struct cp_packet *in)
{
	if (!is_reply(cp, in) || in->body.len != cp->request_len ||
	    memcmp(in->body.at, cp->request, cp->request_len))
		return;
	note_reply(cp);
	cp->naks_got = 0;
	cp->refusals = 0;
	if (cp->def->agreed && !cp->def->agreed(p))
		cp->def->give_up(p);
	else
		step(p, cp, FSM_RCA, in, NULL);
}

static bool leave_out(struct ppp *p, struct cp *cp, const struct cp_option *o, size_t index)
{
	cp->left_out |= 1u << index;
	return !o->on_reject || o->on_reject(p);
}

/*
 * Handles one option of a Nak or Reject; false: give up. If the peer keeps sending Naks, the option
 * is left out as after a Reject (RFC 1661 section 4.6).
 */
static bool take_refusal(struct ppp *p, struct cp *cp, uint8_t code, struct ppp_opt *opt)
{
	size_t index;
	const struct cp_option *o = find_option(cp->def, opt->type, &index);

	if (!o || !o->ask || cp->left_out & 1u << index)
		return true;
	if (code == CP_CONFIGURE_REJECT || cp->naks_got > CP_MAX_FAILURE)
		return leave_out(p, cp, o, index);
	if (o->len && o->len != opt->whole.len)
		return true;
	return !o->on_nak || o->on_nak(p, &opt->body);
}

static bool was_all_asked(const struct cp *cp, struct bytes list)
{
	struct bytes ours = bytes_of(cp->request, cp->request_len);
	struct reader r = reader_of(list.at, list.len);
	struct ppp_opt opt;

	while (ppp_opt_next(&r, &opt))
		if (!ppp_opts_hold(ours, opt.whole))
			return false;
	return true;
}

static bool take_refusals(struct ppp *p, struct cp *cp, const struct cp_packet *in)
{
	struct reader r = reader_of(in->body.at, in->body.len);
	struct ppp_opt opt;

	while (ppp_opt_next(&r, &opt))
		if (!take_refusal(p, cp, in->code, &opt))
			return false;
	return true;
}

static void take_nak_or_reject(struct ppp *p, struct cp *cp, const struct cp_packet *in)
{
	if (!is_reply(cp, in))
		return;
	if (in->code == CP_CONFIGURE_REJECT && !was_all_asked(cp, in->body))
		return;
	note_reply(cp);
	if (in->code == CP_CONFIGURE_NAK)
		cp->naks_got++;
	if (++cp->refusals > CP_MAX_REFUSALS)
		give_up_stalled(p, cp, "ten Naks or Rejects in a row");
	else if (is_negotiating(cp) && !take_refusals(p, cp, in))
		cp->def->give_up(p);
	else
		step(p, cp, FSM_RCN, in, NULL);
}

static void take_code_reject(struct ppp *p, struct cp *cp, const struct cp_packet *in)
{
	uint8_t code = in->body.len ? in->body.at[0] : 0;

	log_debug(p->cfg.log, "%s: the peer does not know code %u", cp->def->name, code);
	if (code)
		step(p, cp, code <= CP_CODE_REJECT ? FSM_RXJ_MINUS : FSM_RXJ_PLUS, in, NULL);
}

/*
 * A Code-Reject contains the rejected packet without its padding, cut to what the peer can receive.
 */
static void take_unknown(struct ppp *p, struct cp *cp, const struct cp_packet *in)
{
	uint8_t bytes[PPP_FRAME_MAX];
	struct writer w = writer_of(bytes, sizeof(bytes));
	size_t room = ppp_body_max(p), len = in->body.len;
	struct cp_packet out;

	if (cp->fsm.state < FSM_CLOSED || !ppp_may_reject(p))
		return;
	put_u8(&w, in->code);
	put_u8(&w, in->id);
	put_u16(&w, (uint16_t)(len + CP_HDR_LEN));
	put_bytes(&w, in->body.at, len < room - w.len ? len : room - w.len);
	out = (struct cp_packet){ CP_CODE_REJECT, cp_fresh_id(cp), bytes_of(bytes, w.len) };
	step(p, cp, FSM_RUC, in, &out);
}

/*
 * Counts the packets to a layer that is not open. True: there were too many, and this one is
 * dropped.
 */
static bool is_stalled(struct ppp *p, struct cp *cp, const struct cp_packet *in)
{
	if (cp_is_open(cp) || in->code > CP_CODE_REJECT)
		return false;
	if (cp->rounds < CP_MAX_ROUNDS) {
		cp->rounds++;
		return false;
	}
	if (is_negotiating(cp))
		give_up_stalled(p, cp, "too many packets without agreement");
	return true;
}

static void take(struct ppp *p, struct cp *cp, const struct cp_packet *in)
{
	if (is_stalled(p, cp, in))
		return;
	switch (in->code) {
	case CP_CONFIGURE_REQUEST:
		take_request(p, cp, in);
		break;
	case CP_CONFIGURE_ACK:
		take_ack(p, cp, in);
		break;
	case CP_CONFIGURE_NAK:
	case CP_CONFIGURE_REJECT:
		take_nak_or_reject(p, cp, in);
		break;
	case CP_TERMINATE_REQUEST:
		step(p, cp, FSM_RTR, in, NULL);
		if (cp->def->terminated)
			cp->def->terminated(p, in);
		break;
	case CP_TERMINATE_ACK:
		step(p, cp, FSM_RTA, in, NULL);
		break;
	case CP_CODE_REJECT:
		take_code_reject(p, cp, in);
		break;
	default:
		if (!cp->def->other_code || !cp->def->other_code(p, in))
			take_unknown(p, cp, in);
	}
}

void cp_input(struct ppp *p, struct cp *cp, struct bytes info)
{
	struct cp_packet in;

	if (!cp_packet_get(info, &in) ||
	    (in.code >= CP_CONFIGURE_REQUEST && in.code <= CP_CONFIGURE_REJECT &&
	     !ppp_opts_are_sound(in.body))) {
		log_debug(p->cfg.log, "%s: dropped a malformed packet", cp->def->name);
		return;
	}
	log_debug(p->cfg.log, "%s: got %s %u id %u, %zu bytes", cp->def->name, code_name(in.code),
		  in.code, in.id, in.body.len + CP_HDR_LEN);
	take(p, cp, &in);
}

/*
 * The peer did not send the first request in time, so we do. In the automaton, Stopped leads to a
 * request of ours by Down and Up (RFC 1661 section 4.3, the restart option).
 */
static void stop_listening(struct ppp *p, struct cp *cp)
{
	cp->listen_ms = UINT64_MAX;
	cp->may_be_unheard = true;
	step(p, cp, FSM_DOWN, NULL, NULL);
	step(p, cp, FSM_UP, NULL, NULL);
}

void cp_tick(struct ppp *p, struct cp *cp)
{
	if (cp->listen_ms <= p->now_ms)
		stop_listening(p, cp);
	else if (cp->fsm.timer_ms <= p->now_ms)
		step(p, cp, fsm_timeout(&cp->fsm), NULL, NULL);
}

uint64_t cp_deadline(const struct cp *cp)
{
	return cp->listen_ms < cp->fsm.timer_ms ? cp->listen_ms : cp->fsm.timer_ms;
}
