/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Two tunnels in one process, client and server, over a socket pair: real TLS, SSTP and PPP, one
 * loop. It tests how the parts work together and all the ways in which a tunnel ends.
 */
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

#include "ppp/mschap.h"
#include "support/loopback.h"
#include "tls/cert.h"
#include "tls/cert_load.h"
#include "tls/cert_make.h"
#include "tls/open.h"
#include "tunnel/tunnel.h"

enum {
	PACKET_LEN = 100,
	FLOOD = 4000,
	/* valgrind on a busy machine is slow */
	WAIT_MS = 120 * 1000,
	TLS_MS = 100 * 1000,
	SERVER_ADDR = 0x0a090001,
	CLIENT_ADDR = 0x0a090002
};

struct end {
	struct tunnel tunnel;
	struct packet_sink sink;
	struct log log;
	bool is_open, is_connected, has_ipv4, has_ended;
	struct ppp_ipv4 ipv4;
	struct tunnel_end end;
	size_t packets, bytes, flushes, small_came_at;
	uint8_t last[2048];
	/* what to do when TLS is up, when it is connected, and when a packet came */
	void (*on_tls)(struct end *e);
	void (*on_offer)(struct end *e);
	void (*on_connected)(struct end *e);
	void (*on_packet)(struct end *e);
	void (*on_password)(struct end *e); /* the server; NULL: it answers */
};

static struct {
	uint32_t setup_ms; /* 0: no limit */
	char folder[32], cert[64], key[64];
	const char *pin;
	struct tls_ctx *client_ctx, *server_ctx;
	struct loop *loop;
	struct pump pump;
	struct loop_timer give_up;
	struct end client, server;
	const char *password; /* the client's; "secret" is right */
	bool server_wants_pap;
	int fd; /* the client's, and what was seen of it */
	int receive_buffer, reports_from;
	const uint8_t *correlation; /* the client's; NULL: it does not show itself as ours */
} t;

static void time_is_up(struct loop_timer *timer)
{
	(void)timer;
	fail_msg("nothing happened for too long");
}

static void deliver(struct packet_sink *sink, struct tunnel *from, const struct packet *p)
{
	struct end *e = container_of(sink, struct end, sink);
	size_t len = p->h.total;

	assert_ptr_equal(from, &e->tunnel);
	e->packets++;
	e->bytes += len;
	memcpy(e->last, p->at, len < sizeof(e->last) ? len : sizeof(e->last));
	if (e->on_packet)
		e->on_packet(e);
}

static void flush(struct packet_sink *sink)
{
	container_of(sink, struct end, sink)->flushes++;
}

static void answer(struct end *e, const struct ppp_attempt *a)
{
	struct ppp_auth_result v = { .ok = false };
	uint8_t hash[MSCHAP_HASH_LEN];

	assert_int_equal(a->method, PPP_AUTH_MSCHAPV2);
	assert_true(mschap_nt_hash(bytes_text("secret"), hash));
	v.ok = mschap_check(hash, a->challenge.at, a->response.at, a->user, v.message, v.hlak);
	v.ipv4 = CLIENT_ADDR;
	tunnel_auth_result(&e->tunnel, &v);
}

static void on_event(void *arg, const struct tunnel_event *ev)
{
	struct end *e = arg;

	switch (ev->type) {
	case TUNNEL_TLS_UP:
		if (e->on_tls)
			e->on_tls(e);
		break;
	case TUNNEL_OFFER:
		if (e->on_offer)
			e->on_offer(e);
		break;
	case TUNNEL_CHECK_PASSWORD:
		if (e->on_password)
			e->on_password(e);
		else
			answer(e, ev->attempt);
		break;
	case TUNNEL_CONNECTED:
		e->is_connected = true;
		if (e->on_connected)
			e->on_connected(e);
		break;
	case TUNNEL_IPV4_UP:
		e->has_ipv4 = true;
		e->ipv4 = *ev->ipv4;
		break;
	case TUNNEL_ENDED:
		e->has_ended = true;
		e->end = *ev->end;
		if (!t.client.is_open || t.client.has_ended)
			if (!t.server.is_open || t.server.has_ended)
				loop_stop(t.loop);
		break;
	default:
		break;
	}
}

static struct tunnel_cfg cfg_of(struct end *e, int fd, enum ppp_role role)
{
	static struct ppp_cfg ppp;

