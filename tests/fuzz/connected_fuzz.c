/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A call after a valid login: both ends' engines (tests/support/wire.h) exchange messages until the attacker
 * takes the place of one of them. The first byte selects the end that is attacked and the login method, the
 * second how many messages the attacker's end sent before. Then come records, each a byte for its kind, a
 * length of two bytes and its bytes: what the attacker sends, time, and what the attacked end does.
 * tests/support/mini.c checks the invariants.
 */
#include "fuzz/mutate.h"
#include "support/wire.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* The bits of the first byte */
enum {
	ATTACKS_CLIENT = 1,
	WITHOUT_IPV6 = 2,
	METHOD_SHIFT = 2, /* two bits */
	JUDGES_LATE = 0x10,
	BINDS_LATE = 0x20,
	HASHES_SHIFT = 6, /* two bits: what the server offers */
};

enum kind {
	PACKETS, /* of SSTP: as they are */
	FRAME,   /* of PPP, in an SSTP data packet of the right length */
	TIME,    /* of two bytes, in units of 100 ms */
	HONEST,  /* the attacker's end does what it should: all messages reach the other end */
	CLOSE,   /* the attacked end closes the call */
	SEND,    /* the attacked end sends an IP packet */
	JUDGE,   /* the attacked end has checked the password */
	ECHO,    /* its last message comes back to it; the bytes replace those from the Code on */
	KINDS,
};

enum {
	HEAD_LEN = 2,
	FRAME_MAX = 2048,
	MESSAGES_MASK = 0x1f, /* more than a login has */
	QUIET_MS = 200 * 1000,
};

static struct wire w;

static void open_wire(uint8_t flags, uint8_t messages)
{
	static const enum ppp_auth methods[] = { PPP_AUTH_MSCHAPV2, PPP_AUTH_PAP, PPP_AUTH_CHAP_MD5,
						 PPP_AUTH_MSCHAPV2 };
	enum ppp_auth method = methods[flags >> METHOD_SHIFT & 3];
	struct mini_cfg client = wire_cfg(SSTP_CLIENT, method);
	struct mini_cfg server = wire_cfg(SSTP_SERVER, method);

	client.ipv6 = server.ipv6 = !(flags & WITHOUT_IPV6);
	client.binds_late = flags & BINDS_LATE;
	server.judges_late = flags & JUDGES_LATE;
	server.hashes = flags >> HASHES_SHIFT & 3;
	wire_harmed(&w, &client, &server, WIRE_DIES,
		    flags & ATTACKS_CLIENT ? WIRE_SERVER : WIRE_CLIENT, messages & MESSAGES_MASK,
		    0);
	w.harm = WIRE_SOUND;
}

static void feed_frame(struct mini *m, struct bytes frame)
{
	uint8_t packet[SSTP_HDR_LEN + FRAME_MAX];
	size_t len = frame.len < FRAME_MAX ? frame.len : FRAME_MAX;

	if (!len)
		return;
	sstp_put_data_header(packet, len);
	memcpy(packet + SSTP_HDR_LEN, frame.at, len);
	mini_feed(m, packet, SSTP_HDR_LEN + len);
}

/* With another Code a Configure-Request becomes its own Ack, and an Echo-Request its reply. */
static void feed_back(struct mini *m, struct bytes with)
{
	enum { CODE_AT = SSTP_HDR_LEN + PPP_HDR_LEN };
	uint8_t packet[SSTP_PACKET_MAX];
	struct bytes last;

	if (!m->sends)
		return;
	last = mini_message(m, m->sends - 1);
	if (last.len < CODE_AT || last.len > sizeof(packet))
		return;
	memcpy(packet, last.at, last.len);
	if (with.len > last.len - CODE_AT)
		with.len = last.len - CODE_AT;
	if (with.len)
		memcpy(packet + CODE_AT, with.at, with.len);
	mini_feed(m, packet, last.len);
}

/* Both clocks, deadline by deadline. Nothing is relayed. */
static void pass(uint64_t ms)
{
	uint64_t end_ms = w.end[0].now_ms + ms;

	for (size_t i = 0; i < 2; i++) {
		struct mini *m = &w.end[i];

		while (mini_deadline(m) <= end_ms)
			mini_turn(m, mini_deadline(m));
		m->now_ms = end_ms;
	}
}

static void act(struct mini *m, uint8_t kind, struct bytes in)
{
	struct reader r = reader_of(in.at, in.len);

	switch ((enum kind)(kind % KINDS)) {
	case PACKETS:
		mini_feed(m, in.at, in.len);
		break;
	case FRAME:
		feed_frame(m, in);
		break;
	case TIME:
		pass(get_u16(&r) * (uint64_t)100);
		break;
	case HONEST:
		wire_settle(&w);
		break;
	case CLOSE:
		mini_close(m);
		break;
	case SEND:
		mini_send_ip(m);
		break;
	case JUDGE:
		if (m->has_attempt)
			mini_judge(m);
		break;
	case ECHO:
		feed_back(m, in);
		break;
	case KINDS:
		break;
	}
}

static bool get_record(struct reader *r, struct mutate_record *out)
{
	size_t len;

	out->what = get_u8(r);
	len = get_u16(r);
	if (len > r->left)
		len = r->left;
	out->kind = out->what % KINDS == PACKETS ? MUTATE_SSTP
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

/* Most are what the attacker sends. */
static struct mutate_record make_record(uint32_t random)
{
	static const uint8_t kinds[] = { PACKETS, PACKETS, PACKETS, FRAME, FRAME, FRAME, FRAME,
					 TIME,    HONEST,  HONEST,  CLOSE, SEND,  JUDGE, ECHO };
	uint8_t what = kinds[random % sizeof(kinds)];

	return (struct mutate_record){
		.what = what,
		.kind = what == PACKETS ? MUTATE_SSTP
			: what == FRAME ? MUTATE_PPP
					: MUTATE_RAW,
	};
}

static const struct mutate_format format = {
	.head_len = HEAD_LEN,
	.payload_max = FRAME_MAX,
	.get = get_record,
	.put = put_record,
	.make = make_record,
};

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t len, size_t max, unsigned int seed)
{
	return mutate_list(&format, data, len, max, seed);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct reader r = reader_of(data, len);
	uint8_t flags = get_u8(&r), messages = get_u8(&r);
	struct mini *m = &w.end[flags & ATTACKS_CLIENT ? WIRE_CLIENT : WIRE_SERVER];
	struct mutate_record record;

	open_wire(flags, messages);
	while (r.left && get_record(&r, &record))
		act(m, (uint8_t)record.what, record.bytes);
	/* a peer that falls silent is dropped, however far it came */
	pass(QUIET_MS);
	if (!m->is_closed)
		__builtin_trap();
	return 0;
}
