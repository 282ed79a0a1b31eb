/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Devices: names, queues, what may be adopted. kernel_test.c tests packets through them. */
#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "support/tun_lab.h"
#include "tun/headers.h"
#include "tun/in_use.h"

static const struct tun_offload plain;

static int open_named(const char *name, bool multi_queue, struct tun **t)
{
	const struct tun_cfg cfg = { .name = name, .multi_queue = multi_queue, .offload = true };

	return tun_open(&cfg, t);
}

/* ---- descriptors from outside */

static struct tun *adopt(int fd)
{
	struct tun *t = NULL;

	assert_int_equal(tun_adopt(fd, &t), 0);
	return t;
}

static void assert_not_adopted(int fd, int want)
{
	struct tun *t;

	assert_true(fd >= 0);
	assert_int_equal(tun_adopt(fd, &t), want);
	assert_return_code(close(fd), errno); /* still the caller's */
}

static void packet_sockets_are_adopted(void **state)
{
	static const int types[] = { SOCK_DGRAM, SOCK_SEQPACKET };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		char hello[] = "hello, ", world[] = "world";
		struct iovec pieces[] = { { hello, 7 }, { world, 5 } };
		struct tun_offload off = { .gso = TUN_GSO_TCP4 };
		struct tun *t;
		uint8_t got[64];
		int fds[2];

		assert_int_equal(socketpair(AF_UNIX, types[i], 0, fds), 0);
		t = adopt(fds[0]);
		assert_string_equal(tun_name(t), "");
		assert_int_equal(tun_ifindex(t), 0);
		assert_false(tun_has_offload(t));
		assert_false(tun_has_uso(t));
		assert_int_equal(fcntl(tun_fd(t), F_GETFD), FD_CLOEXEC);
		assert_int_equal(tun_read(t, got, sizeof(got), &off), -EAGAIN);

		assert_int_equal(tun_write(t, pieces, 2, &plain), 0);
		assert_int_equal(read(fds[1], got, sizeof(got)), 12);
		assert_memory_equal(got, "hello, world", 12);
		assert_int_equal(write(fds[1], got, 12), 12);
		assert_int_equal(write(fds[1], got, 5), 5);
		assert_int_equal(tun_read(t, got, sizeof(got), &off), 12);
		assert_int_equal(off.gso, TUN_GSO_NONE);
		assert_int_equal(tun_read(t, got, sizeof(got), &off), 5);
		close(fds[1]);
		tun_close(t);
	}
}

static void the_end_of_an_adopted_socket_is_reported(void **state)
{
	struct tun_offload off;
	struct tun *t;
	uint8_t got[64];
	int fds[2];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, fds), 0);
	t = adopt(fds[0]);
	close(fds[1]);
	assert_int_equal(tun_read(t, got, sizeof(got), &off), -EPIPE);
	tun_close(t);
}

/* The kernel reports a reset then. */
static void the_end_is_reported_though_the_peer_left_packets(void **state)
{
	struct tun_offload off = { .gso = TUN_GSO_NONE };
	struct iovec packet = { (char[]){ "packet" }, 6 };
	struct tun *t;
	uint8_t got[64];
	int fds[2];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, fds), 0);
	t = adopt(fds[0]);
	assert_int_equal(tun_write(t, &packet, 1, &off), 0);
	close(fds[1]);
	assert_int_equal(tun_read(t, got, sizeof(got), &off), -EPIPE);
	tun_close(t);
}

/* ---- a turn */

static struct packet turn; /* what is read to */
static size_t turn_packets, turn_bytes;
static uint8_t blocks[2][TUN_PACKET_MAX];

static void note(void *arg, struct packet *p, const struct tun_offload *off)
{
	assert_ptr_equal(arg, &turn_packets);
	assert_ptr_equal(p, &turn);
	assert_int_equal(off->gso, TUN_GSO_NONE);
	assert_int_equal(p->at[0], 0x45);
	turn_packets++;
	turn_bytes += p->h.total;
	p->at = blocks[turn_packets % 2]; /* the block is kept, and this is another */
}

