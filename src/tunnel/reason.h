/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Why a tunnel ended, or never came to be. cli/exit_code.h makes an exit code of it; the numbers in
 * parentheses are the RADIUS Acct-Terminate-Cause (RFC 2866 section 5.10) that a session's end is.
 */
#ifndef SSTP_TUNNEL_REASON_H
#define SSTP_TUNNEL_REASON_H

enum tunnel_reason {
	REASON_NONE, /* all is well; of an end: our own side asked for it (1, User Request) */
	/* an end of a tunnel that was up */
	REASON_PEER,     /* the peer ended it in order (1, User Request) */
	REASON_LOST,     /* the connection broke (2, Lost Carrier) */
	REASON_SILENT,   /* the peer does not answer any more (2, Lost Carrier) */
	REASON_ADMIN,    /* server: an administrator has ended it (6, Admin Reset) */
	REASON_REPLACED, /* server: a newer session has its place (13, Port Preempted) */
	/* how far an attempt came */
	REASON_LOOKUP, /* the server's name has no address */
	REASON_TCP,    /* no connection */
	REASON_TRUST,  /* the certificate was refused: issuer, name, date or pin */
	REASON_TLS,    /* the TLS handshake failed for another reason */
	REASON_HTTP,   /* the far end speaks HTTP, but no SSTP, or has no room */
	REASON_SSTP,   /* refused or timed out in SSTP */
	REASON_AUTH,   /* user name, password or authentication method refused (17, User Error) */
	REASON_PPP,    /* PPP came to no agreement */
	/* not the peer's fault */
	REASON_UNAVAILABLE, /* server: a login needs what is not there now (15, Service Unavailable) */
	REASON_SETTINGS,    /* command line, environment, a file that they name */
	REASON_NETWORK,     /* namespace, device, address, port, route or DNS could not be set */
	REASON_SYSTEM,      /* memory, files (9, NAS Error) */
	TUNNEL_REASONS,
};

/* In a few words that name nothing and nobody, for those who may not see the log. */
const char *tunnel_reason_text(enum tunnel_reason reason);

#endif
