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
 */
#ifndef SSTP_CLIENT_DNS_H
#define SSTP_CLIENT_DNS_H

#include "client/state.h"
#include "util/log.h"

struct dns_way;

struct dns {
	const char *device;
	const char *resolv_conf;
	struct state *state; /* where what we do is written down */
	const struct log *log;
	bool is_only_file; /* no program is to be asked */
	int fd;            /* this open file, and not `resolv_conf`; -1: that one. The caller's */
	char *former;      /* what stood in it */
	const struct dns_way *way; /* NULL: nothing is changed now */
	char program[PATH_MAX];    /* resolvectl's or resolvconf's */
	char backup[PATH_MAX];     /* where the former resolv.conf is */
	int backup_fd;             /* locked; -1: none */
};

void dns_init(struct dns *d, const char *device, const char *resolv_conf, struct state *state,
	      const struct log *log);

/* Asks these servers from now on; also called again with others. What fails is a warning. */
void dns_up(struct dns *d, const struct ip_addr *servers, size_t count);
/* Puts back what dns_up found. Does nothing when nothing was changed. */
void dns_down(struct dns *d);

/*
 * If the writer of this resolv.conf is dead, puts the former file back. -EBUSY when it lives,
 * 0 when it is nobody's of us (now), else -errno.
 */
int dns_recover_file(const char *resolv_conf, const struct log *log);
/* Takes back what a dead process gave to resolvconf under this name. */
void dns_recover_resolvconf(const char *key, const struct log *log);

#endif
