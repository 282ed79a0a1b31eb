/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Network and mount namespaces of its own for a process, and where an ordinary user asks, a user
 * namespace that lets it have them. Called in a child of ours that is to be confined; nothing
 * changes for anybody else.
 */
#ifndef SSTP_PROC_CONFINE_H
#define SSTP_PROC_CONFINE_H

#include <stdbool.h>
#include <sys/types.h>

#include "util/log.h"

/*
 * Enters them, with the loopback device up. The user stays who it is, or becomes root in there.
 * 0 or -errno, logged with what would have to be set.
 */
int confine_enter(bool map_root, const struct log *log);

/*
 * Hides the programs that look names up for others and would do it outside, and puts an empty file
 * in the place of /etc/resolv.conf. Its descriptor, open for reading and writing, or -errno,
 * logged; -ENOENT, not logged, when there is no such file that ours could take the place of.
 */
int confine_names(const struct log *log);

/*
 * From outside: what has been put in the place of a file is there only as long as that file is. A
 * program outside that moves another resolv.conf over it, as DHCP clients do, uncovers that one.
 */
struct confined_names {
	int user_fd, mnt_fd; /* the namespaces of the confined process */
	int mounts_fd;       /* tells by EPOLLPRI that something was mounted or unmounted there */
};

/* False: that can't be had, and what is uncovered stays so. */
bool confined_names_open(struct confined_names *n, pid_t pid);
void confined_names_close(struct confined_names *n);

/*
 * Is /etc/resolv.conf in there still the file that `fd` is? If not, a new one takes its place, with
 * the same content, and that is what the descriptor `fd` is from now on. 0 or -errno.
 */
int confined_names_renew(const struct confined_names *n, int fd);

#endif
