/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Challenge Handshake Authentication Protocol, RFC 1994: with MD5, and as MS-CHAPv2 (RFC 2759). The
 * two differ in the Value of the Response and in the text of Success and Failure.
 */
#include "ppp/auth.h"
#include "ppp/engine.h"
#include "ppp/mschap_message.h"
#include "util/secret.h"

#include <stdio.h>

/* RFC 1994 section 4 */
enum {
	CHAP_CHALLENGE = 1,
	CHAP_RESPONSE,
	CHAP_SUCCESS,
	CHAP_FAILURE,
	CHAP_CHANGE_PASSWORD = 7, /* RFC 2759 section 7 */
};

enum {
	VALUE_MAX = 255,
};

static bool is_mschapv2(const struct ppp *p)
{
	return p->auth.method == &mschapv2_method;
}

/* Value-Size, Value, Name. */
static bool get_value(const struct cp_packet *in, struct bytes *value, struct bytes *name)
{
	struct reader r = reader_of(in->body.at, in->body.len);

	value->len = get_u8(&r);
	value->at = get_bytes(&r, value->len);
	*name = bytes_of(r.at, r.left);
	return !r.bad;
}

static void put_value(struct writer *w, struct bytes value, struct bytes name)
{
	put_u8(w, (uint8_t)value.len);
	put_bytes(w, value.at, value.len);
	put_bytes(w, name.at, name.len);
}

/* ---- client */

static void respond(struct ppp *p, uint8_t id, struct bytes value)
{
	uint8_t bytes[1 + MSCHAP_VALUE_LEN + PPP_NAME_MAX];
	struct writer w = writer_of(bytes, sizeof(bytes));

	put_value(&w, value, bytes_text(p->cfg.user));
	if (w.full) {
		auth_refused(p, 0, bytes_text("the user name is too long for CHAP"));
		return;
	}
	p->auth.id = id;
	p->auth.has_challenge = true;
	p->auth.awaits_result = p->auth.state != AUTH_DONE;
	auth_send(p, CHAP_RESPONSE, id, bytes_of(bytes, w.len));
	ppp_sent_credentials(p);
}

static void respond_md5(struct ppp *p, uint8_t id, struct bytes challenge)
{
	uint8_t digest[CHAP_MD5_LEN];

	chap_md5(id, bytes_text(p->cfg.password), challenge, digest);
	memset(p->login->hlak, 0, sizeof(p->login->hlak)); /* CHAP-MD5 makes no keys */
	respond(p, id, bytes_of(digest, sizeof(digest)));
}

static struct bytes password_of(const struct ppp *p)
{
	return bytes_text(p->auth.is_changing ? p->cfg.new_password : p->cfg.password);
}

/* Also computes the server's authenticator and the keys. */
static bool fill_mschapv2(struct ppp *p, uint8_t value[MSCHAP_VALUE_LEN])
{
	struct ppp_login *l = p->login;
	uint8_t hlak[MSCHAP_HLAK_LEN];

	memcpy(value, l->peer_challenge, MSCHAP_CHALLENGE_LEN);
	if (!mschap_respond(password_of(p), bytes_text(p->cfg.user), l->challenge, value,
			    l->expected, hlak))
		return false;
	/* the crypto binding uses the key of the first authentication */
	if (p->auth.state != AUTH_DONE)
		memcpy(l->hlak, hlak, sizeof(l->hlak));
	secret_wipe(hlak, sizeof(hlak));
	return true;
}