static int read_turn(struct tun *t)
{
	turn.at = blocks[0];
	turn_packets = turn_bytes = 0;
	return tun_read_turn(t, &turn, note, &turn_packets);
}

static void send_packet(int fd, uint8_t first, uint8_t len, size_t sent)
{
	uint8_t packet[100] = { first, [3] = len };

	assert_int_equal(write(fd, packet, sent), sent);
}

static void a_turn_brings_whole_packets(void **state)
{
	struct tun *t;
	int fds[2];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, fds), 0);
	t = adopt(fds[0]);
	assert_int_equal(read_turn(t), 0);
	assert_int_equal(turn_packets, 0);
	send_packet(fds[1], 0x45, 20, 20);
	send_packet(fds[1], 0x45, 60, 59); /* cut off */
	assert_int_equal(send(fds[1], "", 0, 0), 0);
	send_packet(fds[1], 0x55, 20, 20);
	send_packet(fds[1], 0x45, 40, 60); /* padded */
	assert_int_equal(read_turn(t), 0);
	assert_int_equal(turn_packets, 2);
	assert_int_equal(turn_bytes, 20 + 40);
	send_packet(fds[1], 0x45, 80, 80);
	close(fds[1]);
	assert_int_equal(read_turn(t), -EPIPE);
	assert_int_equal(turn_bytes, 80);
	tun_close(t);
}

/* A turn must end: what exceeds its share stays for the next one. */
static void a_turn_has_an_end(void **state)
{
	int fds[2], room = 4 * 1024 * 1024;
	size_t sent = 0;
	struct tun *t;

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, fds), 0);
	if (setsockopt(fds[1], SOL_SOCKET, SO_SNDBUFFORCE, &room, sizeof(room)))
		skip(); /* only root may buffer this much */
	t = adopt(fds[0]);
	for (; sent < TUN_TURN_PACKETS + 10; sent++)
		send_packet(fds[1], 0x45, 20, 20);
	assert_int_equal(read_turn(t), 0);
	assert_int_equal(turn_packets, TUN_TURN_PACKETS);
	assert_int_equal(read_turn(t), 0);
	assert_int_equal(turn_packets, 10);
	close(fds[1]);
	tun_close(t);
}

/* ocproxy sends an empty packet first; it must not be taken for the end. */
static void empty_packets_are_skipped(void **state)
{
	static const int types[] = { SOCK_DGRAM, SOCK_SEQPACKET };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct tun_offload off;
		struct tun *t;
		uint8_t got[64];
		int fds[2];

		assert_int_equal(socketpair(AF_UNIX, types[i], 0, fds), 0);
		t = adopt(fds[0]);
		assert_int_equal(write(fds[1], "", 0), 0);
		assert_int_equal(tun_read(t, got, sizeof(got), &off), -EPROTO);
		assert_int_equal(tun_read(t, got, sizeof(got), &off), -EAGAIN);
		assert_int_equal(write(fds[1], "", 0), 0);
		assert_int_equal(write(fds[1], "packet", 6), 6);
		assert_int_equal(tun_read(t, got, sizeof(got), &off), -EPROTO);
		assert_int_equal(tun_read(t, got, sizeof(got), &off), 6);
		/* what the peer sent before it closed is still read */
		assert_int_equal(send(fds[1], "", 0, 0), 0);
		assert_int_equal(write(fds[1], "last", 4), 4);
		assert_int_equal(shutdown(fds[1], SHUT_WR), 0);
		assert_int_equal(tun_read(t, got, sizeof(got), &off), -EPROTO);
		assert_int_equal(tun_read(t, got, sizeof(got), &off), 4);
		/* the kernel reports the end only for SOCK_SEQPACKET */
		assert_int_equal(tun_read(t, got, sizeof(got), &off),
				 types[i] == SOCK_SEQPACKET ? -EPIPE : -EAGAIN);
		close(fds[1]);
		tun_close(t);
	}
}

