/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Connections, relays and datagrams over the stack, which talks to itself (reflect.h). The local
 * ends of relays are pairs of Unix sockets.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "stack/conn.h"
#include "stack/datagram.h"
#include "stack/relay.h"
#include "reflect.h"
#include "support/real_clock.h"
#include "tun/headers.h"
#include "util/bytes.h"
#include "util/checksum.h"

enum { PORT = 80, BULK = 3 * 1024 * 1024 };

static struct reflector r;
static struct relays relays;

/*
 * Both ends of a connection through two relays: near[0] - relay - conn ... conn - relay - far[0].
 */
static struct {
	struct conn *near_conn, *far_conn;
	enum stack_result result;
	bool is_told;
	int near[2], far[2];
	struct conn_listener *listener;
} t;

static void done(void *arg, struct conn *c, enum stack_result result)
{
	(void)arg;
	t.near_conn = result == STACK_OK ? c : NULL;
	t.result = result;
	t.is_told = true;
}

static void accepted(void *arg, struct conn *c)
{
	(void)arg;
	t.far_conn = c;
}

static bool is_told(void *arg)
{
	(void)arg;
	return t.is_told;
}

static int set_up(void **state)
{
	(void)state;
	memset(&t, 0, sizeof(t));
	t.near[0] = t.near[1] = t.far[0] = t.far[1] = -1;
	if (reflector_open(&r))
		return -1;
	relays_init(&relays, r.loop);
	return conn_listen(r.stack, &(struct conn_listener_cfg){ PORT, accepted, NULL },
			   &t.listener);
}

static int tear_down(void **state)
{
	(void)state;
	relays_close(&relays);
	conn_listener_close(t.listener);
	reflector_close(&r);
	close(t.near[0]);
	close(t.far[0]);
	return 0;
}

static struct conn *begin(const char *host, uint16_t port)
{
	struct target to;

	assert_true(target_set(&to, bytes_text(host), port));
	return conn_connect(r.stack, &(struct conn_cfg){ &to, done, NULL });
}

static enum stack_result connect_to(const char *host, uint16_t port)
{
	t.is_told = false;
	assert_non_null(begin(host, port));
	reflector_run(&r, is_told, NULL);
	return t.result;
}

static void join(int fds[2], struct conn *c, const char *early, const char *greeting)
{
	struct relay_cfg cfg = { .conn = c,
				 .early = bytes_text(early),
				 .greeting = bytes_text(greeting) };

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds), 0);
	cfg.fd = fds[1];
	relay_start(&relays, &cfg);
}

static void connect_both(void)
{
	assert_int_equal(connect_to(FAR, PORT), STACK_OK);
	assert_non_null(t.far_conn);
	join(t.near, t.near_conn, "", "");
	join(t.far, t.far_conn, "", "");
}

static bool after_a_turn(void *arg)
{
	unsigned int *turns = arg;

	return ++*turns > 3;
}

/* ---- what arrives at a socket */

struct arrival {
	int fd;
	size_t wanted, got;
	bool has_ended, is_reset;
	uint8_t at[64];
};

static bool has_come(void *arg)
{
	struct arrival *a = arg;
	ssize_t n = recv(a->fd, a->at + a->got, sizeof(a->at) - a->got, 0);

	if (n > 0)
		a->got += (size_t)n;
	a->has_ended = n == 0;
	a->is_reset = n < 0 && errno != EAGAIN;
	return a->has_ended || a->is_reset || (a->wanted && a->got >= a->wanted);
}

static void expect_text(int fd, const char *text)
{
	struct arrival a = { .fd = fd, .wanted = strlen(text) };

	reflector_run(&r, has_come, &a);
	assert_int_equal(a.got, strlen(text));
	assert_memory_equal(a.at, text, a.got);
}

static void expect_end(int fd)
{
	struct arrival a = { .fd = fd };

	reflector_run(&r, has_come, &a);
	assert_true(a.has_ended);
	assert_int_equal(a.got, 0);
}

/* ---- connections */

