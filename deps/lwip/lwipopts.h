/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * lwIP's settings: TCP, UDP and ICMP over both IPs, driven by one thread through the raw API,
 * on an interface without link-layer addresses.
 *
 * Connections, segments and datagram sockets come from pools of fixed size, which are the
 * bounds of what peers can make us hold. Packets come from malloc; how many there can be follows
 * from the windows and send buffers, which src/stack/conn.c deals out of a common budget.
 */
#ifndef SSTP_LWIPOPTS_H
#define SSTP_LWIPOPTS_H

#define NO_SYS 1
#define SYS_LIGHTWEIGHT_PROT 0
#define LWIP_NETCONN 0
#define LWIP_SOCKET 0
#define LWIP_RAW 0
#define LWIP_ARP 0
#define LWIP_ETHERNET 0
#define LWIP_DHCP 0
#define LWIP_AUTOIP 0
#define LWIP_IGMP 0
#define LWIP_STATS 0
#define LWIP_SINGLE_NETIF 1
#define LWIP_NETIF_API 0
#define LWIP_HAVE_LOOPIF 0

/* ---- memory */

#define MEM_LIBC_MALLOC 1
#define MEM_ALIGNMENT 8
#define MEMP_NUM_TCP_PCB 2048 /* of them 1024 open (conn.h), the rest wait for late packets */
#define MEMP_NUM_TCP_PCB_LISTEN 64
#define MEMP_NUM_TCP_SEG 65535 /* CONN_BUDGET_OUT, and what comes out of order */
#define MEMP_NUM_UDP_PCB 392 /* DATAGRAM_PORTS_MAX, and RESOLVER_CHANNELS */
#define MEMP_NUM_PBUF 1024
#define MEMP_NUM_SYS_TIMEOUT (LWIP_NUM_SYS_TIMEOUT_INTERNAL + 1)
#define PBUF_POOL_SIZE 0

/* ---- IP */

#define LWIP_IPV4 1
#define LWIP_IPV6 1
#define LWIP_IPV6_SCOPES 0 /* there is one link */
#define LWIP_IPV6_MLD 0
#define LWIP_IPV6_DHCP6 0
#define LWIP_IPV6_AUTOCONFIG 1 /* where the peer advertises a prefix */
#define LWIP_IPV6_SEND_ROUTER_SOLICIT 1
#define LWIP_IPV6_DUP_DETECT_ATTEMPTS 0
#define LWIP_ND6_QUEUEING 0
#define LWIP_ND6_NUM_NEIGHBORS 4
#define IP_FORWARD 0
#define IP_OPTIONS_ALLOWED 0
#define IP_REASSEMBLY 1
#define IP_REASS_MAX_PBUFS 256
#define LWIP_IPV6_REASS 1
#define IP_FRAG 1
#define LWIP_IPV6_FRAG 1
#define IPV6_FRAG_COPYHEADER 1 /* pointers may be of 64 bits */
#define MEMP_NUM_REASSDATA 32
#define MEMP_NUM_FRAG_PBUF 256
#define MEMP_NUM_IP6_REASSDATA 32
#define LWIP_CHECKSUM_CTRL_PER_NETIF 1 /* what merging has checked is not checked again */
#define CHECKSUM_CHECK_ICMP6 1
#define LWIP_CHECKSUM_ON_COPY 1

/* ---- TCP */

#define TCP_MSS 4047 /* of an MTU of 4087, the largest that a tunnel has */
#define LWIP_WND_SCALE 1
#define TCP_RCV_SCALE 9
#define TCP_WND (16 * 1024 * 1024) /* 1 Gbit/s at 130 ms */
#define TCP_SND_BUF (16 * 1024 * 1024)
#define TCP_SND_QUEUELEN 16384
#define TCP_SNDLOWAT (48 * 1024)
#define TCP_SNDQUEUELOWAT 8192
#define TCP_QUEUE_OOSEQ 1
#define TCP_OOSEQ_BYTES_LIMIT(pcb) ((pcb)->rcv_wnd)
#define TCP_OOSEQ_MAX_PBUFS 4096
#define LWIP_TCP_SACK_OUT 1
#define LWIP_TCP_MAX_SACK_NUM 4
#define LWIP_TCP_TIMESTAMPS 0
#define LWIP_TCP_KEEPALIVE 1
#define TCP_LISTEN_BACKLOG 1
#define TCP_TMR_INTERVAL 50      /* the least retransmission time-out is six of them */
#define LWIP_TCP_RTO_TIME 1000   /* RFC 6298 section 2 */
#define TCP_MSL 30000            /* late packets are waited for twice as long, a minute */

/* ---- UDP */

#define LWIP_UDP 1
#define LWIP_DNS 0 /* src/dns/ */

#endif
