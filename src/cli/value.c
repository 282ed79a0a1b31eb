/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/value.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <sys/stat.h>
#include <unistd.h>

#include <net/if.h>

#include "eap/packet.h"
#include "net/congestion.h"
#include "server/server_cfg.h"
#include "sstp/sstp.h"
#include "tls/pin.h"
#include "util/endpoint.h"
#include "util/file_agent.h"

enum { NUMBER_MAX = 1000000000 };

__attribute__((format(printf, 2, 3))) static bool wrong(struct error *err, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(err->text, sizeof(err->text), format, args);
	va_end(args);
	return false;
}

static bool is_one_of(const char *value, const char *const *words)
{
	for (; *words; words++)
		if (!strcasecmp(value, *words))
			return true;
	return false;
}

bool set_flag(void *to, const char *value, struct error *err)
{
	static const char *const yes[] = { "yes", "true", "on", "1", NULL };
	static const char *const no[] = { "no", "false", "off", "0", NULL };

	if (!is_one_of(value, yes) && !is_one_of(value, no))
		return wrong(err, "must be yes or no");
	*(bool *)to = is_one_of(value, yes);
	return true;
}

bool set_count(void *to, const char *value, struct error *err)
{
	bool on = false;

	if (!set_flag(&on, value, err))
		return false;
	*(int *)to += on;
	return true;
}

bool set_text(void *to, const char *value, struct error *err)
{
	if (!*value)
		return wrong(err, "must not be empty");
	*(const char **)to = value;
	return true;
}

bool set_file(void *to, const char *value, struct error *err)
{
	return set_text(to, value, err);
}

bool set_file_or_folder(void *to, const char *value, struct error *err)
{
	return set_text(to, value, err);
}

static bool is_readable(const char *file, bool may_be_folder, struct error *err)
{
	mode_t mode;
	int error;

	if (!strcmp(file, "-"))
		return wrong(err, "there is no file of this name; /dev/stdin is standard input");
	error = file_look(file, &mode);
	if (error)
		return wrong(err, "%s", strerror(-error));
	if (S_ISDIR(mode) && !may_be_folder)
		return wrong(err, "%s", strerror(EISDIR));
	return true;
}

bool set_texts(void *to, const char *value, struct error *err)
{
	struct text_list *l = to;
	const char **grown = realloc(l->at, (l->count + 1) * sizeof(*grown));

	if (!grown)
		return wrong(err, "out of memory");
	l->at = grown;
	if (!set_text(&l->at[l->count], value, err))
		return false;
	l->count++;
	return true;
}

bool set_files(void *to, const char *value, struct error *err)
{
	return set_texts(to, value, err);
}

bool set_pins(void *to, const char *value, struct error *err)
{
	return set_texts(to, value, err);
}

static bool are_pins(const struct text_list *l, const char **value, struct error *err)
{
	struct pin p;

	for (size_t i = 0; i < l->count; i++)
		if (!pin_parse(l->at[i], &p)) {
			*value = l->at[i];
			return wrong(err, "must be pin-sha256: and 44 characters of base64, or "
					  "sha256: and 64 hexadecimal digits; sstp probe shows "
					  "both");
		}
	return true;
}

static bool are_readable(const struct text_list *l, const char **value, struct error *err)
{
	for (size_t i = 0; i < l->count; i++) {
		*value = l->at[i];
		if (!is_readable(*value, false, err))
			return false;
	}
	return true;
}

bool value_is_file(const struct option *o)
{
	return o->set == set_file || o->set == set_files || o->set == set_file_or_folder;
}

bool value_check(const struct option *o, const void *at, const char **value, struct error *err)
{
	if (o->set == set_pins)
		return are_pins(at, value, err);
	if (o->set == set_files)
		return are_readable(at, value, err);
	if (o->set != set_file && o->set != set_file_or_folder)
		return true;
	*value = *(const char *const *)at;
	return !*value || is_readable(*value, o->set == set_file_or_folder, err);
}

