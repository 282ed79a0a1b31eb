/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A client's page of metrics: the largest one fits; ended tunnels count; what is of a connection is absent without one. */
#include "client/client_metrics.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static char page[CLIENT_METRICS_SIZE];
static struct client_counters counters;
static struct drops drops;
static struct tunnel tunnel;
static struct client_metrics m;

static int set_up(void **state)
{
	(void)state;
	memset(&counters, 0, sizeof(counters));
	memset(&drops, 0, sizeof(drops));
	memset(&tunnel, 0, sizeof(tunnel));
	m = (struct client_metrics){
		.counters = &counters,
		.drops = &drops,
		.server = "vpn.example.net",
		.interface = "sstp0",
	};
	return 0;
}

static bool has(const char *line)
{
	char with_ends[700];

	snprintf(with_ends, sizeof(with_ends), "\n%s\n", line);
	return strstr(page, with_ends);
}

static void ended_tunnels_count(void **state)
{
	struct tunnel_end refused = { .reason = REASON_AUTH }, asked = { .by_us = true };
	struct tunnel_end no_tls = { .reason = REASON_TLS };

	(void)state;
	tunnel.stats.rx_bytes = 7;
	tunnel.line.repeated = 3; /* its last state */
	client_counters_ended(&counters, &tunnel, false, true, &refused);
	client_counters_ended(&counters, &tunnel, true, true, &asked);
	client_counters_ended(&counters, &tunnel, false, false, &no_tls);
	client_counters_ended(&counters, &tunnel, false, false, &asked);
	drops.tx[DROP_QUEUE_FULL] = 4;
	client_metrics_print(&m, page);
	assert_true(has("sstp_client_bytes_total{direction=\"rx\"} 28"));
	assert_true(has("sstp_client_retransmitted_segments_total 12"));
	assert_true(has("sstp_client_failed_attempts_total{reason=\"auth\"} 1"));
	assert_true(has("sstp_client_failed_attempts_total{reason=\"tls\"} 1"));
	assert_true(has("sstp_client_ended_tunnels_total{reason=\"none\"} 1"));
	assert_true(has("sstp_client_tls_handshakes_total{result=\"failed\"} 1"));
	assert_true(
		has("sstp_client_dropped_packets_total{direction=\"tx\",cause=\"queue_full\"} 4"));
	assert_null(strstr(page, "no_session"));
}

static void without_a_connection(void **state)
{
	(void)state;
	m.server = "a \"b\"\\c";
	client_metrics_print(&m, page);
	assert_non_null(strstr(
		page, "sstp_client_info{server=\"a \\\"b\\\"\\\\c\",interface=\"sstp0\"} 1\n"));
	assert_true(has("sstp_client_up 0"));
	assert_true(has("sstp_client_up_seconds 0.000"));
	assert_null(strstr(page, "round_trip"));
	assert_null(strstr(page, "waiting"));
	assert_true(has("sstp_client_reconnects_total 0"));
}

static void up(void **state)
{
	(void)state;
	tunnel.stage = TUNNEL_CLOSED; /* tunnel_look takes the last state then */
	tunnel.line = (struct tunnel_line){ .rtt_ms = 1234, .repeated = 5, .waiting = 99 };
	tunnel.stats.tx_packets = 8;
	counters.traffic.tx_packets = 2;
	counters.ups = 3;
	m.tunnel = &tunnel;
	m.is_up = true;
	m.up_ms = 61007;
	client_metrics_print(&m, page);
	assert_true(has("sstp_client_up 1"));
	assert_true(has("sstp_client_up_seconds 61.007"));
	assert_true(has("sstp_client_round_trip_seconds 1.234"));
	assert_true(has("sstp_client_waiting_bytes 99"));
	assert_true(has("sstp_client_retransmitted_segments_total 5"));
	assert_true(has("sstp_client_packets_total{direction=\"tx\"} 10"));
	assert_true(has("sstp_client_reconnects_total 2"));
}

static void the_largest_page(void **state)
{
	char name[300];

	(void)state;
	memset(&counters, 0xff, sizeof(counters));
	memset(&drops, 0xff, sizeof(drops));
	memset(name, '"', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	m.server = m.interface = name;
	m.tunnel = &tunnel;
	assert_true(client_metrics_print(&m, page) < CLIENT_METRICS_SIZE - 1);
	assert_true(has("sstp_build_info{version=\"" SSTP_VERSION "\"} 1"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(ended_tunnels_count, set_up),
		cmocka_unit_test_setup(without_a_connection, set_up),
		cmocka_unit_test_setup(up, set_up),
		cmocka_unit_test_setup(the_largest_page, set_up),
	};

	return cmocka_run_group_tests_name("client/client_metrics", tests, NULL, NULL);
}
