/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Domain names as labels that are not compressed (RFC 1035 section 3.1), as RFC 8106 and RFC 3646 have them. */
#ifndef SSTP_IP6_DOMAIN_NAME_H
#define SSTP_IP6_DOMAIN_NAME_H

#include <stdbool.h>

#include "util/bytes.h"

/* False: the text is no domain name, or there is no room; then nothing has been written. */
bool domain_name_put(struct writer *w, const char *name);
/* Those of the names that are domain names and have room. Returns how many. */
size_t domain_names_put(struct writer *w, const char *const *names, size_t count);

#endif
