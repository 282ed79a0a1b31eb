/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * pppd as an SSTP server: takes one SSTP call and puts pppd on the other end of a pseudo-terminal,
 * so that a client meets a PPP that was not written here.
 *
 *	pppd_front CERT KEY ADDRESS PORT PASSWORD -- pppd [OPTION...]
 *
 *	TLS -> SSTP (our engine) -> HDLC -> pty -> pppd
 *
 * PPP frames go through as they are. From those of the authentication the key of the crypto
 * binding is computed (watch.h), so the client's Call-Connected is checked as a server must.
 * SIGTERM ends pppd, which closes the link itself. Events are logged to standard error, and the
 * status is 0 if the call ended properly.
 */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "e2e/peers/hdlc.h"
#include "e2e/peers/watch.h"
#include "sstp/call.h"
#include "sstp/sstp.h"
#include "tls/open.h"
#include "tls/tls.h"
#include "util/clock.h"
#include "util/ip.h"
#include "util/secret.h"

enum {
	QUEUE_SIZE = 256 * 1024,
	QUEUE_HIGH = 128 * 1024, /* do not read a queue's source while it holds more */
	READ_MAX = 16 * 1024,
	TURN_MS = 100, /* interval of checks of pppd */
	PPPD_END_MS = 3000,
	NETWORK_PROTOCOLS_END = 0x4000,
};

/* Bytes that a descriptor has not taken yet. */
struct queue {
	uint8_t at[QUEUE_SIZE];
	size_t len;
};

struct front {
	int sock, pty, slave;
	pid_t pppd;
	char **pppd_argv; /* with a place for the terminal's name */
	char *terminal;
	struct tls *tls;
	struct sstp sstp;
	struct sstp_keys keys;
	struct sstp_outbox out;
	struct hdlc hdlc;
	struct watch watch;
	bool is_up;      /* TLS is */
	bool pppd_is_up; /* it has sent something: before that it may discard its input */
	bool is_over;
	bool is_in_order;
	uint8_t plain[SSTP_HTTP_MAX + READ_MAX];
	size_t plain_len;
	struct queue to_sock, to_pty;
};

static volatile sig_atomic_t is_stopped;

