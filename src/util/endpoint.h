/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Hosts and ports as text, in one grammar for every option:
 *
 *	HOST[:PORT]	a name, an IPv4 address, an IPv6 address; with a port the last is in brackets
 *	[ADDR:]PORT	where to listen; ADDR is an IP address, * (or nothing before the colon) or localhost
 *
 * A port is a decimal number from 1 to 65535. An IPv6 address may have a zone: fe80::1%eth0, in brackets
 * also as in URLs: [fe80::1%25eth0].
 *
 * Functions return NULL, or the reason why the text is refused, as the end of a sentence; then results
 * are undefined.
 */
#ifndef SSTP_UTIL_ENDPOINT_H
#define SSTP_UTIL_ENDPOINT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/ip.h"

/* `len` characters of decimal digits. */
const char *endpoint_port(const char *text, size_t len, uint16_t *port);

/* HOST[:PORT]; *port keeps its value if there is no port. The host is without its brackets. */
const char *endpoint_split(const char *text, char *host, size_t host_size, uint16_t *port);

struct endpoint {
	struct ip_addr addr; /* AF_UNSPEC: all addresses, loopback, or (neither) none is given */
	unsigned scope;      /* the index of the zone's interface; 0: none */
	bool is_all;
	bool is_localhost;
	uint16_t port; /* 0: none is given */
};

/* [ADDR:]PORT; also ADDR alone, and the port 0, if `allow` says so. */
enum {
	ENDPOINT_ADDR_ALONE = 1,
	ENDPOINT_PORT_0 = 2,
};
const char *endpoint_listen(const char *text, unsigned allow, struct endpoint *e);

/* Advice for an error of listen or bind, to append to the error's text: "", or begins with ": ". */
const char *endpoint_hint(int error, uint16_t port);

#endif
