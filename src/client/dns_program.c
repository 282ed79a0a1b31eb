/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Runs a program for resolvectl and resolvconf, in the background if there is a loop. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "client/dns_method.h"

int dns_check_program(const struct log *log, const char *program, int result)
{
	if (result == -ETIMEDOUT)
		log_warn(log, "DNS: %s took too long and was ended", program);
	else if (result > 0)
		log_warn(log, "DNS: %s ended with status %d", program, result);
	else if (result < 0)
		log_warn(log, "DNS: %s: %s", program, strerror(-result));
	return result > 0 ? -EPROTO : result;
}

int dns_run(struct dns *d, const char *const *argv, const char *input)
{
	struct run r = { .argv = argv, .input = input, .limit_ms = d->limit_ms };
	int error = 0;

	snprintf(d->running, sizeof(d->running), "%.200s %s", argv[0], argv[1]);
	d->is_running = true;
	d->has_ended = !d->loop;
	if (d->loop)
		error = run_beside_start(&d->run, &r);
	else
		d->result = dns_check_program(d->log, d->running, run_program(&r));
	if (error) {
		d->has_ended = true;
		d->result = dns_check_program(d->log, d->running, error);
	}
	return DNS_STEP_RUNS;
}
