/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * From which address this host would reach another one, and whether it still has an address. The kernel
 * is asked by sockets that send nothing, so no privilege is needed and routing rules apply.
 */
#ifndef SSTP_NET_SOURCE_H
#define SSTP_NET_SOURCE_H

#include <stdbool.h>
#include <sys/socket.h>

#include "util/ip.h"

/* 0, or -errno when `peer` is unreachable now. `mark`: of the packets (SO_MARK); 0: none. */
int source_for(const struct sockaddr_storage *peer, uint32_t mark, struct ip_addr *source);
/* The local address of a connected socket. AF_UNSPEC on failure. */
struct ip_addr source_of(int fd);
/* Whether its local address still exists. False only when the kernel says that it does not. */
bool source_is_here(int fd);

/*
 * Whether a change of the source matters. IPv6 hosts change addresses within their network all the time,
 * and keep the old ones (RFC 8981): only another network matters.
 */
bool source_is_in_other_network(const struct ip_addr *before, const struct ip_addr *now);

#endif
