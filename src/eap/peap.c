/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Phase 1 is the handshake; an empty packet of the client confirms its end. In phase 2 each message
 * is one packet of the inner conversation, whose result is a TLV, confirmed by the same TLV.
 */
#include "eap/peap.h"

#include <stdio.h>

#include "util/secret.h"

/* An isolated inner packet with its header. */
struct inner {
	uint8_t bytes[EAP_PACKET_MAX + EAP_HDR_LEN];
	struct writer w;
};

static struct bytes inner_of(struct inner *i, const struct tls_pipe *pipe, uint8_t code, uint8_t id)
{
	i->w = writer_of(i->bytes, sizeof(i->bytes));
	peap_wrap(&i->w, code, id, bytes_of(pipe->plain, pipe->plain_len));
	return bytes_of(i->bytes, i->w.len);
}

static bool is_tlvs(struct bytes packet, struct bytes *data)
{
	struct eap_packet p;
	bool ok = eap_packet_get(packet, &p) && !p.vendor && p.type == PEAP_TLV_TYPE;

	if (ok)
		*data = p.data;
	return ok;
}

static void inner_key(const struct eap_choice *chosen, uint8_t isk[PEAP_ISK_LEN])
{
	uint8_t msk[EAP_MSK_LEN];

	chosen->method->key(chosen->self, msk);
	memcpy(isk, msk, PEAP_ISK_LEN);
	secret_wipe(msk, sizeof(msk));
}

/* Sends TLVs, which are a whole packet also inside. */
static void send_tlvs(struct tls_pipe *pipe, uint8_t code, uint8_t id, const struct writer *tlvs,
		      struct writer *out)
{
	uint8_t bytes[128];
	struct writer w = writer_of(bytes, sizeof(bytes));
	struct eap_packet packet = {
		.code = code,
		.id = id,
		.type = PEAP_TLV_TYPE,
		.data = bytes_of(tlvs->at, tlvs->len),
	};

	eap_packet_put(&w, &packet);
	tls_pipe_write(pipe, bytes_of(bytes, w.len));
	tls_pipe_put(pipe, out);
}

static void send_result(struct tls_pipe *pipe, uint8_t code, uint8_t id, enum peap_result result,
			struct writer *out)
{
	uint8_t bytes[16];
	struct writer w = writer_of(bytes, sizeof(bytes));

	peap_put_result(&w, result);
	send_tlvs(pipe, code, id, &w, out);
}

/* ---- client */

static enum eap_step peer_fails(struct peap_peer *p, const char *why)
{
	if (!p->error.text[0])
		snprintf(p->error.text, sizeof(p->error.text), "%s", why);
	return EAP_STEP_FAIL;
}

/* A failure of the session: our alert is sent, and the server's Failure follows. */
static enum eap_step peer_session_fails(struct peap_peer *p, struct writer *out)
{
	if (!p->error.text[0]) {
		p->is_untrusted = tls_is_untrusted(p->pipe.tls);
		p->error = *tls_error_of(p->pipe.tls);
	}
	if (!tls_pipe_has_output(&p->pipe))
		return peer_fails(p, "the TLS session of PEAP is broken");
	tls_pipe_put(&p->pipe, out);
	return EAP_STEP_SEND;
}

/* The server offers its highest version; our answer, version 0, is what both use then. */
static enum eap_step peer_starts(struct peap_peer *p, struct writer *out)
{
	p->has_key = p->is_done = p->inner.is_done = false;
	p->inner.chosen = NULL;
	if (!tls_pipe_open(&p->pipe, p->ctx, p->name))
		return peer_fails(p, "out of memory");
	tls_pipe_start(&p->pipe);
	if (!tls_pipe_has_output(&p->pipe))
		return peer_session_fails(p, out);
	tls_pipe_put(&p->pipe, out);
	return EAP_STEP_SEND;
}

/* The server has the same right to our answer if it is wrong: a failure is confirmed too. */
static enum eap_step refuse_result(struct peap_peer *p, uint8_t id, const char *why,
				   struct writer *out)
{
	peer_fails(p, why);
	send_result(&p->pipe, EAP_RESPONSE, id, PEAP_FAILURE, out);
	return EAP_STEP_SEND;
}

