/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Own network and mount namespaces for a process, and for an ordinary user a user namespace that
 * permits them. Called in the child that is to be confined; nothing changes for other processes.
 */
#ifndef SSTP_PROC_CONFINE_H
#define SSTP_PROC_CONFINE_H

#include <stdbool.h>
#include <sys/types.h>

#include "util/log.h"

/*
 * Enters new namespaces, with the loopback device up. The user stays the same, or becomes root inside.
 * 0 or -errno, logged with advice.
 */
int confine_enter(bool map_root, const struct log *log);

/*
 * Hides the sockets of programs that would look names up outside, and mounts an empty file over
 * /etc/resolv.conf. Returns the file's descriptor, open for reading and writing, or -errno, logged;
 * -ENOENT, not logged, when there is no file that could be replaced.
 */
int confine_names(const struct log *log);

/*
 * A file mounted over another stays only as long as the other exists. If a program outside renames a new
 * resolv.conf over it, as DHCP clients do, the new one is visible inside.
 */
struct confined_names {
	int user_fd, mnt_fd; /* the namespaces of the confined process */
	int mounts_fd;       /* EPOLLPRI: something was mounted or unmounted there */
};

/*
 * Called in the confined process, which passes the descriptors on: from outside, /proc may show other
 * processes than ours (unshare --pid), and needs CAP_SYS_PTRACE. False: resolv.conf can't be watched, so a
 * new one stays visible.
 */
bool confined_names_open(struct confined_names *n);
void confined_names_close(struct confined_names *n);

/*
 * Called outside: if /etc/resolv.conf inside is not the file `fd` any more, mounts a new file over it, with the same
 * content, and makes `fd` refer to that. 0 or -errno.
 */
int confined_names_renew(const struct confined_names *n, int fd);

#endif
