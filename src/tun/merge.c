/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Merging as the kernel's GRO does. Theory of operation:
 *
 * A flow holds the waiting packets of one pair of addresses and ports: the first packet as it is, and
 * references to the payloads of the packets after it. The flow is written, as one super-packet with a
 * virtio header, when the next packet doesn't fit, when a packet shows that a pause follows (PSH, FIN,
 * or shorter than the others), and at the end of the batch. No byte of payload is copied.
 *
 * Goal: if the kernel cuts the super-packet again on its way, exactly the packets that went in come out.
 * So the conditions are those of tcp_gro_receive() (net/ipv4/tcp_offload.c), udp_gro_receive()
 * (udp_offload.c) and inet_gro_flush() (include/net/gro.h), and no others.
 *
 * Invariants: order within a flow is kept: a packet that can't be merged first pushes out the flow that
 * it belongs to; a packet without ports (a fragment) pushes out all flows between its two hosts.
 * Nothing waits after merge_flush. Only packets with a verified checksum are merged; a packet with a
 * wrong one is written alone and unchanged, so that the receiver still sees that it is wrong.
 *
 * The numbers: FLOWS at a time; a search through 32 hashes costs less than a table. PIECES is also the
 * kernel's UDP_GRO_CNT_MAX. Fixed IPv4 ids are merged as GRO does, since macOS and the BSDs send them.
 * A packet with CWR goes alone: with Accurate ECN that flag is part of a counter (Linux since 6.14).
 *
 * Decided against: copying into one buffer (one more pass over the payload); waiting for a fuller
 * super-packet across batches (useless delay: under load, batches are full anyway).
 */
#include "tun/merge.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "util/bytes.h"
#include "util/checksum.h"

enum {
	FLOWS = 32,  /* at a time; one more pushes out the oldest */
	PIECES = 64, /* packets in one write; also UDP_GRO_CNT_MAX of the kernel */
	TOTAL_MAX = 65535,
	PORTS_LEN = 4,
};

/* A packet of TCP or UDP, as merge_add sees it. */
struct candidate {
	struct packet p;
	size_t hdr_len; /* all headers */
	size_t len;     /* of the payload after them */
	uint32_t hash;  /* of addresses and ports */
};

struct flow {
	struct candidate first;
	size_t total;      /* of the packet when it is merged */
	bool has_fixed_id; /* each packet has the first one's IPv4 id */
	int count;
	struct iovec pieces[PIECES];
};

struct merge {
	struct merge_sink sink;
	struct merge_stats stats;
	size_t waiting;
	struct flow *order[FLOWS]; /* the waiting ones, oldest first, then the unused ones */
	struct flow flows[FLOWS];
};

int merge_open_sink(const struct merge_sink *sink, struct merge **out)
{
	struct merge *m = calloc(1, sizeof(*m));

	if (!m)
		return -ENOMEM;
	m->sink = *sink;
	for (size_t i = 0; i < FLOWS; i++)
		m->order[i] = &m->flows[i];
	*out = m;
	return 0;
}

static int write_tun(void *tun, const struct headers *h, const struct iovec *pieces, int count,
		     const struct tun_offload *off)
{
	(void)h;
	return tun_write(tun, pieces, count, off);
}

int merge_open(struct tun *tun, struct merge **out)
{
	return merge_open_sink(&(struct merge_sink){ write_tun, tun, tun_has_offload(tun),
						     tun_has_uso(tun) },
			       out);
}

void merge_close(struct merge *m)
{
	free(m);
}

const struct merge_stats *merge_stats(const struct merge *m)
{
	return &m->stats;
}

/* ---- writing */

static void write_pieces(struct merge *m, const struct headers *h, const struct iovec *pieces,
			 int count, const struct tun_offload *off)
{
	m->stats.writes++;
	if (m->sink.write(m->sink.arg, h, pieces, count, off) < 0)
		m->stats.lost += (uint64_t)count;
}

static void write_alone(struct merge *m, const struct packet *p)
{
	const struct tun_offload off = { .gso = TUN_GSO_NONE };

	write_pieces(m, &p->h, &(struct iovec){ p->at, p->h.total }, 1, &off);
}

