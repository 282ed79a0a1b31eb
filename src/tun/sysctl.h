/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The kernel's own settings of a device, in /proc/sys of the network namespace that we are in. They are
 * the second lock on a door that tun/ingress.h shuts: where /proc/sys is read-only (most containers)
 * they stay as they are.
 */
#ifndef SSTP_TUN_SYSCTL_H
#define SSTP_TUN_SYSCTL_H

/*
 * The kernel takes no address, route or redirect from this link, forwards by no source route, and
 * makes no IPv6 address up. Before the device goes up.
 */
void sysctl_distrust_link(const char *device);

#endif
