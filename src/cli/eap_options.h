/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The options of a client's login by EAP. */
#ifndef SSTP_CLI_EAP_OPTIONS_H
#define SSTP_CLI_EAP_OPTIONS_H

#include "cli/option.h"
#include "client/client.h"

struct eap_settings {
	const char *identity;
	const char *name; /* of the server's certificate inside EAP */
	const char *ca, *crl;
	bool requires_peap_binding;
	const char *client_cert, *client_key, *client_key_password_file;
};

extern const struct option_group eap_options;
/* --peap-binding, at both ends: a bool. */
extern const struct option_group peap_options;

/*
 * Fills the EAP settings of `cfg`, whose methods and server are already set; reads the password of
 * the key, and tests the files. Where no user name is known it is that of the client's certificate.
 * Prints errors.
 */
bool eap_settings_apply(const struct verb *verb, const struct eap_settings *s,
			struct client_cfg *cfg);
/* Whether one of the methods that may be used needs a password. */
bool eap_needs_password(const struct client_cfg *cfg);
/* Reads the files as the start of the client does, which then warns of nothing again. Prints errors. */
bool eap_settings_check(const struct verb *verb, struct client_cfg *cfg);

#endif
