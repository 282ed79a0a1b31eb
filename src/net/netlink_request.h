/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A request to the kernel and its replies, in netlink.c: private to net/. Errors are as in netlink.h. */
#ifndef SSTP_NET_NETLINK_REQUEST_H
#define SSTP_NET_NETLINK_REQUEST_H

#include "net/netlink.h"
#include "net/nlmsg.h"

/* Called for each reply with data; NULL: none is expected. */
typedef void netlink_data(const struct nlmsghdr *h, struct reader body, void *arg);

/* Begins a request with its fixed body; the caller adds attributes. */
struct nlmsg *netlink_request(struct netlink *nl, uint16_t type, uint16_t flags, const void *body,
			      size_t len);
/* Sends it and waits for its end. */
int netlink_ask(struct netlink *nl, netlink_data *data, void *arg);

#endif
