/* SPDX-License-Identifier: GPL-3.0-or-later */
/* TLS to a proxy: the test is the tunnel at one end and the proxy at the other. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "support/pki.h"
#include "tls/open.h"
#include "tunnel/proxy_tls.h"

enum { TURNS = 20000, CHUNK = 5000 };

static struct pki pki;
static struct pki_files leaf;
static struct tls_ctx *client_ctx, *server_ctx;
static struct loop *loop;
static struct reach_cover *cover;
static int inner, line; /* the tunnel's end, and the proxy's; -1: closed */
static struct tls *server;
static bool is_up;      /* the proxy's handshake is done */
static ssize_t result;  /* of its last tls_read */
static bool has_failed; /* its handshake */
static uint8_t seen[4 << 20];
static size_t seen_len; /* by the proxy */

/* ---- the proxy */

static void send_to_line(void *arg, const uint8_t *at, size_t len)
{
	(void)arg;
	while (len) {
		ssize_t n = send(line, at, len, MSG_NOSIGNAL);

		if (n < 0)
			return; /* the tunnel's side has ended */
		at += n;
		len -= (size_t)n;
	}
}

static void read_line(void)
{
	static uint8_t in[16384];
	ssize_t n = line < 0 ? -1 : recv(line, in, sizeof(in), MSG_DONTWAIT);

	if (n <= 0)
		return;
	tls_input(server, in, (size_t)n);
	if (!is_up) {
		int hands = tls_handshake(server);

		has_failed = hands == TLS_FAILED;
		is_up = hands == 1;
		if (!is_up)
			return;
	}
	while ((result = tls_read(server, seen + seen_len, sizeof(seen) - seen_len)) > 0)
		seen_len += (size_t)result;
}

/* ---- turns of the loop */

static void stop(struct loop_timer *t)
{
	(void)t;
	loop_stop(loop);
}

static struct loop_timer now = { .expired = stop };

static void turn(bool proxy_reads)
{
	loop_timer_set(loop, &now, 0);
	assert_int_equal(loop_run(loop), 0);
	if (proxy_reads)
		read_line();
}

#define UNTIL(what)                                \
	do {                                       \
		int turns = 0;                     \
		while (!(what) && ++turns < TURNS) \
			turn(true);                \
		assert_true(what);                 \
	} while (0)

static uint8_t byte_at(size_t i)
{
	return (uint8_t)(i * 7 + i / 251);
}

/* Writes as much of `len` bytes as the pair takes, from the place `*done` on. */
static void write_some(size_t *done, size_t len)
{
	uint8_t chunk[CHUNK];
	size_t n = len - *done < CHUNK ? len - *done : CHUNK;
	ssize_t sent;

	for (size_t i = 0; i < n; i++)
		chunk[i] = byte_at(*done + i);
	sent = send(inner, chunk, n, MSG_NOSIGNAL | MSG_DONTWAIT);
	*done += sent > 0 ? (size_t)sent : 0;
}

static bool read_some(size_t *done)
{
	uint8_t chunk[CHUNK];
	ssize_t n = recv(inner, chunk, sizeof(chunk), MSG_DONTWAIT);

	for (ssize_t i = 0; i < n; i++)
		assert_int_equal(chunk[i], byte_at(*done + (size_t)i));
	*done += n > 0 ? (size_t)n : 0;
	return n == 0;
}

static bool inner_has_ended(void)
{
	uint8_t byte;

	return !recv(inner, &byte, 1, MSG_DONTWAIT | MSG_PEEK);
}

/* ---- set-up */

