/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The kernel's settings of a device, in /proc/sys of our network namespace. They repeat what
 * tun/ingress.h enforces: where /proc/sys is read-only (most containers) they stay unchanged.
 */
#ifndef SSTP_TUN_SYSCTL_H
#define SSTP_TUN_SYSCTL_H

/* One character to a file of /proc/sys. 0 or -errno. */
int sysctl_write(const char *path, char value);

/*
 * Makes the kernel accept no address, route or redirect from this link, forward no source-routed packet,
 * and generate no IPv6 address. Call it before the device goes up.
 */
void sysctl_distrust_link(const char *device);

#endif
