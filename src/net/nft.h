/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Packet filters and NAT by nf_tables (nft), without its library: a batch of netlink messages that the
 * kernel applies as a whole or not at all.
 *
 *	nft_open -> nft_replace_table -> nft_chain -> nft_rule, nft_match_..., nft_end, nft_rule, ...
 *		 -> nft_commit -> nft_close
 *
 * What it can do: one table of the family inet (IPv4 and IPv6) that takes the place of its former
 * content; base chains of the types filter and nat in any hook; rules that compare a packet's devices,
 * mark, family, source or destination network, protocol, ports and ICMPv6 type, and end with accept,
 * drop or masquerade. The type route, sets, maps, counters and connection tracking are not there yet.
 *
 * Errors are 0 or -errno: -EPERM without CAP_NET_ADMIN; -EPROTONOSUPPORT, -EOPNOTSUPP or -EINVAL
 * where the kernel has no nf_tables, -ENOENT where it has them and not this type of chain or this
 * expression (a module that is not loaded, or was not built).
 */
#ifndef SSTP_NET_NFT_H
#define SSTP_NET_NFT_H

#include "util/ip.h"

struct nft;

enum nft_verdict {
	NFT_VERDICT_DROP, /* the numbers are the kernel's: NF_DROP, NF_ACCEPT */
	NFT_VERDICT_ACCEPT,
};

enum nft_hook { /* the numbers are the kernel's, NF_INET_... */
		NFT_HOOK_FORWARD = 2,
		NFT_HOOK_OUTPUT = 3,      /* what this host sends */
		NFT_HOOK_POSTROUTING = 4, /* all that leaves */
};

enum nft_device { NFT_DEVICE_IN, NFT_DEVICE_OUT };
enum nft_port { NFT_PORT_SOURCE, NFT_PORT_DESTINATION };

int nft_open(struct nft **out);
/* For a child in another network namespace: a socket for nft_adopt in the parent; or -errno. */
int nft_socket(void);
int nft_adopt(int fd, struct nft **out); /* takes the descriptor, also when it fails */
int nft_fd(const struct nft *n);
void nft_close(struct nft *n); /* NULL is fine; what was not committed is forgotten */
/* Whether the error means that this kernel cannot do it. */
bool nft_is_unsupported(int error);

/* The table is empty afterwards, whatever was in it. The caller keeps `name`. */
void nft_replace_table(struct nft *n, const char *name);
/*
 * The same with a table that no other program may change, and that the kernel removes when nft_close
 * or the end of this process closes the socket. The commit fails with -EINVAL before Linux 5.12, and
 * with -EPERM when another process owns a table of that name.
 */
void nft_replace_owned_table(struct nft *n, const char *name);
/* Removes the table; the commit fails with -ENOENT if there is none. */
void nft_delete_table(struct nft *n, const char *name);
/* `policy`: for packets that no rule decides. */
void nft_chain(struct nft *n, const char *name, enum nft_hook hook, int priority,
	       enum nft_verdict policy);
/* For nft_end_masquerade. In a table of the family inet since Linux 5.2. */
void nft_nat_chain(struct nft *n, const char *name, enum nft_hook hook, int priority);

/* A rule at the end of the last chain. All its matches must hold. */
void nft_rule(struct nft *n);
void nft_match_device(struct nft *n, enum nft_device which, const char *name);
void nft_match_other_device(struct nft *n, enum nft_device which, const char *name); /* than it */
void nft_match_mark(struct nft *n, uint32_t mark);
void nft_match_family(struct nft *n, sa_family_t family);
void nft_match_source(struct nft *n, const struct ip_prefix *from);     /* and its family */
void nft_match_destination(struct nft *n, const struct ip_prefix *to);  /* and its family */
void nft_match_protocol(struct nft *n, uint8_t protocol);               /* IPPROTO_... */
void nft_match_port(struct nft *n, enum nft_port which, uint16_t port); /* after a protocol */
void nft_match_icmp6_type(struct nft *n, uint8_t type);
void nft_end(struct nft *n, enum nft_verdict verdict);
/* The source becomes the address of the device on which the packet leaves; replies come back. */
void nft_end_masquerade(struct nft *n);

/* Sends all of it. 0, or the first error; then nothing has changed. -ENOSPC: too many rules. */
int nft_commit(struct nft *n);

/* Whether there is such a table. */
int nft_has_table(struct nft *n, const char *name, bool *has);

#endif
