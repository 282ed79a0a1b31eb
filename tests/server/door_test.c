/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Connections before they are sessions: peers that do not speak TLS, or stop halfway, and TLS
 * clients whose request is SSTP's or another. A worker's loop runs here, over socket pairs; the
 * client's bytes arrive at once, and in a second run byte by byte.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include <linux/sockios.h>

#include "auth/auth_backend.h"
#include "server/bans.h"
#include "server/worker.h"
#include "tls/cert.h"
#include "tls/cert_load.h"
#include "tls/cert_make.h"
#include "tls/cert_name.h"
#include "tls/open.h"

#define URI "/sra_{BA195980-CD49-458b-9E23-C84EE0ADCD75}/"
#define SSTP "SSTP_DUPLEX_POST " URI " HTTP/1.1\r\nHost: vpn.example.net\r\n\r\n"
#define REFUSAL "\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
#define NOT_FOUND "HTTP/1.1 404 Not Found" REFUSAL
#define NOT_SSTP "the peer does not speak SSTP"

enum {
	WAIT_MS = 120 * 1000,
	ROOM = 64 * 1024,
	CERTS = 3,
};

static const char *const names[CERTS] = { "vpn.example.net", "*.example.org", "other.example.net" };

static struct {
	char folder[32], cert[CERTS][64], key[CERTS][64], pin[CERTS][64];
	struct tls_server_cfg identities[CERTS];
	struct tls_ctx *client_ctx;
	struct server_cfg cfg;
	struct server_state shared;
	struct worker worker;
	int device; /* our end of the socket pair that is the worker's TUN device */
	struct loop_timer give_up;
	struct loop_task look;
	bool (*is_enough)(void);
	char ended[512]; /* the last log line about the end of a connection */
	/* the client */
	int fd;
	bool is_hung_up; /* by the server */
	struct tls *tls;
	size_t hello_step; /* bytes of the ClientHello sent at a time; 0: all at once */
	bool is_up;
	uint8_t cipher[ROOM], plain[ROOM];
	size_t plain_len;
	bool has_close_notify;
} t;

static const struct auth_backend backend = { .name = "not asked" };

static void note_ends(enum log_level level, const char *name, const char *line)
{
	const char *at = strstr(line, ": ended: ");

	(void)level;
	(void)name;
	if (at)
		snprintf(t.ended, sizeof(t.ended), "%s", at + strlen(": ended: "));
}

/* ---- the loop runs until the test has seen enough */

static void time_is_up(struct loop_timer *timer)
{
	(void)timer;
	fail_msg("nothing happened for too long");
}

static void look(struct loop_task *task)
{
	if (t.is_enough())
		loop_stop(t.worker.loop);
	else
		loop_post(t.worker.loop, task);
}

static void run_until(bool (*is_enough)(void))
{
	t.is_enough = is_enough;
	loop_post(t.worker.loop, &t.look);
	loop_timer_set(t.worker.loop, &t.give_up, loop_now(t.worker.loop) + WAIT_MS);
	assert_int_equal(loop_run(t.worker.loop), 0);
	loop_timer_stop(t.worker.loop, &t.give_up);
}

/* ---- a client */

static void connect_from(uint32_t source)
{
	struct ip_addr from = ip_from_v4(source);
	struct arrival a = { .peer = ip_sockaddr(&from, 0) };
	int fds[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds),
			 0);
	t.fd = fds[1];
	t.is_hung_up = t.is_up = t.has_close_notify = false;
	t.plain_len = 0;
	t.ended[0] = '\0';
	t.worker.session_count++;
	door_expect(&t.worker.door);
	a.fd = fds[0];
	assert_true(door_accept(&t.worker.door, ++t.shared.next_session, &a));
	assert_int_equal(t.worker.host.half_open.count, 1);
}

static void connect_one(void)
{
	connect_from(0);
}

static void disconnect(void)
{
	tls_close(t.tls);
	t.tls = NULL;
	close(t.fd);
}

static bool has_hung_up(void)
{
	ssize_t n;

	while ((n = recv(t.fd, t.cipher, sizeof(t.cipher), 0)) > 0)
		;
	t.is_hung_up = n == 0 || errno != EAGAIN;
	return t.is_hung_up;
}