static void a_listener_accepts_connections(void **state)
{
	uint16_t port;
	struct ip_addr a;

	(void)state;
	assert_int_equal(connect_to(FAR, PORT), STACK_OK);
	a = conn_local(t.near_conn, &port);
	assert_string_equal(ip_print(&a).text, OWN);
	assert_true(port);
	a = conn_peer(t.near_conn, &port);
	assert_string_equal(ip_print(&a).text, FAR);
	assert_int_equal(port, PORT);
	conn_abort(t.near_conn);
	conn_abort(t.far_conn);
}

static void a_listener_accepts_ipv6(void **state)
{
	(void)state;
	assert_int_equal(connect_to(FAR6, PORT), STACK_OK);
	conn_abort(t.near_conn);
	conn_abort(t.far_conn);
}

static void a_closed_port_refuses(void **state)
{
	(void)state;
	assert_int_equal(connect_to(FAR, PORT + 1), STACK_REFUSED);
}

static void a_family_without_own_address_is_unreachable(void **state)
{
	(void)state;
	assert_int_equal(connect_to("2001:db8::1", PORT), STACK_UNREACHABLE);
	assert_int_equal(connect_to("127.0.0.1", PORT), STACK_FORBIDDEN);
}

/* Our own address, no host's, or a group's: connecting is refused. */
static void some_addresses_are_refused(void **state)
{
	static const char *const targets[] = {
		OWN,
		OWN6,
		"0.0.0.0",
		"127.0.0.1",
		"255.255.255.255",
		"224.0.0.1",
		"::",
		"::1",
		"ff02::1",
		"::ffff:127.0.0.1",
		"localhost",
		"localhost.",
		"something.localhost",
		"127.1",
		"0x7f.1",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(targets) / sizeof(*targets); i++) {
		bool is_name = i >= 10;

		assert_int_equal(connect_to(targets[i], PORT),
				 is_name ? STACK_NO_NAME : STACK_FORBIDDEN);
	}
}

static void without_name_servers_look_ups_fail(void **state)
{
	(void)state;
	assert_int_equal(connect_to("example.net", PORT), STACK_NO_DNS);
}

/* A reply to a SYN: ICMP "host unreachable", with the start of that packet. */
static bool answer_unreachable(struct reflector *reflector, const uint8_t *packet, size_t len)
{
	uint8_t icmp[28 + 28] = { 0x45, 0, 0, sizeof(icmp), 0, 0, 0, 0, 64, IPPROTO_ICMP, 0, 0, 10,
				  9,    9, 1, 10,           1, 0, 2, 3, 1 };

	if (packet[9] != IPPROTO_TCP || len < 28)
		return true;
	memcpy(icmp + 28, packet, 28);
	reflector_reply(reflector, icmp, sizeof(icmp));
	return false;
}

static void icmp_errors_end_attempts(void **state)
{
	(void)state;
	r.passes = answer_unreachable;
	assert_int_equal(connect_to(FAR, PORT), STACK_UNREACHABLE);
}

static void an_attempt_can_be_aborted(void **state)
{
	struct conn *c = begin(FAR, PORT);

	(void)state;
	conn_abort(c);
	assert_int_equal(connect_to(FAR, PORT), STACK_OK);
	conn_abort(t.near_conn);
	conn_abort(t.far_conn);
}

static void new_connections_wait_for_the_tunnel(void **state)
{
	(void)state;
	stack_down(r.stack);
	assert_non_null(begin(FAR, PORT));
	assert_false(t.is_told);
	reflector_up(&r, OWN);
	reflector_run(&r, is_told, NULL);
	assert_int_equal(t.result, STACK_OK);
	conn_abort(t.near_conn);
	conn_abort(t.far_conn);
}

static void connections_are_limited(void **state)
{
	static struct conn *all[CONN_MAX + 1];
	size_t n = 0;

	(void)state;
	stack_down(r.stack);
	while (n <= CONN_MAX && (all[n] = begin(FAR, PORT)))
		n++;
	assert_int_equal(n, CONN_MAX);
	while (n)
		conn_abort(all[--n]);
}

/* ---- relays */

