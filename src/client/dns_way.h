/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What dns.c and its ways share: one way to set DNS servers. */
#ifndef SSTP_CLIENT_DNS_WAY_H
#define SSTP_CLIENT_DNS_WAY_H

#include <limits.h>
#include <stdbool.h>

#include "client/dns.h"

enum {
	DNS_PROGRAM_LIMIT_MS = 5 * 1000,
	DNS_SERVERS_TEXT_MAX = 1024, /* of dns_print_servers */
	DNS_STEP_RUNS = 1,
};

/*
 * `up` is called for one step after the other, `down` once: 0, or DNS_STEP_RUNS (a program was started,
 * and its end is waited for), or -errno, logged.
 */
struct dns_way {
	const char *name;
	bool (*fits)(struct dns *d);
	int (*up)(struct dns *d, unsigned step);
	int (*down)(struct dns *d);
};

extern const struct dns_way dns_way_fd, dns_way_resolved, dns_way_resolvconf, dns_way_file;

/* "nameserver" lines, as resolv.conf and resolvconf's input have them. */
size_t dns_print_servers(const struct dns *d, char *to, size_t room);
/* Is resolv.conf, or what it links to, a file of systemd-resolved's? Its path is put into `real`. */
bool dns_is_resolveds(const struct dns *d, char real[PATH_MAX]);
/* Starts a program for a step: DNS_STEP_RUNS. Where there is no loop it has ended by then. */
int dns_run(struct dns *d, const char *const *argv, const char *input);
/* A program's result: 0 or -errno, -EPROTO when it exited with another status; logged. */
int dns_judge_program(const struct log *log, const char *program, int result);
/* Before and after what a crash must not leave behind; "": nothing. */
void dns_note_resolvconf(struct dns *d, const char *key);

#endif
