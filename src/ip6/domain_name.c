/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ip6/domain_name.h"

enum { LABEL_MAX = 63, NAME_MAX_LEN = 253 }; /* RFC 1035 section 2.3.4 */

bool domain_name_put(struct writer *w, const char *name)
{
	size_t len = strlen(name);

	if (!len || len > NAME_MAX_LEN)
		return false;
	while (*name) {
		size_t label = strcspn(name, ".");

		if (!label || label > LABEL_MAX)
			return false;
		put_u8(w, (uint8_t)label);
		put_bytes(w, name, label);
		name += label + (name[label] == '.');
	}
	put_u8(w, 0);
	return !w->full;
}
