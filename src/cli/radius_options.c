/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From options to radius_cfg: servers and their secrets. */
#include "cli/radius_options.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli_error.h"
#include "cli/password.h"
#include "util/endpoint.h"

#define AT(member) offsetof(struct radius_settings, member)

static bool set_source(void *to, const char *value, struct error *err)
{
	if (ip_parse(value, to))
		return true;
	snprintf(err->text, sizeof(err->text), "must be an IP address of this host");
	return false;
}

static bool set_demand(void *to, const char *value, struct error *err)
{
	*(enum radius_demand *)to = strcmp(value, "auto") ? RADIUS_REQUIRE : RADIUS_AUTO;
	if (!strcmp(value, "auto") || !strcmp(value, "require"))
		return true;
	snprintf(err->text, sizeof(err->text), "must be require or auto");
	return false;
}

static bool set_timestamp(void *to, const char *value, struct error *err)
{
	*(bool *)to = strcmp(value, "auto") != 0;
	if (!strcmp(value, "auto") || !strcmp(value, "require"))
		return true;
	snprintf(err->text, sizeof(err->text), "must be auto or require");
	return false;
}

static bool set_coa_port(void *to, const char *value, struct error *err)
{
	uint32_t port;

	if (!set_number(&port, value, err) || !port || port > UINT16_MAX) {
		snprintf(err->text, sizeof(err->text), "must be a port, 1 to 65535");
		return false;
	}
	*(uint32_t *)to = port;
	return true;
}

static const struct option radius_table[] = {
	{ .name = "radius",
	  .arg = "[tls:]HOST[:PORT]",
	  .help = "let this RADIUS server decide who may log in, in place of --users; may be "
		  "given again: the next one is asked when one does not answer; default port 1812; "
		  "tls:HOST: by TLS (RadSec), port 2083",
	  .set = set_texts,
	  .at = AT(servers),
	  .clear = clear_texts },
	{ .name = "radius-secret-file",
	  .arg = "FILE",
	  .help = "the first line of FILE is the secret shared with the RADIUS servers; given "
		  "again, each --radius has its own, in the same order",
	  .set = set_files,
	  .at = AT(secret_files),
	  .clear = clear_texts },
	{ .name = "radius-acct",
	  .arg = "[tls:]HOST[:PORT]",
	  .help = "report sessions to this RADIUS server; may be given again; default: to those of "
		  "--radius, each at the next port; none or off: not at all",
	  .set = set_texts,
	  .at = AT(acct),
	  .clear = clear_texts },
	{ .name = "radius-interim",
	  .arg = "SECONDS",
	  .help = "report each session that often (60 or more); default: as the RADIUS server says",
	  .set = set_seconds,
	  .at = AT(interim_s) },
	{ .name = "radius-source",
	  .arg = "ADDR",
	  .help = "send RADIUS packets from this address of this host",
	  .set = set_source,
	  .at = AT(source) },
	{ .name = "radius-timeout",
	  .arg = "SECONDS",
	  .help = "how long one RADIUS server may take, with retransmissions, before the next one is asked; "
		  "default 12",
	  .set = set_seconds,
	  .at = AT(timeout_s) },
	{ .name = "radius-message-authenticator",
	  .arg = "WHEN",
	  .words = "require auto",
	  .help = "require (the default): a response without Message-Authenticator may be forged "
		  "and is refused; auto: only for EAP, and from a server that has sent one",
	  .set = set_demand,
	  .at = AT(demand) },
	{ .name = "radius-ca",
	  .arg = "FILE",
	  .help = "with tls:HOST: trust the authorities in FILE (PEM), not the system's",
	  .set = set_file,
	  .at = AT(ca) },
	{ .name = "radius-cert",
	  .arg = "FILE",
	  .help = "with tls:HOST: this server's certificate for the RADIUS server (PEM)",
	  .set = set_file,
	  .at = AT(cert) },
	{ .name = "radius-key",
	  .arg = "FILE",
	  .help = "with tls:HOST: its private key (PEM); default: in the same file",
	  .set = set_file,
	  .at = AT(key) },
	{ .name = "radius-coa-from",
	  .arg = "ADDR",
	  .help = "let the RADIUS server with this address end sessions and change their limits "
		  "(Disconnect, CoA); may be given again",
	  .set = set_texts,
	  .at = AT(coa_from),
	  .clear = clear_texts },
	{ .name = "radius-coa-port",
	  .arg = "PORT",
	  .help = "UDP port for that; default 3799",
	  .set = set_coa_port,
	  .at = AT(coa_port) },
	{ .name = "radius-coa-timestamp",
	  .arg = "WHEN",
	  .words = "auto require",
	  .help = "auto (the default): a request without Event-Timestamp is taken, and not taken "
		  "twice within 5 minutes; require: it is dropped, since somebody who has recorded "
		  "it could send it again later",
	  .set = set_timestamp,
	  .at = AT(coa_requires_timestamp) },
	{ .name = "nas-identifier",
	  .arg = "NAME",
	  .help = "this server's name for RADIUS; default: --name",
	  .set = set_text,
	  .at = AT(nas) },
};

