/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What all authentication methods share: timers, the result, the end. */
#include "ppp/auth.h"

#include "ppp/engine.h"
#include "util/secret.h"

void auth_init(struct ppp *p)
{
	p->auth.resend_ms = UINT64_MAX;
	p->auth.give_up_ms = UINT64_MAX;
}

static void replay_held(struct ppp *p)
{
	struct ppp_login *l = p->login;
	uint16_t protocol = l->held_protocol;

	l->held_protocol = 0;
	if (protocol)
		auth_input(p, protocol, bytes_of(l->held, l->held_len));
}

void auth_start(struct ppp *p)
{
	p->auth.method = auth_method_of(lcp_agreed_auth(p));
	p->auth.state = AUTH_WAITING;
	p->auth.sends_left = AUTH_MAX_SENDS;
	p->auth.restart = restart_of(p->cfg.rtt_ms);
	p->auth.has_challenge = false;
	p->auth.awaits_result = false;
	p->auth.resend_ms = UINT64_MAX;
	p->auth.give_up_ms =
		p->now_ms + AUTH_GIVE_UP_MS - (p->cfg.role == PPP_SERVER ? AUTH_LEAD_MS : 0);
	log_debug(p->cfg.log, "auth: %s", p->auth.method->name);
	p->auth.method->start(p);
	if (p->cfg.role == PPP_CLIENT)
		replay_held(p);
}

void auth_stop(struct ppp *p)
{
	p->auth.method = NULL;
	p->auth.state = AUTH_IDLE;
	p->auth.resend_ms = UINT64_MAX;
	p->auth.give_up_ms = UINT64_MAX;
}

/* True once an EAP conversation has gone past the Identity. */
static bool is_conversing(const struct ppp *p)
{
	return p->auth.method && p->auth.method->is_conversation &&
	       p->auth.challenges > (p->cfg.role == PPP_CLIENT ? 1 : 0);
}

bool auth_is_checking(const struct ppp *p)
{
	return p->cfg.role == PPP_SERVER && (p->auth.state == AUTH_CHECKING ||
					     (p->auth.state == AUTH_WAITING && is_conversing(p)));
}

bool auth_is_under_way(const struct ppp *p)
{
	return (p->auth.state != AUTH_IDLE && p->auth.state != AUTH_WAITING) || is_conversing(p);
}

/*
 * Only the latest frame is kept: a server that repeats itself with another challenge means the last
 * one.
 */
void auth_hold(struct ppp *p, uint16_t protocol, struct bytes info)
{
	struct ppp_login *l = p->login;

	if (info.len > sizeof(l->held))
		return;
	memcpy(l->held, info.at, info.len);
	l->held_len = (uint16_t)info.len;
	l->held_protocol = protocol;
}

void auth_input(struct ppp *p, uint16_t protocol, struct bytes info)
{
	struct cp_packet in;

	if (!p->login || !p->auth.method || p->auth.method->protocol != protocol ||
	    !cp_packet_get(info, &in)) {
		log_debug(p->cfg.log, "auth: dropped a frame of protocol %04x", protocol);
		return;
	}
	p->auth.has_begun = true;
	log_debug(p->cfg.log, "%s: got code %u id %u, %zu bytes", p->auth.method->name, in.code,
		  in.id, in.body.len + CP_HDR_LEN);
	p->auth.method->input(p, &in);
}

void auth_send(struct ppp *p, uint8_t code, uint8_t id, struct bytes body)
{
	log_debug(p->cfg.log, "%s: sending code %u id %u, %zu bytes", p->auth.method->name, code,
		  id, body.len + CP_HDR_LEN);
	ppp_send(p, p->auth.method->protocol, code, id, body);
}

void auth_send_until_answered(struct ppp *p, uint8_t code, uint8_t id, struct bytes body)
{
	uint32_t ms = restart_next(&p->auth.restart);

	auth_send(p, code, id, body);
	if (restart_counts(ms))
		p->auth.sends_left--;
	p->auth.resend_ms = p->now_ms + ms;
}

static void stop_timers(struct ppp *p)
{
	p->auth.resend_ms = UINT64_MAX;
	p->auth.give_up_ms = UINT64_MAX;
}

