/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One end of one SSTP call ([MS-SSTP]): the HTTP exchange, control messages, both state machines
 * with their timers, the crypto binding. Bytes and time in, bytes and events out. No descriptor, no
 * clock, no allocation, no global; PPP is just a payload here.
 *
 * Life: fill a struct sstp_cfg once TLS is up (it holds the certificate's hashes), sstp_init,
 * sstp_open, then sstp_input as bytes arrive and sstp_tick at each deadline; after each call drain
 * sstp_next until it says false. sstp_close ends the call in order (Call-Disconnect).
 * SSTP_OUT_CLOSED is the last event: the connection is to be closed then. What an event points at
 * is good until the next call on that engine; other calls may be made between two of sstp_next.
 *
 * PPP starts at SSTP_OUT_START_PPP. When it has authenticated, tell sstp_authenticated: a client
 * sends Call-Connected then, a server checks the one that came or will come. Network data may pass
 * only while sstp_is_connected.
 */
#ifndef SSTP_SSTP_SSTP_H
#define SSTP_SSTP_SSTP_H

#include "sstp/packet.h"
#include "sstp/text.h"
#include "sstp/types.h"

/* struct sstp itself is in sstp/call.h, for those who embed it. */
struct sstp;

void sstp_init(struct sstp *s, const struct sstp_cfg *cfg);
void sstp_open(struct sstp *s, uint64_t now_ms);

/*
 * Takes the first whole message (an HTTP header block, an SSTP packet) off the front of `at` and
 * returns how many bytes that were; 0: not all of it is there yet, come again with more. The
 * caller keeps the bytes; SSTP_HTTP_MAX is as much as it ever has to hold. After SSTP_OUT_CLOSED
 * everything is swallowed.
 */
size_t sstp_input(struct sstp *s, const uint8_t *at, size_t len, uint64_t now_ms);

/*
 * Answers a request that is not SSTP's, with that status and no content, and ends the call. Who has
 * something else for the client takes over the connection instead, and is through with this engine.
 */
void sstp_refuse_http(struct sstp *s, int status);

/* The PPP authentication succeeded with this key (zeroes when the method makes none). */
void sstp_authenticated(struct sstp *s, const uint8_t hlak[SSTP_HLAK_LEN], uint64_t now_ms);
void sstp_close(struct sstp *s, uint64_t now_ms);
void sstp_tick(struct sstp *s, uint64_t now_ms);
uint64_t sstp_deadline(const struct sstp *s); /* UINT64_MAX: waiting for nothing */
bool sstp_next(struct sstp *s, struct sstp_out *out);
void sstp_wipe(struct sstp *s);

/* Why the call is ending or has ended, as in SSTP_OUT_CLOSED, already before that is told: a peer may
 * close the connection while our Call-Abort is out. False: it is not ending. */
bool sstp_noted_end(const struct sstp *s, struct sstp_out *out);

bool sstp_is_connected(const struct sstp *s);
/* PPP control frames may be sent and taken (after Call-Connect-Ack, before any end). */
bool sstp_ppp_is_open(const struct sstp *s);
/* The packet path took data packets past the engine: the peer is alive (hello timer). */
void sstp_note_traffic(struct sstp *s, uint64_t now_ms);

#endif