const struct option_group radius_options = OPTION_GROUP(radius_table);

/* ---- servers and secrets */

static bool get_secret(const struct verb *verb, const char *file, struct bytes *secret)
{
	char *text = calloc(1, PASSWORD_SIZE);
	struct error err;

	if (!text || !password_from_file(file, text, &err)) {
		cli_error(verb, "--radius-secret-file: %s", text ? err.text : "out of memory");
		return false;
	}
	if (!*text) {
		cli_error(verb, "--radius-secret-file %s: its first line is empty", file);
		return false;
	}
	*secret = bytes_text(text); /* as long as the program runs */
	return true;
}

static bool get_endpoints(const struct verb *verb, const char *option, const struct text_list *list,
			  uint16_t port, struct radius_endpoint to[RADIUS_SERVERS])
{
	if (list->count > RADIUS_SERVERS) {
		cli_error(verb, "--%s: more than %d servers", option, RADIUS_SERVERS);
		return false;
	}
	for (size_t i = 0; i < list->count; i++) {
		const char *why, *text = list->at[i];

		if (strpbrk(text, "/,")) {
			cli_error(verb,
				  "--%s %s: must be HOST[:PORT] or tls:HOST[:PORT]; the option may "
				  "be given again",
				  option, text);
			return false;
		}

		to[i].is_tls = !strncmp(text, "tls:", 4);
		to[i].port = to[i].is_tls ? RADIUS_TLS_PORT : port;
		why = endpoint_split(text + (to[i].is_tls ? 4 : 0), to[i].host, sizeof(to[i].host),
				     &to[i].port);
		if (!why)
			continue;
		cli_error(verb, "--%s %s: %s", option, list->at[i], why);
		return false;
	}
	return true;
}

static bool needs_secret(const struct radius_endpoint *at, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (!at[i].is_tls)
			return true;
	return false;
}

static bool get_secrets(const struct verb *verb, const struct radius_settings *s,
			struct radius_endpoint *at, size_t count)
{
	bool has_own = s->secret_files.count > 1 && at == s->cfg.servers;

	if (!s->secret_files.count && needs_secret(at, count)) {
		cli_error(verb, "RADIUS needs a secret: --radius-secret-file FILE");
		return false;
	}
	if (has_own && s->secret_files.count != count) {
		cli_error(verb,
			  "%zu times --radius and %zu times --radius-secret-file: give one secret "
			  "for all, or each server its own, in the same order",
			  count, s->secret_files.count);
		return false;
	}
	for (size_t i = 0; i < count; i++)
		if (at[i].is_tls)
			at[i].secret = bytes_text("radsec"); /* RFC 6614 section 2.3 */
		else if (!get_secret(verb, s->secret_files.at[has_own ? i : 0], &at[i].secret))
			return false;
	return true;
}

