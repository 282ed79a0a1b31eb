/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Marks on lwIP's list of unacknowledged segments, which is in the order of their numbers. */
#include "stack/sack.h"

#include "stack/lwip.h"

enum { OPTION_SACK = 5, BLOCK_LEN = 8, BLOCKS_MAX = 4 };

struct blocks {
	struct {
		uint32_t left, right;
	} at[BLOCKS_MAX];
	size_t count;
	uint32_t last; /* the largest right edge */
};

static bool has_news;

void sack_forget(void)
{
	has_news = false;
}

int lwip_has_sacked(void)
{
	return has_news;
}

/* Ignores a block outside of the bytes in flight: it is old, wrong, or a D-SACK (RFC 2883). */
static void add_block(struct blocks *b, const struct tcp_pcb *pcb, uint32_t left, uint32_t right)
{
	if (b->count == BLOCKS_MAX || !TCP_SEQ_LT(left, right) || TCP_SEQ_LT(left, pcb->lastack) ||
	    TCP_SEQ_GT(right, pcb->snd_nxt))
		return;
	if (!b->count || TCP_SEQ_GT(right, b->last))
		b->last = right;
	b->at[b->count].left = left;
	b->at[b->count++].right = right;
}

static void read_blocks(struct blocks *b, const struct tcp_pcb *pcb, struct reader r)
{
	while (r.left) {
		uint8_t type = get_u8(&r);
		struct reader body;

		if (type == LWIP_TCP_OPT_EOL)
			return;
		if (type == LWIP_TCP_OPT_NOP)
			continue;
		body = get_reader(&r, get_u8(&r) - 2u);
		while (type == OPTION_SACK && body.left >= BLOCK_LEN) {
			uint32_t left = get_u32(&body), right = get_u32(&body);

			add_block(b, pcb, left, right);
		}
	}
}

static bool is_covered(const struct blocks *b, uint32_t from, uint32_t to)
{
	for (size_t i = 0; i < b->count; i++)
		if (TCP_SEQ_GEQ(from, b->at[i].left) && TCP_SEQ_LEQ(to, b->at[i].right))
			return true;
	return false;
}

void sack_read(struct tcp_pcb *pcb, struct bytes options)
{
	struct blocks b = { .count = 0 };

	if (!pcb || pcb->state < ESTABLISHED || !(pcb->flags & TF_SACK))
		return;
	read_blocks(&b, pcb, reader_of(options.at, options.len));
	for (struct tcp_seg *seg = b.count ? pcb->unacked : NULL; seg; seg = seg->next) {
		uint32_t from = lwip_ntohl(seg->tcphdr->seqno), to = from + seg->len;

		if (TCP_SEQ_GT(to, b.last))
			break;
		if (!(seg->flags & TF_SEG_SACKED) && is_covered(&b, from, to)) {
			seg->flags |= TF_SEG_SACKED;
			has_news = true;
		}
	}
}

static void clear(struct tcp_seg *seg, u8_t flags)
{
	for (; seg; seg = seg->next)
		seg->flags &= (u8_t)~flags;
}

void sack_begin_recovery(const struct tcp_pcb *pcb, bool is_timeout)
{
	u8_t flags = is_timeout ? TF_SEG_REXMITTED | TF_SEG_SACKED : TF_SEG_REXMITTED;

	clear(pcb->unacked, flags);
	clear(pcb->unsent, flags);
}
