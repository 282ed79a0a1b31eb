/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The stack of the proxy with a peer that follows no rules: a list of packets, each after a byte
 * with its kind. Some are passed on as they are, with right checksums; most are TCP segments of the
 * current connection, or nearly so: each number is off by what the input says. Others are responses to the
 * last DNS query, errors about the last packet, and what happens on our side.
 *
 * There is one connection that we opened, and a listener for more.
 */
#include <netinet/in.h>
#include <netinet/ip_icmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "dns/message.h"
#include "fuzz/target.h"
#include "stack/conn.h"
#include "stack/datagram.h"
#include "stack/lookup.h"
#include "stack/relay.h"
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
	EVENT = 0x80, /* with RAW: no packet, but an event, its argument, a length of one byte, and bytes */
	PORT = 80,
	PACKETS = 100,
	SEGMENT_MAX = 1400,
	ICMP_CHECKSUM_AT = 2,
	QUOTED_MAX = 48, /* of a packet, in an error about it */
	LOOKUPS = 8,
	PIPE_LEN = 4096, /* of a socket, so that it is full soon */
};

enum event {
	EVENT_LOOKUP, /* of a name: names[argument] */
	EVENT_CANCEL, /* look-up number argument */
	EVENT_RESPONSE, /* to the last query: its flags, four counts of a byte, and what follows the question */
	EVENT_ICMP_ERROR, /* of type argument, about the last packet; a byte is the code */
	EVENT_DATAGRAM,   /* to names[argument] */
	EVENT_CONNECT,    /* to names[argument] */
	EVENT_DOWN,       /* the tunnel */
	EVENT_UP,         /* with the address or addresses of that number */
	EVENT_RELAY,      /* the next connection gets a socket; argument 1: and a filter */
	EVENT_WRITE,      /* to that socket */
	EVENT_READ,       /* from it */
	EVENT_SHUT,       /* it ends; argument 1: it is closed */
	EVENT_FINISH,     /* the connection; argument 1: and is released, 2: aborted */
	EVENTS,
};

static const uint8_t own[4] = { 10, 1, 0, 2 }, far[4] = { 10, 9, 9, 9 };
static const char *const names[] = { "www.example.net", "a",           "localhost",
				     "10.9.9.9",        "2001:db8::9", "b.corp.example" };
enum { NAMES = sizeof(names) / sizeof(*names) };

/* The last numbers of our side, which the next segment of the peer has to match. */
static struct {
	uint8_t to[4];
	uint16_t port, to_port;
	uint32_t seq, ack;
	uint8_t query[600]; /* the last DNS query, and the port that it came from */
	size_t query_len;
	uint16_t query_port;
	uint8_t server[16];
	uint8_t last[QUOTED_MAX]; /* the start of the last packet */
	size_t last_len;
} seen;

static struct {
	struct loop *loop;
	struct stack *stack;
	struct conn *conn; /* the last that was attached */
	bool is_full, has_finished;
	struct relays relays;
	bool relays_next, filters_next;
	int socket; /* the other end of the relay's; -1: none */
	struct lookup *lookup[LOOKUPS];
	struct datagram *datagram;
} t;

/* ---- our side */

static void note_query(const struct packet *p)
{
	const uint8_t *udp = p->at + p->h.ip_len;
	size_t len = p->h.total - p->h.ip_len;

	if (p->h.proto != IPPROTO_UDP || len < UDP_HDR_LEN || load_u16(udp + 2) != DNS_PORT)
		return;
	len -= UDP_HDR_LEN;
	seen.query_len = len < sizeof(seen.query) ? len : sizeof(seen.query);
	memcpy(seen.query, udp + UDP_HDR_LEN, seen.query_len);
	seen.query_port = load_u16(udp);
	memcpy(seen.server, p->at + IPV4_ADDRS_AT + 4, 4);
}

