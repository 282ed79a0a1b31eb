/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "server/server_service.h"

#include <errno.h>

#include "net/nft.h"
#include "proc/helper_naming.h"
#include "util/log.h"

enum { ANY_LEN_V4 = 8, ANY_LEN_V6 = 16 }; /* of the largest networks that anybody may be given */

/* ---- prefixes */

void server_put_prefix(struct writer *w, const struct ip_prefix *p)
{
	put_u8(w, p->addr.family == AF_INET6 ? 6 : 4);
	put_u8(w, (uint8_t)p->len);
	put_bytes(w, p->addr.bytes, sizeof(p->addr.bytes));
}

bool server_get_prefix(struct reader *r, struct ip_prefix *p)
{
	uint8_t family = get_u8(r);
	struct ip_addr masked;

	*p = (struct ip_prefix){ .addr.family = family == 6 ? AF_INET6 : AF_INET,
				 .len = get_u8(r) };
	get_copy(r, p->addr.bytes, sizeof(p->addr.bytes));
	if (r->bad || (family != 4 && family != 6) || p->len > (family == 6 ? 128u : 32u))
		return false;
	masked = ip_mask(&p->addr, p->len);
	return !memcmp(masked.bytes, p->addr.bytes, sizeof(masked.bytes));
}

static bool is_network(const void *network, const char *word)
{
	const struct ip_prefix *p = network;
	struct ip_prefix named;
	struct ip_addr masked;

	if (!ip_prefix_parse(word, &named) || named.len != p->len)
		return false;
	masked = ip_mask(&named.addr, named.len);
	return ip_equal(&masked, &p->addr);
}

bool server_service_permits(struct server_service *s, const struct ip_prefix *p)
{
	for (size_t i = 0; i < s->network_count; i++)
		if (p->len >= s->networks[i].len && ip_prefix_has(&s->networks[i], &p->addr))
			return true;
	if (s->permits_any && p->len >= (p->addr.family == AF_INET6 ? ANY_LEN_V6 : ANY_LEN_V4))
		return true;
	return p->len && helper_naming_has_word(s->files, is_network, p);
}

/* ---- before the seal */

static int use_device(void *state, struct helper_call *c)
{
	struct server_service *s = state;
	int error;

	s->ifindex = get_u32(&c->in);
	if (c->in.bad || c->fd_in < 0 || s->netlink)
		return -EBADMSG;
	error = netlink_adopt(c->fd_in, &s->netlink);
	if (!error)
		c->fd_in = -1;
	return error;
}

static int permit_network(void *state, struct helper_call *c)
{
	struct server_service *s = state;
	struct ip_prefix p;

	if (!server_get_prefix(&c->in, &p))
		return -EBADMSG;
	if (s->network_count == SERVER_NETWORKS_MAX)
		return -ENOSPC;
	s->networks[s->network_count++] = p;
	return 0;
}

static int permit_any(void *state, struct helper_call *c)
{
	(void)c;
	((struct server_service *)state)->permits_any = true;
	return 0;
}

static int keep_control(void *state, struct helper_call *c)
{
	struct server_service *s = state;
	struct control_place place;

	if (!control_place_get(&c->in, &place))
		return -EBADMSG;
	s->control = place;
	return 0;
}

static int keep_table(void *state, struct helper_call *c)
{
	struct server_service *s = state;
	size_t len = c->in.left;
	int fd = c->fd_in;

	if (!len || len >= sizeof(s->table) || fd < 0 || s->nft)
		return -EBADMSG;
	get_copy(&c->in, s->table, len);
	c->fd_in = -1;
	return nft_adopt(fd, &s->nft);
}

/* ---- after it */

static int change_route(void *state, struct helper_call *c)
{
	struct server_service *s = state;
	bool is_added = get_u8(&c->in);
	struct route way = { .ifindex = s->ifindex };
	int error;

	if (!server_get_prefix(&c->in, &way.dst) || c->in.left)
		return -EBADMSG;
	if (!s->netlink)
		return -ENODEV;
	if (!server_service_permits(s, &way.dst))
		return -EACCES;
	if (is_added && s->route_count >= SERVER_ROUTES_MAX)
		return -ENOSPC;
	error = is_added ? netlink_route_replace(s->netlink, &way)
			 : netlink_route_del(s->netlink, &way);
	if (!error && is_added)
		s->route_count++;
	else if (!error && s->route_count)
		s->route_count--;
	return error;
}

static void end(void *state)
{
	struct server_service *s = state;

	control_place_close(&s->control);
	if (s->nft) {
		nft_delete_table(s->nft, s->table);
		nft_commit(s->nft);
		nft_close(s->nft);
	}
	netlink_close(s->netlink);
}

static const struct helper_op ops[] = {
	{ .code = SERVER_OP_DEVICE, .only_before_seal = true, .handle = use_device },
	{ .code = SERVER_OP_NETWORK, .only_before_seal = true, .handle = permit_network },
	{ .code = SERVER_OP_ANY_NETWORK, .only_before_seal = true, .handle = permit_any },
	{ .code = SERVER_OP_CONTROL, .only_before_seal = true, .handle = keep_control },
	{ .code = SERVER_OP_TABLE, .only_before_seal = true, .handle = keep_table },
	{ .code = SERVER_OP_ROUTE, .handle = change_route },
};

struct helper_service server_service(struct server_service *s)
{
	return (struct helper_service){ .number = HELPER_SERVER,
					.ops = ops,
					.op_count = sizeof(ops) / sizeof(*ops),
					.state = s,
					.end = end };
}
