/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The kernel's settings of a device, in /proc/sys of our network namespace. They repeat what
 * tun/ingress.h enforces: where /proc/sys is read-only (most containers) they stay unchanged.
 */
#ifndef SSTP_TUN_SYSCTL_H
#define SSTP_TUN_SYSCTL_H

/*
 * Makes the kernel accept no address, route or redirect from this link, forward no source-routed packet,
 * and generate no IPv6 address. Call it before the device goes up.
 */
void sysctl_distrust_link(const char *device);

#endif
