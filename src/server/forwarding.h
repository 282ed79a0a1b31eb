/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Whether the kernel forwards packets in the calling thread's network namespace, by /proc/sys. */
#ifndef SSTP_SERVER_FORWARDING_H
#define SSTP_SERVER_FORWARDING_H

#include <stdbool.h>
#include <sys/socket.h>

bool forwarding_is_off(sa_family_t family);
/*
 * Turns it on if it is off, and leaves it on. With IPv6 it keeps the addresses and routes that this
 * host has by Router Advertisements, which a router ignores otherwise. 0 or -errno, logged.
 */
int forwarding_turn_on(sa_family_t family);

#endif
