/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Maps option names and verbs of openconnect, ocserv, sstpc, pppd, OpenVPN and wg-quick to ours. */
#include "cli/hint.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "cli/verbs.h"

enum { NAME_MAX_LEN = 48 };

/* Converts to lower case, without '-' and '_'. Returns the length; 0: too long. */
static size_t fold(char to[NAME_MAX_LEN], const char *from, size_t len)
{
	size_t n = 0;

	for (size_t i = 0; i < len; i++) {
		if (from[i] == '-' || from[i] == '_')
			continue;
		if (n + 1 >= NAME_MAX_LEN)
			return 0;
		to[n++] = (char)tolower((unsigned char)from[i]);
	}
	to[n] = '\0';
	return n;
}

/* Damerau-Levenshtein distance: two swapped neighbors count as one edit. */
static unsigned edits(const char *a, size_t a_len, const char *b, size_t b_len)
{
	unsigned rows[3][NAME_MAX_LEN + 1];
	unsigned *before = rows[0], *last = rows[1], *row = rows[2];

	for (size_t j = 0; j <= b_len; j++)
		last[j] = (unsigned)j;
	for (size_t i = 1; i <= a_len; i++) {
		unsigned *spare = before;

		row[0] = (unsigned)i;
		for (size_t j = 1; j <= b_len; j++) {
			unsigned change = last[j - 1] + (a[i - 1] != b[j - 1]);
			unsigned min = row[j - 1] < last[j] ? row[j - 1] + 1 : last[j] + 1;

			if (change < min)
				min = change;
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] &&
			    before[j - 2] + 1 < min)
				min = before[j - 2] + 1;
			row[j] = min;
		}
		before = last;
		last = row;
		row = spare;
	}
	return last[b_len];
}

unsigned hint_distance(const char *typed, size_t len, const char *name)
{
	char a[NAME_MAX_LEN], b[NAME_MAX_LEN];
	size_t a_len = fold(a, typed, len), b_len = fold(b, name, strlen(name));
	unsigned d;

	if (!a_len || !b_len)
		return UINT32_MAX;
	d = edits(a, a_len, b, b_len);
	if (a_len >= 2 && a_len < b_len && !strncmp(a, b, a_len))
		return 1;
	return 3 * d <= (a_len > b_len ? a_len : b_len) ? d : UINT32_MAX;
}

/*
 * `ours`: an option without its dashes, or a sentence if it contains a blank. If there are several
 * lines for one word, the first that fits the verb is used.
 */
