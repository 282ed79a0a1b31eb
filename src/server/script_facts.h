/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What --session-script gets to know of a session, also as bytes for the helper that runs it. */
#ifndef SSTP_SERVER_SCRIPT_FACTS_H
#define SSTP_SERVER_SCRIPT_FACTS_H

#include "ppp/types.h"
#include "tunnel/reason.h"
#include "util/bytes.h"
#include "util/ip.h"

struct script_facts {
	uint64_t id;
	const char *user;
	enum ppp_auth method;
	struct ip_addr source, local; /* of the connection; AF_UNSPEC: a Unix socket */
	struct ip_addr own, ipv4;     /* in the tunnel: the server's and the client's */
	struct ip_addr ipv6;          /* link-local; AF_UNSPEC: none */
	struct ip_prefix prefix;      /* AF_UNSPEC: none */
	bool is_end;                  /* the members after this one are set */
	enum tunnel_reason reason;
	uint64_t duration_s, rx_bytes, tx_bytes;
};

enum { SCRIPT_FACTS_MAX = 512 }; /* bytes */

void script_facts_put(struct writer *w, const struct script_facts *f);
/* False: not valid. The user's name is copied to `user`. */
bool script_facts_get(struct reader *r, struct script_facts *f, char user[PPP_NAME_MAX + 1]);

#endif
