/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reads and writes EAP packets, and reads the list of a Nak. */
#include "eap/packet.h"

static bool has_type(uint8_t code)
{
	return code == EAP_REQUEST || code == EAP_RESPONSE;
}

/* Section 5.7: 254, Vendor-Id of three bytes, Vendor-Type of four. */
static void get_type(struct reader *r, bool *is_expanded, uint32_t *vendor, uint32_t *type)
{
	*vendor = 0;
	*type = get_u8(r);
	*is_expanded = *type == EAP_EXPANDED;
	if (!*is_expanded)
		return;
	*vendor = (uint32_t)get_u8(r) << 16;
	*vendor |= get_u16(r);
	*type = get_u32(r);
}

bool eap_packet_get(struct bytes from, struct eap_packet *packet)
{
	struct reader r = reader_of(from.at, from.len);
	uint16_t len;

	*packet = (struct eap_packet){ .code = get_u8(&r) };
	packet->id = get_u8(&r);
	len = get_u16(&r);
	if (r.bad || len < EAP_HDR_LEN || len > from.len)
		return false;
	r.left = len - EAP_HDR_LEN;
	if (!has_type(packet->code))
		return (packet->code == EAP_SUCCESS || packet->code == EAP_FAILURE) && !r.left;
	get_type(&r, &packet->is_expanded, &packet->vendor, &packet->type);
	packet->data = bytes_of(r.at, r.left);
	return !r.bad;
}

static void put_type(struct writer *w, const struct eap_packet *p)
{
	put_u8(w, p->is_expanded ? EAP_EXPANDED : (uint8_t)p->type);
	if (!p->is_expanded)
		return;
	put_u8(w, (uint8_t)(p->vendor >> 16));
	put_u16(w, (uint16_t)p->vendor);
	put_u32(w, p->type);
}

void eap_packet_put(struct writer *w, const struct eap_packet *packet)
{
	size_t before = w->len;
	uint8_t *len;

	put_u8(w, packet->code);
	put_u8(w, packet->id);
	len = put_gap(w, 2);
	if (has_type(packet->code)) {
		put_type(w, packet);
		put_bytes(w, packet->data.at, packet->data.len);
	}
	if (w->full)
		w->len = before;
	else
		store_u16(len, (uint16_t)(w->len - before));
}

/*
 * Sections 5.3.1 and 5.3.2: types of one byte, or expanded ones. Type 0: no other method is
 * acceptable.
 */
bool eap_nak_next(struct reader *r, const struct eap_packet *nak, uint32_t *vendor, uint32_t *type)
{
	bool is_expanded = false;

	if (!r->left)
		return false;
	if (nak->is_expanded) {
		get_type(r, &is_expanded, vendor, type);
		r->bad |= !is_expanded;
	} else {
		*vendor = 0;
		*type = get_u8(r);
	}
	return !r->bad && (*vendor || *type);
}
