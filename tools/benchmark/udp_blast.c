/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * UDP packets of one size at one rate, and how many of them arrive. iperf3 makes one system call a
 * packet and would be the limit itself; this makes one for dozens, and leaves UDP segmentation
 * offload alone: each packet goes through the kernel, and to a VPN, as a packet of its own.
 *
 *	udp_blast sink ADDR PORT
 *	udp_blast send ADDR PORT SIZE RATE SECONDS
 *
 * RATE is in packets a second, 0 for as fast as possible. The sender asks the sink at the end and
 * prints a line of JSON: packets sent and received, and for how long each end was at it.
 */
#include <arpa/inet.h>
#include <err.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

enum {
	BATCH = 64,
	PAYLOAD_MAX = 1472,
	TICK_NS = 500 * 1000,      /* how often a paced sender wakes up */
	LAG_MAX_NS = 20 * 1000000, /* packets later than this are never sent */
	ANSWER_MS = 50,
	QUESTIONS = 100,
	SINK_BUFFER = 16 << 20, /* the sink must not be what loses packets */
};

enum kind { DATA = 1, QUESTION, ANSWER };

struct message {
	uint32_t kind;
	uint32_t run;
	uint64_t count, ns; /* of a reply */
};

static uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
}

/* ---- the sink */

struct run {
	uint32_t id;
	uint64_t count, first_ns, last_ns;
};

static void take(struct run *run, int fd, const struct message *m, const struct sockaddr_in *from,
		 uint64_t now)
{
	if (m->run != run->id)
		*run = (struct run){ .id = m->run, .first_ns = now };
	if (m->kind == DATA) {
		run->count++;
		run->last_ns = now;
	} else {
		struct message answer = { ANSWER, run->id, run->count,
					  run->count ? run->last_ns - run->first_ns : 0 };

		sendto(fd, &answer, sizeof(answer), 0, (const struct sockaddr *)from,
		       sizeof(*from));
	}
}

static _Noreturn void sink(int fd)
{
	static uint8_t buffers[BATCH][PAYLOAD_MAX];
	struct sockaddr_in from[BATCH];
	struct mmsghdr batch[BATCH];
	struct iovec at[BATCH];
	struct run run = { .id = 0 };

	for (;;) {
		uint64_t now;
		int n;

		for (int i = 0; i < BATCH; i++) {
			at[i] = (struct iovec){ buffers[i], PAYLOAD_MAX };
			batch[i].msg_hdr = (struct msghdr){ .msg_iov = &at[i],
							    .msg_iovlen = 1,
							    .msg_name = &from[i],
							    .msg_namelen = sizeof(from[i]) };
		}
		n = recvmmsg(fd, batch, BATCH, MSG_WAITFORONE, NULL);
		if (n < 0)
			err(1, "recvmmsg");
		now = now_ns();
		for (int i = 0; i < n; i++) {
			struct message m;

			memcpy(&m, buffers[i], sizeof(m));
			if (batch[i].msg_len >= sizeof(m))
				take(&run, fd, &m, &from[i], now);
		}
	}
}

/* ---- the sender */

/* Sends up to `count` packets at once; returns their number. */
static uint64_t send_batch(int fd, const struct message *m, size_t size, uint64_t count)
{
	static uint8_t packet[PAYLOAD_MAX];
	struct mmsghdr batch[BATCH] = { 0 };
	struct iovec at = { packet, size };
	int n;

	memcpy(packet, m, sizeof(*m));
	if (count > BATCH)
		count = BATCH;
	for (uint64_t i = 0; i < count; i++)
		batch[i].msg_hdr = (struct msghdr){ .msg_iov = &at, .msg_iovlen = 1 };
	n = sendmmsg(fd, batch, (unsigned)count, 0);
	return n > 0 ? (uint64_t)n : 0; /* continue if the queue is full */
}

static void sleep_until(uint64_t ns)
{
	struct timespec ts = { (time_t)(ns / 1000000000), (long)(ns % 1000000000) };

	clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &ts, NULL);
}

