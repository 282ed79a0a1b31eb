/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tun/packet.h"

#include <netinet/in.h>
#include <string.h>

#include "util/bytes.h"

enum {
	DESTINATION_PORT = 443,
	SOURCE_PORT = 40000,
	TIMESTAMP_LEN = 12, /* two NOPs, the option, as Linux writes it */
};

uint16_t packet_checksum(const uint8_t *at, size_t len, uint32_t sum)
{
	for (size_t i = 0; i < len; i++)
		sum += i % 2 ? at[i] : (uint32_t)at[i] << 8;
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

size_t packet_ip_len(const struct packet_desc *d)
{
	return d->is_v6 ? 40 + 8 * d->ext_count : 20 + d->ip_options_len;
}

size_t packet_hdr_len(const struct packet_desc *d)
{
	return packet_ip_len(d) + (d->is_udp ? 8 : 20 + d->tcp_options_len);
}

static uint8_t proto_of(const struct packet_desc *d)
{
	return d->is_udp ? IPPROTO_UDP : IPPROTO_TCP;
}

static void put_v4(struct writer *w, const struct packet_desc *d, size_t len)
{
	const uint8_t addrs[] = { 10, 1, 0, d->host, 10, 2, 0, 1 };

	put_u8(w, (uint8_t)(0x45 + d->ip_options_len / 4));
	put_u8(w, d->tos);
	put_u16(w, (uint16_t)len);
	put_u16(w, d->id);
	put_u16(w, d->no_df ? 0 : 0x4000);
	put_u8(w, d->ttl ? d->ttl : 64);
	put_u8(w, proto_of(d));
	put_u16(w, 0);
	put_bytes(w, addrs, sizeof(addrs));
	for (size_t i = 0; i < d->ip_options_len; i++)
		put_u8(w, 1);
	store_u16(w->at + 10, packet_checksum(w->at, w->len, 0));
}

static void put_extension(struct writer *w, uint8_t kind, uint8_t next)
{
	static const uint8_t pad[] = { 1, 4, 0, 0, 0, 0 };      /* PadN over six bytes */
	static const uint8_t fragment[] = { 0, 0, 0, 0, 0, 7 }; /* a fragment that is all */

	put_u8(w, next);
	put_u8(w, 0);
	if (kind == IPPROTO_ROUTING)
		put_bytes(w, (const uint8_t[]){ 253, 0, 0, 0, 0, 0 }, 6); /* none left */
	else
		put_bytes(w, kind == IPPROTO_FRAGMENT ? fragment : pad, 6);
}

static void put_v6(struct writer *w, const struct packet_desc *d, size_t len)
{
	uint8_t source[16] = { 0xfd, 1, [15] = d->host };
	uint8_t destination[16] = { 0xfd, 2, [15] = 1 };

	put_u32(w, 6u << 28 | (uint32_t)d->tos << 20 | d->flow_label);
	put_u16(w, (uint16_t)(len - 40));
	put_u8(w, d->ext_count ? d->ext[0] : proto_of(d));
	put_u8(w, d->ttl ? d->ttl : 64);
	put_bytes(w, source, sizeof(source));
	put_bytes(w, destination, sizeof(destination));
	for (size_t i = 0; i < d->ext_count; i++)
		put_extension(w, d->ext[i], i + 1 < d->ext_count ? d->ext[i + 1] : proto_of(d));
}

static void put_tcp(struct writer *w, const struct packet_desc *d)
{
	size_t left = d->tcp_options_len;

	put_u16(w, (uint16_t)(SOURCE_PORT + d->port));
	put_u16(w, DESTINATION_PORT);
	put_u32(w, d->seq);
	put_u32(w, d->ack);
	put_u8(w, (uint8_t)((5 + d->tcp_options_len / 4) << 4));
	put_u8(w, d->flags | PACKET_ACK);
	put_u16(w, d->window);
	put_u16(w, 0);
	put_u16(w, d->flags & PACKET_URG ? 1 : 0);
	if (left >= TIMESTAMP_LEN) {
		put_u32(w, 0x0101080a);
		put_u32(w, d->timestamp);
		put_u32(w, 0);
		left -= TIMESTAMP_LEN;
	}
	while (left--)
		put_u8(w, 1);
}

static void put_udp(struct writer *w, const struct packet_desc *d)
{
	put_u16(w, (uint16_t)(SOURCE_PORT + d->port));
	put_u16(w, DESTINATION_PORT);
	put_u16(w, (uint16_t)(8 + d->len));
	put_u16(w, 0);
}

static size_t checksum_at(const struct packet_desc *d)
{
	return packet_ip_len(d) + (d->is_udp ? 6 : 16);
}

/* RFC 9293 section 3.1, RFC 8200 section 8.1 */
static uint32_t pseudo_sum(const struct packet_desc *d, const uint8_t *packet, size_t len)
{
	uint8_t addrs[32];
	size_t n = d->is_v6 ? 32 : 8;

	memcpy(addrs, packet + (d->is_v6 ? 8 : 12), n);
	return (uint16_t)~packet_checksum(addrs, n,
					  proto_of(d) + (uint32_t)(len - packet_ip_len(d)));
}

/* A pattern without repetition, so that bytes from a wrong offset show. */
static uint8_t payload_byte(size_t at)
{
	return (uint8_t)(at * 7 + (at >> 8) * 31 + 5);
}

void packet_finish(const struct packet_desc *d, uint8_t *packet, size_t len)
{
	size_t ip_len = packet_ip_len(d);
	uint8_t *field = packet + checksum_at(d);
	uint16_t sum;

	store_u16(field, 0);
	sum = packet_checksum(packet + ip_len, len - ip_len, pseudo_sum(d, packet, len));
	if (!sum && d->is_udp) /* RFC 768: 0 means no checksum */
		sum = 0xffff;
	store_u16(field, d->no_checksum ? 0 : sum);
}

size_t packet_make(const struct packet_desc *d, uint8_t *to)
{
	size_t len = packet_hdr_len(d) + d->len;
	struct writer w = writer_of(to, len);

	if (d->is_v6)
		put_v6(&w, d, len);
	else
		put_v4(&w, d, len);
	if (d->is_udp)
		put_udp(&w, d);
	else
		put_tcp(&w, d);
	for (size_t i = 0; i < d->len; i++)
		put_u8(&w, payload_byte(d->from + i));
	packet_finish(d, to, len);
	return len;
}

void packet_make_partial(const struct packet_desc *d, uint8_t *packet, size_t len,
			 struct tun_offload *off)
{
	store_u16(packet + checksum_at(d), (uint16_t)pseudo_sum(d, packet, len));
	off->needs_csum = true;
	off->csum_start = (uint16_t)packet_ip_len(d);
	off->csum_offset = (uint16_t)(checksum_at(d) - packet_ip_len(d));
	off->hdr_len = (uint16_t)packet_hdr_len(d);
}

size_t packet_make_super(const struct packet_desc *d, uint16_t size, uint8_t *to,
			 struct tun_offload *off)
{
	size_t len = packet_make(d, to);

	*off = (struct tun_offload){ .gso_size = size };
	off->has_ecn = !d->is_udp && d->flags & PACKET_CWR;
	off->gso = d->is_udp ? TUN_GSO_UDP : d->is_v6 ? TUN_GSO_TCP6 : TUN_GSO_TCP4;
	packet_make_partial(d, to, len, off);
	return len;
}

struct packet_desc packet_cut(const struct packet_desc *d, size_t done, size_t size)
{
	struct packet_desc cut = *d;

	cut.from += done;
	cut.len = d->len - done < size ? d->len - done : size;
	cut.seq += (uint32_t)done;
	cut.id = (uint16_t)(cut.id + done / size);
	if (done + cut.len < d->len)
		cut.flags &= (uint8_t) ~(PACKET_FIN | PACKET_PSH);
	if (done)
		cut.flags &= (uint8_t)~PACKET_CWR;
	return cut;
}