static void note(void *arg, const struct packet *p, const struct tun_offload *off)
{
	size_t tcp_len = headers_tcp_len(&p->h, p->at);
	const uint8_t *tcp = p->at + p->h.ip_len;
	struct headers h;

	(void)arg;
	(void)off;
	if (!headers_parse(&h, p->at, p->h.total) || h.ip_len != p->h.ip_len)
		abort();
	seen.last_len = p->h.total < QUOTED_MAX ? p->h.total : QUOTED_MAX;
	memcpy(seen.last, p->at, seen.last_len);
	if (*p->at >> 4 == 4)
		note_query(p);
	if (!tcp_len)
		return;
	if (*p->at >> 4 == 4)
		memcpy(seen.to, p->at + IPV4_ADDRS_AT + 4, sizeof(seen.to));
	seen.port = load_u16(tcp);
	seen.to_port = load_u16(tcp + 2);
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

/* ---- a filter of a relay: every byte as it is, up to the end */

struct filter {
	struct relay_filter base;
	bool is_over;
};

static struct filter *of(struct relay_filter *f)
{
	return (struct filter *)f;
}

static bool filter_to_conn(struct relay_filter *f, struct reader *in, struct writer *out)
{
	size_t len = in->left;
	const uint8_t *at = get_bytes(in, len);

	(void)f;
	put_bytes(out, at, len);
	return !len || *at != '!';
}

static void filter_to_fd(struct relay_filter *f, struct reader *in, struct writer *out, bool at_end)
{
	size_t len = in->left < 100 ? in->left : 100;

	if (len) /* at the end there is no memory */
		put_bytes(out, get_bytes(in, len), len);
	of(f)->is_over = at_end;
}

static size_t filter_max(struct relay_filter *f)
{
	return of(f)->is_over ? 0 : 1000;
}

static bool filter_is_over(struct relay_filter *f)
{
	return of(f)->is_over;
}

static void filter_end(struct relay_filter *f)
{
	free(f);
}

static void filter_take_back(struct relay_filter *f, int fd)
{
	close(fd);
	free(f);
}

static struct relay_filter *make_filter(void)
{
	struct filter *f = calloc(1, sizeof(*f));

	if (!f)
		abort();
	f->base = (struct relay_filter){ filter_to_conn, filter_to_fd,     filter_max,
					 filter_is_over, filter_take_back, filter_end };
	return &f->base;
}

static void relay(struct conn *c)
{
	static const char text[] = "hello";
	const int len = PIPE_LEN;
	struct relay_cfg cfg = { .conn = c };
	int fds[2];

	if (t.socket >= 0)
		close(t.socket);
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds))
		abort();
	setsockopt(fds[0], SOL_SOCKET, SO_SNDBUF, &len, sizeof(len));
	cfg.fd = fds[0];
	t.socket = fds[1];
	if (t.filters_next)
		cfg.filter = make_filter();
	else
		cfg.early = cfg.greeting = bytes_text(text);
	t.relays_next = t.filters_next = false;
	relay_start(&t.relays, &cfg);
}

static void attach(void *arg, struct conn *c)
{
	uint16_t port;

	(void)arg;
	conn_local(c, &port);
	conn_peer(c, &port);
	if (t.relays_next) {
		relay(c);
		return;
	}
	t.conn = c;
	t.has_finished = false;
	conn_attach(c, &(struct conn_events){ received, ended, ended, lost, c });
}

