/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The lines of resolv.conf that name servers. */
#ifndef SSTP_DNS_RESOLV_LINE_H
#define SSTP_DNS_RESOLV_LINE_H

#include <stdbool.h>

#include "util/ip.h"

enum { RESOLV_LINE_DEVICE_SIZE = 32 }; /* of a network device's name */

/*
 * Parses a line "nameserver ADDRESS" or "nameserver ADDRESS%DEVICE", as the C library reads it. False:
 * another line. Without a device `device` is empty.
 */
bool resolv_line_server(const char *line, struct ip_addr *a, char device[RESOLV_LINE_DEVICE_SIZE]);

#endif
