/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Whose DNS servers the host asks: the tunnel's while it is up, the former ones else. Three ways,
 * the first that fits and works: systemd-resolved by resolvectl, where resolv.conf is its;
 * resolvconf (Debian's, openresolv) where it is on PATH; or resolv.conf itself. Of another network
 * namespace it is always the file, which may be one that only a descriptor of ours leads to.
 *
 * resolv.conf is written in place, since it may be mounted by itself (containers) or a symbolic
 * link. Its first line then says who wrote it and where the former file is: beside it, so that both
 * outlive a reboot or neither does. That backup is locked while its writer lives. Where nothing can
 * be put beside it, as in a container with a read-only /etc, the former file is kept in itself, as
 * comments.
 *
 * resolvectl and resolvconf may take long, or hang. Where there is a loop they run beside it, one
 * after the other; each has a limit, and after one that fails the next way is tried.
 */
#ifndef SSTP_CLIENT_DNS_H
#define SSTP_CLIENT_DNS_H

#include "client/resolv_conf.h"
#include "client/state.h"
#include "proc/run_beside.h"
#include "util/log.h"

struct dns_way;

enum {
	DNS_SERVERS_MAX = 8,
	DNS_SETTLE_MS = 10 * 1000, /* nobody waits longer than this until servers are set */
};

enum dns_phase {
	DNS_IDLE, /* nothing is changed, or the next way is to be tried */
	DNS_SETTING,
	DNS_SET,
	DNS_REVERTING,
};

struct dns {
	const char *device;
	const char *resolv_conf;
	struct state *state; /* where what we do is written down */
	const struct log *log;
	bool is_only_file; /* no program is to be asked */
	int fd;            /* this open file, and not `resolv_conf`; -1: that one. The caller's */
	char *former;      /* what stood in it */
	struct loop *loop; /* NULL: programs are waited for */
	/* With a loop: servers are set or put back now, or it takes longer than anybody waits. */
	void (*settled)(struct dns *d);
	/* its own */
	enum dns_phase phase;
	const struct dns_way *way;  /* NULL: nothing is changed now */
	size_t next_way;            /* to be tried if this one fails */
	unsigned step;              /* of the way's programs, 0 first */
	bool is_stale;              /* what is set is to be put back */
	bool is_running, has_ended; /* a program; with this result */
	int result;
	bool may_fail;     /* and the way is good all the same */
	char running[256]; /* for the log */
	unsigned limit_ms; /* of each program */
	struct run_beside run;
	struct loop_timer patience; /* of whoever waits */
	struct ip_addr wanted[DNS_SERVERS_MAX];
	size_t wanted_count;
	char program[PATH_MAX];       /* resolvectl's or resolvconf's */
	enum resolv_conf_where where; /* the former resolv.conf is */
	char backup[PATH_MAX];        /* RESOLV_CONF_BESIDE: this file */
	int backup_fd;                /* locked; -1: none */
};

void dns_init(struct dns *d, const char *device, const char *resolv_conf, struct state *state,
	      const struct log *log);

/* Programs run beside this loop from now on; `settled` is set. SIGCHLD is one of its signals. */
void dns_use_loop(struct dns *d, struct loop *loop);

/* Asks these servers from now on; also called again with others. What fails is a warning. */
void dns_up(struct dns *d, const struct ip_addr *servers, size_t count);
/* Puts back what dns_up found. Does nothing when nothing was changed. */
void dns_down(struct dns *d);
/* Neither of them is under way. */
bool dns_is_settled(const struct dns *d);
/* Servers are set, or about to be. */
bool dns_is_up(const struct dns *d);
/* SIGCHLD has come. */
void dns_child(struct dns *d);
/* As dns_down, and waits for it: some seconds at most, whatever programs do. */
void dns_close(struct dns *d);

/* Takes back what a dead process gave to resolvconf under this name. */
void dns_recover_resolvconf(const char *key, const struct log *log);

#endif
