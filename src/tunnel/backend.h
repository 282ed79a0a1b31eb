/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a client's tunnel is for: the far side of its port. The client dials, and keeps the tunnel up;
 * a backend is told when packets may pass and by which addresses, and gives its own to tunnel_send.
 * There are TUN devices (client/tun_backend.h), in our network namespace or another, descriptors given
 * from outside, and a user-space stack (proxy/).
 *
 *	open -> [ before_connect -> up, up, ... -> down ] again and again -> close
 */
#ifndef SSTP_TUNNEL_BACKEND_H
#define SSTP_TUNNEL_BACKEND_H

#include "ip6/link_addrs.h"
#include "tunnel/tunnel.h"

struct backend;
struct signalfd_siginfo;

/* What a backend is given to work with; all of it outlives the backend's close. */
struct backend_client {
	struct loop *loop;
	struct tunnel *tunnel; /* tunnel_send drops what comes while it is down */
	const struct log *log;
	/* Ends the tunnel in order, and then client_run, for this reason. `status`: of the command that
	 * the tunnel was for, and that has ended; else 0. Logs nothing. */
	void (*end)(struct backend_client *client, enum tunnel_reason reason, int status);
	/* After an `up` or a `down` that gave BACKEND_LATER: what it waited for is done. */
	void (*settled)(struct backend_client *client);
};

enum { BACKEND_LATER = 1 };

struct backend_ops {
	/* Once, before the first dial. REASON_NONE, or why not; logged. */
	enum tunnel_reason (*open)(struct backend *b, struct backend_client *client);
	/* Before the socket connects to that address; NULL: nothing to do. 0 or -errno. */
	int (*before_connect)(struct backend *b, const struct ip_addr *server);
	/* Packets may pass from now on, or what was agreed on has changed. 0, or BACKEND_LATER (they
	 * pass, but a program still sets the network up), or -errno, logged: there is no use in the
	 * tunnel. */
	int (*up)(struct backend *b, const struct link_addrs *link);
	/* No packets any more; until the next up, if it `will_return`. 0, or BACKEND_LATER (the
	 * host's DNS servers are still being put back). */
	int (*down)(struct backend *b, bool will_return);
	/* A signal has come: true if the client need not look at it. NULL: none is taken. */
	bool (*signal)(struct backend *b, const struct signalfd_siginfo *info);
	/* Puts everything back and frees; also after an open that failed, or never was. */
	void (*close)(struct backend *b);
};

struct backend {
	const struct backend_ops *ops;
	struct packet_sink sink;
	const char *name; /* for the log, from open on: "sstp0" */
	bool wants_dns;   /* the server is to be asked for DNS servers */
};

#endif
