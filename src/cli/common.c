/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Shared options, applied. */
#include "cli/common.h"

#include <stdio.h>
#include <string.h>

#include "cli/tidy.h"
#include "tls/open.h"
#include "util/log.h"
#include "util/log_writer.h"
#include "util/punycode.h"

enum { NAME_MAX_LEN = 253 }; /* RFC 1035 section 2.3.4, as text */

/* Complaints about the command line still go to standard error, where whoever typed it sees them. */
static void use_syslog(void)
{
	int error = log_writer_use_syslog(NULL);

	if (error)
		log_print(
			"sstp: --syslog: /dev/log: %s; log lines wait until somebody listens there",
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
}

void common_warn_of_keylog(const char *file)
{
	if (file)
		log_warn(NULL,
			 "%s: session keys are written there: whoever has it can read all "
			 "traffic",
			 file);
}

bool server_word(struct server_settings *s, const char *word, struct option_error *err)
{
	if (s->has_word) {
		snprintf(err->text, sizeof(err->text),
			 "only one server can be given (already: %.160s)", s->at.host);
		return false;
	}
	s->has_word = true;
	return set_server(&s->at, word, err);
}

static bool is_ascii(const char *name)
{
	while (*name && !(*name & 0x80))
		name++;
	return !*name;
}

/*
 * It goes into DNS, TLS and HTTP. NULL: not given. A name with other letters than ASCII's is not
 * converted: IDNA's rules differ by version, and the certificate's name would depend on them.
 */
static bool is_name(const struct verb *verb, const char *option, const char *name)
{
	char ascii[NAME_MAX_LEN + 1];

	if (name && !is_ascii(name)) {
		if (punycode_host(name, ascii, sizeof(ascii)))
			option_complain(verb,
					"%s \"%s\" must be given as DNS and certificates have "
					"it: probably %s",
					option, name, ascii);
		else
			option_complain(verb,
					"%s must be given as DNS and certificates have it, in "
					"ASCII (xn--...)",
					option);
		return false;
	}
	if (!name || (strlen(name) <= NAME_MAX_LEN && !strpbrk(name, " \t\r\n/")))
		return true;
	option_complain(verb, "%s must be a host name of at most %d characters", option,
			NAME_MAX_LEN);
	return false;
}

bool server_settings_apply(const struct verb *verb, struct server_settings *s,
			   struct server_ref *ref)
{
	bool has_rule;

	if (!s->at.host[0]) {
		option_complain(verb, "no server: sstp %s HOST", verb->name);
		return false;
	}
	if (s->only_ipv4 && s->only_ipv6) {
		option_complain(verb, "--ipv4-only and --ipv6-only leave nothing");
		return false;
	}
	if (s->crl && s->pins.count) {
		option_complain(verb, "--crl does not go with --servercert: a pin trusts that "
				      "certificate whatever its issuer says of it");
		return false;
	}
	if (!is_name(verb, "the server's name", s->at.host) || !is_name(verb, "--sni", s->sni) ||
	    !is_name(verb, "--verify-name", s->verify_name))
		return false;
	*ref = (struct server_ref){
		.host = s->at.host,
		.port = s->at.port,
		.verify_name = s->verify_name,
		.sni = s->sni,
		.family = s->only_ipv4 ? AF_INET : s->only_ipv6 ? AF_INET6 : AF_UNSPEC,
		.timeout_ms = s->timeout_s * 1000,
		.hashes = s->hashes,
		.tls = {
			.ca_file = s->ca_cert,
			.crl_file = s->crl,
			.pins = s->pins.at,
			.pin_count = s->pins.count,
			.only_tls13 = s->only_tls13,
			.allow_cn = s->allow_cn,
			.allow_cbc = s->legacy_ciphers,
			.keylog = s->keylog,
		},
	};
	ref->addr_count = resolve_rules_find(&s->resolve, &s->at, ref->family, ref->addrs,
					     DIAL_ADDRS_MAX, &has_rule);
	if (has_rule && !ref->addr_count) {
		option_complain(verb, "--resolve has no %s address for %s",
				s->only_ipv4 ? "IPv4" : "IPv6", s->at.host);
		return false;
	}
	return true;
}

bool server_settings_check(const struct verb *verb, const struct server_ref *ref)
{
	struct tls_error err;
	struct tls_ctx *tls;

	if (tls_ctx_client(&ref->tls, &tls, &err)) {
		option_complain(verb, "%s", err.text);
		return false;
	}
	tls_ctx_release(tls);
	return true;
}
