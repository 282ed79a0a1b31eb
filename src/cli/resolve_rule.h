/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * --resolve HOST:PORT:ADDR[,ADDR]: addresses of a server that no name server is asked for. The grammar is
 * curl's: `*` for any host, IPv6 addresses in brackets or bare.
 */
#ifndef SSTP_CLI_RESOLVE_RULE_H
#define SSTP_CLI_RESOLVE_RULE_H

#include <sys/socket.h>

#include "cli/value.h"

struct resolve_rule {
	char host[256]; /* "*": any */
	uint16_t port;
	const char *addresses; /* inside the text */
};

/* A setter: checks the rule and adds it to a struct text_list. */
bool set_resolve_rule(void *to, const char *value, struct error *err);

/*
 * The addresses of the first rule for that host and port, of `family` (AF_UNSPEC: both), to `addrs`: how
 * many, at most `max`. *has_rule: there is one, whatever the family of its addresses.
 */
size_t resolve_rules_find(const struct text_list *rules, const struct host_port *server, int family,
			  struct sockaddr_storage *addrs, size_t max, bool *has_rule);

#endif