void clear_texts(void *to)
{
	((struct text_list *)to)->count = 0;
}

bool set_prefixes(void *to, const char *value, struct error *err)
{
	struct prefix_list *l = to;
	struct ip_prefix p;
	struct ip_prefix *grown;

	if (strchr(value, ','))
		return wrong(err, "must be one network; the option may be given again");
	if (!ip_prefix_parse(value, &p))
		return wrong(err, "must be a network such as 10.0.0.0/8, 10.0.0.0/255.0.0.0 or "
				  "2001:db8::/32");
	grown = realloc(l->at, (l->count + 1) * sizeof(*grown));
	if (!grown)
		return wrong(err, "out of memory");
	p.addr = ip_mask(&p.addr, p.len);
	l->at = grown;
	l->at[l->count++] = p;
	return true;
}

void clear_prefixes(void *to)
{
	((struct prefix_list *)to)->count = 0;
}

static bool number(const char *value, unsigned long min, unsigned long max, unsigned long *out)
{
	char *end;

	errno = 0;
	*out = strtoul(value, &end, 10);
	return !errno && *value >= '0' && *value <= '9' && !*end && *out >= min && *out <= max;
}

bool set_number(void *to, const char *value, struct error *err)
{
	unsigned long n;

	if (!number(value, 0, NUMBER_MAX, &n))
		return wrong(err, "must be a number from 0 to %d", NUMBER_MAX);
	*(uint32_t *)to = (uint32_t)n;
	return true;
}

bool set_mark(void *to, const char *value, struct error *err)
{
	char *end;
	unsigned long long n;

	errno = 0;
	n = strtoull(value, &end, 0);
	if (errno || *value < '0' || *value > '9' || *end || !n || n > UINT32_MAX)
		return wrong(err, "must be a number from 1 to 4294967295, or 0x1 to 0xffffffff");
	*(uint32_t *)to = (uint32_t)n;
	return true;
}

bool set_workers(void *to, const char *value, struct error *err)
{
	unsigned long n;

	if (!number(value, 0, SERVER_WORKERS_MAX, &n))
		return wrong(err, "must be from 1 to %d, or 0 for one a core", SERVER_WORKERS_MAX);
	*(uint32_t *)to = (uint32_t)n;
	return true;
}

bool set_seconds(void *to, const char *value, struct error *err)
{
	unsigned long n;

	if (!number(value, 1, 3600, &n))
		return wrong(err, "must be a number of seconds, from 1 to 3600, without a unit");
	*(uint32_t *)to = (uint32_t)n;
	return true;
}

bool set_descriptor(void *to, const char *value, struct error *err)
{
	unsigned long n;

	if (!number(value, 0, 1000000, &n))
		return wrong(err, "must be the number of an open descriptor");
	if (fcntl((int)n, F_GETFD) < 0)
		return wrong(err,
			     "there is no open descriptor %lu; a shell opens one with %lu<FILE", n,
			     n);
	*(int *)to = (int)n;
	return true;
}

bool set_mtu(void *to, const char *value, struct error *err)
{
	unsigned long n;

	if (!number(value, 576, PPP_MAX_MRU, &n))
		return wrong(err, "must be from 576 to %d", PPP_MAX_MRU);
	*(uint16_t *)to = (uint16_t)n;
	return true;
}

/* Lower case, without hyphens and underscores: MSCHAP-v2, ms_chap_v2 and mschapv2 are the same. */
static void simplify(const char *typed, char *to, size_t room)
{
	size_t n = 0;

	for (; *typed && n + 1 < room; typed++)
		if (!strchr("-_", *typed))
			to[n++] = (char)tolower((unsigned char)*typed);
	to[n] = '\0';
}

struct auth_word {
	const char *word; /* simplified */
	enum ppp_auth method;
	uint8_t eap; /* the type, with PPP_AUTH_EAP */
};

