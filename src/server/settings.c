/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "server/settings.h"

#include <stdlib.h>
#include <string.h>

static void take(struct server_cfg *cfg, const struct server_cfg *now)
{
	cfg->certs = now->certs;
	cfg->cert_count = now->cert_count;
	cfg->front.binding_certs = now->front.binding_certs;
	cfg->front.binding_cert_count = now->front.binding_cert_count;
	cfg->strict_sni = now->strict_sni;
	cfg->user_sessions = now->user_sessions;
	cfg->keep_old_session = now->keep_old_session;
	cfg->max_failures = now->max_failures;
	cfg->client_to_client = now->client_to_client;
	cfg->push_routes = now->push_routes;
	cfg->push_route_count = now->push_route_count;
	memcpy(cfg->nbns, now->nbns, sizeof(cfg->nbns));
	if (!cfg->dns_host && !now->dns_host) { /* else a server for the clients' DNS is running */
		memcpy(cfg->dns, now->dns, sizeof(cfg->dns));
		memcpy(cfg->ipv6_dns, now->ipv6_dns, sizeof(cfg->ipv6_dns));
	}
}

const struct server_cfg *settings_take(struct settings_copy **list, const struct server_cfg *before,
				       const struct server_cfg *now)
{
	struct settings_copy *copy = malloc(sizeof(*copy));

	if (!copy)
		return NULL;
	copy->cfg = *before;
	take(&copy->cfg, now);
	copy->older = *list;
	*list = copy;
	return &copy->cfg;
}

void settings_free(struct settings_copy *list)
{
	struct settings_copy *older;

	for (; list; list = older) {
		older = list->older;
		free(list);
	}
}
