/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The client's login by EAP: its methods, from the first Request to the key. */
#ifndef SSTP_CLIENT_CLIENT_EAP_H
#define SSTP_CLIENT_CLIENT_EAP_H

#include "tunnel/tunnel.h"

struct client_eap_cfg {
	const char *user; /* the caller keeps the strings valid, and the log */
	const char *password;
	const char *new_password; /* to be set when the password has expired; NULL: never */
	const char *identity;     /* the outer identity; NULL: user */
	const uint8_t *methods;   /* EAP types, preferred first */
	size_t method_count;
	struct tls_ctx *tls;      /* for EAP-TLS, with our certificate; NULL: not used; held */
	struct tls_ctx *peap_tls; /* for PEAP's own session; the same */
	bool requires_peap_binding;
	const char *server_name; /* that the certificate of EAP's server must have */
	const struct log *log;
};

struct client_eap;

/* One for each tunnel. 0 or -errno. */
int client_eap_open(const struct client_eap_cfg *cfg, struct client_eap **out);
void client_eap_close(struct client_eap *e); /* wipes it; NULL is fine */

/* For ppp_cfg.eap; NULL for NULL. */
struct ppp_eap_memory *client_eap_memory(struct client_eap *e);
/* After the login: whether the new password is the user's password now. */
bool client_eap_has_changed_password(const struct client_eap *e);
/* Whether the server has sent a Request. */
bool client_eap_has_begun(const struct client_eap *e);
/* After the tunnel has ended: true if there was no method in common; writes that as text. */
bool client_eap_explain(const struct client_eap *e, char *to, size_t room);
/* TUNNEL_EAP: responds, or ends the tunnel with the reason. */
void client_eap_input(struct client_eap *e, struct tunnel *t, struct bytes request);

#endif
