/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Counters are compared at intervals, so the packet path does nothing for a limit. */
#include "server/limits.h"

/* Spread by a tenth, so that sessions that began together do not report together. */
static uint64_t jittered(const struct limits *l)
{
	return l->interim_ms - l->interim_ms / 20 +
	       (l->started_ms * 7919) % (l->interim_ms / 10 + 1);
}

static bool has_quota(const struct limits *l)
{
	return l->quota_up || l->quota_down || l->quota;
}

static uint64_t look_interval(const struct limits *l)
{
	uint64_t idle_ms = (uint64_t)l->idle_s * 1000 / LIMITS_IDLE_LOOKS;

	if (has_quota(l))
		return LIMITS_LOOK_MS;
	return idle_ms > LIMITS_IDLE_LOOK_MS ? idle_ms : LIMITS_IDLE_LOOK_MS;
}

static void set(struct limits *l, const struct auth_grant *grant, uint32_t interim_s,
		uint64_t now_ms)
{
	l->session_s = grant->session_s;
	l->idle_s = grant->idle_s;
	l->quota_up = grant->quota_up;
	l->quota_down = grant->quota_down;
	l->quota = grant->quota;
	l->interim_ms = (uint64_t)(interim_s ? interim_s : grant->interim_s) * 1000;
	l->interim_at_ms = l->interim_ms ? now_ms + jittered(l) : UINT64_MAX;
	l->look_ms = l->idle_s || has_quota(l) ? now_ms + look_interval(l) : UINT64_MAX;
}

void limits_start(struct limits *l, const struct auth_grant *grant, uint32_t interim_s,
		  uint64_t now_ms)
{
	*l = (struct limits){ .started_ms = now_ms, .active_ms = now_ms };
	set(l, grant, interim_s, now_ms);
}

void limits_change(struct limits *l, const struct auth_grant *grant, uint32_t interim_s,
		   uint64_t now_ms)
{
	set(l, grant, interim_s, now_ms);
	l->active_ms = now_ms;
}

static uint64_t end_of_time(const struct limits *l)
{
	return l->session_s ? l->started_ms + (uint64_t)l->session_s * 1000 : UINT64_MAX;
}

static bool is_over(uint64_t bytes, uint64_t quota)
{
	return quota && bytes >= quota;
}

static enum limits_event look(struct limits *l, const struct tunnel_stats *stats, uint64_t now_ms)
{
	uint64_t packets = stats->rx_packets + stats->tx_packets;

	l->look_ms = now_ms + look_interval(l);
	if (packets != l->packets)
		l->active_ms = now_ms;
	l->packets = packets;
	if (is_over(stats->rx_bytes, l->quota_up) || is_over(stats->tx_bytes, l->quota_down) ||
	    is_over(stats->rx_bytes + stats->tx_bytes, l->quota))
		return LIMITS_QUOTA;
	if (l->idle_s && now_ms - l->active_ms >= (uint64_t)l->idle_s * 1000)
		return LIMITS_IDLE;
	return LIMITS_NONE;
}

enum limits_event limits_check(struct limits *l, const struct tunnel_stats *stats, uint64_t now_ms)
{
	enum limits_event event = LIMITS_NONE;

	if (now_ms >= end_of_time(l))
		return LIMITS_TIME;
	if (now_ms >= l->look_ms)
		event = look(l, stats, now_ms);
	if (!event && now_ms >= l->interim_at_ms) {
		l->interim_at_ms = now_ms + jittered(l);
		event = LIMITS_INTERIM;
	}
	return event;
}

uint64_t limits_deadline(const struct limits *l)
{
	uint64_t at = end_of_time(l);

	if (l->look_ms < at)
		at = l->look_ms;
	return l->interim_at_ms < at ? l->interim_at_ms : at;
}
