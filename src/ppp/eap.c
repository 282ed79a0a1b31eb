/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The lower layer of EAP (RFC 3748): whose turn it is, repeats, the end of the conversation. The
 * owner handles the contents: it gets each new packet (PPP_OUT_EAP) and responds with ppp_eap_send.
 * Only a server's first Request, for the Identity, is sent here.
 *
 * A server repeats its Request until a Response to it arrives, and ends the conversation with an
 * EAP Success or Failure when the owner calls ppp_auth_result. A client repeats its Response when
 * the Request is repeated, and accepts a Success only after its owner called ppp_eap_done.
 */
#include "ppp/auth.h"
#include "ppp/engine.h"
#include "ppp/ppp.h"

/* Section 4 */
enum {
	EAP_REQUEST = 1,
	EAP_RESPONSE,
	EAP_SUCCESS,
	EAP_FAILURE,
};

enum {
	EAP_IDENTITY = 1,    /* section 5.1 */
	EAP_MAX_ROUNDS = 50, /* certificates in small fragments take about twenty */
};

static bool is_eap(const struct ppp *p)
{
	return p->auth.method == &eap_method;
}

/* ---- the last packet from the peer and our last packet are kept */

static bool keep(struct ppp_eap_packet *to, uint8_t code, uint8_t id, struct bytes body)
{
	struct writer w = writer_of(to->bytes, sizeof(to->bytes));

	put_u8(&w, code);
	put_u8(&w, id);
	put_u16(&w, (uint16_t)(body.len + CP_HDR_LEN));
	put_bytes(&w, body.at, body.len);
	to->len = w.full ? 0 : (uint16_t)w.len;
	return !w.full;
}

static bool is_same(const struct ppp_eap_packet *kept, const struct cp_packet *in)
{
	return kept->len == in->body.len + CP_HDR_LEN && kept->bytes[0] == in->code &&
	       kept->bytes[1] == in->id &&
	       !memcmp(kept->bytes + CP_HDR_LEN, in->body.at, in->body.len);
}

static struct bytes body_of(const struct ppp_eap_packet *kept)
{
	return bytes_of(kept->bytes + CP_HDR_LEN, kept->len - CP_HDR_LEN);
}

static bool keep_and_emit(struct ppp *p, const struct cp_packet *in)
{
	if (!keep(&p->cfg.eap->got, in->code, in->id, in->body))
		return false;
	ppp_emit(p, PPP_OUT_EAP);
	return true;
}

/* ---- client */

static void send_response(struct ppp *p)
{
	auth_send(p, EAP_RESPONSE, p->auth.id, body_of(&p->cfg.eap->sent));
}

/*
 * Section 4.1: a repeated Request gets the same Response, or none while the owner has not yet
 * responded.
 */
static void take_request(struct ppp *p, const struct cp_packet *in)
{
	struct auth *a = &p->auth;

	if (!in->body.len)
		return;
	if (is_same(&p->cfg.eap->got, in)) {
		if (p->cfg.eap->sent.len)
			send_response(p);
		return;
	}
	if (++a->challenges > EAP_MAX_ROUNDS) {
		ppp_end(p, PPP_CLOSED_AUTH_TIMEOUT);
		return;
	}
	if (!keep_and_emit(p, in))
		return;
	a->id = in->id;
	p->cfg.eap->sent.len = 0;
}

/*
 * Section 4.2: the Identifier is that of the last Response; some servers add one, as for a Request.
 */
static bool is_result(const struct ppp *p, const struct cp_packet *in)
{
	return p->cfg.eap->got.len && (in->id == p->auth.id || in->id == (uint8_t)(p->auth.id + 1));
}

/* A Success is not authenticated, so it counts only after the method itself has succeeded. */
static void take_success(struct ppp *p)
{
	if (p->auth.is_proven)
		auth_succeeded(p);
	else
		log_debug(p->cfg.log, "eap: dropped a success that comes too early");
}

