/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Options of every verb that logs, of TLS and of the server to connect to, and their conversion. */
#include "cli/common.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/password.h"
#include "cli/tidy.h"
#include "client/server_list.h"
#include "tls/open.h"
#include "util/log.h"
#include "util/log_writer.h"
#include "util/process_limits.h"
#include "util/punycode.h"

#define HELP_OPTION                                                                               \
	{                                                                                         \
		.name = "help", .short_name = 'h', .help = "print this", .flags = OPTION_CLI_ONLY \
	}

#define AT(member) offsetof(struct common_settings, member)

/* What no host name has. Its form in DNS and its length are looked at when all settings are known. */
static bool set_name(void *to, const char *value, struct error *err)
{
	if (!strpbrk(value, " \t\r\n/"))
		return set_text(to, value, err);
	snprintf(err->text, sizeof(err->text),
		 "must be a host name such as vpn.example.net, without blanks and slashes");
	return false;
}

static const struct option common_table[] = {
	{ .name = "config",
	  .short_name = 'c',
	  .arg = "FILE",
	  .help = "read settings from FILE: key = value lines, the keys are the long "
		  "options",
	  .set = set_text,
	  .at = AT(config),
	  .flags = OPTION_CLI_ONLY },
	{ .name = "check",
	  .help = "check the settings, say what is wrong with them, and stop",
	  .set = set_flag,
	  .at = AT(check),
	  .flags = OPTION_CLI_ONLY },
	{ .name = "verbose",
	  .short_name = 'v',
	  .help = "log packets and transitions too",
	  .set = set_count,
	  .at = AT(verbose) },
	{ .name = "quiet",
	  .short_name = 'q',
	  .help = "log warnings and errors only",
	  .set = set_flag,
	  .at = AT(quiet) },
	{ .name = "log-json",
	  .help = "log as JSON, one object a line",
	  .set = set_flag,
	  .at = AT(log_json) },
	{ .name = "log-time",
	  .help = "begin each log line with the time (UTC)",
	  .set = set_flag,
	  .at = AT(log_time) },
	{ .name = "syslog",
	  .help = "log to syslog (/dev/log), not to standard error",
	  .set = set_flag,
	  .at = AT(syslog) },
	HELP_OPTION,
};

#undef AT

const struct option_group common_options = OPTION_GROUP(common_table);

static const struct option help_table[] = { HELP_OPTION };

const struct option_group help_options = OPTION_GROUP(help_table);

#define AT(member) offsetof(struct server_settings, member)

