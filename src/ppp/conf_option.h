/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Lists of configuration options, RFC 1661 section 6: Type, Length, Value. All protocols use these
 * functions.
 */
#ifndef SSTP_PPP_CONF_OPTION_H
#define SSTP_PPP_CONF_OPTION_H

#include "util/bytes.h"

enum { PPP_OPT_HDR_LEN = 2 };

struct ppp_opt {
	uint8_t type;
	struct bytes whole; /* with its header, as in the list */
	struct reader body;
};

/* False at the end of the list, and on a malformed option: then r->bad is set. */
bool ppp_opt_next(struct reader *r, struct ppp_opt *o);

/* True if the whole list is well-formed. */
bool ppp_opts_are_sound(struct bytes list);

/* True if the list contains exactly this option, byte for byte. */
bool ppp_opts_hold(struct bytes list, struct bytes whole);

/*
 * The value of an option is written between these two calls; _open returns the position that _close
 * needs.
 */
size_t ppp_opt_open(struct writer *w, uint8_t type);
void ppp_opt_close(struct writer *w, size_t start);
/* Removes what was written since _open. */
void ppp_opt_drop(struct writer *w, size_t start);

#endif
