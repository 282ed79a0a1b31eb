/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A RADIUS server by TLS that sends what it likes, over a real connection to 127.0.0.1. The first byte says how far it
 * plays by the rules: to TCP, or to TLS. Then come records, each a byte for its kind, a length of two bytes and
 * its bytes. Each packet that comes out is as long as it says, and the connection comes up only by TLS.
 */
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include "auth/radius_stream.h"
#include "eap_lab.h"
#include "fuzz/mutate.h"
#include "fuzz/target.h"
#include "util/log.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

enum kind {
	BYTES,   /* in TLS, if there is TLS */
	RAW,     /* beside it */
	SHUT,    /* no more comes; with a length the connection is reset */
	SEND,    /* we send a packet, as often as the length says, SENDS_MAX at most */
	READ,    /* the server reads */
	RESTART, /* we make the connection again */
	KINDS,
};

enum { WITH_TLS = 1, TURNS = 50, RECORD_MAX = 512, SENDS_MAX = 300 };

static struct {
	struct loop *loop;
	struct radius_stream s;
	struct tls_ctx *client_ctx, *server_ctx;
	int listener, fd; /* fd -1: closed */
	struct tls *tls;
	bool is_up, has_tls, is_shaken; /* is_shaken: the handshake is done */
} t = { .listener = -1 };

static void changed(void *arg, bool is_up)
{
	(void)arg;
	must(is_up != t.is_up && (t.has_tls || !is_up));
	t.is_up = is_up;
}

static void packet_came(void *arg, struct bytes packet)
{
	(void)arg;
	must(t.is_up && packet.len >= RADIUS_HDR_LEN && packet.len == load_u16(packet.at + 2));
}

/* ---- the server */

static uint16_t listen_here(void)
{
	struct sockaddr_in at = { .sin_family = AF_INET,
				  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	const int room = 4096,
		  segment = 536; /* what the server does not read is in our queue soon */
	socklen_t len = sizeof(at);

	if (t.listener < 0) {
		t.listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
		setsockopt(t.listener, SOL_SOCKET, SO_RCVBUF, &room, sizeof(room));
		setsockopt(t.listener, IPPROTO_TCP, TCP_MAXSEG, &segment, sizeof(segment));
		must(t.listener >= 0 && !bind(t.listener, (struct sockaddr *)&at, sizeof(at)) &&
		     !listen(t.listener, 8));
	}
	must(!getsockname(t.listener, (struct sockaddr *)&at, &len));
	return ntohs(at.sin_port);
}

static void take_ciphertext(void *arg, const uint8_t *at, size_t len)
{
	(void)arg;
	if (t.fd >= 0)
		send(t.fd, at, len, MSG_NOSIGNAL | MSG_DONTWAIT);
}

/* By a reset, so that no port stays in use. */
static void hang_up(void)
{
	const struct linger at_once = { .l_onoff = 1 };

	if (t.fd < 0)
		return;
	setsockopt(t.fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
	close(t.fd);
	t.fd = -1;
}

/* Connections that were made again, so that the next input gets its own. */
static void refuse_others(void)
{
	while ((t.fd = accept4(t.listener, NULL, NULL, SOCK_CLOEXEC)) >= 0)
		hang_up();
}

static bool shake_hands(void)
{
	static uint8_t in[16384];
	ssize_t n = recv(t.fd, in, sizeof(in), MSG_DONTWAIT);

	int done;

	if (n <= 0)
		return false;
	tls_input(t.tls, in, (size_t)n);
	done = tls_handshake(t.tls);
	t.is_shaken = done == 1;
	return done != TLS_WANT_INPUT;
}

static void accept_one(bool with_tls)
{
	const struct tls_session_cfg tls = { .send = take_ciphertext };

	for (int i = 0; i < TURNS && t.fd < 0; i++) {
		run_turn(t.loop);
		t.fd = accept4(t.listener, NULL, NULL, SOCK_CLOEXEC);
	}
	if (t.fd < 0 || !with_tls)
		return;
	t.has_tls = true;
	must(!tls_open(t.server_ctx, &tls, &t.tls));
	for (int i = 0; i < TURNS && !shake_hands(); i++)
		run_turn(t.loop);
	run_turn(t.loop);
}

static void read_all(void)
{
	uint8_t room[4096];

	while (t.fd >= 0 && recv(t.fd, room, sizeof(room), MSG_DONTWAIT) > 0)
		;
}

static void send_packets(size_t count)
{
	static const uint8_t packet[RADIUS_PACKET_MAX] = { RADIUS_ACCESS_REQUEST, 1,
							   RADIUS_PACKET_MAX >> 8,
							   RADIUS_PACKET_MAX & 0xff };

	for (size_t i = 0; i <= count && i < SENDS_MAX; i++)
		radius_stream_send(&t.s, bytes_of(packet, sizeof(packet)));
}

static void act(enum kind kind, struct bytes in)
{
	switch (kind) {
	case BYTES:
		if (t.is_shaken && in.len)
			tls_write(t.tls, in.at, in.len);
		else if (in.len)
			take_ciphertext(NULL, in.at, in.len);
		break;
	case RAW:
		if (in.len)
			take_ciphertext(NULL, in.at, in.len);
		break;
	case SHUT:
		if (in.len)
			hang_up();
		else if (t.fd >= 0)
			shutdown(t.fd, SHUT_WR);
		break;
	case SEND:
		send_packets(in.len);
		break;
	case READ:
		read_all();
		break;
	case RESTART:
		radius_stream_restart(&t.s);
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

	*out = (struct mutate_record){ .what = get_u8(r), .kind = MUTATE_RAW };
	len = get_u16(r);
	if (len > r->left)
		len = r->left;
	out->bytes = bytes_of(get_bytes(r, len), len);
	return !r->bad;
}

static void put_record(struct writer *w, const struct mutate_record *in)
{
	put_u8(w, (uint8_t)in->what);
	put_u16(w, (uint16_t)in->bytes.len);
	put_bytes(w, in->bytes.at, in->bytes.len);
}

static struct mutate_record make_record(uint32_t random)
{
	return (struct mutate_record){ .what = (uint16_t)(random % 3 ? BYTES : random / 3 % KINDS),
				       .kind = MUTATE_RAW };
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

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct reader r = reader_of(data, len);
	uint8_t how = get_u8(&r);
	struct mutate_record record;

	log_set_sink(drop_line);
	if (!t.client_ctx) {
		t.client_ctx = eap_lab_client(false);
		t.server_ctx = eap_lab_server(false, false);
	}
	t.fd = -1;
	t.tls = NULL;
	t.is_up = t.has_tls = t.is_shaken = false;
	must(!loop_open(&t.loop));
	t.s = (struct radius_stream){ .loop = t.loop,
				      .tls_ctx = t.client_ctx,
				      .host = "127.0.0.1",
				      .port = listen_here(),
				      .changed = changed,
				      .packet = packet_came };
	radius_stream_open(&t.s);
	accept_one(how & WITH_TLS);
	while (r.left && get_record(&r, &record))
		act(record.what % KINDS, record.bytes);
	run_turn(t.loop);
	hang_up();
	run_turn(t.loop);
	radius_stream_close(&t.s);
	refuse_others();
	tls_close(t.tls);
	loop_close(t.loop);
	return 0;
}
