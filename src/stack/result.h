/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How an attempt to reach somebody through the stack came out. */
#ifndef SSTP_STACK_RESULT_H
#define SSTP_STACK_RESULT_H

/* As far as a front end tells its client. */
enum stack_result {
	STACK_OK,
	STACK_REFUSED,     /* the far host said no */
	STACK_UNREACHABLE, /* a router did, or we have no address of that family */
	STACK_TIMED_OUT,   /* no answer */
	STACK_NO_NAME,     /* there is no such name */
	STACK_NO_ADDRESS,  /* the name has no address of a family that we have */
	STACK_DNS_SILENT,  /* the name server does not answer, ... */
	STACK_DNS_REFUSED, /* ... refuses, ... */
	STACK_DNS_FAILED,  /* ... or says that it failed */
	STACK_NO_DNS,      /* the VPN named no name server */
	STACK_DOWN,        /* the tunnel did not come up in STACK_WAIT_MS */
	STACK_FORBIDDEN, /* our own address, or one that nobody behind a VPN has: target_is_nowhere */
	STACK_FULL,      /* as much as we hold at a time, or no memory */
};

const char *stack_result_text(enum stack_result r); /* "connection refused" */

#endif
