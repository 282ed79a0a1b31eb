/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The forwarder of split DNS in this process: opened when it is needed, and kept until the end. */
#include "client/dns_forward.h"

static int use(struct dns_forward *forward, const char *former, const struct ip_addr *vpn,
	       size_t count, struct ip_addr *address)
{
	struct dns_own_forward *f = container_of(forward, struct dns_own_forward, base);
	int error = f->forwarder ? 0 : dns_forwarder_open(&f->cfg, &f->forwarder);

	if (error)
		return error;
	dns_forwarder_set_others(f->forwarder, former);
	dns_forwarder_set_vpn(f->forwarder, vpn, count);
	*address = dns_forwarder_address(f->forwarder);
	return 0;
}

static void unuse(struct dns_forward *forward)
{
	struct dns_own_forward *f = container_of(forward, struct dns_own_forward, base);

	if (f->forwarder)
		dns_forwarder_set_vpn(f->forwarder, NULL, 0);
}

void dns_own_forward_init(struct dns_own_forward *f, const struct dns_forwarder_cfg *cfg)
{
	*f = (struct dns_own_forward){ .base = { use, unuse, cfg->netns_fd }, .cfg = *cfg };
}

void dns_own_forward_close(struct dns_own_forward *f)
{
	dns_forwarder_close(f->forwarder);
	f->forwarder = NULL;
}
