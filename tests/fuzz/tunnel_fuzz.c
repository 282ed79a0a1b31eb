/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A whole tunnel, with TLS and a socket, and an attacker at the other end. The first byte selects which end is attacked
 * and how far the attacker came: nothing but TCP, TLS, or a login. Then come records, each a byte for its kind, a
 * length of two bytes and its bytes. Without a login nothing is ever connected, and what reaches the sink is
 * always an IP packet that may pass.
 */
#include <sys/socket.h>
#include <unistd.h>

#include "eap_lab.h"
#include "fuzz/mutate.h"
#include "fuzz/target.h"
#include "ppp/mschap.h"
#include "tun/ingress.h"
#include "tunnel/tunnel.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* The bits of the first byte */
enum {
	ATTACKS_CLIENT = 1,
	STAGE_SHIFT = 1, /* two bits: enum stage */
	LIMITED = 8,     /* the attacked end's rates */
};

enum stage {
	STAGE_TCP,
	STAGE_TLS,
	STAGE_LOGIN,
};

enum kind {
	BYTES,    /* in TLS, if there is TLS */
	FRAME,    /* of PPP, in an SSTP data packet of the right length */
	PACKET,   /* IP, in such a frame */
	RAW,      /* beside TLS */
	SHUT,     /* the attacker's socket ends, with a length it is closed */
	SEND,     /* the attacked end sends an IP packet */
	SHUTDOWN, /* the attacked end ends the call */
	LEAVE,    /* the same, at once */
	KINDS,
};

enum {
	RECORD_MAX = 8192,
	LOGIN_TURNS = 200,
	SERVER_ADDR = 0x0a090001,
	CLIENT_ADDR = 0x0a090002,
};

struct end {
	struct tunnel tunnel;
	struct packet_sink sink;
	struct ppp_cfg ppp;
	bool is_connected, has_ended, checks_password;
};

static struct {
	struct loop *loop;
	struct pump pump;
	struct end attacked, other;
	struct tls_ctx *client_ctx, *server_ctx;
	/* of an attacker that is no tunnel */
	struct tls *tls;
	bool is_shaken; /* its handshake is done */
	int fd;         /* -1: closed, or the other tunnel's */
	enum stage stage;
} t;

/* ---- the tunnels */

static void deliver(struct packet_sink *sink, struct tunnel *from, const struct packet *p)
{
	struct end *e = container_of(sink, struct end, sink);
	struct headers h;

	must(from == &e->tunnel && e->is_connected && !e->has_ended);
	must(headers_parse(&h, p->at, p->h.total) && ingress_of(p) == INGRESS_PASS);
}

static void flush(struct packet_sink *sink)
{
	(void)sink;
}

static void answer(struct end *e, const struct ppp_attempt *a)
{
	struct ppp_auth_result v = { .ok = false };
	uint8_t hash[MSCHAP_HASH_LEN];

	e->checks_password = true;
	if (a->method == PPP_AUTH_MSCHAPV2 && mschap_nt_hash(bytes_text("secret"), hash))
		v.ok = mschap_check(hash, a->challenge.at, a->response.at, a->user, v.message,
				    v.hlak);
	v.ipv4 = CLIENT_ADDR;
	tunnel_auth_result(&e->tunnel, &v);
}

static void on_event(void *arg, const struct tunnel_event *ev)
{
	struct end *e = arg;

	must(!e->has_ended);
	switch (ev->type) {
	case TUNNEL_CHECK_PASSWORD:
		answer(e, ev->attempt);
		break;
	case TUNNEL_CONNECTED:
		must(t.stage == STAGE_LOGIN);
		e->is_connected = true;
		break;
	case TUNNEL_ENDED:
		must(memchr(ev->end->text, '\0', sizeof(ev->end->text)));
		e->has_ended = true;
		break;
	default:
		break;
	}
}

