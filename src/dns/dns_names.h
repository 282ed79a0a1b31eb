/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which names are looked up at the VPN's DNS servers. Names are normalized (message.h). */
#ifndef SSTP_DNS_DNS_NAMES_H
#define SSTP_DNS_DNS_NAMES_H

#include <stddef.h>

enum { DNS_NAMES_MAX = 32 }; /* of each kind */

struct dns_names {
	/* Only these domains, and the search domains; all other names as before. None: all names. */
	const char *const *domains;
	size_t domain_count;
	/* What is appended to short names, in this order, before the host's own search domains. */
	const char *const *search;
	size_t search_count;
};

#endif
