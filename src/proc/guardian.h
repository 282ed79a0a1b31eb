/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A small process beside a confined command (proc/confine.h). When our program is gone without having
 * ended the command (SIGKILL, the out-of-memory killer), it kills everything that is left in there.
 *
 * The kernel kills the command itself (PR_SET_PDEATHSIG), but not what the command has started. The
 * guardian finds that by its namespaces: the network that was made for the command, and all user
 * namespaces below the one that was made for it. So it is not in the command's way: the command has
 * the parent, the children, the process group and the session that it would have without it.
 */
#ifndef SSTP_PROC_GUARDIAN_H
#define SSTP_PROC_GUARDIAN_H

#include <stdbool.h>
#include <sys/types.h>

/* The user namespace outside. To be filled before the command's own is entered. */
struct guardian {
	dev_t device;
	ino_t inode;
};

void guardian_note_outside(struct guardian *g);

/*
 * Called in the child that becomes the command, inside its namespaces, and before it does. The other
 * end of the socket `alive` is held by our program alone: its end is what the guardian waits for.
 * Our program ends the guardian with the command's other descendants. 0 or -errno.
 */
int guardian_start(const struct guardian *g, int alive);

#endif