static void descriptors_without_packets_are_refused(void **state)
{
	int fds[2];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	assert_not_adopted(fds[0], -EINVAL);
	assert_not_adopted(fds[1], -EINVAL);
	assert_int_equal(pipe(fds), 0);
	assert_not_adopted(fds[0], -ENOTSOCK);
	assert_not_adopted(fds[1], -ENOTSOCK);
	assert_not_adopted(open("/dev/null", O_RDWR), -ENOTTY);
	assert_int_equal(tun_adopt(-1, &(struct tun *){ NULL }), -EBADF);
}

static void too_many_pieces_are_refused(void **state)
{
	struct iovec pieces[65] = { { NULL, 0 } };
	struct tun *t;
	int fds[2];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_DGRAM, 0, fds), 0);
	t = adopt(fds[0]);
	assert_int_equal(tun_write(t, pieces, 65, &plain), -EINVAL);
	assert_int_equal(tun_write(t, pieces, 0, &plain), -EINVAL);
	close(fds[1]);
	tun_close(t);
}

/* ---- devices */

static void a_device_lives_as_long_as_it_is_open(void **state)
{
	struct tun_offload off;
	struct tun *t;
	uint8_t got[64] = { 0x45 };
	struct iovec piece = { got, 20 };

	(void)state;
	if (!lab_enter())
		skip();
	assert_int_equal(open_named("sstp%d", false, &t), 0);
	assert_string_equal(tun_name(t), "sstp0");
	assert_int_equal(tun_ifindex(t), if_nametoindex("sstp0"));
	assert_true(tun_ifindex(t));
	assert_true(tun_has_offload(t));
	assert_int_equal(fcntl(tun_fd(t), F_GETFD), FD_CLOEXEC);
	assert_int_equal(tun_read(t, got, sizeof(got), &off), -EAGAIN);
	assert_int_equal(tun_write(t, &piece, 1, &plain), -EIO); /* it is down */
	tun_close(t);
	assert_int_equal(if_nametoindex("sstp0"), 0);
}

static void names_in_use_and_bad_names_are_refused(void **state)
{
	struct tun *first, *second;

	(void)state;
	if (!lab_enter())
		skip();
	assert_int_equal(open_named("lo", false, &second), -EBUSY);
	assert_int_equal(open_named("a-name-far-too-long", false, &second), -ENAMETOOLONG);
	for (int multi = 0; multi < 2; multi++) {
		assert_int_equal(open_named("vpn", multi, &first), 0);
		assert_int_equal(open_named("vpn", multi, &second), -EBUSY);
		assert_int_equal(open_named("vpn", !multi, &second), -EBUSY);
		tun_close(first);
	}
}

static void queues_are_added(void **state)
{
	struct tun *first, *second, *third;

	(void)state;
	if (!lab_enter())
		skip();
	assert_int_equal(open_named("vpn", false, &first), 0);
	assert_int_equal(tun_open_queue(first, &second), -EINVAL);
	tun_close(first);
	assert_int_equal(open_named("vpn", true, &first), 0);
	assert_int_equal(tun_open_queue(first, &second), 0);
	assert_int_equal(tun_open_queue(first, &third), 0);
	assert_string_equal(tun_name(third), "vpn");
	assert_int_equal(tun_ifindex(third), tun_ifindex(first));
	assert_true(tun_has_offload(second));
	assert_int_equal(tun_has_uso(second), tun_has_uso(first));
	tun_close(first);
	assert_true(tun_ifindex(third));
	tun_close(second);
	tun_close(third);
}

static void a_device_without_offloads(void **state)
{
	const struct tun_cfg cfg = { .name = "vpn" };
	struct tun *t;

	(void)state;
	if (!lab_enter())
		skip();
	assert_int_equal(tun_open(&cfg, &t), 0);
	assert_false(tun_has_offload(t));
	assert_false(tun_has_uso(t));
	tun_close(t);
}