static void done(void *arg, struct conn *c, enum stack_result result)
{
	struct conn_why why = conn_why(c);

	if (!*why.text || !memchr(why.text, '\0', sizeof(why.text)))
		abort();
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

static void turn(void)
{
	stack_flush(t.stack);
	run_turn(t.loop);
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
	if (what & SEND && t.conn && !t.has_finished) {
		conn_send(t.conn, text, sizeof(text), false);
		conn_push(t.conn);
	}
}

/* ---- what happens on our side */

static void found(void *arg, const struct lookup_result *r)
{
	struct lookup **l = arg;

	*l = NULL;
	if ((r->result == STACK_OK) != (r->count > 0) || r->count > LOOKUP_ADDRESSES)
		abort();
}

static struct target target_of(uint8_t number)
{
	struct target to;

	if (!target_set(&to, bytes_text(names[number % NAMES]), PORT))
		abort();
	return to;
}

static void look_up(uint8_t name)
{
	struct target of = target_of(name);

	for (size_t i = 0; i < LOOKUPS; i++)
		if (!t.lookup[i]) {
			t.lookup[i] = lookup_start(t.stack, &(struct lookup_cfg){ &of, found,
										  &t.lookup[i] });
			return;
		}
}

static void cancel(size_t number)
{
	lookup_cancel(t.lookup[number % LOOKUPS]);
	t.lookup[number % LOOKUPS] = NULL;
}

static void link_up(uint8_t how)
{
	struct link_addrs link = { .mtu = 1400, .dns_count = 2 };

	if (!ip_parse(how & 1 ? "10.1.0.3" : "10.1.0.2", &link.own) ||
	    !ip_parse("fe80::2", &link.own_ll) || !ip_parse("10.1.0.53", &link.dns[0]) ||
	    !ip_parse("10.1.0.54", &link.dns[1]) ||
	    !ip_parse("2001:db8::2", &link.ip6.addrs[0].addr))
		abort();
	link.ip6.addrs[0].preferred_s = link.ip6.addrs[0].valid_s = how & 4 ? 0 : 1000;
	link.ip6.addr_count = how & 2 ? 1 : 0;
	if (how & 8)
		link.own.family = AF_UNSPEC;
	if (how & 16)
		link.dns_count = 0;
	stack_up(t.stack, &link);
}

static void use_socket(enum event event, uint8_t how, struct bytes in)
{
	uint8_t room[1000];

	if (t.socket < 0)
		return;
	if (event == EVENT_WRITE) {
		for (int i = 0; i <= how; i++)
			send(t.socket, in.at, in.len, MSG_NOSIGNAL);
	} else if (event == EVENT_READ) {
		while (recv(t.socket, room, sizeof(room), 0) > 0)
			;
	} else if (how) {
		close(t.socket);
		t.socket = -1;
	} else {
		shutdown(t.socket, SHUT_WR);
	}
}

static void finish(uint8_t how)
{
	if (!t.conn || t.has_finished)
		return;
	t.has_finished = true;
	if (how == 2)
		conn_abort(t.conn);
	else
		conn_finish(t.conn);
	if (how == 1)
		conn_release(t.conn);
	if (how)
		t.conn = NULL;
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
	put_bytes(w, what & TO_LISTENER ? far : seen.to, sizeof(far));
	put_bytes(w, own, sizeof(own));
	put_u16(w, what & TO_LISTENER ? 5000 : seen.to_port);
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

/* IPv4, with an address of ours and a right length later. */
static void put_ip(struct writer *w, uint8_t proto, const uint8_t *from)
{
	put_u32(w, 0x45000000);
	put_u32(w, 0);
	put_u8(w, 64);
	put_u8(w, proto);
	put_u16(w, 0);
	put_bytes(w, from, 4);
	put_bytes(w, own, sizeof(own));
}

static void respond(struct reader *r)
{
	uint8_t made[2048];
	struct writer w = writer_of(made, sizeof(made));

	if (!seen.query_len)
		return;
	put_ip(&w, IPPROTO_UDP, seen.server);
	put_u16(&w, DNS_PORT);
	put_u16(&w, seen.query_port);
	put_u32(&w, 0);
	store_u16(made + IPV4_HDR_LEN + 4, 0);
	put_bytes(&w, seen.query, 2);
	put_u16(&w, get_u16(r) | 0x8000);
	for (int i = 0; i < 4; i++)
		put_u16(&w, get_u8(r));
	if (seen.query_len > 12)
		put_bytes(&w, seen.query + 12, seen.query_len - 12);
	put_bytes(&w, r->at, r->left);
	if (w.full)
		return;
	store_u16(made + IPV4_HDR_LEN + 4, (uint16_t)(w.len - IPV4_HDR_LEN));
	give(made, w.len);
}

static void complain(uint8_t type, struct reader *r)
{
	uint8_t made[256];
	struct writer w = writer_of(made, sizeof(made));

	put_ip(&w, IPPROTO_ICMP, far);
	put_u8(&w, type);
	put_u8(&w, get_u8(r));
	put_u16(&w, 0);
	put_u32(&w, get_u16(r));
	put_bytes(&w, seen.last, seen.last_len);
	give(made, w.len);
}

static void happen(enum event event, uint8_t how, struct bytes in)
{
	struct reader r = reader_of(in.at, in.len);
	struct target to = target_of(how);

	switch (event) {
	case EVENT_LOOKUP:
		look_up(how);
		break;
	case EVENT_CANCEL:
		cancel(how);
		break;
	case EVENT_RESPONSE:
		respond(&r);
		break;
	case EVENT_ICMP_ERROR:
		complain(how, &r);
		break;
	case EVENT_DATAGRAM:
		datagram_send(t.datagram, &to, in.at, in.len);
		break;
	case EVENT_CONNECT:
		conn_connect(t.stack, &(struct conn_cfg){ &to, done, NULL });
		break;
	case EVENT_DOWN:
		stack_down(t.stack);
		break;
	case EVENT_UP:
		link_up(how);
		break;
	case EVENT_RELAY:
		t.relays_next = true;
		t.filters_next = how;
		break;
	case EVENT_WRITE:
	case EVENT_READ:
	case EVENT_SHUT:
		use_socket(event, how, in);
		break;
	case EVENT_FINISH:
		finish(how);
		break;
	case EVENTS:
		break;
	}
}

static void next_event(struct reader *r)
{
	enum event event = get_u8(r) % EVENTS;
	uint8_t how = get_u8(r);
	size_t len = get_u8(r);
	struct bytes in = bytes_of(r->at, len < r->left ? len : r->left);

	get_bytes(r, in.len);
	happen(event, how, in);
}

static void next_packet(struct reader *r)
{
	uint8_t what = get_u8(r), made[2048] = { 0 };
	struct writer w = writer_of(made, sizeof(made));

	if (what & RAW && what & EVENT) {
		next_event(r);
	} else if (what & RAW) {
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
	static const char *const search[] = { "corp.example" };
	struct stack_cfg cfg = { .send = note,
				 .has_room = has_room,
				 .names = { .search = search, .search_count = 1 } };

	memset(&seen, 0, sizeof(seen));
	memset(&t, 0, sizeof(t));
	t.socket = -1;
	if (loop_open(&t.loop))
		abort();
	cfg.loop = t.loop;
	if (stack_open(&cfg, &t.stack))
		abort();
	relays_init(&t.relays, t.loop);
	link_up(0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct reader r = reader_of(data, len);
	struct conn_listener *listener;
	struct target to;

	start();
	if (conn_listen(t.stack, &(struct conn_listener_cfg){ PORT, attach, NULL }, &listener) ||
	    datagram_open(t.stack, &(struct datagram_cfg){ datagram_came, NULL }, &t.datagram))
		abort();
	if (!target_set(&to, bytes_text("10.9.9.9"), PORT))
		abort();
	conn_connect(t.stack, &(struct conn_cfg){ &to, done, NULL });
	turn();
	turn();
	for (int i = 0; i < PACKETS && r.left; i++)
		next_packet(&r);
	turn();
	for (size_t i = 0; i < LOOKUPS; i++)
		cancel(i);
	relays_close(&t.relays);
	if (t.socket >= 0)
		close(t.socket);
	conn_listener_close(listener);
	datagram_close(t.datagram);
	stack_close(t.stack);
	loop_close(t.loop);
	return 0;
}