static void text_goes_both_ways(void **state)
{
	(void)state;
	connect_both();
	assert_int_equal(write(t.near[0], "question", 8), 8);
	expect_text(t.far[0], "question");
	assert_int_equal(write(t.far[0], "answer", 6), 6);
	expect_text(t.near[0], "answer");
}

static void early_bytes_go_first(void **state)
{
	(void)state;
	assert_int_equal(connect_to(FAR, PORT), STACK_OK);
	join(t.near, t.near_conn, "early ", "hello ");
	assert_int_equal(write(t.near[0], "late", 4), 4);
	join(t.far, t.far_conn, "", "");
	assert_int_equal(write(t.far[0], "there", 5), 5);
	expect_text(t.far[0], "early late");
	expect_text(t.near[0], "hello there");
}

static void a_half_close_is_passed_on(void **state)
{
	(void)state;
	connect_both();
	assert_int_equal(write(t.near[0], "question", 8), 8);
	shutdown(t.near[0], SHUT_WR);
	expect_text(t.far[0], "question");
	expect_end(t.far[0]);
	assert_int_equal(write(t.far[0], "answer", 6), 6);
	shutdown(t.far[0], SHUT_WR);
	expect_text(t.near[0], "answer");
	expect_end(t.near[0]);
	assert_int_equal(relays.count, 0);
}

static bool is_over(void *arg)
{
	(void)arg;
	return !relays.count;
}

static bool has_unread(void *arg)
{
	uint8_t byte;

	return recv(*(int *)arg, &byte, 1, MSG_PEEK) == 1;
}

/* A Unix socket that is closed with unread bytes is reset, as a TCP socket is. */
static void a_reset_ends_both(void **state)
{
	(void)state;
	connect_both();
	assert_int_equal(write(t.far[0], "never read", 10), 10);
	reflector_run(&r, has_unread, &t.near[0]);
	close(t.near[0]);
	t.near[0] = -1;
	reflector_run(&r, is_over, NULL);
}

struct bulk {
	int from, to;
	size_t sent, got;
	uint32_t sum;
	bool is_read;
};

static uint8_t byte_at(size_t i)
{
	return (uint8_t)(i * 7 + i / 251);
}

static void feed(struct bulk *b)
{
	uint8_t part[4096];
	size_t n = BULK - b->sent < sizeof(part) ? BULK - b->sent : sizeof(part);
	ssize_t done_now;

	for (size_t i = 0; i < n; i++)
		part[i] = byte_at(b->sent + i);
	done_now = n ? write(b->from, part, n) : 0;
	if (done_now > 0)
		b->sent += (size_t)done_now;
	if (b->sent == BULK && n)
		shutdown(b->from, SHUT_WR);
}

static bool drain(struct bulk *b)
{
	uint8_t part[8192];
	ssize_t n = read(b->to, part, sizeof(part));

	for (ssize_t i = 0; i < n; i++)
		assert_int_equal(part[i], byte_at(b->got + (size_t)i));
	if (n > 0)
		b->got += (size_t)n;
	return n == 0;
}

static bool has_bulk_come(void *arg)
{
	struct bulk *b = arg;

	feed(b);
	return drain(b);
}

static void bulk_arrives_unchanged(void **state)
{
	struct bulk b;

	(void)state;
	connect_both();
	b = (struct bulk){ .from = t.near[0], .to = t.far[0] };
	reflector_run(&r, has_bulk_come, &b);
	assert_int_equal(b.got, BULK);
	assert_true(r.count < BULK / 400); /* acknowledgements included: packets were full */
}

static bool lose_some(struct reflector *reflector, const uint8_t *packet, size_t len)
{
	static unsigned n;

	(void)reflector;
	(void)packet;
	return len < 100 || ++n % 10 != 5;
}

static void bulk_arrives_over_a_lossy_line(void **state)
{
	struct bulk b;

	(void)state;
	connect_both();
	r.passes = lose_some;
	b = (struct bulk){ .from = t.near[0], .to = t.far[0], .sent = BULK - 512 * 1024 };
	b.got = b.sent;
	reflector_run(&r, has_bulk_come, &b);
	assert_int_equal(b.got, BULK);
}

/*
 * Without a reader, sending stops when the rooms of both connections and the socket buffers are
 * full.
 */
