/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Writing and parsing netlink messages, whatever their type. */
#include "net/nlmsg.h"

#include <assert.h>

static size_t padding(size_t len)
{
	return -len & (NLMSG_ALIGNTO - 1);
}

static void pad(struct nlmsg *m)
{
	put_bytes(&m->w, (const uint8_t[NLMSG_ALIGNTO]){ 0 }, padding(m->w.len));
}

void nlmsg_begin(struct nlmsg *m, uint16_t type, uint16_t flags, uint32_t seq)
{
	struct nlmsghdr h = { .nlmsg_type = type, .nlmsg_flags = flags, .nlmsg_seq = seq };

	m->w = writer_of(m->room, sizeof(m->room));
	put_bytes(&m->w, &h, sizeof(h));
}

void nlmsg_put_body(struct nlmsg *m, const void *body, size_t len)
{
	put_bytes(&m->w, body, len);
	pad(m);
}

static void put_attr_header(struct nlmsg *m, uint16_t type, size_t len)
{
	struct nlattr a = { .nla_len = (uint16_t)(sizeof(a) + len), .nla_type = type };

	put_bytes(&m->w, &a, sizeof(a));
}

void nlmsg_put(struct nlmsg *m, uint16_t type, const void *value, size_t len)
{
	put_attr_header(m, type, len);
	put_bytes(&m->w, value, len);
	pad(m);
}

void nlmsg_put_u8(struct nlmsg *m, uint16_t type, uint8_t value)
{
	nlmsg_put(m, type, &value, sizeof(value));
}

void nlmsg_put_u32(struct nlmsg *m, uint16_t type, uint32_t value)
{
	nlmsg_put(m, type, &value, sizeof(value));
}

size_t nlmsg_nest(struct nlmsg *m, uint16_t type)
{
	size_t nest = m->w.len;

	put_attr_header(m, type | NLA_F_NESTED, 0);
	return nest;
}

void nlmsg_nest_end(struct nlmsg *m, size_t nest)
{
	uint16_t len = (uint16_t)(m->w.len - nest);

	assert(!m->w.full);
	memcpy(m->room + nest + offsetof(struct nlattr, nla_len), &len, sizeof(len));
}

struct bytes nlmsg_end(struct nlmsg *m)
{
	uint32_t len = (uint32_t)m->w.len;

	assert(!m->w.full);
	memcpy(m->room + offsetof(struct nlmsghdr, nlmsg_len), &len, sizeof(len));
	return bytes_of(m->room, m->w.len);
}

/* The last one of a buffer may come without its padding. */
static void skip_padding(struct reader *r, size_t len)
{
	size_t skip = padding(len);

	get_bytes(r, skip < r->left ? skip : r->left);
}

bool nlmsg_next(struct reader *r, struct nlmsghdr *header, struct reader *body)
{
	if (!r->left)
		return false;
	get_copy(r, header, sizeof(*header));
	if (header->nlmsg_len < sizeof(*header)) {
		r->bad = true;
		return false;
	}
	*body = get_reader(r, header->nlmsg_len - sizeof(*header));
	skip_padding(r, header->nlmsg_len);
	return !r->bad;
}

bool nlattr_next(struct reader *r, struct nlattr_in *a)
{
	struct nlattr header;

	if (!r->left)
		return false;
	get_copy(r, &header, sizeof(header));
	if (header.nla_len < sizeof(header)) {
		r->bad = true;
		return false;
	}
	a->type = header.nla_type & (uint16_t)NLA_TYPE_MASK; /* without NLA_F_NESTED */
	a->value.len = header.nla_len - sizeof(header);
	a->value.at = get_bytes(r, a->value.len);
	skip_padding(r, header.nla_len);
	return !r->bad;
}

uint32_t nlattr_u32(const struct nlattr_in *a)
{
	uint32_t value = 0;

	if (a->value.len == sizeof(value))
		memcpy(&value, a->value.at, sizeof(value));
	return value;
}
