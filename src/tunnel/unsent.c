/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Limits what waits unsent in a socket. A socket that is not TCP (in tests) has only its own limit. */
#include "tunnel/unsent.h"

#include <limits.h>
#include <linux/inet_diag.h>
#include <linux/sockios.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

enum { SSTHRESH_INFINITE = INT_MAX }; /* the kernel's TCP_INFINITE_SSTHRESH */

long unsent_limit(uint64_t rate, bool is_startup)
{
	uint64_t bytes = rate * UNSENT_MS / 1000 * (is_startup ? UNSENT_STARTUP : 1);

	if (!rate)
		return UNSENT_START;
	return bytes < UNSENT_MIN ? UNSENT_MIN : bytes > UNSENT_MAX ? UNSENT_MAX : (long)bytes;
}

static void set_limit(struct unsent *u, int fd, long limit)
{
	int bytes = (int)limit;

	if (u->limit == limit)
		return;
	u->room += limit - u->limit;
	u->limit = limit;
	setsockopt(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &bytes, sizeof(bytes));
}

void unsent_start(struct unsent *u, int fd)
{
	*u = (struct unsent){ .limit = 0 };
	unsent_set_rate(u, fd, 0);
}

void unsent_set_rate(struct unsent *u, int fd, uint64_t rate)
{
	set_limit(u, fd, unsent_limit(rate, u->startup_rate));
}

/* BBR has a pacing gain above 2 only in its startup (its unit is 1/256). */
static uint32_t startup_rate(const struct tcp_bbr_info *bbr)
{
	if (bbr->bbr_pacing_gain <= 2 * 256)
		return 0;
	return bbr->bbr_bw_hi ? UINT32_MAX : bbr->bbr_bw_lo;
}

bool unsent_is_slow_start(const struct unsent_window *w)
{
	return w->threshold >= SSTHRESH_INFINITE && w->in_flight * 2 > w->size;
}

static void look_at_start(struct unsent *u, int fd, const struct tcp_info *info)
{
	const struct unsent_window w = { info->tcpi_snd_cwnd, info->tcpi_snd_ssthresh,
					 info->tcpi_unacked };
	union tcp_cc_info cc = { 0 };
	socklen_t len = sizeof(cc);
	bool is_bbr = !getsockopt(fd, IPPROTO_TCP, TCP_CC_INFO, &cc, &len) && len >= sizeof(cc.bbr);

	u->startup_rate = is_bbr ? startup_rate(&cc.bbr) : 0;
	u->is_slow_start = !is_bbr && info->tcpi_ca_state == TCP_CA_Open &&
			   !info->tcpi_total_retrans && unsent_is_slow_start(&w);
}

bool unsent_look(struct unsent *u, int fd, uint64_t now_ms)
{
	struct tcp_info info = { 0 };
	socklen_t len = sizeof(info);

	if (now_ms < u->look_ms)
		return false;
	u->look_ms = now_ms + UNSENT_LOOK_MS;
	if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &len))
		return false;
	u->sent = (uint32_t)info.tcpi_bytes_acked;
	u->received = (uint32_t)info.tcpi_bytes_received;
	look_at_start(u, fd, &info);
	if (info.tcpi_delivery_rate)
		unsent_set_rate(u, fd, info.tcpi_delivery_rate);
	u->rtt_ms = info.tcpi_rtt / 1000;
	u->min_rtt_ms = info.tcpi_min_rtt / 1000;
	u->repeated = info.tcpi_total_retrans;
	sndbuf_look(&u->sndbuf, fd,
		    &(struct sndbuf_facts){ .limited_ms =
						    (uint32_t)(info.tcpi_sndbuf_limited / 1000),
					    .in_flight = info.tcpi_unacked * info.tcpi_snd_mss });
	u->is_recovering = info.tcpi_ca_state >= TCP_CA_Recovery;
	return true;
}

void unsent_cap(int fd, uint64_t rate)
{
	uint32_t max = rate && rate < UINT32_MAX ? (uint32_t)rate : UINT32_MAX;

	setsockopt(fd, SOL_SOCKET, SO_MAX_PACING_RATE, &max, sizeof(max));
}

/* Asks the kernel only when it may matter: when half of the limit has been used. */
void unsent_check(struct unsent *u, int fd)
{
	int bytes = 0;

	if (!unsent_is_exact(u)) {
		u->room = u->limit;
		u->is_held = false;
		return;
	}
	if (u->room > u->limit / 2)
		return;
	if (ioctl(fd, SIOCOUTQNSD, &bytes)) {
		u->room = u->limit;
		u->is_held = false;
		return;
	}
	u->room = u->limit - bytes;
	u->is_held = u->room <= 0;
}
