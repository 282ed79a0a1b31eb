/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/eap_options.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "cli/cli_error.h"
#include "cli/password.h"
#include "cli/value.h"
#include "eap/packet.h"
#include "tls/cert_load.h"
#include "tls/cert_user.h"
#include "tls/key_process.h"
#include "tls/open.h"
#include "util/log.h"
#include "util/secret.h"

enum { CERT_SIZE_MAX = 100 * 1024 };

#define AT(member) offsetof(struct eap_settings, member)

static const struct option eap_table[] = {
	{ .name = "eap-identity",
	  .arg = "NAME",
	  .help = "the name that EAP sends first and unprotected, such as anonymous@example.net; "
		  "default: the user name",
	  .set = set_text,
	  .at = AT(identity) },
	{ .name = "eap-name",
	  .arg = "NAME",
	  .help = "the name, or the domain, of the server that checks logins by certificate: its "
		  "certificate must have it",
	  .set = set_text,
	  .at = AT(name) },
	{ .name = "eap-ca",
	  .arg = "FILE",
	  .help = "the authorities of that server's certificate (PEM); default: those of "
		  "--ca-cert, or this machine's",
	  .set = set_file_or_folder,
	  .at = AT(ca) },
	{ .name = "eap-crl",
	  .arg = "FILE",
	  .help = "refuse that server's certificate if it is in the revocation lists in FILE (PEM "
		  "or DER), which must have one of its issuer; default: that of --crl, unless "
		  "--eap-ca is given",
	  .set = set_file,
	  .at = AT(crl) },
	{ .name = "client-cert",
	  .arg = "FILE",
	  .help = "your certificate for eap-tls: PEM, with its intermediate certificates after it, or "
		  "PKCS #12 (.p12, .pfx) with its key",
	  .set = set_file,
	  .at = AT(client_cert) },
	{ .name = "client-key",
	  .arg = "FILE",
	  .help = "its private key (PEM); default: in the same file",
	  .set = set_file,
	  .at = AT(client_key) },
	{ .name = "client-key-password-file",
	  .arg = "FILE",
	  .help = "the first line of FILE is the password of that key, or of the PKCS #12 file; "
		  "default: asked for on the terminal, if it is needed",
	  .set = set_file,
	  .at = AT(client_key_password_file) },
};

const struct option_group eap_options = OPTION_GROUP(eap_table);

#undef AT

static bool set_binding(void *to, const char *value, struct error *err)
{
	bool is_required = !strcasecmp(value, "require");

	if (!is_required && strcasecmp(value, "auto") != 0) {
		snprintf(err->text, sizeof(err->text), "must be auto or require");
		return false;
	}
	*(bool *)to = is_required;
	return true;
}

static const struct option peap_table[] = {
	{ .name = "peap-binding",
	  .arg = "WHEN",
	  .words = "auto require",
	  .help = "PEAP's crypto binding: auto (the default), if the peer has it, or require",
	  .set = set_binding,
	  .at = 0 },
};

const struct option_group peap_options = OPTION_GROUP(peap_table);

static bool uses(const struct client_cfg *cfg, uint8_t type)
{
	return memchr(cfg->eap, type, cfg->eap_count);
}

static bool refuse(const struct verb *verb, const char *why)
{
	cli_error(verb, "%s", why);
	return false;
}

static bool is_complete(const struct verb *verb, const struct eap_settings *s,
			const struct client_cfg *cfg)
{
	bool uses_tls = uses(cfg, EAP_TLS), uses_peap = uses(cfg, EAP_PEAP);

	if (uses_tls && !s->client_cert)
		return refuse(verb,
			      "--auth eap-tls needs --client-cert FILE, and --client-key FILE "
			      "if the key is in another file");
	if ((uses_tls || uses_peap) && !s->name)
		return refuse(
			verb,
			"--auth eap-tls and peap need --eap-name NAME: the name, or the domain, "
			"in the certificate of the server that checks logins, which may be a "
			"RADIUS server. Without it anybody with a certificate of the same "
			"authority could take that server's place");
	if (s->name && (!*s->name || strpbrk(s->name, " /*,"))) {
		cli_error(verb,
			  "--eap-name %s: must be a name or a domain, such as radius.example.net "
			  "or example.net",
			  s->name);
		return false;
	}
	if (s->crl && !uses_tls && !uses_peap)
		return refuse(verb, "--eap-crl is for --auth eap-tls and peap, and neither is in "
				    "the list of methods");
	if (s->client_cert && !uses_tls && !uses_peap)
		return refuse(verb,
			      "--client-cert is for --auth eap-tls and peap, and neither is in "
			      "the list of methods");
	if ((s->name || s->ca) && !uses_tls && !uses_peap)
		return refuse(
			verb,
			"--eap-name and --eap-ca are for --auth eap-tls and peap, and neither is "
			"in the list of methods");
	if (s->requires_peap_binding && !uses_peap)
		return refuse(verb,
			      "--peap-binding require is for --auth peap, which is not in the "
			      "list of methods");
	if (s->identity && !cfg->eap_count)
		return refuse(verb, "--eap-identity is for methods of EAP, and none is in the list "
				    "of methods (--auth)");
	if (s->client_key && !s->client_cert)
		return refuse(verb, "--client-key needs --client-cert");
	if (s->client_key_password_file && !s->client_cert)
		return refuse(verb, "--client-key-password-file needs --client-cert");
	return true;
}