/* A repeated challenge gets the same response, with the same peer challenge. */
static void respond_mschapv2(struct ppp *p, uint8_t id, struct bytes challenge)
{
	struct ppp_login *l = p->login;
	struct auth *a = &p->auth;
	uint8_t value[MSCHAP_VALUE_LEN];

	if (challenge.len != sizeof(l->challenge))
		return;
	if (!a->has_challenge || a->id != id || memcmp(l->challenge, challenge.at, challenge.len)) {
		memcpy(l->challenge, challenge.at, challenge.len);
		ppp_random(p, l->peer_challenge, sizeof(l->peer_challenge));
	}
	if (fill_mschapv2(p, value))
		respond(p, id, bytes_of(value, sizeof(value)));
	else
		auth_refused(
			p, 0,
			bytes_text(
				"the password is not valid UTF-8, or is too long for MS-CHAPv2"));
}

/*
 * A server may challenge its peer again at any time (RFC 1994 section 2), and some do so twice
 * before the result. Both the number and the rate of challenges are limited.
 */
static bool may_challenge(struct ppp *p)
{
	if (p->auth.state == AUTH_DONE)
		return ppp_may_reject(p);
	if (++p->auth.challenges <= AUTH_MAX_CHALLENGES)
		return true;
	ppp_end(p, PPP_CLOSED_AUTH_TIMEOUT);
	return false;
}

static void take_challenge(struct ppp *p, const struct cp_packet *in)
{
	struct bytes value, name;

	if (!get_value(in, &value, &name) || !value.len || !may_challenge(p))
		return;
	log_debug(p->cfg.log, "%s: challenge from %s", p->auth.method->name,
		  log_quote(name.at, name.len).text);
	if (is_mschapv2(p))
		respond_mschapv2(p, in->id, value);
	else
		respond_md5(p, in->id, value);
}

static void take_success(struct ppp *p, const struct cp_packet *in)
{
	if (is_mschapv2(p) && !mschap_success_is(in->body, p->login->expected)) {
		ppp_end(p, PPP_CLOSED_FALSE_SERVER);
		return;
	}
	log_debug(p->cfg.log, "%s: success", p->auth.method->name);
	auth_succeeded(p);
}

/* RFC 2759 section 7. The server proves itself, and the keys are made, by the new password. */
static void change_password(struct ppp *p, uint8_t id, const struct mschap_failure *f)
{
	uint8_t bytes[MSCHAP_CHANGE_LEN + MSCHAP_VALUE_LEN + 1], random[MSCHAP_CHANGE_RANDOM];
	uint8_t value[MSCHAP_VALUE_LEN];
	struct writer w = writer_of(bytes, sizeof(bytes));
	bool ok;

	if (f->has_challenge)
		memcpy(p->login->challenge, f->challenge, sizeof(p->login->challenge));
	ppp_random(p, p->login->peer_challenge, sizeof(p->login->peer_challenge));
	ppp_random(p, random, sizeof(random));
	ok = mschap_put_change(&w, bytes_text(p->cfg.password), bytes_text(p->cfg.new_password),
			       random);
	p->auth.is_changing = true;
	if (!ok || !fill_mschapv2(p, value)) {
		auth_refused(p, 0,
			     bytes_text("the new password is not valid UTF-8, or is too long"));
		return;
	}
	put_bytes(&w, value, sizeof(value) - 1);
	put_u16(&w, 0); /* Flags */
	p->auth.id = id;
	auth_send(p, CHAP_CHANGE_PASSWORD, id, bytes_of(bytes, w.len));
	secret_wipe(random, sizeof(random));
}

/*
 * RFC 2759 section 6. R=1 allows another password, which only the user has: that is for another
 * connection.
 */
static void take_failure(struct ppp *p, const struct cp_packet *in)
{
	struct mschap_failure f = { .text = in->body };

	if (is_mschapv2(p))
		mschap_failure_get(in->body, &f);
	if (f.error == MSCHAP_PASSWORD_EXPIRED && p->cfg.new_password && !p->auth.is_changing) {
		change_password(p, (uint8_t)(in->id + 1), &f);
		return;
	}
	p->auth.may_retry = f.may_retry;
	auth_refused(p, f.error, f.text);
}