static int device_with(int flags)
{
	struct ifreq ifr = { .ifr_name = "given", .ifr_flags = (short)flags };
	int fd = open("/dev/net/tun", O_RDWR);

	assert_true(fd >= 0);
	if (flags)
		assert_return_code(ioctl(fd, (int)TUNSETIFF, &ifr), errno);
	return fd;
}

static void devices_are_adopted(void **state)
{
	struct tun *t;

	(void)state;
	if (!lab_enter())
		skip();
	t = adopt(device_with(IFF_TUN | IFF_NO_PI));
	assert_string_equal(tun_name(t), "given");
	assert_int_equal(tun_ifindex(t), if_nametoindex("given"));
	assert_false(tun_has_offload(t));
	tun_close(t);
	t = adopt(device_with(IFF_TUN | IFF_NO_PI | IFF_VNET_HDR));
	assert_true(tun_has_offload(t));
	tun_close(t);
	assert_not_adopted(device_with(IFF_TAP | IFF_NO_PI), -EINVAL);
	assert_not_adopted(device_with(0), -EBADFD);
}

/* An administrator made the device and gave it to a user; sstp joins it and leaves it. */
static void a_persistent_device_is_joined(void **state)
{
	(void)state;
	if (!lab_enter())
		skip();
	for (int multi = 0; multi < 2; multi++) {
		int fd = device_with(IFF_TUN | IFF_NO_PI | (multi ? IFF_MULTI_QUEUE : 0));
		struct tun *t;

		assert_return_code(ioctl(fd, (int)TUNSETPERSIST, 1), errno);
		close(fd);
		assert_int_equal(open_named("given", multi, &t), 0);
		assert_true(tun_has_offload(t));
		assert_return_code(ioctl(tun_fd(t), (int)TUNSETPERSIST, 0), errno);
		tun_close(t);
	}
}

/* A device in use is left alone: not one packet goes to a queue that a second program opened. */
static void a_second_program_takes_no_packets(void **state)
{
	static const char *const names[] = { "lone", "kept" };

	(void)state;
	if (!lab_enter())
		skip();
	for (int kept = 0; kept < 2; kept++) {
		struct tun *first, *queue, *second = NULL;

		assert_int_equal(open_named(names[kept], true, &first), 0);
		assert_int_equal(tun_open_queue(first, &queue), 0);
		assert_return_code(ioctl(tun_fd(first), (int)TUNSETPERSIST, kept), errno);
		assert_true(tun_in_use(names[kept]));
		assert_int_equal(open_named(names[kept], true, &second), -EBUSY);
		assert_null(second); /* the caller closes what it finds there */
		tun_close(queue);
		tun_close(first);
		assert_false(tun_in_use(names[kept]));
	}
	assert_false(tun_in_use("nowhere"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(packet_sockets_are_adopted),
		cmocka_unit_test(the_end_of_an_adopted_socket_is_reported),
		cmocka_unit_test(the_end_is_reported_though_the_peer_left_packets),
		cmocka_unit_test(a_turn_brings_whole_packets),
		cmocka_unit_test(a_turn_has_an_end),
		cmocka_unit_test(empty_packets_are_skipped),
		cmocka_unit_test(descriptors_without_packets_are_refused),
		cmocka_unit_test(too_many_pieces_are_refused),
		cmocka_unit_test(a_device_lives_as_long_as_it_is_open),
		cmocka_unit_test(names_in_use_and_bad_names_are_refused),
		cmocka_unit_test(queues_are_added),
		cmocka_unit_test(a_device_without_offloads),
		cmocka_unit_test(devices_are_adopted),
		cmocka_unit_test(a_persistent_device_is_joined),
		cmocka_unit_test(a_second_program_takes_no_packets),
	};

	return cmocka_run_group_tests_name("tun/tun", tests, NULL, NULL);
}