static bool is_stuck(void *arg)
{
	struct bulk *b = arg;
	static unsigned still;
	size_t before = b->sent;

	feed(b);
	still = b->sent == before ? still + 1 : 0;
	return still > 1000 || b->sent == BULK;
}

static void without_a_reader_sending_stops(void **state)
{
	struct bulk b;

	(void)state;
	connect_both();
	b = (struct bulk){ .from = t.near[0], .to = t.far[0] };
	reflector_run(&r, is_stuck, &b);
	assert_true(b.sent < BULK); /* the first rooms, and the sockets' own */
	reflector_run(&r, has_bulk_come, &b);
	assert_int_equal(b.got, BULK);
}

static size_t data_while_full;

static bool count_data(struct reflector *reflector, const uint8_t *packet, size_t len)
{
	(void)packet;
	if (len > 100)
		data_while_full += reflector->is_full;
	return true;
}

/* There is room in one of four turns. */
static bool has_bulk_come_in_lumps(void *arg)
{
	static unsigned int turn;

	r.is_full = ++turn % 4;
	if (!r.is_full)
		stack_has_room(r.stack);
	return has_bulk_come(arg);
}

/* Little is sent before the stack calls has_room; the rest waits, and nothing is lost. */
static void with_a_full_tunnel_sending_stops(void **state)
{
	struct bulk b;

	(void)state;
	connect_both();
	b = (struct bulk){ .from = t.near[0], .to = t.far[0] };
	r.is_full = true;
	r.passes = count_data;
	data_while_full = 0;
	reflector_run(&r, is_stuck, &b);
	assert_in_range(data_while_full, 0, 2); /* super-packets */
	assert_true(b.sent < BULK);
	reflector_run(&r, has_bulk_come_in_lumps, &b);
	assert_int_equal(b.got, BULK);
}

/* A request does not wait until each upload had its turn. */
static void what_is_little_passes_bulk(void **state)
{
	static const uint8_t bulk[60000];
	struct conn *sparse, *sparse_end, *uploads[8];
	unsigned int turns = 0;

	(void)state;
	assert_int_equal(connect_to(FAR, PORT), STACK_OK);
	sparse = t.near_conn;
	sparse_end = t.far_conn;
	assert_non_null(sparse_end);
	for (size_t i = 0; i < 8; i++) {
		assert_int_equal(connect_to(FAR, PORT), STACK_OK);
		uploads[i] = t.near_conn;
	}
	r.is_full = true;
	for (size_t i = 0; i < 8; i++) {
		assert_int_equal(conn_send(uploads[i], bulk, sizeof(bulk), false), sizeof(bulk));
		conn_push(uploads[i]);
	}
	assert_int_equal(conn_send(sparse, bulk, 1, false), 1);
	conn_push(sparse);
	reflector_run(&r, after_a_turn, &turns);
	assert_int_equal(conn_pending(sparse_end).len, 0);
	stack_has_room(r.stack); /* for one lump */
	turns = 0;
	reflector_run(&r, after_a_turn, &turns);
	assert_int_equal(conn_pending(sparse_end).len, 1);
}

/* Many of those do not stop an upload. */
static void bulk_has_its_turn(void **state)
{
	static const uint8_t bulk[60000];
	struct conn *little[120], *upload, *upload_end;
	unsigned int turns = 0;

	(void)state;
	for (size_t i = 0; i < 120; i++) {
		assert_int_equal(connect_to(FAR, PORT), STACK_OK);
		little[i] = t.near_conn;
	}
	assert_int_equal(connect_to(FAR, PORT), STACK_OK);
	upload = t.near_conn;
	upload_end = t.far_conn;
	assert_non_null(upload_end);
	r.is_full = true;
	for (size_t i = 0; i < 120; i++) {
		assert_int_equal(conn_send(little[i], bulk, 2500, false), 2500);
		conn_push(little[i]);
	}
	conn_send(upload, bulk, sizeof(bulk), false);
	stack_has_room(r.stack);
	stack_has_room(r.stack);
	reflector_run(&r, after_a_turn, &turns);
	assert_int_not_equal(conn_pending(upload_end).len, 0);
}

