/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What --lockdown lets through: a list of these, for the packet filter or the rules. */
#ifndef SSTP_CLIENT_LOCK_PERMIT_H
#define SSTP_CLIENT_LOCK_PERMIT_H

#include "util/ip.h"

struct lock_permit {
	sa_family_t family;       /* AF_UNSPEC: both */
	struct ip_prefix to;      /* its family AF_UNSPEC: anywhere */
	uint32_t mark;            /* of the socket; 0: any */
	uint8_t protocol;         /* IPPROTO_...; 0: any, then there is no port either */
	uint16_t from_port, port; /* 0: any */
};

#endif
