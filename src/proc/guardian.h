/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A small helper process for a confined command (proc/confine.h). When our program has died without
 * ending the command (SIGKILL, the out-of-memory killer), it kills all processes left inside.
 *
 * The kernel kills the command itself (PR_SET_PDEATHSIG), but not what the command has started. The
 * guardian finds those by their namespaces: the network namespace that was made for the command, and all
 * user namespaces below the one that was made for it. So the command has the same parent, children,
 * process group and session as without a guardian.
 */
#ifndef SSTP_PROC_GUARDIAN_H
#define SSTP_PROC_GUARDIAN_H

#include <stdbool.h>
#include <sys/types.h>

/* The user namespace outside. Fill it before the command's own is entered. */
struct guardian {
	dev_t device;
	ino_t inode;
};

void guardian_note_outside(struct guardian *g);

/*
 * Called in the child that becomes the command, inside its namespaces, before exec. Only our program
 * holds the other end of the socket `alive`: the guardian waits until that is closed.
 * Our program ends the guardian with the command's other descendants. 0 or -errno.
 */
int guardian_start(const struct guardian *g, int alive);

#endif
