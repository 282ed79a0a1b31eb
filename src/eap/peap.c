/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Phase 1 is the handshake; an empty packet of the client confirms its end. In phase 2 each message
 * is one packet of the inner conversation, whose result is a TLV, confirmed by the same TLV.
 */
#include "eap/peap.h"

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

/* The server offers its highest version; our answer, version 0, is what both use then. */
static enum eap_step peer_starts(struct peap_peer *p, struct writer *out)
{
	p->inner.is_done = false;
	p->inner.chosen = NULL;
	return tls_end_start(&p->end, out);
}

/* The server has the same right to our answer if it is wrong: a failure is confirmed too. */
static enum eap_step refuse_result(struct peap_peer *p, uint8_t id, const char *why,
				   struct writer *out)
{
	tls_end_fail(&p->end, why);
	send_result(&p->end.pipe, EAP_RESPONSE, id, PEAP_FAILURE, out);
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
	peap_keys(p->end.key, isk, &keys);
	memcpy(p->end.msk, p->end.key, sizeof(p->end.msk));
	peap_put_result(&w, PEAP_SUCCESS);
	is_good =
		!tlvs->binding || peap_binding_is_good(tlvs->binding, PEAP_BINDING_REQUEST, &keys);
	if (tlvs->binding && is_good) {
		peap_put_binding(&w, PEAP_BINDING_RESPONSE, peap_nonce_of(tlvs->binding), &keys);
		peap_csk(&keys, p->end.msk);
	}
	secret_wipe(isk, sizeof(isk));
	secret_wipe(&keys, sizeof(keys));
	if (!is_good)
		return refuse_result(p, id,
				     "PEAP's crypto binding is wrong: somebody is between "
				     "this client and the server that checks the login",
				     out);
	send_tlvs(&p->end.pipe, EAP_RESPONSE, id, &w, out);
	p->end.is_done = true;
	return EAP_STEP_DONE;
}

static enum eap_step nak_tlv(struct peap_peer *p, uint8_t id, uint16_t unknown, struct writer *out)
{
	uint8_t bytes[16];
	struct writer w = writer_of(bytes, sizeof(bytes));

	peap_put_nak(&w, unknown);
	send_tlvs(&p->end.pipe, EAP_RESPONSE, id, &w, out);
	return EAP_STEP_SEND;
}

static enum eap_step peer_takes_tlvs(struct peap_peer *p, uint8_t id, const struct peap_tlvs *tlvs,
				     struct writer *out)
{
	if (tlvs->unknown)
		return nak_tlv(p, id, tlvs->unknown, out);
	if (tlvs->result == PEAP_FAILURE) { /* the inner method may have said why */
		send_result(&p->end.pipe, EAP_RESPONSE, id, PEAP_FAILURE, out);
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
		return tls_end_fail(&p->end, "the server's packet inside PEAP was not expected");
	if (step == EAP_STEP_FAIL)
		return step;
	tls_pipe_write(&p->end.pipe, peap_unwrap(bytes_of(bytes, w.len)));
	return tls_end_send(&p->end, out);
}

static enum eap_step peer_phase_2(struct peap_peer *p, uint8_t id, struct writer *out)
{
	struct inner inner;
	struct bytes packet = inner_of(&inner, &p->end.pipe, EAP_REQUEST, id), data;
	struct peap_tlvs tlvs;

	if (!is_tlvs(packet, &data))
		return peer_converses(p, packet, out);
	if (!peap_tlvs_get(data, &tlvs))
		return tls_end_fail(&p->end, "the server's TLVs inside PEAP are malformed");
	if (!tlvs.result && !tlvs.unknown)
		return peer_converses(p, packet, out);
	return peer_takes_tlvs(p, id, &tlvs, out);
}

static enum eap_step peer_takes_message(struct peap_peer *p, uint8_t id, struct writer *out)
{
	struct tls_pipe *pipe = &p->end.pipe;

	if (pipe->is_broken)
		return tls_end_client_breaks(&p->end, out);
	if (pipe->is_up && !tls_end_has_key(&p->end, EAP_PEAP))
		return EAP_STEP_FAIL;
	if (pipe->plain_len)
		return peer_phase_2(p, id, out);
	return tls_end_send(&p->end, out); /* the next flight, or its confirmation */
}

static enum eap_step peer_input(void *self, const struct eap_packet *in, struct writer *out)
{
	struct peap_peer *p = self;
	enum tls_pipe_step step;

