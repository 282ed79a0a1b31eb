/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The index of a network device; 0: there is none of that name. if_nametoindex asks through a Unix socket, which
 * the sandbox refuses.
 */
#ifndef SSTP_UTIL_DEVICE_INDEX_H
#define SSTP_UTIL_DEVICE_INDEX_H

unsigned device_index(const char *name);            /* in our network namespace */
unsigned device_index_at(int fd, const char *name); /* in that of a socket */

#endif