static const struct option server_table[] = {
	{ .name = "server",
	  .arg = "HOST[:PORT]",
	  .help = "a server; may be given again, for others of the same VPN that are tried "
		  "in turn; beside HOST they come after it",
	  .set = set_host_ports,
	  .at = AT(others),
	  .clear = clear_host_ports },
	{ .name = "ca-cert",
	  .arg = "FILE",
	  .help = "trust the authorities in FILE (PEM, or a folder of such) instead "
		  "of the system's",
	  .set = set_file_or_folder,
	  .at = AT(ca_cert) },
	{ .name = "crl",
	  .arg = "FILE",
	  .help = "refuse certificates that are in the revocation lists in FILE (PEM or "
		  "DER); the server's issuer must have one",
	  .set = set_file,
	  .at = AT(crl) },
	{ .name = "servercert",
	  .arg = "PIN",
	  .help = "trust the certificate with this pin, pin-sha256:BASE64 of its key "
		  "or sha256:HEX of itself, whoever signed it; no other certificate "
		  "is accepted, and --ca-cert, name and dates are not checked; may "
		  "be given again",
	  .set = set_pins,
	  .at = AT(pins),
	  .clear = clear_texts },
	{ .name = "verify-name",
	  .arg = "NAME",
	  .help = "the name that the certificate must have, if not HOST",
	  .set = set_name,
	  .at = AT(verify_name) },
	{ .name = "sni",
	  .arg = "NAME",
	  .help = "the name to ask for in TLS (server name indication), if not that of "
		  "--verify-name or HOST",
	  .set = set_name,
	  .at = AT(sni) },
	{ .name = "no-sni", .help = "ask for no name in TLS", .set = set_flag, .at = AT(no_sni) },
	{ .name = "host-header",
	  .arg = "NAME[:PORT]",
	  .help = "HTTP's Host header, if not the name in TLS and the port",
	  .set = set_name,
	  .at = AT(http_host) },
	{ .name = "resolve",
	  .arg = "HOST[:PORT]:ADDR",
	  .help = "HOST is at ADDR: ask no name server, as curl's option (ADDR,ADDR for "
		  "more, IPv6 in brackets, * for any HOST); may be given again",
	  .set = set_resolve_rule,
	  .at = AT(resolve),
	  .clear = clear_texts },
	{ .name = "allow-cn",
	  .help = "accept a common name where there is no subjectAltName",
	  .set = set_flag,
	  .at = AT(allow_cn) },
	{ .name = "ipv4-only",
	  .short_name = '4',
	  .help = "reach the server by IPv4 only",
	  .set = set_flag,
	  .at = AT(only_ipv4) },
	{ .name = "ipv6-only",
	  .short_name = '6',
	  .help = "reach the server by IPv6 only",
	  .set = set_flag,
	  .at = AT(only_ipv6) },
	{ .name = "no-portal-check",
	  .help = "do not look for a captive portal, by one plain web request to the server "
		  "(port 80), when connecting fails as it does behind one",
	  .set = set_flag,
	  .at = AT(no_portal_check) },
	{ .name = "timeout",
	  .arg = "SECONDS",
	  .help = "for each attempt to connect, from the lookup of the name to the "
		  "first packets; default 30",
	  .set = set_seconds,
	  .at = AT(timeout_s) },
};

#undef AT

const struct option_group server_options = OPTION_GROUP(server_table);

#define AT(member) offsetof(struct tls_settings, member)

static const struct option tls_table[] = {
	{ .name = "min-tls",
	  .arg = "VERSION",
	  .words = "1.2 1.3",
	  .help = "1.2 (the default) or 1.3",
	  .set = set_min_tls,
	  .at = AT(only_tls13) },
	{ .name = "min-hash",
	  .arg = "HASH",
	  .words = "sha1 sha256",
	  .help = "for the crypto binding: sha1 (the default) or sha256",
	  .set = set_min_hash,
	  .at = AT(hashes) },
	{ .name = "legacy-ciphers",
	  .help = "permit AES-CBC with SHA under TLS 1.2 too (RouterOS)",
	  .set = set_flag,
	  .at = AT(legacy_ciphers) },
	{ .name = "keylog",
	  .arg = "FILE",
	  .help = "write the TLS session keys to FILE, for Wireshark: everybody who "
		  "has the file can read all traffic",
	  .set = set_text,
	  .at = AT(keylog) },
};

#undef AT

const struct option_group tls_options = OPTION_GROUP(tls_table);

enum { NAME_MAX_LEN = 253 }; /* RFC 1035 section 2.3.4, as text */

/* Errors about the command line still go to standard error, where the user sees them. */
static void use_syslog(void)
{
	int error = log_writer_use_syslog(NULL);

	if (error)
		log_print("sstp: --syslog: /dev/log: %s; log lines are kept until a program "
			  "listens there",
			  strerror(-error));
}

void common_apply(const struct common_settings *s)
{
	log_set_level(s->quiet ? LOG_LEVEL_WARN : s->verbose ? LOG_LEVEL_DEBUG : LOG_LEVEL_INFO);
	log_set_json(s->log_json);
	log_set_timestamps(s->log_time);
	if (s->syslog && !s->check)
		use_syslog();
	tidy_print_warnings();
	process_limits_warn();
}

void common_warn_about_keylog(const char *file)
{
	if (file)
		log_warn(NULL,
			 "%s: session keys are written there: everybody who has this file "
			 "can read all traffic",
			 file);
}

