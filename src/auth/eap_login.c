/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Connects the methods of eap/ with the user file. */
#include "auth/eap_login.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "eap/eap_mschapv2.h"
#include "eap/eap_server.h"
#include "eap/eap_tls.h"
#include "eap/peap.h"
#include "tls/cert_user.h"
#include "tls/open.h"
#include "util/secret.h"

struct eap_login {
	struct eap_login_cfg cfg;
	const struct users *users; /* during eap_login_input */
	struct eap_server server;
	struct eap_choice choices[EAP_METHODS_MAX];
	struct eap_mschapv2_server mschapv2;
	struct eap_tls_server tls;
	struct peap_server peap;
	struct eap_choice inner[2]; /* of PEAP */
	bool is_checked;            /* `checked` is the user file's result */
	struct auth_result checked;
	uint8_t out[EAP_PACKET_MAX];
};

static void system_random(void *arg, void *to, size_t len)
{
	(void)arg;
	secret_random(to, len);
}

static void check(void *arg, const struct ppp_attempt *attempt, struct ppp_auth_result *result)
{
	struct eap_login *l = arg;

	users_check(l->users, l->cfg.server_name, attempt, &l->checked);
	l->is_checked = true;
	result->ok = l->checked.outcome == AUTH_RESULT_OK;
	result->error = l->checked.error;
	memcpy(result->message, l->checked.message, sizeof(result->message));
	memcpy(result->hlak, l->checked.hlak, sizeof(result->hlak));
}

/* The server of the innermost conversation. */
static const struct eap_server *innermost(const struct eap_login *l)
{
	bool is_inside = l->server.chosen && l->server.chosen->self == &l->peap &&
			 l->peap.inner.has_identity;

	return is_inside ? &l->peap.inner : &l->server;
}

/* The Identity, for the log of a login that got no further. */
static void take_identity(const struct eap_login *l, struct auth_result *result)
{
	const struct eap_server *s = innermost(l);
	size_t len = s->identity_len < PPP_NAME_MAX ? s->identity_len : PPP_NAME_MAX;

	for (size_t i = 0; i < len; i++)
		result->name[i] = (char)(s->identity[i] ? s->identity[i] : (uint8_t)'?');
}

static bool equals_identity(const struct eap_server *s, struct bytes name)
{
	return name.len == s->identity_len &&
	       !strncasecmp((const char *)name.at, (const char *)s->identity, name.len);
}

/* An outer identity without a user's name: empty, "anonymous", or one of these before "@realm". */
static bool is_anonymous(const struct eap_server *s)
{
	static const char anonymous[] = "anonymous";
	size_t len = s->identity_len;
	const uint8_t *at = len ? memchr(s->identity, '@', len) : NULL;

	if (at)
		len = (size_t)(at - s->identity);
	return !len || (len == sizeof(anonymous) - 1 &&
			!strncasecmp((const char *)s->identity, anonymous, len));
}

/* The user is who the certificate says; an Identity that says something else is refused. */
static bool choose_name(const struct eap_login *l, struct bytes leaf, struct bytes *name)
{
	struct bytes names[CERT_USERS_MAX];
	size_t count = cert_user_names(leaf, names);

	for (size_t i = 0; i < count; i++)
		if (equals_identity(innermost(l), names[i])) {
			*name = names[i];
			return true;
		}
	*name = count ? names[0] : bytes_of(NULL, 0);
	return count && is_anonymous(innermost(l));
}

static void refuse_name(struct eap_login *l, struct bytes name)
{
	struct auth_result *r = &l->checked;

	*r = (struct auth_result){ .outcome = AUTH_RESULT_REFUSED };
	take_identity(l, r);
	snprintf(r->reason, sizeof(r->reason),
		 "the client's certificate is for another user: %.100s",
		 name.len ? log_quote(name.at, name.len).text : "it has no name");
}

static bool check_certificate(void *arg, struct bytes leaf)
{
	struct eap_login *l = arg;
	struct bytes name;

	l->is_checked = true;
	if (choose_name(l, leaf, &name))
		users_check_certificate(l->users, l->cfg.server_name, name, &l->checked);
	else
		refuse_name(l, name);
	return l->checked.outcome == AUTH_RESULT_OK;
}

static bool choose(struct eap_login *l, uint8_t type, struct eap_choice *choice);

/* Inside PEAP a certificate, where the server has authorities for it, or a password. */
static void open_peap(struct eap_login *l)
{
	size_t n = 0;

	if (choose(l, EAP_TLS, &l->inner[n]))
		n++;
	if (choose(l, EAP_MSCHAPV2, &l->inner[n]))
		n++;
	l->peap = (struct peap_server){
		.end.ctx = l->cfg.peap_tls,
		.requires_binding = l->cfg.requires_peap_binding,
		.inner = { .choices = l->inner, .choice_count = n },
		.random = system_random,
	};
}

