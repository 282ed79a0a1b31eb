/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The header of the PROXY protocol, whole and growing: the result is the same. One that was read is
 * written, and read again, with the same addresses.
 */

#include "fuzz/target.h"
#include "server/proxy_header.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void write_and_read(const struct proxy_header *h, unsigned version)
{
	uint8_t at[PROXY_HEADER_PUT_MAX];
	struct writer w = writer_of(at, sizeof(at));
	struct proxy_header again;

	proxy_header_put(&w, version, h);
	must(!w.full && proxy_header_read(&again, at, w.len) == PROXY_HEADER_OK);
	must(again.len == w.len && ip_equal(&again.source, &h->source) &&
	     ip_equal(&again.destination, &h->destination) && again.source_port == h->source_port &&
	     again.destination_port == h->destination_port);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct proxy_header whole, part;
	enum proxy_header_result result = proxy_header_read(&whole, data, len), now;
	size_t at = 0;

	while (at < len && (now = proxy_header_read(&part, data, at)) == PROXY_HEADER_INCOMPLETE)
		at += 1 + at / 8;
	if (at < len)
		must(now == result);
	if (result != PROXY_HEADER_OK)
		return 0;
	must(whole.len <= len);
	write_and_read(&whole, 1);
	write_and_read(&whole, 2);
	return 0;
}