static void open_cover(const char *host)
{
	struct tls_session_cfg cfg = { .send = send_to_line };
	struct reach_proxy proxy = { .host = host, .cover_arg = client_ctx };
	int ends[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
	assert_int_equal(fcntl(ends[0], F_SETFL, O_NONBLOCK), 0);
	line = ends[1];
	assert_int_equal(tls_open(server_ctx, &cfg, &server), 0);
	assert_int_equal(proxy_tls_cover(&proxy, loop, ends[0], &inner, &cover), 0);
}

static int set_up(void **state)
{
	(void)state;
	is_up = has_failed = false;
	result = TLS_WANT_INPUT;
	seen_len = 0;
	if (loop_open(&loop))
		return -1;
	open_cover("vpn.example.net");
	return 0;
}

static void close_line(void)
{
	if (line >= 0)
		close(line);
	line = -1;
}

static void close_inner(void)
{
	if (inner >= 0)
		close(inner);
	inner = -1;
}

static void close_cover(void)
{
	if (cover)
		cover->close(cover);
	cover = NULL;
}

static int tear_down(void **state)
{
	(void)state;
	close_inner();
	close_cover();
	close_line();
	tls_close(server);
	loop_timer_stop(loop, &now);
	loop_close(loop);
	return 0;
}

static int group_set_up(void **state)
{
	struct error err;

	(void)state;
	pki_init(&pki, "proxy_tls");
	pki_issue(&pki, &(struct pki_leaf){ .common_name = NULL }, &leaf);
	return tls_ctx_client(&(struct tls_client_cfg){ .ca_file = pki.ca_file }, &client_ctx,
			      &err) ||
	       tls_ctx_server(&(struct tls_server_cfg){ .cert_file = leaf.cert,
							.key_file = leaf.key },
			      &server_ctx, &err);
}

static int group_tear_down(void **state)
{
	(void)state;
	tls_ctx_release(client_ctx);
	tls_ctx_release(server_ctx);
	pki_free(&pki);
	return 0;
}

/* ---- cases */

/* What is written before the handshake is done waits for it. */
static void to_the_proxy(void **state)
{
	size_t done = 0, len = 1 << 20;

	(void)state;
	write_some(&done, len);
	assert_int_equal(done, CHUNK);
	UNTIL((write_some(&done, len), seen_len == len));
	for (size_t i = 0; i < len; i++)
		assert_int_equal(seen[i], byte_at(i));
	assert_null(cover->failure(cover));
}

static void from_the_proxy(void **state)
{
	uint8_t record[CHUNK];
	size_t done = 0, sent = 0, len = 200 * CHUNK;

	(void)state;
	UNTIL(is_up);
	while (done < len) {
		for (size_t i = 0; i < CHUNK; i++)
			record[i] = byte_at(sent + i);
		if (sent < len)
			assert_int_equal(tls_write(server, record, CHUNK), 0);
		sent += CHUNK;
		turn(true);
		turn(true);
		read_some(&done);
		read_some(&done);
	}
	assert_int_equal(done, len);
}

/* The tunnel gets all that came before. */
static void the_proxy_closes(void **state)
{
	uint8_t record[CHUNK];
	size_t done = 0;
	bool has_ended = false;

	(void)state;
	UNTIL(is_up);
	for (size_t i = 0; i < CHUNK; i++)
		record[i] = byte_at(i);
	assert_int_equal(tls_write(server, record, CHUNK), 0);
	tls_notify_close(server);
	close_line();
	UNTIL((has_ended = read_some(&done)));
	assert_int_equal(done, CHUNK);
	assert_int_equal(cover->fd, -1);
}

static void the_proxy_breaks_off(void **state)
{
	(void)state;
	UNTIL(is_up);
	close_line();
	UNTIL(inner_has_ended());
	assert_int_equal(cover->fd, -1);
}

static void the_tunnel_closes(void **state)
{
	size_t done = 0;

	(void)state;
	UNTIL(is_up);
	write_some(&done, CHUNK);
	close_inner();
	UNTIL(result == TLS_CLOSED);
	assert_int_equal(seen_len, CHUNK);
	assert_int_equal(cover->fd, -1);
}

/* As at the end of the program, when the loop does not turn any more. */
static void closed_with_data(void **state)
{
	size_t done = 0;

	(void)state;
	UNTIL(is_up);
	write_some(&done, CHUNK);
	close_inner();
	close_cover();
	for (int i = 0; i < 10; i++)
		read_line();
	assert_int_equal(seen_len, CHUNK);
	assert_int_equal(result, TLS_CLOSED);
}

static void closed_while_open(void **state)
{
	(void)state;
	UNTIL(is_up);
	close_cover();
	assert_true(inner_has_ended());
}

static void a_full_line(void **state)
{
	size_t done = 0, last = 1, len = 4 << 20;

	(void)state;
	UNTIL(is_up);
	while (done != last) {
		last = done;
		for (int i = 0; i < 50; i++) {
			write_some(&done, len);
			turn(false);
		}
	}
	assert_true(done < 2 << 20); /* the sockets' own buffers, and a record */
	len = done;
	UNTIL(seen_len == len);
}

static void a_tunnel_that_does_not_read(void **state)
{
	uint8_t record[CHUNK] = { 0 };
	size_t done = 0, sent = 0, pending = 1;

	(void)state;
	UNTIL(is_up);
	assert_int_equal(fcntl(line, F_SETFL, O_NONBLOCK), 0);
	while (sent < 40 * CHUNK) {
		for (size_t i = 0; i < CHUNK; i++)
			record[i] = byte_at(sent + i);
		assert_int_equal(tls_write(server, record, CHUNK), 0);
		sent += CHUNK;
		turn(true);
	}
	for (int i = 0; i < 1000; i++)
		turn(true); /* nothing more happens */
	close_line();
	while (pending) {
		pending = done;
		turn(true);
		read_some(&done);
		pending = done != pending || done < sent;
	}
	assert_int_equal(done, sent);
	UNTIL(inner_has_ended());
}

static void another_name(void **state)
{
	(void)state;
	close_inner();
	close_cover();
	close_line();
	tls_close(server);
	is_up = false;
	open_cover("other.example.net");
	UNTIL(inner_has_ended());
	assert_non_null(cover->failure(cover));
	assert_non_null(strstr(cover->failure(cover), "other.example.net"));
	UNTIL(has_failed);
}

static void no_tls(void **state)
{
	(void)state;
	assert_int_equal(send(line, "HTTP/1.1 400 Bad Request\r\n\r\n", 28, 0), 28);
	for (int i = 0; i < TURNS && !inner_has_ended(); i++)
		turn(false);
	assert_non_null(cover->failure(cover));
}

static void no_answer_at_all(void **state)
{
	(void)state;
	close_line();
	UNTIL(inner_has_ended());
	assert_non_null(cover->failure(cover));
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		CASE(to_the_proxy),
		CASE(from_the_proxy),
		CASE(the_proxy_closes),
		CASE(the_proxy_breaks_off),
		CASE(the_tunnel_closes),
		CASE(closed_with_data),
		CASE(closed_while_open),
		CASE(a_full_line),
		CASE(a_tunnel_that_does_not_read),
		CASE(another_name),
		CASE(no_tls),
		CASE(no_answer_at_all),
	};

	return cmocka_run_group_tests(tests, group_set_up, group_tear_down);
}
