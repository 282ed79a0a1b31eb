/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From a session to a record, and from the reason of an end to RADIUS' causes. */
#include "server/account.h"

#include <stdio.h>

#include "server/session.h"

static void send_record(struct session *s, enum radius_status status, enum radius_cause cause)
{
	const struct tunnel_stats *st = &s->tunnel.stats;
	char info[80] = "";
	struct radius_record record = {
		.status = status,
		.session = s->id.id,
		.user = s->user,
		.source = s->registration.source,
		.local = s->registration.local,
		.grant = &s->granted->grant,
		.ipv4 = s->granted->account.ipv4,
		.duration_s = (loop_now(s->host->loop) - s->granted->account.started_ms) / 1000,
		.rx_bytes = st->rx_bytes,
		.tx_bytes = st->tx_bytes,
		.rx_packets = st->rx_packets,
		.tx_packets = st->tx_packets,
		.cause = cause,
	};

	if (status == RADIUS_START) {
		snprintf(info, sizeof(info), "%s %s", tls_version(s->tunnel.wire.tls),
			 tls_cipher(s->tunnel.wire.tls));
		record.connect_info = info;
	}
	radius_account(s->host->radius, &record);
}

void account_start(struct session *s)
{
	if (!s->host->radius || !s->granted || s->granted->account.is_started)
		return;
	s->granted->account = (struct account){ .is_started = true,
						.ipv4 = ip_v4(&s->ipv4),
						.started_ms = loop_now(s->host->loop) };
	send_record(s, RADIUS_START, RADIUS_USER_REQUEST);
}

void account_update(struct session *s)
{
	if (s->granted && s->granted->account.is_started)
		send_record(s, RADIUS_INTERIM, RADIUS_USER_REQUEST);
}

void account_stop(struct session *s, enum tunnel_reason reason)
{
	if (!s->granted || !s->granted->account.is_started)
		return;
	send_record(s, RADIUS_STOP, account_cause(reason));
	s->granted->account.is_started = false;
}

enum radius_cause account_cause(enum tunnel_reason reason)
{
	switch (reason) {
	case REASON_PEER:
		return RADIUS_USER_REQUEST;
	case REASON_LOST:
	case REASON_SILENT:
	case REASON_TCP:
	case REASON_TLS:
		return RADIUS_LOST_CARRIER;
	case REASON_IDLE:
		return RADIUS_IDLE_TIMEOUT_CAUSE;
	case REASON_TIME:
		return RADIUS_SESSION_TIMEOUT_CAUSE;
	case REASON_QUOTA:
		return RADIUS_NAS_REQUEST;
	case REASON_ADMIN:
		return RADIUS_ADMIN_RESET;
	case REASON_REPLACED:
		return RADIUS_PORT_PREEMPTED;
	case REASON_UNAVAILABLE:
		return RADIUS_SERVICE_UNAVAILABLE;
	case REASON_SSTP:
	case REASON_AUTH:
	case REASON_PPP:
		return RADIUS_USER_ERROR;
	case REASON_NONE: /* the server stops */
		return RADIUS_NAS_REBOOT;
	case REASON_LOOKUP:
	case REASON_PROXY:
	case REASON_PROXY_LOGIN:
	case REASON_TRUST:
	case REASON_HTTP:
	case REASON_SETTINGS:
	case REASON_NETWORK:
	case REASON_HOOK:
	case REASON_SYSTEM:
	case TUNNEL_REASONS:
		break;
	}
	return RADIUS_NAS_ERROR;
}
