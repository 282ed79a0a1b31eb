/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * SOCKS5. A message is handled when it is complete; until then nothing is consumed, so an engine
 * keeps nothing but its state. The longest message is a login of 513 bytes.
 */
#include "proxy/socks5.h"

#include "upstream/socks5_wire.h"

static uint8_t reply_of(enum stack_result result)
{
	switch (result) {
	case STACK_OK:
		return SOCKS5_REPLY_DONE;
	case STACK_REFUSED:
		return SOCKS5_REPLY_REFUSED;
	case STACK_UNREACHABLE:
	case STACK_NO_NAME: /* SOCKS has no reply code of its own for these two */
	case STACK_NO_ADDRESS:
		return SOCKS5_REPLY_HOST_UNREACHABLE;
	case STACK_TIMED_OUT:
		return SOCKS5_REPLY_EXPIRED;
	case STACK_DOWN:
		return SOCKS5_REPLY_NET_UNREACHABLE;
	case STACK_FORBIDDEN:
		return SOCKS5_REPLY_NOT_ALLOWED;
	case STACK_DNS_SILENT:
	case STACK_DNS_REFUSED:
	case STACK_DNS_FAILED:
	case STACK_NO_DNS:
	case STACK_FULL:
		break;
	}
	return SOCKS5_REPLY_FAILURE;
}

/* ---- addresses, section 5 */

/*
 * What follows ATYP. False if it is no target: an unknown address type (the length of what follows
 * is then unknown), or a malformed name.
 */
static bool get_target(struct reader *r, uint8_t type, struct target *t)
{
	struct ip_addr a = { .family = type == SOCKS5_ADDRESS_V4 ? AF_INET : AF_INET6 };
	struct bytes name;

	switch (type) {
	case SOCKS5_ADDRESS_V4:
	case SOCKS5_ADDRESS_V6:
		get_copy(r, a.bytes, type == SOCKS5_ADDRESS_V4 ? 4 : 16);
		target_set_address(t, &a, get_u16(r));
		return !r->bad;
	case SOCKS5_ADDRESS_NAME:
		name.len = get_u8(r);
		name.at = get_bytes(r, name.len);
		t->port = get_u16(r);
		return !r->bad && target_set(t, name, t->port);
	default:
		return false;
	}
}

static void put_reply(uint8_t reply, const struct ip_addr *own, uint16_t port, struct writer *out)
{
	put_u8(out, SOCKS_VERSION);
	put_u8(out, reply);
	put_u8(out, 0); /* RSV */
	socks5_put_address(own, port, out);
}

static const struct ip_addr unknown = { .family = AF_UNSPEC };

void socks5_put_reply(enum stack_result result, const struct ip_addr *own, uint16_t own_port,
		      struct writer *out)
{
	if (result == STACK_OK)
		put_reply(SOCKS5_REPLY_DONE, own, own_port, out);
	else
		put_reply(reply_of(result), &unknown, 0, out);
}

/* ---- the client's messages */

static enum proxy_request refused(struct socks5 *s, const char *why)
{
	s->why = why;
	return REQUEST_REFUSED;
}

static enum proxy_request refuse(struct socks5 *s, uint8_t reply, const char *why,
				 struct writer *out)
{
	put_reply(reply, &unknown, 0, out);
	return refused(s, why);
}

/*
 * Version 4 is refused with its own reply (VN 0, CD 91, and six ignored bytes): it has neither
 * passwords nor IPv6. A client of another protocol would not understand a reply.
 */
static enum proxy_request refuse_version(struct socks5 *s, uint8_t version, struct writer *out)
{
	static const uint8_t rejected[] = { 0, 91, 0, 0, 0, 0, 0, 0 };

	if (version != SOCKS_VERSION_4)
		return refused(s, "it does not speak SOCKS");
	put_bytes(out, rejected, sizeof(rejected));
	return refused(s, "it speaks SOCKS4; only SOCKS5 is supported");
}

static enum proxy_request take_greeting(struct socks5 *s, struct reader *r, struct writer *out)
{
	uint8_t version = get_u8(r), count,
		wanted = s->login ? SOCKS5_METHOD_PASSWORD : SOCKS5_METHOD_NONE;
	const uint8_t *methods;

	if (!r->bad && version != SOCKS_VERSION)
		return refuse_version(s, version, out);
	count = get_u8(r);
	methods = get_bytes(r, count);
	if (r->bad)
		return REQUEST_INCOMPLETE;
	put_u8(out, SOCKS_VERSION);
	if (!count || !memchr(methods, wanted, count)) {
		put_u8(out, SOCKS5_METHOD_NOT_ACCEPTABLE);
		return refused(s, s->login ? "it does not offer a user name and a password"
					   : "it does not offer to connect without a password");
	}
	put_u8(out, wanted);
	s->state = s->login ? SOCKS5_LOGIN : SOCKS5_REQUEST;
	return REQUEST_INCOMPLETE;
}

