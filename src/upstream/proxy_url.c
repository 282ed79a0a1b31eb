/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "upstream/proxy_url.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "util/endpoint.h"
#include "util/secret.h"

enum { SOCKS_PORT = 1080, HTTPS_PORT = 443 };

static const struct scheme {
	const char *name;
	enum upstream_protocol protocol;
	bool looks_up;
	const char *why_not;
} schemes[] = {
	{ "http", UPSTREAM_HTTP, true, NULL },
	{ "socks5h", UPSTREAM_SOCKS5, true, NULL },
	{ "socks5", UPSTREAM_SOCKS5, false, NULL },
	{ "https", UPSTREAM_HTTP, true, NULL },
	{ "socks", UPSTREAM_SOCKS5, true,
	  "socks:// does not say which version: socks5h:// if the proxy shall look up names, "
	  "else socks5://" },
	{ "socks4", UPSTREAM_SOCKS5, false, "SOCKS4 is not supported, SOCKS5 is (socks5://)" },
	{ "socks4a", UPSTREAM_SOCKS5, true, "SOCKS4 is not supported, SOCKS5 is (socks5h://)" },
};

static const char unknown_scheme[] =
	"it begins with none of http://, https://, socks5:// and socks5h://";

/* Moves past the scheme. */
static const char *cut_scheme(const char **text, const struct scheme **scheme)
{
	const char *end = strstr(*text, "://");
	size_t len = end ? (size_t)(end - *text) : 0;

	*scheme = &schemes[0];
	if (!end)
		return NULL;
	for (size_t i = 0; i < sizeof(schemes) / sizeof(*schemes); i++)
		if (strlen(schemes[i].name) == len && !strncasecmp(schemes[i].name, *text, len)) {
			*scheme = &schemes[i];
			*text = end + 3;
			return schemes[i].why_not;
		}
	return unknown_scheme;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The value of "%41", or -1. */
static int hex_pair(const char *at, size_t left)
{
	int high = left >= 3 ? hex_digit(at[1]) : -1, low = left >= 3 ? hex_digit(at[2]) : -1;

	return high < 0 || low < 0 ? -1 : high << 4 | low;
}

static const char *decode(const char *from, size_t len, char *to, size_t room)
{
	size_t n = 0;

	for (size_t i = 0; i < len; i++) {
		int c = (unsigned char)from[i];

		if (from[i] == '%') {
			c = hex_pair(from + i, len - i);
			i += 2;
		}
		if (c < 0)
			return "a % in user name or password is written as %25";
		if (c < ' ' || c == 0x7f)
			return "there is a control character in user name or password";
		if (n + 1 >= room)
			return "user name or password is too long";
		to[n++] = (char)c;
	}
	to[n] = '\0';
	return NULL;
}

/* "ann:secret", of which the password may contain anything. */
static const char *take_login(const char *text, size_t len, struct proxy_url *u)
{
	const char *colon = memchr(text, ':', len);
	size_t user_len = colon ? (size_t)(colon - text) : len;
	const char *why = decode(text, user_len, u->user, sizeof(u->user));

	u->has_user = true;
	if (!user_len)
		return "there is no user name before the @";
	if (why || !colon)
		return why;
	u->has_password = true;
	return decode(colon + 1, len - user_len - 1, u->password, sizeof(u->password));
}

/* HOST[:PORT], perhaps with the slash of an empty path. */
static const char *take_host(const char *text, struct proxy_url *u)
{
	size_t len = strcspn(text, "/?#");
	char place[300];
	const char *why;

	if (text[len] && strcmp(text + len, "/"))
		return "a proxy's URL ends after host and port";
	if (len >= sizeof(place))
		return "the host is too long";
	memcpy(place, text, len);
	place[len] = '\0';
	u->port = u->protocol == UPSTREAM_SOCKS5 ? SOCKS_PORT : u->is_tls ? HTTPS_PORT : 0;
	why = endpoint_split(place, u->host, sizeof(u->host), &u->port);
	if (!why && !u->port)
		why = "there is no port; HTTP proxies often have 3128 or 8080";
	return why;
}

const char *proxy_url_parse(const char *text, struct proxy_url *u)
{
	const struct scheme *scheme;
	const char *at, *why;

	memset(u, 0, sizeof(*u));
	why = cut_scheme(&text, &scheme);
	u->protocol = scheme->protocol;
	u->looks_up = scheme->looks_up;
	u->is_tls = !strcmp(scheme->name, "https");
	at = strrchr(text, '@');
	if (!why && at)
		why = take_login(text, (size_t)(at - text), u);
	if (!why)
		why = take_host(at ? at + 1 : text, u);
	if (why)
		secret_wipe(u, sizeof(*u));
	return why;
}

struct proxy_name proxy_url_name(const struct proxy_url *u)
{
	const char *scheme = u->is_tls                      ? "https"
			     : u->protocol == UPSTREAM_HTTP ? "http"
			     : u->looks_up                  ? "socks5h"
							    : "socks5";
	struct proxy_name n;

	snprintf(n.text, sizeof(n.text), strchr(u->host, ':') ? "%s://[%s]:%u" : "%s://%s:%u",
		 scheme, u->host, u->port);
	return n;
}
