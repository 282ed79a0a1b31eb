/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Options that several verbs share, and their conversion into settings of the lower layers: here
 * those of every verb that logs, of TLS, and of the server to connect to. login.h has those of the
 * login and of the link, network.h those of the TUN device, background.h those of daemons.
 */
#ifndef SSTP_CLI_COMMON_H
#define SSTP_CLI_COMMON_H

#include "cli/options.h"
#include "cli/resolve_rule.h"
#include "cli/upstream_option.h"
#include "cli/value.h"
#include "client/client.h"
#include "sstp/sstp.h"

struct common_settings {
	const char *config;
	int verbose;
	bool quiet;
	bool log_json;
	bool log_time;
	bool syslog;
	bool check;
};

extern const struct option_group common_options;
/* --help alone, for verbs without a log. */
extern const struct option_group help_options;

void common_apply(const struct common_settings *s);

/* Logs a warning about --keylog if `file` is not NULL. */
void common_warn_about_keylog(const char *file);

/* TLS and the crypto binding: the verbs that connect, and serve. */
struct tls_settings {
	bool only_tls13;
	uint8_t hashes;
	bool legacy_ciphers;
	const char *keylog;
};

#define TLS_DEFAULTS                                        \
	{                                                   \
		.hashes = SSTP_HASH_SHA1 | SSTP_HASH_SHA256 \
	}

extern const struct option_group tls_options;

/* How to reach the server and how to verify it: the verbs that connect. */
struct server_settings {
	struct host_port at;
	bool has_positional; /* `at` was given as a positional argument */
	struct host_port_list
		others;          /* of --server; without a positional argument the first is `at` */
	struct server_ref *more; /* server_settings_apply makes them: all but the first */
	size_t more_count;
	const char *ca_cert, *crl;
	struct text_list pins;
	const char *verify_name;
	const char *sni;
	bool no_sni;
	const char *http_host;
	struct text_list resolve;
	struct upstream_settings upstream;
	bool allow_cn;
	bool no_portal_check;
	bool only_ipv4, only_ipv6;
	uint32_t timeout_s;
	struct tls_settings tls;
};

#define SERVER_DEFAULTS                              \
	{                                            \
		.tls = TLS_DEFAULTS, .timeout_s = 30 \
	}

/* Options of server_settings but for its `tls`. */
extern const struct option_group server_options;

/* The rows of a verb that connects, whose `settings` have a `server`. */
#define SERVER_USES(settings)                                                           \
	OPTION_USE("The server and its certificate", server_options, settings, server), \
		OPTION_USE(NULL, tls_options, settings, server.tls),                    \
		OPTION_USE("The way to the server", upstream_options, settings, server.upstream)

/* The positional argument HOST[:PORT]. `to`: struct server_settings. */
bool server_positional(void *to, const char *word, struct error *err);

/* Fills `ref` and s->more, which point into `s`. Returns false after printing an error. */
bool server_settings_apply(const struct verb *verb, struct server_settings *s,
			   struct server_ref *ref);

/* Checks that the CA and CRL files can be read. Returns false after printing an error. */
bool server_settings_check(const struct verb *verb, const struct server_ref *ref);

#endif
