/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Where the packets of a client's tunnel come from and go to. The client dials and keeps the tunnel
 * up; `up` and `down` tell a backend when packets may pass, and with which addresses; it sends its own
 * packets by tunnel_send. Backends are TUN devices (client/tun_backend.h) in our network namespace or
 * another, descriptors opened by the caller, and a user-space stack (proxy/).
 *
 *	open -> [ before_connect -> up, up, ... -> down ] again and again -> close
 */
#ifndef SSTP_TUNNEL_BACKEND_H
#define SSTP_TUNNEL_BACKEND_H

#include "ip6/link_addrs.h"
#include "tunnel/tunnel.h"

struct backend;
struct resolve_method;
struct signalfd_siginfo;

/* What a backend works with; all of it outlives the backend's close. */
struct backend_client {
	struct loop *loop;
	struct tunnel *tunnel; /* tunnel_send drops what comes while it is down */
	const struct log *log;
	/* Shuts the tunnel down and then ends client_run, for this reason. `status`: exit status of the
	 * command that the tunnel was for, if it has ended; else 0. Logs nothing. */
	void (*end)(struct backend_client *client, enum tunnel_reason reason, int status);
	/* After an `up` or a `down` that returned BACKEND_LATER: its work is done. */
	void (*settled)(struct backend_client *client);
};

enum { BACKEND_LATER = 1 };

struct backend_ops {
	/* Once, before the first dial. REASON_NONE, or why not; logged. */
	enum tunnel_reason (*open)(struct backend *b, struct backend_client *client);
	/* Before the server's name is looked up; `again`: after a tunnel. Returns how; NULL: by the C library.
	 * NULL in place of the function: nothing to do. */
	const struct resolve_method *(*before_lookup)(struct backend *b, bool again);
	/* Before the socket connects to that address; NULL: nothing to do. 0 or -errno. */
	int (*before_connect)(struct backend *b, const struct sockaddr_storage *server);
	/* Packets may pass from now on, or the addresses have changed. 0, or BACKEND_LATER (packets
	 * pass, but a program is still setting the network up), or -errno, logged: the tunnel can't be
	 * used. */
	int (*up)(struct backend *b, const struct link_addrs *link);
	/* No packets may pass until the next `up`, which comes if `will_return`. 0, or BACKEND_LATER
	 * (the host's DNS servers are still being restored). */
	int (*down)(struct backend *b, bool will_return);
	/* Called while a signal that asks for the end is pending. NULL: nothing to do. */
	void (*before_end)(struct backend *b);
	/* A signal has come: true if the backend has handled it. NULL: it handles none. */
	bool (*signal)(struct backend *b, const struct signalfd_siginfo *info);
	/* Restores what it changed and frees itself; also after an open that failed, or without one. */
	void (*close)(struct backend *b);
};

struct backend {
	const struct backend_ops *ops;
	struct packet_sink sink;
	const char *name; /* for the log, from open on: "sstp0" */
	bool wants_dns;   /* ask the server for DNS servers */
};

#endif