/* The server closed the connection, or reset it. */
static bool is_all_read(void)
{
	int left;

	assert_int_equal(ioctl(t.fd, SIOCOUTQ, &left), 0);
	return !left || has_hung_up();
}

static bool is_none_half_open(void)
{
	return !t.worker.host.half_open.count;
}

/* After a response the server waits for the client's end. */
static void hang_up(void)
{
	shutdown(t.fd, SHUT_WR);
	run_until(is_none_half_open);
}

static void assert_none_left(void)
{
	assert_int_equal(t.worker.host.half_open.count, 0);
	assert_int_equal(t.worker.host.open.count, 0);
	assert_int_equal(t.worker.session_count, 0);
	assert_int_equal(t.worker.door.half_open_count, 0);
}

static void send_raw(const void *at, size_t len, size_t step)
{
	const uint8_t *byte = at;

	for (size_t n = 0; n < len && !t.is_hung_up; n += step) {
		size_t part = len - n < step ? len - n : step;

		if (send(t.fd, byte + n, part, MSG_NOSIGNAL) != (ssize_t)part)
			break;
		run_until(is_all_read);
	}
}

/* ---- the same with TLS */

static void send_cipher(void *arg, const uint8_t *at, size_t len)
{
	(void)arg;
	if (t.hello_step)
		send_raw(at, len, t.hello_step);
	else if (send(t.fd, at, len, MSG_NOSIGNAL) < 0)
		assert_int_not_equal(errno, EAGAIN); /* it has hung up */
}

static void read_tls(void)
{
	ssize_t n;

	while ((n = tls_read(t.tls, t.plain + t.plain_len, ROOM - t.plain_len)) > 0)
		t.plain_len += (size_t)n;
	t.has_close_notify |= n == TLS_CLOSED;
}

static void pump_client(void)
{
	ssize_t n = recv(t.fd, t.cipher, sizeof(t.cipher), 0);

	if (n <= 0) {
		t.is_hung_up |= !n || errno != EAGAIN;
		return;
	}
	tls_input(t.tls, t.cipher, (size_t)n);
	if (!t.is_up)
		t.is_up = tls_handshake(t.tls) == 1;
	if (t.is_up)
		read_tls();
}

static bool is_up(void)
{
	pump_client();
	return t.is_up;
}

static bool has_ended(void)
{
	pump_client();
	return t.is_hung_up;
}

/* The request has been handled: the connection is a session, or has ended. */
static bool is_decided(void)
{
	pump_client();
	return t.is_hung_up || session_find(&t.worker.host, t.shared.next_session);
}

static void start_tls(const char *sni, size_t hello_step)
{
	struct tls_session_cfg cfg = { .name = "vpn.example.net", .sni = sni, .send = send_cipher };

	connect_one();
	if (!sni)
		cfg.name = "192.0.2.1"; /* an address, for which no SNI is sent */
	assert_int_equal(tls_open(t.client_ctx, &cfg, &t.tls), 0);
	t.hello_step = hello_step;
	tls_handshake(t.tls);
	t.hello_step = 0;
}

static void connect_tls(const char *sni, size_t hello_step)
{
	start_tls(sni, hello_step);
	run_until(is_up);
}

static bool is_all_read_or_decided(void)
{
	int left;

	if (is_decided())
		return true;
	assert_int_equal(ioctl(t.fd, SIOCOUTQ, &left), 0);
	return !left;
}

static void send_tls(const char *at, size_t len, size_t step)
{
	for (size_t n = 0; n < len && !t.is_hung_up; n += step) {
		tls_write(t.tls, (const uint8_t *)at + n, len - n < step ? len - n : step);
		run_until(is_all_read_or_decided);
	}
}

/* ---- the cases: without TLS */

#define BYTES(text) text, sizeof(text) - 1

