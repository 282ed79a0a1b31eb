/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Password Authentication Protocol, RFC 1334 section 2: name and password in clear, inside TLS. */
#include "ppp/auth.h"
#include "ppp/engine.h"
#include "util/secret.h"

/* Section 2.2 */
enum {
	PAP_REQUEST = 1,
	PAP_ACK,
	PAP_NAK,
};

/*
 * The periods of the Restart timer. A server whose LCP is open has received the request, since TCP
 * loses nothing, and it may check each request: a one-time password is wrong the second time. So a
 * repeat is only for a server that dropped the request, and is sent late.
 */
enum {
	REQUEST_MS = 5 * 1000,
	REQUEST_MAX_MS = 20 * 1000,
};

/* ---- client */

/* Writes the length in one byte, then the text. */
static void put_counted(struct writer *w, const char *text)
{
	size_t len = strlen(text);

	if (len > PPP_TEXT_MAX)
		w->full = true;
	put_u8(w, (uint8_t)len);
	put_bytes(w, text, len);
}

/* Each request has a new Identifier, also a repeat: section 2.2.1 says MUST. */
static void send_request(struct ppp *p)
{
	uint8_t bytes[2 * (1 + PPP_TEXT_MAX)];
	struct writer w = writer_of(bytes, sizeof(bytes));

	put_counted(&w, p->cfg.user);
	put_counted(&w, p->cfg.password);
	if (w.full)
		auth_refused(p, 0, bytes_text("the user name or the password is too long for PAP"));
	else
		auth_send_until_answered(p, PAP_REQUEST, ++p->auth.id, bytes_of(bytes, w.len));
	p->auth.awaits_result = !w.full;
	secret_wipe(bytes, sizeof(bytes));
	if (!w.full)
		ppp_sent_credentials(p);
}

/* A server that takes longer than our timer may reply to an earlier request. */
static bool is_reply(const struct auth *a, uint8_t id)
{
	return (uint8_t)(id - a->first_id) <= (uint8_t)(a->id - a->first_id);
}

static void take_reply(struct ppp *p, const struct cp_packet *in)
{
	struct reader r = reader_of(in->body.at, in->body.len);
	uint8_t len = get_u8(&r); /* 0 if there is no message, as from RouterOS */

	if (p->auth.state != AUTH_WAITING || !is_reply(&p->auth, in->id))
		return;
	if (in->code == PAP_NAK) {
		auth_refused(p, 0, bytes_of(r.at, len < r.left ? len : r.left));
		return;
	}
	memset(p->login->hlak, 0, sizeof(p->login->hlak)); /* PAP makes no keys */
	auth_succeeded(p);
}

/* ---- server */

static bool get_text(struct reader *r, uint8_t *to, size_t room, uint16_t *text_len)
{
	uint8_t len = get_u8(r);
	const uint8_t *at = get_bytes(r, len);

	if (!at || len > room)
		return false;
	memcpy(to, at, len);
	*text_len = len;
	return true;
}

static void take_request(struct ppp *p, const struct cp_packet *in)
{
	struct reader r = reader_of(in->body.at, in->body.len);
	struct ppp_login *l = p->login;
	struct auth *a = &p->auth;

	if (a->state == AUTH_WAITING) {
		if (!get_text(&r, l->user, sizeof(l->user), &l->user_len) ||
		    !get_text(&r, l->password, sizeof(l->password), &l->password_len))
			return;
		a->id = in->id;
		auth_check(p);
		return;
	}
	/* a repeat, whatever its contents: the one result replies to the last request */
	a->id = in->id;
	if (a->state != AUTH_CHECKING)
		a->method->send_result(p);
}

/* Section 2.2.2 */
static void pap_send_result(struct ppp *p)
{
	const struct ppp_auth_result *result = &p->login->result;
	uint8_t bytes[1 + sizeof(result->message)];
	struct writer w = writer_of(bytes, sizeof(bytes));

	put_u8(&w, (uint8_t)strlen(result->message));
	put_bytes(&w, result->message, strlen(result->message));
	auth_send(p, result->ok ? PAP_ACK : PAP_NAK, p->auth.id, bytes_of(bytes, w.len));
}

/* ---- both */

static void pap_start(struct ppp *p)
{
	if (p->cfg.role == PPP_SERVER)
		return;
	p->auth.first_id = (uint8_t)(p->auth.id + 1);
	p->auth.restart.max_ms = REQUEST_MAX_MS;
	if (p->auth.restart.next_ms < REQUEST_MS)
		p->auth.restart.next_ms = REQUEST_MS;
	send_request(p);
}

static void pap_input(struct ppp *p, const struct cp_packet *in)
{
	if (p->cfg.role == PPP_SERVER && in->code == PAP_REQUEST)
		take_request(p, in);
	if (p->cfg.role == PPP_CLIENT && (in->code == PAP_ACK || in->code == PAP_NAK))
		take_reply(p, in);
}

const struct auth_method pap_method = {
	.name = "pap",
	.protocol = PPP_PROTO_PAP,
	.start = pap_start,
	.input = pap_input,
	.resend = send_request,
	.send_result = pap_send_result,
};
