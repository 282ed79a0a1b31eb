/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Authentication as a service: a server asks whether a login is right, and is answered later, in
 * the loop that asked. Who answers is a backend: the user file (user_file.h), or another that is
 * asked over the network. No loop ever waits.
 *
 * A question is named by an id, so that a session which ends can take it back at any time, even in
 * the turn in which the answer is on its way; after auth_cancel nobody is answered.
 */
#ifndef SSTP_AUTH_SERVICE_H
#define SSTP_AUTH_SERVICE_H

#include "auth/result.h"
#include "net/loop.h"

struct auth_backend;
struct auth_service;

/* What is asked. All of it is copied, and wiped after the answer. */
struct auth_request {
	const struct ppp_attempt *attempt; /* EAP: the Identity as user, its packet as response */
	struct ip_addr source;             /* where the client is */
	struct ip_addr local;              /* which address of ours it has connected to */
	uint64_t session;                  /* its id, for logs and accounting */
};

/* `self` is the backend's state and stays the caller's. 0 or -errno. */
int auth_open(const struct auth_backend *backend, void *self, struct auth_service **out);
void auth_close(struct auth_service *s); /* nothing is asked any more; NULL is fine */

/*
 * In the loop's thread. `done` is called there once, never before this has returned; the result is
 * good until `done` returns. `done` must not ask in turn: the user file is held still meanwhile, so
 * that a reload finds each session either not answered yet or registered. 0 and *id, which is never
 * 0, or -errno: then nobody will answer.
 *
 * With EAP it is a conversation: `done` is called once for each packet, with AUTH_RESULT_CONTINUE
 * but for the last time, and auth_continue brings the peer's response.
 */
int auth_ask(struct auth_service *s, struct loop *l, const struct auth_request *rq,
	     void (*done)(void *arg, const struct auth_result *result), void *arg, uint64_t *id);
/*
 * In the same thread, after an AUTH_RESULT_CONTINUE; the packet is good until this returns. 0 or
 * -errno.
 */
int auth_continue(struct auth_service *s, uint64_t id, struct bytes eap);
/* In the same thread. Harmless when the answer has been given, and for 0. */
void auth_cancel(struct auth_service *s, uint64_t id);

#endif
