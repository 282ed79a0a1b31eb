/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a client tells its helper of the tunnel, as bytes: host_service.h. A reader of what makes no sense
 * becomes bad: addresses of the wrong kind, names with other characters than a host name has, too many of
 * anything.
 */
#ifndef SSTP_CLIENT_HOST_WIRE_H
#define SSTP_CLIENT_HOST_WIRE_H

#include "ip6/link_addrs.h"
#include "util/bytes.h"

/* A count and that many addresses; reading: `max` at most, none AF_UNSPEC. */
void host_wire_put_addrs(struct writer *w, const struct ip_addr *a, size_t count);
size_t host_wire_get_addrs(struct reader *r, struct ip_addr *to, size_t max);

void host_wire_put_link(struct writer *w, const struct link_addrs *link);
void host_wire_get_link(struct reader *r, struct link_addrs *link);

#endif
