/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "server/nat.h"

#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "net/nft.h"
#include "util/log.h"
#include "util/syscall_advice.h"

enum { PRIORITY = 100 }; /* NF_IP_PRI_NAT_SRC */

struct nat {
	struct nft *nft;
	bool is_owned; /* by our socket */
	bool is_left;  /* another process removes the table */
	char table[sizeof("sstp_nat_") + IFNAMSIZ];
};

static void match_way(struct nft *n, const char *device, const char *out)
{
	nft_rule(n);
	nft_match_device(n, NFT_DEVICE_IN, device);
	if (out)
		nft_match_device(n, NFT_DEVICE_OUT, out);
	else
		nft_match_other_device(n, NFT_DEVICE_OUT, device);
}

static int apply(struct nat *nat, const char *device, const char *out)
{
	static const struct ip_prefix unique_local = { { AF_INET6, { 0xfc } }, 7 };
	struct nft *n = nat->nft;

	if (nat->is_owned)
		nft_replace_owned_table(n, nat->table);
	else
		nft_replace_table(n, nat->table);
	nft_nat_chain(n, "leaving", NFT_HOOK_POSTROUTING, PRIORITY);
	match_way(n, device, out);
	nft_match_family(n, AF_INET);
	nft_end_masquerade(n);
	match_way(n, device, out);
	nft_match_source(n, &unique_local);
	nft_end_masquerade(n);
	return nft_commit(n);
}

static int log_error_of(const struct nat *nat, int error)
{
	if (error == -EPERM)
		log_error(
			NULL,
			"--nat: the table %s cannot be set: %s (this needs root or the capability "
			"CAP_NET_ADMIN, and no other sstp with a device of that name)",
			nat->table, strerror(EPERM));
	else if (nft_is_unsupported(error))
		log_error(
			NULL,
			"--nat: this kernel has no NAT by nf_tables (%s): load its modules (modprobe "
			"nft_chain_nat nft_masq), or start without --nat and set NAT with iptables",
			strerror(-error));
	else if (error)
		log_error(NULL, "--nat: the table %s cannot be set: %s%s", nat->table,
			  strerror(-error), syscall_advice(error));
	return error;
}

int nat_open(int fd, const char *device, const char *out, struct nat **to)
{
	struct nft *nft;
	int error = nft_adopt(fd, &nft);
	struct nat *nat = error ? NULL : calloc(1, sizeof(*nat));

	if (!nat) {
		log_error(NULL, "--nat: %s", strerror(ENOMEM));
		if (!error)
			nft_close(nft);
		return -ENOMEM;
	}
	nat->nft = nft;
	snprintf(nat->table, sizeof(nat->table), "sstp_nat_%s", device);
	nat->is_owned = true;
	error = apply(nat, device, out);
	if (error == -EINVAL) { /* before Linux 5.12 */
		nat->is_owned = false;
		error = apply(nat, device, out);
	}
	if (!log_error_of(nat, error)) {
		log_info(NULL, "NAT: packets of clients leave by %s with this host's address",
			 out ? out : "any interface");
		*to = nat;
		return 0;
	}
	nat_close(nat);
	return error;
}

const char *nat_unowned(const struct nat *nat, int *fd)
{
	*fd = nft_fd(nat->nft);
	return nat->is_owned ? NULL : nat->table;
}

void nat_leave(struct nat *nat)
{
	nat->is_left = true;
}

void nat_close(struct nat *nat)
{
	if (!nat)
		return;
	if (!nat->is_owned && !nat->is_left) {
		nft_delete_table(nat->nft, nat->table);
		nft_commit(nat->nft);
	}
	nft_close(nat->nft);
	free(nat);
}