	ppp = (struct ppp_cfg){
		.role = role,
		.auth = { role == PPP_SERVER && t.server_wants_pap ? PPP_AUTH_PAP
								   : PPP_AUTH_MSCHAPV2 },
		.auth_count = 1,
		.ipv4 = true,
		.user = "ann",
		.password = t.password,
		.name = "server",
		.ipv4_own = SERVER_ADDR,
	};
	return (struct tunnel_cfg){
		.loop = t.loop,
		.pump = &t.pump,
		.sink = &e->sink,
		.fd = fd,
		.tls_ctx = role == PPP_CLIENT ? t.client_ctx : t.server_ctx,
		.name = "vpn.example.net",
		.http_host = "vpn.example.net",
		.correlation = role == PPP_CLIENT ? t.correlation : NULL,
		.hashes = SSTP_HASH_SHA1 | SSTP_HASH_SHA256,
		.mtu = 1400,
		.tls_timeout_ms = TLS_MS,
		.setup_deadline_ms = loop_now(t.loop) + t.setup_ms,
		.setup_ms = role == PPP_SERVER ? t.setup_ms : 0,
		.log = &e->log,
		.event = on_event,
		.arg = e,
		.ppp = &ppp,
	};
}

static void name_end(struct end *e, enum ppp_role role)
{
	e->sink = (struct packet_sink){ .deliver = deliver, .flush = flush };
	snprintf(e->log.name, sizeof(e->log.name), role == PPP_CLIENT ? "client" : "server");
	e->is_open = true;
}

static void open_end(struct end *e, int fd, enum ppp_role role)
{
	struct tunnel_cfg cfg = cfg_of(e, fd, role);

	name_end(e, role);
	assert_int_equal(tunnel_open(&e->tunnel, &cfg), 0);
}

static void socket_pair(int fds[2])
{
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds),
			 0);
}

static void open_both(void)
{
	int fds[2];

	socket_pair(fds);
	open_end(&t.server, fds[0], PPP_SERVER);
	open_end(&t.client, fds[1], PPP_CLIENT);
}

static void run(void)
{
	loop_timer_set(t.loop, &t.give_up, loop_now(t.loop) + WAIT_MS);
	assert_int_equal(loop_run(t.loop), 0);
}

/* An IPv4 packet of UDP; its bytes count up from `seed`. */
static void packet(uint8_t at[], size_t len, uint32_t from, uint32_t to, uint8_t seed)
{
	for (size_t i = 0; i < len; i++)
		at[i] = (uint8_t)(seed + i);
	memset(at, 0, 20);
	at[0] = 0x45;
	store_u16(at + 2, (uint16_t)len);
	at[8] = 64;
	at[9] = 17;
	store_u32(at + 12, from);
	store_u32(at + 16, to);
}

static void send_one(struct end *e, size_t len, uint8_t seed)
{
	uint8_t at[2048];

	packet(at, len, CLIENT_ADDR, SERVER_ADDR, seed);
	tunnel_send_own(&e->tunnel, at, len);
}

static int set_up(void **state)
{
	(void)state;
	memset(&t.client, 0, sizeof(t.client));
	memset(&t.server, 0, sizeof(t.server));
	t.correlation = NULL;
	t.password = "secret";
	t.server_wants_pap = false;
	t.setup_ms = 0;
	t.give_up.expired = time_is_up;
	return loop_open(&t.loop) || pump_open(&t.pump, t.loop);
}

static int tear_down(void **state)
{
	(void)state;
	tunnel_abandon(&t.client.tunnel);
	tunnel_abandon(&t.server.tunnel);
	loop_timer_stop(t.loop, &t.give_up);
	pump_close(&t.pump);
	loop_close(t.loop);
	return 0;
}

/* ---- the cases */

static void hang_up(struct end *e)
{
	tunnel_shutdown(&e->tunnel);
}

static void a_call_from_start_to_end(void **state)
{
	(void)state;
	t.client.on_connected = hang_up;
	open_both();
	run();
	assert_true(t.client.is_connected);
	assert_true(t.client.has_ipv4);
	assert_int_equal(t.client.ipv4.own, CLIENT_ADDR);
	assert_int_equal(t.client.ipv4.peer, SERVER_ADDR);
	assert_int_equal(t.client.end.reason, REASON_NONE);
	assert_true(t.client.end.by_us);
	assert_false(t.server.end.by_us);
}

/* A connection of a server, before it is known whether it becomes a tunnel. */
static struct stranger {
	struct pump_end wire;
	bool reads_request; /* before it becomes one */
	size_t len;         /* of plaintext in pump->plain */
} stranger;

