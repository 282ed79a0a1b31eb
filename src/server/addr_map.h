/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Which session an inner address belongs to: a hash table from IP address to session, with a
 * look-up for each packet. Keys are whole addresses of both families.
 */
#ifndef SSTP_SERVER_ADDR_MAP_H
#define SSTP_SERVER_ADDR_MAP_H

#include <stdbool.h>

#include "util/ip.h"

struct addr_map;

int addr_map_open(struct addr_map **out); /* 0 or -ENOMEM */
void addr_map_close(struct addr_map *t);

/* False when the map has the address already, or there is no memory. */
bool addr_map_add(struct addr_map *t, const struct ip_addr *addr, void *owner);
void addr_map_remove(struct addr_map *t, const struct ip_addr *addr);
void *addr_map_find(const struct addr_map *t, const struct ip_addr *addr); /* NULL: not found */

#endif
