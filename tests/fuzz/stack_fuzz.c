/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The stack of the proxy with a peer that follows no rules: a list of packets, each after a byte
 * with its kind. Some are passed on as they are, with right checksums; most are TCP segments of the
 * current connection, or nearly so: each number is off by what the input says.
 *
 * There is one connection that we opened, and a listener for more.
 */
#include <netinet/in.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "stack/conn.h"
#include "stack/datagram.h"
#include "util/checksum.h"
#include "tun/headers.h"
#include "util/bytes.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

enum {
	RAW = 0x01, /* the packet is the input's */
	TO_LISTENER = 0x02,
	FLUSH = 0x04, /* the end of a batch, and a turn of the loop */
	TAKE = 0x08,  /* what waits is taken */
	SEND = 0x10,  /* and something sent */
	FULL = 0x20,  /* the tunnel has room no more, or again */
	PORT = 80,
	PACKETS = 100,
	SEGMENT_MAX = 1400,
	ICMP_CHECKSUM_AT = 2,
};

static const uint8_t own[4] = { 10, 1, 0, 2 }, far[4] = { 10, 9, 9, 9 };

/* The last numbers of our side, which the next segment of the peer has to match. */
static struct {
	uint16_t port;
	uint32_t seq, ack;
} seen;

static struct {
	struct loop *loop;
	struct stack *stack;
	struct conn *conn; /* the last that was attached */
	bool is_full;
} t;

/* ---- our side */

static void note(void *arg, const struct packet *p, const struct tun_offload *off)
{
	size_t tcp_len = headers_tcp_len(&p->h, p->at);
	const uint8_t *tcp = p->at + p->h.ip_len;
	struct headers h;

	(void)arg;
	(void)off;
	if (!headers_parse(&h, p->at, p->h.total) || h.ip_len != p->h.ip_len)
		abort();
	if (!tcp_len)
		return;
	seen.port = load_u16(tcp);
	seen.seq = load_u32(tcp + TCP_SEQ_AT) + (uint32_t)(p->h.total - p->h.ip_len - tcp_len) +
		   !!(tcp[TCP_FLAGS_AT] & (TCP_BIT_SYN | TCP_BIT_FIN));
	seen.ack = load_u32(tcp + TCP_ACK_AT);
}

static bool has_room(void *arg)
{
	(void)arg;
	return !t.is_full;
}

static size_t received(void *arg, const uint8_t *at, size_t len)
{
	(void)arg;
	(void)at;
	return len / 2;
}

static void ended(void *arg)
{
	(void)arg;
}

static void lost(void *arg)
{
	if (t.conn == arg)
		t.conn = NULL;
}

static void attach(void *arg, struct conn *c)
{
	(void)arg;
	t.conn = c;
	conn_attach(c, &(struct conn_events){ received, ended, ended, lost, c });
}

static void done(void *arg, struct conn *c, enum stack_result result)
{
	if (result == STACK_OK)
		attach(arg, c);
}

static void datagram_came(void *arg, const struct ip_addr *from, uint16_t port, const uint8_t *at,
			  size_t len)
{
	(void)arg;
	(void)from;
	(void)port;
	(void)at;
	(void)len;
}

static void stop(struct loop_task *task)
{
	(void)task;
	loop_stop(t.loop);
}

static void turn(void)
{
	struct loop_task task = { .run = stop };

	stack_flush(t.stack);
	loop_post(t.loop, &task);
	loop_run(t.loop);
}

static void act(uint8_t what)
{
	static const uint8_t text[20000];

	if (what & FULL) {
		t.is_full = !t.is_full;
		if (!t.is_full)
			stack_has_room(t.stack);
	}
	if (what & FLUSH)
		turn();
	if (what & TAKE && t.conn)
		conn_consume(t.conn, conn_pending(t.conn).len);
	if (what & SEND && t.conn) {
		conn_send(t.conn, text, sizeof(text), false);
		conn_push(t.conn);
	}
}

/* ---- the peer */