/* A FIN without data is not held back. */
static void a_fin_passes_a_full_tunnel(void **state)
{
	(void)state;
	connect_both();
	r.is_full = true;
	shutdown(t.near[0], SHUT_WR);
	expect_end(t.far[0]);
}

/* ---- a peer that vanished, and a clock that the test advances */

enum { STEP_MS = 50 }; /* lwIP's tick: missed ones are not repeated */

static int64_t skipped_ns, stopped_ns = -1; /* stopped: the time does not pass by itself */

/* Replaces the C library's: the loop's time is the real time plus what the test skips. */
int clock_gettime(clockid_t id, struct timespec *ts)
{
	bool is_stopped = stopped_ns >= 0 && id == CLOCK_MONOTONIC;
	int64_t ns = (is_stopped ? stopped_ns : real_clock_ns(id)) + skipped_ns;

	return real_clock_put(ts, ns);
}

/* Exactly, however long the machine takes for it. */
static void skip_seconds(unsigned int count)
{
	stopped_ns = real_clock_ns(CLOCK_MONOTONIC);
	for (count *= 1000 / STEP_MS; count; count--) {
		unsigned int turns = 0;

		skipped_ns += (int64_t)STEP_MS * NS_PER_MS;
		reflector_run(&r, after_a_turn, &turns);
	}
	skipped_ns -= real_clock_ns(CLOCK_MONOTONIC) - stopped_ns;
	stopped_ns = -1;
}

static size_t lost_count;

static bool lose_all(struct reflector *reflector, const uint8_t *packet, size_t len)
{
	(void)reflector;
	(void)packet;
	(void)len;
	lost_count++;
	return false;
}

/* After a half-close we wait for the peer's data, but not for a peer that vanished. */
static void a_vanished_peer_ends_a_half_closed_connection(void **state)
{
	struct arrival a;

	(void)state;
	connect_both();
	shutdown(t.near[0], SHUT_WR);
	expect_end(t.far[0]);
	skip_seconds(200); /* the peer is alive, but sends nothing */
	a = (struct arrival){ .fd = t.near[0] };
	assert_false(has_come(&a));
	lost_count = 0;
	r.passes = lose_all;
	skip_seconds(400);
	assert_in_range(lost_count, 4, 60);
	assert_true(has_come(&a));
}

static uint32_t acknowledged; /* by the last packet of the far end */

static bool note_acknowledgment(struct reflector *reflector, const uint8_t *packet, size_t len)
{
	(void)reflector;
	if (len >= 40 && packet[9] == IPPROTO_TCP && load_u16(packet + 20) == PORT)
		acknowledged = load_u32(packet + 28);
	return true;
}

static bool has_received(void *arg)
{
	return conn_pending(t.far_conn).len == *(const size_t *)arg;
}

/* What the tunnel brings at a time is merged, and is still acknowledged like several segments. */
static void several_segments_are_acknowledged_at_once(void **state)
{
	static const uint8_t data[4000];
	size_t sizes[] = { sizeof(data), 2 * sizeof(data) };
	unsigned int turns = 0;
	uint32_t before;

	(void)state;
	assert_int_equal(connect_to(FAR, PORT), STACK_OK);
	r.passes = note_acknowledgment;
	assert_int_equal(conn_send(t.near_conn, data, sizeof(data), false), sizeof(data));
	conn_push(t.near_conn);
	reflector_run(&r, has_received, &sizes[0]);
	skip_seconds(1); /* whatever is acknowledged late */
	before = acknowledged;
	assert_int_equal(conn_send(t.near_conn, data, sizeof(data), false), sizeof(data));
	conn_push(t.near_conn);
	reflector_run(&r, has_received, &sizes[1]);
	reflector_run(&r, after_a_turn, &turns);
	assert_int_equal(acknowledged - before, sizeof(data));
	conn_abort(t.near_conn);
	conn_abort(t.far_conn);
}

static bool count_resets(struct reflector *reflector, const uint8_t *packet, size_t len)
{
	(void)reflector;
	lost_count += len >= 40 && packet[9] == IPPROTO_TCP && packet[33] & 4;
	return true;
}

