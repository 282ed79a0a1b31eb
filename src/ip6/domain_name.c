/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ip6/domain_name.h"

enum { LABEL_MAX = 63, NAME_MAX_LEN = 253 }; /* RFC 1035 section 2.3.4 */

static bool put_labels(struct writer *w, const char *name)
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

bool domain_name_put(struct writer *w, const char *name)
{
	struct writer before = *w;

	if (put_labels(w, name))
		return true;
	*w = before;
	return false;
}

size_t domain_names_put(struct writer *w, const char *const *names, size_t count)
{
	size_t n = 0;

	for (size_t i = 0; i < count; i++)
		n += domain_name_put(w, names[i]);
	return n;
}
