/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The client responds to a Challenge, verifies the server's S= and confirms it. The server has the
 * Response checked by its owner. A refusal is EAP_STEP_FAIL with a Failure Request written: the
 * owner decides when it is sent.
 */
#include "eap/eap_mschapv2.h"

#include <stdio.h>

#include "util/secret.h"

enum opcode {
	OP_CHALLENGE = 1,
	OP_RESPONSE,
	OP_SUCCESS,
	OP_FAILURE,
	OP_CHANGE_PASSWORD = 7,
};

enum {
	HDR_LEN = 4, /* OpCode, MS-CHAPv2-ID, MS-Length */
	RESERVED_LEN = 8,
};

struct message {
	uint8_t op, id;
	struct bytes body;
};

/*
 * The Responses to Success and Failure are an OpCode alone. Some peers pad, so MS-Length may be
 * shorter than the packet.
 */
static bool message_get(struct bytes data, struct message *m)
{
	struct reader r = reader_of(data.at, data.len);
	size_t len;

	*m = (struct message){ .op = get_u8(&r) };
	if (!r.bad && !r.left)
		return m->op == OP_SUCCESS || m->op == OP_FAILURE;
	m->id = get_u8(&r);
	len = get_u16(&r);
	if (r.bad || len < HDR_LEN || len - HDR_LEN > r.left)
		return false;
	m->body = bytes_of(r.at, len - HDR_LEN);
	return true;
}

/* Writes the header; message_end fills in the length. */
static size_t message_begin(struct writer *w, uint8_t op, uint8_t id)
{
	size_t start = w->len;

	put_u8(w, op);
	put_u8(w, id);
	put_u16(w, 0);
	return start;
}

static void message_end(struct writer *w, size_t start)
{
	put_u16_at(w, start + 2, (uint16_t)(w->len - start));
}

static void fill_msk(const uint8_t hlak[MSCHAP_HLAK_LEN], uint8_t msk[EAP_MSK_LEN])
{
	memset(msk, 0, EAP_MSK_LEN);
	memcpy(msk, hlak, MSCHAP_HLAK_LEN);
}

/* ---- client */

static enum eap_step fail(struct eap_mschapv2_peer *p, enum mschapv2_fault fault)
{
	p->fault = fault;
	return EAP_STEP_FAIL;
}

/* Peer-Challenge, eight reserved bytes, NT-Response; also S= and the key that follow from them. */
static bool put_response(struct eap_mschapv2_peer *p, const char *password, struct writer *out)
{
	uint8_t value[MSCHAP_VALUE_LEN];
	bool ok;

	p->random(p->random_arg, value, MSCHAP_CHALLENGE_LEN);
	ok = mschap_respond(bytes_text(password), bytes_text(p->user), p->challenge, value,
			    p->expected, p->hlak);
	if (ok)
		put_bytes(out, value, MSCHAP_VALUE_LEN - 1); /* without the Flags */
	return ok;
}

static enum eap_step send_response(struct eap_mschapv2_peer *p, struct writer *out)
{
	size_t start = message_begin(out, OP_RESPONSE, p->id);

	put_u8(out, MSCHAP_VALUE_LEN);
	if (!put_response(p, p->password, out))
		return fail(p, MSCHAPV2_BAD_PASSWORD);
	put_u8(out, 0);
	put_bytes(out, p->user, strlen(p->user));
	message_end(out, start);
	p->has_response = true;
	return EAP_STEP_SEND;
}

static enum eap_step take_challenge(struct eap_mschapv2_peer *p, const struct message *m,
				    struct writer *out)
{
	struct reader r = reader_of(m->body.at, m->body.len);

	if (get_u8(&r) != MSCHAP_CHALLENGE_LEN)
		return EAP_STEP_DROP;
	get_copy(&r, p->challenge, sizeof(p->challenge));
	if (r.bad)
		return EAP_STEP_DROP;
	p->id = m->id;
	return send_response(p, out);
}

static enum eap_step take_success(struct eap_mschapv2_peer *p, const struct message *m,
				  struct writer *out)
{
	if (!p->has_response)
		return EAP_STEP_DROP;
	if (!mschap_success_is(m->body, p->expected))
		return fail(p, MSCHAPV2_FALSE_SERVER);
	p->is_changed = p->is_changing;
	p->fault = MSCHAPV2_NO_FAULT;
	put_u8(out, OP_SUCCESS);
	return EAP_STEP_DONE;
}

/* RFC 2759 section 7: the identifier is that of the Failure, plus one. */
static enum eap_step change_password(struct eap_mschapv2_peer *p, uint8_t id, struct writer *out)
{
	size_t start = message_begin(out, OP_CHANGE_PASSWORD, (uint8_t)(id + 1));
	uint8_t random[MSCHAP_CHANGE_RANDOM];
	bool ok;

	p->random(p->random_arg, random, sizeof(random));
	ok = mschap_put_change(out, bytes_text(p->password), bytes_text(p->new_password), random) &&
	     put_response(p, p->new_password, out);
	secret_wipe(random, sizeof(random));
	if (!ok)
		return fail(p, MSCHAPV2_BAD_PASSWORD);
	put_u16(out, 0);
	message_end(out, start);
	p->is_changing = true;
	return EAP_STEP_SEND;
}

/*
 * A Failure that cannot be answered by a new password is confirmed; an EAP-Failure follows. R=1
 * allows another password, which only the user has: that is a new attempt.
 */
static enum eap_step take_failure(struct eap_mschapv2_peer *p, const struct message *m,
				  struct writer *out)
{
	struct mschap_failure f;

