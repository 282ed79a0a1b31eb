/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Connections to the control socket: requests that come early, replies in pieces, clients that go,
 * readers of events that do not read. Client and server are in one thread; the loop turns after each
 * step until nothing happens.
 */
#include "control/control.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "control/events.h"
#include "control/place.h"
#include "util/log.h"

enum { PIECES = 100, PIECE_LEN = 5000, TURNS = 8 };

static struct loop *loop;
static struct control *control;
static struct control_place place;
static char folder[32];

/* ---- routes */

static struct {
	struct control_waiter waiter;
	struct control_conn *conn;
	int pieces, gone;
} later;

static void get_hello(void *arg, struct control_conn *conn, const struct control_request *rq)
{
	(void)arg;
	(void)rq;
	control_reply(conn, 200, "text/plain", "hello", 5);
}

static void later_gone(struct control_waiter *w)
{
	(void)w;
	later.gone++;
	later.conn = NULL;
}

static void get_later(void *arg, struct control_conn *conn, const struct control_request *rq)
{
	(void)arg;
	(void)rq;
	later.waiter = (struct control_waiter){ NULL, later_gone };
	later.conn = conn;
	control_wait(conn, &later.waiter);
}

static void pieces_more(struct control_waiter *w)
{
	static char piece[PIECE_LEN];

	(void)w;
	memset(piece, 'p', sizeof(piece));
	if (later.pieces++ == PIECES)
		control_end(later.conn);
	else
		assert_true(control_put(later.conn, piece, sizeof(piece)));
}

static void get_pieces(void *arg, struct control_conn *conn, const struct control_request *rq)
{
	(void)arg;
	(void)rq;
	later.waiter = (struct control_waiter){ pieces_more, later_gone };
	later.conn = conn;
	later.pieces = 0;
	control_stream(conn, &later.waiter, "text/plain", "x", 1);
}

static const struct control_route routes[] = {
	{ "GET", "/hello", get_hello, true },
	{ "GET", "/later", get_later, false },
	{ "GET", "/pieces", get_pieces, false },
	{ "GET", "/events", events_subscribe, false },
};

/* ---- the two ends */

static void on_quiet(struct loop_timer *timer)
{
	(void)timer;
	loop_stop(loop);
}

static void turn(void)
{
	static struct loop_timer quiet = { .expired = on_quiet };

	for (int i = 0; i < TURNS; i++) {
		loop_timer_set(loop, &quiet, 0);
		assert_int_equal(loop_run(loop), 0);
	}
}

static void say(int fd, const char *text)
{
	assert_int_equal(send(fd, text, strlen(text), MSG_NOSIGNAL), (ssize_t)strlen(text));
	turn();
}

/* What it says is there when the server accepts it. */
static int dial_and_say(const char *text)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	memcpy(at.sun_path, place.path, sizeof(at.sun_path));
	assert_int_equal(connect(fd, (struct sockaddr *)&at, sizeof(at)), 0);
	say(fd, text);
	return fd;
}

static int dial(void)
{
	return dial_and_say("");
}

/* What comes until nothing does; *is_over: the end of the connection did. */
static char *hear(int fd, bool *is_over)
{
	static char text[4 * PIECES * PIECE_LEN];
	size_t len = 0;
	ssize_t n;

	while ((n = recv(fd, text + len, sizeof(text) - 1 - len, MSG_DONTWAIT)) > 0) {
		len += (size_t)n;
		turn();
	}
	*is_over = n == 0 || errno != EAGAIN;
	text[len] = '\0';
	return text;
}

static uint32_t head_ms; /* 0: the program's own */

static int set_up(void **state)
{
	struct control_cfg cfg = { .routes = routes,
				   .route_count = sizeof(routes) / sizeof(*routes),
				   .head_ms = head_ms,
				   .group = (gid_t)-1 };
	struct control_place_cfg where = { .group = (gid_t)-1 };
	struct error err;
	char path[64];
	int fd;

	(void)state;
	memset(&later, 0, sizeof(later));
	snprintf(folder, sizeof(folder), "/tmp/sstp-control-XXXXXX");
	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/c.sock", folder);
	where.wanted = path;
	assert_int_equal(loop_open(&loop), 0);
	cfg.loop = loop;
	assert_int_equal(control_open(&cfg, &control), 0);
	fd = control_place_open(&place, &where, &err);
	assert_true(fd >= 0);
	assert_int_equal(control_listen(control, fd, false), 0);
	assert_int_equal(events_open(loop), 0);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	control_place_close(&place);
	events_close();
	control_close(control);
	loop_close(loop);
	log_set_sink(NULL);
	return rmdir(folder); /* the socket is gone */
}

