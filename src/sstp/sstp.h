/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One end of one SSTP call ([MS-SSTP]): the HTTP exchange, control messages, both state machines
 * with their timers, the crypto binding. Bytes and time in, bytes and events out. No descriptor, no
 * clock, no allocation, no global; PPP frames are opaque payload.
 *
 * Life: fill a struct sstp_cfg, and the hashes of the certificate once TLS is up; sstp_init; sstp_open; then sstp_input as bytes arrive and sstp_tick at each deadline. After each
 * call drain sstp_next until it returns false. sstp_close ends the call with a Call-Disconnect.
 * SSTP_OUT_CLOSED is the last event: the caller then closes the connection. Pointers in an event
 * are valid until the next call on that engine. Other calls may be made between two of sstp_next.
 *
 * PPP starts at SSTP_OUT_START_PPP. When PPP has authenticated, call sstp_authenticated: a client
 * then sends Call-Connected; a server checks the one that was or will be received. Network data may
 * pass only while sstp_is_connected returns true.
 */
#ifndef SSTP_SSTP_SSTP_H
#define SSTP_SSTP_SSTP_H

#include "sstp/packet.h"
#include "sstp/names.h"
#include "sstp/types.h"

/* The definition of struct sstp is in sstp/call.h, for files that embed it. */
struct sstp;
struct sstp_outbox;

/*
 * `keys` is the caller's memory, with the hashes of the certificate. The engine wipes it, and uses it
 * no longer, when the call is connected or ends.
 */
void sstp_init(struct sstp *s, const struct sstp_cfg *cfg, struct sstp_keys *keys);
/*
 * Lends an empty outbox; required before each call below that emits something, unless one is still
 * lent. NULL takes it back, which is allowed when sstp_next has returned false.
 */
void sstp_lend(struct sstp *s, struct sstp_outbox *out);
void sstp_open(struct sstp *s, uint64_t now_ms);

/*
 * Processes the first complete message (an HTTP header block, an SSTP packet) at `at` and returns
 * its length; 0: it is incomplete, call again with more. The caller keeps the bytes; it never has
 * to buffer more than SSTP_HTTP_MAX. After SSTP_OUT_CLOSED all input is discarded.
 */
size_t sstp_input(struct sstp *s, const uint8_t *at, size_t len, uint64_t now_ms);

/*
 * Responds to a request that is not SSTP's, with that status and no content, and ends the call. An
 * owner that has a different response takes over the connection instead and no longer uses this
 * engine.
 */
void sstp_refuse_http(struct sstp *s, int status);

/* The PPP authentication succeeded with this key (zeroes when the method makes none). */
void sstp_authenticated(struct sstp *s, const uint8_t hlak[SSTP_HLAK_LEN], uint64_t now_ms);
void sstp_close(struct sstp *s, uint64_t now_ms);
void sstp_tick(struct sstp *s, uint64_t now_ms);
uint64_t sstp_deadline(const struct sstp *s); /* UINT64_MAX: waiting for nothing */
bool sstp_next(struct sstp *s, struct sstp_out *out);
void sstp_wipe(struct sstp *s);

/*
 * Why the call is ending or has ended, as in SSTP_OUT_CLOSED, but available before that event: a
 * peer may close the connection after our Call-Abort. False: it is not ending.
 */
bool sstp_noted_end(const struct sstp *s, struct sstp_out *out);

bool sstp_is_connected(const struct sstp *s);
/* PPP control frames may be sent and received (after Call-Connect-Ack, before the end). */
bool sstp_ppp_is_open(const struct sstp *s);
/* Call when the packet path handled data packets itself: the peer is alive (hello timer). */
void sstp_note_traffic(struct sstp *s, uint64_t now_ms);

#endif
