/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SOCKS Protocol Version 5 on the wire, RFC 1928 and RFC 1929, for both sides. */
#ifndef SSTP_UPSTREAM_SOCKS5_WIRE_H
#define SSTP_UPSTREAM_SOCKS5_WIRE_H

#include "util/bytes.h"
#include "util/ip.h"

enum { SOCKS_VERSION_4 = 4, SOCKS_VERSION = 5 };

enum socks5_method { /* RFC 1928 section 3 */
		     SOCKS5_METHOD_NONE = 0,
		     SOCKS5_METHOD_PASSWORD = 2,
		     SOCKS5_METHOD_NOT_ACCEPTABLE = 0xff,
};

enum { /* RFC 1929 section 2 */
       SOCKS5_LOGIN_VERSION = 1,
       SOCKS5_LOGIN_GOOD = 0,
       SOCKS5_LOGIN_BAD = 1,
       SOCKS5_LOGIN_MAX = 255, /* of user name and password each: their lengths are one byte */
};

enum socks5_command { /* section 4; we have no BIND (2) */
		      SOCKS5_COMMAND_CONNECT = 1,
		      SOCKS5_COMMAND_ASSOCIATE = 3,
};

enum socks5_address { /* section 5 */
		      SOCKS5_ADDRESS_V4 = 1,
		      SOCKS5_ADDRESS_NAME = 3,
		      SOCKS5_ADDRESS_V6 = 4,
};

enum { SOCKS5_NAME_MAX = 255 };

enum socks5_reply { /* section 6 */
		    SOCKS5_REPLY_DONE = 0,
		    SOCKS5_REPLY_FAILURE = 1,
		    SOCKS5_REPLY_NOT_ALLOWED = 2,
		    SOCKS5_REPLY_NET_UNREACHABLE = 3,
		    SOCKS5_REPLY_HOST_UNREACHABLE = 4,
		    SOCKS5_REPLY_REFUSED = 5,
		    SOCKS5_REPLY_EXPIRED = 6,
		    SOCKS5_REPLY_NO_SUCH_COMMAND = 7,
		    SOCKS5_REPLY_NO_SUCH_ADDRESS_TYPE = 8,
};

/* ATYP, address and port. An address that is not known is written as 0.0.0.0. */
void socks5_put_address(const struct ip_addr *a, uint16_t port, struct writer *out);

#endif