/* ---- requests and replies */

static void requests_one_after_the_other(void **state)
{
	int fd = dial();
	bool is_over;
	const char *text;

	(void)state;
	say(fd, "GET /hel");
	assert_string_equal(hear(fd, &is_over), "");
	say(fd, "lo HTTP/1.1\r\nContent-Length: 3\r\n\r\n");
	text = hear(fd, &is_over);
	assert_non_null(strstr(text, "HTTP/1.1 200 OK\r\n"));
	assert_non_null(strstr(text, "Content-Length: 5\r\n"));
	assert_non_null(strstr(text, "\r\n\r\nhello"));
	assert_false(is_over);
	/* the rest of the first one's body, and two more at once */
	say(fd, "abcHEAD /hello HTTP/1.1\r\n\r\n"
		"GET /nothing HTTP/1.1\r\nConnection: close\r\n\r\n");
	text = hear(fd, &is_over);
	assert_non_null(strstr(text, "HTTP/1.1 200 OK\r\n"));
	assert_null(strstr(text, "hello"));
	assert_non_null(strstr(text, "HTTP/1.1 404 Not Found\r\n"));
	assert_true(is_over);
	close(fd);
}

static void a_head_that_is_too_long(void **state)
{
	static char line[9000];
	int fd = dial();
	bool is_over;

	(void)state;
	memset(line, 'x', sizeof(line) - 1);
	say(fd, line);
	assert_non_null(strstr(hear(fd, &is_over), " 431 "));
	assert_true(is_over);
	close(fd);
}

/* It reads the reply only after it has sent all that it wanted to. */
static void a_body_that_is_too_long(void **state)
{
	static char body[CONTROL_BODY_MAX + 1];
	int fd = dial();
	bool is_over;
	size_t sent = 0;

	(void)state;
	memset(body, 'x', sizeof(body));
	say(fd, "POST /hello HTTP/1.1\r\nContent-Length: 70000\r\n\r\n");
	while (sent < sizeof(body)) {
		size_t len = sizeof(body) - sent < 4096 ? sizeof(body) - sent : 4096;

		assert_int_equal(send(fd, body + sent, len, MSG_NOSIGNAL), (ssize_t)len);
		sent += len;
		turn();
	}
	assert_non_null(strstr(hear(fd, &is_over), " 413 "));
	assert_true(is_over);
	close(fd);
}

static void a_reply_that_comes_later(void **state)
{
	int fd = dial();
	bool is_over;

	(void)state;
	say(fd, "GET /later HTTP/1.1\r\n\r\nGET /hello HTTP/1.1\r\n\r\n");
	assert_string_equal(hear(fd, &is_over), "");
	assert_false(is_over);
	assert_non_null(later.conn);
	control_fail(later.conn, 409, "no: %d", 7);
	turn();
	assert_non_null(strstr(hear(fd, &is_over), "{\"error\":\"no: 7\"}HTTP/1.1 200 OK"));
	close(fd);
	turn();
	assert_int_equal(later.gone, 0);
}

static void a_client_that_goes_before_its_reply(void **state)
{
	int fd = dial();

	(void)state;
	say(fd, "GET /later HTTP/1.1\r\n\r\n");
	assert_non_null(later.conn);
	close(fd);
	turn();
	assert_int_equal(later.gone, 1);
}

