/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The queues of a tunnel whose socket is full. Theory of operation:
 *
 * Packets are sorted by a keyed hash of addresses, protocol and ports into FLOWS queues, which deficit
 * round robin serves (RFC 8290 section 4.2). While a flow has packets it is on one of two lists: on the
 * list of new flows, which is served first, until it has used its first quantum; then on the list of
 * old flows. A flow that sends little is therefore always new, and its packet leaves next.
 *
 * Each queue runs CoDel (RFC 8289): it drops one packet of a queue that has not been short for an
 * interval, then more at a growing rate. The flow's sender slows down; other flows lose nothing. A packet
 * whose sender speaks ECN is marked where it would be dropped (RFC 8290 section 5.2.7); all segments of a
 * super-packet share one header, and a sender reacts once in a round trip, however many are marked.
 *
 * The interval is the time that a sender needs to react (RFC 8289 section 4.4), so it follows the round
 * trip of the outer connection: the interval is twice that, the target a tenth of the interval. While
 * the outer connection recovers from a loss, all packets wait a round trip or more and no flow is the
 * cause: CoDel pauses.
 *
 * Goals: no flow waits for another; all that waits leaves within BACKLOG_WAIT_MS or two round trips.
 *
 * Invariants: `bytes` and `memory` are the sums over all items; a flow with items is on exactly one list;
 * what backlog_get has returned stays valid until the next call (`given`). Fragments of one packet share
 * a queue with all others between their hosts: if a first fragment overtook the rest, Linux would drop
 * the incomplete packet.
 *
 * The numbers:
 * - QUANTUM is RFC 8290's. Between two pings every old flow sends a quantum: with 16 KiB a ping beside eight
 *   uploads over a line of 5 Mbit/s waited 50 ms for that. A super-packet takes 43 rounds, which cost less than 1 us.
 *   A super-packet leaves whole, and its flow waits for the others' turns after it.
 * - FIRST_QUANTUM lets the ten segments with which TCP begins (RFC 6928) pass what waits. A flow that was here a moment
 *   ago has no more than a turn: with short pauses it would have several times its share.
 * - The memory limit follows the line: it is what has left in the last wait_ms, between BACKLOG_MIN and
 *   BACKLOG_MAX. A fixed limit of 2 MiB lost a tenth of all bytes of eight flows at 4 Gbit/s. The limit
 *   falls by a quarter per window at most, because a line may seem slow only because this process did
 *   not run; and an interval in which nothing waited says nothing about the line.
 * - CoDel drops one *segment* of a super-packet (`skip`): dropping the whole would lose up to 46 packets
 *   to signal what one lost packet signals as well.
 *
 * Tried and rejected: 50 ms and CoDel's 100 ms on every line (100 Mbit/s, 80 ms, 0.5 % of loss: hundreds
 * of inner retransmissions in 10 s, while the outer connection retransmitted its own losses); copying each
 * packet into memory of its own (a fifth of the sender's CPU time went into page faults). Now a
 * super-packet keeps the block that the device was read into.
 */
#include "tunnel/backlog.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tun/ecn.h"
#include "util/alloc.h"
#include "util/bytes.h"
#include "util/secret.h"

enum {
	FLOWS = 256,               /* queues; flows that share one wait for each other */
	QUANTUM = 1514,            /* bytes of one turn */
	FIRST_QUANTUM = 16 * 1024, /* of a new flow's first turn, ... */
	ABSENCE_MS = 100,          /* ... if it has not been here for so long */
	PORTS_LEN = 4,
	START_MAX = 2 * 1024 * 1024, /* bytes, while the line's speed is not known */
};

struct item {
	struct item *next;
	uint64_t since_ms;
	struct tun_offload off;
	unsigned skip;
	bool is_marked;
	size_t memory;   /* of this item and of the packet's block */
	struct packet p; /* in `bytes`, or in a block of its own */
	uint8_t bytes[];
};

struct flow {
	struct flow *next; /* of its list; NULL at the end */
	bool is_listed;
	uint32_t left_ms; /* when it was on a list last; 0: never */
	struct item *first, *last;
	size_t bytes;
	long deficit;
	/* CoDel, RFC 8289 section 5 */
	uint64_t first_above_ms; /* 0: the queue is short */
	uint64_t drop_next_ms;
	unsigned count, last_count;
	bool is_dropping;
};

struct list {
	struct flow *first, *last;
};

struct backlog {
	struct flow flows[FLOWS];
	struct list fresh, old;
	struct item *given; /* returned by the last backlog_get */
	size_t bytes, memory;
	size_t limit;        /* of memory */
	uint64_t window_ms;  /* start of the window in which bytes sent are counted */
	size_t window_bytes; /* sent in this window */
	uint64_t empty_ms;   /* since when nothing waits, if nothing does */
	uint32_t wait_ms, target_ms, interval_ms;
	bool is_slow, is_starting; /* struct backlog_line */
	uint32_t key;
};

int backlog_open(struct backlog **out)
{
	*out = calloc(1, sizeof(**out));
	if (!*out)
		return -ENOMEM;
	(*out)->limit = START_MAX;
	backlog_set_line(*out, &(struct backlog_line){ .rtt_ms = 0 });
	secret_random(&(*out)->key, sizeof((*out)->key));
	return 0;
}

static void free_item(struct item *i)
{
	if (i && i->p.at != i->bytes)
		alloc_put(i->p.at);
	alloc_put(i);
}

static void free_items(struct item *i)
{
	struct item *next;

	for (; i; i = next) {
		next = i->next;
		free_item(i);
	}
}

void backlog_close(struct backlog *b)
{
	if (!b)
		return;
	for (size_t i = 0; i < FLOWS; i++)
		free_items(b->flows[i].first);
	free_item(b->given);
	free(b);
}

static size_t max_size(size_t a, size_t b)
{
	return a > b ? a : b;
}

void backlog_set_line(struct backlog *b, const struct backlog_line *l)
{
	uint32_t rtt = l->rtt_ms < BACKLOG_RTT_MAX_MS ? l->rtt_ms : BACKLOG_RTT_MAX_MS;

	b->wait_ms = (uint32_t)max_size(2 * rtt, BACKLOG_WAIT_MS);
	b->interval_ms = (uint32_t)max_size(2 * rtt, BACKLOG_INTERVAL_MS);
	b->target_ms = (uint32_t)max_size(b->interval_ms / 10, BACKLOG_TARGET_MS);
	b->is_slow = l->is_slow;
	b->is_starting = l->is_starting;
	if (b->is_starting)
		b->limit = max_size(b->limit, START_MAX);
}

size_t backlog_bytes(const struct backlog *b)
{
	return b->bytes;
}

bool backlog_is_idle(const struct backlog *b, uint64_t now_ms)
{
	return !b->bytes && now_ms - b->empty_ms >= BACKLOG_IDLE_MS;
}

/* ---- a packet's flow */

static uint32_t mix(uint32_t h, uint32_t v)
{
	h = (h ^ v) * 0x9e3779b1u;
	return h ^ h >> 15;
}

static uint32_t hash_addrs(uint32_t hash, const struct packet *p)
{
	const uint8_t *addrs = headers_addrs(&p->h, p->at);
	size_t len = headers_addrs_len(&p->h);

	for (size_t i = 0; i < len; i += 4)
		hash = mix(hash, load_u32(addrs + i));
	return hash;
}

/*
 * The first fragment of a packet has ports, but must stay with the others, which have none: if it
 * overtook many others, Linux would drop the incomplete packet (ipfrag_max_dist).
 */
static bool has_ports(const struct headers *h)
{
	return (h->proto == IPPROTO_TCP || h->proto == IPPROTO_UDP) && !h->is_fragment &&
	       h->total - h->ip_len >= PORTS_LEN;
}

static struct flow *flow_of(struct backlog *b, const struct packet *p)
{
	uint32_t hash = mix(hash_addrs(b->key, p), p->h.proto);

	if (has_ports(&p->h))
		hash = mix(hash, load_u32(p->at + p->h.ip_len));
	return &b->flows[hash % FLOWS];
}

/* ---- lists */

static void append(struct list *l, struct flow *f)
{
	f->next = NULL;
	if (l->last)
		l->last->next = f;
	else
		l->first = f;
	l->last = f;
	f->is_listed = true;
}

static struct flow *pop(struct list *l)
{
	struct flow *f = l->first;

	l->first = f->next;
	if (!l->first)
		l->last = NULL;
	f->is_listed = false;
	return f;
}

static struct item *take_first(struct backlog *b, struct flow *f)
{
	struct item *i = f->first;

	if (!i)
		return NULL;
	f->first = i->next;
	if (!f->first)
		f->last = NULL;
	f->bytes -= i->p.h.total;
	b->bytes -= i->p.h.total;
	b->memory -= i->memory;
	return i;
}

/* ---- how much may wait */

/*
 * The line may seem to stop only because this process did not run, so the limit falls slowly.
 */
static void measure(struct backlog *b, uint64_t now_ms)
{
	uint64_t passed = now_ms - b->window_ms;
	size_t fit, least = max_size(b->limit / 4 * 3, b->is_starting ? START_MAX : BACKLOG_MIN);

	if (passed < b->wait_ms && b->window_bytes < BACKLOG_MAX)
		return;
	fit = (size_t)(b->window_bytes * b->wait_ms / (passed ? passed : 1));
	b->limit = max_size(fit, least);
	if (b->limit > BACKLOG_MAX)
		b->limit = BACKLOG_MAX;
	b->window_ms = now_ms;
	b->window_bytes = 0;
}

static void drop_from_fattest(struct backlog *b)
{
	struct flow *fattest = &b->flows[0];

	for (size_t i = 1; i < FLOWS; i++)
		if (b->flows[i].bytes > fattest->bytes)
			fattest = &b->flows[i];
	free_item(take_first(b, fattest));
}

static unsigned enter(struct backlog *b, struct item *i, uint64_t now_ms)
{
	struct flow *f = flow_of(b, &i->p);
	unsigned dropped = 0;

	if (!b->bytes) /* an interval in which nothing waited says nothing about the line */
		b->window_ms += now_ms - b->empty_ms;
	measure(b, now_ms);
	i->since_ms = now_ms;
	if (f->last)
		f->last->next = i;
	else
		f->first = i;
	f->last = i;
	f->bytes += i->p.h.total;
	b->bytes += i->p.h.total;
	b->memory += i->memory;
	if (!f->is_listed) {
		f->deficit = f->left_ms && (uint32_t)now_ms - f->left_ms < ABSENCE_MS
				     ? QUANTUM
				     : FIRST_QUANTUM;
		append(&b->fresh, f);
	}
	for (; b->memory > b->limit; dropped++)
		drop_from_fattest(b);
	return dropped;
}

unsigned backlog_put(struct backlog *b, const struct packet *p, const struct tun_offload *off,
		     uint64_t now_ms)
{
	struct item *i = alloc_get(sizeof(*i) + p->h.total);

	if (!i)
		return 1;
	*i = (struct item){ .off = *off,
			    .memory = sizeof(*i) + p->h.total,
			    .p = { .at = i->bytes, .h = p->h } };
	memcpy(i->bytes, p->at, p->h.total);
	return enter(b, i, now_ms);
}

unsigned backlog_put_block(struct backlog *b, struct packet *p, const struct tun_offload *off,
			   uint64_t now_ms)
{
	struct item *i;
	uint8_t *other;

	if (p->h.total < TUN_PACKET_MAX / 2)
		return backlog_put(b, p, off, now_ms);
	i = alloc_get(sizeof(*i));
	other = alloc_get(TUN_PACKET_MAX);
	if (!i || !other) {
		alloc_put(i);
		alloc_put(other);
		return 1;
	}
	*i = (struct item){ .off = *off, .memory = sizeof(*i) + TUN_PACKET_MAX, .p = *p };
	p->at = other;
	return enter(b, i, now_ms);
}

/* ---- CoDel: RFC 8289 section 5.5, in whole milliseconds */

static uint32_t root(uint32_t n)
{
	uint32_t r = 0;

	for (uint32_t bit = 1u << 15; bit; bit >>= 1)
		if ((r + bit) * (r + bit) <= n)
			r += bit;
	return r;
}

static uint64_t control_law(const struct backlog *b, uint64_t from_ms, unsigned count)
{
	uint32_t divisor = root(count > 10000 ? 10000 : count);

	return from_ms + b->interval_ms / (divisor ? divisor : 1);
}

/* Whether the queue has exceeded the target for an interval (RFC 8289: a standing queue). */
static bool is_standing(const struct backlog *b, struct flow *f, const struct item *i,
			uint64_t now_ms)
{
	if (!i || b->is_slow || now_ms - i->since_ms < b->target_ms || !f->first) {
		f->first_above_ms = 0;
		return false;
	}
	if (!f->first_above_ms) {
		f->first_above_ms = now_ms + b->interval_ms;
		return false;
	}
	return now_ms >= f->first_above_ms;
}

static void start_dropping(const struct backlog *b, struct flow *f, uint64_t now_ms)
{
	unsigned delta = f->count - f->last_count;
	bool is_recent = now_ms < f->drop_next_ms + 16 * (uint64_t)b->interval_ms;

	f->is_dropping = true;
	f->count = delta > 1 && is_recent ? delta : 1;
	f->drop_next_ms = control_law(b, now_ms, f->count);
	f->last_count = f->count;
}

/*
 * Drops one packet: the next segment of a super-packet, else the whole item. Returns the rest of the
 * super-packet, or the flow's next item.
 */
static struct item *lose_one(struct backlog *b, struct flow *f, struct item *i)
{
	if (i->off.gso != TUN_GSO_NONE && (i->skip + 1) * (size_t)i->off.gso_size < i->p.h.total) {
		i->skip++;
		return i;
	}
	free_item(i);
	return take_first(b, f);
}

/* False: it has to be dropped. */
static bool mark(struct item *i)
{
	i->is_marked = ecn_mark(&i->p);
	return i->is_marked;
}

static struct item *next_of(struct backlog *b, struct flow *f, uint64_t now_ms, unsigned *dropped)
{
	struct item *i = take_first(b, f);
	bool standing = is_standing(b, f, i, now_ms);

	if (!standing) {
		f->is_dropping = false;
		return i;
	}
	if (!f->is_dropping) {
		if (!mark(i)) {
			i = lose_one(b, f, i);
			++*dropped;
			is_standing(b, f, i, now_ms);
		}
		start_dropping(b, f, now_ms);
		return i;
	}
	while (f->is_dropping && now_ms >= f->drop_next_ms) {
		f->count++;
		if (mark(i)) {
			f->drop_next_ms = control_law(b, f->drop_next_ms, f->count);
			return i;
		}
		i = lose_one(b, f, i);
		++*dropped;
		if (is_standing(b, f, i, now_ms))
			f->drop_next_ms = control_law(b, f->drop_next_ms, f->count);
		else
			f->is_dropping = false;
	}
	return i;
}

/* ---- deficit round robin, RFC 8290 section 4.2 */

static struct item *next_item(struct backlog *b, uint64_t now_ms, unsigned *dropped)
{
	for (;;) {
		struct list *l = b->fresh.first ? &b->fresh : &b->old;
		struct flow *f = l->first;
		struct item *i;

		if (!f)
			return NULL;
		if (f->deficit <= 0) {
			f->deficit += QUANTUM;
			append(&b->old, pop(l));
			continue;
		}
		i = next_of(b, f, now_ms, dropped);
		if (i) {
			f->deficit -= (long)i->p.h.total;
			return i;
		}
		pop(l);
		f->left_ms = (uint32_t)now_ms;
		if (l == &b->fresh) /* else a flow could stay new forever by sending in time */
			append(&b->old, f);
	}
}

bool backlog_get(struct backlog *b, struct backlog_packet *p, uint64_t now_ms, unsigned *dropped)
{
	struct item *i;

	*dropped = 0;
	free_item(b->given);
	b->given = i = next_item(b, now_ms, dropped);
	if (!b->bytes)
		b->empty_ms = now_ms;
	if (!i)
		return false;
	b->window_bytes += i->p.h.total;
	*p = (struct backlog_packet){ i->p, i->off, i->skip, i->is_marked };
	return true;
}
