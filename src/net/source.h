/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * From which address this host would reach another one, and whether it still has an address. Asked of the
 * kernel by sockets that send nothing, so no privilege is needed and routing rules count.
 */
#ifndef SSTP_NET_SOURCE_H
#define SSTP_NET_SOURCE_H

#include <stdbool.h>
#include <sys/socket.h>

#include "util/ip.h"

/* 0, or -errno when there is no way to `peer` now. */
int source_for(const struct sockaddr_storage *peer, struct ip_addr *source);
/* Of a connected socket: its own end. AF_UNSPEC on failure. */
struct ip_addr source_of(int fd);
/* False only when the kernel says that it is no address of this host (any more). */
bool source_is_here(int fd);

/*
 * Does it matter that the source is another now? IPv6 hosts change addresses within their network all the
 * time, and keep the old ones (RFC 8981): only another network matters.
 */
bool source_is_elsewhere(const struct ip_addr *before, const struct ip_addr *now);

#endif
