/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Many SSTP clients in one process, against one server: no TUN device, no routes, no name look-up.
 * Orders come on standard input, one a line; the replies go to standard output, a line of JSON each,
 * in the same order:
 *
 *	open COUNT IN_FLIGHT [RATE]     log in, stay
 *	churn COUNT IN_FLIGHT [RATE]    log in and leave, COUNT times
 *	idle SECONDS                    wait, and count SSTP's echoes
 *	echo CLIENTS BYTES SECONDS      that many of those that are up send echo requests, one by one
 *	close IN_FLIGHT                 all leave
 *
 * Between orders the sessions are kept alive. At the end of the input the process ends, and its
 * connections with it.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "crowd.h"
#include "util/endpoint.h"

enum { FILES_WANTED = 200 * 1000, LINE_SIZE = 4096 };

static struct all {
	struct crowd_cfg cfg;
	struct crowd crowd;
	struct loop *loop;
	struct loop_watch orders;
	char line[LINE_SIZE]; /* an incomplete line */
	size_t line_len;
	char password[256];
} all;

static const char usage[] =
	"crowd --server ADDR:PORT --pin PIN --password-file FILE [--users N] [--sources FIRST/COUNT]\n";

/* ---- options */

static bool parse_sources(const char *text, struct crowd_cfg *cfg)
{
	char first[64];
	int n = 0;

	return sscanf(text, "%63[0-9.]/%zu%n", first, &cfg->source_count, &n) == 2 && !text[n] &&
	       ip_parse(first, &cfg->source) && cfg->source_count;
}

static bool parse_server(const char *text, struct crowd_cfg *cfg)
{
	char host[64];

	cfg->port = 443;
	return !endpoint_split(text, host, sizeof(host), &cfg->port) &&
	       ip_parse(host, &cfg->server);
}

static bool read_password(const char *file)
{
	FILE *f = fopen(file, "r");

	if (!f)
		return false;
	if (!fgets(all.password, sizeof(all.password), f))
		all.password[0] = '\0';
	all.password[strcspn(all.password, "\r\n")] = '\0';
	fclose(f);
	return all.password[0];
}

static bool take_option(int c)
{
	switch (c) {
	case 's':
		return parse_server(optarg, &all.cfg);
	case 'p':
		all.cfg.pin = optarg;
		return true;
	case 'f':
		return read_password(optarg);
	case 'u':
		all.cfg.user_count = strtoul(optarg, NULL, 10);
		return all.cfg.user_count;
	case 'a':
		return parse_sources(optarg, &all.cfg);
	default:
		return false;
	}
}

static bool read_options(int argc, char **argv)
{
	static const struct option options[] = {
		{ "server", required_argument, NULL, 's' },
		{ "pin", required_argument, NULL, 'p' },
		{ "password-file", required_argument, NULL, 'f' },
		{ "users", required_argument, NULL, 'u' },
		{ "sources", required_argument, NULL, 'a' },
		{ NULL, 0, NULL, 0 },
	};
	int c;

	all.cfg.user_count = 1;
	all.cfg.source_count = 1;
	all.cfg.source = ip_from_v4(INADDR_ANY);
	all.cfg.password = all.password;
	while ((c = getopt_long(argc, argv, "", options, NULL)) >= 0)
		if (!take_option(c))
			return false;
	return optind == argc && all.cfg.pin && all.cfg.server.family == AF_INET && all.password[0];
}

/* ---- orders */

static bool parse_order(const char *line, struct order *o)
{
	*o = (struct order){ ORDER_NONE, 0, 0, 0, 0, 0 };
	if (sscanf(line, "open %zu %zu %zu", &o->count, &o->in_flight, &o->rate) >= 2)
		o->what = ORDER_OPEN;
	else if (sscanf(line, "churn %zu %zu %zu", &o->count, &o->in_flight, &o->rate) >= 2)
		o->what = ORDER_CHURN;
	else if (sscanf(line, "resume %zu %zu %zu", &o->count, &o->in_flight, &o->rate) >= 2)
		o->what = ORDER_RESUME;
	else if (sscanf(line, "echo %zu %zu %zu", &o->count, &o->len, &o->seconds) == 3)
		o->what = ORDER_ECHO;
	else if (sscanf(line, "idle %zu", &o->seconds) == 1)
		o->what = ORDER_IDLE;
	else if (sscanf(line, "close %zu", &o->in_flight) == 1)
		o->what = ORDER_CLOSE;
	return o->what != ORDER_NONE && o->len <= ECHO_LEN_MAX &&
	       (o->in_flight || o->what == ORDER_ECHO || o->what == ORDER_IDLE);
}

/* Carries out the next complete line, if there is one and no order is running. */
static void obey(void)
{
	char *end = memchr(all.line, '\n', all.line_len);
	struct order order;

	if (!end || all.crowd.order.what != ORDER_NONE)
		return;
	*end = '\0';
	if (!parse_order(all.line, &order)) {
		fprintf(stderr, "crowd: what is \"%s\"?\n", all.line);
		exit(2);
	}
	all.line_len -= (size_t)(end + 1 - all.line);
	memmove(all.line, end + 1, all.line_len);
	crowd_begin(&all.crowd, &order);
}

void crowd_is_done(struct crowd *crowd)
{
	(void)crowd;
	obey();
}

static void on_orders(struct loop_watch *w, uint32_t events)
{
	ssize_t n = read(w->fd, all.line + all.line_len, sizeof(all.line) - all.line_len);

	(void)events;
	if (n > 0) {
		all.line_len += (size_t)n;
		obey();
	} else if (!n || errno != EINTR) {
		loop_stop(all.loop);
	}
}

/* ---- start */

static void raise_file_limit(void)
{
	struct rlimit l = { FILES_WANTED, FILES_WANTED };

	if (!setrlimit(RLIMIT_NOFILE, &l) || getrlimit(RLIMIT_NOFILE, &l))
		return;
	l.rlim_cur = l.rlim_max;
	setrlimit(RLIMIT_NOFILE, &l);
}

static int open_all(void)
{
	int error = loop_open(&all.loop);

	if (!error)
		error = crowd_open(&all.crowd, &all.cfg, all.loop);
	all.orders =
		(struct loop_watch){ .fd = STDIN_FILENO, .events = EPOLLIN, .ready = on_orders };
	return error ? error : loop_watch(all.loop, &all.orders);
}

int main(int argc, char **argv)
{
	int error;

	if (!read_options(argc, argv)) {
		fputs(usage, stderr);
		return 2;
	}
	raise_file_limit();
	log_set_level(LOG_LEVEL_ERROR);
	error = open_all();
	if (!error)
		error = loop_run(all.loop);
	if (error)
		fprintf(stderr, "crowd: %s\n", strerror(-error));
	return error ? 1 : 0;
}
