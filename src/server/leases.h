/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Which user had which address of the pool, so that who comes back gets it again: connections inside
 * the tunnel go on, and other hosts' rules keep their sense. An address has one lease, a user may
 * have several (devices). When there are too many the one unused for the longest goes.
 *
 * As text it is a line a lease, "10.9.0.2 ann", the oldest first. No lock: the owner has one.
 */
#ifndef SSTP_SERVER_LEASES_H
#define SSTP_SERVER_LEASES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct leases;

enum {
	LEASES_MAX = 65536,
	LEASES_FILE_MAX = LEASES_MAX * 280, /* bytes of text */
};

/* `changed` is told of each address that gets a lease or loses it; NULL is fine. 0 or -ENOMEM. */
int leases_open(size_t max, void (*changed)(void *arg, uint32_t addr, bool has_lease), void *arg,
		struct leases **out);
void leases_close(struct leases *l); /* NULL is fine */

/* The user has the address now. Without memory nothing is remembered. */
void leases_note(struct leases *l, uint32_t addr, const char *user);
void leases_drop(struct leases *l, uint32_t addr);
const char *leases_user(const struct leases *l, uint32_t addr); /* NULL: nobody's */
/* The user's address that was used last, of those that `is_free` says yes to; 0: none. */
uint32_t leases_find(const struct leases *l, const char *user,
		     bool (*is_free)(void *arg, uint32_t addr), void *arg);

/* What is no lease is passed over; `is_ours` says which addresses may be. */
void leases_read(struct leases *l, const char *text, size_t len,
		 bool (*is_ours)(void *arg, uint32_t addr), void *arg);
/* The caller's, to be freed; NULL: no memory. */
char *leases_print(const struct leases *l, size_t *len);

#endif
