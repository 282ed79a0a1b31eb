/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Byte offsets that only grow; each is written by one side and read by the other. An entry is a
 * header and a packet in one piece; where that does not fit before the end of the buffer, a header
 * without a packet sends the reader to the start of the buffer.
 */
#include "server/ring.h"

#include <errno.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>

enum {
	ROOM = 512 * 1024, /* several super-packets; a power of two */
	ALIGN = 64,
};

struct entry {
	struct headers h; /* of the packet that follows; total 0: continue at the start */
	struct tun_offload off;
};

_Static_assert(sizeof(struct entry) <= ALIGN, "a header fits before the end");

struct ring {
	_Alignas(ALIGN) _Atomic(size_t) put; /* written by the producer */
	_Alignas(ALIGN) _Atomic(size_t) got; /* written by the consumer */
	_Alignas(ALIGN) uint8_t bytes[ROOM];
};

int ring_open(struct ring **out)
{
	void *at = mmap(NULL, sizeof(struct ring), PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (at == MAP_FAILED)
		return -ENOMEM;
	*out = at;
	return 0;
}

void ring_close(struct ring *r)
{
	if (r)
		munmap(r, sizeof(*r));
}

/* The size of an entry, a multiple of ALIGN, so that a header always fits before the end. */
static size_t span(size_t packet_len)
{
	return (sizeof(struct entry) + packet_len + ALIGN - 1) & ~(size_t)(ALIGN - 1);
}

bool ring_put(struct ring *r, const struct packet *p, const struct tun_offload *off)
{
	struct entry e = { p->h, *off }, skip = { .h = { .total = 0 } };
	size_t len = p->h.total;
	size_t put = atomic_load_explicit(&r->put, memory_order_relaxed);
	size_t got = atomic_load_explicit(&r->got, memory_order_acquire);
	size_t to_end = ROOM - put % ROOM;
	size_t wasted = span(len) > to_end ? to_end : 0;

	if (put - got + wasted + span(len) > ROOM)
		return false;
	if (wasted) {
		memcpy(r->bytes + put % ROOM, &skip, sizeof(skip));
		put += wasted;
	}
	memcpy(r->bytes + put % ROOM, &e, sizeof(e));
	memcpy(r->bytes + put % ROOM + sizeof(e), p->at, len);
	atomic_store_explicit(&r->put, put + span(len), memory_order_release);
	return true;
}

bool ring_get(struct ring *r, struct packet *p, struct tun_offload *off)
{
	size_t got = atomic_load_explicit(&r->got, memory_order_relaxed);
	struct entry e;

	if (got == atomic_load_explicit(&r->put, memory_order_acquire))
		return false;
	memcpy(&e, r->bytes + got % ROOM, sizeof(e));
	if (!e.h.total) {
		got += ROOM - got % ROOM;
		atomic_store_explicit(&r->got, got, memory_order_release);
		memcpy(&e, r->bytes + got % ROOM, sizeof(e));
	}
	*p = (struct packet){ .at = r->bytes + got % ROOM + sizeof(e), .h = e.h };
	*off = e.off;
	return true;
}

void ring_done(struct ring *r)
{
	size_t got = atomic_load_explicit(&r->got, memory_order_relaxed);
	struct entry e;

	memcpy(&e, r->bytes + got % ROOM, sizeof(e));
	atomic_store_explicit(&r->got, got + span(e.h.total), memory_order_release);
}