static enum eap_step confirm_success(struct peap_peer *p, uint8_t id, const struct peap_tlvs *tlvs,
				     struct writer *out)
{
	uint8_t bytes[80], isk[PEAP_ISK_LEN];
	struct writer w = writer_of(bytes, sizeof(bytes));
	struct peap_keys keys;
	bool is_good;

	inner_key(p->inner.chosen, isk);
	peap_keys(p->key, isk, &keys);
	memcpy(p->msk, p->key, sizeof(p->msk));
	peap_put_result(&w, PEAP_SUCCESS);
	is_good =
		!tlvs->binding || peap_binding_is_good(tlvs->binding, PEAP_BINDING_REQUEST, &keys);
	if (tlvs->binding && is_good) {
		peap_put_binding(&w, PEAP_BINDING_RESPONSE, peap_nonce_of(tlvs->binding), &keys);
		peap_csk(&keys, p->msk);
	}
	secret_wipe(isk, sizeof(isk));
	secret_wipe(&keys, sizeof(keys));
	if (!is_good)
		return refuse_result(p, id,
				     "PEAP's crypto binding is wrong: somebody is between "
				     "this client and the server that checks the login",
				     out);
	send_tlvs(&p->pipe, EAP_RESPONSE, id, &w, out);
	p->is_done = true;
	return EAP_STEP_DONE;
}

static enum eap_step nak_tlv(struct peap_peer *p, uint8_t id, uint16_t unknown, struct writer *out)
{
	uint8_t bytes[16];
	struct writer w = writer_of(bytes, sizeof(bytes));

	peap_put_nak(&w, unknown);
	send_tlvs(&p->pipe, EAP_RESPONSE, id, &w, out);
	return EAP_STEP_SEND;
}

static enum eap_step peer_takes_tlvs(struct peap_peer *p, uint8_t id, const struct peap_tlvs *tlvs,
				     struct writer *out)
{
	if (tlvs->unknown)
		return nak_tlv(p, id, tlvs->unknown, out);
	if (tlvs->result == PEAP_FAILURE) { /* the inner method may have said why */
		send_result(&p->pipe, EAP_RESPONSE, id, PEAP_FAILURE, out);
		return EAP_STEP_SEND;
	}
	if (!p->inner.is_done)
		return refuse_result(p, id, "the server ends PEAP before the login inside it", out);
	if (!tlvs->binding && p->requires_binding)
		return refuse_result(p, id,
				     "the server sends no crypto binding for PEAP "
				     "(--peap-binding requires it)",
				     out);
	return confirm_success(p, id, tlvs, out);
}

/* Also a statement of health, and other TLVs without a result: our Nak names the methods. */
static enum eap_step peer_converses(struct peap_peer *p, struct bytes packet, struct writer *out)
{
	uint8_t bytes[EAP_PACKET_MAX];
	struct writer w = writer_of(bytes, sizeof(bytes));
	enum eap_step step = eap_peer_input(&p->inner, packet, &w);

	if (step == EAP_STEP_DROP)
		return peer_fails(p, "the server's packet inside PEAP was not expected");
	if (step == EAP_STEP_FAIL)
		return step;
	tls_pipe_write(&p->pipe, peap_unwrap(bytes_of(bytes, w.len)));
	tls_pipe_put(&p->pipe, out);
	return EAP_STEP_SEND;
}

static enum eap_step peer_phase_2(struct peap_peer *p, uint8_t id, struct writer *out)
{
	struct inner inner;
	struct bytes packet = inner_of(&inner, &p->pipe, EAP_REQUEST, id), data;
	struct peap_tlvs tlvs;

	if (!is_tlvs(packet, &data))
		return peer_converses(p, packet, out);
	if (!peap_tlvs_get(data, &tlvs))
		return peer_fails(p, "the server's TLVs inside PEAP are malformed");
	if (!tlvs.result && !tlvs.unknown)
		return peer_converses(p, packet, out);
	return peer_takes_tlvs(p, id, &tlvs, out);
}

static enum eap_step peer_takes_message(struct peap_peer *p, uint8_t id, struct writer *out)
{
	struct tls_pipe *pipe = &p->pipe;