static void finish_ip(const struct flow *f, uint8_t *ip)
{
	if (f->first.p.h.is_v6) {
		store_u16(ip + IPV6_LENGTH_AT, (uint16_t)(f->total - IPV6_HDR_LEN));
		return;
	}
	store_u16(ip + IPV4_LENGTH_AT, (uint16_t)f->total);
	store_u16(ip + IPV4_CHECKSUM_AT, 0);
	store_u16(ip + IPV4_CHECKSUM_AT, (uint16_t)~checksum_sum(ip, IPV4_HDR_LEN));
}

/* The first packet's headers become the super-packet's, its checksum the pseudo-header's sum. */
static struct tun_offload finish(const struct flow *f)
{
	const struct candidate *c = &f->first;
	size_t l4_len = f->total - c->p.h.ip_len;
	bool is_tcp = c->p.h.proto == IPPROTO_TCP;
	struct tun_offload off = {
		.gso = !is_tcp        ? TUN_GSO_UDP
		       : c->p.h.is_v6 ? TUN_GSO_TCP6
				      : TUN_GSO_TCP4,
		.gso_size = (uint16_t)c->len,
		.hdr_len = (uint16_t)c->hdr_len,
		.needs_csum = true,
		.csum_start = (uint16_t)c->p.h.ip_len,
		.csum_offset = is_tcp ? TCP_CHECKSUM_AT : UDP_CHECKSUM_AT,
	};

	finish_ip(f, c->p.at);
	if (!is_tcp)
		store_u16(c->p.at + c->p.h.ip_len + UDP_LENGTH_AT, (uint16_t)l4_len);
	store_u16(c->p.at + c->p.h.ip_len + off.csum_offset,
		  checksum_fold(headers_pseudo(&c->p.h, c->p.at, l4_len)));
	return off;
}

static void write_flow(struct merge *m, const struct flow *f)
{
	struct tun_offload off = { .csum_is_good = true };
	struct headers h = f->first.p.h;

	h.total = f->total;
	if (f->count > 1)
		off = finish(f);
	write_pieces(m, &h, f->pieces, f->count, &off);
}

/* Writes the waiting flow at index `i` of the order, which is then unused. */
static void push_out(struct merge *m, size_t i)
{
	struct flow *f = m->order[i];

	write_flow(m, f);
	m->waiting--;
	for (; i < m->waiting; i++)
		m->order[i] = m->order[i + 1];
	m->order[m->waiting] = f;
}

void merge_flush(struct merge *m)
{
	while (m->waiting)
		push_out(m, 0);
}

/* ---- a packet's flow */

/* The compiler knows these lengths and compares in place; musl's memcmp would go byte by byte. */
static bool has_same_addrs(const struct candidate *a, const struct candidate *b)
{
	if (a->p.h.is_v6 != b->p.h.is_v6)
		return false;
	if (a->p.h.is_v6)
		return !memcmp(a->p.at + IPV6_ADDRS_AT, b->p.at + IPV6_ADDRS_AT, IPV6_ADDRS_LEN);
	return !memcmp(a->p.at + IPV4_ADDRS_AT, b->p.at + IPV4_ADDRS_AT, IPV4_ADDRS_LEN);
}

static bool has_same_ports(const struct candidate *a, const struct candidate *b)
{
	return a->p.h.proto == b->p.h.proto &&
	       !memcmp(a->p.at + a->p.h.ip_len, b->p.at + b->p.h.ip_len, PORTS_LEN);
}

/* Only a quick test; has_same_addrs and has_same_ports decide. */
static uint32_t hash_of(const struct candidate *c)
{
	const uint8_t *addrs = headers_addrs(&c->p.h, c->p.at);
	size_t len = headers_addrs_len(&c->p.h);
	uint32_t hash = load_u32(c->p.at + c->p.h.ip_len) ^ c->p.h.proto;

	for (size_t i = 0; i < len; i += 4)
		hash = (hash ^ load_u32(addrs + i)) * 0x9e3779b1;
	return hash;
}

