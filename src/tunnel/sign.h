/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * How an attempt failed, as far as it tells something about what is between the client and the server:
 * firewalls, captive portals, TLS inspection. client/obstacle.h has the conclusions.
 */
#ifndef SSTP_TUNNEL_SIGN_H
#define SSTP_TUNNEL_SIGN_H

enum tunnel_sign {
	SIGN_NONE,
	/* after the ClientHello, before any byte came back */
	SIGN_TLS_RESET,
	SIGN_TLS_CLOSED,
	SIGN_TLS_SILENT,
	/* later in the handshake */
	SIGN_TLS_CUT,     /* the connection was closed or reset */
	SIGN_TLS_STALLED, /* nothing more came */
	/* in place of a ServerHello */
	SIGN_TLS_ALERT,
	SIGN_PLAIN_HTTP,
	SIGN_NOT_TLS,
	/* the certificate: no authority that we trust has signed it; it is for other names; it is not valid yet */
	SIGN_CERT_ISSUER,
	SIGN_CERT_NAME,
	SIGN_CERT_EARLY,
	/* the response to the SSTP request */
	SIGN_HTTP_REDIRECT,   /* 3xx with a Location */
	SIGN_HTTP_LOGIN,      /* 511 */
	SIGN_HTTP_PROXY_AUTH, /* 407 */
	SIGN_HTTP_FORBIDDEN,  /* 403, 451 */
	SIGN_HTTP_STATUS,     /* another one but 200 */
	SIGN_HTTP_PAGE,       /* 200, and a document */
	SIGN_HTTP_CLOSED,     /* none: the connection was closed */
	SIGN_HTTP_SILENT,     /* none, and nothing happens */
	/* after a successful login */
	SIGN_BINDING, /* the server refuses the crypto binding */
};

#endif
