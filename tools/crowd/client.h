/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One client of the crowd: a socket from one of our source addresses, a tunnel, and ICMP echo in
 * place of a TUN device.
 *
 *	client_start -> connected TCP -> tunnel -> client_is_up -> client_leave -> client_is_over
 *
 * It is one allocation, made by client_start and freed after client_is_over.
 */
#ifndef SSTP_CROWD_CLIENT_H
#define SSTP_CROWD_CLIENT_H

#include "tunnel/tunnel.h"

struct crowd;

struct client {
	struct crowd *crowd;
	struct client *next, *prev; /* of the crowd */
	struct tunnel tunnel;
	struct log log;
	struct loop_watch connecting; /* its fd belongs to us until the tunnel has it */
	char user[32];
	uint8_t correlation
		[16]; /* as sstp connect has one: the server knows our own clients by it */
	struct tls_tickets *tickets; /* NULL: a full handshake */
	uint64_t started_us;
	struct ppp_ipv4 ipv4;
	bool has_ipv4;
	bool is_up;
	bool is_in_flight; /* the current order waits for it */
	/* the current echo */
	bool is_echoing;
	uint16_t echo_number;
	uint64_t echo_sent_us;
	unsigned echo_answers;
};

/* The next client of the crowd. 0 or -errno. */
int client_start(struct crowd *crowd, struct client **out);
void client_leave(struct client *c); /* disconnects properly */

/* Sends one echo request of `len` bytes of data to the server's inner address. */
void client_echo(struct client *c, size_t len);
/* A packet that came out of the tunnel. True: the reply to the last request. */
bool client_takes_echo(struct client *c, const struct packet *p);

/* Calls to the crowd. */
void client_is_up(struct client *c);
void client_is_over(struct client *c, const char *why); /* the last call; the crowd frees it */

#endif