static char key_password[PASSWORD_SIZE];

static bool read_key_password(const struct verb *verb, const struct eap_settings *s,
			      struct client_cfg *cfg)
{
	struct error err = { "" };

	const char *file = cfg->eap_tls.key_file;
	char prompt[400];
	bool ok;

	if (!s->client_key_password_file && !(file && cert_needs_password(file)))
		return true;
	snprintf(prompt, sizeof(prompt), "Password of %.300s: ", file);
	ok = s->client_key_password_file
		     ? password_from_file(s->client_key_password_file, key_password, &err)
		     : password_ask(prompt, key_password, &err);
	if (!ok && !s->client_key_password_file) {
		cli_error(verb,
			  "%s: the key is encrypted, and no password was given for it: "
			  "--client-key-password-file FILE",
			  file);
		return false;
	}
	if (!ok)
		return refuse(verb, err.text);
	cfg->eap_tls.key_password = key_password;
	return true;
}

/* NULL: the certificate has no name, or cannot be read: then err says why. */
static const char *name_in_certificate(const char *file, const char *password, struct error *err)
{
	static char name[PPP_NAME_MAX + 1];
	uint8_t *der = malloc(CERT_SIZE_MAX);
	struct bytes names[CERT_USERS_MAX];
	size_t len;
	bool ok = der && !cert_load_with(file, password, der, CERT_SIZE_MAX, &len, err) &&
		  cert_user_names(bytes_of(der, len), names) && names[0].len < sizeof(name);

	if (ok)
		snprintf(name, sizeof(name), "%.*s", (int)names[0].len, (const char *)names[0].at);
	free(der);
	return ok ? name : NULL;
}

bool eap_settings_apply(const struct verb *verb, const struct eap_settings *s,
			struct client_cfg *cfg)
{
	const struct tls_client_cfg *outer = &cfg->server.tls;
	struct error err = { "" };

	cfg->eap_identity = s->identity;
	cfg->eap_name = s->name;
	cfg->requires_peap_binding = s->requires_peap_binding;
	if (!is_complete(verb, s, cfg))
		return false;
	cfg->eap_tls = (struct tls_client_cfg){
		.ca_file = s->ca ? s->ca : outer->ca_file,
		.crl_file = s->crl  ? s->crl
			    : s->ca ? NULL
				    : outer->crl_file,
		.cert_file = s->client_cert,
		.key_file = s->client_key ? s->client_key : s->client_cert,
		.is_eap = true,
		.allow_cn = outer->allow_cn,
		.keylog = outer->keylog,
	};
	if (!read_key_password(verb, s, cfg))
		return false;
	if (!cfg->user && s->client_cert)
		cfg->user = name_in_certificate(s->client_cert, cfg->eap_tls.key_password, &err);
	return !*err.text || refuse(verb, err.text);
}

bool eap_needs_password(const struct client_cfg *cfg)
{
	for (size_t i = 0; i < cfg->auth_count; i++)
		if (cfg->auth[i] != PPP_AUTH_EAP)
			return true;
	for (size_t i = 0; i < cfg->eap_count; i++)
		if (cfg->eap[i] != EAP_TLS && !(cfg->eap[i] == EAP_PEAP && cfg->eap_tls.cert_file))
			return true;
	return false;
}

/*
 * The key is read by another process, which signs for this one (tls/key_process.h) until this one ends. `run` ends
 * all its children by SIGTERM.
 */
static void put_key_apart(struct tls_client_cfg *cfg)
{
	const struct key_pair pair = { .cert_file = cfg->cert_file,
				       .key_file = cfg->key_file,
				       .password = cfg->key_password,
				       .is_client = true };
	const struct key_process_cfg k = {
		.pairs = &pair, .pair_count = 1, .channels = 1, .ends_by_sigterm = true
	};
	static struct key_process *keys;
	int error = key_process_start(&k, &keys);

	if (error) {
		if (error != -ENOTSUP)
			log_warn(NULL, "the private key stays in this process: %s",
				 strerror(-error));
		return;
	}
	cfg->keys = key_process_agent(keys);
	secret_wipe(key_password, sizeof(key_password));
}

bool eap_settings_check(const struct verb *verb, struct client_cfg *cfg)
{
	struct tls_ctx *tls;
	struct error err;

	if (!uses(cfg, EAP_TLS) && !uses(cfg, EAP_PEAP))
		return true;
	if (cfg->eap_tls.cert_file)
		put_key_apart(&cfg->eap_tls);
	if (tls_ctx_client(&cfg->eap_tls, &tls, &err))
		return refuse(verb, err.text);
	tls_ctx_release(tls);
	cfg->eap_tls.is_checked = true;
	return true;
}