static void become_a_tunnel(struct stranger *s)
{
	struct tunnel_cfg cfg = cfg_of(&t.server, -1, PPP_SERVER);

	name_end(&t.server, PPP_SERVER);
	assert_int_equal(tunnel_adopt(&t.server.tunnel, &cfg, &s->wire), 0);
	memset(&s->wire, 0xff, sizeof(s->wire)); /* must not be used any more */
	assert_false(t.server.is_connected);
	tunnel_start(&t.server.tunnel, s->len);
}

static void on_stranger(struct loop_watch *w, uint32_t events)
{
	struct stranger *s = container_of(w, struct stranger, wire.watch);
	ssize_t n = recv(s->wire.fd, t.pump.recv, PUMP_RECV_LEN, 0);

	(void)events;
	assert_true(n > 0);
	tls_input(s->wire.tls, t.pump.recv, (size_t)n);
	if (tls_handshake(s->wire.tls) != 1)
		return;
	if (s->reads_request) {
		n = tls_read(s->wire.tls, t.pump.plain, TLS_RECORD_MAX);
		if (n == TLS_WANT_INPUT)
			return;
		assert_true(n > 0);
		s->len = (size_t)n;
	}
	become_a_tunnel(s);
}

/* The handshake is done before; its last flight may still be in the pump. */
static void a_server_adopts_a_connection(void **state)
{
	const struct tls_session_cfg tls = { .send = pump_take_ciphertext, .arg = &stranger.wire };

	for (int i = 0; i < 2; i++) {
		int fds[2];

		socket_pair(fds);
		stranger = (struct stranger){
			.wire = { .pump = &t.pump,
				  .fd = fds[0],
				  .watch = { .fd = fds[0],
					     .events = EPOLLIN,
					     .ready = on_stranger },
				  .queue_max = PUMP_QUEUE_EARLY_MAX },
			.reads_request = i,
		};
		t.client.on_connected = hang_up;
		assert_int_equal(tls_open(t.server_ctx, &tls, &stranger.wire.tls), 0);
		assert_int_equal(loop_watch(t.loop, &stranger.wire.watch), 0);
		open_end(&t.client, fds[1], PPP_CLIENT);
		run();
		assert_true(t.client.is_connected);
		assert_true(t.server.is_connected);
		assert_int_equal(stranger.len > 0, i);
		assert_int_equal(t.client.end.reason, REASON_NONE);
		tear_down(state);
		set_up(state);
	}
}

/* Over TCP; returns the client's socket. */
static int open_both_by_tcp(void)
{
	int listener = loopback_listen(), far, near = loopback_connect(listener, &far);

	close(listener);
	assert_int_equal(fcntl(near, F_SETFL, O_NONBLOCK), 0);
	assert_int_equal(fcntl(far, F_SETFL, O_NONBLOCK), 0);
	open_end(&t.server, far, PPP_SERVER);
	open_end(&t.client, near, PPP_CLIENT);
	return near;
}

static int socket_option(int fd, int name)
{
	int value = -1;
	socklen_t len = sizeof(value);

	assert_int_equal(getsockopt(fd, SOL_SOCKET, name, &value, &len), 0);
	return value;
}

static void note_buffer(struct end *e)
{
	t.receive_buffer = socket_option(t.fd, SO_RCVBUF);
	t.reports_from = socket_option(t.fd, SO_RCVLOWAT);
	hang_up(e);
}

/* What the kernel allows to SO_RCVLOWAT: half of the largest buffer. */
static int largest_wish(void)
{
	FILE *f = fopen("/proc/sys/net/ipv4/tcp_rmem", "re");
	int largest = 0;

	if (f && fscanf(f, "%*d %*d %d", &largest) != 1)
		largest = 0;
	if (f)
		fclose(f);
	return largest / 2;
}

/* So that the first download need not wait for its window; and a single byte is still reported. */
static void the_receive_window_is_wide_after_the_login(void **state)
{
	enum { WIDE = 512 * 1024 };
	int before;

	(void)state;
	t.fd = open_both_by_tcp();
	before = socket_option(t.fd, SO_RCVBUF);
	t.client.on_connected = note_buffer;
	run();
	assert_true(t.client.is_connected);
	assert_int_equal(t.reports_from, 1);
	if (before >= WIDE || largest_wish() < WIDE) {
		print_message("skip: kernel: its buffers have other sizes\n");
		skip();
	}
	assert_true(t.receive_buffer >= WIDE);
}

/* With a speed limit, what it does not let pass would wait there. */
static void the_receive_window_of_a_limited_session_is_not(void **state)
{
	int before;

	(void)state;
	t.fd = open_both_by_tcp();
	before = socket_option(t.fd, SO_RCVBUF);
	assert_true(tunnel_set_rates(&t.client.tunnel, 1000 * 1000, 0));
	t.client.on_connected = note_buffer;
	run();
	assert_true(t.client.is_connected);
	assert_int_equal(t.receive_buffer, before);
}

