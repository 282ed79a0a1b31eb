/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Detects that the host has moved to another network: from Wi-Fi to LTE, after a suspend, to no
 * network and back. TCP would notice after minutes; the kernel reports it at once. It does not say
 * what has changed (see netlink_watch.h), so the addresses are compared after each change.
 */
#ifndef SSTP_CLIENT_ROAM_H
#define SSTP_CLIENT_ROAM_H

#include "net/netlink_watch.h"
#include "net/source.h"

enum {
	/* wait after a change: others, such as our own host routes, follow it at once */
	ROAM_SETTLE_MS = 50,
	ROAM_AGAIN_MS = 1000,
};

/* The facts after a change. */
struct roam_facts {
	bool is_trying; /* we are connecting, or waiting for the next attempt */
	bool is_here;   /* the connection's own address is still one of this host */
	bool is_again;  /* the result was ROAM_LOOK_AGAIN before */
	/* the connection's address was the source address of the route when it was made */
	bool was_own;
	struct ip_addr local; /* the connection's own address; AF_UNSPEC: there is none */
	/* the source address of the route to the server, last time; AF_UNSPEC: no route */
	struct ip_addr before;
	struct ip_addr now; /* ... and now */
};

enum roam_action {
	ROAM_STAY,
	ROAM_LOOK_AGAIN, /* after ROAM_AGAIN_MS */
	ROAM_RECONNECT,
	ROAM_TRY_NOW, /* instead of waiting for the next attempt */
};

enum roam_action roam_decide(const struct roam_facts *f);

/* Embedded in its owner; all zeroes: not open. */
struct roam {
	struct loop *loop;
	struct netlink_watch watch;
	struct loop_timer settle;
	struct ip_addr source; /* of the route to the server at the last check */
	bool was_own;
	bool is_again;
	void (*changed)(struct roam *r); /* called ROAM_SETTLE_MS after a change */
};

/* `changed` must be set. Returns 0 or -errno; then changes are not detected. */
int roam_open(struct roam *r, struct loop *loop);
void roam_close(struct roam *r);

/* A connection was made with this socket. */
void roam_connected(struct roam *r, int fd, struct ip_addr source);
/*
 * Decides, and stores what it needs for the next time. The caller need not fill the members of `f`
 * that the roam itself knows.
 */
enum roam_action roam_look(struct roam *r, struct roam_facts *f);

#endif
