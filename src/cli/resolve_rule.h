/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * --resolve HOST[:PORT]:ADDR[,ADDR]: addresses of a server, used instead of a DNS lookup. The grammar
 * is curl's: `*` for any host, IPv6 addresses with or without brackets. Without PORT, which curl
 * demands, the rule is for all ports; then an IPv6 address needs its brackets.
 */
#ifndef SSTP_CLI_RESOLVE_RULE_H
#define SSTP_CLI_RESOLVE_RULE_H

#include <sys/socket.h>

#include "cli/value.h"

struct resolve_rule {
	char host[256];        /* "*": any */
	uint16_t port;         /* 0: any */
	const char *addresses; /* points into the text */
};

/* A setter: checks the rule and adds it to a struct text_list. */
bool set_resolve_rule(void *to, const char *value, struct error *err);

/*
 * Stores the addresses of the first rule for that host and port, of `family` (AF_UNSPEC: both), in
 * `addrs`. Returns their number, at most `max`. *has_rule: there is such a rule, even if it has no
 * address of that family.
 */
size_t resolve_rules_find(const struct text_list *rules, const struct host_port *server, int family,
			  struct sockaddr_storage *addrs, size_t max, bool *has_rule);

#endif
