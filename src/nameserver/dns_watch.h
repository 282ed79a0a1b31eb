/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Notices when another program writes, replaces or removes resolv.conf, or the file it links to. */
#ifndef SSTP_NAMESERVER_DNS_WATCH_H
#define SSTP_NAMESERVER_DNS_WATCH_H

#include <limits.h>

#include "net/loop.h"

enum { DNS_WATCH_SETTLE_MS = 300 }; /* programs write and rename in several steps */

struct dns_watch {
	struct loop *loop;
	const char *path;
	void (*changed)(struct dns_watch *w); /* perhaps by ourselves, or not at all */
	/* private */
	struct loop_watch inotify;
	struct loop_timer settle;
	char real[PATH_MAX];
	bool is_open;
};

/* Set the first three before. 0 or -errno. */
int dns_watch_open(struct dns_watch *w);
void dns_watch_close(struct dns_watch *w); /* also if it is not open */

#endif
