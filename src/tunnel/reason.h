/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Why a tunnel ended, or was never established. cli/exit_code.h maps it to an exit code; the numbers in
 * parentheses are the session's RADIUS Acct-Terminate-Cause (RFC 2866 section 5.10).
 */
#ifndef SSTP_TUNNEL_REASON_H
#define SSTP_TUNNEL_REASON_H

enum tunnel_reason {
	REASON_NONE, /* no error; of an end: our own side requested it (server: 11, NAS Reboot) */
	/* the tunnel was up */
	REASON_PEER,     /* the peer disconnected (1, User Request) */
	REASON_LOST,     /* the connection broke (2, Lost Carrier) */
	REASON_SILENT,   /* the peer does not answer any more (2, Lost Carrier) */
	REASON_ADMIN,    /* server: an administrator has ended it (6, Admin Reset) */
	REASON_REPLACED, /* server: a newer session replaced it (13, Port Preempted) */
	REASON_IDLE,     /* server: no packet for the user's idle time (4, Idle Timeout) */
	REASON_TIME,     /* server: the user's time is over (5, Session Timeout) */
	REASON_QUOTA,    /* server: the user's traffic is used up (10, NAS Request) */
	/* the attempt failed in this step */
	REASON_LOOKUP, /* the server's name has no address */
	REASON_TCP,    /* no connection */
	REASON_PROXY, /* the proxy on the way can't be reached, or does not connect us to the server */
	REASON_PROXY_LOGIN, /* it wants a login, or refuses ours */
	REASON_TRUST,       /* the certificate was refused: issuer, name, date or pin */
	REASON_TLS,         /* the TLS handshake failed for another reason */
	REASON_HTTP,        /* the peer speaks HTTP but not SSTP, or the server is full */
	REASON_SSTP,        /* refused or timed out in SSTP */
	REASON_AUTH, /* user name, password or authentication method refused (17, User Error) */
	REASON_PPP,  /* PPP negotiation failed */
	/* not the peer's fault */
	REASON_UNAVAILABLE, /* server: a login needs something unavailable (15, Service Unavailable) */
	REASON_SETTINGS,    /* command line, environment, a file that they name */
	REASON_NETWORK,     /* namespace, device, address, port, route or DNS could not be set */
	REASON_HOOK,        /* client: the command of --up failed */
	REASON_SYSTEM,      /* memory, files (9, NAS Error) */
	TUNNEL_REASONS,
};

/* A short text without names or addresses, for people who may not read the log. */
const char *tunnel_reason_text(enum tunnel_reason reason);
/* One word, for programs: "peer". */
const char *tunnel_reason_name(enum tunnel_reason reason);

#endif
