/* SPDX-License-Identifier: GPL-3.0-or-later */
/* DNS of a client: other servers than the VPN's, search domains, and split DNS. */
#ifndef SSTP_CLI_DNS_OPTIONS_H
#define SSTP_CLI_DNS_OPTIONS_H

#include "cli/value.h"
#include "dns/dns_names.h"
#include "ip6/link_addrs.h"

struct dns_server_list {
	struct ip_addr at[LINK_DNS_MAX];
	size_t count;
};

struct dns_settings {
	struct dns_server_list servers;
	struct text_list domains, search;
};

/* --dns and --search; --dns-domain, for verbs that also reach the servers from before. */
extern const struct option_group dns_options, dns_domain_option;

struct dns_names dns_settings_names(const struct dns_settings *s);
/* Adds a domain to a text_list, normalized; at most DNS_NAMES_MAX. clear_texts frees them. */
bool dns_add_domain(void *to, const char *value, struct error *err);
bool dns_settings_are_empty(const struct dns_settings *s);

#endif
