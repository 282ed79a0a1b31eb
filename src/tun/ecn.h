/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Explicit Congestion Notification (RFC 3168): a flow that speaks it is slowed down by a mark in the IP
 * header of one of its packets, and need not lose one.
 */
#ifndef SSTP_TUN_ECN_H
#define SSTP_TUN_ECN_H

#include "tun/headers.h"

/*
 * Sets Congestion Experienced, with the header's checksum, if the sender has declared that it reacts to it
 * (ECT). False, and no change: it has not. True also for a packet that has the mark already.
 */
bool ecn_mark(const struct packet *p);

#endif