/* The usual ports are neighbors: 1812 and 1813, 1645 and 1646. */
static void account_to_servers(struct radius_cfg *cfg)
{
	cfg->acct_count = cfg->server_count;
	for (size_t i = 0; i < cfg->server_count; i++) {
		cfg->acct[i] = cfg->servers[i];
		cfg->acct[i].port += !cfg->acct[i].is_tls; /* TLS has one port for both */
	}
}

static bool is_none(const struct text_list *l)
{
	return l->count == 1 && (!strcmp(l->at[0], "none") || !strcmp(l->at[0], "off"));
}

static bool get_acct(const struct verb *verb, struct radius_settings *s)
{
	struct radius_cfg *cfg = &s->cfg;

	if (is_none(&s->acct))
		return true;
	if (!s->acct.count) {
		account_to_servers(cfg);
		return true;
	}
	cfg->acct_count = s->acct.count;
	return get_endpoints(verb, "radius-acct", &s->acct, RADIUS_ACCT_PORT, cfg->acct) &&
	       get_secrets(verb, s, cfg->acct, cfg->acct_count);
}

static bool get_coa(const struct verb *verb, struct radius_settings *s)
{
	struct radius_cfg *cfg = &s->cfg;

	if (s->coa_from.count > RADIUS_DAE_SOURCES) {
		cli_error(verb, "--radius-coa-from: more than %d addresses", RADIUS_DAE_SOURCES);
		return false;
	}
	cfg->coa_requires_timestamp = s->coa_requires_timestamp;
	cfg->coa_port = s->coa_port ? (uint16_t)s->coa_port : RADIUS_DAE_PORT;
	for (size_t i = 0; i < s->coa_from.count; i++)
		if (!ip_parse(s->coa_from.at[i], &cfg->coa_from[cfg->coa_count++])) {
			cli_error(verb, "--radius-coa-from %s: must be an IP address",
				  s->coa_from.at[i]);
			return false;
		}
	if (cfg->coa_count && !s->secret_files.count) {
		cli_error(verb, "--radius-coa-from needs --radius-secret-file");
		return false;
	}
	return !cfg->coa_count || get_secret(verb, s->secret_files.at[0], &cfg->coa_secret);
}

static bool is_used(const struct radius_settings *s)
{
	return s->servers.count || (s->acct.count && !is_none(&s->acct));
}

bool radius_settings_apply(const struct verb *verb, struct radius_settings *s, const char *name)
{
	struct radius_cfg *cfg = &s->cfg;

	if (!is_used(s) && s->coa_from.count) {
		cli_error(verb, "--radius-coa-from needs --radius or --radius-acct");
		return false;
	}
	if (!is_used(s))
		return true;
	cfg->server_count = s->servers.count;
	cfg->source = s->source;
	cfg->nas = s->nas ? s->nas : name;
	cfg->demand = s->demand;
	cfg->server_ms = s->timeout_s * 1000;
	cfg->interim_s = s->interim_s;
	cfg->tls = (struct tls_client_cfg){ .ca_file = s->ca,
					    .ca_option = "--radius-ca",
					    .cert_file = s->cert,
					    .key_file = s->key ? s->key : s->cert };
	if (s->timeout_s > RADIUS_TOTAL_MS / 1000) {
		cli_error(verb, "--radius-timeout: at most %d seconds", RADIUS_TOTAL_MS / 1000);
		return false;
	}
	if (s->interim_s && s->interim_s < 60) {
		cli_error(verb, "--radius-interim: at least 60 seconds");
		return false;
	}
	return get_endpoints(verb, "radius", &s->servers, RADIUS_AUTH_PORT, cfg->servers) &&
	       (!cfg->server_count || get_secrets(verb, s, cfg->servers, cfg->server_count)) &&
	       get_acct(verb, s) && get_coa(verb, s);
}