static void send_and_wait(struct end *e)
{
	send_one(e, PACKET_LEN, 7);
}

static void hang_up_the_client(struct end *e)
{
	(void)e;
	tunnel_shutdown(&t.client.tunnel);
}

static void a_packet_goes_through_whole(void **state)
{
	uint8_t want[PACKET_LEN];

	(void)state;
	t.client.on_connected = send_and_wait;
	t.server.on_packet = hang_up_the_client;
	open_both();
	run();
	packet(want, sizeof(want), CLIENT_ADDR, SERVER_ADDR, 7);
	assert_int_equal(t.server.packets, 1);
	assert_memory_equal(t.server.last, want, sizeof(want));
	assert_int_equal(t.server.tunnel.stats.rx_packets, 1);
	assert_int_equal(t.client.tunnel.stats.tx_bytes, PACKET_LEN);
}

/* More than socket and backlog take: the rest is dropped, what was sent arrives whole. */
static void send_a_flood(struct end *e)
{
	for (int i = 0; i < FLOOD; i++)
		send_one(e, 1400, (uint8_t)i);
}

static void hang_up_after_the_flood(struct end *e)
{
	const struct tunnel_stats *st = &t.client.tunnel.stats;

	if (st->tx_packets + st->tx_dropped == FLOOD && e->packets == st->tx_packets)
		tunnel_shutdown(&t.client.tunnel);
}

static void a_flood_is_cut_and_not_corrupted(void **state)
{
	(void)state;
	t.client.on_connected = send_a_flood;
	t.server.on_packet = hang_up_after_the_flood;
	open_both();
	run();
	/* of those that waited CoDel drops some, where this takes long */
	assert_true(t.client.tunnel.stats.tx_packets + t.pump.drops.tx[DROP_QUEUE_DELAY] > 1000);
	assert_true(t.pump.drops.tx[DROP_QUEUE_FULL] > 1000);
	assert_int_equal(t.server.bytes, t.server.packets * 1400);
	assert_int_equal(t.server.tunnel.stats.rx_dropped, 0);
}

/*
 * Many packets of one flow in one turn, then one each of three others (their ports begin with the seed;
 * it is very unlikely that all of them share the first one's queue).
 */
static void send_bulk_and_three(struct end *e)
{
	for (int i = 0; i < 500; i++)
		send_one(e, 1400, 1);
	for (uint8_t seed = 2; seed < 5; seed++)
		send_one(e, PACKET_LEN, seed);
}

static void note_the_first_small_one(struct end *e)
{
	if (load_u16(e->last + 2) == PACKET_LEN && !e->small_came_at)
		e->small_came_at = e->packets;
	/* where this takes long, CoDel drops some of the bulk */
	if (e->packets + t.client.tunnel.stats.tx_dropped == 503)
		tunnel_shutdown(&t.client.tunnel);
}

static void a_small_flow_passes_what_a_turn_has_too_much(void **state)
{
	(void)state;
	t.client.on_connected = send_bulk_and_three;
	t.server.on_packet = note_the_first_small_one;
	open_both();
	run();
	assert_in_range(t.server.small_came_at, 1, 100);
}

static void send_nonsense(struct end *e)
{
	struct tun_offload lie = { .gso = TUN_GSO_TCP4, .gso_size = 100 };
	uint8_t at[200] = { 0x45 }, large[1401];
	struct packet p;

	tunnel_send_own(&e->tunnel, at, 0);
	tunnel_send_own(&e->tunnel, at, 1);
	packet(at, sizeof(at), CLIENT_ADDR, SERVER_ADDR, 0);
	assert_true(packet_parse(&p, at, sizeof(at)));
	tunnel_send(&e->tunnel, &p, &lie); /* UDP said to be a super-packet of TCP */
	packet(large, sizeof(large), CLIENT_ADDR, SERVER_ADDR, 0);
	large[6] = 0x40;                                   /* don't fragment */
	tunnel_send_own(&e->tunnel, large, sizeof(large)); /* over the MTU */
	send_one(e, 1400, 0);
}

static void nonsense_from_the_port_is_dropped(void **state)
{
	(void)state;
	t.client.on_connected = send_nonsense;
	t.server.on_packet = hang_up_the_client;
	open_both();
	run();
	assert_int_equal(t.server.packets, 1);
	assert_int_equal(t.server.bytes, 1400);
	assert_int_equal(t.client.tunnel.stats.tx_dropped, 2);
	assert_int_equal(t.pump.drops.tx[DROP_MALFORMED], 1);
	assert_int_equal(t.pump.drops.tx[DROP_TOO_BIG], 1);
}

