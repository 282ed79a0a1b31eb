/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The file of --filters: the filters that RADIUS (Filter-Id) and the user file name. Each line is
 * a rule after the name of its filter; '#' begins a comment:
 *
 *	staff permit 10.0.0.0/8
 *	guest permit 10.0.0.53 udp 53
 *	guest deny   10.0.0.0/8
 *	guest permit any tcp 80
 *
 * A set of filters does not change; SIGHUP replaces it by another while workers use the former one,
 * which its last holder frees.
 */
#ifndef SSTP_SERVER_FILTERS_H
#define SSTP_SERVER_FILTERS_H

#include <pthread.h>

#include "server/filter.h"
#include "util/error.h"

struct filters; /* a set */

int filters_load(const char *file, struct filters **out, struct error *err); /* 0 or -errno */
/* The same of a text; `file` is for the error. */
int filters_parse(const char *file, struct bytes text, struct filters **out, struct error *err);
void filters_release(struct filters *f); /* NULL is fine */
size_t filters_count(const struct filters *f);

bool filters_have(const struct filters *f, const char *name); /* NULL: there are none */

/* The set that is in force. */
struct filter_store {
	pthread_mutex_t lock;
	struct filters *now; /* NULL: there is no file */
};

/* A filter that somebody uses: both are NULL, or the set is held. */
struct filter_use {
	struct filters *of;
	const struct filter *filter;
};

void filter_store_open(struct filter_store *s, struct filters *filters);
void filter_store_replace(struct filter_store *s, struct filters *filters);
void filter_store_close(struct filter_store *s);
/* Changes *use to the filter of this name in the present set. False, with *use unchanged: none. */
bool filter_store_use(struct filter_store *s, const char *name, struct filter_use *use);
void filter_use_end(struct filter_use *use);
bool filter_store_has(struct filter_store *s, const char *name);

#endif