static bool choose(struct eap_login *l, uint8_t type, struct eap_choice *choice)
{
	switch (type) {
	case EAP_MSCHAPV2:
		l->mschapv2 = (struct eap_mschapv2_server){
			.name = l->cfg.server_name,
			.random = system_random,
			.check = check,
			.check_arg = l,
		};
		*choice = (struct eap_choice){ &eap_mschapv2_server, &l->mschapv2 };
		return true;
	case EAP_TLS:
		l->tls = (struct eap_tls_server){
			.end.ctx = l->cfg.tls,
			.check = check_certificate,
			.check_arg = l,
		};
		*choice = (struct eap_choice){ &eap_tls_server, &l->tls };
		return l->cfg.tls;
	case EAP_PEAP:
		open_peap(l);
		*choice = (struct eap_choice){ &peap_server, &l->peap };
		return l->cfg.peap_tls;
	default:
		return false;
	}
}

struct eap_login *eap_login_open(const struct eap_login_cfg *cfg)
{
	struct eap_login *l = calloc(1, sizeof(*l));
	size_t n = 0;

	if (!l)
		return NULL;
	l->cfg = *cfg;
	if (cfg->tls)
		tls_ctx_hold(cfg->tls);
	if (cfg->peap_tls)
		tls_ctx_hold(cfg->peap_tls);
	for (size_t i = 0; i < cfg->method_count; i++)
		if (choose(l, cfg->methods[i], &l->choices[n]))
			n++;
	l->server = (struct eap_server){ .choices = l->choices, .choice_count = n };
	return l;
}

void eap_login_close(struct eap_login *l)
{
	if (!l)
		return;
	eap_tls_server_close(&l->tls);
	peap_server_close(&l->peap);
	tls_ctx_release(l->cfg.tls);
	tls_ctx_release(l->cfg.peap_tls);
	secret_wipe(l, sizeof(*l));
	free(l);
}

static const char *why_failed(const struct eap_login *l)
{
	if (!l->server.chosen)
		return "the client accepts none of the EAP methods that are offered";
	if (l->peap.end.error.text[0])
		return l->peap.end.error.text;
	if (l->tls.end.error.text[0])
		return l->tls.end.error.text;
	if (!innermost(l)->chosen)
		return "the client accepts none of the methods that are offered inside PEAP";
	if (l->is_checked && l->checked.outcome == AUTH_RESULT_OK)
		return "the client does not accept the server's proof that it knows the password";
	return "the client's EAP packets are malformed, or not those that were expected";
}

static void refuse(const struct eap_login *l, struct bytes last_request, struct auth_result *result)
{
	bool was_refused = l->is_checked && l->checked.outcome != AUTH_RESULT_OK;

	if (was_refused)
		*result = l->checked;
	else
		take_identity(l, result);
	if (!was_refused)
		snprintf(result->reason, sizeof(result->reason), "%.190s", why_failed(l));
	result->outcome = AUTH_RESULT_REFUSED;
	result->eap = last_request;
}

static void grant(const struct eap_login *l, struct auth_result *result)
{
	uint8_t msk[EAP_MSK_LEN];

	*result = l->checked;
	l->server.chosen->method->key(l->server.chosen->self, msk);
	memcpy(result->hlak, msk, sizeof(result->hlak));
	secret_wipe(msk, sizeof(msk));
}

bool eap_login_is_slow(const struct eap_login *l)
{
	const struct eap_choice *chosen = l->server.chosen;

	return chosen && (chosen->self == &l->tls || chosen->self == &l->peap);
}

void eap_login_input(struct eap_login *l, const struct users *users, struct bytes response,
		     struct auth_result *result)
{
	struct writer w = writer_of(l->out, sizeof(l->out));

	memset(result, 0, sizeof(*result));
	l->users = users;
	switch (eap_server_input(&l->server, response, &w)) {
	case EAP_STEP_SEND:
		take_identity(l, result);
		result->outcome = AUTH_RESULT_CONTINUE;
		result->eap = bytes_of(l->out, w.len);
		break;
	case EAP_STEP_DONE:
		grant(l, result);
		break;
	case EAP_STEP_DROP: /* over SSTP nothing is lost, so nothing better follows */
	case EAP_STEP_FAIL:
		refuse(l, bytes_of(l->out, w.len), result);
		break;
	}
	l->users = NULL;
}