static const struct {
	const char *theirs, *ours;
} options_of_others[] = {
	{ "kill-switch", "lockdown" },
	{ "killswitch", "lockdown" },
	{ "fwmark", "mark" },
	{ "so-mark", "mark" },
	{ "exclude-route", "exclude" },
	{ "split-exclude", "exclude" },
	{ "route-metric", "metric" },
	{ "cafile", "ca-cert" },
	{ "ca", "ca-cert" },
	{ "ca-path", "ca-cert" },
	{ "ca-certs", "ca-cert" },
	{ "capath", "ca-cert" },
	{ "cacert", "ca-cert" },
	{ "crl-verify", "crl" },
	{ "crl-file", "crl" },
	{ "crlfile", "crl" },
	{ "certificate", "cert" },
	{ "server-cert", "cert" },
	{ "server-key", "key" },
	{ "sslkey", "key" },
	{ "fingerprint", "servercert" },
	{ "pin", "servercert" },
	{ "pinnedpubkey", "servercert" },
	{ "cert-warn",
	  "there is no option that trusts any certificate; give --servercert PIN, which "
	  "sstp probe shows" },
	{ "no-cert-check", "there is no option that trusts any certificate; give --servercert PIN, "
			   "which sstp probe shows" },
	{ "insecure",
	  "there is no option that trusts any certificate; give --servercert PIN, which "
	  "sstp probe shows" },
	{ "username", "user" },
	{ "login", "user" },
	{ "name", "user" },
	{ "auth-user-pass", "user" },
	{ "user", "users" },
	{ "user", "sstp probe does not log in, so it takes no user name" },
	{ "user", "sstp passwd takes the user after the file: sstp passwd FILE USER" },
	{ "users", "sstp passwd takes the file as a word: sstp passwd FILE USER" },
	{ "passwd", "passwd-on-stdin" },
	{ "password", "a password never comes from the command line; --password-file FILE, "
		      "--passwd-on-stdin or SSTP_PASSWORD give it" },
	{ "pass", "a password never comes from the command line; --password-file FILE, "
		  "--passwd-on-stdin or SSTP_PASSWORD give it" },
	{ "askpass", "password-file" },
	{ "passfile", "password-file" },
	{ "pwfile", "password-file" },
	{ "password-stdin", "passwd-on-stdin" },
	{ "authgroup", "SSTP has no groups; the user name may be DOMAIN\\NAME" },
	{ "usergroup", "SSTP has no groups; the user name may be DOMAIN\\NAME" },
	{ "os", "SSTP does not tell the server the client's system" },
	{ "useragent", "SSTP does not tell the server the client's name" },
	{ "protocol", "the protocol is SSTP; there is no other" },
	{ "juniper", "the protocol is SSTP; there is no other" },
	{ "dtls-ciphers", "SSTP runs over TCP alone" },
	{ "no-dtls", "SSTP runs over TCP alone, always" },
	{ "proto", "SSTP runs over TCP alone" },
	{ "udp-port", "SSTP runs over TCP alone" },
	{ "remote", "server" },
	{ "host", "server" },
	{ "hostname", "server" },
	{ "port", "listen" },
	{ "port", "the port follows the server: HOST:PORT" },
	{ "tcp-port", "listen" },
	{ "listen-host", "listen" },
	{ "bind", "listen" },
	{ "local", "listen" },
	{ "dev", "interface" },
	{ "ifname", "interface" },
	{ "tun", "interface" },
	{ "linkname", "interface" },
	{ "device", "interface" },
	{ "base-mtu", "mtu" },
	{ "mru", "mtu" },
	{ "tun-mtu", "mtu" },
	{ "defaultroute",
	  "the default route goes through the tunnel unless --no-default-route is given" },
	{ "replacedefaultroute",
	  "the default route goes through the tunnel unless --no-default-route "
	  "is given" },
	{ "redirect-gateway",
	  "all traffic goes through the tunnel unless --no-default-route is given" },
	{ "nodefaultroute", "no-default-route" },
	{ "route-nopull", "no-default-route" },
	{ "split-tunnel", "no-default-route" },
	{ "allowed-ips", "route" },
	{ "usepeerdns", "the server's DNS is used unless --no-dns is given" },
	{ "ms-dns", "dns" },
	{ "ms-wins", "nbns" },
	{ "ipv4-dns", "dns" },
	{ "dns-search", "search" },
	{ "search-domain", "search" },
	{ "default-domain", "search" },
	{ "split-dns", "dns-domain" },
	{ "dns-domain",
	  "all names of the command are looked up at the VPN's DNS servers, which are the "
	  "only ones that it can reach; --search makes short names work" },
	{ "pull-filter", "no-dns" },
	{ "ipv4-pool", "ipv4-network" },
	{ "pool", "ipv4-network" },
	{ "network", "ipv4-network" },
	{ "subnet", "ipv4-network" },
	{ "remoteip", "ipv4-network" },
	{ "localip", "the server takes the first address of --ipv4-network" },
	{ "log-level", "--verbose logs more and --quiet less" },
	{ "loglevel", "--verbose logs more and --quiet less" },
	{ "verb", "--verbose logs more and --quiet less" },
	{ "debug", "verbose" },
	{ "dump", "verbose" },
	{ "log-stdout", "the log goes to standard error" },
	{ "log-stderr", "the log goes to standard error" },
	{ "log", "the log goes to standard error; redirect that" },
	{ "logfile", "the log goes to standard error; redirect that: 2>FILE" },
	{ "timestamp", "log-time" },
	{ "json", "log-json" },
	{ "daemon", "background" },
	{ "detach", "background" },
	{ "daemonize", "background" },
	{ "fork", "background" },
	{ "foreground", "it stays in the foreground unless --background is given" },
	{ "nodetach", "it stays in the foreground unless --background is given" },
	{ "pidfile", "pid-file" },
	{ "writepid", "pid-file" },
	{ "persist", "a lost connection is made again unless --once is given" },
	{ "reconnect", "a lost connection is made again unless --once is given" },
	{ "reconnect-timeout", "a lost connection is made again unless --once is given" },
	{ "nopersist", "once" },
	{ "no-reconnect", "once" },
	{ "maxfail", "once" },
	{ "retry", "keep-trying" },
	{ "ip-up-script", "up" },
	{ "ip-down-script", "down" },
	{ "up-script", "up" },
	{ "post-up", "up" },
	{ "pre-down", "down" },
	{ "route-up", "up" },
	{ "up-restart", "--up runs again with reason=reconnect when a lost tunnel is back" },
	{ "script-security", "--up, --down and --script run without it" },
	{ "connect-script", "script" },
	{ "disable-ipv6", "no-ipv6" },
	{ "noipv6", "no-ipv6" },
	{ "require-mschap-v2", "auth" },
	{ "require-mschapv2", "auth" },
	{ "require-pap", "auth" },
	{ "require-chap", "auth" },
	{ "refuse-pap", "auth" },
	{ "refuse-eap", "auth" },
	{ "tls-ext", "the name is sent in TLS always; --sni NAME sends another" },
	{ "host-name", "sni" },
	{ "disable-sni", "no-sni" },
	{ "servername", "sni" },
	{ "http-host", "host-header" },
	{ "addr", "--resolve HOST:ADDR gives the server's address" },
	{ "tls-version-min", "min-tls" },
	{ "max-clients", "max-sessions" },
	{ "max-same-clients", "user-sessions" },
	{ "duplicate-cn", "user-sessions" },
	{ "client-to-client", "client-to-client" },
	{ "config-file", "config" },
	{ "conf", "config" },
	{ "socks", "socks5" },
	{ "dynamic", "socks5" },
	{ "local-forward", "forward" },
	{ "test-config", "check" },
	{ "test", "check" },
	{ "dry-run", "check" },
	{ "version", "sstp --version prints the version" },
	{ "days-valid", "days" },
	{ "subject", "name" },
	{ "cn", "name" },
	{ "output", "out" },
	{ "remove", "delete" },
	{ "del", "delete" },
	{ "ip", "address" },
	{ "sstp-sock", "sstp has a PPP of its own: no pppd, no plugin" },
	{ "ipparam", "sstp has a PPP of its own: no pppd, no plugin" },
	{ "plugin", "sstp has a PPP of its own: no pppd, no plugin" },
	{ "noauth", "the server proves itself by its certificate; there is nothing to turn off" },
	{ "priv-user", "it runs as the user who starts it" },
	{ "setuid", "it runs as the user who starts it" },
	{ "cert", "client-cert" },
	{ "certificate", "client-cert" },
	{ "sslkey", "client-key" },
	{ "ssl-cert", "client-cert" },
	{ "key", "client-key" },
	{ "ssl-key", "client-key" },
	{ "pkcs12", "client-cert" },
	{ "passphrase", "client-key-password-file" },
	{ "key-password", "key-password-file" },
	{ "http-proxy", "proxy" },
	{ "https-proxy", "proxy" },
	{ "socks-proxy", "proxy" },
	{ "proxy-user", "listen-user" },
	{ "proxy-user", "the user name goes into the URL: --proxy http://USER@HOST:PORT" },
	{ "proxy-auth", "sstp takes the strongest way to log in that the proxy offers; --proxy" },
	{ "dtls", "SSTP runs over TCP alone, always" },
	{ "peerdns", "the server's DNS is used unless --no-dns is given" },
	{ "kill-switch",
	  "with sstp run a command reaches nothing but the VPN; here see --route and --no-default-route" },
	{ "lockdown", "sstp run needs none: its command has no other way out than the tunnel" },
	{ "lockdown", "sstp proxy changes nothing on this host; sstp connect has it" },
	{ "exclude", "sstp run has no other network than the VPN; sstp connect can exclude some" },
	{ "exclude", "sstp proxy has no routes; sstp connect has" },
	{ "route",
	  "sstp proxy has no routes: a program that uses the proxy reaches all of the VPN" },
	{ "no-default-route", "sstp proxy has no routes: this host's traffic stays as it is" },
	{ "policy-rules", "sstp run changes no routes of this host, so it needs no rules" },
	{ "up", "sstp run has no such commands; its own COMMAND starts when the tunnel is up" },
	{ "up",
	  "sstp proxy has no such commands; a COMMAND after -- starts when the tunnel is up" },
	{ "password-file", "sstp probe does not log in, so it takes no password" },
	{ "pre-up", "--up COMMAND runs when the network is set up, and nothing before it" },
	{ "post-down", "--down COMMAND runs before the routes are removed, and nothing after it" },
	{ "anonymous-identity", "eap-identity" },
	{ "domain-suffix-match", "eap-name" },
	{ "domain-match", "eap-name" },
	{ "phase2", "--auth peap has a password inside, or the certificate of --client-cert" },
	{ "p12", "client-cert" },
	{ "private-key", "client-key" },
	{ "user-cert", "client-cert" },
	{ "client-cert", "client-ca" },
	{ "ca-cert", "client-ca" },
	{ "radius-server", "radius" },
	{ "auth-server", "radius" },
	{ "acct-server", "radius-acct" },
	{ "acct", "radius-acct" },
	{ "coa", "radius-coa-from" },
	{ "ipv6-pool", "ipv6-network" },
	{ "ipv6-prefix", "ipv6-network" },
	{ "rate", "sstp serve limits a user by words in the user file, such as rate=5M/20M" },
	{ "idle-timeout", "sstp serve limits a user by words in the user file, such as idle=600" },
	{ "session-timeout",
	  "sstp serve limits a user by words in the user file, such as session=28800" },
	{ "format", "json" },
	{ "socks5",
	  "--proxy socks5h://HOST reaches the server through a proxy; sstp proxy is one" },
	{ "gateway", "server" },
	{ "retries", "a lost connection is made again unless --once is given; --keep-trying never "
		     "gives up" },
	{ "reconnect-delay",
	  "a lost connection is made again after pauses of up to a minute; --once "
	  "ends instead" },
	{ "nolaunchpppd", "sstp has a PPP of its own: no pppd, no plugin" },
	{ "secrets", "users" },
	{ "chap-secrets", "users" },
	{ "pap-secrets", "users" },
	{ "tls-port", "listen" },
	{ "save-server-route", "the route to the server is always kept" },
};

