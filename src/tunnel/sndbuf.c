/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tunnel/sndbuf.h"

#include <sys/socket.h>

#include "net/sockopt.h"

/* The socket holds what is in flight and what is unsent, and the kernel counts up to twice as much as that. */
static bool is_scarce(uint32_t in_flight, uint32_t size)
{
	return in_flight >= size / SNDBUF_SHARE;
}

uint32_t sndbuf_grown(struct sndbuf *s, const struct sndbuf_facts *f, uint32_t size)
{
	bool is_limited = f->limited_ms - s->counted_ms >= SNDBUF_LIMITED_MS;

	if (size < SNDBUF_MIN) {
		s->counted_ms = f->limited_ms;
		return 0;
	}
	if ((!is_limited && !is_scarce(f->in_flight, size)) || size >= SNDBUF_MAX)
		return 0;
	s->counted_ms = f->limited_ms;
	return size < SNDBUF_MAX / 2 ? size * 2 : SNDBUF_MAX;
}

void sndbuf_look(struct sndbuf *s, int fd, const struct sndbuf_facts *f)
{
	int size = 0;
	socklen_t len = sizeof(size);
	uint32_t grown;

	if (s->is_refused ||
	    (f->limited_ms - s->counted_ms < SNDBUF_LIMITED_MS &&
	     !is_scarce(f->in_flight, SNDBUF_MIN)) ||
	    getsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, &len) || size <= 0)
		return;
	grown = sndbuf_grown(s, f, (uint32_t)size);
	if (grown && sockopt_sndbuf(fd, grown / 2))
		s->is_refused = true;
}
