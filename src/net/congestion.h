/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The congestion control of a TCP socket (tcp(7), TCP_CONGESTION). All connections inside a tunnel share
 * the outer one. A control that takes every loss for congestion, as CUBIC and Reno do, leaves them 3 of
 * 20 Mbit/s on a line that loses 1 %; BBR measures the line instead of waiting for a loss, and leaves
 * them 17. It also keeps the queue short that a modem with a large buffer would build up.
 *
 * Each end chooses for the direction in which it sends. Accepted sockets inherit the listener's choice.
 * A route's congctl overrides both.
 */
#ifndef SSTP_NET_CONGESTION_H
#define SSTP_NET_CONGESTION_H

#include <stdbool.h>

enum { CONGESTION_NAME_MAX = 16 }; /* the kernel's TCP_CA_NAME_MAX */

#define CONGESTION_AUTO \
	"auto" /* the default, until a tunnel finds that BBR is better for its line */
#define CONGESTION_SYSTEM "system" /* the default */
#define CONGESTION_BBR "bbr"       /* which "auto" changes to */

/*
 * `name` is one of these two or one of the kernel's; NULL: the default. 0 or -errno: -ENOENT when the kernel
 * does not have it, -EPERM when only root may use it (net.ipv4.tcp_allowed_congestion_control).
 */
int congestion_set(int fd, const char *name);
bool congestion_is_auto(const char *name);
/* Whether a connection may get this one of the kernel's when the user has chosen `choice`. */
bool congestion_is_chosen(const char *choice, const char *name);
/* What such an error means. */
const char *congestion_error_text(int error);

#endif
