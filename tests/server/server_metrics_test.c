/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The page of metrics: the largest one fits, buckets add up, labels are escaped. */
#include "server/server_metrics.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct server_metrics m;
static char page[METRICS_SIZE];

static int set_up(void **state)
{
	(void)state;
	memset(&m, 0, sizeof(m));
	return 0;
}

static bool has(const char *line)
{
	char with_ends[300];

	snprintf(with_ends, sizeof(with_ends), "\n%s\n", line);
	return strstr(page, with_ends);
}

static void values(void **state)
{
	size_t len;

	(void)state;
	m.sessions = 7;
	m.sum.logins_by[PPP_AUTH_MSCHAPV2][LOGIN_BANNED] = 3;
	m.sum.ended[REASON_ADMIN] = 2;
	m.sum.ended[REASON_LOOKUP] = 1; /* never, but then it is not hidden */
	m.sum.drops.tx[DROP_QUEUE_DELAY] = 5;
	m.sum.drops.rx[DROP_SOURCE] = 4;
	m.certs[0].file = "/etc/a \"b\"\\c.pem";
	m.certs[0].expires = 1893456000;
	m.cert_count = 1;
	len = metrics_print(&m, page);
	assert_int_equal(len, strlen(page));
	assert_true(has("sstp_sessions 7"));
	assert_true(has("sstp_logins_total{method=\"mschapv2\",result=\"banned\"} 3"));
	assert_true(has("sstp_sessions_ended_total{reason=\"admin\"} 2"));
	assert_true(has("sstp_sessions_ended_total{reason=\"lookup\"} 1"));
	assert_false(has("sstp_sessions_ended_total{reason=\"tcp\"} 0"));
	assert_true(has("sstp_dropped_packets_total{direction=\"tx\",cause=\"queue_delay\"} 5"));
	assert_true(has("sstp_dropped_packets_total{direction=\"rx\",cause=\"source\"} 4"));
	assert_true(has("sstp_dropped_packets_total{direction=\"tx\",cause=\"filter\"} 0"));
	assert_null(strstr(page, "{direction=\"tx\",cause=\"source\"}"));
	assert_true(has("sstp_certificate_expiry_timestamp_seconds{file=\"/etc/a "
			"\\\"b\\\"\\\\c.pem\"} 1893456000"));
	assert_null(strstr(page, "radius"));
	assert_true(has("sstp_build_info{version=\"" SSTP_VERSION "\"} 1"));
}

static void histograms(void **state)
{
	static const uint64_t times_us[] = { 0, 20, 21, 50, 999999, 1000000, 1000001, 5000000 };

	(void)state;
	for (size_t i = 0; i < sizeof(times_us) / sizeof(*times_us); i++)
		histogram_add(&m.sum.turn_time, histogram_turns, times_us[i]);
	m.has_radius = true;
	histogram_add(&m.radius, histogram_logins, 3000);
	m.radius_unanswered = 9;
	metrics_print(&m, page);
	assert_true(has("sstp_loop_turn_duration_seconds_bucket{le=\"2e-05\"} 2"));
	assert_true(has("sstp_loop_turn_duration_seconds_bucket{le=\"5e-05\"} 4"));
	assert_true(has("sstp_loop_turn_duration_seconds_bucket{le=\"0.2\"} 4"));
	assert_true(has("sstp_loop_turn_duration_seconds_bucket{le=\"1\"} 6"));
	assert_true(has("sstp_loop_turn_duration_seconds_bucket{le=\"+Inf\"} 8"));
	assert_true(has("sstp_loop_turn_duration_seconds_sum 8.000091"));
	assert_true(has("sstp_loop_turn_duration_seconds_count 8"));
	assert_true(has("sstp_radius_duration_seconds_bucket{le=\"0.002\"} 0"));
	assert_true(has("sstp_radius_duration_seconds_bucket{le=\"0.005\"} 1"));
	assert_true(has("sstp_radius_unanswered_total 9"));
}

static void workers_are_added(void **state)
{
	struct stats a = { .tls_ok = 1, .not_sstp = 2 }, b = { .tls_ok = 3, .tls_failed = 4 };

	(void)state;
	a.drops.tx[DROP_RATE] = b.drops.tx[DROP_RATE] = 6;
	a.logins_by[PPP_AUTH_EAP][LOGIN_OK] = b.logins_by[PPP_AUTH_EAP][LOGIN_OK] = 5;
	histogram_add(&a.login_time, histogram_logins, 1);
	histogram_add(&b.login_time, histogram_logins, UINT32_MAX);
	stats_add(&a, &b);
	assert_int_equal(a.tls_ok, 4);
	assert_int_equal(a.tls_failed, 4);
	assert_int_equal(a.not_sstp, 2);
	assert_int_equal(a.drops.tx[DROP_RATE], 12);
	assert_int_equal(a.logins_by[PPP_AUTH_EAP][LOGIN_OK], 10);
	assert_int_equal(a.login_time.buckets[0], 1);
	assert_int_equal(a.login_time.buckets[HISTOGRAM_BOUNDS], 1);
	assert_int_equal(a.login_time.sum_us, 1 + (uint64_t)UINT32_MAX);
}

/* With the largest numbers, and as many certificates as there can be, of usual names. */
static void the_largest_page(void **state)
{
	(void)state;
	memset(&m, 0xff, sizeof(m));
	m.has_radius = m.is_draining = true;
	m.process.cpu_s = 1e9;
	m.cert_count = METRICS_CERTS_MAX;
	for (size_t i = 0; i < METRICS_CERTS_MAX; i++)
		m.certs[i].file = "/etc/letsencrypt/live/a-long-name.example.net/fullchain.pem";
	assert_true(metrics_print(&m, page) < METRICS_SIZE - 1);
	assert_true(has("sstp_build_info{version=\"" SSTP_VERSION "\"} 1"));
}

static void of_this_process(void **state)
{
	(void)state;
	metrics_read_process(&m.process, 5000);
	assert_true(m.process.resident_bytes > 100000);
	assert_true(m.process.open_files >= 3);
	assert_true(m.process.max_files >= m.process.open_files);
	assert_true(m.process.cpu_s >= 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(values, set_up),
		cmocka_unit_test_setup(histograms, set_up),
		cmocka_unit_test_setup(workers_are_added, set_up),
		cmocka_unit_test_setup(the_largest_page, set_up),
		cmocka_unit_test_setup(of_this_process, set_up),
	};

	return cmocka_run_group_tests_name("server/server_metrics", tests, NULL, NULL);
}