static void client_input(struct ppp *p, const struct cp_packet *in)
{
	if (p->auth.state != AUTH_WAITING)
		return;
	if (in->code == EAP_REQUEST)
		take_request(p, in);
	if (in->code == EAP_SUCCESS && is_result(p, in))
		take_success(p);
	if (in->code == EAP_FAILURE && is_result(p, in))
		auth_refused(p, 0, bytes_of(NULL, 0));
}

void ppp_eap_done(struct ppp *p, const uint8_t hlak[PPP_HLAK_LEN], uint64_t now_ms)
{
	p->now_ms = now_ms;
	if (!is_eap(p) || p->cfg.role != PPP_CLIENT || p->auth.state != AUTH_WAITING)
		return;
	memcpy(p->login->hlak, hlak, sizeof(p->login->hlak));
	p->auth.is_proven = true;
}

/* ---- server */

static void send_request(struct ppp *p)
{
	auth_send_until_answered(p, EAP_REQUEST, p->auth.id, body_of(&p->cfg.eap->sent));
}

static void ask_identity(struct ppp *p)
{
	static const uint8_t type = EAP_IDENTITY;

	ppp_random(p, &p->auth.id, sizeof(p->auth.id));
	keep(&p->cfg.eap->sent, EAP_REQUEST, p->auth.id, bytes_of(&type, sizeof(type)));
	send_request(p);
}

/* The peer listens by now, so the next Request is repeated late. */
static void take_response(struct ppp *p, const struct cp_packet *in)
{
	struct auth *a = &p->auth;

	if (a->state != AUTH_WAITING || in->id != a->id || !in->body.len || !keep_and_emit(p, in))
		return;
	a->restart.next_ms = a->restart.max_ms;
	a->state = AUTH_CHECKING;
	a->resend_ms = UINT64_MAX;
}

static void eap_send_result(struct ppp *p)
{
	auth_send(p, p->login->result.ok ? EAP_SUCCESS : EAP_FAILURE, p->auth.id,
		  bytes_of(NULL, 0));
}

/* ---- both */

static void eap_start(struct ppp *p)
{
	p->cfg.eap->got.len = p->cfg.eap->sent.len = 0;
	p->auth.challenges = 0;
	p->auth.is_proven = false;
	if (p->cfg.role == PPP_SERVER)
		ask_identity(p);
}

static void eap_input(struct ppp *p, const struct cp_packet *in)
{
	if (p->cfg.role == PPP_CLIENT)
		client_input(p, in);
	else if (in->code == EAP_RESPONSE)
		take_response(p, in);
}

static bool is_our_turn(const struct ppp *p, const struct cp_packet *out)
{
	const struct auth *a = &p->auth;

	if (!is_eap(p) || !out->body.len || out->body.len > ppp_body_max(p))
		return false;
	if (p->cfg.role == PPP_SERVER)
		return a->state == AUTH_CHECKING && out->code == EAP_REQUEST && out->id != a->id;
	return a->state == AUTH_WAITING && p->cfg.eap->got.len && !p->cfg.eap->sent.len &&
	       out->code == EAP_RESPONSE && out->id == a->id;
}

static void next_request(struct ppp *p, uint8_t id)
{
	struct auth *a = &p->auth;

	if (++a->challenges > EAP_MAX_ROUNDS) {
		ppp_end(p, PPP_CLOSED_AUTH_TIMEOUT);
		return;
	}
	a->id = id;
	a->state = AUTH_WAITING;
	a->sends_left = AUTH_MAX_SENDS;
	send_request(p);
}

bool ppp_eap_send(struct ppp *p, struct bytes packet, uint64_t now_ms)
{
	struct cp_packet out;

	p->now_ms = now_ms;
	if (!cp_packet_get(packet, &out) || !is_our_turn(p, &out) ||
	    !keep(&p->cfg.eap->sent, out.code, out.id, out.body))
		return false;
	if (p->cfg.role == PPP_SERVER) {
		next_request(p, out.id);
	} else {
		p->auth.awaits_result = true;
		send_response(p);
	}
	return true;
}

const struct auth_method eap_method = {
	.name = "eap",
	.protocol = PPP_PROTO_EAP,
	.start = eap_start,
	.input = eap_input,
	.resend = send_request,
	.send_result = eap_send_result,
	.is_conversation = true,
};
