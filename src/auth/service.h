/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Authentication as a service: a session asks whether a login is right and gets the answer later,
 * in the loop that asked. A backend gives the answer: the user file (user_file.h), or one that asks
 * over the network. No loop ever waits.
 *
 * A question is named by an id, so that a session which ends can cancel it at any time, even in the
 * turn in which the answer is on its way; after auth_cancel `done` is not called.
 */
#ifndef SSTP_AUTH_SERVICE_H
#define SSTP_AUTH_SERVICE_H

#include "auth/result.h"
#include "net/loop.h"

struct auth_backend;
struct auth_service;

/* The login to check. auth_ask copies all of it, and the copy is wiped after the answer. */
struct auth_request {
	const struct ppp_attempt *attempt; /* EAP: the Identity as user, its packet as response */
	struct ip_addr source;             /* the client's address */
	struct ip_addr local;              /* our address that the client connected to */
	uint64_t session;                  /* its id, for logs and accounting */
};

/* `self` is the backend's state and stays the caller's. 0 or -errno. */
int auth_open(const struct auth_backend *backend, void *self, struct auth_service **out);
void auth_close(struct auth_service *s); /* no question is open; NULL is fine */

/*
 * Called in the loop's thread. `done` is called there once, never before this has returned; the
 * result is valid until `done` returns. `done` must not call auth_ask: the user file is locked
 * meanwhile, so that a reload finds each session either not answered yet or registered. Returns 0
 * and *id, which is never 0, or -errno: then `done` is not called.
 *
 * With EAP `done` is called once for each packet, with AUTH_RESULT_CONTINUE except the last time,
 * and auth_continue passes on the peer's response.
 */
int auth_ask(struct auth_service *s, struct loop *l, const struct auth_request *rq,
	     void (*done)(void *arg, const struct auth_result *result), void *arg, uint64_t *id);
/*
 * In the same thread, after an AUTH_RESULT_CONTINUE; the packet need only be valid during the call.
 * 0 or -errno.
 */
int auth_continue(struct auth_service *s, uint64_t id, struct bytes eap);
/* In the same thread. Does nothing when the answer has been given, or for 0. */
void auth_cancel(struct auth_service *s, uint64_t id);

#endif
