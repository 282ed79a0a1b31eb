/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Includes lwIP's headers as they must be included; only for files in src/stack. */
#ifndef SSTP_STACK_LWIP_H
#define SSTP_STACK_LWIP_H

#include <netinet/in.h> /* before lwIP, whose macros have the names of its functions */

/* lwIP has a struct and a member of netif with this name; don't use the macros of that member. */
#define ip_addr lwip_ip_addr
#include <lwip/init.h>
#include <lwip/ip.h>
#include <lwip/ip4_frag.h>
#include <lwip/ip6_frag.h>
#include <lwip/netif.h>
#include <lwip/priv/tcp_priv.h>
#include <lwip/sys.h>
#include <lwip/timeouts.h>
#include <lwip/udp.h>
#undef ip_addr

#endif
