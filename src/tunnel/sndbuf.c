/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tunnel/sndbuf.h"

#include <sys/socket.h>

#include "net/sockopt.h"

uint32_t sndbuf_grown(struct sndbuf *s, uint64_t limited_us, uint32_t size)
{
	uint32_t limited_ms = (uint32_t)(limited_us / 1000);

	if (size < SNDBUF_MIN) {
		s->counted_ms = limited_ms;
		return 0;
	}
	if (limited_ms - s->counted_ms < SNDBUF_LIMITED_MS || size >= SNDBUF_MAX)
		return 0;
	s->counted_ms = limited_ms;
	return size < SNDBUF_MAX / 2 ? size * 2 : SNDBUF_MAX;
}

void sndbuf_look(struct sndbuf *s, int fd, uint64_t limited_us)
{
	int size = 0;
	socklen_t len = sizeof(size);
	uint32_t grown;

	if (s->is_refused || (uint32_t)(limited_us / 1000) - s->counted_ms < SNDBUF_LIMITED_MS ||
	    getsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, &len) || size <= 0)
		return;
	grown = sndbuf_grown(s, limited_us, (uint32_t)size);
	if (grown && sockopt_sndbuf(fd, grown / 2))
		s->is_refused = true;
}