	if (tls_end_is_start(&p->end, in))
		return peer_starts(p, out);
	if (p->end.is_done)
		return EAP_STEP_DROP;
	step = tls_pipe_take(&p->end.pipe, in->data);
	if (step == TLS_PIPE_MESSAGE)
		return peer_takes_message(p, in->id, out);
	return tls_end_carry(&p->end, step, out);
}

const struct eap_method peap_peer = {
	.name = "peap",
	.type = EAP_PEAP,
	.input = peer_input,
	.key = tls_end_msk,
};

void peap_peer_close(struct peap_peer *p)
{
	tls_end_close(&p->end);
}

/* ---- server */

static enum eap_step server_begin(void *self, uint8_t id, struct writer *out)
{
	struct peap_server *s = self;

	(void)id;
	s->is_inner_done = false;
	return tls_end_begin(&s->end, out);
}

static enum eap_step begin_phase_2(struct peap_server *s, struct writer *out)
{
	static const uint8_t identity = EAP_IDENTITY;

	if (!s->end.pipe.is_up || s->end.has_key)
		return EAP_STEP_DROP;
	if (!tls_end_has_key(&s->end, EAP_PEAP))
		return EAP_STEP_FAIL;
	tls_pipe_write(&s->end.pipe, bytes_of(&identity, sizeof(identity)));
	return tls_end_send(&s->end, out);
}

static enum eap_step send_success(struct peap_server *s, uint8_t id, struct writer *out)
{
	uint8_t bytes[80], isk[PEAP_ISK_LEN];
	struct writer w = writer_of(bytes, sizeof(bytes));

	s->is_inner_done = true;
	inner_key(s->inner.chosen, isk);
	peap_keys(s->end.key, isk, &s->keys);
	s->random(s->random_arg, s->nonce, sizeof(s->nonce));
	peap_put_result(&w, PEAP_SUCCESS);
	peap_put_binding(&w, PEAP_BINDING_REQUEST, s->nonce, &s->keys);
	send_tlvs(&s->end.pipe, EAP_REQUEST, id, &w, out);
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
		tls_pipe_write(&s->end.pipe, peap_unwrap(bytes_of(bytes, w.len)));
		return tls_end_send(&s->end, out);
	case EAP_STEP_DONE:
		return send_success(s, (uint8_t)(id + 1), out);
	case EAP_STEP_DROP:
	case EAP_STEP_FAIL:
		break;
	}
	send_result(&s->end.pipe, EAP_REQUEST, (uint8_t)(id + 1), PEAP_FAILURE, out);
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
		return tls_end_fail(&s->end, "the client does not confirm the result of PEAP");
	if (!tlvs.binding && s->requires_binding)
		return tls_end_fail(&s->end, "the client sends no crypto binding for PEAP");
	if (tlvs.binding && !is_binding_good(s, tlvs.binding))
		return tls_end_fail(&s->end,
				    "the client's crypto binding for PEAP is wrong: somebody "
				    "may be between the client and this server");
	memcpy(s->end.msk, s->end.key, sizeof(s->end.msk));
	if (tlvs.binding)
		peap_csk(&s->keys, s->end.msk);
	return EAP_STEP_DONE;
}

static enum eap_step server_phase_2(struct peap_server *s, uint8_t id, struct writer *out)
{
	struct inner inner;
	struct bytes packet = inner_of(&inner, &s->end.pipe, EAP_RESPONSE, id), data;

	if (!s->is_inner_done)
		return server_converses(s, id, packet, out);
	if (is_tlvs(packet, &data))
		return server_takes_tlvs(s, data);
	return tls_end_fail(&s->end, "the client does not confirm the result of PEAP");
}

static enum eap_step server_takes_message(struct peap_server *s, uint8_t id, struct writer *out)
{
	struct tls_pipe *pipe = &s->end.pipe;

	if (pipe->is_broken || (pipe->plain_len && !s->end.has_key))
		return tls_end_server_breaks(&s->end, out);
	if (pipe->plain_len)
		return server_phase_2(s, id, out);
	if (s->end.has_key)
		return tls_end_fail(&s->end, "the client's message inside PEAP is empty");
	return tls_end_send(&s->end, out);
}

static enum eap_step server_input(void *self, const struct eap_packet *in, struct writer *out)
{
	struct peap_server *s = self;
	enum tls_pipe_step step = tls_pipe_take(&s->end.pipe, in->data);

	if (step == TLS_PIPE_MESSAGE)
		return server_takes_message(s, in->id, out);
	if (step == TLS_PIPE_CONFIRMED)
		return begin_phase_2(s, out);
	return tls_end_carry(&s->end, step, out);
}

const struct eap_method peap_server = {
	.name = "peap",
	.type = EAP_PEAP,
	.begin = server_begin,
	.input = server_input,
	.key = tls_end_msk,
};

void peap_server_close(struct peap_server *s)
{
	tls_end_close(&s->end);
	secret_wipe(&s->keys, sizeof(s->keys));
}