bool server_positional(void *to, const char *word, struct error *err)
{
	struct server_settings *s = to;

	if (s->has_positional) {
		snprintf(err->text, sizeof(err->text),
			 "only one server can be given (already: %.160s)", s->at.host);
		return false;
	}
	s->has_positional = true;
	/* those of the file and the environment: options of the command line are applied after it */
	clear_host_ports(&s->others);
	return set_server(&s->at, word, err);
}

static bool is_ascii(const char *name)
{
	while (*name && !(*name & 0x80))
		name++;
	return !*name;
}

/*
 * To the form of DNS and certificates. Names that IDNA's versions treat differently are refused: which
 * server is meant, and which name its certificate must have, would depend on the version.
 */
static bool to_ascii(const struct verb *verb, const char *option, const char *name,
		     char ascii[NAME_MAX_LEN + 1])
{
	if (!punycode_host(name, ascii, NAME_MAX_LEN + 1)) {
		cli_error(verb,
			  "%s must be given as DNS and certificates have it, in ASCII (xn--...)",
			  option);
		return false;
	}
	if (punycode_is_certain(name))
		return true;
	cli_error(verb, "%s \"%s\" must be given as DNS and certificates have it: probably %s",
		  option, name, ascii);
	return false;
}

/* Checks that `name` can be used in DNS, TLS and HTTP. */
static bool check_name(const struct verb *verb, const char *option, const char *name, size_t max)
{
	if (*name && strlen(name) <= max && !strpbrk(name, " \t\r\n/"))
		return true;
	cli_error(verb, "%s must be a host name of at most %zu characters", option, max);
	return false;
}

static bool take_host(const struct verb *verb, char *host, size_t size)
{
	char ascii[NAME_MAX_LEN + 1];

	if (!is_ascii(host)) {
		if (!to_ascii(verb, "the server's name", host, ascii))
			return false;
		snprintf(host, size, "%s", ascii);
	}
	return check_name(verb, "the server's name", host, NAME_MAX_LEN);
}

/* A converted name stays valid until the program ends, as the values of options do. NULL: not given. */
static bool take_name(const struct verb *verb, const char *option, const char **name)
{
	char ascii[NAME_MAX_LEN + 1];

	if (!*name)
		return true;
	if (!is_ascii(*name)) {
		if (!to_ascii(verb, option, *name, ascii))
			return false;
		*name = strdup(ascii);
		if (!*name) {
			cli_error(verb, "out of memory");
			return false;
		}
	}
	return check_name(verb, option, *name, NAME_MAX_LEN);
}

/* NAME[:PORT] is sent as it is, but for other letters than ASCII's in NAME. */
static bool take_http_host(const struct verb *verb, const char **http_host)
{
	static const char option[] = "--host-header";
	char name[SSTP_HOST_MAX + 1], ascii[NAME_MAX_LEN + 1], *both;
	const char *port = *http_host ? strrchr(*http_host, ':') : NULL;

	if (!*http_host)
		return true;
	if (is_ascii(*http_host))
		return check_name(verb, option, *http_host, SSTP_HOST_MAX);
	port = port ? port : "";
	snprintf(name, sizeof(name), "%.*s", (int)(strlen(*http_host) - strlen(port)), *http_host);
	if (!to_ascii(verb, option, name, ascii))
		return false;
	if (asprintf(&both, "%s%s", ascii, port) < 0) {
		cli_error(verb, "out of memory");
		return false;
	}
	*http_host = both;
	return check_name(verb, option, both, SSTP_HOST_MAX);
}

static bool take_names(const struct verb *verb, struct server_settings *s)
{
	if (s->sni && s->no_sni) {
		cli_error(verb, "--sni and --no-sni exclude each other");
		return false;
	}
	for (size_t i = 0; i < s->others.count; i++)
		if (!take_host(verb, s->others.at[i].host, sizeof(s->others.at[i].host)))
			return false;
	return take_host(verb, s->at.host, sizeof(s->at.host)) &&
	       take_name(verb, "--sni", &s->sni) &&
	       take_name(verb, "--verify-name", &s->verify_name) &&
	       take_http_host(verb, &s->http_host);
}

