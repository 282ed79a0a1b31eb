/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A TUN device, and whose network it is in. There are
 *
 *	here         one in our own network namespace
 *	in_netns     one in another, that is there already (--netns)
 *	for_command  one in a namespace made for a command, whose only way out it is (sstp run)
 *	given        a descriptor that somebody opened for us (--tun-fd)
 *	for_script   a socket pair, and a program at its other end (--script-tun)
 *
 * The network around it is its user's to set up, through `netlink`.
 *
 *	netdev_open -> netdev_up, netdev_up, ... -> netdev_close
 */
#ifndef SSTP_NETDEV_NETDEV_H
#define SSTP_NETDEV_NETDEV_H

#include <sys/signalfd.h>

#include "ip6/link_addrs.h"
#include "net/loop.h"
#include "net/netlink.h"
#include "proc/run.h"
#include "tun/tun.h"
#include "tunnel/reason.h"

enum netdev_kind {
	NETDEV_HERE,
	NETDEV_IN_NETNS,
	NETDEV_FOR_COMMAND,
	NETDEV_GIVEN,
	NETDEV_FOR_SCRIPT,
};

/* Which one; strings stay the caller's, as long as the device is there. */
struct netdev_source {
	enum netdev_kind kind;
	const char *netns, *userns; /* in_netns: proc/netns.h; `userns` NULL: the kernel is asked */
	char *const *argv;          /* for_command */
	bool map_root;              /* for_command: root in there, and not whoever we are */
	int fd;                     /* given */
	const char *script;         /* for_script: for /bin/sh */
};

struct netdev_cfg {
	struct tun_cfg tun;
	/* Here its queues are put: all NULL before; the caller's to close, before netdev_close. */
	struct tun **tuns;
	size_t queues;
	bool wants_dns;    /* DNS servers are to be set: look for the file that names them */
	struct loop *loop; /* of for_command alone */
	const struct log *log;
	/* Where the device is: in its namespace, in a child if that is another. NULL: nothing. */
	void (*look_around)(void *arg);
	/* for_script: fills in the environment of its program. */
	void (*environment)(void *arg, struct env *env);
	/* for_command, for_script: the program has ended with that exit status. */
	void (*ended)(void *arg, int status);
	void *arg;
};

/* Whose DNS servers are to be set for those who use the device. */
enum netdev_dns {
	NETDEV_DNS_HOST, /* this host's, whichever way it goes by */
	NETDEV_DNS_FILE, /* those of the file resolv_conf, in place */
	NETDEV_DNS_FD,   /* those of resolv_conf_fd, in place; resolv_conf names it in the log */
	NETDEV_DNS_NONE,
};

enum { NETDEV_NAME_SIZE = 32 };

struct netdev {
	const struct netdev_ops *ops;
	char name[NETDEV_NAME_SIZE]; /* for the log and for scripts */
	bool is_bare;                /* addresses, routes and DNS are somebody else's business */
	bool is_foreign;             /* in another network namespace than ours */
	unsigned ifindex;            /* there */
	struct netlink *netlink; /* of that namespace, the caller's to close; NULL: not foreign */
	enum netdev_dns dns;
	const char *resolv_conf;
	int resolv_conf_fd; /* stays the device's */
	/* The process that its namespace was named by. The descriptor is readable when that is gone:
	 * the namespace would live as long as the device in it, and so for nobody. -1: none. */
	pid_t process;
	int process_fd;
};

/* REASON_NONE, or an reason, logged. What was made so far is gone then. */
enum tunnel_reason netdev_open(const struct netdev_source *source, const struct netdev_cfg *cfg,
			       struct netdev **out);
/* The tunnel is up, and the network set up. 0, or -errno, logged. */
int netdev_up(struct netdev *n, const struct link_addrs *link);
/* A signal has come: true if nobody else need look at it. */
bool netdev_signal(struct netdev *n, const struct signalfd_siginfo *info);
void netdev_close(struct netdev *n); /* NULL is fine */

/* ---- for the files of netdev/ alone */

struct netdev_ops {
	int (*up)(struct netdev *n, const struct link_addrs *link);            /* or NULL */
	bool (*signal)(struct netdev *n, const struct signalfd_siginfo *info); /* or NULL */
	void (*close)(struct netdev *n);
};

enum tunnel_reason netdev_no_memory(const struct netdev_cfg *cfg); /* logs it */

enum tunnel_reason netdev_open_here(const struct netdev_cfg *cfg, struct netdev **out);
enum tunnel_reason netdev_open_in_netns(const struct netdev_source *source,
					const struct netdev_cfg *cfg, struct netdev **out);
enum tunnel_reason netdev_open_for_command(const struct netdev_source *source,
					   const struct netdev_cfg *cfg, struct netdev **out);
enum tunnel_reason netdev_open_given(const struct netdev_source *source,
				     const struct netdev_cfg *cfg, struct netdev **out);
enum tunnel_reason netdev_open_for_script(const struct netdev_source *source,
					  const struct netdev_cfg *cfg, struct netdev **out);

#endif