static const struct {
	const char *name;
	const char *at;
	size_t len;
	const char *ended;
} strangers[] = {
	{ "nothing", BYTES(""), "the peer closed the connection during the TLS handshake" },
	{ "half a ClientHello", BYTES("\x16\x03\x01\x00\xc8\x01\x00\x00\xc4\x03\x03\x20\x21"),
	  "the peer closed the connection during the TLS handshake" },
	{ "half a record header", BYTES("\x16\x03"),
	  "the peer closed the connection during the TLS handshake" },
	{ "plain HTTP", BYTES("GET / HTTP/1.1\r\nHost: vpn.example.net\r\n\r\n"),
	  "TLS: the client does not speak TLS; it sent \"GET /" },
	{ "SSLv2's hello", BYTES("\x80\x2e\x01\x03\x01\x00\x15\x00\x00\x00\x10\x01\x00\x80\x02"),
	  "TLS: the client does not speak TLS; it sent \"\\x80" },
	{ "SSH", BYTES("SSH-2.0-OpenSSH_9.2\r\n"),
	  "TLS: the client does not speak TLS; it sent \"SSH-2" },
	{ "a fatal alert", BYTES("\x15\x03\x01\x00\x02\x02\x28"),
	  "TLS: the client sent the TLS alert handshake_failure" },
	{ "a hello of nonsense", BYTES("\x16\x03\x01\x00\x06\x01\x00\x00\x02\xff\xff"), "TLS: " },
	{ "a hello of 16 MiB", BYTES("\x16\x03\x01\x00\x06\x01\xff\xff\xff\x03\x03"), "TLS: " },
};

static void strangers_end_at_the_door(void **state)
{
	(void)state;
	for (size_t i = 0; i < 2 * sizeof(strangers) / sizeof(*strangers); i++) {
		size_t n = i / 2, step = i % 2 ? 1 : ROOM;

		print_message("# %s%s\n", strangers[n].name, i % 2 ? ", byte by byte" : "");
		connect_one();
		send_raw(strangers[n].at, strangers[n].len, step);
		shutdown(t.fd, SHUT_WR);
		run_until(has_hung_up);
		assert_memory_equal(t.ended, strangers[n].ended, strlen(strangers[n].ended));
		assert_none_left();
		disconnect();
	}
	assert_int_equal(t.worker.host.stats.connections,
			 2 * sizeof(strangers) / sizeof(*strangers));
}

/* A handshake without an end: records of a ClientHello that is never complete. */
static void an_endless_hello_ends(void **state)
{
	static uint8_t record[5 + 16384] = { 0x16, 0x03, 0x01, 0x40, 0x00, 0x01, 0x00, 0xff, 0xf0 };

	(void)state;
	connect_one();
	for (int i = 0; i < 4 && !t.is_hung_up; i++)
		send_raw(record, sizeof(record), sizeof(record));
	run_until(has_hung_up);
	assert_memory_equal(t.ended, "TLS: ", 5);
	assert_none_left();
	disconnect();
}

static bool end_is_logged(void)
{
	return t.ended[0];
}

enum { BALANCER = 0xc6336401, BANNED = 0xc0000207 };

static void ban(uint32_t source)
{
	struct registration reg = { .source = ip_from_v4(source) };

	t.cfg.max_failures = 1;
	for (int i = 0; i < 2 * BANS_SOURCE_PART; i++) {
		char user[2] = { (char)('a' + i), '\0' };

		reg.user = user;
		registry_may_log_in(t.shared.registry, &reg, false, loop_now(t.worker.loop));
	}
}

/* Without a TLS handshake; the others' connections are not affected. */
static void a_banned_source_is_refused(void **state)
{
	static const uint8_t access_denied[] = { 21, 3, 3, 0, 2, 2, 49 };
	uint8_t alert[32];

	(void)state;
	ban(BANNED);
	connect_from(BANNED);
	assert_int_equal(send(t.fd, "\x16\x03", 2, 0), 2);
	run_until(end_is_logged);
	assert_string_equal(t.ended, "refused: too many failed logins before");
	assert_int_equal(recv(t.fd, alert, sizeof(alert), 0), sizeof(access_denied));
	assert_memory_equal(alert, access_denied, sizeof(access_denied));
	assert_none_left();
	disconnect();
	connect_from(0xc0000208);
	assert_int_equal(send(t.fd, "SSH-2.0", 7, 0), 7);
	run_until(end_is_logged);
	assert_memory_equal(t.ended, "TLS: ", 5);
	disconnect();
	registry_lift_bans(t.shared.registry);
	connect_from(BANNED);
	assert_int_equal(send(t.fd, "SSH-2.0", 7, 0), 7);
	run_until(end_is_logged);
	assert_memory_equal(t.ended, "TLS: ", 5);
	disconnect();
}