static void a_reply_in_pieces(void **state)
{
	int fd = dial();
	bool is_over;
	const char *text;

	(void)state;
	say(fd, "GET /pieces HTTP/1.1\r\n\r\n");
	assert_true(later.pieces < PIECES); /* it waits for the client */
	text = hear(fd, &is_over);
	assert_non_null(strstr(text, "Transfer-Encoding: chunked\r\n"));
	assert_non_null(strstr(text, "\r\n\r\n1\r\nx\r\n1388\r\nppp"));
	assert_string_equal(text + strlen(text) - 8, "p\r\n0\r\n\r\n");
	assert_int_equal(later.pieces, PIECES + 1);
	assert_false(is_over);
	assert_int_equal(later.gone, 0);
	close(fd);
}

static void pieces_that_are_not_sent_or_not_framed(void **state)
{
	int fd = dial();
	bool is_over;
	const char *text;

	(void)state;
	say(fd, "HEAD /pieces HTTP/1.1\r\n\r\n");
	for (int i = 0; i < PIECES; i++)
		turn();
	text = hear(fd, &is_over);
	assert_string_equal(text + strlen(text) - 4, "\r\n\r\n");
	assert_null(strstr(text, "p\r\n0"));
	assert_int_equal(later.pieces, PIECES + 1);
	say(fd, "GET /pieces HTTP/1.0\r\n\r\n");
	text = hear(fd, &is_over);
	assert_true(is_over);
	assert_non_null(strstr(text, "\r\n\r\nxppp"));
	assert_int_equal(text[strlen(text) - 1], 'p');
	close(fd);
}

static void a_stream_ends_with_its_server(void **state)
{
	int fd = dial();
	bool is_over;

	(void)state;
	say(fd, "GET /pieces HTTP/1.1\r\n\r\n");
	control_close(control);
	control = NULL;
	assert_int_equal(later.gone, 1);
	hear(fd, &is_over);
	assert_true(is_over);
	close(fd);
}

static void connections_over_the_limit_wait(void **state)
{
	int fds[CONTROL_CONNS_MAX + 1];
	bool is_over;

	(void)state;
	for (int i = 0; i <= CONTROL_CONNS_MAX; i++)
		fds[i] = dial();
	say(fds[CONTROL_CONNS_MAX], "GET /hello HTTP/1.1\r\n\r\n");
	assert_string_equal(hear(fds[CONTROL_CONNS_MAX], &is_over), "");
	close(fds[0]);
	turn();
	assert_non_null(strstr(hear(fds[CONTROL_CONNS_MAX], &is_over), "hello"));
	for (int i = 1; i <= CONTROL_CONNS_MAX; i++)
		close(fds[i]);
}

/* ---- connections of strangers */

static struct sockaddr_in listen_public(void)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };
	socklen_t len = sizeof(at);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);

	assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof(at)), 0);
	assert_int_equal(listen(fd, 64), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &len), 0);
	assert_int_equal(control_listen(control, fd, true), 0);
	return at;
}

static int dial_public_and_say(const struct sockaddr_in *at, const char *text)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	assert_int_equal(connect(fd, (const struct sockaddr *)at, sizeof(*at)), 0);
	say(fd, text);
	return fd;
}

static int dial_public(const struct sockaddr_in *at)
{
	return dial_public_and_say(at, "");
}

static void other_names_of_this_host(void **state)
{
	struct sockaddr_in at = listen_public();
	int fd = dial_public(&at);
	bool is_over;

	(void)state;
	say(fd, "GET /hello HTTP/1.1\r\nHost: 127.0.0.1:9\r\n\r\n");
	assert_non_null(strstr(hear(fd, &is_over), "hello"));
	assert_false(is_over);
	say(fd, "GET /hello HTTP/1.1\r\nHost: rebound.example:9\r\n\r\n");
	assert_non_null(strstr(hear(fd, &is_over), " 403 "));
	assert_true(is_over);
	close(fd);
	fd = dial(); /* no web page reaches the control socket */
	say(fd, "GET /hello HTTP/1.1\r\nHost: rebound.example:9\r\n\r\n");
	assert_non_null(strstr(hear(fd, &is_over), "hello"));
	close(fd);
}