static const struct auth_word *auth_by_name(const char *typed)
{
	static const struct auth_word words[] = {
		{ "mschapv2", PPP_AUTH_MSCHAPV2, 0 },
		{ "mschap2", PPP_AUTH_MSCHAPV2, 0 },
		{ "chap", PPP_AUTH_CHAP_MD5, 0 },
		{ "chapmd5", PPP_AUTH_CHAP_MD5, 0 },
		{ "md5", PPP_AUTH_CHAP_MD5, 0 },
		{ "pap", PPP_AUTH_PAP, 0 },
		{ "eapmschapv2", PPP_AUTH_EAP, EAP_MSCHAPV2 },
		{ "eapmschap2", PPP_AUTH_EAP, EAP_MSCHAPV2 },
		{ "eaptls", PPP_AUTH_EAP, EAP_TLS },
		{ "peap", PPP_AUTH_EAP, EAP_PEAP },
		{ "eappeap", PPP_AUTH_EAP, EAP_PEAP },
	};
	char name[32];

	simplify(typed, name, sizeof(name));
	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		if (!strcmp(name, words[i].word))
			return &words[i];
	return NULL;
}

static bool has_auth(const struct auth_list *list, const struct auth_word *w)
{
	for (size_t i = 0; !w->eap && i < list->count; i++)
		if (list->at[i] == w->method)
			return true;
	for (size_t i = 0; i < list->eap_count; i++)
		if (list->eap[i] == w->eap)
			return true;
	return false;
}

static void add_auth(struct auth_list *list, const struct auth_word *w)
{
	if (!w->eap || !list->eap_count)
		list->at[list->count++] = w->method;
	if (w->eap)
		list->eap[list->eap_count++] = w->eap;
}

/* The kernel's name of a congestion control algorithm, such as bbr: letters, digits, _ and -. */
bool set_congestion(void *to, const char *value, struct error *err)
{
	size_t len = strlen(value);

	if (!len || len >= CONGESTION_NAME_MAX ||
	    strspn(value, "abcdefghijklmnopqrstuvwxyz0123456789_-") != len)
		return wrong(err, "must be a congestion control of the kernel, such as bbr or "
				  "cubic, or system, or auto");
	*(const char **)to = value;
	return true;
}

/* "mschapv2,pap": the order is that of preference. */
bool set_auth(void *to, const char *value, struct error *err)
{
	struct auth_list list = { .count = 0 };
	char copy[128], *rest = NULL;

	if (strlen(value) >= sizeof(copy))
		return wrong(err, "must be some of " AUTH_NAMES);
	strcpy(copy, value);
	for (char *w = strtok_r(copy, ", ", &rest); w; w = strtok_r(NULL, ", ", &rest)) {
		const struct auth_word *word = auth_by_name(w);

		if (!word)
			return wrong(err, "%.60s is not supported; these are: " AUTH_NAMES, w);
		if (has_auth(&list, word))
			return wrong(err, "%s is named twice", w);
		add_auth(&list, word);
	}
	if (!list.count)
		return wrong(err, "must be some of " AUTH_NAMES);
	*(struct auth_list *)to = list;
	return true;
}

bool set_ipv4(void *to, const char *value, struct error *err)
{
	uint32_t *both = to;
	struct ip_addr a;

	if (!ip_parse(value, &a) || a.family != AF_INET || !ip_v4(&a))
		return wrong(err, "must be an IPv4 address such as 10.0.0.1");
	if (both[0] && both[1])
		return wrong(err, "at most two can be given, since PPP has room for two");
	both[both[0] ? 1 : 0] = ip_v4(&a);
	return true;
}

void clear_ipv4(void *to)
{
	memset(to, 0, 2 * sizeof(uint32_t));
}

