/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * With TLS 1.2 the last flight is the server's, and an empty Response confirms it. With TLS 1.3 it
 * is the client's, and the server says by a byte 00 in the session that it has accepted it (RFC
 * 9190 section 2.5); an empty Response confirms that.
 */
#include "eap/eap_tls.h"

#include <stdio.h>

#include "util/secret.h"

static void fill_msk(const uint8_t key[TLS_EAP_KEY_LEN], uint8_t msk[EAP_MSK_LEN])
{
	memcpy(msk, key, EAP_MSK_LEN);
}

/* ---- client */

static enum eap_step peer_fails(struct eap_tls_peer *p, const char *why)
{
	if (!p->error.text[0])
		snprintf(p->error.text, sizeof(p->error.text), "%s", why);
	return EAP_STEP_FAIL;
}

/* A failure of the session: our alert is sent, and the server's Failure follows. */
static enum eap_step peer_session_fails(struct eap_tls_peer *p, struct writer *out)
{
	if (!p->error.text[0]) {
		p->is_untrusted = tls_is_untrusted(p->pipe.tls);
		p->error = *tls_error_of(p->pipe.tls);
	}
	if (!tls_pipe_has_output(&p->pipe))
		return peer_fails(p, "the TLS session inside EAP is broken");
	tls_pipe_put(&p->pipe, out);
	return EAP_STEP_SEND;
}

static enum eap_step peer_starts(struct eap_tls_peer *p, struct writer *out)
{
	p->is_done = false;
	if (!tls_pipe_open(&p->pipe, p->ctx, p->name))
		return peer_fails(p, "out of memory");
	tls_pipe_start(&p->pipe);
	if (!tls_pipe_has_output(&p->pipe))
		return peer_session_fails(p, out);
	tls_pipe_put(&p->pipe, out);
	return EAP_STEP_SEND;
}

static enum eap_step peer_succeeds(struct eap_tls_peer *p, struct writer *out)
{
	if (!tls_eap_key(p->pipe.tls, EAP_TLS, p->key))
		return peer_fails(p, "the TLS library gives no key for EAP");
	p->is_done = true;
	tls_pipe_put(&p->pipe, out);
	return EAP_STEP_DONE;
}

static enum eap_step peer_takes_message(struct eap_tls_peer *p, struct writer *out)
{
	static const uint8_t success = 0;
	struct tls_pipe *pipe = &p->pipe;
	bool is_success = pipe->plain_len == 1 && pipe->plain[0] == success;

	if (pipe->is_broken)
		return peer_session_fails(p, out);
	if (pipe->plain_len && !(pipe->is_up && tls_is_13(pipe->tls) && is_success))
		return peer_fails(p, "the server sends data inside EAP-TLS, which has none");
	if (pipe->is_up && !tls_pipe_has_output(pipe) && (is_success || !tls_is_13(pipe->tls)))
		return peer_succeeds(p, out);
	tls_pipe_put(pipe, out);
	return EAP_STEP_SEND;
}

static enum eap_step peer_input(void *self, const struct eap_packet *in, struct writer *out)
{
	struct eap_tls_peer *p = self;

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
	return peer_takes_message(p, out);
}

static void peer_key(const void *self, uint8_t msk[EAP_MSK_LEN])
{
	fill_msk(((const struct eap_tls_peer *)self)->key, msk);
}

const struct eap_method eap_tls_peer = {
	.name = "eap-tls",
	.type = EAP_TLS,
	.input = peer_input,
	.key = peer_key,
};

void eap_tls_peer_close(struct eap_tls_peer *p)
{
	tls_pipe_close(&p->pipe);
	secret_wipe(p->key, sizeof(p->key));
}

/* ---- server */

static enum eap_step server_begin(void *self, uint8_t id, struct writer *out)
{
	struct eap_tls_server *s = self;

	(void)id;
	s->is_done = false;
	if (!tls_pipe_open(&s->pipe, s->ctx, NULL))
		return EAP_STEP_FAIL;
	put_u8(out, TLS_PIPE_START);
	return EAP_STEP_SEND;
}

/* Our alert is the last Request. */
static enum eap_step server_session_fails(struct eap_tls_server *s, struct writer *out)
{
	const struct error *error = tls_error_of(s->pipe.tls);

	snprintf(s->error.text, sizeof(s->error.text), "%s",
		 error->text[0] ? error->text : "the TLS session inside EAP is broken");
	if (tls_pipe_has_output(&s->pipe))
		tls_pipe_put(&s->pipe, out);
	return EAP_STEP_FAIL;
}

/* The handshake is done: the client has proved that it has the key of its certificate. */
static enum eap_step server_accepts(struct eap_tls_server *s, struct writer *out)
{
	static const uint8_t success = 0;
	struct tls_pipe *pipe = &s->pipe;

	if (!s->check(s->check_arg, tls_peer_leaf(pipe->tls)))
		return EAP_STEP_FAIL;
	if (!tls_eap_key(pipe->tls, EAP_TLS, s->key)) {
		snprintf(s->error.text, sizeof(s->error.text),
			 "the TLS library gives no key for EAP");
		return EAP_STEP_FAIL;
	}
	if (tls_is_13(pipe->tls))
		tls_pipe_write(pipe, bytes_of(&success, sizeof(success)));
	if (pipe->is_broken)
		return server_session_fails(s, out);
	s->is_done = true;
	tls_pipe_put(pipe, out);
	return EAP_STEP_SEND;
}

static enum eap_step server_takes_message(struct eap_tls_server *s, struct writer *out)
{
	struct tls_pipe *pipe = &s->pipe;

	if (pipe->is_broken || s->is_done || pipe->plain_len)
		return server_session_fails(s, out);
	if (pipe->is_up)
		return server_accepts(s, out);
	tls_pipe_put(pipe, out);
	return EAP_STEP_SEND;
}

static enum eap_step server_input(void *self, const struct eap_packet *in, struct writer *out)
{
	struct eap_tls_server *s = self;

	switch (tls_pipe_take(&s->pipe, in->data)) {
	case TLS_PIPE_DROP:
		return EAP_STEP_DROP;
	case TLS_PIPE_CONFIRMED:
		return s->is_done ? EAP_STEP_DONE : EAP_STEP_DROP;
	case TLS_PIPE_CONTINUE:
		tls_pipe_put(&s->pipe, out);
		return EAP_STEP_SEND;
	case TLS_PIPE_MESSAGE:
		break;
	}
	return server_takes_message(s, out);
}

static void server_key(const void *self, uint8_t msk[EAP_MSK_LEN])
{
	fill_msk(((const struct eap_tls_server *)self)->key, msk);
}

const struct eap_method eap_tls_server = {
	.name = "eap-tls",
	.type = EAP_TLS,
	.begin = server_begin,
	.input = server_input,
	.key = server_key,
};

void eap_tls_server_close(struct eap_tls_server *s)
{
	tls_pipe_close(&s->pipe);
	secret_wipe(s->key, sizeof(s->key));
}
