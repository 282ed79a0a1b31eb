/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A TUN device in one of several places. There are
 *
 *	here         one in our own network namespace
 *	in_netns     one in another, existing network namespace (--netns)
 *	for_command  one in a namespace made for a command, as its only device (sstp run)
 *	given        a descriptor opened by the caller (--tun-fd)
 *	for_script   a socket pair, with a program at its other end (--script-tun)
 *
 * The user of this module sets up addresses and routes, through `netlink`.
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

/* Which one; the caller keeps the strings until netdev_close. */
struct netdev_source {
	enum netdev_kind kind;
	const char *netns, *userns; /* in_netns: see proc/netns.h */
	char *const *argv;          /* for_command */
	bool map_root;              /* for_command: the user is root inside, instead of itself */
	bool stops_parent;          /* for_command: as in struct command_cfg */
	int fd;                     /* given */
	const char *script;         /* for_script: for /bin/sh */
};

struct netdev_cfg {
	struct tun_cfg tun;
	/* Receives its queues: all NULL before; the caller closes them, before netdev_close. */
	struct tun **tuns;
	size_t queues;
	bool wants_dns;    /* DNS servers will be set: find the file that names them */
	struct loop *loop; /* for_command only */
	const struct log *log;
	/*
	 * Called in the device's namespace before the device is made, in a child if the namespace is not
	 * ours. May set *fd, which is -1, to a descriptor that it has opened; the caller of netdev_open gets
	 * it in *prepared_fd, to be closed by him. 0, or -errno, logged: then no device is made. NULL: nothing.
	 * For here and in_netns.
	 */
	int (*prepare)(void *arg, int *fd);
	int *prepared_fd; /* -1: none; set in any case */
	/* for_script: fills in the environment of its program. */
	void (*environment)(void *arg, struct env *env);
	/* for_command, for_script: the program has ended with that exit status. */
	void (*ended)(void *arg, int status);
	void *arg;
};

/* Where DNS servers are set for the users of the device. */
enum netdev_dns {
	NETDEV_DNS_HOST, /* on this host, by the method it uses */
	NETDEV_DNS_FILE, /* in the file resolv_conf, in place */
	NETDEV_DNS_FD,   /* in the file resolv_conf_fd, in place; resolv_conf names it in the log */
	NETDEV_DNS_NONE,
};

enum { NETDEV_NAME_SIZE = 32 };

struct netdev_ops;

struct netdev {
	const struct netdev_ops *ops;
	char name[NETDEV_NAME_SIZE]; /* for the log and for scripts */
	bool is_bare;                /* the caller sets up no addresses, routes or DNS */
	bool is_foreign;             /* in another network namespace than ours */
	unsigned ifindex;            /* in that namespace */
	struct netlink *netlink; /* of that namespace, the caller closes it; NULL: not foreign */
	enum netdev_dns dns;
	const char *resolv_conf;
	int resolv_conf_fd; /* netdev_close closes it */
	int netns_fd; /* that namespace, for netns_socket; -1: ours, or one that it is not for */
	/* The process that its namespace was named by. The descriptor is readable when that has ended:
	 * else the device would keep the namespace alive without any process. -1: none. */
	pid_t process;
	int process_fd;
};

/* REASON_NONE, or why not, logged; then everything made so far is removed. */
enum tunnel_reason netdev_open(const struct netdev_source *source, const struct netdev_cfg *cfg,
			       struct netdev **out);
/* The tunnel is up and the network is set up. 0, or -errno, logged. */
int netdev_up(struct netdev *n, const struct link_addrs *link);
/* A signal has come: true if it has been handled. */
bool netdev_signal(struct netdev *n, const struct signalfd_siginfo *info);
void netdev_close(struct netdev *n); /* NULL is fine */

#endif
