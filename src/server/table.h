/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Which session an inner address belongs to: a hash table from IP address to session, looked into for
 * each packet. Keys are whole addresses of both families.
 */
#ifndef SSTP_SERVER_TABLE_H
#define SSTP_SERVER_TABLE_H

#include <stdbool.h>

#include "util/ip.h"

struct table;

int table_open(struct table **out); /* 0 or -ENOMEM */
void table_close(struct table *t);

/* False when the address is there already, or there is no memory. */
bool table_add(struct table *t, const struct ip_addr *addr, void *owner);
void table_remove(struct table *t, const struct ip_addr *addr);
void *table_find(const struct table *t, const struct ip_addr *addr); /* NULL: nobody's */

#endif
