/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A miniature of the tunnel: one SSTP engine and one PPP engine, connected as in the real tunnel,
 * without sockets, TLS and devices. Its output is a list of messages, and the test sets the time.
 * Server or client, depending on the role.
 */
#ifndef SSTP_TESTS_SUPPORT_MINI_H
#define SSTP_TESTS_SUPPORT_MINI_H

#include "ppp/link.h"
#include "ppp/ppp.h"
#include "sstp/call.h"
#include "sstp/sstp.h"

enum {
	MINI_T0 = 1000000,
	MINI_SENDS_MAX = 4096,
	MINI_CLIENT_V4 = 0x0a010002, /* the client's address: 10.1.0.2 */
	MINI_SERVER_V4 = 0x0a010001,
	MINI_DNS = 0x0a010035,
};

struct mini_cfg {
	enum sstp_role role;
	enum ppp_auth auth[PPP_AUTH_COUNT];
	size_t auth_count;
	const char *password; /* the user is always ann */
	bool ipv6;
	/* ways to misbehave */
	bool binds_early;  /* client: Call-Connected under a zero key as soon as PPP starts */
	bool binds_late;   /* client: Call-Connected once IPCP is up, as old pppd plug-ins do */
	bool binds_never;  /* client */
	bool has_bad_key;  /* client: one bit of the key is wrong */
	bool has_bad_cert; /* client: a man in the middle showed another certificate */
	bool judges_late;  /* server: mini_judge checks the password later */
	uint8_t hashes;    /* 0: both */
};

struct mini {
	struct mini_cfg cfg;
	struct sstp s;
	struct sstp_keys keys;
	struct sstp_outbox sstp_out;
	struct ppp p;
	struct ppp_login login;
	struct outbox ppp_out;
	uint64_t now_ms;
	uint64_t random;
	uint8_t rx[3 * SSTP_HTTP_MAX];
	size_t rx_len;
	uint8_t tx[256 * 1024]; /* all that was sent */
	size_t tx_len;
	size_t sent_at[MINI_SENDS_MAX]; /* offset of each message in tx */
	unsigned int sends;
	/* what happened */
	unsigned int authenticated, connected, ipv4_ups, ipv6_ups, data_in, data_dropped;
	bool has_key; /* for a late crypto binding */
	uint8_t key[SSTP_HLAK_LEN];
	bool has_attempt; /* for a late password check */
	struct ppp_auth_result verdict;
	struct ppp_ipv4 ipv4;
	bool is_ppp_closed, is_closed;
	enum ppp_closed ppp_why;
	enum sstp_closed why;
	uint32_t status;
};

void mini_open(struct mini *m, const struct mini_cfg *cfg, uint64_t seed);
void mini_feed(struct mini *m, const uint8_t *at, size_t len);
/* runs the timers that are due; must not pass a deadline */
void mini_turn(struct mini *m, uint64_t now_ms);
uint64_t mini_deadline(const struct mini *m);
void mini_judge(struct mini *m);
void mini_close(struct mini *m); /* closes PPP, then SSTP */

/* Sends an IP packet to the peer. Returns false, without sending, if packets may not pass yet. */
bool mini_send_ip(struct mini *m);
/* The same without that check, like a hostile peer. */
void mini_force_ip(struct mini *m);

bool mini_is_up(const struct mini *m); /* IPv4 may pass */
struct bytes mini_message(const struct mini *m, unsigned int number);

#endif