/* Data frames that sstp itself never sends. */
static const struct hostile {
	const char *name;
	uint16_t protocol;
	uint8_t bytes[48];
	size_t len;
} hostiles[] = {
	{ "nothing", PPP_PROTO_IPV4, { 0 }, 0 },
	{ "a byte", PPP_PROTO_IPV4, { 0x45 }, 1 },
	{ "short of a header", PPP_PROTO_IPV4, { 0x45, [3] = 19 }, 19 },
	{ "a header of four words", PPP_PROTO_IPV4, { 0x44, [3] = 40, [9] = 17 }, 40 },
	{ "a header past the end", PPP_PROTO_IPV4, { 0x4f, [3] = 40, [9] = 17 }, 40 },
	{ "longer than the frame", PPP_PROTO_IPV4, { 0x45, [3] = 41, [9] = 17 }, 40 },
	{ "shorter than its header", PPP_PROTO_IPV4, { 0x45, [3] = 19, [9] = 17 }, 40 },
	{ "IPv5", PPP_PROTO_IPV4, { 0x55, [3] = 40, [9] = 17 }, 40 },
	{ "IPv6 as IPv4", PPP_PROTO_IPV4, { 0x60, [6] = 17 }, 40 },
	{ "IPv4 as IPv6", PPP_PROTO_IPV6, { 0x45, [3] = 40, [9] = 17 }, 40 },
	{ "IPv6, which is not open", PPP_PROTO_IPV6, { 0x60, [6] = 17 }, 40 },
	{ "a source route", PPP_PROTO_IPV4, { 0x47, [3] = 28, [9] = 17, [20] = 131, 3, 4 }, 28 },
};

static void send_frame(struct end *e, uint16_t protocol, const uint8_t *at, size_t len)
{
	uint8_t *to = pump_put(&e->tunnel.wire, SSTP_HDR_LEN + PPP_HDR_LEN + len);

	sstp_put_data_header(to, PPP_HDR_LEN + len);
	ppp_put_header(to + SSTP_HDR_LEN, protocol);
	memcpy(to + SSTP_HDR_LEN + PPP_HDR_LEN, at, len);
}

static void send_hostiles(struct end *e)
{
	for (size_t i = 0; i < sizeof(hostiles) / sizeof(*hostiles); i++)
		send_frame(e, hostiles[i].protocol, hostiles[i].bytes, hostiles[i].len);
	send_one(e, PACKET_LEN, 0);
}

static void hostile_packets_are_dropped(void **state)
{
	(void)state;
	t.client.on_connected = send_hostiles;
	t.server.on_packet = hang_up_the_client;
	open_both();
	run();
	assert_int_equal(t.server.packets, 1);
	assert_int_equal(t.server.bytes, PACKET_LEN);
	assert_int_equal(t.server.tunnel.stats.rx_dropped, sizeof(hostiles) / sizeof(*hostiles));
	assert_int_equal(t.pump.drops.rx[DROP_MALFORMED], 10);
	assert_int_equal(t.pump.drops.rx[DROP_NOT_UP], 1);
	assert_int_equal(t.pump.drops.rx[DROP_CONFIGURATION], 1);
}

static void send_padded(struct end *e)
{
	uint8_t at[64];

	packet(at, sizeof(at), CLIENT_ADDR, SERVER_ADDR, 7);
	store_u16(at + 2, 40);
	send_frame(e, PPP_PROTO_IPV4, at, sizeof(at));
}

static void padding_is_cut_off(void **state)
{
	(void)state;
	t.client.on_connected = send_padded;
	t.server.on_packet = hang_up_the_client;
	open_both();
	run();
	assert_int_equal(t.server.packets, 1);
	assert_int_equal(t.server.bytes, 40);
}

/* TLS records that wait to be read from a socket. */
static size_t records_in(int fd)
{
	static uint8_t at[64 * 1024];
	ssize_t len = recv(fd, at, sizeof(at), MSG_PEEK);
	size_t n = 0;

	for (ssize_t i = 0; i + 5 <= len; n++) /* type, version, length: RFC 8446 section 5.1 */
		i += 5 + load_u16(at + i + 3);
	return n;
}

static void send_data_then_control(struct end *e)
{
	int fd = t.server.tunnel.wire.fd;
	size_t before, records = t.correlation ? 1 : 2;

	pump_flush(&t.pump);
	before = records_in(fd);
	send_one(e, PACKET_LEN, 1);
	send_one(e, PACKET_LEN, 2);
	tunnel_shutdown(&e->tunnel); /* LCP's Terminate-Request */
	pump_flush(&t.pump);
	assert_int_equal(records_in(fd), before + records);
}

