/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * With TLS 1.2 the last flight is the server's, and an empty Response confirms it. With TLS 1.3 it
 * is the client's, and the server says by a byte 00 in the session that it has accepted it (RFC
 * 9190 section 2.5); an empty Response confirms that.
 */
#include "eap/eap_tls.h"

/* The key is there, and the MSK is its first half (RFC 5216 section 2.3). */
static bool take_key(struct tls_end *e)
{
	if (!tls_end_has_key(e, EAP_TLS))
		return false;
	memcpy(e->msk, e->key, sizeof(e->msk));
	return true;
}

/* ---- client */

static enum eap_step peer_succeeds(struct tls_end *e, struct writer *out)
{
	if (!take_key(e))
		return EAP_STEP_FAIL;
	e->is_done = true;
	tls_pipe_put(&e->pipe, out);
	return EAP_STEP_DONE;
}

static enum eap_step peer_takes_message(struct tls_end *e, struct writer *out)
{
	static const uint8_t success = 0;
	struct tls_pipe *pipe = &e->pipe;
	bool is_success = pipe->plain_len == 1 && pipe->plain[0] == success;

	if (pipe->is_broken)
		return tls_end_client_breaks(e, out);
	if (pipe->plain_len && !(pipe->is_up && tls_is_13(pipe->tls) && is_success))
		return tls_end_fail(e, "the server sends data inside EAP-TLS, which has none");
	if (pipe->is_up && !tls_pipe_has_output(pipe) && (is_success || !tls_is_13(pipe->tls)))
		return peer_succeeds(e, out);
	return tls_end_send(e, out);
}

static enum eap_step peer_input(void *self, const struct eap_packet *in, struct writer *out)
{
	struct tls_end *e = &((struct eap_tls_peer *)self)->end;
	enum tls_pipe_step step;

	if (tls_end_is_start(e, in))
		return tls_end_start(e, out);
	if (e->is_done)
		return EAP_STEP_DROP;
	step = tls_pipe_take(&e->pipe, in->data);
	return step == TLS_PIPE_MESSAGE ? peer_takes_message(e, out) : tls_end_carry(e, step, out);
}

const struct eap_method eap_tls_peer = {
	.name = "eap-tls",
	.type = EAP_TLS,
	.input = peer_input,
	.key = tls_end_msk,
};

void eap_tls_peer_close(struct eap_tls_peer *p)
{
	tls_end_close(&p->end);
}

/* ---- server */

static enum eap_step server_begin(void *self, uint8_t id, struct writer *out)
{
	(void)id;
	return tls_end_begin(&((struct eap_tls_server *)self)->end, out);
}

/* The handshake is done: the client has proved that it has the key of its certificate. */
static enum eap_step server_accepts(struct eap_tls_server *s, struct writer *out)
{
	static const uint8_t success = 0;
	struct tls_pipe *pipe = &s->end.pipe;

	if (!s->check(s->check_arg, tls_peer_leaf(pipe->tls)) || !take_key(&s->end))
		return EAP_STEP_FAIL;
	if (tls_is_13(pipe->tls))
		tls_pipe_write(pipe, bytes_of(&success, sizeof(success)));
	if (pipe->is_broken)
		return tls_end_server_breaks(&s->end, out);
	s->end.is_done = true;
	return tls_end_send(&s->end, out);
}

static enum eap_step server_takes_message(struct eap_tls_server *s, struct writer *out)
{
	struct tls_pipe *pipe = &s->end.pipe;

	if (pipe->is_broken || s->end.is_done || pipe->plain_len)
		return tls_end_server_breaks(&s->end, out);
	return pipe->is_up ? server_accepts(s, out) : tls_end_send(&s->end, out);
}

static enum eap_step server_input(void *self, const struct eap_packet *in, struct writer *out)
{
	struct eap_tls_server *s = self;
	enum tls_pipe_step step = tls_pipe_take(&s->end.pipe, in->data);

	if (step == TLS_PIPE_MESSAGE)
		return server_takes_message(s, out);
	if (step == TLS_PIPE_CONFIRMED)
		return s->end.is_done ? EAP_STEP_DONE : EAP_STEP_DROP;
	return tls_end_carry(&s->end, step, out);
}

const struct eap_method eap_tls_server = {
	.name = "eap-tls",
	.type = EAP_TLS,
	.begin = server_begin,
	.input = server_input,
	.key = tls_end_msk,
};

void eap_tls_server_close(struct eap_tls_server *s)
{
	tls_end_close(&s->end);
}
