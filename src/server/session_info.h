/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a session shows of itself: a copy of its facts, made in its worker's loop and printed in
 * another thread.
 */
#ifndef SSTP_SERVER_SESSION_INFO_H
#define SSTP_SERVER_SESSION_INFO_H

#include "server/session.h"
#include "util/json.h"

enum { SESSION_INFO_JSON = 4096 }; /* enough for any session */

struct session_info {
	uint64_t id;
	char user[PPP_NAME_MAX + 1];
	const char *method;
	struct ip_addr ipv4, ipv6, source; /* AF_UNSPEC: none */
	struct ip_prefix prefix, delegated;
	uint16_t source_port;
	unsigned worker;
	uint64_t age_ms;
	bool is_connected; /* data may pass */
	const char *tls, *cipher;
	struct tunnel_stats stats;
	struct tunnel_line line;
	/* limits; 0: none */
	uint32_t session_s, idle_s;
	uint64_t quota, quota_up, quota_down, rate_up, rate_down;
};

void session_info_of(const struct session *s, struct session_info *to);
/* An object: the members of a session in docs/control.md. */
void session_info_json(const struct session_info *i, struct json *j);

#endif
