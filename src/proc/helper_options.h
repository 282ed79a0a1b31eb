/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A service of the helper: options of the other process' TCP connections that only root may set, which are a send buffer
 * beyond the system's limit and a congestion control that is not open to everybody.
 */
#ifndef SSTP_PROC_HELPER_OPTIONS_H
#define SSTP_PROC_HELPER_OPTIONS_H

#include "proc/helper.h"

enum {
	/* an enum sockopt (u16), its number (u32), its name; with the socket. -EPERM: no such option or value is set */
	HELPER_OPTIONS_SET = HELPER_OP(HELPER_OPTIONS, 1),
};

struct helper_options {
	const char *congestion; /* the user's choice, net/congestion.h; NULL: the default */
};

struct helper_service helper_options_service(struct helper_options *o);
/* From now on net/sockopt.h asks this helper for what it may not do itself. NULL: nobody. */
void helper_options_use(struct helper *h);

#endif
