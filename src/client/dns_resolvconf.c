/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Sets DNS servers with resolvconf (Debian's or openresolv).
 *
 * Split DNS is possible only where openresolv configures a local DNS server, which then sends the
 * names of a "private" entry's domains to the servers of this entry alone. Elsewhere resolvconf only
 * writes resolv.conf, and dns_file.c does the split.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/dns_method.h"
#include "util/file.h"

enum { INPUT_MAX = 4000, CONF_MAX = 64 * 1024 };

void dns_note_resolvconf(struct dns *d, const char *key)
{
	snprintf(d->state->facts.resolvconf, sizeof(d->state->facts.resolvconf), "%s", key);
	state_save(d->state);
}

/* Whether this line of openresolv's configuration has a local DNS server's file written. */
static bool is_local_server(const char *line)
{
	static const char *const files[] = { "dnsmasq_conf=",  "unbound_conf=", "named_zones=",
					     "named_options=", "pdnsd_conf=",   "pdns_zones=" };

	line += strspn(line, " \t");
	for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++) {
		size_t len = strlen(files[i]);

		if (!strncmp(line, files[i], len))
			return line[len + strspn(line + len, "\"'")] == '/';
	}
	return false;
}

static bool names_server(const char *line)
{
	static const char servers[] = "name_servers=";

	line += strspn(line, " \t");
	return !strncmp(line, servers, sizeof(servers) - 1) &&
	       strpbrk(line + sizeof(servers) - 1, "0123456789");
}

/* Programs use the local server only if resolv.conf names it: name_servers= has its address. */
static bool has_local_server(void)
{
	bool is_configured = false, is_used = false;
	char *text, *line, *rest;
	size_t len;

	if (file_read("/etc/resolvconf.conf", CONF_MAX, &text, &len) || !text)
		return false;
	rest = text;
	while ((line = strsep(&rest, "\n"))) {
		is_configured = is_configured || is_local_server(line);
		is_used = is_used || names_server(line);
	}
	file_free(text, len);
	return is_configured && is_used;
}

static bool fits_resolvconf(struct dns *d)
{
	return !d->is_only_file && run_find("resolvconf", d->program) &&
	       (!d->names.domain_count || has_local_server());
}

/*
 * Debian's resolvconf sorts its entries by their names: those of tun* come before those of other
 * devices.
 */
static void name_entry(const struct dns *d, char key[32])
{
	bool is_sorted = access("/etc/resolvconf/interface-order", F_OK) == 0;

	snprintf(key, 32, "%s%.20s.sstp", is_sorted ? "tun." : "", d->device);
}

/*
 * -x: use no other servers; -p: use these servers only for these domains. Debian's resolvconf ignores
 * both, and the metric.
 */
static int up_resolvconf(struct dns *d, unsigned step)
{
	char key[32], lines[INPUT_MAX];
	bool is_split = d->names.domain_count > 0;
	const char *const add[] = {
		d->program, "-a", key, "-m", "0", is_split ? "-p" : "-x", NULL
	};
	size_t n;

	if (step)
		return 0;
	name_entry(d, key);
	n = dns_print_servers(d, lines, sizeof(lines));
	n += dns_print_search(d, is_split, lines + n, sizeof(lines) - n - 1);
	if (n && lines[n - 1] != '\n')
		snprintf(lines + n, sizeof(lines) - n, "\n");
	dns_note_resolvconf(d, key);
	return dns_run(d, add, lines);
}

static int down_resolvconf(struct dns *d)
{
	const char *const take[] = { d->program, "-d", d->state->facts.resolvconf, NULL };

	return dns_run(d, take, NULL);
}

void dns_recover_resolvconf(const char *key, const struct log *log)
{
	char program[PATH_MAX];
	const char *const take[] = { program, "-d", key, NULL };
	const struct run r = { .argv = take, .limit_ms = DNS_PROGRAM_LIMIT_MS };

	if (run_find("resolvconf", program) &&
	    !dns_check_program(log, "resolvconf -d", run_program(&r)))
		log_info(log, "removed %s from resolvconf, left by an sstp that crashed", key);
}

const struct dns_method dns_method_resolvconf = { "resolvconf", fits_resolvconf, up_resolvconf,
						  down_resolvconf };
