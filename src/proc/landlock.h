/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Landlock (landlock(7), since Linux 5.13): the process gives up all rights to files, to TCP ports and to
 * processes outside but those that are listed. Needs no privilege. It holds for the calling thread and for
 * what that starts later.
 */
#ifndef SSTP_PROC_LANDLOCK_H
#define SSTP_PROC_LANDLOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct landlock_path {
	const char *
		path; /* a file, or a folder with all that is in it; one that does not exist is ignored */
	bool is_writable; /* files may be written, made, renamed and removed there */
	/* Only for a process that is not root: for a folder with files that root alone may read. */
	bool not_for_root;
};

struct landlock_cfg {
	const struct landlock_path *paths;
	size_t path_count;
	/* TCP: the ports to connect to; NULL: all. No port may be bound, unless `binds_tcp`. */
	const uint16_t *ports;
	size_t port_count;
	bool binds_tcp;
};

/* What a version of the kernel's interface has. */
enum {
	LANDLOCK_FILES = 1,
	LANDLOCK_TCP = 4,
	LANDLOCK_SCOPES = 6, /* signals and abstract Unix sockets */
};

/* The version, at least 1, or -errno: -ENOSYS or -EOPNOTSUPP where the kernel has none. */
int landlock_version(void);

/*
 * Opens the paths, with the rights that the caller has now. Returns a descriptor for landlock_enter, or
 * -errno.
 */
int landlock_prepare(const struct landlock_cfg *cfg, int version);

/* After the change of the user: adds the paths that are not for root. 0 or -errno. */
int landlock_prepare_user(const struct landlock_cfg *cfg, int version, int fd);

/* Needs no_new_privs. Closes the descriptor. 0 or -errno. */
int landlock_enter(int fd);

#endif
