/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What is changed in a packet on its way through the tunnel, or sent in reply to it: MSS, congestion mark, ICMP errors.
 * The first byte is the MTU in units of 16 bytes. A checksum that was right stays right, nothing else but the
 * option or the mark changes, and an ICMP error is a packet that no ICMP error may be sent for.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "tun/ecn.h"
#include "tun/icmp.h"
#include "tun/mss.h"
#include "util/checksum.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static bool is_header_good(const struct packet *p)
{
	return p->h.is_v6 || checksum_sum(p->at, p->h.ip_len) == 0xffff;
}

static bool is_tcp_good(const struct packet *p)
{
	size_t len = p->h.total - p->h.ip_len;
	uint32_t sum = headers_pseudo(&p->h, p->at, len);

	return checksum_fold(sum + checksum_sum(p->at + p->h.ip_len, len)) == 0xffff;
}

static size_t count_changes(const uint8_t *a, const uint8_t *b, size_t len)
{
	size_t changes = 0;

	for (size_t i = 0; i < len; i++)
		changes += a[i] != b[i];
	return changes;
}

static void clamp(const struct packet *p, const uint8_t *before, size_t mtu)
{
	bool was_good = headers_tcp_len(&p->h, p->at) && is_tcp_good(p);

	mss_clamp(&p->h, p->at, mtu);
	assert(!was_good || is_tcp_good(p));
	assert(count_changes(p->at, before, p->h.total) <= 4); /* MSS and checksum */
}

static void mark(const struct packet *p, const uint8_t *before)
{
	bool was_good = is_header_good(p);

	if (ecn_mark(p))
		assert(ecn_mark(p));
	assert(!was_good || is_header_good(p));
	assert(count_changes(p->at, before, p->h.total) <= 3);
}

static void refuse(const struct packet *p, size_t mtu)
{
	uint8_t to[ICMP_ERROR_MAX], again[ICMP_ERROR_MAX];
	size_t len = icmp_too_big(to, p, mtu);
	struct packet error;
	struct ip_addr from = packet_dst(p), dst;

	if (!len)
		return;
	assert(len <= sizeof(to) && packet_parse(&error, to, len) && error.h.total == len);
	assert(is_header_good(&error));
	dst = packet_src(&error);
	assert(ip_equal(&dst, &from));
	assert(!icmp_too_big(again, &error, mtu));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	uint8_t *at;
	struct packet p;
	size_t mtu;

	if (len < 2)
		return 0;
	mtu = data[0] * (size_t)16;
	data++;
	len--;
	at = malloc(len);
	if (!at)
		return 0;
	memcpy(at, data, len);
	if (packet_parse(&p, at, len)) {
		refuse(&p, mtu);
		clamp(&p, data, mtu);
		memcpy(at, data, len);
		mark(&p, data);
	}
	free(at);
	return 0;
}
