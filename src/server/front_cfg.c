/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "server/front_cfg.h"

bool source_list_has(const struct source_list *l, const struct sockaddr_storage *peer)
{
	struct ip_addr a = ip_from_sockaddr(peer);

	for (size_t i = 0; i < l->count; i++)
		if (ip_prefix_has(&l->at[i], &a))
			return true;
	return l->has_unix && peer->ss_family == AF_UNIX;
}
