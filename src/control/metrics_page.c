/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "control/metrics_page.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

/* What does not fit is left out: a whole line, since each call is one. */
void metrics_put(struct metrics_page *p, const char *format, ...)
{
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(p->at + p->len, p->size - p->len, format, args);
	va_end(args);
	if (n > 0 && p->len + (size_t)n < p->size)
		p->len += (size_t)n;
	else
		p->at[p->len] = '\0';
}

void metrics_head(struct metrics_page *p, const char *name, const char *type, const char *help)
{
	metrics_put(p, "# HELP sstp_%s %s\n# TYPE sstp_%s %s\n", name, help, name, type);
}

void metrics_value(struct metrics_page *p, const char *name, const char *labels, uint64_t value)
{
	metrics_put(p, "sstp_%s%s %llu\n", name, labels, (unsigned long long)value);
}

void metrics_one(struct metrics_page *p, const char *name, const char *type, const char *help,
		 uint64_t value)
{
	metrics_head(p, name, type, help);
	metrics_value(p, name, "", value);
}

void metrics_seconds(struct metrics_page *p, const char *name, uint64_t ms)
{
	metrics_put(p, "sstp_%s %llu.%03u\n", name, (unsigned long long)(ms / 1000),
		    (unsigned)(ms % 1000));
}

void metrics_both(struct metrics_page *p, const char *name, const char *help, uint64_t rx,
		  uint64_t tx)
{
	metrics_head(p, name, "counter", help);
	metrics_value(p, name, "{direction=\"rx\"}", rx);
	metrics_value(p, name, "{direction=\"tx\"}", tx);
}

void metrics_histogram(struct metrics_page *p, const char *name, const char *help,
		       const uint32_t bounds[HISTOGRAM_BOUNDS], const struct histogram *h)
{
	unsigned long long count = 0;

	metrics_head(p, name, "histogram", help);
	for (size_t i = 0; i < HISTOGRAM_BOUNDS; i++) {
		count += h->buckets[i];
		metrics_put(p, "sstp_%s_bucket{le=\"%g\"} %llu\n", name, bounds[i] / 1e6, count);
	}
	count += h->buckets[HISTOGRAM_BOUNDS];
	metrics_put(p, "sstp_%s_bucket{le=\"+Inf\"} %llu\n", name, count);
	metrics_put(p, "sstp_%s_sum %.6f\nsstp_%s_count %llu\n", name, (double)h->sum_us / 1e6,
		    name, count);
}

struct metrics_label metrics_label(const char *value)
{
	struct metrics_label l;
	size_t n = 0;

	for (; *value && n + 2 < sizeof(l.text); value++) {
		if (*value == '"' || *value == '\\')
			l.text[n++] = '\\';
		l.text[n++] = *value == '\n' ? ' ' : *value;
	}
	l.text[n] = '\0';
	return l;
}

/* ---- the process */

/* Of our own process; -1 and NULL: not open. They stay open. */
static int statm_fd = -1;
static DIR *descriptors;
static struct metrics_start start; /* only one thread makes pages */

enum { CLOCK_SET_MS = 2000 }; /* smaller steps change nothing */

void metrics_open_process(void)
{
	if (statm_fd < 0)
		statm_fd = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
	if (!descriptors)
		descriptors = opendir("/proc/self/fd");
}

/* The second number is the resident size in pages, proc(5). */
static uint64_t read_resident(void)
{
	char text[128];
	ssize_t len = pread(statm_fd, text, sizeof(text) - 1, 0);
	unsigned long long pages;

	text[len > 0 ? len : 0] = '\0';
	if (sscanf(text, "%*u %llu", &pages) != 1)
		return 0;
	return pages * (uint64_t)sysconf(_SC_PAGESIZE);
}

/* Of 10,000 sessions' descriptors each is a directory entry: some milliseconds, in the main thread. */
static uint64_t count_files(void)
{
	uint64_t count = 0;

	if (!descriptors)
		return 0;
	rewinddir(descriptors);
	while (readdir(descriptors))
		count++;
	return count > 4 ? count - 4 : 0; /* . and .., and these two descriptors */
}

static double seconds_of(const struct timeval *t)
{
	return (double)t->tv_sec + (double)t->tv_usec / 1e6;
}

int64_t metrics_started(struct metrics_start *s, int64_t wall_ms, uint64_t boot_ms,
			uint64_t uptime_ms)
{
	int64_t offset_ms = wall_ms - (int64_t)boot_ms, set_ms = offset_ms - s->offset_ms;

	if (!s->is_known) {
		*s = (struct metrics_start){ true, (wall_ms - (int64_t)uptime_ms) / 1000,
					     offset_ms };
		return s->at_s;
	}
	if (set_ms <= -CLOCK_SET_MS || set_ms >= CLOCK_SET_MS) {
		s->at_s += set_ms / 1000;
		s->offset_ms += set_ms / 1000 * 1000;
	}
	return s->at_s;
}

static int64_t ms_of(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

void metrics_read_process(struct metrics_process *m, uint64_t uptime_ms)
{
	struct rusage usage = { .ru_nvcsw = 0 };
	struct rlimit limit = { .rlim_cur = 0 };

	metrics_open_process();
	getrusage(RUSAGE_SELF, &usage);
	getrlimit(RLIMIT_NOFILE, &limit);
	m->resident_bytes = read_resident();
	m->open_files = count_files();
	m->max_files = limit.rlim_cur;
	m->cpu_s = seconds_of(&usage.ru_utime) + seconds_of(&usage.ru_stime);
	m->started = metrics_started(&start, ms_of(CLOCK_REALTIME), (uint64_t)ms_of(CLOCK_BOOTTIME),
				     uptime_ms);
}

/* Under the names that Prometheus' own clients use. */
void metrics_put_process(struct metrics_page *p, const struct metrics_process *m)
{
	metrics_put(
		p,
		"# HELP process_resident_memory_bytes Resident memory size in bytes.\n"
		"# TYPE process_resident_memory_bytes gauge\nprocess_resident_memory_bytes %llu\n",
		(unsigned long long)m->resident_bytes);
	metrics_put(p,
		    "# HELP process_open_fds Number of open file descriptors.\n"
		    "# TYPE process_open_fds gauge\nprocess_open_fds %llu\n",
		    (unsigned long long)m->open_files);
	metrics_put(p,
		    "# HELP process_max_fds Maximum number of open file descriptors.\n"
		    "# TYPE process_max_fds gauge\nprocess_max_fds %llu\n",
		    (unsigned long long)m->max_files);
	metrics_put(
		p,
		"# HELP process_cpu_seconds_total Total user and system CPU time spent in seconds.\n"
		"# TYPE process_cpu_seconds_total counter\nprocess_cpu_seconds_total %.3f\n",
		m->cpu_s);
	metrics_put(
		p,
		"# HELP process_start_time_seconds Start time of the process since unix epoch in seconds.\n"
		"# TYPE process_start_time_seconds gauge\nprocess_start_time_seconds %lld\n",
		(long long)m->started);
	metrics_put(p, "# HELP sstp_build_info The version of sstp.\n# TYPE sstp_build_info gauge\n"
		       "sstp_build_info{version=\"" SSTP_VERSION "\"} 1\n");
}