static void data_shares_a_record_and_control_does_not(void **state)
{
	(void)state;
	t.client.on_connected = send_data_then_control;
	open_both();
	run();
	assert_true(t.client.is_connected);
	assert_int_equal(t.server.packets, 2);
}

static void control_shares_it_when_both_ends_are_ours(void **state)
{
	static const uint8_t id[16] = { 1 };

	t.correlation = id;
	data_shares_a_record_and_control_does_not(state);
}

/* Handshake messages of one session, a request of it that is not sealed yet, then messages of another session. */
static void interleave(struct end *e)
{
	static const uint8_t messages[100];
	static uint8_t at[1000];
	struct pump_end *own = &e->tunnel.wire, *other = &t.server.tunnel.wire;
	ssize_t before;

	pump_flush(&t.pump);
	before = recv(other->fd, at, sizeof(at), MSG_PEEK | MSG_DONTWAIT);
	if (before < 0)
		before = 0;
	pump_take_ciphertext(own, messages, sizeof(messages));
	memset(pump_put_own_record(own, 20), 0, 20);
	pump_take_ciphertext(other, messages, sizeof(messages));
	/* a record's header, the type of its content, and the tag are 22 bytes */
	assert_int_equal(recv(other->fd, at, sizeof(at), MSG_PEEK) - before, 100 + 20 + 22);
	loop_stop(t.loop);
}

static void messages_and_request_go_with_one_send(void **state)
{
	(void)state;
	t.client.on_connected = interleave;
	open_both();
	run();
	assert_true(t.client.is_connected);
}

static void send_too_big(struct end *e)
{
	uint8_t at[1401];

	packet(at, sizeof(at), CLIENT_ADDR, SERVER_ADDR, 0);
	at[6] = 0x40; /* don't fragment */
	tunnel_send_own(&e->tunnel, at, sizeof(at));
}

static void what_is_too_big_is_answered(void **state)
{
	(void)state;
	t.client.on_connected = send_too_big;
	t.client.on_packet = hang_up_the_client;
	open_both();
	run();
	assert_int_equal(t.client.packets, 1);
	assert_int_equal(t.client.last[20], 3); /* fragmentation needed */
	assert_int_equal(t.client.last[21], 4);
	assert_int_equal(load_u16(t.client.last + 26), 1400);
	assert_int_equal(load_u32(t.client.last + 16), CLIENT_ADDR);
	assert_int_equal(t.server.packets, 0);
}

static void a_wrong_password_is_reported(void **state)
{
	(void)state;
	t.password = "guess";
	open_both();
	run();
	assert_int_equal(t.client.end.reason, REASON_AUTH);
	assert_non_null(strstr(t.client.end.text, "691"));
	assert_false(t.client.is_connected || t.server.is_connected);
	assert_int_equal(t.server.end.reason, REASON_AUTH);
}

/* Closes the peer's socket under it: like a crash, or a network error that is reported. */
static void vanish(struct end *e)
{
	(void)e;
	tunnel_abandon(&t.server.tunnel);
	t.server.is_open = false;
}

static void leave_at_once(struct loop_task *task)
{
	(void)task;
	pump_flush(&t.pump);
	tunnel_abandon(&t.client.tunnel);
	t.client.is_open = false;
}

/* When the turn ends, in which the Nak is sent. */
static void leave_after_the_nak(struct end *e)
{
	static struct loop_task task = { .run = leave_at_once };

	(void)e;
	loop_post(t.loop, &task);
}

/* The server has ended the tunnel; that the peer closes the connection then is not the reason. */
static void the_first_reason_counts(void **state)
{
	(void)state;
	t.server_wants_pap = true;
	t.client.on_offer = leave_after_the_nak;
	open_both();
	run();
	assert_int_equal(t.server.end.reason, REASON_AUTH);
	assert_string_equal(t.server.end.text, ppp_closed_text(PPP_CLOSED_NO_METHOD));
}

static void a_peer_that_vanishes_is_lost(void **state)
{
	(void)state;
	t.client.on_connected = vanish;
	open_both();
	run();
	assert_int_equal(t.client.end.reason, REASON_LOST);
	assert_false(t.client.end.by_us);
}

/* Bulk, then at once a reset of the socket: the result must not depend on which read meets it. */
static void send_bulk_and_reset(struct end *e)
{
	for (int i = 0; i < 20; i++)
		send_one(e, 1400, 1);
	pump_flush(&t.pump);
	assert_int_equal(send(t.server.tunnel.wire.fd, "", 1, 0),
			 1); /* unread at the close: a reset */
	tunnel_abandon(&e->tunnel);
	e->is_open = false;
}

