/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Options that several verbs share, and how they are turned into settings of the lower floors. */
#ifndef SSTP_CLI_COMMON_H
#define SSTP_CLI_COMMON_H

#include "cli/option.h"
#include "cli/resolve_rule.h"
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

#define COMMON_OPTIONS(type)                                                             \
	{ .help = "General:" },                                                          \
		{ "config",                                                              \
		  'c',                                                                   \
		  "FILE",                                                                \
		  "read settings from FILE: key = value lines, the keys are the "        \
		  "long options",                                                        \
		  set_text,                                                              \
		  offsetof(type, common.config),                                         \
		  true,                                                                  \
		  NULL },                                                                \
		{ "check",  0,                                                           \
		  NULL,     "check the settings, say what is wrong with them, and stop", \
		  set_flag, offsetof(type, common.check),                                \
		  true,     NULL },                                                      \
		{ "verbose", 'v',                                                        \
		  NULL,      "log packets and transitions too",                          \
		  set_count, offsetof(type, common.verbose),                             \
		  false,     NULL },                                                     \
		{ "quiet",  'q',                                                         \
		  NULL,     "log warnings and errors only",                              \
		  set_flag, offsetof(type, common.quiet),                                \
		  false,    NULL },                                                      \
		{ "log-json", 0,                                                         \
		  NULL,       "log as JSON, one object a line",                          \
		  set_flag,   offsetof(type, common.log_json),                           \
		  false,      NULL },                                                    \
		{ "log-time", 0,                                                         \
		  NULL,       "begin each log line with the time (UTC)",                 \
		  set_flag,   offsetof(type, common.log_time),                           \
		  false,      NULL },                                                    \
		{ "syslog", 0,                                                           \
		  NULL,     "log to syslog (/dev/log), not to standard error",           \
		  set_flag, offsetof(type, common.syslog),                               \
		  false,    NULL },                                                      \
	{                                                                                \
		"help", 'h', NULL, "print this", NULL, 0, true, NULL                     \
	}

void common_apply(const struct common_settings *s);

/* Says what --keylog does, where it is given (NULL: it is not). */
void common_warn_of_keylog(const char *file);

/* How to reach and believe a server: connect, probe. */
struct server_settings {
	struct host_port at;
	bool has_word; /* it was named by a word on the command line */
	const char *ca_cert, *crl;
	struct text_list pins;
	const char *verify_name;
	const char *sni;
	struct text_list resolve;
	bool only_tls13;
	uint8_t hashes;
	bool allow_cn;
	bool legacy_ciphers;
	bool only_ipv4, only_ipv6;
	uint32_t timeout_s;
	const char *keylog;
};

#define HASHES_DEFAULT (SSTP_HASH_SHA1 | SSTP_HASH_SHA256)
#define CONGESTION_HELP                                                                 \
	"congestion control of the TCP connection, for what this end sends: a name of " \
	"the kernel's, or system; default auto: bbr where the kernel allows it"

#define SERVER_DEFAULTS                                   \
	{                                                 \
		.hashes = HASHES_DEFAULT, .timeout_s = 30 \
	}

