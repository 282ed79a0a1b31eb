/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Hints for unexpected positional arguments and unknown short options. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "cli/hint.h"
#include "util/endpoint.h"

static bool say(char text[HINT_SIZE], const char *sentence)
{
	snprintf(text, HINT_SIZE, "%s", sentence);
	return true;
}

/* ---- short options */

/*
 * `ours`: an option, or a sentence if it contains a blank. If there are several lines for one
 * letter, the first that fits the verb is used. A sentence fits verbs that have the option `needs`.
 */
static const struct {
	char theirs;
	const char *ours, *needs;
} short_names_of_others[] = {
	{ 'c', "config", NULL },
	{ 'C', "config", NULL },
	{ 'f', "config", NULL },
	{ 'p',
	  "the port follows the server (HOST:PORT), and a password comes from --password-file FILE or "
	  "SSTP_PASSWORD",
	  "server" },
	{ 'p', "listen", NULL },
	{ 'p', "password-file", NULL },
	{ 'P', "password-file", NULL },
	{ 'P', "listen", NULL },
	{ 'U', "user", NULL },
	{ 'k',
	  "there is no option that trusts any certificate; give --servercert PIN, which sstp probe "
	  "shows",
	  "servercert" },
	{ 'k', "key", NULL },
	{ 'd', "verbose", NULL },
	{ 'V', "sstp --version prints the version", NULL },
	{ 'r', "route", NULL },
	{ 't', "timeout", NULL },
	{ 'j', "log-json", NULL },
	{ 'D', "socks5", NULL },
	{ 'l', "syslog", NULL },
	{ 'n', "no-dns", NULL },
	{ 'i', "interface", NULL },
	{ 'g', "no-default-route", NULL },
	{ 'u', "sstp probe does not log in, so it takes no user name", "json" },
	{ 'u', "users", NULL },
	{ 'u', "sstp passwd takes the user after the file: sstp passwd FILE USER", "pap-only" },
	{ 's', "server", NULL },
};

bool hint_for_short(const struct verb *v, char short_name, char text[HINT_SIZE])
{
	for (size_t i = 0; i < sizeof(short_names_of_others) / sizeof(*short_names_of_others);
	     i++) {
		const char *ours = short_names_of_others[i].ours,
			   *needs = short_names_of_others[i].needs;
		bool is_sentence = strchr(ours, ' ');

		if (short_names_of_others[i].theirs != short_name ||
		    (needs && !option_named(v, needs)) || (!is_sentence && !option_named(v, ours)))
			continue;
		snprintf(text, HINT_SIZE, is_sentence ? "%s" : "did you mean --%s?", ours);
		return true;
	}
	return false;
}

/* ---- words */

static bool is_one_of(const char *typed, const char *const *words)
{
	for (; *words; words++)
		if (!strcasecmp(typed, *words))
			return true;
	return false;
}

/* Word processors and web pages turn "-" and "--" into U+2010 to U+2015 or U+2212. */
static bool begins_with_another_dash(const char *typed)
{
	const unsigned char *c = (const unsigned char *)typed;

	return c[0] == 0xe2 &&
	       ((c[1] == 0x80 && c[2] >= 0x90 && c[2] <= 0x95) || (c[1] == 0x88 && c[2] == 0x92));
}

static bool is_port(const char *typed)
{
	uint16_t port;

	return !endpoint_port(typed, strlen(typed), &port);
}

static bool ends_with(const char *text, const char *end)
{
	size_t len = strlen(text), end_len = strlen(end);

	return len > end_len && !strcasecmp(text + len - end_len, end);
}

static bool is_certificate(const char *typed)
{
	return ends_with(typed, ".crt") || ends_with(typed, ".pem") || ends_with(typed, ".cer");
}

static bool is_settings_file(const char *typed)
{
	return ends_with(typed, ".conf") || ends_with(typed, ".ini") || ends_with(typed, ".cfg") ||
	       ends_with(typed, ".ovpn") || (strchr(typed, '/') && access(typed, F_OK) == 0);
}

/* Handles words that cannot be a host, whatever the verb. */
static bool find_sure(const struct verb *v, const char *typed, char text[HINT_SIZE])
{
	static const char *const values[] = { "yes", "no", "true", "false", "on", "off", NULL };
	static const char *const starts[] = { "up",   "start", "client", "dial", "call",
					      "open", "join",  "begin",  "exec", NULL };
	static const char *const verbs[] = { "connect", "run",  "proxy",       "serve",  "probe",
					     "passwd",  "cert", "healthcheck", "server", NULL };

	if (begins_with_another_dash(typed))
		return say(text, "it begins with a dash that is not the - of the keyboard, as text "
				 "copied from a document has");
	if (*typed == '=')
		return say(text, "write --name=VALUE or --name VALUE, without a blank at the =");
	if (*typed == '-')
		return say(text, "after -- no word is an option; options come before it");
	if (is_one_of(typed, values))
		return say(text, "a flag takes no value: its name alone turns it on");
	if (is_one_of(typed, verbs))
		return say(text, "there is one verb, directly after sstp");
	if (is_one_of(typed, starts) && (option_named(v, "server") || option_named(v, "listen")))
		return say(text, "the verb is enough, without this word");
	return hint_for_exact(v, typed, text);
}

static bool mean(char text[HINT_SIZE], const char *option, const char *typed)
{
	snprintf(text, HINT_SIZE, "did you mean --%s %.180s?", option, typed);
	return true;
}

bool hint_for_word(const struct verb *v, const char *typed, bool is_sure, char text[HINT_SIZE])
{
	struct endpoint e;
	struct ip_prefix p;
	bool is_network = strchr(typed, '/') && ip_prefix_parse(typed, &p);

	if (find_sure(v, typed, text))
		return true;
	if (is_sure)
		return false;
	if (option_named(v, "config") && is_settings_file(typed))
		return mean(text, "config", typed);
	if (is_port(typed) && option_named(v, "server"))
		return say(text, "the port follows the server: HOST:PORT");
	if (is_network && option_named(v, "ipv4-network"))
		return mean(text, "ipv4-network", typed);
	if (is_network && option_named(v, "route"))
		return mean(text, "route", typed);
	if (option_named(v, "listen") && !endpoint_listen(typed, ENDPOINT_ADDR_ALONE, &e))
		return mean(text, "listen", typed);
	if (option_named(v, "show") && is_certificate(typed))
		return mean(text, "show", typed);
	if (option_named(v, "cert") && is_certificate(typed))
		return mean(text, "cert", typed);
	return v->likely_option && mean(text, v->likely_option, typed);
}
