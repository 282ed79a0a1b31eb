/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ppp/outbox.h"

#include <assert.h>

#include "ppp/frame.h"

/* Returns whether there is room for another item; if not, the frame is dropped. */
static bool has_room(struct outbox *b, size_t reserved)
{
	if (b->next == b->count) { /* everything was taken: start over */
		b->next = 0;
		b->count = 0;
		b->used = 0;
	}
	return b->count + reserved < OUTBOX_ITEMS;
}

void outbox_reset(struct outbox *b)
{
	b->count = b->next = 0;
	b->used = 0;
}

void outbox_emit(struct outbox *b, enum ppp_out_type event, enum ppp_auth offer)
{
	bool room = has_room(b, 0);

	assert(room); /* no call causes more events than OUTBOX_EVENTS */
	if (!room)
		return;
	b->items[b->count].type = (uint8_t)event;
	b->items[b->count++].offer = (uint8_t)offer;
}

bool outbox_send(struct outbox *b, uint16_t protocol, uint8_t code, uint8_t id, struct bytes body)
{
	bool room = has_room(b, OUTBOX_EVENTS);
	struct writer w = writer_of(b->bytes + b->used, sizeof(b->bytes) - b->used);
	uint8_t *header = put_gap(&w, PPP_HDR_LEN);

	if (header)
		ppp_put_header(header, protocol);
	put_u8(&w, code);
	put_u8(&w, id);
	put_u16(&w, (uint16_t)(body.len + CP_HDR_LEN));
	put_bytes(&w, body.at, body.len);
	if (!room || w.full)
		return false;
	b->items[b->count].type = PPP_OUT_FRAME;
	b->items[b->count].at = b->used;
	b->items[b->count++].len = (uint16_t)w.len;
	b->used = (uint16_t)(b->used + w.len);
	return true;
}

bool outbox_is_empty(const struct outbox *b)
{
	return !b || b->next == b->count;
}

bool outbox_next(struct outbox *b, struct ppp_out *out)
{
	if (b->next == b->count)
		return false;
	out->type = (enum ppp_out_type)b->items[b->next].type;
	if (out->type == PPP_OUT_FRAME)
		out->frame = bytes_of(b->bytes + b->items[b->next].at, b->items[b->next].len);
	if (out->type == PPP_OUT_OFFER)
		out->offer = (enum ppp_auth)b->items[b->next].offer;
	b->next++;
	return true;
}
