/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "client/client_eap.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "eap/eap_mschapv2.h"
#include "eap/eap_names.h"
#include "eap/eap_peer.h"
#include "eap/eap_tls.h"
#include "eap/peap.h"
#include "tls/open.h"
#include "util/secret.h"

struct client_eap {
	struct ppp_eap_memory memory;
	struct eap_peer peer;
	struct eap_choice choices[EAP_METHODS_MAX];
	struct eap_mschapv2_peer mschapv2;
	struct eap_tls_peer tls;
	struct peap_peer peap;
	struct eap_choice inner[2];         /* of PEAP */
	struct tls_ctx *tls_ctx, *peap_ctx; /* held */
	bool has_begun;
};

static void system_random(void *arg, void *to, size_t len)
{
	(void)arg;
	secret_random(to, len);
}

static bool choose(struct client_eap *e, const struct client_eap_cfg *cfg, uint8_t type,
		   struct eap_choice *choice);

/* Inside PEAP a certificate, if we have one, or the password. */
static void open_peap(struct client_eap *e, const struct client_eap_cfg *cfg)
{
	size_t n = 0;

	if (choose(e, cfg, EAP_TLS, &e->inner[n]))
		n++;
	if (choose(e, cfg, EAP_MSCHAPV2, &e->inner[n]))
		n++;
	e->peap = (struct peap_peer){
		.end = { .ctx = e->peap_ctx, .name = cfg->server_name },
		.requires_binding = cfg->requires_peap_binding,
		.inner = { .identity = bytes_text(cfg->user),
			   .choices = e->inner,
			   .choice_count = n,
			   .log = cfg->log },
	};
}

static bool choose(struct client_eap *e, const struct client_eap_cfg *cfg, uint8_t type,
		   struct eap_choice *choice)
{
	switch (type) {
	case EAP_MSCHAPV2:
		e->mschapv2 = (struct eap_mschapv2_peer){
			.user = cfg->user,
			.password = cfg->password,
			.new_password = cfg->new_password,
			.random = system_random,
		};
		*choice = (struct eap_choice){ &eap_mschapv2_peer, &e->mschapv2 };
		return *cfg->password;
	case EAP_TLS:
		e->tls = (struct eap_tls_peer){
			.end = { .ctx = e->tls_ctx, .name = cfg->server_name },
		};
		*choice = (struct eap_choice){ &eap_tls_peer, &e->tls };
		return e->tls_ctx;
	case EAP_PEAP:
		open_peap(e, cfg);
		*choice = (struct eap_choice){ &peap_peer, &e->peap };
		return e->peap_ctx;
	default:
		return false;
	}
}

int client_eap_open(const struct client_eap_cfg *cfg, struct client_eap **out)
{
	struct client_eap *e = calloc(1, sizeof(*e));
	size_t n = 0;

	*out = e;
	if (!e)
		return -ENOMEM;
	e->tls_ctx = cfg->tls ? tls_ctx_hold(cfg->tls) : NULL;
	e->peap_ctx = cfg->peap_tls ? tls_ctx_hold(cfg->peap_tls) : NULL;
	for (size_t i = 0; i < cfg->method_count; i++)
		if (choose(e, cfg, cfg->methods[i], &e->choices[n]))
			n++;
	e->peer = (struct eap_peer){
		.identity = bytes_text(cfg->identity ? cfg->identity : cfg->user),
		.choices = e->choices,
		.choice_count = n,
		.log = cfg->log,
	};
	return 0;
}

void client_eap_close(struct client_eap *e)
{
	if (!e)
		return;
	eap_tls_peer_close(&e->tls);
	peap_peer_close(&e->peap);
	tls_ctx_release(e->tls_ctx);
	tls_ctx_release(e->peap_ctx);
	secret_wipe(e, sizeof(*e));
	free(e);
}

struct ppp_eap_memory *client_eap_memory(struct client_eap *e)
{
	return e ? &e->memory : NULL;
}

bool client_eap_has_changed_password(const struct client_eap *e)
{
	return e && e->mschapv2.is_changed;
}

bool client_eap_has_begun(const struct client_eap *e)
{
	return e->has_begun;
}

/* ---- why it fails */

static void report_mschapv2(const struct eap_mschapv2_peer *m, struct tunnel *t)
{
	const char *why = mschap_error_text(m->error);
	char text[400];

	switch (m->fault) {
	case MSCHAPV2_NO_FAULT:
		return;
	case MSCHAPV2_FALSE_SERVER:
		why = ppp_closed_text(PPP_CLOSED_FALSE_SERVER);
		break;
	case MSCHAPV2_BAD_PASSWORD:
		why = "the password is not valid UTF-8, or is too long for MS-CHAPv2";
		break;
	case MSCHAPV2_REFUSED:
		snprintf(text, sizeof(text), "%s (error %u, %s)",
			 why ? why : ppp_closed_text(PPP_CLOSED_REFUSED), m->error,
			 log_quote(m->text, m->text_len).text);
		why = text;
		break;
	}
	tunnel_eap_refused(t, m->error, m->may_retry, why);
}

static void report_tls(const struct tls_end *end, struct tunnel *t)
{
	char text[sizeof(end->error.text) + 40];

	if (!end->error.text[0])
		return;
	snprintf(text, sizeof(text), "login by EAP: %s", end->error.text);
	tunnel_eap_fault(t, end->is_untrusted ? REASON_TRUST : REASON_AUTH, text);
}

/* A server that has no other method sends a Failure after our Nak. */
bool client_eap_explain(const struct client_eap *e, char *to, size_t room)
{
	const struct eap_peer *peer;
	const char *name, *where = "EAP";

	if (!e)
		return false;
	peer = &e->peer;
	if (peer->chosen && peer->chosen->self == &e->peap) {
		peer = &e->peap.inner;
		where = "PEAP";
	}
	if (!peer->refused || peer->chosen)
		return false;
	name = eap_type_name(peer->refused);
	if (name)
		snprintf(to, room, "the server's %s requires %s, which --auth does not list", where,
			 name);
	else
		snprintf(to, room, "the server's %s requires method %u, which sstp does not have",
			 where, peer->refused);
	return true;
}

/* ---- */

static void respond(struct client_eap *e, struct tunnel *t, const struct writer *w, bool is_done)
{
	uint8_t msk[EAP_MSK_LEN];

	if (is_done) {
		e->peer.chosen->method->key(e->peer.chosen->self, msk);
		tunnel_eap_done(t, msk);
		secret_wipe(msk, sizeof(msk));
	}
	tunnel_eap_send(t, bytes_of(w->at, w->len));
}

void client_eap_input(struct client_eap *e, struct tunnel *t, struct bytes request)
{
	uint8_t out[EAP_PACKET_MAX];
	struct writer w = writer_of(out, sizeof(out));
	enum eap_step step = eap_peer_input(&e->peer, request, &w);

	e->has_begun = true;
	report_mschapv2(&e->mschapv2, t);
	report_tls(&e->tls.end, t);
	report_tls(&e->peap.end, t);
	switch (step) {
	case EAP_STEP_DROP:
		break;
	case EAP_STEP_SEND:
	case EAP_STEP_DONE:
		respond(e, t, &w, step == EAP_STEP_DONE);
		break;
	case EAP_STEP_FAIL:
		tunnel_eap_fault(t, REASON_AUTH, "EAP cannot go on");
		tunnel_shutdown(t);
		break;
	}
}
