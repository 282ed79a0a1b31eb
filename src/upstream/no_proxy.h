/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The variable no_proxy, as curl and Go read it: a list, with commas or blanks, of servers to which no
 * proxy is used.
 *
 *	example.net, .example.net, *.example.net	the name, and all names under it
 *	192.0.2.7, 192.0.2.0/24, 2001:db8::/32		an address, a network
 *	HOST:PORT, [ADDRESS]:PORT			the same with that port only
 *	*						all servers
 */
#ifndef SSTP_UPSTREAM_NO_PROXY_H
#define SSTP_UPSTREAM_NO_PROXY_H

#include <stdbool.h>
#include <stdint.h>

bool no_proxy_lists(const char *list, const char *host, uint16_t port);

/* localhost and addresses of the loopback interface, which no proxy can reach. */
bool no_proxy_is_loopback(const char *host);

#endif