/* ---- with a PROXY header */

#define V2 "\r\n\r\n\0\r\nQUIT\n"

static const struct {
	const char *name;
	uint32_t source;
	const char *at;
	size_t len;
	const char *ended;
} headers[] = {
	{ "v1 of a banned client", BALANCER,
	  BYTES("PROXY TCP4 192.0.2.7 198.51.100.1 50000 443\r\nSSH-2.0"),
	  "refused: too many failed logins before" },
	{ "v2 of a banned client", BALANCER,
	  BYTES(V2 "\x21\x11\x00\x0c\xc0\x00\x02\x07\xc6\x33\x64\x01\xc3\x50\x01\xbbSSH-2.0"),
	  "refused: too many failed logins before" },
	{ "v1 of another client", BALANCER,
	  BYTES("PROXY TCP4 192.0.2.8 198.51.100.1 50000 443\r\nSSH-2.0"),
	  "TLS: the client does not speak TLS; it sent \"SSH-2" },
	{ "a header alone", BALANCER, BYTES("PROXY TCP4 192.0.2.8 198.51.100.1 50000 443\r\n"),
	  "the peer closed the connection during the TLS handshake" },
	{ "unknown", BALANCER, BYTES("PROXY UNKNOWN\r\nSSH-2.0"),
	  "TLS: the client does not speak TLS; it sent \"SSH-2" },
	{ "half a header", BALANCER, BYTES("PROXY TCP4 192.0.2.8 198.51."),
	  "the peer closed the connection before the PROXY header" },
	{ "no header", BALANCER, BYTES("\x16\x03\x01\x00\xc8"), "no PROXY header" },
	{ "from another source", 0xc6336402,
	  BYTES("PROXY TCP4 192.0.2.7 198.51.100.1 50000 443\r\n"),
	  "TLS: the client does not speak TLS; it sent \"PROXY" },
};

/* Bans apply to the client that the header names. */
static void a_load_balancer_names_the_client(void **state)
{
	struct ip_prefix balancer = { ip_from_v4(BALANCER), 32 };

	(void)state;
	t.cfg.front.proxy_from = (struct source_list){ .at = &balancer, .count = 1 };
	ban(BANNED);
	for (size_t i = 0; i < 2 * sizeof(headers) / sizeof(*headers); i++) {
		size_t n = i / 2, step = i % 2 ? 1 : ROOM;

		print_message("# %s%s\n", headers[n].name, i % 2 ? ", byte by byte" : "");
		connect_from(headers[n].source);
		send_raw(headers[n].at, headers[n].len, step);
		shutdown(t.fd, SHUT_WR);
		run_until(has_hung_up);
		assert_memory_equal(t.ended, headers[n].ended, strlen(headers[n].ended));
		assert_none_left();
		disconnect();
	}
}

/* ---- with TLS */

static const struct {
	const char *sni;
	size_t number; /* of the certificate */
} choices[] = {
	{ "vpn.example.net", 0 }, { "other.example.net", 2 },
	{ "a.example.org", 1 },   { "OTHER.Example.NET", 2 },
	{ "a.b.example.org", 0 }, /* no certificate matches: the first one */
	{ "example.com", 0 },     { NULL, 0 },
};

/* In any split of the ClientHello; and the crypto binding is of the certificate that was sent. */
static void the_name_chooses_the_certificate(void **state)
{
	static const size_t steps[] = { 0, 1, 100 };
	uint8_t sha1[SHA1_LEN], sha256[2][SHA256_LEN];
	const struct session *s;

	(void)state;
	for (size_t i = 0; i < 3 * sizeof(choices) / sizeof(*choices); i++) {
		size_t n = i / 3;

		print_message("# %s, %zu bytes at a time\n",
			      choices[n].sni ? choices[n].sni : "none", steps[i % 3]);
		connect_tls(choices[n].sni, steps[i % 3]);
		assert_true(cert_is_for(tls_peer_leaf(t.tls), choices[n].number == 1
								      ? "a.example.org"
								      : names[choices[n].number]));
		send_tls(SSTP, strlen(SSTP), ROOM);
		s = session_find(&t.worker.host, t.shared.next_session);
		assert_non_null(s);
		tls_binding_hashes(t.tls, sha1, sha256[0]);
		tls_binding_hashes(s->tunnel.wire.tls, sha1, sha256[1]);
		assert_memory_equal(sha256[0], sha256[1], SHA256_LEN);
		assert_memory_equal(s->tunnel.login->sstp.cert_sha256, sha256[0], SHA256_LEN);
		shutdown(t.fd, SHUT_WR);
		run_until(has_ended);
		assert_none_left();
		disconnect();
	}
}