/* Without a positional argument the first of the list is the first server. */
static bool take_first(const struct verb *verb, struct server_settings *s)
{
	struct host_port_list *l = &s->others;

	if (!s->has_positional && l->count) {
		s->at = l->at[0];
		l->count--;
		memmove(l->at, l->at + 1, l->count * sizeof(*l->at));
	}
	if (!s->at.host[0])
		cli_error(verb, "no server: sstp %s HOST", verb->name);
	else if (l->count >= SERVER_LIST_MAX)
		cli_error(verb, "more than %d servers", SERVER_LIST_MAX);
	else
		return true;
	return false;
}

/* The addresses that --resolve gives. Returns false after printing an error. */
static bool resolve(const struct verb *verb, const struct server_settings *s,
		    const struct host_port *at, struct server_ref *ref)
{
	bool has_rule;

	ref->addr_count = resolve_rules_find(&s->resolve, at, ref->family, ref->addrs,
					     DIAL_ADDRS_MAX, &has_rule);
	if (!has_rule || ref->addr_count)
		return true;
	cli_error(verb, "--resolve has no %s address for %s", s->only_ipv4 ? "IPv4" : "IPv6",
		  at->host);
	return false;
}

/* All settings but name, port, addresses, and whether there is a proxy, are the same for all servers. */
static bool make_more(const struct verb *verb, struct server_settings *s,
		      const struct server_ref *first)
{
	const struct host_port *at = s->others.at;

	free(s->more);
	s->more_count = s->others.count;
	s->more = calloc(s->more_count + 1, sizeof(*s->more));
	if (!s->more) {
		cli_error(verb, "out of memory");
		return false;
	}
	for (size_t i = 0; i < s->more_count; i++) {
		s->more[i] = *first;
		s->more[i].host = at[i].host;
		s->more[i].port = at[i].port;
		if (!upstream_settings_apply(verb, &s->upstream, at[i].host, at[i].port,
					     &s->more[i].proxy) ||
		    !resolve(verb, s, &at[i], &s->more[i]))
			return false;
	}
	return true;
}

bool server_settings_apply(const struct verb *verb, struct server_settings *s,
			   struct server_ref *ref)
{
	bool is_good;

	if (!take_first(verb, s))
		return false;
	if (s->only_ipv4 && s->only_ipv6) {
		cli_error(verb, "--ipv4-only and --ipv6-only exclude each other");
		return false;
	}
	if (s->crl && s->pins.count) {
		cli_error(verb, "--crl and --servercert exclude each other: a pinned certificate "
				"is trusted even if its issuer has revoked it");
		return false;
	}
	if (!take_names(verb, s))
		return false;
	*ref = (struct server_ref){
		.host = s->at.host,
		.port = s->at.port,
		.verify_name = s->verify_name,
		.sni = s->no_sni ? "" : s->sni,
		.http_host = s->http_host,
		.family = s->only_ipv4 ? AF_INET : s->only_ipv6 ? AF_INET6 : AF_UNSPEC,
		.timeout_ms = s->timeout_s * 1000,
		.no_portal_check = s->no_portal_check,
		.hashes = s->tls.hashes,
		.tls = {
			.ca_file = s->ca_cert,
			.crl_file = s->crl,
			.pins = s->pins.at,
			.pin_count = s->pins.count,
			.only_tls13 = s->tls.only_tls13,
			.allow_cn = s->allow_cn,
			.allow_cbc = s->tls.legacy_ciphers,
			.keylog = s->tls.keylog,
		},
	};
	is_good =
		upstream_settings_apply(verb, &s->upstream, s->at.host, s->at.port, &ref->proxy) &&
		resolve(verb, s, &s->at, ref) && make_more(verb, s, ref);
	password_forget_proxy();
	return is_good;
}

bool server_settings_check(const struct verb *verb, const struct server_ref *ref)
{
	struct error err;
	struct tls_ctx *tls;

	if (tls_ctx_client(&ref->tls, &tls, &err)) {
		cli_error(verb, "%s", err.text);
		return false;
	}
	tls_ctx_release(tls);
	return true;
}