static void client_input(struct ppp *p, const struct cp_packet *in)
{
	bool is_result = p->auth.has_challenge && in->id == p->auth.id;

	if (in->code == CHAP_CHALLENGE)
		take_challenge(p, in);
	if (in->code == CHAP_SUCCESS && is_result)
		take_success(p, in);
	if (in->code == CHAP_FAILURE && is_result)
		take_failure(p, in);
}

/* ---- server */

/* A repeat is identical, so that a late Response still matches (pppd does the same). */
static void send_challenge(struct ppp *p)
{
	uint8_t bytes[1 + MSCHAP_CHALLENGE_LEN + PPP_NAME_MAX];
	struct writer w = writer_of(bytes, sizeof(bytes));
	struct bytes name = bytes_text(p->cfg.name ? p->cfg.name : "");

	name.len = name.len < PPP_NAME_MAX ? name.len : PPP_NAME_MAX;
	put_value(&w, bytes_of(p->login->challenge, sizeof(p->login->challenge)), name);
	auth_send_until_answered(p, CHAP_CHALLENGE, p->auth.id, bytes_of(bytes, w.len));
}

static void take_response(struct ppp *p, const struct cp_packet *in)
{
	struct ppp_login *l = p->login;
	struct auth *a = &p->auth;
	struct bytes value, name;

	if (in->id != a->id || !get_value(in, &value, &name) || name.len > sizeof(l->user) ||
	    value.len != (is_mschapv2(p) ? MSCHAP_VALUE_LEN : CHAP_MD5_LEN))
		return;
	if (a->state == AUTH_WAITING) {
		memcpy(l->response, value.at, value.len);
		memcpy(l->user, name.at, name.len);
		l->user_len = (uint16_t)name.len;
		auth_check(p);
	} else if (a->state != AUTH_CHECKING) {
		a->method->send_result(p); /* RFC 1994 section 4.1: the same result again */
	}
}

static void failure_text(const struct ppp *p, char to[MSCHAP_FAILURE_MAX])
{
	const struct ppp_auth_result *result = &p->login->result;
	uint8_t challenge[MSCHAP_CHALLENGE_LEN];

	ppp_random(p, challenge, sizeof(challenge));
	mschap_failure_put(to, result->error ? result->error : MSCHAP_WRONG_PASSWORD, challenge,
			   result->message);
}

static void chap_send_result(struct ppp *p)
{
	const struct ppp_auth_result *result = &p->login->result;
	char text[MSCHAP_FAILURE_MAX];

	if (is_mschapv2(p) && !result->ok)
		failure_text(p, text);
	else
		snprintf(text, sizeof(text), "%s", result->message);
	auth_send(p, result->ok ? CHAP_SUCCESS : CHAP_FAILURE, p->auth.id, bytes_text(text));
}

/* ---- both */

static void chap_start(struct ppp *p)
{
	if (p->cfg.role == PPP_CLIENT)
		return;
	ppp_random(p, p->login->challenge, sizeof(p->login->challenge));
	ppp_random(p, &p->auth.id, sizeof(p->auth.id));
	send_challenge(p);
}

static void chap_input(struct ppp *p, const struct cp_packet *in)
{
	if (p->cfg.role == PPP_CLIENT)
		client_input(p, in);
	else if (in->code == CHAP_RESPONSE)
		take_response(p, in);
}

const struct auth_method chap_md5_method = {
	.name = "chap",
	.protocol = PPP_PROTO_CHAP,
	.algorithm = CHAP_ALGORITHM_MD5,
	.start = chap_start,
	.input = chap_input,
	.resend = send_challenge,
	.send_result = chap_send_result,
};

const struct auth_method mschapv2_method = {
	.name = "mschapv2",
	.protocol = PPP_PROTO_CHAP,
	.algorithm = CHAP_ALGORITHM_MSCHAPV2,
	.start = chap_start,
	.input = chap_input,
	.resend = send_challenge,
	.send_result = chap_send_result,
};
