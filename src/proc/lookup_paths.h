/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The files that the C library reads to look up names, for a sandbox. musl reads resolv.conf, hosts and services at
 * each look-up; glibc reads more, and loads the libraries that nsswitch.conf names. The kernel's rules are about a
 * file, not its name: when a DHCP client replaces resolv.conf by another file, only a rule for its folder still fits.
 * So if resolv.conf is a link, the paths include the folders that the link leads to and that belong to root.
 */
#ifndef SSTP_PROC_LOOKUP_PATHS_H
#define SSTP_PROC_LOOKUP_PATHS_H

#include "proc/landlock.h"

struct landlock_cfg lookup_paths(void); /* valid until it is called again */

#endif