static bool is_same(const char *typed, size_t len, const char *name)
{
	char a[NAME_MAX_LEN], b[NAME_MAX_LEN];

	return fold(a, typed, len) && fold(b, name, strlen(name)) && !strcmp(a, b);
}

/* A sentence about an option is only shown for a verb that has the option. */
static bool is_for(const struct verb *v, const char *sentence)
{
	const char *dashes = strstr(sentence, "--");
	char name[NAME_MAX_LEN];
	size_t len = dashes ? strcspn(dashes + 2, " ;,:=") : 0;

	for (size_t i = 0; i < VERB_COUNT; i++) {
		snprintf(name, sizeof(name), "sstp %s ", all_verbs[i]->name);
		if (!strncmp(sentence, name, strlen(name)))
			return v == all_verbs[i];
	}
	if (!dashes || dashes == sentence + 5) /* none named, or "sstp --version" */
		return verb_takes_file(v) || dashes;
	snprintf(name, sizeof(name), "%.*s", (int)len, dashes + 2);
	return option_named(v, name);
}

/* The first table entry that fits this verb; NULL: none. */
static const char *find_ours(const struct verb *v, const char *typed, size_t len, bool in_file)
{
	for (size_t i = 0; i < sizeof(options_of_others) / sizeof(*options_of_others); i++) {
		const char *ours = options_of_others[i].ours;
		const struct option *o = option_named(v, ours);

		if (!is_same(typed, len, options_of_others[i].theirs))
			continue;
		if (o ? !(in_file && o->flags & OPTION_CLI_ONLY)
		      : strchr(ours, ' ') && is_for(v, ours))
			return ours;
	}
	return NULL;
}

