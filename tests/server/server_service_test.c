/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How many routes, and to where, a server that was taken over can have its helper set. */
#include "server/server_service.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "net/netlink.h"

static struct helper_files files;
static struct server_service service;
static struct helper_service as_service;
static struct helper_engine engine;

static int ask_with(uint16_t op, const struct writer *w, int fd)
{
	static uint8_t out[HELPER_MESSAGE_MAX];
	uint8_t in[256];
	struct writer message = writer_of(in, sizeof(in));
	struct helper_head h = { .op = op, .len = (uint32_t)w->len };
	struct helper_call c = { .fd_in = fd };

	helper_head_put(&message, &h);
	put_bytes(&message, w->at, w->len);
	assert_true(helper_head_get(&h, out, helper_answer(&engine, in, message.len, out, &c)));
	return h.error;
}

static struct ip_prefix prefix(const char *text)
{
	struct ip_prefix p = { .len = 0 };

	assert_true(ip_prefix_parse(text, &p));
	return p;
}

static int ask_route(bool add, const char *to)
{
	uint8_t room[64];
	struct writer w = writer_of(room, sizeof(room));
	struct ip_prefix p = prefix(to);

	put_u8(&w, add);
	server_put_prefix(&w, &p);
	return ask_with(SERVER_OP_ROUTE, &w, -1);
}

/* With the route socket of a process that may change nothing, or for a device that does not exist. */
static int start(void **state)
{
	static const struct helper_service *services[1] = { &as_service };
	uint8_t room[64];
	struct writer w = writer_of(room, sizeof(room));
	struct ip_prefix network = prefix("10.9.0.0/16");
	struct netlink *netlink;

	(void)state;
	service = (struct server_service){ .files = &files };
	as_service = server_service(&service);
	engine = (struct helper_engine){ .services = services, .service_count = 1 };
	assert_int_equal(netlink_open(&netlink), 0);
	put_u32(&w, INT32_MAX); /* no device has this index */
	assert_int_equal(ask_with(SERVER_OP_DEVICE, &w, dup(netlink_fd(netlink))), 0);
	netlink_close(netlink);
	w = writer_of(room, sizeof(room));
	server_put_prefix(&w, &network);
	assert_int_equal(ask_with(SERVER_OP_NETWORK, &w, -1), 0);
	return 0;
}

static int stop(void **state)
{
	(void)state;
	netlink_close(service.netlink);
	return 0;
}

/* What the kernel says to the others shows that it was asked. */
static bool was_asked(int error)
{
	return error == -EPERM || error == -ENODEV || error == -EINVAL || error == -ESRCH;
}

static void only_so_many_routes(void **state)
{
	(void)state;
	service.route_count = SERVER_ROUTES_MAX - 1;
	assert_true(was_asked(ask_route(true, "10.9.0.1/32")));
	service.route_count = SERVER_ROUTES_MAX;
	assert_int_equal(ask_route(true, "10.9.0.1/32"), -ENOSPC);
	assert_true(was_asked(ask_route(false, "10.9.0.1/32")));
}

static void only_to_permitted_networks(void **state)
{
	(void)state;
	assert_true(was_asked(ask_route(true, "10.9.255.255/32")));
	assert_true(was_asked(ask_route(true, "10.9.0.0/16")));
	assert_int_equal(ask_route(true, "10.8.0.0/15"), -EACCES);
	assert_int_equal(ask_route(true, "10.10.0.1/32"), -EACCES);
	assert_int_equal(ask_route(true, "0.0.0.0/0"), -EACCES);
	assert_int_equal(ask_route(true, "2001:db8::/64"), -EACCES);
	service.permits_any = true;
	assert_true(was_asked(ask_route(true, "10.0.0.0/8")));
	assert_int_equal(ask_route(true, "10.0.0.0/7"), -EACCES);
	assert_int_equal(ask_route(true, "2000::/15"), -EACCES);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(only_so_many_routes, start, stop),
		cmocka_unit_test_setup_teardown(only_to_permitted_networks, start, stop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
