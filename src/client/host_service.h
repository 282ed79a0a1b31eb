/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The helper's end of host_helper.h: does what host_setup.h describes for a process that reads from the network
 * and that an attacker may have taken over. What it may ask for is in its configuration, which the helper has from
 * the start; the rest is what the server's side gives, and that is checked as if the server were the attacker:
 *
 *	addresses, routes and name servers apply to the tunnel's device alone
 *	routes and prefixes from the server's side, and addresses of names, only where the user wants them
 *	connections outside of the tunnel only to the ports of the servers and proxies that the user named, and
 *	to their addresses if he gave addresses
 *	options of sockets only with the values that the user chose
 *	the lock of --lockdown, once the client was connected, is removed only when the kernel shows that the user has
 *	asked for the end: by a signal that is still pending (HOST_OP_ASKED), or by exit_fd, which only the helper has
 *	the signals that sstp run passes on go to its command, and no others
 *
 * When that process ends without HOST_OP_CLOSE, the helper ends too and undoes nothing, as if both were killed:
 * what keeps packets from leaving outside of the tunnel stays until the next start.
 */
#ifndef SSTP_CLIENT_HOST_SERVICE_H
#define SSTP_CLIENT_HOST_SERVICE_H

#include "client/dns_forward.h"
#include "client/host_setup.h"
#include "proc/helper.h"

enum host_op {
	/* before the seal -> reason (u8), the device's name (u8 length), with the device's descriptor */
	HOST_OP_OPEN = HELPER_OP(HELPER_HOST, 1),
	HOST_OP_LOOKUP = HELPER_OP(HELPER_HOST, 2),  /* again (u8) -> is marked (u8), addresses */
	HOST_OP_CONNECT = HELPER_OP(HELPER_HOST, 3), /* address, port (u16) */
	HOST_OP_UP = HELPER_OP(HELPER_HOST, 4),      /* link -> later (u8) */
	HOST_OP_DOWN = HELPER_OP(HELPER_HOST, 5),    /* will return (u8) -> later (u8) */
	HOST_OP_NAMED = HELPER_OP(HELPER_HOST, 6),   /* addresses */
	HOST_OP_RESTORE = HELPER_OP(HELPER_HOST, 7),
	HOST_OP_CLOSE = HELPER_OP(HELPER_HOST, 8), /* was asked (u8) */
	/* after an event -> is settled, must end, reason (u8 each), status (u32), struct host_forward */
	HOST_OP_LOOK = HELPER_OP(HELPER_HOST, 9),
	HOST_OP_LISTENER = HELPER_OP(HELPER_HOST, 10), /* tcp (u8) -> a descriptor */
	HOST_OP_SOCKET = HELPER_OP(HELPER_HOST, 11),   /* family (u8: 4, 6), tcp (u8) -> one */
	HOST_OP_OPTION = HELPER_OP(HELPER_HOST, 12), /* option (u8), number (u32), name; with one */
	HOST_OP_ASKED = HELPER_OP(HELPER_HOST, 13),  /* a signal asks for the end, and is pending */
	/* to the command: number, from the terminal (u8 each) -> was handled (u8) */
	HOST_OP_SIGNAL = HELPER_OP(HELPER_HOST, 14),

	HOST_EVENT_LOOK = HELPER_OP(HELPER_HOST, 128),      /* something to look at */
	HOST_EVENT_MILESTONE = HELPER_OP(HELPER_HOST, 129), /* a line for readers of events */
};

/* What the forwarder of split DNS is to do, in the process that reads from the network. */
enum { HOST_FORMER_MAX = 2048 };

struct host_forward {
	uint32_t version; /* 0: nothing yet */
	struct ip_addr at;
	bool is_foreign;              /* its servers are reached by HOST_OP_SOCKET */
	char former[HOST_FORMER_MAX]; /* the "nameserver" lines of the former resolv.conf */
	struct ip_addr vpn[LINK_DNS_MAX];
	size_t vpn_count;
};

void host_put_forward(struct writer *w, const struct host_forward *f);
void host_get_forward(struct reader *r, struct host_forward *f);

/* What is permitted. */
struct host_service_cfg {
	struct host_setup_cfg host;
	bool asks_server, wants_prefix, has_named;
	const uint16_t *ports; /* of servers and proxies */
	size_t port_count;
	const struct sockaddr_storage *only; /* their addresses; NULL: they are looked up */
	size_t only_count;
	const char *congestion; /* of the connection to the server; NULL: the system's */
	int pending_fd;         /* of the process that asks (proc/pending.h); -errno: none */
};

struct host_service {
	const struct host_service_cfg *cfg;
	/* Makes what does the work: host_setup_new, but in tests. */
	struct host_setup *(*make)(const struct host_setup_cfg *cfg);
	/* private */
	struct helper_process *process; /* NULL in tests */
	struct log log;
	struct log_limit limit;
	struct host_setup *setup; /* NULL: not open */
	struct host_setup_cfg setup_cfg;
	struct host_setup_user user;
	bool was_asked; /* the user has asked for the end by a signal */
	bool is_settled, must_end;
	enum tunnel_reason reason;
	int status;
	struct dns_forward forward;
	struct host_forward forward_now;
	struct dns_listeners listeners;
	struct helper_service service;
};

/* Fills in s->service, for helper_start. s->cfg and s->make are set before. */
void host_service_init(struct host_service *s);

#endif