/* Also where there is one certificate; and a name that it has is served as ever. */
static void a_name_that_is_not_known_is_refused(void **state)
{
	static const struct {
		const char *sni, *ended;
	} cases[] = {
		{ "a.b.example.org",
		  "refused: no certificate is for \"a.b.example.org\" (--strict-sni)" },
		{ NULL, "refused: the client asks for no server name (--strict-sni)" },
	};

	(void)state;
	t.shared.credentials.certs.is_strict = true;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		start_tls(cases[i].sni, 0);
		run_until(has_ended);
		assert_string_equal(t.ended, cases[i].ended);
		assert_non_null(strstr(tls_error_of(t.tls)->text, "alert unrecognized_name"));
		assert_none_left();
		disconnect();
	}
	connect_tls("vpn.example.net", 0);
	disconnect();
}

static const struct {
	const char *name, *request, *response, *ended;
} others[] = {
	{ "a browser", "GET / HTTP/1.1\r\nHost: vpn.example.net\r\n\r\n", NOT_FOUND, NOT_SSTP },
	{ "a health check", "HEAD / HTTP/1.0\r\n\r\n", NOT_FOUND, NOT_SSTP },
	{ "a form with content", "POST / HTTP/1.1\r\nContent-Length: 3\r\n\r\na=b", NOT_FOUND,
	  NOT_SSTP },
	{ "OPTIONS", "OPTIONS * HTTP/1.1\r\n\r\n", "HTTP/1.1 501 Not Implemented" REFUSAL,
	  NOT_SSTP },
	{ "garbage", "\x05\x01\xff\r\n\r\n", "HTTP/1.1 400 Bad Request" REFUSAL, NOT_SSTP },
	{ "half a request", "SSTP_DUPLEX_POST /", "",
	  "the peer closed the connection without a request" },
	{ "nothing", "", "", "the peer closed the connection without a request" },
};

static void other_requests_get_a_response(void **state)
{
	(void)state;
	for (size_t i = 0; i < 2 * sizeof(others) / sizeof(*others); i++) {
		size_t n = i / 2, step = i % 2 ? 1 : ROOM;

		print_message("# %s%s\n", others[n].name, i % 2 ? ", byte by byte" : "");
		connect_tls("vpn.example.net", 0);
		send_tls(others[n].request, strlen(others[n].request), step);
		if (!*others[n].response)
			tls_notify_close(t.tls);
		run_until(has_ended);
		assert_int_equal(t.plain_len, strlen(others[n].response));
		assert_memory_equal(t.plain, others[n].response, t.plain_len);
		assert_int_equal(t.has_close_notify, *others[n].response != '\0');
		assert_string_equal(t.ended, others[n].ended);
		hang_up();
		assert_none_left();
		disconnect();
	}
}

static void a_request_without_an_end_is_refused(void **state)
{
	static char request[SSTP_HTTP_MAX] = "SSTP_DUPLEX_POST " URI " HTTP/1.1\r\nX: ";

	(void)state;
	memset(request + strlen(request), 'x', sizeof(request) - strlen(request));
	for (size_t step = 1000; step < 20000; step += 18000) {
		connect_tls("vpn.example.net", 0);
		send_tls(request, sizeof(request) - 1, step);
		assert_int_equal(t.worker.host.half_open.count, 1);
		assert_false(t.is_hung_up);
		send_tls(request, 1, 1);
		run_until(has_ended);
		t.plain[t.plain_len] = '\0';
		assert_string_equal(t.plain, "HTTP/1.1 400 Bad Request" REFUSAL);
		hang_up();
		assert_none_left();
		disconnect();
	}
}