static void a_reset_after_bulk_is_reported(void **state)
{
	(void)state;
	t.client.on_connected = send_bulk_and_reset;
	open_both();
	run();
	assert_int_equal(t.server.packets, 20);
	assert_int_equal(t.server.end.reason, REASON_LOST);
	assert_non_null(strstr(t.server.end.text, strerror(ECONNRESET)));
}

/* As Debian's SoftEther does, which never answers the request. */
static void a_server_that_does_not_respond_is_not_an_sstp_server(void **state)
{
	(void)state;
	t.client.on_tls = vanish;
	open_both();
	run();
	assert_int_equal(t.client.end.reason, REASON_HTTP);
	assert_non_null(strstr(t.client.end.text, "instead of sending an HTTP response"));
}

static void only_write(struct loop_watch *w, uint32_t events)
{
	if (events & EPOLLOUT)
		pump_drain(container_of(w, struct pump_end, watch));
}

/* Echo-Requests without end, whose responses are never read. */
static void ask_and_never_read(struct end *e)
{
	static const uint8_t echo[] = { 0x10, 0x01, 0x00, 0x08, 0x00, 0x08, 0x00, 0x00 };

	e->tunnel.wire.watch.ready = only_write;
	e->is_open = false;
	for (int i = 0; i < 20000; i++)
		memcpy(pump_put(&e->tunnel.wire, sizeof(echo)), echo, sizeof(echo));
}

static void a_peer_that_never_reads_is_given_up(void **state)
{
	(void)state;
	t.client.on_connected = ask_and_never_read;
	open_both();
	run();
	assert_int_equal(t.server.end.reason, REASON_LOST);
	assert_string_equal(t.server.end.text, "the peer does not read what is sent to it");
}

static void send_and_vanish(struct end *e)
{
	send_one(e, PACKET_LEN, 1);
	tunnel_abandon(&e->tunnel); /* from inside its own event, with a packet under way */
	e->is_open = false;
}

static void abandoning_from_an_event_is_safe(void **state)
{
	(void)state;
	t.client.on_connected = send_and_vanish;
	open_both();
	run();
	assert_true(t.server.has_ended);
	assert_false(t.client.has_ended);
}

static void end_in_a_packet(struct end *e)
{
	tunnel_abandon(&e->tunnel);
	e->is_open = false;
}

static void abandoning_from_a_packet_is_safe(void **state)
{
	(void)state;
	t.client.on_connected = send_and_wait;
	t.server.on_packet = end_in_a_packet;
	open_both();
	run();
	assert_true(t.client.has_ended);
	assert_int_equal(t.server.packets, 1);
}

/* A server that gets something other than TLS. */
static void a_peer_without_tls_is_refused(void **state)
{
	static const char hello[] = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
	int fds[2];

	(void)state;
	socket_pair(fds);
	open_end(&t.server, fds[0], PPP_SERVER);
	assert_int_equal(write(fds[1], hello, sizeof(hello) - 1), sizeof(hello) - 1);
	run();
	assert_int_equal(t.server.end.reason, REASON_TLS);
	close(fds[1]);
}

static void another_certificate_is_refused(void **state)
{
	static const char *const pin = "pin-sha256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
	struct tls_client_cfg cfg = { .pins = &pin, .pin_count = 1 };
	struct tls_ctx *good = t.client_ctx;
	struct error err;

	(void)state;
	assert_int_equal(tls_ctx_client(&cfg, &t.client_ctx, &err), 0);
	open_both();
	run();
	assert_int_equal(t.client.end.reason, REASON_TRUST);
	assert_int_equal(t.server.end.reason, REASON_TLS);
	tls_ctx_release(t.client_ctx);
	t.client_ctx = good;
}

/* The limit is reached while the answer is waited for, however long all until then has taken. */
static void answer_too_late(struct end *e)
{
	struct tunnel *tunnel = &e->tunnel;

	assert_true(tunnel->stage_deadline_ms == tunnel->cfg.setup_deadline_ms);
	tunnel->stage_deadline_ms = loop_now(t.loop);
}

/* The login was being checked. */
static void assert_unchecked(void)
{
	assert_int_equal(t.client.end.reason, REASON_PPP);
	assert_non_null(strstr(t.client.end.text, "cannot check logins now"));
	assert_false(t.client.end.is_verdict);
}

static void a_server_that_ends_during_a_login_says_so(void **state)
{
	(void)state;
	t.server.on_password = hang_up;
	open_both();
	run();
	assert_unchecked();
	assert_true(t.server.end.by_us);
}

