/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The interface between dns.c and the methods of setting DNS servers. */
#ifndef SSTP_CLIENT_DNS_METHOD_H
#define SSTP_CLIENT_DNS_METHOD_H

#include <limits.h>
#include <stdbool.h>

#include "client/dns.h"

enum {
	DNS_PROGRAM_LIMIT_MS = 5 * 1000,
	DNS_SERVERS_TEXT_MAX = 1024, /* length of dns_print_servers' text */
	/* length of dns_print_search's text: both kinds of domains, each with a blank */
	DNS_SEARCH_TEXT_MAX = 16 + 2 * DNS_NAMES_MAX * 256,
	DNS_STEP_RUNS = 1,
};

/*
 * `up` is called once for each step, `down` once. They return 0, or DNS_STEP_RUNS (a program was
 * started; dns.c waits for its end), or -errno, logged.
 */
struct dns_method {
	const char *name;
	bool (*fits)(struct dns *d);
	int (*up)(struct dns *d, unsigned step);
	int (*down)(struct dns *d);
};

extern const struct dns_method dns_method_fd, dns_method_resolved, dns_method_resolvconf,
	dns_method_file;

/* ---- dns.c */

/* dns_file.c: whether resolv.conf is the one that we have written. */
bool dns_file_is_ours(const struct dns *d);

/* Writes "nameserver" lines, as in resolv.conf and in resolvconf's input. */
size_t dns_print_servers(const struct dns *d, char *to, size_t room);

/* ---- dns_resolved.c */

/*
 * Writes the "search" line, without a line end, or nothing if there is no domain for it.
 * `with_domains`: --dns-domain's too.
 */
size_t dns_print_search(const struct dns *d, bool with_domains, char *to, size_t room);
/*
 * Whether resolv.conf, or the file that it links to, belongs to systemd-resolved. Its path is
 * stored in `real`.
 */
bool dns_is_of_resolved(const struct dns *d, char real[PATH_MAX]);

/* ---- dns_program.c */

/*
 * Starts the program of a step and returns DNS_STEP_RUNS. Without a loop the program has ended on
 * return.
 */
int dns_run(struct dns *d, const char *const *argv, const char *input);
/*
 * Logs a program's failure. Returns 0 or -errno; -EPROTO if it exited with another status than 0.
 */
int dns_check_program(const struct log *log, const char *program, int result);

/* ---- dns_resolvconf.c */

/*
 * Records in the state file that resolvconf has an entry `key`; "": none. Called before the entry
 * is added and after it is removed.
 */
void dns_note_resolvconf(struct dns *d, const char *key);

#endif