/* It reads the response only after it has sent its whole content. */
static void a_client_that_sends_on_gets_its_response(void **state)
{
	static const char request[] = "POST / HTTP/1.1\r\nContent-Length: 400000\r\n\r\n";
	static const uint8_t content[4000];

	(void)state;
	connect_tls("vpn.example.net", 0);
	tls_write(t.tls, (const uint8_t *)request, sizeof(request) - 1);
	for (int i = 0; i < 100; i++) {
		run_until(is_all_read);
		assert_false(t.is_hung_up);
		assert_int_equal(send(t.fd, content, sizeof(content), MSG_NOSIGNAL),
				 sizeof(content));
	}
	run_until(has_ended);
	assert_int_equal(t.plain_len, strlen(NOT_FOUND));
	assert_memory_equal(t.plain, NOT_FOUND, t.plain_len);
	assert_int_equal(t.worker.host.half_open.count, 1);
	hang_up();
	assert_none_left();
	disconnect();
}

/* [MS-SSTP] 2.2.9, for PPP; in the same record as the request, or after it. */
static const char connect_request[] = "\x10\x01\x00\x0e\x00\x01\x00\x01\x00\x01\x00\x06\x00\x01";

static bool has_connect_ack(void)
{
	static const uint8_t ack[] = { 0x10, 0x01, 0x00, 0x30, 0x00, 0x02 };

	pump_client();
	for (size_t i = 0; i + sizeof(ack) <= t.plain_len; i++)
		if (!memcmp(t.plain + i, ack, sizeof(ack)))
			return true;
	return false;
}

/*
 * Data after the request is not lost; the session has the list position and id of the connection.
 */
static void a_request_for_sstp_becomes_a_session(void **state)
{
	static const size_t steps[] = { ROOM, sizeof(SSTP) - 1, 1, 7 };
	char all[sizeof(SSTP) + sizeof(connect_request)];
	const struct session *s;

	(void)state;
	memcpy(all, SSTP, sizeof(SSTP) - 1);
	memcpy(all + sizeof(SSTP) - 1, connect_request, sizeof(connect_request));
	for (size_t i = 0; i < sizeof(steps) / sizeof(*steps); i++) {
		connect_tls("vpn.example.net", 0);
		assert_null(session_find(&t.worker.host, t.shared.next_session));
		t.worker.host.half_open.first->started_ms -= 7;
		send_tls(all, sizeof(SSTP) - 1 + sizeof(connect_request) - 1, steps[i]);
		run_until(has_connect_ack);
		s = session_find(&t.worker.host, t.shared.next_session);
		assert_non_null(s);
		assert_ptr_equal(t.worker.host.half_open.first, &s->half_open);
		assert_int_equal(t.worker.host.half_open.count, 1);
		assert_in_range(loop_now(t.worker.loop) - s->started_ms, 7, WAIT_MS);
		assert_memory_equal(t.plain, "HTTP/1.1 200 OK\r\n", 17);
		shutdown(t.fd, SHUT_WR);
		run_until(has_ended);
		assert_none_left();
		disconnect();
	}
}

/* The worker stops, or is closed, with connections in each stage. */
static void a_worker_that_stops_hangs_up(void **state)
{
	(void)state;
	for (int is_up = 0; is_up < 2; is_up++) {
		if (is_up)
			connect_tls("vpn.example.net", 0);
		else
			connect_one();
		t.worker.host.half_open.first->shut_down(t.worker.host.half_open.first);
		assert_none_left();
		assert_string_equal(t.ended, "disconnected");
		disconnect();
	}
	connect_tls("vpn.example.net", 0);
	worker_close(&t.worker);
	assert_true(has_hung_up());
	disconnect();
}

