/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Both ends of an EAP conversation over PPP in one process, on a clock that the test turns. The
 * wire can lose, double, delay or cut one frame. The owners do what sstp's client and server do:
 * a refusal of the server waits, then comes its last Request, if there is one, then the Failure.
 */
#ifndef SSTP_TESTS_EAP_EAP_LINK_H
#define SSTP_TESTS_EAP_EAP_LINK_H

#include "eap/eap_peer.h"
#include "eap/eap_server.h"
#include "ppp/link.h"
#include "ppp/ppp.h"

enum link_fault {
	LINK_NO_FAULT,
	LINK_LOST,
	LINK_DOUBLED,
	LINK_LATE, /* after the next frame in the same direction */
	LINK_CUT,
};

struct link_end {
	struct ppp p;
	struct ppp_login login;
	struct outbox out;
	struct ppp_eap_memory memory;
	bool is_up, is_closed;
	uint8_t hlak[PPP_HLAK_LEN];
	enum ppp_closed why;
	unsigned rounds; /* packets that its method got */
	enum eap_step last;
};

struct link {
	/* to be filled in before link_run; `random` is the test's, for all that is random */
	struct eap_peer peer;
	struct eap_server server;
	void (*random)(void *arg, void *to, size_t len);
	enum link_fault fault;
	size_t fault_at; /* which frame, counted from 0 over both directions */
	size_t cut_len;  /* what is left of it */
	/* results */
	struct link_end client_end, server_end;
	uint64_t now_ms;
	size_t sent, longest;
	/* internal */
	struct writer last_words;
	uint8_t last_bytes[EAP_PACKET_MAX];
	uint64_t refuse_ms;
};

/* Opens both ends, and runs until nothing is to be done before `until_ms`. */
void link_run(struct link *l, uint64_t until_ms);
/* Both are up and have the same key. */
bool link_is_good(const struct link *l);
/* Both have ended. */
bool link_is_over(const struct link *l);
/* For `random`: the numbers 1, 2, 3, ... */
void link_draw(void *arg, void *to, size_t len);

#endif