	if (pipe->is_broken)
		return peer_session_fails(p, out);
	if (pipe->is_up && !p->has_key)
		p->has_key = tls_eap_key(pipe->tls, EAP_PEAP, p->key);
	if (pipe->is_up && !p->has_key)
		return peer_fails(p, "the TLS library gives no key for EAP");
	if (pipe->plain_len)
		return peer_phase_2(p, id, out);
	tls_pipe_put(pipe, out); /* the next flight, or the confirmation of the last one */
	return EAP_STEP_SEND;
}

static enum eap_step peer_input(void *self, const struct eap_packet *in, struct writer *out)
{
	struct peap_peer *p = self;

	if (in->data.len && in->data.at[0] & TLS_PIPE_START)
		return p->pipe.tls && p->pipe.is_up ? EAP_STEP_DROP : peer_starts(p, out);
	if (p->is_done)
		return EAP_STEP_DROP;
	switch (tls_pipe_take(&p->pipe, in->data)) {
	case TLS_PIPE_DROP:
		return EAP_STEP_DROP;
	case TLS_PIPE_CONTINUE:
	case TLS_PIPE_CONFIRMED:
		tls_pipe_put(&p->pipe, out);
		return EAP_STEP_SEND;
	case TLS_PIPE_MESSAGE:
		break;
	}
	return peer_takes_message(p, in->id, out);
}

static void peer_key(const void *self, uint8_t msk[EAP_MSK_LEN])
{
	memcpy(msk, ((const struct peap_peer *)self)->msk, EAP_MSK_LEN);
}

const struct eap_method peap_peer = {
	.name = "peap",
	.type = EAP_PEAP,
	.input = peer_input,
	.key = peer_key,
};

void peap_peer_close(struct peap_peer *p)
{
	tls_pipe_close(&p->pipe);
	secret_wipe(p->key, sizeof(p->key));
	secret_wipe(p->msk, sizeof(p->msk));
}

/* ---- server */

static enum eap_step server_begin(void *self, uint8_t id, struct writer *out)
{
	struct peap_server *s = self;

	(void)id;
	s->has_key = s->is_inner_done = false;
	if (!tls_pipe_open(&s->pipe, s->ctx, NULL))
		return EAP_STEP_FAIL;
	put_u8(out, TLS_PIPE_START); /* version 0 is the only one */
	return EAP_STEP_SEND;
}

static enum eap_step server_fails(struct peap_server *s, const char *why)
{
	if (!s->error.text[0])
		snprintf(s->error.text, sizeof(s->error.text), "%.380s", why);
	return EAP_STEP_FAIL;
}

/* Our alert is the last Request. */
static enum eap_step server_session_fails(struct peap_server *s, struct writer *out)
{
	const struct error *error = tls_error_of(s->pipe.tls);

	if (tls_pipe_has_output(&s->pipe))
		tls_pipe_put(&s->pipe, out);
	return server_fails(s, error->text[0] ? error->text : "the TLS session of PEAP is broken");
}

static enum eap_step begin_phase_2(struct peap_server *s, struct writer *out)
{
	static const uint8_t identity = EAP_IDENTITY;

	if (!s->pipe.is_up || s->has_key)
		return EAP_STEP_DROP;
	s->has_key = tls_eap_key(s->pipe.tls, EAP_PEAP, s->key);
	if (!s->has_key)
		return server_fails(s, "the TLS library gives no key for EAP");
	tls_pipe_write(&s->pipe, bytes_of(&identity, sizeof(identity)));
	tls_pipe_put(&s->pipe, out);
	return EAP_STEP_SEND;
}

static enum eap_step send_success(struct peap_server *s, uint8_t id, struct writer *out)
{
	uint8_t bytes[80], isk[PEAP_ISK_LEN];
	struct writer w = writer_of(bytes, sizeof(bytes));

	s->is_inner_done = true;
	inner_key(s->inner.chosen, isk);
	peap_keys(s->key, isk, &s->keys);
	s->random(s->random_arg, s->nonce, sizeof(s->nonce));
	peap_put_result(&w, PEAP_SUCCESS);
	peap_put_binding(&w, PEAP_BINDING_REQUEST, s->nonce, &s->keys);
	send_tlvs(&s->pipe, EAP_REQUEST, id, &w, out);
	secret_wipe(isk, sizeof(isk));
	return EAP_STEP_SEND;
}

