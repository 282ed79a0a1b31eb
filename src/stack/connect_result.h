/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The result of connecting, or of a look-up, through the stack. */
#ifndef SSTP_STACK_CONNECT_RESULT_H
#define SSTP_STACK_CONNECT_RESULT_H

/* In as much detail as a proxy's client is given. */
enum stack_result {
	STACK_OK,
	STACK_REFUSED,     /* the host reset the connection, or its port is unreachable */
	STACK_UNREACHABLE, /* reported by a router, or we have no address of that family */
	STACK_TIMED_OUT,   /* no response */
	STACK_NO_NAME,     /* there is no such name */
	STACK_NO_ADDRESS,  /* the name has no address of a family that we have */
	STACK_DNS_SILENT,  /* the name server does not respond, ... */
	STACK_DNS_REFUSED, /* ... refuses, ... */
	STACK_DNS_FAILED,  /* ... or reports a failure */
	STACK_NO_DNS,      /* the VPN named no name server */
	STACK_DOWN,        /* the tunnel did not come up in STACK_WAIT_MS */
	STACK_FORBIDDEN,   /* our own address, or no single host's: target_is_nowhere */
	STACK_FULL,        /* a limit is reached, or there is no memory */
};

const char *stack_result_text(enum stack_result r); /* "connection refused" */

#endif
