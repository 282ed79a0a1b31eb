/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What both proxies' engines have in common, SOCKS5's (socks5.h) and HTTP's (http.h). They take
 * whole messages off the front of what a client has sent, leave the rest for the next call or for
 * the target, and write what is to be sent back. The caller keeps what was left and offers it again
 * with more behind it.
 */
#ifndef SSTP_PROXY_REQUEST_H
#define SSTP_PROXY_REQUEST_H

enum {
	REQUEST_ROOM = 16384,      /* more than that is never left: the engine refuses it */
	REQUEST_REPLY_ROOM = 1024, /* what one call writes at most */
};

enum proxy_request {
	REQUEST_INCOMPLETE, /* more bytes are needed */
	REQUEST_CONNECT,   /* a connection to the target; how that went, the engine's answer says */
	REQUEST_ASSOCIATE, /* SOCKS5: a relay of datagrams; answered in the same way */
	REQUEST_REFUSED,   /* refused: when the reply is sent there is no more to say */
};

#endif
