/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Bytes through nothing but a TLS connection: the limit of any VPN over TLS that is built of the same
 * parts. It uses the library, the cipher, the record size and the buffers of the program's own pump,
 * and blocking sockets, which cost least where there is nothing else to do.
 *
 *	tls_pump listen ADDR PORT CERT KEY send|receive SECONDS
 *	tls_pump dial   ADDR PORT PIN      send|receive SECONDS
 *
 * One end sends for SECONDS, the other receives until there is no more. Each ends with a line of
 * JSON: bytes, seconds, and its own CPU seconds, user and kernel.
 */
#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tls/open.h"
#include "tls/tls.h"
#include "tunnel/pump.h"
#include "util/clock.h"

static _Alignas(4096) uint8_t incoming[PUMP_RECV_LEN];
static _Alignas(4096) uint8_t plain[TLS_RECORD_MAX];
static _Alignas(4096) uint8_t out[PUMP_OUT_LEN];
static size_t out_len;

static void send_out(int fd)
{
	for (size_t done = 0; done < out_len;) {
		ssize_t n = send(fd, out + done, out_len - done, MSG_NOSIGNAL);

		if (n < 0)
			err(1, "send");
		done += (size_t)n;
	}
	out_len = 0;
}

static void take_ciphertext(void *fd, const uint8_t *at, size_t len)
{
	while (len) {
		size_t part = len < sizeof(out) - out_len ? len : sizeof(out) - out_len;

		memcpy(out + out_len, at, part);
		out_len += part;
		at += part;
		len -= part;
		if (out_len >= PUMP_SEND_LEN)
			send_out(*(int *)fd);
	}
}

/* False at the end of the stream. */
static bool receive_more(int fd, struct tls *t)
{
	ssize_t n = recv(fd, incoming, sizeof(incoming), 0);

	if (n < 0)
		err(1, "recv");
	tls_input(t, incoming, (size_t)n);
	return n;
}

static void shake_hands(int fd, struct tls *t)
{
	int rc;

	while ((rc = tls_handshake(t)) == TLS_WANT_INPUT) {
		send_out(fd);
		if (!receive_more(fd, t))
			errx(1, "the peer closed during the handshake");
	}
	if (rc != 1)
		errx(1, "TLS: %s", tls_error_of(t)->text);
	send_out(fd);
}

static uint64_t send_for(int fd, struct tls *t, uint64_t ms)
{
	uint64_t sent = 0;

	for (uint64_t end = clock_now_ms() + ms; clock_now_ms() < end; sent += sizeof(plain))
		if (tls_write(t, plain, sizeof(plain)))
			errx(1, "TLS: %s", tls_error_of(t)->text);
	tls_notify_close(t);
	send_out(fd);
	shutdown(fd, SHUT_WR);
	while (recv(fd, incoming, sizeof(incoming), 0) > 0)
		; /* until the receiver has got all */
	return sent;
}

static uint64_t receive_all(int fd, struct tls *t)
{
	uint64_t received = 0;

	for (;;) {
		ssize_t n = tls_read(t, plain, sizeof(plain));

		if (n > 0)
			received += (uint64_t)n;
		else if (n == TLS_FAILED)
			errx(1, "TLS: %s", tls_error_of(t)->text);
		else if (n == TLS_CLOSED || !receive_more(fd, t))
			return received;
	}
}

static double between(const struct timeval *from, const struct timeval *to)
{
	return (double)(to->tv_sec - from->tv_sec) + (double)(to->tv_usec - from->tv_usec) / 1e6;
}

static void transfer(int fd, struct tls_ctx *ctx, const char *way, double seconds)
{
	struct tls_session_cfg cfg = { .name = "bench", .send = take_ciphertext, .arg = &fd };
	struct rusage before, after;
	struct tls *t;
	uint64_t start, bytes;
	int on = 1;

	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	if (tls_open(ctx, &cfg, &t))
		errx(1, "no memory");
	shake_hands(fd, t);
	getrusage(RUSAGE_SELF, &before);
	start = clock_now_ms();
	bytes = strcmp(way, "send") ? receive_all(fd, t)
				    : send_for(fd, t, (uint64_t)(seconds * 1e3));
	getrusage(RUSAGE_SELF, &after);
	printf("{\"bytes\": %llu, \"seconds\": %.3f, \"user\": %.4f, \"kernel\": %.4f, "
	       "\"cipher\": \"%s %s\"}\n",
	       (unsigned long long)bytes, (double)(clock_now_ms() - start) / 1e3,
	       between(&before.ru_utime, &after.ru_utime),
	       between(&before.ru_stime, &after.ru_stime), tls_version(t), tls_cipher(t));
	tls_close(t);
	close(fd);
}

static struct sockaddr_in address(char **argv)
{
	struct sockaddr_in a = { .sin_family = AF_INET };

	a.sin_port = htons((uint16_t)atoi(argv[3]));
	if (inet_pton(AF_INET, argv[2], &a.sin_addr) != 1)
		errx(2, "%s: not an IPv4 address", argv[2]);
	return a;
}

static int accept_one(const struct sockaddr_in *a)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1, peer;

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(fd, (const struct sockaddr *)a, sizeof(*a)) || listen(fd, 1))
		err(1, "listen");
	puts("ready");
	fflush(stdout);
	peer = accept4(fd, NULL, NULL, SOCK_CLOEXEC);
	if (peer < 0)
		err(1, "accept");
	close(fd);
	return peer;
}

static int dial(const struct sockaddr_in *a)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (connect(fd, (const struct sockaddr *)a, sizeof(*a)))
		err(1, "connect");
	return fd;
}

static struct tls_ctx *server_ctx(char **argv)
{
	struct tls_server_cfg cfg = { .cert_file = argv[4], .key_file = argv[5] };
	struct error error;
	struct tls_ctx *ctx;

	if (tls_ctx_server(&cfg, &ctx, &error))
		errx(1, "%s", error.text);
	return ctx;
}

static struct tls_ctx *client_ctx(char **argv)
{
	const char *pin = argv[4];
	struct tls_client_cfg cfg = { .pins = &pin, .pin_count = 1 };
	struct error error;
	struct tls_ctx *ctx;

	if (tls_ctx_client(&cfg, &ctx, &error))
		errx(1, "%s", error.text);
	return ctx;
}

int main(int argc, char **argv)
{
	struct sockaddr_in a;

	if (argc == 8 && !strcmp(argv[1], "listen")) {
		a = address(argv);
		transfer(accept_one(&a), server_ctx(argv), argv[6], atof(argv[7]));
	} else if (argc == 7 && !strcmp(argv[1], "dial")) {
		a = address(argv);
		transfer(dial(&a), client_ctx(argv), argv[5], atof(argv[6]));
	} else {
		errx(2, "see the head of tls_pump.c");
	}
	return 0;
}
