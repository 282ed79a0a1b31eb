/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * DNS over TCP: a peer that sends messages in pieces, reads or does not, and ends when it likes. The first byte is the
 * length of our replies, in units of 256 bytes; then come a byte for each event, and the bytes that it needs. Each
 * message comes whole, one after the other, and none before the reply to the one before was sent.
 */
#include <sys/socket.h>
#include <unistd.h>

#include "fuzz/target.h"
#include "nameserver/dns_stream.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

enum event {
	EVENT_PIECE, /* its length is the next byte */
	EVENT_REPLY, /* to the message that came */
	EVENT_READ,  /* by the peer */
	EVENT_END,   /* the peer sends no more */
	EVENT_GONE,  /* and reads no more */
	EVENTS,
};

enum { MESSAGE_MAX = 600, BUFFER = 4096 };

static struct {
	struct loop *loop;
	struct dns_stream s;
	int peer;
	bool has_message, has_ended;
} t;

static void received(struct dns_stream *s, uint8_t *message, size_t len)
{
	static volatile uint8_t sum;

	must(s == &t.s && !t.has_message && !t.has_ended && len <= MESSAGE_MAX);
	for (size_t i = 0; i < len; i++)
		sum = (uint8_t)(sum + message[i]);
	t.has_message = true;
}

static void ended(struct dns_stream *s)
{
	must(!t.has_ended);
	t.has_ended = true;
	dns_stream_close(s);
}

static void reply(size_t len)
{
	static const uint8_t zeros[UINT16_MAX];

	if (!t.has_message || t.has_ended)
		return;
	t.has_message = false;
	must(dns_stream_send(&t.s, bytes_of(zeros, len)));
}

static void read_all(void)
{
	uint8_t room[4096];

	while (recv(t.peer, room, sizeof(room), MSG_DONTWAIT) > 0)
		;
}

static void happen(enum event event, struct reader *r, size_t reply_len)
{
	struct bytes piece;

	switch (event) {
	case EVENT_PIECE:
		piece.len = get_u8(r);
		if (piece.len > r->left)
			piece.len = r->left;
		piece.at = get_bytes(r, piece.len);
		if (piece.len)
			send(t.peer, piece.at, piece.len, MSG_NOSIGNAL | MSG_DONTWAIT);
		break;
	case EVENT_REPLY:
		reply(reply_len);
		break;
	case EVENT_READ:
		read_all();
		break;
	case EVENT_END:
		shutdown(t.peer, SHUT_WR);
		break;
	case EVENT_GONE:
		shutdown(t.peer, SHUT_RDWR);
		break;
	case EVENTS:
		break;
	}
	run_turn(t.loop);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct reader r = reader_of(data, len);
	size_t reply_len = get_u8(&r) * (size_t)256;
	const int room = BUFFER;
	int fds[2];

	memset(&t, 0, sizeof(t));
	must(!loop_open(&t.loop));
	must(!socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds));
	setsockopt(fds[0], SOL_SOCKET, SO_SNDBUF, &room, sizeof(room));
	t.peer = fds[1];
	t.s = (struct dns_stream){
		.loop = t.loop, .message_max = MESSAGE_MAX, .received = received, .ended = ended
	};
	must(dns_stream_open(&t.s, fds[0]));
	while (r.left)
		happen(get_u8(&r) % EVENTS, &r, reply_len);
	run_turn(t.loop);
	dns_stream_close(&t.s);
	close(t.peer);
	loop_close(t.loop);
	return 0;
}