bool hint_for_option(const struct verb *v, const char *typed, size_t len, bool in_file,
		     char text[HINT_SIZE])
{
	const char *ours = find_ours(v, typed, len, in_file);
	unsigned min = UINT32_MAX;

	for (struct option_walk w = option_walk(v); !ours && option_next(&w);) {
		const struct option *o = w.in.option;
		unsigned d = in_file && o->flags & OPTION_CLI_ONLY
				     ? UINT32_MAX
				     : hint_distance(typed, len, o->name);

		if (d < min) {
			min = d;
			snprintf(text, HINT_SIZE, "did you mean %s%s?", in_file ? "" : "--",
				 o->name);
		}
	}
	if (ours && strchr(ours, ' '))
		snprintf(text, HINT_SIZE, "%s", ours);
	else if (ours)
		snprintf(text, HINT_SIZE, "did you mean %s%s?", in_file ? "" : "--", ours);
	return ours || min < UINT32_MAX;
}

bool hint_for_exact(const struct verb *v, const char *typed, char text[HINT_SIZE])
{
	size_t len = strlen(typed);
	const char *ours = NULL;

	for (struct option_walk w = option_walk(v); !ours && option_next(&w);)
		if (is_same(typed, len, w.in.option->name))
			ours = w.in.option->name;
	if (!ours)
		ours = find_ours(v, typed, len, false);
	if (!ours)
		return false;
	snprintf(text, HINT_SIZE, strchr(ours, ' ') ? "%s" : "did you mean --%s?", ours);
	return true;
}

