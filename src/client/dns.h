/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Sets the host's DNS servers: the tunnel's while it is up, the former ones otherwise. There are
 * three methods, and the first one that is applicable and works is used: resolvectl, if resolv.conf
 * belongs to systemd-resolved; resolvconf (Debian's or openresolv) if it is on PATH; or resolv.conf
 * itself. In another network namespace it is always the file, which may be reachable only through
 * an open descriptor.
 *
 * resolv.conf is written in place, since it may be a mount point (containers) or a symbolic link.
 * Its first line then says who wrote it and where the former file is: in the same folder, so that
 * both survive a reboot or neither does. That backup is locked while its writer runs. If no file
 * can be created there, as in a container with a read-only /etc, the former content is kept in
 * resolv.conf itself, as comments.
 *
 * With a loop, a file that another program changes is taken as the new former one, and written again.
 * Split DNS with a file needs the loop too: the file then names a forwarder of our own
 * (dns_forwarder.h), and the forwarder's servers for other names are those of the former file.
 *
 * resolvectl and resolvconf may take long, or hang. If there is a loop they run in the background,
 * one after the other; each has a time limit, and after one that fails the next method is tried.
 */
#ifndef SSTP_CLIENT_DNS_H
#define SSTP_CLIENT_DNS_H

#include "client/dns_forward.h"
#include "dns/dns_names.h"
#include "nameserver/dns_watch.h"
#include "client/resolv_conf.h"
#include "client/state.h"
#include "proc/run_beside.h"
#include "util/log.h"

struct dns_method;

enum {
	DNS_SERVERS_MAX = 8,
	DNS_SETTLE_MS = 10 * 1000, /* the longest time to wait until servers are set */
	/* the file is written again that often in this time, in spite of another program */
	DNS_CHANGES_MAX = 10,
	DNS_CHANGES_MS = 60 * 1000,
};

enum dns_phase {
	DNS_IDLE, /* nothing is changed, or the next method is about to be tried */
	DNS_SETTING,
	DNS_SET,
	DNS_REVERTING,
};

struct dns {
	const char *device;
	const char *resolv_conf;
	struct state *state; /* records the changes, for recovery after a crash */
	const struct log *log;
	struct dns_names names;
	bool is_only_file; /* use no program */
	int fd;            /* this open file instead of `resolv_conf`; -1: none. The caller's */
	int netns_fd;      /* the network namespace of its users; -1: ours. The caller's */
	struct dns_forward *forward; /* of split DNS; NULL: in this process */
	char *former;                /* its former content */
	struct loop *loop;           /* NULL: wait for programs */
	/*
	 * With a loop: called when servers are set or restored, or when that takes longer than
	 * DNS_SETTLE_MS.
	 */
	void (*settled)(struct dns *d);
	/* private */
	enum dns_phase phase;
	const struct dns_method *method; /* NULL: nothing is changed */
	size_t next_method;              /* to try if this one fails */
	unsigned step;                   /* index of the method's program, 0 first */
	bool is_stale;                   /* the servers that are set must be removed */
	bool is_running, has_ended;      /* a program; its result follows */
	int result;
	bool may_fail;     /* a failure of this program does not matter */
	char running[256]; /* the program's name for the log */
	unsigned limit_ms; /* of each program */
	struct run_beside run;
	struct loop_timer settle_limit; /* until `settled` is called in any case */
	struct ip_addr wanted[DNS_SERVERS_MAX];
	size_t wanted_count;
	char program[PATH_MAX];       /* resolvectl's or resolvconf's */
	enum resolv_conf_where where; /* where the former resolv.conf is */
	char backup[PATH_MAX];        /* RESOLV_CONF_BESIDE: this file */
	int backup_fd;                /* locked; -1: none */
	struct dns_watch watch;       /* while the file is ours */
	uint64_t changed_ms;          /* when another program changed it for the first time ... */
	unsigned changes;             /* ... and how often it did since */
	struct dns_own_forward own_forward;
	bool is_forwarded;         /* the file names the forwarder, ... */
	struct ip_addr forward_at; /* ... which listens here */
};

void dns_init(struct dns *d, const char *device, const char *resolv_conf, struct state *state,
	      const struct log *log);

/*
 * Programs run in the background of this loop from now on; `settled` must be set. SIGCHLD must be
 * one of its signals.
 */
void dns_use_loop(struct dns *d, struct loop *loop);

/*
 * Makes the host use these servers; may be called again with others. Failures are logged as
 * warnings.
 */
void dns_up(struct dns *d, const struct ip_addr *servers, size_t count);
/* Restores what dns_up found. Does nothing if nothing was changed. */
void dns_down(struct dns *d);
/* True unless dns_up or dns_down is still in progress. */
bool dns_is_settled(const struct dns *d);
/* Servers are set, or about to be. */
bool dns_is_up(const struct dns *d);
/* Call it on SIGCHLD. */
void dns_child(struct dns *d);
/* Like dns_down, but waits until it is done: 15 s at most, if programs hang. */
void dns_close(struct dns *d);

/* ---- dns_resolvconf.c */

/* Removes what a crashed process registered with resolvconf under this name. */
void dns_recover_resolvconf(const char *key, const struct log *log);

#endif
