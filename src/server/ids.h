/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Which session has an id: a hash table of one worker's sessions. Ids are assigned by a counter, so
 * they spread evenly over the chains without a hash. An entry is embedded in its owner; adding one
 * can't fail: without memory for more chains the chains only get longer.
 */
#ifndef SSTP_SERVER_IDS_H
#define SSTP_SERVER_IDS_H

#include <stddef.h>
#include <stdint.h>

struct id_entry {
	uint64_t id;
	struct id_entry *next; /* private to the table */
};

struct ids;

int ids_open(struct ids **out); /* 0 or -ENOMEM */
void ids_close(struct ids *t);  /* NULL is fine */

void ids_add(struct ids *t, struct id_entry *e); /* e->id is set and unique */
void ids_remove(struct ids *t, struct id_entry *e);
struct id_entry *ids_find(const struct ids *t, uint64_t id); /* NULL: not found */
size_t ids_count(const struct ids *t);

#endif
