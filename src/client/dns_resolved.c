/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Sets DNS servers with systemd-resolved. It forgets a device's servers when the device is removed,
 * so nothing needs recovery.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/dns_method.h"
#include "dns/message.h"

bool dns_is_of_resolved(const struct dns *d, char real[PATH_MAX])
{
	static const char resolveds[] = "/run/systemd/resolve/";

	return realpath(d->resolv_conf, real) && !strncmp(real, resolveds, sizeof(resolveds) - 1);
}

static bool fits_resolved(struct dns *d)
{
	char real[PATH_MAX];

	return !d->is_only_file && dns_is_of_resolved(d, real) &&
	       run_find("resolvectl", d->program);
}

static int give_resolved_servers(struct dns *d)
{
	struct ip_text text[DNS_SERVERS_MAX];
	const char *argv[3 + DNS_SERVERS_MAX + 1] = { d->program, "dns", d->device };

	for (size_t i = 0; i < d->wanted_count; i++) {
		text[i] = ip_print(&d->wanted[i]);
		argv[3 + i] = text[i].text;
	}
	return dns_run(d, argv, NULL);
}

static bool is_searched(const struct dns_names *names, const char *domain)
{
	for (size_t i = 0; i < names->search_count && i < DNS_NAMES_MAX; i++)
		if (!strcmp(names->search[i], domain))
			return true;
	return false;
}

/*
 * A domain after "~" only says which names are looked up at the device's servers: "~." is all of
 * them. One without it is a search domain as well, and would be none with a second one after "~".
 */
static int give_resolved_domains(struct dns *d)
{
	const struct dns_names *names = &d->names;
	char route[DNS_NAMES_MAX][1 + DNS_NAME_MAX + 1];
	const char *argv[3 + 2 * DNS_NAMES_MAX + 1] = { d->program, "domain", d->device };
	size_t n = 3;

	for (size_t i = 0; i < names->search_count && i < DNS_NAMES_MAX; i++)
		argv[n++] = names->search[i];
	for (size_t i = 0; i < names->domain_count && i < DNS_NAMES_MAX; i++) {
		if (is_searched(names, names->domains[i]))
			continue;
		snprintf(route[i], sizeof(route[i]), "~%s", names->domains[i]);
		argv[n++] = route[i];
	}
	if (!names->domain_count)
		argv[n] = "~.";
	return dns_run(d, argv, NULL);
}

static int up_resolved(struct dns *d, unsigned step)
{
	const char *const route[] = { d->program, "default-route", d->device,
				      d->names.domain_count ? "no" : "yes", NULL };

	switch (step) {
	case 0:
		return give_resolved_servers(d);
	case 1:
		return give_resolved_domains(d);
	case 2:
		d->may_fail = true; /* exists since systemd 240; the domains imply it */
		return dns_run(d, route, NULL);
	default:
		return 0;
	}
}

static int down_resolved(struct dns *d)
{
	const char *const revert[] = { d->program, "revert", d->device, NULL };

	return dns_run(d, revert, NULL);
}

const struct dns_method dns_method_resolved = { "resolvectl", fits_resolved, up_resolved,
						down_resolved };
