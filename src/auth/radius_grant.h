/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What an Access-Accept, or a change of it (CoA-Request), grants to a session. */
#ifndef SSTP_AUTH_RADIUS_GRANT_H
#define SSTP_AUTH_RADIUS_GRANT_H

#include "auth/result.h"
#include "radius/radius_packet.h"

/*
 * Fills in what the packet grants; unknown attributes and malformed values are left out. NULL, or
 * why the session must be refused (RFC 2865 section 5.6).
 */
const char *radius_grant_get(struct auth_grant *grant, struct bytes packet);
/* Route-IPv6-Information (170): the networks for Router Advertisements. Returns how many. */
size_t radius_grant_pushed(struct bytes packet, struct ip_prefix to[AUTH_ROUTES_MAX]);
/* One attribute. False: it does not grant anything that we know, or its value is malformed. */
bool radius_grant_take(struct auth_grant *grant, const struct radius_attr *a);

/* Whether a session that goes on can be given another value of this attribute. */
bool radius_grant_is_changeable(const struct radius_attr *a);

/* "10.1.0.0/16 0.0.0.0 1": the destination (RFC 2865 section 5.22). False: malformed. */
bool radius_route_parse(struct bytes text, struct ip_prefix *to);
/* A number with the units k, M and G, of a thousand each. False: malformed. */
bool radius_amount_parse(struct bytes text, uint64_t *amount);
/* "5M/20M ...": bits per second from the client and to it, as RouterOS writes them. */
bool radius_rate_parse(struct bytes text, uint64_t *up, uint64_t *down);

#endif