	if (!p->has_response)
		return EAP_STEP_DROP;
	mschap_failure_get(m->body, &f);
	p->fault = MSCHAPV2_REFUSED;
	p->error = f.error;
	p->may_retry = f.may_retry;
	p->text_len = (uint8_t)(f.text.len < sizeof(p->text) ? f.text.len : sizeof(p->text));
	if (p->text_len)
		memcpy(p->text, f.text.at, p->text_len);
	if (f.has_challenge)
		memcpy(p->challenge, f.challenge, sizeof(p->challenge));
	if (f.error == MSCHAP_PASSWORD_EXPIRED && p->new_password && !p->is_changing)
		return change_password(p, m->id, out);
	p->has_response = false;
	put_u8(out, OP_FAILURE);
	return EAP_STEP_SEND;
}

static enum eap_step peer_input(void *self, const struct eap_packet *in, struct writer *out)
{
	struct eap_mschapv2_peer *p = self;
	struct message m;

	if (!message_get(in->data, &m))
		return EAP_STEP_DROP;
	switch (m.op) {
	case OP_CHALLENGE:
		return take_challenge(p, &m, out);
	case OP_SUCCESS:
		return take_success(p, &m, out);
	case OP_FAILURE:
		return take_failure(p, &m, out);
	default:
		return EAP_STEP_DROP;
	}
}

static void peer_key(const void *self, uint8_t msk[EAP_MSK_LEN])
{
	fill_msk(((const struct eap_mschapv2_peer *)self)->hlak, msk);
}

const struct eap_method eap_mschapv2_peer = {
	.name = "eap-mschapv2",
	.type = EAP_MSCHAPV2,
	.input = peer_input,
	.key = peer_key,
};

/* ---- server */

static enum eap_step server_begin(void *self, uint8_t id, struct writer *out)
{
	struct eap_mschapv2_server *s = self;
	size_t start = message_begin(out, OP_CHALLENGE, id);

	s->id = id;
	s->has_result = s->is_ok = false;
	s->random(s->random_arg, s->challenge, sizeof(s->challenge));
	put_u8(out, sizeof(s->challenge));
	put_bytes(out, s->challenge, sizeof(s->challenge));
	put_bytes(out, s->name, strlen(s->name));
	message_end(out, start);
	return EAP_STEP_SEND;
}

/* Some clients require the Identifier of the Challenge in the result. */
static void put_result(struct writer *out, enum opcode op, uint8_t id, const char *text)
{
	size_t start = message_begin(out, (uint8_t)op, id);

	put_bytes(out, text, strlen(text));
	message_end(out, start);
}

static enum eap_step refuse(struct eap_mschapv2_server *s, const struct ppp_auth_result *result,
			    struct writer *out)
{
	uint8_t challenge[MSCHAP_CHALLENGE_LEN];
	char text[MSCHAP_FAILURE_MAX];

	s->random(s->random_arg, challenge, sizeof(challenge));
	mschap_failure_put(text, result->error ? result->error : MSCHAP_WRONG_PASSWORD, challenge,
			   result->message);
	put_result(out, OP_FAILURE, s->id, text);
	return EAP_STEP_FAIL;
}

static enum eap_step check(struct eap_mschapv2_server *s, struct bytes value, struct bytes user,
			   struct writer *out)
{
	const struct ppp_attempt attempt = {
		.method = PPP_AUTH_MSCHAPV2,
		.identifier = s->id,
		.user = user,
		.challenge = bytes_of(s->challenge, sizeof(s->challenge)),
		.response = value,
	};
	struct ppp_auth_result result = { .ok = false };
	char text[PPP_MESSAGE_SIZE + 8];
	enum eap_step step = EAP_STEP_SEND;

	s->check(s->check_arg, &attempt, &result);
	s->has_result = true;
	s->is_ok = result.ok;
	if (result.ok) {
		memcpy(s->hlak, result.hlak, sizeof(s->hlak));
		snprintf(text, sizeof(text), "%s M=OK", result.message);
		put_result(out, OP_SUCCESS, s->id, text);
	} else {
		step = refuse(s, &result, out);
	}
	secret_wipe(&result, sizeof(result));
	return step;
}

static enum eap_step take_response(struct eap_mschapv2_server *s, const struct message *m,
				   struct writer *out)
{
	struct reader r = reader_of(m->body.at, m->body.len);
	struct bytes value;

	value.len = get_u8(&r);
	value.at = get_bytes(&r, value.len);
	if (r.bad || value.len != MSCHAP_VALUE_LEN || r.left > PPP_NAME_MAX || s->has_result)
		return EAP_STEP_DROP;
	return check(s, value, bytes_of(r.at, r.left), out);
}

static enum eap_step server_input(void *self, const struct eap_packet *in, struct writer *out)
{
	struct eap_mschapv2_server *s = self;
	struct message m;

	if (!message_get(in->data, &m))
		return EAP_STEP_DROP;
	if (m.op == OP_RESPONSE)
		return take_response(s, &m, out);
	if (m.op == OP_SUCCESS && s->has_result && s->is_ok)
		return EAP_STEP_DONE;
	/* the client does not believe our S=: it knows another password, or is attacked */
	return s->has_result ? EAP_STEP_FAIL : EAP_STEP_DROP;
}

static void server_key(const void *self, uint8_t msk[EAP_MSK_LEN])
{
	fill_msk(((const struct eap_mschapv2_server *)self)->hlak, msk);
}

const struct eap_method eap_mschapv2_server = {
	.name = "eap-mschapv2",
	.type = EAP_MSCHAPV2,
	.begin = server_begin,
	.input = server_input,
	.key = server_key,
};