static void say(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Prints with one write: pppd writes to the same descriptor. */
static void say(const char *format, ...)
{
	char text[512];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	dprintf(STDERR_FILENO, "front: %s\n", text);
}

static _Noreturn void die(const char *what)
{
	say("%s: %s", what, strerror(errno));
	exit(1);
}

static void on_stop(int signal)
{
	(void)signal;
	is_stopped = 1;
}

/* ---- queues */

static void queue_put(struct queue *q, const uint8_t *at, size_t len)
{
	if (len > sizeof(q->at) - q->len) {
		say("a queue is full");
		exit(1);
	}
	memcpy(q->at + q->len, at, len);
	q->len += len;
}

/* Writes what the descriptor takes. Returns false if it takes nothing any more. */
static bool queue_write(struct queue *q, int fd)
{
	ssize_t n = write(fd, q->at, q->len);

	if (n < 0)
		return errno == EAGAIN || errno == EINTR;
	q->len -= (size_t)n;
	memmove(q->at, q->at + n, q->len);
	return true;
}

static void take_ciphertext(void *arg, const uint8_t *at, size_t len)
{
	queue_put(&((struct front *)arg)->to_sock, at, len);
}

/* ---- pppd */

static void open_terminal(struct front *f)
{
	struct termios raw;

	f->pty = posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	if (f->pty < 0 || grantpt(f->pty) || unlockpt(f->pty))
		die("pseudo-terminal");
	f->terminal = ptsname(f->pty);
	/* kept open, so that pppd's last output can be read after it has exited */
	f->slave = open(f->terminal, O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (f->slave < 0 || tcgetattr(f->slave, &raw))
		die(f->terminal);
	cfmakeraw(&raw);
	tcsetattr(f->slave, TCSANOW, &raw);
}

static void start_pppd(struct front *f)
{
	size_t n = 0;

	open_terminal(f);
	while (f->pppd_argv[n])
		n++;
	f->pppd_argv[n] = f->terminal;
	f->pppd = fork();
	if (f->pppd < 0)
		die("fork");
	if (f->pppd)
		return;
	dup2(STDERR_FILENO, STDOUT_FILENO); /* where pppd logs to */
	execvp(f->pppd_argv[0], f->pppd_argv);
	die(f->pppd_argv[0]);
}

static void send_to_client(struct front *f, struct bytes frame)
{
	uint8_t packet[SSTP_PACKET_MAX];

	if (!sstp_ppp_is_open(&f->sstp))
		return;
	sstp_put_data_header(packet, frame.len);
	memcpy(packet + SSTP_HDR_LEN, frame.at, frame.len);
	tls_write(f->tls, packet, SSTP_HDR_LEN + frame.len);
}

/* The Success is sent first: the client's Call-Connected follows it. */
static void from_pppd(struct front *f, struct bytes frame)
{
	send_to_client(f, frame);
	if (!watch_from_pppd(&f->watch, frame))
		return;
	say("authenticated by %s", f->watch.method);
	sstp_authenticated(&f->sstp, f->watch.hlak, clock_now_ms());
}

static void to_pppd(struct front *f, struct bytes frame)
{
	uint8_t wire[HDLC_WIRE_MAX];
	struct bytes info;

	if (!sstp_is_connected(&f->sstp) && frame_protocol(frame, &info) < NETWORK_PROTOCOLS_END)
		say("data before Call-Connected");
	watch_from_client(&f->watch, frame);
	queue_put(&f->to_pty, wire, hdlc_put(wire, frame.at, frame.len));
}

static void read_pty(struct front *f)
{
	uint8_t bytes[READ_MAX];
	ssize_t n = read(f->pty, bytes, sizeof(bytes));

	for (ssize_t i = 0; i < n; i++)
		if (hdlc_take(&f->hdlc, bytes[i]))
			from_pppd(f, bytes_of(f->hdlc.frame, f->hdlc.len));
	f->pppd_is_up |= n > 0;
}

/* When pppd has exited the call ends, as a modem hangs up. */
static void look_after_pppd(struct front *f)
{
	int status;

	if (is_stopped && f->pppd)
		kill(f->pppd, SIGTERM);
	is_stopped = 0;
	if (!f->pppd || waitpid(f->pppd, &status, WNOHANG) != f->pppd)
		return;
	f->pppd = 0;
	say("pppd exited %d", WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status));
	read_pty(f);
	sstp_close(&f->sstp, clock_now_ms());
}

static void hang_up(struct front *f)
{
	uint64_t end_ms = clock_now_ms() + PPPD_END_MS;

	if (!f->pppd)
		return;
	close(f->slave);
	close(f->pty);
	while (f->pppd && clock_now_ms() < end_ms) {
		look_after_pppd(f);
		poll(NULL, 0, TURN_MS);
	}
	if (f->pppd) {
		say("pppd does not end");
		kill(f->pppd, SIGKILL);
		waitpid(f->pppd, NULL, 0);
	}
}

/* ---- SSTP */

static void ended(struct front *f, const struct sstp_out *out)
{
	enum sstp_closed why = out->closed.why;

	f->is_over = true;
	f->is_in_order = why == SSTP_CLOSED_BY_US || why == SSTP_CLOSED_BY_PEER;
	say("call ended: %s", sstp_closed_text(why));
}

static void drain(struct front *f)
{
	struct sstp_out out;

	while (sstp_next(&f->sstp, &out)) {
		switch (out.type) {
		case SSTP_OUT_SEND:
			tls_write(f->tls, out.bytes.at, out.bytes.len);
			break;
		case SSTP_OUT_START_PPP:
			start_pppd(f);
			break;
		case SSTP_OUT_PPP_FRAME:
			to_pppd(f, out.bytes);
			break;
		case SSTP_OUT_CONNECTED:
			say("Call-Connected is good");
			break;
		case SSTP_OUT_CLOSED:
			ended(f, &out);
			break;
		case SSTP_OUT_OTHER_HTTP:
			sstp_refuse_http(&f->sstp, out.other.status);
			break;
		case SSTP_OUT_HTTP_DONE:
			break;
		}
	}
}

static void take_plaintext(struct front *f)
{
	size_t at = 0, n = 1;

	while (n && at < f->plain_len) {
		n = sstp_input(&f->sstp, f->plain + at, f->plain_len - at, clock_now_ms());
		drain(f);
		at += n;
	}
	f->plain_len -= at;
	memmove(f->plain, f->plain + at, f->plain_len);
}

static void random_bytes(void *arg, void *to, size_t len)
{
	(void)arg;
	secret_random(to, len);
}

static void start_sstp(struct front *f)
{
	struct sstp_cfg cfg = {
		.role = SSTP_SERVER,
		.hashes = SSTP_HASH_SHA1 | SSTP_HASH_SHA256,
		.random = random_bytes,
	};

	tls_binding_hashes(f->tls, f->keys.cert_sha1, f->keys.cert_sha256);
	sstp_init(&f->sstp, &cfg, &f->keys);
	sstp_lend(&f->sstp, &f->out);
	sstp_open(&f->sstp, clock_now_ms());
	f->is_up = true;
	say("%s %s", tls_version(f->tls), tls_cipher(f->tls));
}

/* ---- TLS and the socket */

/* After a Call-Disconnect either end may close: [MS-SSTP] 3.1.2.2. */
static void lost(struct front *f, const char *why)
{
	if (f->is_over)
		return;
	f->is_over = true;
	f->is_in_order = f->sstp.state == SSTP_ST_DISCONNECT_TIMEOUT;
	say("%s: %s", f->is_in_order ? "call ended" : "connection lost", why);
}

static void read_sock(struct front *f)
{
	uint8_t bytes[READ_MAX];
	ssize_t n = recv(f->sock, bytes, sizeof(bytes), 0);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		lost(f, n ? strerror(errno) : "the client closed it");
		return;
	}
	tls_input(f->tls, bytes, (size_t)n);
	if (!f->is_up) {
		int done = tls_handshake(f->tls);

		if (done == TLS_FAILED)
			lost(f, tls_error_of(f->tls)->text);
		if (done != 1)
			return;
		start_sstp(f);
	}
	do {
		n = tls_read(f->tls, f->plain + f->plain_len, sizeof(f->plain) - f->plain_len);
		f->plain_len += n > 0 ? (size_t)n : 0;
		take_plaintext(f);
	} while (n > 0);
	if (n == TLS_CLOSED)
		lost(f, "close_notify");
	else if (n == TLS_FAILED)
		lost(f, tls_error_of(f->tls)->text);
}

