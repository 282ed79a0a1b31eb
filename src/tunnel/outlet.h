/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a client's tunnel is for: the far side of its port. The client dials, and keeps the tunnel up;
 * an outlet is told when packets may pass and by which addresses, and gives its own to tunnel_send.
 * There are TUN devices (client/device.h), in our network namespace or another, descriptors given
 * from outside, and a user-space stack (proxy/).
 *
 *	open -> [ before_connect -> up, up, ... -> down ] again and again -> close
 */
#ifndef SSTP_TUNNEL_OUTLET_H
#define SSTP_TUNNEL_OUTLET_H

#include "ip6/link_addrs.h"
#include "tunnel/tunnel.h"

struct outlet;
struct signalfd_siginfo;

/* What an outlet is given to work with; all of it outlives the outlet's close. */
struct outlet_client {
	struct loop *loop;
	struct tunnel *tunnel; /* tunnel_send drops what comes while it is down */
	const struct log *log;
	/* Ends the tunnel in order, and then client_run with this code. Logs nothing. */
	void (*end)(struct outlet_client *client, int code);
	/* After an `up` or a `down` that gave OUTLET_LATER: what it waited for is done. */
	void (*settled)(struct outlet_client *client);
};

enum { OUTLET_LATER = 1 };

struct outlet_ops {
	/* Once, before the first dial. EXIT_OK, or an exit code; logged. */
	enum exit_code (*open)(struct outlet *o, struct outlet_client *client);
	/* Before the socket connects to that address; NULL: nothing to do. 0 or -errno. */
	int (*before_connect)(struct outlet *o, const struct ip_addr *server);
	/* Packets may pass from now on, or what was agreed on has changed. 0, or OUTLET_LATER (they
	 * pass, but a program still sets the network up), or -errno, logged: there is no use in the
	 * tunnel. */
	int (*up)(struct outlet *o, const struct link_addrs *link);
	/* No packets any more; until the next up, if it `will_return`. 0, or OUTLET_LATER (the
	 * host's DNS servers are still being put back). */
	int (*down)(struct outlet *o, bool will_return);
	/* A signal has come: true if the client need not look at it. NULL: none is taken. */
	bool (*signal)(struct outlet *o, const struct signalfd_siginfo *info);
	/* Puts everything back and frees; also after an open that failed, or never was. */
	void (*close)(struct outlet *o);
};

struct outlet {
	const struct outlet_ops *ops;
	struct packet_sink sink;
	const char *name; /* for the log, from open on: "sstp0" */
	bool wants_dns;   /* the server is to be asked for DNS servers */
};

#endif
