/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Netlink messages: what is written can be parsed; a truncated one, or one with a wrong length, can't. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "net/nlmsg.h"

enum { TYPE = 77, SEQ = 5 };

static struct nlmsg message;

/* A body of five bytes, an attribute of one, one of four, and a nest with one of two. */
static struct bytes build(void)
{
	size_t nest;

	nlmsg_begin(&message, TYPE, NLM_F_REQUEST, SEQ);
	nlmsg_put_body(&message, "body", 5);
	nlmsg_put_u8(&message, 1, 11);
	nlmsg_put_u32(&message, 2, 0x01020304);
	nest = nlmsg_nest(&message, 3);
	nlmsg_put(&message, 4, "ab", 2);
	nlmsg_nest_end(&message, nest);
	return nlmsg_end(&message);
}

static void expect(struct reader *r, uint16_t type, const void *value, size_t len)
{
	struct nlattr_in a;

	assert_true(nlattr_next(r, &a));
	assert_int_equal(a.type, type);
	assert_int_equal(a.value.len, len);
	if (value)
		assert_memory_equal(a.value.at, value, len);
}

static void written_and_read(void **state)
{
	static const uint32_t number = 0x01020304;
	struct bytes m = build();
	struct reader r = reader_of(m.at, m.len), body;
	struct nlmsghdr h;
	struct nlattr_in a;

	(void)state;
	assert_int_equal(m.len % 4, 0);
	assert_true(nlmsg_next(&r, &h, &body));
	assert_int_equal(h.nlmsg_len, m.len);
	assert_int_equal(h.nlmsg_type, TYPE);
	assert_int_equal(h.nlmsg_flags, NLM_F_REQUEST);
	assert_int_equal(h.nlmsg_seq, SEQ);
	assert_memory_equal(get_bytes(&body, 8), "body\0\0\0", 8);
	expect(&body, 1, "\013", 1);
	expect(&body, 2, &number, 4);
	assert_true(nlattr_next(&body, &a));
	assert_int_equal(a.type, 3);
	body = reader_of(a.value.at, a.value.len);
	expect(&body, 4, "ab", 2);
	assert_false(nlattr_next(&body, &a));
	assert_false(body.bad);
	assert_false(nlmsg_next(&r, &h, &body));
	assert_false(r.bad);
}

static void numbers(void **state)
{
	uint32_t v = 99;

	(void)state;
	assert_int_equal(nlattr_u32(&(struct nlattr_in){ 1, bytes_of(&v, 4) }), 99);
	assert_int_equal(nlattr_u32(&(struct nlattr_in){ 1, bytes_of(&v, 3) }), 0);
	assert_int_equal(nlattr_u32(&(struct nlattr_in){ 1, bytes_of(NULL, 0) }), 0);
}

static void two_messages_in_one_buffer(void **state)
{
	uint8_t both[2 * NLMSG_SIZE];
	struct bytes m = build();
	struct nlmsghdr h;
	struct reader r, body;

	(void)state;
	memcpy(both, m.at, m.len);
	memcpy(both + m.len, m.at, m.len);
	r = reader_of(both, 2 * m.len);
	assert_true(nlmsg_next(&r, &h, &body));
	assert_true(nlmsg_next(&r, &h, &body));
	assert_false(nlmsg_next(&r, &h, &body));
	assert_false(r.bad);
}

/* Truncated anywhere, it is not a message. */
static void cut_messages(void **state)
{
	struct bytes m = build();
	struct nlmsghdr h;
	struct reader body;

	(void)state;
	for (size_t len = 1; len < m.len; len++) {
		struct reader r = reader_of(m.at, len);

		assert_false(nlmsg_next(&r, &h, &body));
		assert_true(r.bad);
	}
}

static void wrong_lengths(void **state)
{
	static const uint16_t lens[] = { 0, 1, 3, 9, 0xffff };

	(void)state;
	for (size_t i = 0; i < sizeof(lens) / sizeof(lens[0]); i++) {
		struct nlattr a = { .nla_len = lens[i], .nla_type = 1 };
		struct nlmsghdr h = { .nlmsg_len = lens[i] };
		uint8_t attr[8] = { 0 };
		struct reader r = reader_of(attr, sizeof(attr)), m = reader_of(&h, sizeof(h)), body;
		struct nlattr_in out;

		memcpy(attr, &a, sizeof(a));
		assert_false(nlattr_next(&r, &out));
		assert_true(r.bad);
		assert_false(nlmsg_next(&m, &h, &body));
		assert_true(m.bad);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(written_and_read),
		cmocka_unit_test(numbers),
		cmocka_unit_test(two_messages_in_one_buffer),
		cmocka_unit_test(cut_messages),
		cmocka_unit_test(wrong_lengths),
	};

	return cmocka_run_group_tests_name("net/nlmsg", tests, NULL, NULL);
}
