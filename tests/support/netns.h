/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A network namespace for a test program: the machine's network is not visible or changed. */
#ifndef SSTP_TESTS_SUPPORT_NETNS_H
#define SSTP_TESTS_SUPPORT_NETNS_H

#include <stdbool.h>

/*
 * Moves this process into its own user and network namespaces, as root there, with the loopback
 * device up. No privilege is needed, unless the kernel forbids it: then returns false, and nothing
 * is changed.
 */
bool netns_enter(void);

/*
 * Creates a TUN device there, down. Returns its descriptor (closing it removes the device), or -1.
 */
int netns_tun(const char *name);

#endif
