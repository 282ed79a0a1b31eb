/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Exit codes, which tell scripts what went wrong. Listed in sstp(8), EXIT STATUS. */
#ifndef SSTP_CLI_EXIT_CODE_H
#define SSTP_CLI_EXIT_CODE_H

#include "tunnel/reason.h"

enum exit_code {
	EXIT_OK = 0,
	EXIT_OTHER = 1,  /* anything without a code of its own: out of memory, a file */
	EXIT_USAGE = 2,  /* command line, environment or configuration file */
	EXIT_LOOKUP = 3, /* the server's name has no address */
	EXIT_TCP = 4,    /* no connection to the server */
	EXIT_TRUST = 5,  /* the certificate was refused: issuer, name, date or pin */
	EXIT_TLS = 6,    /* the TLS handshake failed for another reason */
	EXIT_HTTP = 7,   /* the peer is a web server, not an SSTP server */
	EXIT_SSTP = 8,   /* refused or timed out in SSTP */
	EXIT_AUTH = 9,   /* user name, password or authentication method refused */
	EXIT_PPP = 10,   /* PPP negotiation failed */
	EXIT_NETCONF =
		11, /* namespace, device, address, port, socket, route or DNS could not be set */
	EXIT_LOST = 12,        /* the connection was lost and must not be retried */
	EXIT_PROXY = 13,       /* the proxy can't be reached, or does not connect to the server */
	EXIT_PROXY_LOGIN = 14, /* the proxy wants a login, or refuses the one that was given */
	EXIT_HOOK = 15,        /* the command of --up failed */
	EXIT_NOT_RUNNING = 16, /* no running sstp has such a control socket, or none answers */
};

enum exit_code exit_code_of(enum tunnel_reason reason);

#endif
