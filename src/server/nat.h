/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * serve --nat: packets of clients leave this host with its own address, by nf_tables. One table, named
 * after the device, that the kernel removes with our socket: at the end, after a crash, and with the
 * network namespace. Before Linux 5.12 we remove it at the end, and the next start replaces what a
 * crash left.
 *
 * All IPv4 is masqueraded, and of IPv6 what comes from unique local addresses (RFC 4193): the global
 * addresses of --ipv6-network are routed. The MSS needs no rule, since each tunnel clamps it (tun/mss.h).
 */
#ifndef SSTP_SERVER_NAT_H
#define SSTP_SERVER_NAT_H

struct nat;

/*
 * Takes `fd`, which nft_socket opened in the device's network namespace, also when it fails. `out`: the
 * device on which the packets leave; NULL: any. The caller keeps both names. 0 or -errno, logged.
 */
int nat_open(int fd, const char *device, const char *out, struct nat **nat);
/*
 * The name of the table if the kernel does not remove it with our socket, else NULL. *fd: that socket, which stays
 * ours.
 */
const char *nat_unowned(const struct nat *nat, int *fd);
void nat_leave(struct nat *nat); /* another process will remove the table */
void nat_close(struct nat *nat); /* NULL is fine */

#endif