static void a_login_that_reaches_the_limit_of_the_set_up_is_told(void **state)
{
	(void)state;
	t.server.on_password = answer_too_late;
	t.setup_ms = WAIT_MS;
	open_both();
	run();
	assert_unchecked();
	assert_int_equal(t.server.end.reason, REASON_PPP);
	assert_non_null(strstr(t.server.end.text, "PPP did not finish"));
}

static void a_shutdown_before_the_handshake_ends_at_once(void **state)
{
	(void)state;
	open_both();
	tunnel_shutdown(&t.client.tunnel);
	tunnel_shutdown(&t.client.tunnel); /* twice is once */
	run();
	assert_true(t.client.end.by_us);
	assert_int_equal(t.server.end.reason, REASON_TLS);
}

static void leave_now(struct end *e)
{
	tunnel_leave(&e->tunnel, "gone");
	assert_int_equal(e->tunnel.stage, TUNNEL_CLOSED);
}

/* It does not wait for a reply, and the peer, if it still receives the message, ends too. */
static void leaving_ends_at_once(void **state)
{
	(void)state;
	t.client.on_connected = leave_now;
	open_both();
	run();
	assert_true(t.client.has_ended && t.server.has_ended);
	assert_true(t.client.end.by_us);
	assert_string_equal(t.client.end.text, "gone");
	assert_int_equal(t.server.end.reason, REASON_PEER);
}

static int make_certificate(void **state)
{
	static const char *const name = "vpn.example.net";
	static struct cert_info info;
	static uint8_t der[4096];
	struct cert_request rq = { .names = &name, .name_count = 1, .days = 1 };
	struct tls_client_cfg client = { .pins = &t.pin, .pin_count = 1 };
	struct tls_server_cfg server = { .cert_file = t.cert, .key_file = t.key };
	struct error err;
	size_t len;

	(void)state;
	strcpy(t.folder, "/tmp/tunnel_test.XXXXXX");
	if (!mkdtemp(t.folder))
		return -1;
	snprintf(t.cert, sizeof(t.cert), "%s/cert", t.folder);
	snprintf(t.key, sizeof(t.key), "%s/key", t.folder);
	if (cert_make(&rq, t.cert, t.key, false, &err) ||
	    cert_load(t.cert, der, sizeof(der), &len, &err) ||
	    !cert_read(bytes_of(der, len), &info))
		return -1;
	t.pin = info.pin;
	return tls_ctx_client(&client, &t.client_ctx, &err) ||
	       tls_ctx_server(&server, &t.server_ctx, &err);
}

static int remove_certificate(void **state)
{
	(void)state;
	tls_ctx_release(t.client_ctx);
	tls_ctx_release(t.server_ctx);
	unlink(t.cert);
	unlink(t.key);
	rmdir(t.folder);
	return 0;
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(a_call_from_start_to_end),
		CASE(a_server_adopts_a_connection),
		CASE(the_receive_window_is_wide_after_the_login),
		CASE(the_receive_window_of_a_limited_session_is_not),
		CASE(a_packet_goes_through_whole),
		CASE(a_flood_is_cut_and_not_corrupted),
		CASE(a_small_flow_passes_what_a_turn_has_too_much),
		CASE(nonsense_from_the_port_is_dropped),
		CASE(hostile_packets_are_dropped),
		CASE(padding_is_cut_off),
		CASE(data_shares_a_record_and_control_does_not),
		CASE(control_shares_it_when_both_ends_are_ours),
		CASE(messages_and_request_go_with_one_send),
		CASE(what_is_too_big_is_answered),
		CASE(a_wrong_password_is_reported),
		CASE(the_first_reason_counts),
		CASE(a_peer_that_vanishes_is_lost),
		CASE(a_reset_after_bulk_is_reported),
		CASE(a_server_that_does_not_respond_is_not_an_sstp_server),
		CASE(a_peer_that_never_reads_is_given_up),
		CASE(abandoning_from_an_event_is_safe),
		CASE(abandoning_from_a_packet_is_safe),
		CASE(a_peer_without_tls_is_refused),
		CASE(another_certificate_is_refused),
		CASE(a_server_that_ends_during_a_login_says_so),
		CASE(a_login_that_reaches_the_limit_of_the_set_up_is_told),
		CASE(a_shutdown_before_the_handshake_ends_at_once),
		CASE(leaving_ends_at_once),
	};

	log_set_level(LOG_LEVEL_ERROR);
	return cmocka_run_group_tests(tests, make_certificate, remove_certificate);
}