static int set_up_with(size_t cert_count)
{
	struct error err;
	struct tun *tun;
	int fds[2];

	for (size_t i = 0; i < CERTS; i++)
		t.identities[i] =
			(struct tls_server_cfg){ .cert_file = t.cert[i], .key_file = t.key[i] };
	t.cfg = (struct server_cfg){ .certs = t.identities,
				     .cert_count = cert_count,
				     .mtu = 1400,
				     .hashes = SSTP_HASH_SHA256,
				     .auth = { PPP_AUTH_PAP },
				     .auth_count = 1,
				     .name = "server" };
	assert_true(ip_prefix_parse("10.9.0.0/24", &t.cfg.network));
	t.shared = (struct server_state){ .cfg = &t.cfg,
					  .workers = &t.worker,
					  .worker_count = 1,
					  .limits = door_limits(100, 100, 1) };
	t.give_up.expired = time_is_up;
	t.look = (struct loop_task){ .run = look };
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, fds) || tun_adopt(fds[0], &tun))
		return -1;
	t.device = fds[1];
	return certs_open(&t.shared.credentials.certs, &t.cfg, &err) ||
	       registry_open(&t.cfg, &t.shared.registry) ||
	       auth_open(&backend, NULL, &t.shared.auth) ||
	       worker_open(&t.worker, &t.shared, 0, tun);
}

static int set_up(void **state)
{
	(void)state;
	return set_up_with(1);
}

static int set_up_with_choice(void **state)
{
	(void)state;
	return set_up_with(CERTS);
}

static int tear_down(void **state)
{
	(void)state;
	worker_close(&t.worker);
	registry_close(t.shared.registry);
	auth_close(t.shared.auth);
	credentials_close(&t.shared.credentials);
	close(t.device);
	return 0;
}

static int make_certificate(size_t number, struct error *err)
{
	static struct cert_info info;
	static uint8_t der[4096];
	struct cert_request rq = { .names = &names[number], .name_count = 1, .days = 1 };
	size_t len;

	snprintf(t.cert[number], sizeof(t.cert[number]), "%s/cert%zu", t.folder, number);
	snprintf(t.key[number], sizeof(t.key[number]), "%s/key%zu", t.folder, number);
	if (cert_make(&rq, t.cert[number], t.key[number], false, err) ||
	    cert_load(t.cert[number], der, sizeof(der), &len, err) ||
	    !cert_read(bytes_of(der, len), &info))
		return -1;
	strcpy(t.pin[number], info.pin);
	return 0;
}

static int make_certificates(void **state)
{
	const char *const pins[CERTS] = { t.pin[0], t.pin[1], t.pin[2] };
	struct tls_client_cfg client = { .pins = pins, .pin_count = CERTS };
	struct error err;

	(void)state;
	strcpy(t.folder, "/tmp/door_test.XXXXXX");
	if (!mkdtemp(t.folder))
		return -1;
	for (size_t i = 0; i < CERTS; i++)
		if (make_certificate(i, &err))
			return -1;
	log_set_level(LOG_LEVEL_DEBUG);
	log_set_sink(note_ends);
	return tls_ctx_client(&client, &t.client_ctx, &err);
}

static int remove_certificates(void **state)
{
	(void)state;
	tls_ctx_release(t.client_ctx);
	for (size_t i = 0; i < CERTS; i++) {
		unlink(t.cert[i]);
		unlink(t.key[i]);
	}
	return rmdir(t.folder);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
#define CASE_WITH_CHOICE(name)                                                    \
	{                                                                         \
#name " with a choice", name, set_up_with_choice, tear_down, NULL \
	}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(strangers_end_at_the_door),
		CASE_WITH_CHOICE(strangers_end_at_the_door),
		CASE(a_banned_source_is_refused),
		CASE(a_load_balancer_names_the_client),
		CASE_WITH_CHOICE(a_load_balancer_names_the_client),
		CASE(an_endless_hello_ends),
		CASE_WITH_CHOICE(an_endless_hello_ends),
		CASE_WITH_CHOICE(the_name_chooses_the_certificate),
		CASE(a_name_that_is_not_known_is_refused),
		CASE_WITH_CHOICE(a_name_that_is_not_known_is_refused),
		CASE(other_requests_get_a_response),
		CASE(a_request_without_an_end_is_refused),
		CASE(a_client_that_sends_on_gets_its_response),
		CASE(a_request_for_sstp_becomes_a_session),
		CASE_WITH_CHOICE(a_request_for_sstp_becomes_a_session),
		CASE(a_worker_that_stops_hangs_up),
	};

	return cmocka_run_group_tests_name("server/door", tests, make_certificates,
					   remove_certificates);
}
