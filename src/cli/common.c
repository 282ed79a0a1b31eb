/* Shared options, applied. */
#include "cli/common.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "sstp/sstp.h"
#include "util/log.h"

void common_apply(const struct common_settings *s)
{
	log_set_level(s->quiet	   ? LOG_LEVEL_WARN :
		      s->verbose ? LOG_LEVEL_DEBUG :
				     LOG_LEVEL_INFO);
	log_set_json(s->log_json);
	log_set_timestamps(s->log_time);
	signal(SIGPIPE, SIG_IGN);
}

bool server_word(struct server_settings *s, const char *word, struct option_error *err)
{
	static const char scheme[] = "https://";

	if (s->host[0]) {
		snprintf(err->text, sizeof(err->text), "one server is enough, %.200s was named before",
			 s->host);
		return false;
	}
	if (!strncasecmp(word, scheme, sizeof(scheme) - 1))
		word += sizeof(scheme) - 1;
	s->port = 443;
	if (ip_split_host_port(word, s->host, sizeof(s->host), &s->port))
		return true;
	snprintf(err->text, sizeof(err->text),
		 "must be HOST or HOST:PORT, an IPv6 address with a port in brackets");
	return false;
}

bool min_tls_apply(const struct verb *verb, const char *value, bool *only_tls13)
{
	*only_tls13 = value && !strcmp(value, "1.3");
	if (!value || *only_tls13 || !strcmp(value, "1.2"))
		return true;
	option_complain(verb, "min-tls %s: must be 1.2 or 1.3", value);
	return false;
}

bool min_hash_apply(const struct verb *verb, const char *value, uint8_t *hashes)
{
	bool only_sha256 = value && !strcasecmp(value, "sha256");

	*hashes = SSTP_HASH_SHA256 | (only_sha256 ? 0 : SSTP_HASH_SHA1);
	if (!value || only_sha256 || !strcasecmp(value, "sha1"))
		return true;
	option_complain(verb, "min-hash %s: must be sha1 or sha256", value);
	return false;
}

bool server_settings_apply(const struct verb *verb, struct server_settings *s,
			   struct server_ref *ref)
{
	struct option_error err;

	if (!s->host[0] && s->server && !server_word(s, s->server, &err)) {
		option_complain(verb, "server %s: %s", s->server, err.text);
		return false;
	}
	if (!s->host[0]) {
		option_complain(verb, "no server: sstp %s HOST", verb->name);
		return false;
	}
	if (s->only_ipv4 && s->only_ipv6) {
		option_complain(verb, "--ipv4-only and --ipv6-only leave nothing");
		return false;
	}
	*ref = (struct server_ref){
		.host = s->host,
		.port = s->port,
		.verify_name = s->verify_name,
		.sni = s->sni,
		.family = s->only_ipv4 ? AF_INET : s->only_ipv6 ? AF_INET6 : AF_UNSPEC,
		.timeout_ms = (s->timeout_s ? s->timeout_s : 1) * 1000,
		.tls = {
			.ca_file = s->ca_cert,
			.pins = s->pins.at,
			.pin_count = s->pins.count,
			.allow_cbc = s->legacy_ciphers,
			.keylog = s->keylog,
		},
	};
	return min_tls_apply(verb, s->min_tls, &ref->tls.only_tls13) &&
	       min_hash_apply(verb, s->min_hash, &ref->hashes);
}