/* A new connection is served, however many strangers keep theirs. */
static void idle_strangers_make_room(void **state)
{
	struct sockaddr_in at = listen_public();
	int first = dial_public(&at), fds[40], own = dial(), last;
	bool is_over;
	size_t gone = 0;

	(void)state;
	say(first, "GET /hello HTTP/1.1\r\n\r\n");
	hear(first, &is_over);
	for (int i = 0; i < 40; i++)
		fds[i] = dial_public(&at);
	last = dial_public(&at);
	say(last, "GET /hello HTTP/1.1\r\n\r\n");
	assert_non_null(strstr(hear(last, &is_over), "hello"));
	for (int i = 0; i < 40; i++) {
		hear(fds[i], &is_over);
		gone += is_over;
		assert_int_equal(is_over, i < 26); /* the oldest ones */
		close(fds[i]);
	}
	assert_int_equal(gone, 26); /* 16 have room: the first, the last and 14 of these */
	hear(first, &is_over);      /* it has asked before */
	assert_false(is_over);
	say(own, "GET /hello HTTP/1.1\r\n\r\n");
	assert_non_null(strstr(hear(own, &is_over), "hello"));
	close(first);
	close(last);
	close(own);
}

static void wait_for_the_end(int fd)
{
	bool is_over = false;

	while (!is_over) {
		hear(fd, &is_over);
		turn();
	}
	close(fd);
}

static int set_up_short(void **state)
{
	int result;

	head_ms = 100;
	result = set_up(state);
	head_ms = 0;
	return result;
}

/* These end by the limit, which is shorter here: so short that a slow machine can reach it between a connection and what it says. */
static void a_head_has_a_time_limit(void **state)
{
	static const char whole[] = "GET /hello HTTP/1.1\r\n\r\n", part[] = "GET /hello";
	struct sockaddr_in at = listen_public();
	int silent = dial_public(&at), slow = dial_public_and_say(&at, part),
	    asked = dial_public_and_say(&at, whole), own = dial(),
	    own_slow = dial_and_say("GET /hello HTTP/1.1\r\n\r\nGET /hello");
	bool is_over;

	(void)state;
	wait_for_the_end(silent);
	wait_for_the_end(slow);
	wait_for_the_end(own_slow);
	hear(asked, &is_over); /* the next one may come later */
	assert_false(is_over);
	hear(own, &is_over);
	assert_false(is_over);
	close(asked);
	close(own);
}

/* ---- events */

static void no_sink(enum log_level level, const char *name, const char *line)
{
	(void)level;
	(void)name;
	(void)line;
}

static void log_one(unsigned n)
{
	log_event(NULL, LOG_LEVEL_INFO, "tested", "number {n}", LOG_NUMBER("n", n));
}

static void events_come_to_each_reader(void **state)
{
	int fds[2] = { dial(), dial() };
	const char *text;
	bool is_over;

	(void)state;
	log_set_sink(no_sink);
	log_one(1); /* before anybody reads */
	for (int i = 0; i < 2; i++)
		say(fds[i], "GET /events HTTP/1.1\r\n\r\n");
	log_set_level(LOG_LEVEL_ERROR); /* whatever is logged */
	log_one(2);
	log_event(NULL, LOG_LEVEL_DEBUG, "stranger", "{n}", LOG_NUMBER("n", 3));
	log_set_level(LOG_LEVEL_INFO);
	turn();
	for (int i = 0; i < 2; i++) {
		text = hear(fds[i], &is_over);
		assert_non_null(strstr(text, "{\"event\":\"subscribed\""));
		assert_null(strstr(text, "number 1"));
		assert_non_null(strstr(text, "\"event\":\"tested\""));
		assert_non_null(strstr(text, "\"message\":\"number 2\"}\n"));
		assert_null(strstr(text, "stranger"));
		assert_false(is_over);
	}
	close(fds[0]);
	turn();
	log_one(4);
	turn();
	assert_non_null(strstr(hear(fds[1], &is_over), "number 4"));
	events_close();
	turn();
	assert_non_null(strstr(hear(fds[1], &is_over), "{\"event\":\"end\""));
	close(fds[1]);
}

static unsigned count_tested(const char *text)
{
	unsigned count = 0;

	while ((text = strstr(text, "\"tested\""))) {
		count++;
		text++;
	}
	return count;
}

