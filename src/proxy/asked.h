/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What both proxies' engines have in common, SOCKS5's (socks5.h) and HTTP's (http.h). They take
 * whole messages off the front of what a client has sent, leave the rest for the next call or for
 * the target, and write what is to be sent back. The caller keeps what was left and offers it again
 * with more behind it.
 */
#ifndef SSTP_PROXY_ASKED_H
#define SSTP_PROXY_ASKED_H

enum {
	ASKED_ROOM = 16384,      /* more than that is never left: the engine refuses it */
	ASKED_REPLY_ROOM = 1024, /* what one call writes at most */
};

enum asked {
	ASKED_NOTHING_YET, /* more bytes are needed */
	ASKED_CONNECT,     /* a connection to the target; how that went, the engine's answer says */
	ASKED_ASSOCIATE,   /* SOCKS5: a relay of datagrams; answered in the same way */
	ASKED_IN_VAIN,     /* refused: when the reply is sent there is no more to say */
};

#endif
