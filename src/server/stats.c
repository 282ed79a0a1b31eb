/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Adds counters. */
#include "server/stats.h"

enum { REASONS = sizeof(((struct stats *)NULL)->ended) / sizeof(uint64_t) };

void stats_add(struct stats *to, const struct stats *from)
{
	to->connections += from->connections;
	to->logins += from->logins;
	to->refusals += from->refusals;
	for (size_t m = 0; m < PPP_AUTH_COUNT; m++)
		for (size_t r = 0; r < LOGIN_RESULTS; r++)
			to->logins_by[m][r] += from->logins_by[m][r];
	to->tls_ok += from->tls_ok;
	to->tls_failed += from->tls_failed;
	to->tls_resumed += from->tls_resumed;
	to->not_sstp += from->not_sstp;
	to->passed_on += from->passed_on;
	histogram_join(&to->login_time, &from->login_time);
	histogram_join(&to->turn_time, &from->turn_time);
	for (size_t i = 0; i < REASONS; i++)
		to->ended[i] += from->ended[i];
	tunnel_stats_add(&to->traffic, &from->traffic);
	drops_add(&to->drops, &from->drops);
	to->open += from->open;
	to->half_open += from->half_open;
}

uint64_t stats_ended(const struct stats *s)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < REASONS; i++)
		sum += s->ended[i];
	return sum;
}