/* A peer that has sent all and reads nothing: the data for it is not kept forever. */
static void a_peer_that_reads_nothing_is_reset(void **state)
{
	static const uint8_t part[8192];

	(void)state;
	connect_both();
	shutdown(t.far[0], SHUT_WR);
	expect_end(t.near[0]);
	for (size_t most = 0, room = 1; room > most / 2; most = room > most ? room : most) {
		assert_int_equal(write(t.near[0], part, sizeof(part)), sizeof(part));
		skip_seconds(1);
		room = conn_room(t.near_conn);
	}
	shutdown(t.near[0], SHUT_WR);
	skip_seconds(60); /* it keeps announcing a window of 0 */
	assert_int_equal(relays.count, 1);
	lost_count = 0;
	r.passes = count_resets;
	skip_seconds(50);
	assert_int_equal(lost_count, 0);
	skip_seconds(60);
	assert_int_equal(lost_count, 1);
}

/* ---- IPv6 headers that must not reach lwIP */

static size_t reply_count;

static bool count_replies(struct reflector *reflector, const uint8_t *packet, size_t len)
{
	(void)reflector;
	(void)packet;
	(void)len;
	reply_count++;
	return false;
}

/*
 * Sends a SYN to a closed port, after extension headers of eight bytes. Returns whether a reply
 * comes.
 */
static bool gets_reply(const uint8_t *extensions, size_t count)
{
	uint8_t p[IPV6_HDR_LEN + 3 * 8 + TCP_HDR_LEN] = { IPV6_VERSION };
	uint8_t *tcp = p + IPV6_HDR_LEN + count * 8;
	size_t len = IPV6_HDR_LEN + count * 8 + TCP_HDR_LEN;
	struct packet packet;
	struct ip_addr a;

	store_u16(p + IPV6_LENGTH_AT, (uint16_t)(len - IPV6_HDR_LEN));
	p[IPV6_HOP_LIMIT_AT] = 64;
	assert_true(ip_parse(FAR6, &a));
	memcpy(p + IPV6_ADDRS_AT, a.bytes, IPV6_ADDR_LEN);
	assert_true(ip_parse(OWN6, &a));
	memcpy(p + IPV6_ADDRS_AT + IPV6_ADDR_LEN, a.bytes, IPV6_ADDR_LEN);
	p[IPV6_NEXT_AT] = count ? extensions[0] : IPPROTO_TCP;
	for (size_t i = 0; i < count; i++)
		p[IPV6_HDR_LEN + i * 8] = i + 1 < count ? extensions[i + 1] : IPPROTO_TCP;
	store_u16(tcp, 5000);
	store_u16(tcp + 2, 81);
	tcp[TCP_OFFSET_AT] = 5 << 4;
	tcp[TCP_FLAGS_AT] = TCP_BIT_SYN;
	assert_true(packet_parse(&packet, p, len));
	store_u16(tcp + TCP_CHECKSUM_AT,
		  (uint16_t)~checksum_fold(checksum_pseudo(p + IPV6_ADDRS_AT, IPV6_ADDRS_LEN,
							   IPPROTO_TCP, TCP_HDR_LEN) +
					   checksum_sum(tcp, TCP_HDR_LEN)));
	reply_count = 0;
	r.passes = count_replies;
	stack_input(r.stack, &packet);
	stack_flush(r.stack);
	return reply_count;
}