static void mend(uint8_t *packet, size_t len)
{
	struct headers h;
	size_t at;

	if (len >= IPV4_HDR_LEN && packet[0] >> 4 == 4) {
		size_t ip_len = (size_t)(packet[0] & 15) * 4;

		memcpy(packet + IPV4_ADDRS_AT + 4, own, sizeof(own));
		store_u16(packet + IPV4_LENGTH_AT, (uint16_t)len);
		store_u16(packet + IPV4_CHECKSUM_AT, 0);
		if (ip_len <= len)
			store_u16(packet + IPV4_CHECKSUM_AT,
				  (uint16_t)~checksum_sum(packet, ip_len));
	}
	if (!headers_parse(&h, packet, len) || h.is_fragment)
		return;
	at = h.ip_len + (h.proto == IPPROTO_TCP   ? TCP_CHECKSUM_AT
			 : h.proto == IPPROTO_UDP ? UDP_CHECKSUM_AT
						  : ICMP_CHECKSUM_AT);
	if (at + 2 > h.total)
		return;
	store_u16(packet + at, 0);
	store_u16(packet + at, (uint16_t)~checksum_fold(
				       (h.proto == IPPROTO_ICMP
						? 0
						: headers_pseudo(&h, packet, h.total - h.ip_len)) +
				       checksum_sum(packet + h.ip_len, h.total - h.ip_len)));
}

static void put_segment(struct writer *w, struct reader *r, uint8_t what)
{
	int8_t seq = (int8_t)get_u8(r), ack = (int8_t)get_u8(r);
	uint8_t flags = get_u8(r), options = get_u8(r) % 11;
	uint16_t window = get_u16(r);
	size_t payload = get_u16(r) % SEGMENT_MAX;

	put_u32(w, 0x45000000);
	put_u32(w, 0);
	put_u32(w, 0x40060000);
	put_bytes(w, far, sizeof(far));
	put_bytes(w, own, sizeof(own));
	put_u16(w, what & TO_LISTENER ? 5000 : PORT);
	put_u16(w, what & TO_LISTENER ? PORT : seen.port);
	put_u32(w, seen.ack + (uint32_t)(seq * (what & 0x40 ? 300 : 1)));
	put_u32(w, seen.seq + (uint32_t)(ack * (what & 0x80 ? 300 : 1)));
	put_u8(w, (uint8_t)((5 + options) << 4));
	put_u8(w, flags);
	put_u16(w, window);
	put_u32(w, 0);
	for (unsigned i = 0; i < options; i++) {
		uint32_t word = get_u32(r);

		/* the edges of selective acknowledgments, near what is under way */
		if (word >> 24 == 0xfe)
			word = seen.seq + (word & 0xffff) - 0x8000;
		put_u32(w, word);
	}
	put_gap(w, payload);
}

/* A copy of the exact size, so that a sanitizer detects a read past its end. */
static void give(const uint8_t *at, size_t len)
{
	uint8_t *packet = malloc(len + 1);
	struct packet p;

	if (!packet)
		abort();
	memcpy(packet, at, len);
	mend(packet, len);
	if (packet_parse(&p, packet, len) && p.h.total == len) {
		stack_input(t.stack, &p);
		stack_flush(t.stack);
	}
	free(packet);
}

static void next_packet(struct reader *r)
{
	uint8_t what = get_u8(r), made[2048] = { 0 };
	struct writer w = writer_of(made, sizeof(made));

	if (what & RAW) {
		size_t len = get_u16(r) % sizeof(made);
		const uint8_t *at = get_bytes(r, len);

		if (!at)
			return;
		put_bytes(&w, at, len);
	} else {
		put_segment(&w, r, what);
	}
	if (w.len)
		give(made, w.len);
	act(what);
}

static void start(void)
{
	struct link_addrs link = { .mtu = 1400 };
	struct stack_cfg cfg = { .send = note, .has_room = has_room };

	memset(&seen, 0, sizeof(seen));
	memset(&t, 0, sizeof(t));
	if (loop_open(&t.loop))
		abort();
	cfg.loop = t.loop;
	if (stack_open(&cfg, &t.stack) || !ip_parse("10.1.0.2", &link.own) ||
	    !ip_parse("fe80::2", &link.own_ll))
		abort();
	stack_up(t.stack, &link);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct reader r = reader_of(data, len);
	struct conn_listener *listener;
	struct datagram *datagram;
	struct target to;

	start();
	if (conn_listen(t.stack, &(struct conn_listener_cfg){ PORT, attach, NULL }, &listener) ||
	    datagram_open(t.stack, &(struct datagram_cfg){ datagram_came, NULL }, &datagram))
		abort();
	if (!target_set(&to, bytes_text("10.9.9.9"), PORT))
		abort();
	conn_connect(t.stack, &(struct conn_cfg){ &to, done, NULL });
	turn();
	turn();
	for (int i = 0; i < PACKETS && r.left; i++)
		next_packet(&r);
	turn();
	conn_listener_close(listener);
	datagram_close(datagram);
	stack_close(t.stack);
	loop_close(t.loop);
	return 0;
}
