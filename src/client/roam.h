/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Whether the host has moved to another network: from Wi-Fi to LTE, out of a suspend, to no network and
 * back. TCP would find out after minutes, the kernel tells at once. What has changed is not told (see
 * netlink_watch.h), so the addresses are looked at after each change.
 */
#ifndef SSTP_CLIENT_ROAM_H
#define SSTP_CLIENT_ROAM_H

#include "net/netlink_watch.h"
#include "net/source.h"

enum {
	ROAM_SETTLE_MS =
		50, /* after a change: others, such as our own host routes, follow it first */
	ROAM_AGAIN_MS = 1000,
};

/* What is known when something has changed. */
struct roam_facts {
	bool is_trying;       /* to connect, or waits for the next try */
	bool is_here;         /* the connection's own address is this host's still */
	bool is_again;        /* it looked so ROAM_AGAIN_MS ago too */
	bool was_own;         /* the connection's address was the way's when it was made */
	struct ip_addr local; /* the connection's own address; AF_UNSPEC: there is none */
	struct ip_addr
		before;     /* the source of the way to the server, last time; AF_UNSPEC: no way */
	struct ip_addr now; /* ... and now */
};

enum roam_verdict {
	ROAM_STAY,
	ROAM_LOOK_AGAIN, /* after ROAM_AGAIN_MS */
	ROAM_RECONNECT,
	ROAM_TRY_NOW, /* in place of waiting for the next try */
};

enum roam_verdict roam_judge(const struct roam_facts *f);

/* Embedded in its owner's; zeroes are one that is not open. */
struct roam {
	struct loop *loop;
	struct netlink_watch watch;
	struct loop_timer settle;
	struct ip_addr source; /* of the way to the server at the last look */
	bool was_own;
	bool is_again;
	void (*changed)(struct roam *r); /* some time after a change */
};

/* `changed` is set. 0 or -errno: then nothing is told. */
int roam_open(struct roam *r, struct loop *loop);
void roam_close(struct roam *r);

/* A connection was made, by this socket. */
void roam_connected(struct roam *r, int fd, struct ip_addr source);
/* Judges, and remembers what it needs for the next time. `f` lacks what the roam itself knows. */
enum roam_verdict roam_look(struct roam *r, struct roam_facts *f);

#endif