static enum proxy_request take_login(struct socks5 *s, struct reader *r, struct writer *out)
{
	uint8_t version = get_u8(r), user_len, password_len;
	const uint8_t *user, *password;

	if (!r->bad && version != SOCKS5_LOGIN_VERSION)
		return refused(s, "its login is malformed");
	user_len = get_u8(r);
	user = get_bytes(r, user_len);
	password_len = get_u8(r);
	password = get_bytes(r, password_len);
	if (r->bad)
		return REQUEST_INCOMPLETE;
	put_u8(out, SOCKS5_LOGIN_VERSION);
	if (!proxy_login_matches(s->login, bytes_of(user, user_len),
				 bytes_of(password, password_len))) {
		put_u8(out, SOCKS5_LOGIN_BAD);
		return refused(s, "wrong user or password");
	}
	put_u8(out, SOCKS5_LOGIN_GOOD);
	s->state = SOCKS5_REQUEST;
	return REQUEST_INCOMPLETE;
}

static enum proxy_request check_request(struct socks5 *s, uint8_t command, bool is_target,
					struct writer *out)
{
	switch (command) {
	case SOCKS5_COMMAND_CONNECT:
		if (!is_target)
			return refuse(s, SOCKS5_REPLY_HOST_UNREACHABLE, "no such host name", out);
		if (!s->target.port)
			return refuse(s, SOCKS5_REPLY_FAILURE, "there is no port 0", out);
		s->state = SOCKS5_DONE;
		return REQUEST_CONNECT;
	case SOCKS5_COMMAND_ASSOCIATE:
		s->state = SOCKS5_DONE;
		return REQUEST_ASSOCIATE;
	default:
		return refuse(s, SOCKS5_REPLY_NO_SUCH_COMMAND, "the command is not supported", out);
	}
}

static bool is_address_type(uint8_t type)
{
	return type == SOCKS5_ADDRESS_V4 || type == SOCKS5_ADDRESS_NAME ||
	       type == SOCKS5_ADDRESS_V6;
}

static enum proxy_request take_request(struct socks5 *s, struct reader *r, struct writer *out)
{
	uint8_t version = get_u8(r), command = get_u8(r), type;
	bool is_target;

	get_u8(r); /* RSV */
	type = get_u8(r);
	if (!r->bad && version != SOCKS_VERSION)
		return refuse(s, SOCKS5_REPLY_FAILURE, "its request is malformed", out);
	if (!r->bad && !is_address_type(type))
		return refuse(s, SOCKS5_REPLY_NO_SUCH_ADDRESS_TYPE,
			      "the type of the address is unknown", out);
	is_target = get_target(r, type, &s->target);
	if (r->bad)
		return REQUEST_INCOMPLETE;
	return check_request(s, command, is_target, out);
}

static enum proxy_request take_message(struct socks5 *s, struct reader *r, struct writer *out)
{
	switch (s->state) {
	case SOCKS5_GREETING:
		return take_greeting(s, r, out);
	case SOCKS5_LOGIN:
		return take_login(s, r, out);
	case SOCKS5_REQUEST:
		return take_request(s, r, out);
	case SOCKS5_DONE:
		break;
	}
	return REQUEST_INCOMPLETE;
}

void socks5_open(struct socks5 *s, const struct proxy_login *login)
{
	*s = (struct socks5){ .login = login, .state = SOCKS5_GREETING };
}

enum proxy_request socks5_input(struct socks5 *s, struct reader *in, struct writer *out)
{
	enum proxy_request request = REQUEST_INCOMPLETE;

	while (s->state != SOCKS5_DONE && request == REQUEST_INCOMPLETE) {
		struct reader ahead = *in;

		request = take_message(s, &ahead, out);
		if (ahead.bad) /* incomplete */
			break;
		*in = ahead;
	}
	return request;
}

/* ---- datagrams, section 7 */

bool socks5_datagram(struct bytes datagram, struct target *to, struct bytes *payload)
{
	struct reader r = reader_of(datagram.at, datagram.len);
	uint8_t fragment;

	get_u16(&r); /* RSV */
	fragment = get_u8(&r);
	if (!get_target(&r, get_u8(&r), to) || !to->port)
		return false;
	*payload = bytes_of(r.at, r.left);
	return !fragment; /* without reassembly, fragments must be dropped */
}

void socks5_put_datagram_header(const struct ip_addr *from, uint16_t port, struct writer *out)
{
	put_u16(out, 0); /* RSV */
	put_u8(out, 0);  /* FRAG: not a fragment */
	socks5_put_address(from, port, out);
}