#define SERVER_OPTIONS(type)                                                                    \
	{ .help = "The server and its certificate:" },                                          \
		{ "server",      0,                                                             \
		  "HOST[:PORT]", "the server, in place of the word on the command line",        \
		  set_server,    offsetof(type, server.at),                                     \
		  false,         NULL },                                                        \
		{ "ca-cert",                                                                    \
		  0,                                                                            \
		  "FILE",                                                                       \
		  "trust the authorities in FILE (PEM, or a folder of such) in "                \
		  "place of the system's",                                                      \
		  set_file_or_folder,                                                           \
		  offsetof(type, server.ca_cert),                                               \
		  false,                                                                        \
		  NULL },                                                                       \
		{ "crl",                                                                        \
		  0,                                                                            \
		  "FILE",                                                                       \
		  "refuse certificates that are in the revocation lists in FILE (PEM or "       \
		  "DER); the server's issuer must have one",                                    \
		  set_file,                                                                     \
		  offsetof(type, server.crl),                                                   \
		  false,                                                                        \
		  NULL },                                                                       \
		{ "servercert",                                                                 \
		  0,                                                                            \
		  "PIN",                                                                        \
		  "trust the certificate with this pin, pin-sha256:BASE64 of its "              \
		  "key or sha256:HEX of itself, whoever signed it: no other counts, and "       \
		  "neither do --ca-cert, name and dates; may be given again",                   \
		  set_pins,                                                                     \
		  offsetof(type, server.pins),                                                  \
		  false,                                                                        \
		  clear_texts },                                                                \
		{ "verify-name", 0,                                                             \
		  "NAME",        "the name that the certificate must have, if not HOST",        \
		  set_text,      offsetof(type, server.verify_name),                            \
		  false,         NULL },                                                        \
		{ "sni",    0,                                                                  \
		  "NAME",   "the name to send in TLS and HTTP, if not that",                    \
		  set_text, offsetof(type, server.sni),                                         \
		  false,    NULL },                                                             \
		{ "resolve",                                                                    \
		  0,                                                                            \
		  "HOST:PORT:ADDR",                                                             \
		  "HOST is at ADDR: ask no name server, as curl's option "                      \
		  "(ADDR,ADDR for more, IPv6 in brackets, * for any HOST); may be given again", \
		  set_resolve_rule,                                                             \
		  offsetof(type, server.resolve),                                               \
		  false,                                                                        \
		  clear_texts },                                                                \
		{ "min-tls",   0,                                                               \
		  "VERSION",   "1.2 (the default) or 1.3",                                      \
		  set_min_tls, offsetof(type, server.only_tls13),                               \
		  false,       NULL },                                                          \
		{ "min-hash",   0,                                                              \
		  "HASH",       "for the crypto binding: sha1 (the default) or sha256",         \
		  set_min_hash, offsetof(type, server.hashes),                                  \
		  false,        NULL },                                                         \
		{ "allow-cn", 0,                                                                \
		  NULL,       "take a common name where there is no subjectAltName",            \
		  set_flag,   offsetof(type, server.allow_cn),                                  \
		  false,      NULL },                                                           \
		{ "legacy-ciphers",                                                             \
		  0,                                                                            \
		  NULL,                                                                         \
		  "offer AES-CBC with SHA under TLS 1.2 too (RouterOS)",                        \
		  set_flag,                                                                     \
		  offsetof(type, server.legacy_ciphers),                                        \
		  false,                                                                        \
		  NULL },                                                                       \
		{ "ipv4-only", '4',                                                             \
		  NULL,        "reach the server by IPv4 only",                                 \
		  set_flag,    offsetof(type, server.only_ipv4),                                \
		  false,       NULL },                                                          \
		{ "ipv6-only", '6',                                                             \
		  NULL,        "reach the server by IPv6 only",                                 \
		  set_flag,    offsetof(type, server.only_ipv6),                                \
		  false,       NULL },                                                          \
		{ "timeout",                                                                    \
		  0,                                                                            \
		  "SECONDS",                                                                    \
		  "for each attempt to connect, from the name's look-up to the first packets; " \
		  "default 30",                                                                 \
		  set_seconds,                                                                  \
		  offsetof(type, server.timeout_s),                                             \
		  false,                                                                        \
		  NULL },                                                                       \
	{                                                                                       \
		"keylog", 0, "FILE",                                                            \
			"write the TLS session keys to FILE, for Wireshark: whoever has "       \
			"it can read all traffic",                                              \
			set_text, offsetof(type, server.keylog), false, NULL                    \
	}

/* A word that is not an option: HOST[:PORT]. */
bool server_word(struct server_settings *s, const char *word, struct option_error *err);

/* Fills `ref`, which points into `s`. False when something is wrong; said so. */
bool server_settings_apply(const struct verb *verb, struct server_settings *s,
			   struct server_ref *ref);

/* The authorities and revocation lists can be read. Returns false after printing an error. */
bool server_settings_check(const struct verb *verb, const struct server_ref *ref);

#endif
