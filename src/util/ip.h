/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * IP addresses and prefixes of both families: parsing and printing, with no name look-up. PPP's own
 * headers use uint32_t in host byte order for IPv4; ip_from_v4 and ip_v4 convert between the two.
 */
#ifndef SSTP_UTIL_IP_H
#define SSTP_UTIL_IP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <netinet/in.h>
#include <sys/socket.h>

struct ip_addr {
	sa_family_t family; /* AF_INET, AF_INET6; AF_UNSPEC: none */
	uint8_t bytes[16];  /* network order; IPv4 uses the first four */
};

struct ip_prefix {
	struct ip_addr addr;
	unsigned len; /* 0..32, 0..128 */
};

struct ip_text {
	char text[64];
};

struct ip_addr ip_from_v4(uint32_t v4);
uint32_t ip_v4(const struct ip_addr *a); /* 0 when it is not IPv4 */
bool ip_v4_is_host(uint32_t v4);         /* not in 0/8, 127/8, multicast or above */
bool ip_equal(const struct ip_addr *a, const struct ip_addr *b);
bool ip_prefix_has(const struct ip_prefix *p, const struct ip_addr *a);
bool ip_is_link_local(const struct ip_addr *a);     /* fe80::/10 */
bool ip_is_loopback(const struct ip_addr *a);       /* 127.0.0.0/8, ::1 */
struct ip_addr ip_link_local(const uint8_t iid[8]); /* fe80:: and this interface identifier */
struct ip_addr ip_mask(const struct ip_addr *a, unsigned len); /* host bits cleared */

/* "10.1.2.3", "2001:db8::1"; false and *a unchanged when it is neither. */
bool ip_parse(const char *text, struct ip_addr *a);
/* "10.0.0.0/8", or an address alone (then /32, /128). Host bits may be set. */
bool ip_prefix_parse(const char *text, struct ip_prefix *p);

struct ip_text ip_print(const struct ip_addr *a);
struct ip_text ip_prefix_print(const struct ip_prefix *p);
struct ip_text ip_print_v4(uint32_t v4);
/* "10.1.2.3:443", "[2001:db8::1]:443" */
struct ip_text ip_print_port(const struct ip_addr *a, uint16_t port);
struct ip_text ip_print_sockaddr(const struct sockaddr_storage *sa); /* or "a Unix socket" */
struct ip_addr ip_from_sockaddr(const struct sockaddr_storage *sa);
struct sockaddr_storage ip_sockaddr(const struct ip_addr *a, uint16_t port);
uint16_t ip_port_of_sockaddr(const struct sockaddr_storage *sa);

#endif
