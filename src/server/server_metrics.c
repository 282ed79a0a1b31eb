/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Names and labels are a contract: dashboards and alerts use them. Labels have few values, and none
 * that a peer chooses: no users, no addresses.
 */
#include "server/server_metrics.h"

#include <dirent.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

struct page {
	char *at;
	size_t len;
};

static void put(struct page *p, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* What does not fit is left out: a whole line, since each call is one. */
static void put(struct page *p, const char *format, ...)
{
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(p->at + p->len, METRICS_SIZE - p->len, format, args);
	va_end(args);
	if (n > 0 && p->len + (size_t)n < METRICS_SIZE)
		p->len += (size_t)n;
	else
		p->at[p->len] = '\0';
}

static void put_head(struct page *p, const char *name, const char *type, const char *help)
{
	put(p, "# HELP sstp_%s %s\n# TYPE sstp_%s %s\n", name, help, name, type);
}

static void put_value(struct page *p, const char *name, const char *labels, uint64_t value)
{
	put(p, "sstp_%s%s %llu\n", name, labels, (unsigned long long)value);
}

static void put_one(struct page *p, const char *name, const char *type, const char *help,
		    uint64_t value)
{
	put_head(p, name, type, help);
	put_value(p, name, "", value);
}

/* ---- sessions and logins */

static void put_logins(struct page *p, const struct stats *s)
{
	static const char *const results[LOGIN_RESULTS] = {
		[LOGIN_OK] = "ok",
		[LOGIN_WRONG] = "refused",
		[LOGIN_BANNED] = "banned",
		[LOGIN_LIMITED] = "limited",
		[LOGIN_UNAVAILABLE] = "unavailable",
	};
	char labels[96];

	put_head(p, "logins_total", "counter",
		 "Logins, by method and result: refused by the user file or RADIUS, banned after "
		 "failures, limited by the number of sessions or addresses, unavailable when they "
		 "could not be checked.");
	for (unsigned m = PPP_AUTH_NONE + 1; m < PPP_AUTH_COUNT; m++)
		for (unsigned r = 0; r < LOGIN_RESULTS; r++) {
			snprintf(labels, sizeof(labels), "{method=\"%s\",result=\"%s\"}",
				 ppp_auth_name((enum ppp_auth)m), results[r]);
			put_value(p, "logins_total", labels, s->logins_by[m][r]);
		}
}

/* Only a session that has logged in is counted, so steps of a client's attempt do not occur. */
static bool is_of_server(enum tunnel_reason r)
{
	return r <= REASON_QUOTA || r == REASON_SSTP || r == REASON_AUTH || r == REASON_PPP ||
	       r == REASON_UNAVAILABLE || r == REASON_SYSTEM;
}

static void put_ended(struct page *p, const struct stats *s)
{
	char labels[64];

	put_head(p, "sessions_ended_total", "counter",
		 "Sessions that had logged in and have ended, by reason.");
	for (unsigned r = 0; r < TUNNEL_REASONS; r++) {
		if (!is_of_server((enum tunnel_reason)r) && !s->ended[r])
			continue;
		snprintf(labels, sizeof(labels), "{reason=\"%s\"}",
			 tunnel_reason_name((enum tunnel_reason)r));
		put_value(p, "sessions_ended_total", labels, s->ended[r]);
	}
}

static void put_sessions(struct page *p, const struct server_metrics *m)
{
	const struct stats *s = &m->sum;

	put_one(p, "sessions", "gauge", "Sessions that have logged in.", m->sessions);
	put_one(p, "sessions_max", "gauge", "The limit of sessions.", m->max_sessions);
	put_one(p, "half_open_connections", "gauge", "Connections that have not logged in.",
		s->half_open);
	put_one(p, "bans", "gauge", "Users and addresses that are refused after failed logins.",
		m->bans);
	put_one(p, "draining", "gauge", "1: no new sessions are accepted.", m->is_draining);
	put_one(p, "workers", "gauge", "Threads that carry packets.", m->workers);
	put_one(p, "connections_total", "counter", "Accepted connections.", s->connections);
	put_head(p, "tls_handshakes_total", "counter", "TLS handshakes of accepted connections.");
	put_value(p, "tls_handshakes_total", "{result=\"ok\"}", s->tls_ok);
	put_value(p, "tls_handshakes_total", "{result=\"failed\"}", s->tls_failed);
	put_one(p, "tls_resumed_total", "counter", "Of the handshakes that are ok: resumed ones.",
		s->tls_resumed);
	put_one(p, "not_sstp_requests_total", "counter",
		"HTTP requests that were not for SSTP, as those of scanners, and were not passed on.",
		s->not_sstp);
	put_one(p, "passed_connections_total", "counter",
		"Connections that were passed on to another server, such as a web server.",
		s->passed_on);
	put_logins(p, s);
	put_ended(p, s);
}

/* ---- traffic */

static void put_both(struct page *p, const char *name, const char *help, uint64_t rx, uint64_t tx)
{
	put_head(p, name, "counter", help);
	put_value(p, name, "{direction=\"rx\"}", rx);
	put_value(p, name, "{direction=\"tx\"}", tx);
}

static void put_drops(struct page *p, const struct drops *d)
{
	char labels[80];

	put_head(p, "dropped_packets_total", "counter",
		 "Packets that were dropped, by cause, from (rx) and to (tx) the clients.");
	for (unsigned c = 0; c < 2 * DROP_CAUSES; c++) {
		enum drop_cause cause = (enum drop_cause)(c % DROP_CAUSES);
		bool is_rx = c < DROP_CAUSES;

		if (!(is_rx ? drop_is_rx(cause) : drop_is_tx(cause)))
			continue;
		snprintf(labels, sizeof(labels), "{direction=\"%s\",cause=\"%s\"}",
			 is_rx ? "rx" : "tx", drop_cause_name(cause));
		put_value(p, "dropped_packets_total", labels, (is_rx ? d->rx : d->tx)[cause]);
	}
}

static void put_traffic(struct page *p, const struct tunnel_stats *t)
{
	put_both(p, "packets_total", "IP packets from (rx) and to (tx) the clients.", t->rx_packets,
		 t->tx_packets);
	put_both(p, "bytes_total", "Bytes of these packets.", t->rx_bytes, t->tx_bytes);
	put_one(p, "marked_packets_total", "counter",
		"Packets to the clients that were marked by ECN in place of a drop.", t->tx_marked);
}

/* ---- times */

static void put_histogram(struct page *p, const char *name, const char *help,
			  const uint32_t bounds[HISTOGRAM_BOUNDS], const struct histogram *h)
{
	unsigned long long count = 0;

	put_head(p, name, "histogram", help);
	for (size_t i = 0; i < HISTOGRAM_BOUNDS; i++) {
		count += h->buckets[i];
		put(p, "sstp_%s_bucket{le=\"%g\"} %llu\n", name, bounds[i] / 1e6, count);
	}
	count += h->buckets[HISTOGRAM_BOUNDS];
	put(p, "sstp_%s_bucket{le=\"+Inf\"} %llu\n", name, count);
	put(p, "sstp_%s_sum %.6f\nsstp_%s_count %llu\n", name, (double)h->sum_us / 1e6, name,
	    count);
}

static void put_times(struct page *p, const struct server_metrics *m)
{
	put_histogram(p, "login_duration_seconds",
		      "From the accepted connection to the first packet that may pass.",
		      histogram_logins, &m->sum.login_time);
	put_histogram(p, "loop_turn_duration_seconds",
		      "Turns of the workers' loops, of which one in 16 is measured.",
		      histogram_turns, &m->sum.turn_time);
	if (!m->has_radius)
		return;
	put_histogram(p, "radius_duration_seconds",
		      "From an Access-Request to the RADIUS server's response.", histogram_logins,
		      &m->radius);
	put_one(p, "radius_unanswered_total", "counter",
		"Access-Requests that no RADIUS server answered, or without a valid signature.",
		m->radius_unanswered);
}

/* ---- the program */

static void put_certs(struct page *p, const struct server_metrics *m)
{
	put_head(p, "certificate_expiry_timestamp_seconds", "gauge",
		 "When the certificate of this file expires.");
	for (size_t i = 0; i < m->cert_count; i++) {
		char file[256];
		size_t n = 0;

		for (const char *c = m->certs[i].file; *c && n + 2 < sizeof(file); c++) {
			if (*c == '"' || *c == '\\')
				file[n++] = '\\';
			file[n++] = *c == '\n' ? ' ' : *c;
		}
		file[n] = '\0';
		put(p, "sstp_certificate_expiry_timestamp_seconds{file=\"%s\"} %lld\n", file,
		    (long long)m->certs[i].expires);
	}
}

/* Under the names that Prometheus' own clients use. */
static void put_process(struct page *p, const struct server_metrics *m)
{
	put(p,
	    "# HELP process_resident_memory_bytes Resident memory size in bytes.\n"
	    "# TYPE process_resident_memory_bytes gauge\nprocess_resident_memory_bytes %llu\n",
	    (unsigned long long)m->resident_bytes);
	put(p,
	    "# HELP process_open_fds Number of open file descriptors.\n"
	    "# TYPE process_open_fds gauge\nprocess_open_fds %llu\n",
	    (unsigned long long)m->open_files);
	put(p,
	    "# HELP process_max_fds Maximum number of open file descriptors.\n"
	    "# TYPE process_max_fds gauge\nprocess_max_fds %llu\n",
	    (unsigned long long)m->max_files);
	put(p,
	    "# HELP process_cpu_seconds_total Total user and system CPU time spent in seconds.\n"
	    "# TYPE process_cpu_seconds_total counter\nprocess_cpu_seconds_total %.3f\n",
	    m->cpu_s);
	put(p,
	    "# HELP process_start_time_seconds Start time of the process since unix epoch in seconds.\n"
	    "# TYPE process_start_time_seconds gauge\nprocess_start_time_seconds %lld\n",
	    (long long)m->started);
	put(p, "# HELP sstp_build_info The version of sstp.\n# TYPE sstp_build_info gauge\n"
	       "sstp_build_info{version=\"" SSTP_VERSION "\"} 1\n");
}

size_t metrics_print(const struct server_metrics *m, char *to)
{
	struct page p = { .at = to };

	put_sessions(&p, m);
	put_traffic(&p, &m->sum.traffic);
	put_drops(&p, &m->sum.drops);
	put_times(&p, m);
	put_certs(&p, m);
	put_process(&p, m);
	return p.len;
}

/* ---- reading */

/* The second number is the resident size in pages, proc(5). */
static uint64_t read_resident(void)
{
	unsigned long long pages = 0;
	FILE *f = fopen("/proc/self/statm", "re");

	if (!f)
		return 0;
	if (fscanf(f, "%*u %llu", &pages) != 1)
		pages = 0;
	fclose(f);
	return pages * (uint64_t)sysconf(_SC_PAGESIZE);
}

/* Of 10,000 sessions' descriptors each is a directory entry: some milliseconds, in the main thread. */
static uint64_t count_files(void)
{
	DIR *dir = opendir("/proc/self/fd");
	uint64_t count = 0;

	if (!dir)
		return 0;
	while (readdir(dir))
		count++;
	closedir(dir);
	return count > 3 ? count - 3 : 0; /* . and .., and the folder's own */
}

static double seconds_of(const struct timeval *t)
{
	return (double)t->tv_sec + (double)t->tv_usec / 1e6;
}

void metrics_read_process(struct server_metrics *m)
{
	struct rusage usage = { .ru_nvcsw = 0 };
	struct rlimit limit = { .rlim_cur = 0 };

	getrusage(RUSAGE_SELF, &usage);
	getrlimit(RLIMIT_NOFILE, &limit);
	m->resident_bytes = read_resident();
	m->open_files = count_files();
	m->max_files = limit.rlim_cur;
	m->cpu_s = seconds_of(&usage.ru_utime) + seconds_of(&usage.ru_stime);
}