static void open_end(struct end *e, int fd, enum ppp_role role)
{
	struct tunnel_cfg cfg = {
		.loop = t.loop,
		.pump = &t.pump,
		.sink = &e->sink,
		.fd = fd,
		.tls_ctx = role == PPP_CLIENT ? t.client_ctx : t.server_ctx,
		.name = "vpn.example.net",
		.http_host = "vpn.example.net",
		.hashes = SSTP_HASH_SHA1 | SSTP_HASH_SHA256,
		.mtu = 1400,
		.tls_timeout_ms = 100 * 1000, /* of real time */
		.setup_deadline_ms = UINT64_MAX,
		.event = on_event,
		.arg = e,
		.ppp = &e->ppp,
	};

	*e = (struct end){ .sink = { .deliver = deliver, .flush = flush } };
	e->ppp = (struct ppp_cfg){
		.role = role,
		.auth = { PPP_AUTH_MSCHAPV2 },
		.auth_count = 1,
		.ipv4 = true,
		.ipv6 = true,
		.user = "ann",
		.password = "secret",
		.name = "server",
		.ipv4_own = SERVER_ADDR,
	};
	must(!tunnel_open(&e->tunnel, &cfg));
}

/* ---- the attacker */

static void send_raw(struct bytes in)
{
	int fd = t.stage == STAGE_LOGIN ? t.other.tunnel.wire.fd : t.fd;

	if (fd >= 0 && in.len && !t.other.has_ended)
		send(fd, in.at, in.len, MSG_NOSIGNAL | MSG_DONTWAIT);
}

static void take_ciphertext(void *arg, const uint8_t *at, size_t len)
{
	(void)arg;
	send_raw(bytes_of(at, len));
}

static void send_bytes(struct bytes in)
{
	if (!in.len)
		return;
	if (t.stage == STAGE_TCP) {
		send_raw(in);
	} else if (t.stage == STAGE_TLS) {
		if (t.is_shaken)
			tls_write(t.tls, in.at, in.len);
	} else if (!t.other.has_ended && !tunnel_is_ending(&t.other.tunnel)) {
		memcpy(pump_put(&t.other.tunnel.wire, in.len), in.at, in.len);
		pump_flush(&t.pump);
	}
}

static void send_frame(uint16_t protocol, struct bytes in)
{
	uint8_t packet[RECORD_MAX + 64];
	struct writer w = writer_of(packet, sizeof(packet));
	size_t len = in.len + (protocol ? PPP_HDR_LEN : 0);

	if (!in.len || len > SSTP_PAYLOAD_MAX)
		return;
	sstp_put_data_header(packet, len);
	w.len = SSTP_HDR_LEN;
	if (protocol) {
		put_u16(&w, 0xff03);
		put_u16(&w, protocol);
	}
	put_bytes(&w, in.at, in.len);
	send_bytes(bytes_of(packet, w.len));
}

static void shake_hands(void)
{
	uint8_t in[16384];

	for (int i = 0; i < LOGIN_TURNS; i++) {
		ssize_t n = recv(t.fd, in, sizeof(in), MSG_DONTWAIT);

		if (n > 0)
			tls_input(t.tls, in, (size_t)n);
		t.is_shaken = tls_handshake(t.tls) == 1;
		if (t.is_shaken)
			break;
		run_turn(t.loop);
	}
	run_turn(t.loop);
}

static void end_socket(bool is_closed)
{
	int fd = t.stage == STAGE_LOGIN && !t.other.has_ended ? t.other.tunnel.wire.fd : t.fd;

	if (fd < 0)
		return;
	shutdown(fd, is_closed ? SHUT_RDWR : SHUT_WR);
}

static void own_packet(void)
{
	uint8_t packet[100] = { 0x45, 0, 0, sizeof(packet), 0, 0, 0, 0, 64, 17, 0, 0, 10, 9, 0, 1 };

	tunnel_send_own(&t.attacked.tunnel, packet, sizeof(packet));
}

static void act(uint8_t kind, struct bytes in)
{
	switch ((enum kind)(kind % KINDS)) {
	case BYTES:
		send_bytes(in);
		break;
	case FRAME:
		send_frame(0, in);
		break;
	case PACKET:
		send_frame(in.len && *in.at >> 4 == 6 ? PPP_PROTO_IPV6 : PPP_PROTO_IPV4, in);
		break;
	case RAW:
		send_raw(in);
		break;
	case SHUT:
		end_socket(in.len);
		break;
	case SEND:
		if (t.attacked.is_connected && !t.attacked.has_ended)
			own_packet();
		break;
	case SHUTDOWN:
		if (!t.attacked.has_ended)
			tunnel_shutdown(&t.attacked.tunnel);
		break;
	case LEAVE:
		if (!t.attacked.has_ended)
			tunnel_leave(&t.attacked.tunnel, "the user asks for it");
		break;
	case KINDS:
		break;
	}
	run_turn(t.loop);
}

