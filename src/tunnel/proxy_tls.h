/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * TLS to a proxy (https://): the tunnel's own TLS runs inside it. The tunnel's packet path reads TLS from a
 * socket and knows nothing of this, so it gets one end of a socket pair; at the other end the same loop moves
 * bytes between the pair and a TLS session on the connection to the proxy:
 *
 *	tunnel <-> pair <-> proxy_tls <-> TCP
 *
 * Each direction holds one record at most: while it cannot be written, no more is read, so a full socket
 * slows down the other side. The end of a direction is passed on when all before it was written. The
 * handshake begins at once; what is written into the pair waits for its end.
 */
#ifndef SSTP_TUNNEL_PROXY_TLS_H
#define SSTP_TUNNEL_PROXY_TLS_H

#include "net/reach.h"

/* A proxy's cover, see reach.h; `cover_arg` is the struct tls_ctx of a client. */
int proxy_tls_cover(const struct reach_proxy *p, struct loop *l, int fd, int *inner,
		    struct reach_cover **out);

#endif
