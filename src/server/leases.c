/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A list by age, with one hash table by address and another by user. */
#include "server/leases.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ppp/ppp.h"
#include "util/hash.h"
#include "util/ip.h"

enum { BUCKETS = 4096 };

struct lease {
	struct lease *older, *newer;
	struct lease *next_by_addr, *next_by_user;
	uint32_t addr;
	char user[];
};

struct leases {
	size_t count, max;
	void (*changed)(void *arg, uint32_t addr, bool has_lease);
	void *arg;
	struct lease *oldest, *newest;
	struct lease *by_addr[BUCKETS], *by_user[BUCKETS];
};

int leases_open(size_t max, void (*changed)(void *arg, uint32_t addr, bool has_lease), void *arg,
		struct leases **out)
{
	struct leases *l = calloc(1, sizeof(*l));

	if (!l)
		return -ENOMEM;
	l->max = max;
	l->changed = changed;
	l->arg = arg;
	*out = l;
	return 0;
}

void leases_close(struct leases *l)
{
	struct lease *next;

	for (struct lease *e = l ? l->oldest : NULL; e; e = next) {
		next = e->newer;
		free(e);
	}
	free(l);
}

/* The addresses of a pool are consecutive. */
static size_t addr_bucket(uint32_t addr)
{
	return addr % BUCKETS;
}

/* No hash key: the names come from the user file, so an attacker can't choose colliding ones. */
static size_t user_bucket(const char *user)
{
	uint32_t h = hash_bytes(0, user, strlen(user));

	return (h ^ h >> 16) % BUCKETS;
}

static struct lease *find(const struct leases *l, uint32_t addr)
{
	struct lease *e = l->by_addr[addr_bucket(addr)];

	while (e && e->addr != addr)
		e = e->next_by_addr;
	return e;
}

static void tell(const struct leases *l, uint32_t addr, bool has_lease)
{
	if (l->changed)
		l->changed(l->arg, addr, has_lease);
}

static void add(struct leases *l, struct lease *e)
{
	struct lease **by_addr = &l->by_addr[addr_bucket(e->addr)];
	struct lease **by_user = &l->by_user[user_bucket(e->user)];

	e->next_by_addr = *by_addr;
	*by_addr = e;
	e->next_by_user = *by_user; /* a user's newest lease comes first */
	*by_user = e;
	e->newer = NULL;
	e->older = l->newest;
	if (l->newest)
		l->newest->newer = e;
	else
		l->oldest = e;
	l->newest = e;
	l->count++;
	tell(l, e->addr, true);
}

static void remove_lease(struct leases *l, struct lease *e)
{
	struct lease **at = &l->by_addr[addr_bucket(e->addr)];

	while (*at != e)
		at = &(*at)->next_by_addr;
	*at = e->next_by_addr;
	at = &l->by_user[user_bucket(e->user)];
	while (*at != e)
		at = &(*at)->next_by_user;
	*at = e->next_by_user;
	if (e->older)
		e->older->newer = e->newer;
	else
		l->oldest = e->newer;
	if (e->newer)
		e->newer->older = e->older;
	else
		l->newest = e->older;
	l->count--;
	tell(l, e->addr, false);
	free(e);
}

void leases_drop(struct leases *l, uint32_t addr)
{
	struct lease *e = find(l, addr);

	if (e)
		remove_lease(l, e);
}

void leases_note(struct leases *l, uint32_t addr, const char *user)
{
	size_t size = strlen(user) + 1;
	struct lease *e = malloc(sizeof(*e) + size);

	leases_drop(l, addr);
	if (!e)
		return;
	e->addr = addr;
	memcpy(e->user, user, size);
	if (l->count >= l->max)
		remove_lease(l, l->oldest);
	add(l, e);
}

const char *leases_user(const struct leases *l, uint32_t addr)
{
	const struct lease *e = find(l, addr);

	return e ? e->user : NULL;
}

uint32_t leases_find(const struct leases *l, const char *user,
		     bool (*is_free)(void *arg, uint32_t addr), void *arg)
{
	for (const struct lease *e = l->by_user[user_bucket(user)]; e; e = e->next_by_user)
		if (!strcmp(e->user, user) && is_free(arg, e->addr))
			return e->addr;
	return 0;
}

/* "10.9.0.2 ann". False: malformed. */
static bool read_line(struct leases *l, const char *line, size_t len,
		      bool (*is_ours)(void *arg, uint32_t addr), void *arg)
{
	char text[PPP_NAME_MAX + 32], *user;
	struct ip_addr a;

	if (len >= sizeof(text))
		return false;
	memcpy(text, line, len);
	text[len] = '\0';
	user = strchr(text, ' ');
	if (!user || strlen(text) != len)
		return false;
	*user++ = '\0';
	if (!*user || !ip_parse(text, &a) || !ip_v4(&a))
		return false;
	if (is_ours(arg, ip_v4(&a)))
		leases_note(l, ip_v4(&a), user);
	return true;
}

size_t leases_read(struct leases *l, const char *text, size_t len,
		   bool (*is_ours)(void *arg, uint32_t addr), void *arg)
{
	size_t malformed = 0;

	while (len) {
		const char *end = memchr(text, '\n', len);
		size_t line = end ? (size_t)(end - text) : len;

		malformed += line && !read_line(l, text, line, is_ours, arg);
		line += end != NULL;
		text += line;
		len -= line;
	}
	return malformed;
}

char *leases_print(const struct leases *l, size_t *len)
{
	FILE *f;
	char *text = NULL;

	f = open_memstream(&text, len);
	if (!f)
		return NULL;
	for (const struct lease *e = l->oldest; e; e = e->newer)
		if (!strchr(e->user, '\n'))
			fprintf(f, "%s %s\n", ip_print_v4(e->addr).text, e->user);
	if (fclose(f)) {
		free(text);
		return NULL;
	}
	return text;
}
