/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "support/tun_lab.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "support/netns.h"

enum { PATIENCE_MS = 60 * 1000 };

/* defined in linux/ipv6.h, which conflicts with netinet/in.h */
struct lab_in6_ifreq {
	struct in6_addr addr;
	uint32_t prefix_len;
	int ifindex;
};

static bool write_sysctl(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	bool ok = fd >= 0 && write(fd, text, strlen(text)) > 0;

	if (fd >= 0)
		close(fd);
	return ok;
}

static bool has_tun(void)
{
	struct tun *t;
	int err = tun_open(&(struct tun_cfg){ .name = "probe" }, &t);

	if (!err)
		tun_close(t);
	return !err;
}

bool lab_enter(void)
{
	static int is_in = -1;

	if (is_in < 0)
		is_in = netns_enter() && has_tun() &&
			write_sysctl("/proc/sys/net/ipv4/ip_forward", "1") &&
			write_sysctl("/proc/sys/net/ipv6/conf/all/forwarding", "1");
	if (!is_in)
		print_message("skip: kernel: no user namespaces, no TUN or no IPv6\n");
	return is_in;
}

static void set_v4(int fd, const char *name, uint32_t addr)
{
	struct ifreq ifr = { 0 };
	struct sockaddr_in sin = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(addr) };

	snprintf(ifr.ifr_name, sizeof(ifr.ifr_name), "%s", name);
	memcpy(&ifr.ifr_addr, &sin, sizeof(sin));
	assert_return_code(ioctl(fd, SIOCSIFADDR, &ifr), errno);
	sin.sin_addr.s_addr = htonl(0xffff0000);
	memcpy(&ifr.ifr_netmask, &sin, sizeof(sin));
	assert_return_code(ioctl(fd, SIOCSIFNETMASK, &ifr), errno);
}

static void set_up_v4(const char *name, uint32_t addr)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct ifreq ifr = { .ifr_mtu = LAB_MTU };

	snprintf(ifr.ifr_name, sizeof(ifr.ifr_name), "%s", name);
	assert_return_code(ioctl(fd, SIOCSIFMTU, &ifr), errno);
	ifr.ifr_flags = IFF_UP;
	assert_return_code(ioctl(fd, SIOCSIFFLAGS, &ifr), errno);
	set_v4(fd, name, addr);
	close(fd);
}

static void set_up_v6(unsigned ifindex, uint8_t network)
{
	struct lab_in6_ifreq ifr = { .prefix_len = 16, .ifindex = (int)ifindex };
	int fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	ifr.addr.s6_addr[0] = 0xfd;
	ifr.addr.s6_addr[1] = network;
	ifr.addr.s6_addr[15] = 0xfe;
	assert_return_code(ioctl(fd, SIOCSIFADDR, &ifr), errno);
	close(fd);
}

static struct tun *make_side(const char *name, bool offload, uint8_t network)
{
	struct tun *t = NULL;

	assert_int_equal(tun_open(&(struct tun_cfg){ .name = name, .offload = offload }, &t), 0);
	set_up_v4(name, 0x0a00fffe | (uint32_t)network << 16);
	set_up_v6(tun_ifindex(t), network);
	return t;
}

void lab_open(struct lab *lab, bool offload_out)
{
	lab->in = make_side("in", true, 1);
	lab->out = make_side("out", offload_out, 2);
}

void lab_close(struct lab *lab)
{
	tun_close(lab->in);
	tun_close(lab->out);
	*lab = (struct lab){ NULL, NULL };
}

/*
 * The kernel sends packets of its own (router solicitations, group memberships) from other
 * addresses.
 */
static bool is_ours(const uint8_t *packet)
{
	return packet[0] >> 4 == 4 || packet[8] == 0xfd;
}

size_t lab_read(struct lab *lab, uint8_t *to, size_t room, struct tun_offload *off)
{
	struct pollfd p = { .fd = tun_fd(lab->out), .events = POLLIN };
	ssize_t n;

	do {
		n = poll(&p, 1, PATIENCE_MS) > 0 ? tun_read(lab->out, to, room, off) : 0;
		assert_true(n >= 0 || n == -EAGAIN);
	} while (n < 0 || (n && !is_ours(to)));
	return (size_t)n;
}

bool lab_is_empty(struct lab *lab)
{
	static uint8_t packet[TUN_PACKET_MAX];
	struct tun_offload off;
	ssize_t n;

	while ((n = tun_read(lab->out, packet, sizeof(packet), &off)) > 0)
		if (is_ours(packet))
			return false;
	return n == -EAGAIN;
}