/* ---- the input */

static bool get_record(struct reader *r, struct mutate_record *out)
{
	size_t len;

	out->what = get_u8(r);
	len = get_u16(r);
	if (len > r->left)
		len = r->left;
	if (len > RECORD_MAX)
		len = RECORD_MAX;
	out->kind = out->what % KINDS == BYTES   ? MUTATE_SSTP
		    : out->what % KINDS == FRAME ? MUTATE_PPP
						 : MUTATE_RAW;
	out->bytes = bytes_of(get_bytes(r, len), len);
	return !r->bad;
}

static void put_record(struct writer *to, const struct mutate_record *in)
{
	put_u8(to, (uint8_t)in->what);
	put_u16(to, (uint16_t)in->bytes.len);
	put_bytes(to, in->bytes.at, in->bytes.len);
}

static struct mutate_record make_record(uint32_t random)
{
	static const uint8_t kinds[] = { BYTES,  BYTES, BYTES, FRAME,    FRAME, PACKET,
					 PACKET, RAW,   SEND,  SHUTDOWN, LEAVE, SHUT };
	uint8_t what = kinds[random % sizeof(kinds)];

	return (struct mutate_record){
		.what = what,
		.kind = what == BYTES   ? MUTATE_SSTP
			: what == FRAME ? MUTATE_PPP
					: MUTATE_RAW,
	};
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t len, size_t max, unsigned int seed)
{
	static const struct mutate_format format = {
		.head_len = 1,
		.payload_max = RECORD_MAX,
		.get = get_record,
		.put = put_record,
		.make = make_record,
	};

	return mutate_list(&format, data, len, max, seed);
}

static void start(uint8_t flags)
{
	const enum ppp_role role = flags & ATTACKS_CLIENT ? PPP_CLIENT : PPP_SERVER;
	const struct tls_session_cfg tls = { .name = "vpn.example.net", .send = take_ciphertext };
	int fds[2];

	t.stage = (flags >> STAGE_SHIFT & 3) % (STAGE_LOGIN + 1);
	t.tls = NULL;
	t.is_shaken = false;
	t.other.has_ended = true;
	must(!loop_open(&t.loop) && !pump_open(&t.pump, t.loop));
	must(!socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds));
	open_end(&t.attacked, fds[0], role);
	t.fd = t.stage == STAGE_LOGIN ? -1 : fds[1];
	if (t.stage == STAGE_LOGIN)
		open_end(&t.other, fds[1], role == PPP_CLIENT ? PPP_SERVER : PPP_CLIENT);
	else
		t.other.has_ended = false;
	if (t.stage == STAGE_TLS) {
		must(!tls_open(role == PPP_CLIENT ? t.server_ctx : t.client_ctx, &tls, &t.tls));
		shake_hands();
	}
	for (int i = 0; t.stage == STAGE_LOGIN && i < LOGIN_TURNS && !t.attacked.is_connected; i++)
		run_turn(t.loop);
	must(t.stage != STAGE_LOGIN || t.attacked.is_connected);
	if (flags & LIMITED)
		tunnel_set_rates(&t.attacked.tunnel, 1000, 1000);
	run_turn(t.loop);
}

static void finish(void)
{
	if (!t.attacked.has_ended)
		tunnel_abandon(&t.attacked.tunnel);
	if (t.stage == STAGE_LOGIN && !t.other.has_ended)
		tunnel_abandon(&t.other.tunnel);
	tls_close(t.tls);
	if (t.fd >= 0)
		close(t.fd);
	pump_close(&t.pump);
	loop_close(t.loop);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct reader r = reader_of(data, len);
	uint8_t flags = get_u8(&r);
	struct mutate_record record;

	log_set_sink(drop_line);
	if (!t.client_ctx) {
		t.client_ctx = eap_lab_client(false);
		t.server_ctx = eap_lab_server(false, false);
	}
	start(flags);
	while (r.left && get_record(&r, &record))
		act((uint8_t)record.what, record.bytes);
	run_turn(t.loop);
	finish();
	return 0;
}
