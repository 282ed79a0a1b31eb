/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A call after its HTTP exchange. The first byte selects the role; then a byte below 0xc0 is the
 * length of a read that follows, and any other byte causes some other event.
 */
#include "fuzz/reads.h"
#include "fuzz/sstp_feed.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static const char request[] =
	"SSTP_DUPLEX_POST /sra_{BA195980-CD49-458b-9E23-C84EE0ADCD75}/ HTTP/1.1\r\n\r\n";
static const char answer[] = "HTTP/1.1 200 OK\r\n\r\n";

static void happen(struct feed *f, uint8_t what)
{
	switch (what & 0x3f) {
	case 0:
		feed_authenticated(f);
		break;
	case 1:
		feed_close(f);
		break;
	case 2:
		feed_until_deadline(f);
		break;
	case 3:
		sstp_note_traffic(&f->s, f->now_ms);
		break;
	default:
		if (!f->is_closed)
			feed_wait(f, (uint64_t)(what & 0x3f) * 100);
		break;
	}
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t len, size_t max, unsigned int seed)
{
	return reads_mutate(data, len, max, seed);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct reader r = reader_of(data, len);
	bool is_server = get_u8(&r) & 1;
	static struct feed f;

	feed_open(&f, is_server ? SSTP_SERVER : SSTP_CLIENT);
	if (is_server)
		feed_bytes(&f, (const uint8_t *)request, sizeof(request) - 1);
	else
		feed_bytes(&f, (const uint8_t *)answer, sizeof(answer) - 1);
	while (r.left) {
		uint8_t what = get_u8(&r);
		size_t n = what < r.left ? what : r.left;

		if (what >= READS_EVENT)
			happen(&f, what);
		else
			feed_bytes(&f, get_bytes(&r, n), n);
	}
	for (int timers = 0; !f.is_closed; timers++) { /* the peer is silent: each call ends */
		if (timers > 3)
			__builtin_trap();
		feed_until_deadline(&f);
	}
	return 0;
}