bool hint_for_variable(const struct verb *v, const char *typed, size_t len, char text[HINT_SIZE])
{
	const char *ours = find_ours(v, typed, len, true);
	unsigned min = UINT32_MAX;

	if (ours && strchr(ours, ' ')) {
		snprintf(text, HINT_SIZE, "%s", ours);
		return true;
	}
	for (struct option_walk w = option_walk(v); option_next(&w);) {
		const struct option *o = w.in.option;
		unsigned d = o->flags & OPTION_CLI_ONLY       ? UINT32_MAX
			     : ours && !strcmp(ours, o->name) ? 0
							      : hint_distance(typed, len, o->name);

		if (d < min) {
			char name[80];

			min = d;
			option_variable(o, name, sizeof(name));
			snprintf(text, HINT_SIZE, "did you mean %s?", name);
		}
	}
	return min < UINT32_MAX;
}

static const struct {
	const char *theirs, *ours;
} verbs_of_others[] = {
	{ "up", "connect" },          { "start", "connect" },    { "client", "connect" },
	{ "dial", "connect" },        { "call", "connect" },     { "open", "connect" },
	{ "login", "connect" },       { "join", "connect" },     { "vpn", "connect" },
	{ "server", "serve" },        { "listen", "serve" },     { "daemon", "serve" },
	{ "sstpd", "serve" },         { "exec", "run" },         { "netns", "run" },
	{ "socks", "proxy" },         { "socks5", "proxy" },     { "forward", "proxy" },
	{ "tunnel", "proxy" },        { "user", "passwd" },      { "users", "passwd" },
	{ "adduser", "passwd" },      { "useradd", "passwd" },   { "password", "passwd" },
	{ "ocpasswd", "passwd" },     { "info", "probe" },       { "test", "probe" },
	{ "scan", "probe" },          { "check", "probe" },      { "keygen", "cert" },
	{ "genkey", "cert" },         { "certificate", "cert" }, { "wg-quick", "connect" },
	{ "nmcli", "connect" },       { "pppd", "connect" },     { "sstpc", "connect" },
	{ "openconnect", "connect" }, { "ocserv", "serve" },     { "accountconnect", "connect" },
	{ "list", "sessions" },       { "who", "sessions" },     { "show", "status" },
	{ "health", "healthcheck" },  { "ping", "healthcheck" }, { "users-online", "sessions" },
	{ "restart", "reconnect" },   { "redial", "reconnect" },
};

static bool is_end_word(const char *typed)
{
	static const char *const words[] = { "down", "stop", "quit", "kill", "off", "end" };

	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		if (!strcasecmp(typed, words[i]))
			return true;
	return false;
}

/* If several verbs are equally near, the first is used. */
static const char *nearest_verb(const char *typed, const char *const *verbs, size_t verb_count)
{
	const char *best = NULL;
	unsigned min = UINT32_MAX;

	for (size_t i = 0; i < sizeof(verbs_of_others) / sizeof(*verbs_of_others); i++)
		if (!strcasecmp(typed, verbs_of_others[i].theirs))
			return verbs_of_others[i].ours;
	for (size_t i = 0; i < verb_count; i++) {
		unsigned d = hint_distance(typed, strlen(typed), verbs[i]);

		if (d < min) {
			min = d;
			best = verbs[i];
		}
	}
	return best;
}

const char *hint_for_verb(const char *typed, const char *const *verbs, size_t verb_count)
{
	static char text[320];
	const char *verb;

	if (*typed == '-')
		return "a verb comes first: sstp connect [options] HOST";
	if (is_end_word(typed))
		return "Ctrl-C, SIGTERM or sstp disconnect ends a running sstp, and puts routes and "
		       "DNS back";
	verb = nearest_verb(typed, verbs, verb_count);
	if (verb)
		snprintf(text, sizeof(text), "did you mean sstp %s?", verb);
	else if (strpbrk(typed, ".:@"))
		snprintf(text, sizeof(text), "did you mean sstp connect %.255s?", typed);
	else
		return NULL;
	return text;
}
