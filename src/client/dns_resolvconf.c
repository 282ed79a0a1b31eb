/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Sets DNS servers with resolvconf (Debian's or openresolv). */
#include <stdio.h>

#include "client/dns_method.h"

void dns_note_resolvconf(struct dns *d, const char *key)
{
	snprintf(d->state->facts.resolvconf, sizeof(d->state->facts.resolvconf), "%s", key);
	state_save(d->state);
}

static bool fits_resolvconf(struct dns *d)
{
	return !d->is_only_file && run_find("resolvconf", d->program);
}

static int up_resolvconf(struct dns *d, unsigned step)
{
	char key[32], lines[DNS_SERVERS_TEXT_MAX];
	const char *const add[] = { d->program, "-a", key, NULL };

	if (step)
		return 0;
	snprintf(key, sizeof(key), "%.20s.sstp", d->device);
	dns_print_servers(d, lines, sizeof(lines));
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
