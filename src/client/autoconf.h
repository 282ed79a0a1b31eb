/* SPDX-License-Identifier: GPL-3.0-or-later */
/* IPv6 beyond IPV6CP: drives the engine of ip6/ on a client's loop, through its tunnel. */
#ifndef SSTP_CLIENT_AUTOCONF_H
#define SSTP_CLIENT_AUTOCONF_H

#include "ip6/slaac.h"
#include "net/loop.h"
#include "tunnel/backend.h"

struct autoconf {
	struct loop *loop;
	struct tunnel *tunnel;
	const struct log *log;
	void (*changed)(struct autoconf *a); /* ask autoconf_get; also from autoconf_start */
	/* its own */
	struct slaac engine;
	struct loop_timer timer;
	bool is_on;
	struct ip_addr said; /* the address that the log knows of */
};

/* A link whose IPV6CP is open, and that carries packets. Again: from the beginning. */
void autoconf_start(struct autoconf *a, const uint8_t iid[IP6_IID_LEN]);
void autoconf_input(struct autoconf *a, struct bytes packet);
void autoconf_stop(struct autoconf *a); /* harmless when it is not on */

/* What holds now; settled only if it is on. */
void autoconf_get(const struct autoconf *a, struct slaac_config *out);

#endif