static enum eap_step server_converses(struct peap_server *s, uint8_t id, struct bytes packet,
				      struct writer *out)
{
	uint8_t bytes[EAP_PACKET_MAX];
	struct writer w = writer_of(bytes, sizeof(bytes));

	switch (eap_server_input(&s->inner, packet, &w)) {
	case EAP_STEP_SEND:
		tls_pipe_write(&s->pipe, peap_unwrap(bytes_of(bytes, w.len)));
		tls_pipe_put(&s->pipe, out);
		return EAP_STEP_SEND;
	case EAP_STEP_DONE:
		return send_success(s, (uint8_t)(id + 1), out);
	case EAP_STEP_DROP:
	case EAP_STEP_FAIL:
		break;
	}
	send_result(&s->pipe, EAP_REQUEST, (uint8_t)(id + 1), PEAP_FAILURE, out);
	return EAP_STEP_FAIL;
}

static bool is_binding_good(const struct peap_server *s, const uint8_t *binding)
{
	return peap_binding_is_good(binding, PEAP_BINDING_RESPONSE, &s->keys) &&
	       ct_equal(peap_nonce_of(binding), s->nonce, sizeof(s->nonce));
}

/* The client has confirmed the result. Only a client of a former version sends no binding. */
static enum eap_step server_takes_tlvs(struct peap_server *s, struct bytes data)
{
	struct peap_tlvs tlvs;

	if (!peap_tlvs_get(data, &tlvs) || tlvs.result != PEAP_SUCCESS)
		return server_fails(s, "the client does not confirm the result of PEAP");
	if (!tlvs.binding && s->requires_binding)
		return server_fails(s, "the client sends no crypto binding for PEAP");
	if (tlvs.binding && !is_binding_good(s, tlvs.binding))
		return server_fails(s, "the client's crypto binding for PEAP is wrong: somebody "
				       "may be between the client and this server");
	memcpy(s->msk, s->key, sizeof(s->msk));
	if (tlvs.binding)
		peap_csk(&s->keys, s->msk);
	return EAP_STEP_DONE;
}

static enum eap_step server_phase_2(struct peap_server *s, uint8_t id, struct writer *out)
{
	struct inner inner;
	struct bytes packet = inner_of(&inner, &s->pipe, EAP_RESPONSE, id), data;

	if (!s->is_inner_done)
		return server_converses(s, id, packet, out);
	if (is_tlvs(packet, &data))
		return server_takes_tlvs(s, data);
	return server_fails(s, "the client does not confirm the result of PEAP");
}

static enum eap_step server_takes_message(struct peap_server *s, uint8_t id, struct writer *out)
{
	struct tls_pipe *pipe = &s->pipe;

	if (pipe->is_broken || (pipe->plain_len && !s->has_key))
		return server_session_fails(s, out);
	if (pipe->plain_len)
		return server_phase_2(s, id, out);
	if (s->has_key)
		return server_fails(s, "the client's message inside PEAP is empty");
	tls_pipe_put(pipe, out);
	return EAP_STEP_SEND;
}

static enum eap_step server_input(void *self, const struct eap_packet *in, struct writer *out)
{
	struct peap_server *s = self;

	switch (tls_pipe_take(&s->pipe, in->data)) {
	case TLS_PIPE_DROP:
		return EAP_STEP_DROP;
	case TLS_PIPE_CONFIRMED:
		return begin_phase_2(s, out);
	case TLS_PIPE_CONTINUE:
		tls_pipe_put(&s->pipe, out);
		return EAP_STEP_SEND;
	case TLS_PIPE_MESSAGE:
		break;
	}
	return server_takes_message(s, in->id, out);
}

static void server_key(const void *self, uint8_t msk[EAP_MSK_LEN])
{
	memcpy(msk, ((const struct peap_server *)self)->msk, EAP_MSK_LEN);
}

const struct eap_method peap_server = {
	.name = "peap",
	.type = EAP_PEAP,
	.begin = server_begin,
	.input = server_input,
	.key = server_key,
};

void peap_server_close(struct peap_server *s)
{
	tls_pipe_close(&s->pipe);
	secret_wipe(s->key, sizeof(s->key));
	secret_wipe(s->msk, sizeof(s->msk));
	secret_wipe(&s->keys, sizeof(s->keys));
}
