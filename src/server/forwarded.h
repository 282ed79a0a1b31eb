/* SPDX-License-Identifier: GPL-3.0-or-later */
/* X-Forwarded-For: which client a TLS terminator has forwarded the request of. A pure function. */
#ifndef SSTP_SERVER_FORWARDED_H
#define SSTP_SERVER_FORWARDED_H

#include "server/front_cfg.h"
#include "util/bytes.h"

/*
 * The last address in all fields of that name that is not in `trusted`: each proxy appends the address
 * that it sees, so what is left of the first stranger may be anything. AF_UNSPEC: there is none, or it is
 * no address.
 */
struct ip_addr forwarded_client(struct bytes block, const struct source_list *trusted);

#endif
