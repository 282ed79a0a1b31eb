/* SPDX-License-Identifier: GPL-3.0-or-later */
/* DNS servers by other programs: resolvectl and resolvconf. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/dns_way.h"

void dns_note_resolvconf(struct dns *d, const char *key)
{
	snprintf(d->state->facts.resolvconf, sizeof(d->state->facts.resolvconf), "%s", key);
	state_save(d->state);
}

/* Its result, 0 or -errno, or -EPROTO when it was not content; logged. */
int dns_judge_program(const struct log *log, const char *program, int result)
{
	if (result == -ETIMEDOUT)
		log_warn(log, "DNS: %s took too long and was ended", program);
	else if (result > 0)
		log_warn(log, "DNS: %s ended with status %d", program, result);
	else if (result < 0)
		log_warn(log, "DNS: %s: %s", program, strerror(-result));
	return result > 0 ? -EPROTO : result;
}

/* Returns DNS_STEP_RUNS; where there is no loop it has ended by then. */
static int run(struct dns *d, const char *const *argv, const char *input)
{
	struct run r = { .argv = argv, .input = input, .limit_ms = d->limit_ms };
	int error = 0;

	snprintf(d->running, sizeof(d->running), "%.200s %s", argv[0], argv[1]);
	d->is_running = true;
	d->has_ended = !d->loop;
	if (d->loop)
		error = run_beside_start(&d->run, &r);
	else
		d->result = dns_judge_program(d->log, d->running, run_program(&r));
	if (error) {
		d->has_ended = true;
		d->result = dns_judge_program(d->log, d->running, error);
	}
	return DNS_STEP_RUNS;
}

/* ---- systemd-resolved. It forgets a device's servers when the device goes: nothing to recover. */

bool dns_is_resolveds(const struct dns *d, char real[PATH_MAX])
{
	static const char resolveds[] = "/run/systemd/resolve/";

	return realpath(d->resolv_conf, real) && !strncmp(real, resolveds, sizeof(resolveds) - 1);
}

static bool fits_resolved(struct dns *d)
{
	char real[PATH_MAX];

	return !d->is_only_file && dns_is_resolveds(d, real) && run_find("resolvectl", d->program);
}

static int give_resolved_servers(struct dns *d)
{
	struct ip_text text[DNS_SERVERS_MAX];
	const char *argv[3 + DNS_SERVERS_MAX + 1] = { d->program, "dns", d->device };

	for (size_t i = 0; i < d->wanted_count; i++) {
		text[i] = ip_print(&d->wanted[i]);
		argv[3 + i] = text[i].text;
	}
	return run(d, argv, NULL);
}

static int up_resolved(struct dns *d, unsigned step)
{
	/* "~.": every name is asked there, not only those of the device's own domains */
	const char *const domain[] = { d->program, "domain", d->device, "~.", NULL };
	const char *const route[] = { d->program, "default-route", d->device, "yes", NULL };

	switch (step) {
	case 0:
		return give_resolved_servers(d);
	case 1:
		return run(d, domain, NULL);
	case 2:
		d->may_fail = true; /* since systemd 240, and implied by the domain */
		return run(d, route, NULL);
	default:
		return 0;
	}
}

static int down_resolved(struct dns *d)
{
	const char *const revert[] = { d->program, "revert", d->device, NULL };

	return run(d, revert, NULL);
}

/* ---- resolvconf */

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
	return run(d, add, lines);
}

static int down_resolvconf(struct dns *d)
{
	const char *const take[] = { d->program, "-d", d->state->facts.resolvconf, NULL };

	return run(d, take, NULL);
}

void dns_recover_resolvconf(const char *key, const struct log *log)
{
	char program[PATH_MAX];
	const char *const take[] = { program, "-d", key, NULL };
	const struct run r = { .argv = take, .limit_ms = DNS_PROGRAM_LIMIT_MS };

	if (run_find("resolvconf", program) &&
	    !dns_judge_program(log, "resolvconf -d", run_program(&r)))
		log_info(log, "a former sstp died: resolvconf forgets its %s", key);
}

const struct dns_way dns_way_resolved = { "resolvectl", fits_resolved, up_resolved, down_resolved };
const struct dns_way dns_way_resolvconf = { "resolvconf", fits_resolvconf, up_resolvconf,
					    down_resolvconf };
