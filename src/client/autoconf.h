/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * IPv6 address configuration after IPV6CP: runs the engine of ip6/ on a client's loop, through its
 * tunnel.
 */
#ifndef SSTP_CLIENT_AUTOCONF_H
#define SSTP_CLIENT_AUTOCONF_H

#include "ip6/slaac.h"
#include "net/loop.h"
#include "tunnel/backend.h"

struct autoconf {
	struct loop *loop;
	struct tunnel *tunnel;
	const struct log *log;
	/* call autoconf_get; may be called during autoconf_start */
	void (*changed)(struct autoconf *a);
	/* private */
	struct slaac engine;
	struct loop_timer timer;
	bool is_on;
	struct ip_addr said; /* the address that was logged last */
};

/*
 * The link's IPV6CP must be open and packets must be able to pass. A second call starts again from
 * the beginning.
 */
void autoconf_start(struct autoconf *a, const uint8_t iid[IP6_IID_LEN]);
void autoconf_input(struct autoconf *a, struct bytes packet);
void autoconf_stop(struct autoconf *a); /* may be called when it is not running */

/* The current configuration; it is settled only while autoconf runs. */
void autoconf_get(const struct autoconf *a, struct slaac_config *out);

#endif
