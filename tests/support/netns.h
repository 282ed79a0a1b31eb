/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A network namespace for a test program: nothing of the machine's network is seen or touched. */
#ifndef SSTP_TESTS_SUPPORT_NETNS_H
#define SSTP_TESTS_SUPPORT_NETNS_H

#include <stdbool.h>

/*
 * Moves this process into a user and a network namespace of its own, as root there, with the
 * loopback device up. Any user may, unless the kernel forbids it: then false, and nothing changed.
 */
bool netns_enter(void);

/* A TUN device there, down; its descriptor (closing it removes the device), or -1. */
int netns_tun(const char *name);

#endif