static void extension_headers_do_not_reach_lwip(void **state)
{
	static const struct {
		uint8_t extensions[3];
		size_t count;
		bool gets_reply;
	} cases[] = {
		{ { 0 }, 0, true },
		{ { IPPROTO_FRAGMENT }, 1, true }, /* the only one of its packet */
		{ { IPPROTO_HOPOPTS }, 1, false },
		{ { IPPROTO_ROUTING }, 1, false },
		{ { IPPROTO_DSTOPTS }, 1, false },
		{ { IPPROTO_DSTOPTS, IPPROTO_FRAGMENT }, 2, false },
		{ { IPPROTO_FRAGMENT, IPPROTO_DSTOPTS }, 2, false },
		{ { IPPROTO_FRAGMENT, IPPROTO_FRAGMENT }, 2, false },
		{ { IPPROTO_HOPOPTS, IPPROTO_DSTOPTS, IPPROTO_DSTOPTS }, 3, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		print_message("# %zu\n", i);
		assert_int_equal(gets_reply(cases[i].extensions, cases[i].count),
				 cases[i].gets_reply);
	}
}

/* ---- datagrams */

static char datagram_text[32];

static void datagram_came(void *arg, const struct ip_addr *from, uint16_t port, const uint8_t *at,
			  size_t len)
{
	(void)arg;
	assert_string_equal(ip_print(from).text, FAR);
	assert_true(port);
	assert_true(len < sizeof(datagram_text));
	memcpy(datagram_text, at, len);
	datagram_text[len] = '\0';
}

static bool has_datagram(void *arg)
{
	(void)arg;
	return *datagram_text;
}

/* Reflects a packet from FAR with its ports exchanged too, as an echo server does. */
static bool swap_ports(struct reflector *reflector, const uint8_t *packet, size_t len)
{
	uint8_t copy[64];

	if (packet[0] >> 4 != 4 || packet[9] != IPPROTO_UDP || len > sizeof(copy))
		return true;
	memcpy(copy, packet, len);
	memcpy(copy + 12, packet + 16, 4);
	memcpy(copy + 16, packet + 12, 4);
	memcpy(copy + 20, packet + 22, 2);
	memcpy(copy + 22, packet + 20, 2);
	reflector_reply(reflector, copy, len);
	return false;
}

static void datagrams_come_back(void **state)
{
	struct datagram *d;
	struct target to;

	(void)state;
	r.passes = swap_ports;
	assert_int_equal(datagram_open(r.stack, &(struct datagram_cfg){ datagram_came, NULL }, &d),
			 0);
	assert_true(target_set(&to, bytes_text(FAR), 53));
	datagram_send(d, &to, (const uint8_t *)"hello", 5);
	reflector_run(&r, has_datagram, NULL);
	assert_string_equal(datagram_text, "hello");
	datagram_close(d);
}

/* ---- the link */

static void a_new_address_resets(void **state)
{
	(void)state;
	connect_both();
	stack_down(r.stack);
	reflector_up(&r, "10.1.0.3");
	reflector_run(&r, is_over, NULL);
}

static void the_same_address_keeps_connections(void **state)
{
	(void)state;
	connect_both();
	stack_down(r.stack);
	assert_int_equal(write(t.near[0], "question", 8), 8);
	reflector_up(&r, OWN);
	expect_text(t.far[0], "question");
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(a_listener_accepts_connections),
		CASE(a_listener_accepts_ipv6),
		CASE(a_closed_port_refuses),
		CASE(a_family_without_own_address_is_unreachable),
		CASE(some_addresses_are_refused),
		CASE(without_name_servers_look_ups_fail),
		CASE(icmp_errors_end_attempts),
		CASE(an_attempt_can_be_aborted),
		CASE(new_connections_wait_for_the_tunnel),
		CASE(connections_are_limited),
		CASE(text_goes_both_ways),
		CASE(early_bytes_go_first),
		CASE(a_half_close_is_passed_on),
		CASE(a_reset_ends_both),
		CASE(bulk_arrives_unchanged),
		CASE(bulk_arrives_over_a_lossy_line),
		CASE(without_a_reader_sending_stops),
		CASE(with_a_full_tunnel_sending_stops),
		CASE(what_is_little_passes_bulk),
		CASE(bulk_has_its_turn),
		CASE(a_fin_passes_a_full_tunnel),
		CASE(a_vanished_peer_ends_a_half_closed_connection),
		CASE(a_peer_that_reads_nothing_is_reset),
		CASE(several_segments_are_acknowledged_at_once),
		CASE(extension_headers_do_not_reach_lwip),
		CASE(datagrams_come_back),
		CASE(a_new_address_resets),
		CASE(the_same_address_keeps_connections),
	};

	return cmocka_run_group_tests_name("stack/conn", tests, NULL, NULL);
}
