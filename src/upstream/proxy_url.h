/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The URL of a proxy, as curl and other programs write it:
 *
 *	[http://|https://|socks5://|socks5h://][USER[:PASSWORD]@]HOST[:PORT]
 *
 * Without a scheme it is http. User name and password are percent-encoded. SOCKS5 has port 1080 if none
 * is given, https 443; HTTP proxies have no port in common.
 */
#ifndef SSTP_UPSTREAM_PROXY_URL_H
#define SSTP_UPSTREAM_PROXY_URL_H

#include <stdbool.h>
#include <stdint.h>

#include "upstream/upstream.h"

enum { PROXY_USER_SIZE = 256, PROXY_PASSWORD_SIZE = 512 };

struct proxy_url {
	enum upstream_protocol protocol;
	bool is_tls;   /* https: TLS to the proxy */
	bool looks_up; /* the proxy looks up the server's name (http, https, socks5h) */
	char host[256];
	uint16_t port;
	bool has_user, has_password;
	char user[PROXY_USER_SIZE], password[PROXY_PASSWORD_SIZE];
};

/* NULL, or why not, as the end of a sentence; then `u` is wiped. Nothing of the text is repeated. */
const char *proxy_url_parse(const char *text, struct proxy_url *u);

/* Without user name and password: "socks5h://proxy.example.net:1080". */
struct proxy_name {
	char text[300];
};
struct proxy_name proxy_url_name(const struct proxy_url *u);

#endif