static void a_slow_reader_is_cut_off(void **state)
{
	enum { EVENTS = 20000, AT_ONCE = 100 };
	int slow = dial(), other = dial();
	bool is_over;
	unsigned heard = 0;
	const char *text;

	(void)state;
	log_set_sink(no_sink);
	say(slow, "GET /events HTTP/1.1\r\n\r\n");
	say(other, "GET /events HTTP/1.1\r\n\r\n");
	for (unsigned n = 1; n <= EVENTS; n++) {
		log_one(n);
		if (n % AT_ONCE)
			continue;
		turn();
		heard += count_tested(hear(other, &is_over));
	}
	assert_int_equal(heard, EVENTS);
	text = hear(slow, &is_over);
	assert_non_null(strstr(text, "{\"event\":\"cut\",\"message\":\"this reader was too slow"));
	assert_string_equal(text + strlen(text) - 5, "0\r\n\r\n");
	close(slow);
	close(other);
}

static void more_events_than_the_buffer_holds(void **state)
{
	int fd = dial();
	bool is_over;

	(void)state;
	log_set_sink(no_sink);
	say(fd, "GET /events HTTP/1.1\r\n\r\n");
	for (unsigned n = 0; n < EVENTS_BUFFER / 16; n++)
		log_one(n);
	turn();
	assert_non_null(strstr(hear(fd, &is_over), "{\"event\":\"lines_lost\",\"lines\":"));
	close(fd);
}

/* ---- the socket's place */

static void places(void **state)
{
	struct control_place_cfg where = { .wanted = place.path, .group = getgid() };
	struct control_place other;
	struct error err;
	struct stat st;
	char path[64];
	int fd;

	(void)state;
	assert_int_equal(control_place_open(&other, &where, &err), -EADDRINUSE);
	assert_non_null(strstr(err.text, "c.sock: another program listens there"));
	snprintf(path, sizeof(path), "%s/other.sock", folder);
	where.wanted = path;
	fd = control_place_open(&other, &where, &err);
	assert_true(fd >= 0);
	assert_string_equal(other.name, "other");
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0660);
	close(fd); /* as if it had died */
	fd = control_place_open(&other, &where, &err);
	assert_true(fd >= 0);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(mkdir(path, 0700), 0);
	control_place_close(&other); /* leaves what is not its own */
	assert_int_equal(control_place_open(&other, &where, &err), -EEXIST);
	assert_int_equal(rmdir(path), 0);
	close(fd);
	where.wanted = "/nonexistent/x.sock";
	assert_int_equal(control_place_open(&other, &where, &err), -ENOENT);
	assert_string_equal(err.text, "/nonexistent/x.sock: No such file or directory");
}

/* Another user may have locked the folder, and keep the lock. */
static void a_locked_folder(void **state)
{
	struct control_place_cfg where = { .group = (gid_t)-1 };
	int lock = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC), fd;
	struct control_place other;
	struct error err;
	char path[64];

	(void)state;
	assert_true(lock >= 0);
	assert_int_equal(flock(lock, LOCK_EX), 0);
	snprintf(path, sizeof(path), "%s/other.sock", folder);
	where.wanted = path;
	fd = control_place_open(&other, &where, &err);
	assert_true(fd >= 0);
	control_place_close(&other);
	assert_int_equal(access(path, F_OK), -1);
	close(fd);
	close(lock);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(requests_one_after_the_other),
		TEST(a_head_that_is_too_long),
		TEST(a_body_that_is_too_long),
		TEST(a_reply_that_comes_later),
		TEST(a_client_that_goes_before_its_reply),
		TEST(a_reply_in_pieces),
		TEST(pieces_that_are_not_sent_or_not_framed),
		TEST(a_stream_ends_with_its_server),
		TEST(connections_over_the_limit_wait),
		TEST(other_names_of_this_host),
		TEST(idle_strangers_make_room),
		cmocka_unit_test_setup_teardown(a_head_has_a_time_limit, set_up_short, tear_down),
		TEST(events_come_to_each_reader),
		TEST(a_slow_reader_is_cut_off),
		TEST(more_events_than_the_buffer_holds),
		TEST(places),
		TEST(a_locked_folder),
	};

	return cmocka_run_group_tests_name("control/control", tests, NULL, NULL);
}
