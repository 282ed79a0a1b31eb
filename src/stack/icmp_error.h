/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * ICMP errors about our own TCP segments and UDP datagrams: which address is unreachable, and why.
 */
#ifndef SSTP_STACK_ICMP_ERROR_H
#define SSTP_STACK_ICMP_ERROR_H

#include "stack/connect_result.h"
#include "tun/headers.h"
#include "util/ip.h"

struct icmp_error {
	enum stack_result result;
	bool is_udp;
	struct ip_addr to; /* of the segment */
	uint16_t to_port, from_port;
};

/* False: no ICMP error, or one that does not end an attempt. */
bool icmp_error_parse(struct icmp_error *e, const struct packet *p);

#endif
