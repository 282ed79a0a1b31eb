/* SPDX-License-Identifier: GPL-3.0-or-later */
/* See RFC 5216 section 2.1: one round of a method is a message, or a fragment of one. */
#include "eap/tls_end.h"

#include <stdio.h>

#include "util/secret.h"

static const char broken[] = "the TLS session inside EAP is broken";

bool tls_end_is_start(const struct tls_end *e, const struct eap_packet *in)
{
	return in->data.len && in->data.at[0] & TLS_PIPE_START && !(e->pipe.tls && e->pipe.is_up);
}

static bool open_session(struct tls_end *e)
{
	e->has_key = e->is_done = false;
	return tls_pipe_open(&e->pipe, e->ctx, e->name);
}

enum eap_step tls_end_start(struct tls_end *e, struct writer *out)
{
	if (!open_session(e))
		return tls_end_fail(e, "out of memory");
	tls_pipe_start(&e->pipe);
	if (!tls_pipe_has_output(&e->pipe))
		return tls_end_client_breaks(e, out);
	return tls_end_send(e, out);
}

enum eap_step tls_end_begin(struct tls_end *e, struct writer *out)
{
	if (!open_session(e))
		return tls_end_fail(e, "out of memory");
	put_u8(out, TLS_PIPE_START); /* PEAP: version 0 is the only one */
	return EAP_STEP_SEND;
}

enum eap_step tls_end_carry(struct tls_end *e, enum tls_pipe_step step, struct writer *out)
{
	return step == TLS_PIPE_DROP ? EAP_STEP_DROP : tls_end_send(e, out);
}

enum eap_step tls_end_send(struct tls_end *e, struct writer *out)
{
	tls_pipe_put(&e->pipe, out);
	return EAP_STEP_SEND;
}

bool tls_end_has_key(struct tls_end *e, uint8_t method)
{
	if (!e->has_key)
		e->has_key = tls_eap_key(e->pipe.tls, method, e->key);
	if (!e->has_key)
		tls_end_fail(e, "the TLS library gives no key for EAP");
	return e->has_key;
}

enum eap_step tls_end_fail(struct tls_end *e, const char *why)
{
	if (!e->error.text[0])
		snprintf(e->error.text, sizeof(e->error.text), "%s", why);
	return EAP_STEP_FAIL;
}

enum eap_step tls_end_client_breaks(struct tls_end *e, struct writer *out)
{
	if (!e->error.text[0]) {
		e->is_untrusted = tls_is_untrusted(e->pipe.tls);
		e->error = *tls_error_of(e->pipe.tls);
	}
	if (!tls_pipe_has_output(&e->pipe))
		return tls_end_fail(e, broken);
	return tls_end_send(e, out);
}

enum eap_step tls_end_server_breaks(struct tls_end *e, struct writer *out)
{
	const struct error *error = tls_error_of(e->pipe.tls);

	if (tls_pipe_has_output(&e->pipe))
		tls_pipe_put(&e->pipe, out);
	return tls_end_fail(e, error->text[0] ? error->text : broken);
}

void tls_end_msk(const void *self, uint8_t msk[EAP_MSK_LEN])
{
	memcpy(msk, ((const struct tls_end *)self)->msk, EAP_MSK_LEN);
}

void tls_end_close(struct tls_end *e)
{
	tls_pipe_close(&e->pipe);
	secret_wipe(e->key, sizeof(e->key));
	secret_wipe(e->msk, sizeof(e->msk));
}