static void turn(struct front *f)
{
	bool may_read_sock = f->to_pty.len < QUEUE_HIGH, may_read_pty = f->to_sock.len < QUEUE_HIGH;
	bool may_write_pty = f->pppd_is_up && f->to_pty.len;
	struct pollfd fds[] = {
		{ f->sock, (short)((may_read_sock ? POLLIN : 0) | (f->to_sock.len ? POLLOUT : 0)),
		  0 },
		{ f->pty, (short)((may_read_pty ? POLLIN : 0) | (may_write_pty ? POLLOUT : 0)), 0 },
	};

	poll(fds, f->pty < 0 ? 1 : 2, TURN_MS);
	if (fds[0].revents & (POLLIN | POLLHUP | POLLERR))
		read_sock(f);
	if (fds[1].revents & POLLIN)
		read_pty(f);
	look_after_pppd(f);
	if (f->is_up && clock_now_ms() >= sstp_deadline(&f->sstp))
		sstp_tick(&f->sstp, clock_now_ms());
	if (f->is_up)
		drain(f);
	if (f->to_sock.len && !queue_write(&f->to_sock, f->sock))
		lost(f, strerror(errno));
	if (f->pppd && f->pppd_is_up && f->to_pty.len)
		queue_write(&f->to_pty, f->pty);
}

static int listen_at(const char *address, const char *port)
{
	struct sockaddr_in sa = { .sin_family = AF_INET };
	struct ip_addr ip;
	int on = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (!ip_parse(address, &ip) || ip.family != AF_INET) {
		say("%s is no IPv4 address", address);
		exit(2);
	}
	sa.sin_addr.s_addr = htonl(ip_v4(&ip));
	sa.sin_port = htons((uint16_t)atoi(port));
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(fd, (struct sockaddr *)&sa, sizeof(sa)) || listen(fd, 1))
		die(address);
	say("listening");
	return fd;
}

static void accept_client(struct front *f, int fd)
{
	int on = 1;

	f->sock = accept4(fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	if (f->sock < 0)
		die("accept");
	close(fd);
	setsockopt(f->sock, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
}

/* Our last bytes are on their way; the peer may still send, and a reset would discard ours. */
static void close_connection(struct front *f)
{
	uint8_t rest[READ_MAX];

	tls_notify_close(f->tls);
	fcntl(f->sock, F_SETFL, 0);
	while (f->to_sock.len && queue_write(&f->to_sock, f->sock))
		;
	shutdown(f->sock, SHUT_WR);
	while (poll(&(struct pollfd){ f->sock, POLLIN, 0 }, 1, PPPD_END_MS) > 0 &&
	       read(f->sock, rest, sizeof(rest)) > 0)
		;
	tls_close(f->tls);
	close(f->sock);
}

static char **pppd_command(int argc, char **argv)
{
	char **all = calloc((size_t)argc + 2, sizeof(*all)); /* the terminal and the end */

	if (!all)
		die("pppd");
	memcpy(all, argv, (size_t)argc * sizeof(*all));
	return all;
}

int main(int argc, char **argv)
{
	static struct front f = { .sock = -1, .pty = -1, .slave = -1 };
	struct tls_session_cfg session = { .send = take_ciphertext, .arg = &f };
	struct tls_server_cfg cfg = { 0 };
	struct error err;
	struct tls_ctx *ctx;

	if (argc < 8 || strcmp(argv[6], "--")) {
		fprintf(stderr, "pppd_front CERT KEY ADDRESS PORT PASSWORD -- pppd [OPTION...]\n");
		return 2;
	}
	cfg.cert_file = argv[1];
	cfg.key_file = argv[2];
	f.watch.password = argv[5];
	f.pppd_argv = pppd_command(argc - 7, argv + 7);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGTERM, on_stop);
	if (tls_ctx_server(&cfg, &ctx, &err)) {
		say("%s", err.text);
		return 1;
	}
	accept_client(&f, listen_at(argv[3], argv[4]));
	if (tls_open(ctx, &session, &f.tls))
		die("TLS");
	while (!f.is_over)
		turn(&f);
	close_connection(&f);
	hang_up(&f);
	tls_ctx_release(ctx);
	free(f.pppd_argv);
	return f.is_in_order ? 0 : 1;
}
