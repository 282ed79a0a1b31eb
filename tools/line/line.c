/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A slow, long, lossy line between two hosts of a benchmark, for kernels without netem: a TUN device in
 * each of two network namespaces, and a model of a line (way.h) between them.
 *
 *	line NETNS-A NETNS-B [COMMAND...]
 *
 * A namespace is a file, such as /proc/123/ns/net. In each a device named "line" is made. What goes from
 * A to B is "up". Commands are arguments or lines of standard input: a direction (up, down, both) and
 * settings, or "stats" (a line of JSON with the counters of both directions since the last one). The
 * first line of standard output is "ready". It ends at the end of standard input.
 *
 *	up rate=5M delay=15 queue=100ms
 *	both loss=1 burst=0.1,20 jitter=20 mtu=1280
 *	both cut=30000
 *
 * Units are bit/s, ms, %, and bytes unless "ms" follows (queue).
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "way.h"

enum {
	PACKET_MAX = 65536,
	BATCH = 64,     /* packets of one direction before it is the other's turn */
	PRIORITY = -15, /* a late process would change the line's delay */
	COMMAND_MAX = 512,
	WAIT_MAX_NS = 1000 * 1000 * 1000,
};

struct direction {
	struct way way;
	const char *name;
	int from, to;
};

static uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
}

static int open_tun(const char *netns)
{
	struct ifreq ifr = { .ifr_name = "line", .ifr_flags = IFF_TUN | IFF_NO_PI };
	int ns = open(netns, O_RDONLY | O_CLOEXEC), fd;

	if (ns < 0 || setns(ns, CLONE_NEWNET))
		err(1, "%s", netns);
	close(ns);
	fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0 || ioctl(fd, TUNSETIFF, &ifr))
		err(1, "a TUN device in %s", netns);
	return fd;
}

/* ---- packets */

static void take(struct direction *d)
{
	static uint8_t packet[PACKET_MAX];

	for (int i = 0; i < BATCH; i++) {
		ssize_t n = read(d->from, packet, sizeof(packet));

		if (n <= 0)
			return;
		if (!way_put(&d->way, packet, (size_t)n, now_ns()))
			err(1, "memory");
	}
}

/*
 * A device that is down takes nothing: then the packet is lost, as on a cable without a listener.
 */
static void deliver(struct direction *d)
{
	struct way_packet *p;

	while ((p = way_get(&d->way, now_ns()))) {
		if (write(d->to, p->at, p->len) < 0 && errno != EIO && errno != EAGAIN)
			warn("%s: write", d->name);
		free(p);
	}
}

/* ---- commands */

static void print_stats(struct direction *d, const char *after)
{
	const struct way_stats *s = &d->way.stats;

	printf("\"%s\": {\"packets\": %" PRIu64 ", \"bytes\": %" PRIu64 ", \"full\": %" PRIu64
	       ", \"lost\": %" PRIu64 ", \"too_big\": %" PRIu64 ", \"cut\": %" PRIu64
	       ", \"queued_max\": %zu}%s",
	       d->name, s->packets, s->bytes, s->full, s->lost, s->too_big, s->cut, s->queued_max,
	       after);
	d->way.stats = (struct way_stats){ 0 };
}

static void set(struct direction *both, const char *who, const char *setting)
{
	bool is_both = !strcmp(who, "both"), is_known = false;

	for (int i = 0; i < 2; i++)
		if (is_both || !strcmp(who, both[i].name))
			is_known |= way_set(&both[i].way, setting, now_ns());
	if (!is_known)
		errx(2, "what is %s %s?", who, setting);
}

static void command(struct direction *both, char *text)
{
	char *save, *who = strtok_r(text, " \t\n", &save), *setting;

	if (!who)
		return;
	if (!strcmp(who, "stats")) {
		printf("{");
		print_stats(&both[0], ", ");
		print_stats(&both[1], "}\n");
		fflush(stdout);
		return;
	}
	while ((setting = strtok_r(NULL, " \t\n", &save)))
		set(both, who, setting);
}

/* False at the end of standard input. */
static bool read_commands(struct direction *both)
{
	static char text[COMMAND_MAX];
	static size_t len;
	ssize_t n = read(STDIN_FILENO, text + len, sizeof(text) - len);
	char *end;

	if (n <= 0)
		return false;
	len += (size_t)n;
	while ((end = memchr(text, '\n', len))) {
		size_t used = (size_t)(end + 1 - text);

		*end = '\0';
		command(both, text);
		len -= used;
		memmove(text, text + used, len);
	}
	if (len == sizeof(text))
		errx(2, "a command is too long");
	return true;
}

/* ---- */

static void wait_for(struct pollfd fds[3], const struct direction *both)
{
	uint64_t up = way_deadline(&both[0].way), down = way_deadline(&both[1].way);
	uint64_t next = up < down ? up : down, now = now_ns();
	uint64_t wait = next > now ? next - now : 0;
	struct timespec ts = { .tv_nsec = 0 };

	if (wait >= WAIT_MAX_NS)
		ts.tv_sec = 1;
	else
		ts.tv_nsec = (long)wait;
	if (ppoll(fds, 3, &ts, NULL) < 0)
		for (int i = 0; i < 3; i++)
			fds[i].revents = 0;
}

static void carry(struct direction *both)
{
	struct pollfd fds[] = { { both[0].from, POLLIN, 0 },
				{ both[1].from, POLLIN, 0 },
				{ STDIN_FILENO, POLLIN, 0 } };

	for (;;) {
		wait_for(fds, both);
		for (int i = 0; i < 2; i++) {
			if (fds[i].revents)
				take(&both[i]);
			deliver(&both[i]);
		}
		if (fds[2].revents && !read_commands(both))
			return;
	}
}

int main(int argc, char **argv)
{
	struct direction both[] = { { .name = "up" }, { .name = "down" } };

	if (argc < 3)
		errx(2, "usage: line NETNS-A NETNS-B [COMMAND...]");
	prctl(PR_SET_TIMERSLACK, 1);
	if (setpriority(PRIO_PROCESS, 0, PRIORITY))
		warn("priority");
	for (int i = 0; i < 2; i++)
		way_init(&both[i].way, now_ns());
	both[0].from = both[1].to = open_tun(argv[1]);
	both[1].from = both[0].to = open_tun(argv[2]);
	for (int i = 3; i < argc; i++)
		command(both, argv[i]);
	printf("ready\n");
	fflush(stdout);
	carry(both);
	for (int i = 0; i < 2; i++)
		way_free(&both[i].way);
	return 0;
}