/* Removes the scheme and the path of a URL. Returns false for an unknown scheme. */
static bool cut_url(char *text)
{
	static const char *const schemes[] = { "https://", "sstp://", NULL };
	char *path;

	for (size_t i = 0; schemes[i]; i++) {
		size_t len = strlen(schemes[i]);

		if (strncasecmp(text, schemes[i], len) != 0)
			continue;
		memmove(text, text + len, strlen(text + len) + 1);
		path = strpbrk(text, "/?#");
		if (path)
			*path = '\0';
		return true;
	}
	return !strstr(text, "://");
}

/* Removes USER@ before the host. Returns false with err filled if it contains a password too. */
static bool cut_user(char *text, char *user, size_t user_size, struct error *err)
{
	char *at = strrchr(text, '@');

	*user = '\0';
	if (!at)
		return true;
	*at = '\0';
	if (strchr(text, ':'))
		return wrong(
			err,
			"must not hold a password: the command line and the environment can be "
			"read by others");
	if (!*text || strlen(text) >= user_size)
		return wrong(err, "must have a user name of 1 to %zu bytes before the @",
			     user_size - 1);
	strcpy(user, text);
	memmove(text, at + 1, strlen(at + 1) + 1);
	return true;
}

/* [USER@]HOST[:PORT], or a URL as a browser shows it. */
bool set_server(void *to, const char *value, struct error *err)
{
	struct host_port *server = to;
	char text[sizeof(server->host) + sizeof(server->user) + 256];
	const char *why;

	if (strlen(value) >= sizeof(text))
		return wrong(err, "is too long for HOST:PORT");
	strcpy(text, value);
	if (!cut_url(text))
		return wrong(
			err,
			"must be HOST or HOST:PORT; of URLs, https:// and sstp:// are understood");
	if (!cut_user(text, server->user, sizeof(server->user), err))
		return false;
	server->port = 443;
	if (strchr(text, ','))
		return wrong(err, "must be one server; the option may be given again");
	why = strpbrk(text, "/*")
		      ? "there is a / or * in it"
		      : endpoint_split(text, server->host, sizeof(server->host), &server->port);
	return !why || wrong(err,
			     "must be HOST or HOST:PORT, an IPv6 address with a port in "
			     "brackets: %s",
			     why);
}

bool set_host_ports(void *to, const char *value, struct error *err)
{
	struct host_port_list *l = to;
	struct host_port *grown = realloc(l->at, (l->count + 1) * sizeof(*grown));

	if (!grown)
		return wrong(err, "out of memory");
	l->at = grown;
	grown[l->count] = (struct host_port){ .port = 0 };
	if (!set_server(&grown[l->count], value, err))
		return false;
	l->count++;
	return true;
}

void clear_host_ports(void *to)
{
	struct host_port_list *l = to;

	free(l->at);
	*l = (struct host_port_list){ NULL, 0 };
}

/* A name that the kernel allows; "%d" in it becomes the next free number. */
bool set_device(void *to, const char *value, struct error *err)
{
	if (strlen(value) >= IFNAMSIZ || strpbrk(value, "/: \t"))
		return wrong(err, "must be a device's name: at most %d characters, no / : or blank",
			     IFNAMSIZ - 1);
	return set_text(to, value, err);
}

bool set_min_tls(void *to, const char *value, struct error *err)
{
	bool only_tls13 = !strcmp(value, "1.3");

	if (!only_tls13 && strcmp(value, "1.2") != 0)
		return wrong(err, "must be 1.2 or 1.3");
	*(bool *)to = only_tls13;
	return true;
}

bool set_min_hash(void *to, const char *value, struct error *err)
{
	bool only_sha256 = !strcasecmp(value, "sha256");

	if (!only_sha256 && strcasecmp(value, "sha1") != 0)
		return wrong(err, "must be sha1 or sha256");
	*(uint8_t *)to = only_sha256 ? SSTP_HASH_SHA256 : SSTP_HASH_SHA256 | SSTP_HASH_SHA1;
	return true;
}