/* At each tick sends all packets that are due. */
static uint64_t send_paced(int fd, const struct message *m, size_t size, double rate, uint64_t ns)
{
	uint64_t start = now_ns(), sent = 0, skipped = 0;

	for (uint64_t now = start; now < start + ns; now = now_ns()) {
		uint64_t due = (uint64_t)((double)(now - start) * rate / 1e9);
		uint64_t lag_max = (uint64_t)(rate * LAG_MAX_NS / 1e9) + 1;

		if (due - sent - skipped > lag_max)
			skipped = due - sent - lag_max;
		while (sent + skipped < due)
			sent += send_batch(fd, m, size, due - sent - skipped);
		sleep_until(now + TICK_NS);
	}
	return sent;
}

static uint64_t send_at_once(int fd, const struct message *m, size_t size, uint64_t ns)
{
	uint64_t end = now_ns() + ns, sent = 0;

	while (now_ns() < end)
		sent += send_batch(fd, m, size, BATCH);
	return sent;
}

/* Packets may still be on their way: asks until two replies are equal. */
static struct message ask(int fd, uint32_t run)
{
	struct message question = { .kind = QUESTION, .run = run }, answer, last = { 0 };
	struct timespec pause = { 0, ANSWER_MS * 1000000 };

	for (int i = 0; i < QUESTIONS; i++) {
		nanosleep(&pause, NULL);
		send(fd, &question, sizeof(question), 0);
		while (recv(fd, &answer, sizeof(answer), 0) == sizeof(answer)) {
			if (answer.kind != ANSWER || answer.run != run)
				continue;
			if (last.kind == ANSWER && answer.count == last.count)
				return answer;
			last = answer;
			break;
		}
	}
	errx(1, "the sink does not answer");
}

static void blast(int fd, size_t size, double rate, double seconds)
{
	struct timeval wait = { .tv_usec = ANSWER_MS * 1000 };
	struct message m = { .kind = DATA, .run = (uint32_t)now_ns() | 1 }, answer;
	uint64_t ns = (uint64_t)(seconds * 1e9), start = now_ns(), took, sent;

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait));
	sent = rate > 0 ? send_paced(fd, &m, size, rate, ns) : send_at_once(fd, &m, size, ns);
	took = now_ns() - start;
	answer = ask(fd, m.run);
	printf("{\"sent\": %" PRIu64 ", \"send_seconds\": %.4f, \"received\": %" PRIu64
	       ", \"receive_seconds\": %.4f}\n",
	       sent, (double)took / 1e9, answer.count, (double)answer.ns / 1e9);
}

static struct sockaddr_in address(char **argv)
{
	struct sockaddr_in a = { .sin_family = AF_INET };

	a.sin_port = htons((uint16_t)atoi(argv[3]));
	if (inet_pton(AF_INET, argv[2], &a.sin_addr) != 1)
		errx(2, "%s: not an IPv4 address", argv[2]);
	return a;
}

static size_t payload_size(const char *text)
{
	size_t size = (size_t)atoi(text);

	if (size < sizeof(struct message) || size > PAYLOAD_MAX)
		errx(2, "size: from %zu to %d", sizeof(struct message), PAYLOAD_MAX);
	return size;
}

int main(int argc, char **argv)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), room = SINK_BUFFER;
	struct sockaddr_in a;

	if (argc == 4 && !strcmp(argv[1], "sink")) {
		a = address(argv);
		setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof(room));
		if (bind(fd, (struct sockaddr *)&a, sizeof(a)))
			err(1, "bind");
		puts("ready");
		fflush(stdout);
		sink(fd);
	} else if (argc == 7 && !strcmp(argv[1], "send")) {
		a = address(argv);
		if (connect(fd, (struct sockaddr *)&a, sizeof(a)))
			err(1, "connect");
		blast(fd, payload_size(argv[4]), atof(argv[5]), atof(argv[6]));
	} else {
		errx(2, "see the head of udp_blast.c");
	}
	return 0;
}
