/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A login as RADIUS packets: the Access-Request for an attempt, and the result that is in the
 * response to it. Pure functions over bytes.
 */
#ifndef SSTP_AUTH_RADIUS_LOGIN_H
#define SSTP_AUTH_RADIUS_LOGIN_H

#include "auth/service.h"
#include "radius/radius_packet.h"

/* What all packets of this server say of it. */
struct radius_nas {
	const char *name;       /* NAS-Identifier */
	struct ip_addr address; /* NAS-IP-Address or -IPv6-Address; AF_UNSPEC: left out */
	uint32_t start;         /* radius_new_start, for ids of sessions */
	bool is_local;          /* logins are checked by the user file, not by RADIUS */
};

enum { RADIUS_SESSION_ID_SIZE = 24 };

/* A random number. Not the time: a machine without a battery for its clock may have the same one at each start. */
uint32_t radius_new_start(void);
/* Acct-Session-Id: unique over restarts. */
void radius_session_id(const struct radius_nas *nas, uint64_t session,
		       char to[RADIUS_SESSION_ID_SIZE]);
/* What identifies this server, in every packet. */
void radius_put_nas(struct writer *w, const struct radius_nas *nas);
/* What identifies the session and its client, in each packet about it. */
void radius_put_session(struct writer *w, const struct radius_nas *nas, uint64_t session,
			const struct ip_addr *source, const struct ip_addr *local);

/* The State of the last Access-Challenge. */
struct radius_conversation {
	uint8_t len;
	uint8_t bytes[RADIUS_VALUE_MAX];
};

/*
 * Writes the request; `eap` is the peer's packet. Returns the offset of the hidden password, or 0.
 * Full, or false: the attempt can't be put into a packet.
 */
bool radius_login_put(struct writer *w, const struct radius_nas *nas, const struct auth_request *rq,
		      struct bytes eap, const struct radius_conversation *state,
		      size_t *password_at);

/* A response, as the engine gave it. */
struct radius_response {
	struct bytes packet;
	const uint8_t *request; /* the Authenticator of the request */
	struct bytes secret;
};

/*
 * Fills in the result. With EAP the joined packet of the server is copied to `eap`, and the result
 * of a Challenge points to it.
 */
void radius_login_result(const struct radius_response *r, const struct auth_request *rq,
			 struct radius_conversation *state, uint8_t eap[PPP_EAP_MAX],
			 struct auth_result *result);

#endif
