/*
 * --script: a vpnc-script (or one of the user's own) in place of our own network set-up, with the
 * environment that openconnect gives it. The script runs through /bin/sh -c, with no secret in its
 * environment and our descriptors closed; we wait for it.
 */
#ifndef SSTP_CLIENT_SCRIPT_H
#define SSTP_CLIENT_SCRIPT_H

#include "client/host.h"
#include "net/run.h"

enum script_reason {
	SCRIPT_PRE_INIT,          /* before anything */
	SCRIPT_CONNECT,           /* the tunnel is up */
	SCRIPT_ATTEMPT_RECONNECT, /* it was lost: about to dial again */
	SCRIPT_RECONNECT,         /* it came back */
	SCRIPT_DISCONNECT,        /* for good */
};

struct script_env {
	const char *command;
	const char *device;
	uint32_t mtu;
	struct ip_addr gateway;         /* the server's own address: VPNGATEWAY */
	const struct outlet_link *link; /* NULL before there is one */
	const struct ip_prefix *routes; /* split tunnel: CISCO_SPLIT_INC...; none: all traffic */
	size_t route_count;
	const struct log *log;
};

/* The address that a script is told as INTERNAL_IP6_ADDRESS; AF_UNSPEC: there is none. */
struct ip_addr script_ipv6_address(const struct outlet_link *link);

/* What a script is told, for env_free. */
void script_environment(struct env *e, enum script_reason reason, const struct script_env *s);

/* 0, or -errno, or -EPROTO when it exited with another status than 0 (logged). */
int script_run(enum script_reason reason, const struct script_env *env);

#endif