/* Its index in the order; m->waiting: none. */
static size_t find_flow(const struct merge *m, const struct candidate *c)
{
	size_t i;

	for (i = 0; i < m->waiting; i++) {
		const struct candidate *first = &m->order[i]->first;

		if (first->hash == c->hash && has_same_addrs(first, c) && has_same_ports(first, c))
			break;
	}
	return i;
}

/* For a packet without ports: a fragment may belong to any flow between its hosts. */
static void push_out_all_between(struct merge *m, const struct candidate *c)
{
	for (size_t i = 0; i < m->waiting;) {
		if (has_same_addrs(&m->order[i]->first, c))
			push_out(m, i);
		else
			i++;
	}
}

/* ---- what may be merged */

/* Headers of a kind that GRO merges; does not check the checksums. */
static bool is_plain_data(const struct candidate *c)
{
	const uint8_t *l4 = c->p.at + c->p.h.ip_len;

	if (!c->p.h.is_bare || !c->len)
		return false;
	if (!c->p.h.is_v6 && load_u16(c->p.at + IPV4_FRAGMENT_AT) & ~IPV4_DF)
		return false;
	if (c->p.h.proto == IPPROTO_TCP)
		return !(l4[TCP_FLAGS_AT] &
			 (TCP_BIT_SYN | TCP_BIT_RST | TCP_BIT_URG | TCP_BIT_CWR));
	return load_u16(l4 + UDP_LENGTH_AT) == UDP_HDR_LEN + c->len &&
	       load_u16(l4 + UDP_CHECKSUM_AT);
}

/* After this packet its sender pauses. */
static bool is_last(const struct candidate *c)
{
	return c->p.h.proto == IPPROTO_TCP &&
	       c->p.at[c->p.h.ip_len + TCP_FLAGS_AT] & (TCP_BIT_FIN | TCP_BIT_PSH);
}

static bool has_right_checksums(const struct candidate *c)
{
	size_t l4_len = c->hdr_len - c->p.h.ip_len + c->len;
	uint32_t sum = headers_pseudo(&c->p.h, c->p.at, l4_len);

	if (!c->p.h.is_v6 && checksum_sum(c->p.at, IPV4_HDR_LEN) != 0xffff)
		return false;
	return checksum_fold(sum + checksum_sum(c->p.at + c->p.h.ip_len, l4_len)) == 0xffff;
}

/*
 * Ids count up, as the kernel writes them when it cuts. Or they are all equal, as some systems send them
 * with DF: cut again, such packets get counted ids, which RFC 6864 section 4.1 says must be ignored.
 */
static bool id_follows(struct flow *f, const struct candidate *c)
{
	const uint8_t *first = f->first.p.at;
	uint16_t step = (uint16_t)(load_u16(c->p.at + IPV4_ID_AT) - load_u16(first + IPV4_ID_AT));

	if (f->count == 1)
		f->has_fixed_id = !step && load_u16(first + IPV4_FRAGMENT_AT) & IPV4_DF;
	return step == (f->has_fixed_id ? 0 : f->count);
}

static bool ip_follows(struct flow *f, const struct candidate *c)
{
	const uint8_t *a = f->first.p.at, *b = c->p.at;

	if (c->p.h.is_v6) /* version, traffic class, flow label */
		return load_u32(a) == load_u32(b) && a[IPV6_HOP_LIMIT_AT] == b[IPV6_HOP_LIMIT_AT];
	return a[IPV4_TOS_AT] == b[IPV4_TOS_AT] && a[IPV4_TTL_AT] == b[IPV4_TTL_AT] &&
	       a[IPV4_FRAGMENT_AT] == b[IPV4_FRAGMENT_AT] && id_follows(f, c);
}

static bool has_same_options(const uint8_t *a, const uint8_t *b, size_t tcp_len)
{
	uint32_t difference = 0;

	for (size_t i = TCP_HDR_LEN; i < tcp_len; i += 4)
		difference |= load_u32(a + i) ^ load_u32(b + i);
	return !difference;
}

