/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Which user had which address of the pool, so that a user who returns gets it again: connections
 * inside the tunnel continue, and firewall rules on other hosts stay valid. An address has one
 * lease; a user may have several (devices). When there are too many, the one unused for the longest
 * time is removed.
 *
 * The text form has one line for each lease, "10.9.0.2 ann", the oldest first. No lock: the owner
 * has one.
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

/* `changed` is called for each address that gets or loses a lease; NULL is fine. 0 or -ENOMEM. */
int leases_open(size_t max, void (*changed)(void *arg, uint32_t addr, bool has_lease), void *arg,
		struct leases **out);
void leases_close(struct leases *l); /* NULL is fine */

/* Records that the user has the address now. Without memory nothing is recorded. */
void leases_note(struct leases *l, uint32_t addr, const char *user);
void leases_drop(struct leases *l, uint32_t addr);
const char *leases_user(const struct leases *l, uint32_t addr); /* NULL: no lease */
/* The user's most recently used address for which `is_free` returns true; 0: none. */
uint32_t leases_find(const struct leases *l, const char *user,
		     bool (*is_free)(void *arg, uint32_t addr), void *arg);

/*
 * Skips lines that are no lease, and returns how many they are; `is_ours` says which addresses may
 * have one.
 */
size_t leases_read(struct leases *l, const char *text, size_t len,
		   bool (*is_ours)(void *arg, uint32_t addr), void *arg);
/* The caller frees the text; NULL: no memory. */
char *leases_print(const struct leases *l, size_t *len);

#endif
