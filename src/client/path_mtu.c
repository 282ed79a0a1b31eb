/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Black holes of large packets. */
#include "client/path_mtu.h"

#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/socket.h>

enum { REPEATED_MIN = 2 }; /* a single one may be chance */

/*
 * All kinds of tunnels leave 1,280 bytes, the minimum MTU of IPv6; a smaller MTU occurs with IPv4
 * only.
 */
uint16_t path_mtu(unsigned step)
{
	static const uint16_t mtus[PATH_STEPS + 1] = { 0, 1280, 1000 };

	return step <= PATH_STEPS ? mtus[step] : 0;
}

void path_begin(struct path *p, uint64_t now_ms)
{
	*p = (struct path){ .since_ms = now_ms };
}

bool path_check(struct path *p, const struct path_facts *f, uint64_t now_ms)
{
	if (f->received != p->received || f->acked != p->acked) {
		p->received = f->received;
		p->acked = f->acked;
		p->since_ms = now_ms;
		return false;
	}
	return now_ms - p->since_ms >= PATH_SILENT_MS &&
	       (f->repeated >= REPEATED_MIN || f->out_of_order);
}

bool path_drops_large(struct path *p, int fd, uint64_t now_ms)
{
	struct tcp_info info = { 0 };
	socklen_t len = sizeof(info);
	struct path_facts f;

	if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &len))
		return false;
	f = (struct path_facts){
		.received = info.tcpi_bytes_received,
		.acked = info.tcpi_bytes_acked,
		.repeated = info.tcpi_unacked ? info.tcpi_retransmits : 0,
		.out_of_order = info.tcpi_rcv_ooopack,
	};
	return path_check(p, &f, now_ms);
}