void auth_succeeded(struct ppp *p)
{
	bool is_first = p->auth.state != AUTH_DONE; /* false after a challenge on an open link */

	stop_timers(p);
	p->auth.state = AUTH_DONE;
	p->auth.awaits_result = false;
	p->cfg.eap = NULL; /* belongs to the owner again */
	if (is_first)
		ppp_authenticated(p);
}

void auth_take_alternate_success(struct ppp *p)
{
	bool is_eap = p->auth.method && p->auth.method->is_conversation;

	if (is_eap && p->cfg.role == PPP_CLIENT && p->auth.state == AUTH_WAITING &&
	    p->auth.is_proven)
		auth_succeeded(p);
}

void auth_refused(struct ppp *p, uint16_t error, struct bytes text)
{
	ppp_note_detail(p, error, text);
	ppp_end(p, PPP_CLOSED_REFUSED);
}

void auth_check(struct ppp *p)
{
	p->auth.state = AUTH_CHECKING;
	p->auth.resend_ms = UINT64_MAX;
	ppp_emit(p, PPP_OUT_CHECK_PASSWORD);
}

void auth_fill_attempt(const struct ppp *p, struct ppp_attempt *attempt)
{
	const struct ppp_login *l = p->login;

	*attempt = (struct ppp_attempt){
		.method = lcp_agreed_auth(p),
		.identifier = p->auth.id,
		.user = bytes_of(l->user, l->user_len),
	};
	if (attempt->method == PPP_AUTH_PAP) {
		attempt->password = bytes_of(l->password, l->password_len);
		return;
	}
	attempt->challenge = bytes_of(l->challenge, sizeof(l->challenge));
	attempt->response =
		bytes_of(l->response,
			 attempt->method == PPP_AUTH_MSCHAPV2 ? MSCHAP_VALUE_LEN : CHAP_MD5_LEN);
}

static void take_servers(struct ppp *p, const struct ppp_auth_result *result)
{
	if (result->dns[0])
		memcpy(p->cfg.dns, result->dns, sizeof(p->cfg.dns));
	if (result->nbns[0])
		memcpy(p->cfg.nbns, result->nbns, sizeof(p->cfg.nbns));
}

void auth_finish(struct ppp *p, const struct ppp_auth_result *result)
{
	struct ppp_login *l = p->login;
	struct auth *a = &p->auth;

	if (a->state != AUTH_CHECKING)
		return; /* the link has moved on or ended since the check began */
	l->result = *result;
	l->result.message[sizeof(l->result.message) - 1] = '\0';
	p->ipcp.grant = result->ipv4;
	secret_wipe(l->password, sizeof(l->password));
	secret_wipe(l->response, sizeof(l->response));
	a->method->send_result(p);
	if (result->ok) {
		take_servers(p, result);
		memcpy(l->hlak, result->hlak, sizeof(l->hlak));
		auth_succeeded(p);
		return;
	}
	a->state = AUTH_REFUSED;
	a->resend_ms = p->now_ms + AUTH_PAUSE_MS;
	ppp_note_detail(p, result->error, bytes_of(NULL, 0));
	ppp_note_reason(p, PPP_CLOSED_REFUSED);
}

static void resend(struct ppp *p)
{
	if (p->auth.state == AUTH_REFUSED)
		ppp_end(p, PPP_CLOSED_REFUSED);
	else if (!p->auth.sends_left)
		ppp_end(p, PPP_CLOSED_AUTH_TIMEOUT);
	else
		p->auth.method->resend(p);
}

/* Without this text the client would take the login for refused, and not try again. */
void auth_note_unchecked(struct ppp *p)
{
	if (auth_is_checking(p) && !p->terminate_text)
		p->terminate_text = PPP_UNCHECKED_TEXT;
}

static void give_up(struct ppp *p)
{
	auth_note_unchecked(p);
	ppp_end(p, PPP_CLOSED_AUTH_TIMEOUT);
}

void auth_tick(struct ppp *p)
{
	if (p->auth.give_up_ms <= p->now_ms)
		give_up(p);
	else if (p->auth.resend_ms <= p->now_ms)
		resend(p);
}

uint64_t auth_deadline(const struct ppp *p)
{
	return p->auth.resend_ms < p->auth.give_up_ms ? p->auth.resend_ms : p->auth.give_up_ms;
}
