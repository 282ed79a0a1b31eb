/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The server side of SOCKS Protocol Version 5, RFC 1928, with user and password of RFC 1929: one
 * client's messages up to its request, and the reply. No socket and no clock; request.h says how it
 * is used.
 *
 *	greeting -> [ login ] -> request -> reply
 */
#ifndef SSTP_PROXY_SOCKS5_H
#define SSTP_PROXY_SOCKS5_H

#include "proxy/proxy_login.h"
#include "proxy/request.h"
#include "stack/stack.h"
#include "stack/target.h"

enum { SOCKS5_DATAGRAM_HEADER_MAX = 4 + 16 + 2 }; /* of one with an address in it */

enum socks5_state {
	SOCKS5_GREETING = 1,
	SOCKS5_LOGIN,
	SOCKS5_REQUEST,
	SOCKS5_DONE,
};

struct socks5 {
	const struct proxy_login *login; /* NULL: no login is required */
	enum socks5_state state;
	struct target target; /* of a connection; of an association: where the client sends from */
	const char *why;      /* after REQUEST_REFUSED: the reason, for the log */
};

void socks5_open(struct socks5 *s, const struct proxy_login *login);
enum proxy_request socks5_input(struct socks5 *s, struct reader *in, struct writer *out);

/*
 * Writes the result of the request. `own`: our address of the connection to the target, or where
 * the client is to send datagrams; AF_UNSPEC: not known.
 */
void socks5_put_reply(enum stack_result result, const struct ip_addr *own, uint16_t own_port,
		      struct writer *out);

/* One of the client's datagrams. False: to be dropped. `payload` points into `datagram`. */
bool socks5_datagram(struct bytes datagram, struct target *to, struct bytes *payload);
/* The header of a datagram to the client. */
void socks5_put_datagram_header(const struct ip_addr *from, uint16_t port, struct writer *out);

#endif