/* Same header length, and all but sequence number, checksum, PSH and FIN equal to the first packet's. */
static bool tcp_follows(const struct flow *f, const struct candidate *c)
{
	const uint8_t *a = f->first.p.at + f->first.p.h.ip_len, *b = c->p.at + c->p.h.ip_len;
	uint32_t seq = load_u32(a + TCP_SEQ_AT) + (uint32_t)(f->total - f->first.hdr_len);

	return load_u32(b + TCP_SEQ_AT) == seq &&
	       load_u32(a + TCP_ACK_AT) == load_u32(b + TCP_ACK_AT) &&
	       a[TCP_OFFSET_AT] == b[TCP_OFFSET_AT] &&
	       !((a[TCP_FLAGS_AT] ^ b[TCP_FLAGS_AT]) & ~(TCP_BIT_FIN | TCP_BIT_PSH)) &&
	       load_u16(a + TCP_WINDOW_AT) == load_u16(b + TCP_WINDOW_AT) &&
	       load_u16(a + TCP_URGENT_AT) == load_u16(b + TCP_URGENT_AT) &&
	       has_same_options(a, b, c->hdr_len - c->p.h.ip_len);
}

static bool follows(struct flow *f, const struct candidate *c)
{
	if (c->hdr_len != f->first.hdr_len || c->len > f->first.len || f->count == PIECES ||
	    f->total + c->len > TOTAL_MAX || !ip_follows(f, c))
		return false;
	return c->p.h.proto == IPPROTO_UDP || tcp_follows(f, c);
}

/* ---- merging */

static void append(struct merge *m, size_t i, const struct candidate *c)
{
	struct flow *f = m->order[i];

	f->pieces[f->count++] = (struct iovec){ c->p.at + c->hdr_len, c->len };
	f->total += c->len;
	if (is_last(c))
		f->first.p.at[c->p.h.ip_len + TCP_FLAGS_AT] |=
			c->p.at[c->p.h.ip_len + TCP_FLAGS_AT] & (TCP_BIT_FIN | TCP_BIT_PSH);
	if (is_last(c) || c->len < f->first.len)
		push_out(m, i);
}

static void start_flow(struct merge *m, const struct candidate *c)
{
	struct flow *f;

	if (m->waiting == FLOWS)
		push_out(m, 0);
	f = m->order[m->waiting++];
	f->first = *c;
	f->total = c->p.h.total;
	f->count = 1;
	f->pieces[0] = (struct iovec){ c->p.at, c->p.h.total };
}

static void add_data(struct merge *m, const struct candidate *c)
{
	size_t i = find_flow(m, c);
	bool waits = i < m->waiting, may_merge = is_plain_data(c) && (waits || !is_last(c));

	may_merge = may_merge && has_right_checksums(c);
	if (may_merge && waits && follows(m->order[i], c)) {
		append(m, i, c);
		return;
	}
	if (waits)
		push_out(m, i);
	if (may_merge && !is_last(c))
		start_flow(m, c);
	else
		write_alone(m, &c->p);
}

/* False: no complete header of TCP or UDP. */
static bool find_payload(struct candidate *c)
{
	size_t l4_len = headers_tcp_len(&c->p.h, c->p.at);

	if (c->p.h.proto == IPPROTO_UDP && !c->p.h.is_fragment &&
	    c->p.h.total - c->p.h.ip_len >= UDP_HDR_LEN)
		l4_len = UDP_HDR_LEN;
	c->hdr_len = c->p.h.ip_len + l4_len;
	c->len = c->p.h.total - c->hdr_len;
	return l4_len;
}

void merge_add(struct merge *m, const struct packet *p)
{
	struct candidate c = { .p = *p };

	m->stats.packets++;
	if (!m->sink.takes_tcp) {
		write_alone(m, p);
		return;
	}
	if (!find_payload(&c)) {
		push_out_all_between(m, &c);
		write_alone(m, p);
		return;
	}
	if (p->h.proto == IPPROTO_UDP && !m->sink.takes_udp) {
		write_alone(m, p);
		return;
	}
	c.hash = hash_of(&c);
	add_data(m, &c);
}
