/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * TUN devices over /dev/net/tun. With offloads every read and write carries a virtio_net_hdr of ten
 * bytes in front of the packet, which we keep little-endian on every machine. To find out which offloads
 * the kernel has we request all and then fewer; on a kernel without any we make a plain device, without
 * that header.
 */
#include "tun/tun.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <linux/virtio_net.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "tun/headers.h"
#include "tun/in_use.h"
#include "tun/sysctl.h"

/* Linux 6.2 brought USO; older headers lack its names. */
#ifndef TUN_F_USO4
#define TUN_F_USO4 0x20
#define TUN_F_USO6 0x40
#endif
#ifndef VIRTIO_NET_HDR_GSO_UDP_L4
#define VIRTIO_NET_HDR_GSO_UDP_L4 5
#endif

enum {
	VNET_HDR_LEN = 10,
	PIECES_MAX = 64,
	TURN_BYTES = 32 * TUN_PACKET_MAX,
	OFFLOAD_TCP = TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6 | TUN_F_TSO_ECN,
	OFFLOAD_UDP = TUN_F_USO4 | TUN_F_USO6,
};

struct tun {
	int fd;
	int flags; /* IFF_..., as the kernel accepted them; 0: not a TUN device */
	bool has_uso;
	char name[IFNAMSIZ];
};

static uint16_t load_le16(const uint8_t *at)
{
	return (uint16_t)(at[1] << 8 | at[0]);
}

static void store_le16(uint8_t *at, uint16_t v)
{
	at[0] = (uint8_t)v;
	at[1] = (uint8_t)(v >> 8);
}

static int make_nonblocking(int fd)
{
	int flags = fcntl(fd, F_GETFL);

	if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0)
		return -errno;
	return fcntl(fd, F_SETFD, FD_CLOEXEC) < 0 ? -errno : 0;
}

/* musl's ioctl takes the request as an int, into which not every machine's numbers fit. */
static int control(const struct tun *t, unsigned long request, const void *arg)
{
	return syscall(SYS_ioctl, t->fd, request, arg) < 0 ? -errno : 0;
}

static int ask_offload(const struct tun *t, uintptr_t offload)
{
	return syscall(SYS_ioctl, t->fd, TUNSETOFFLOAD, offload) < 0 ? -errno : 0;
}

/* Sets the virtio header's format, and all offloads that the kernel has. */
static int set_offload(struct tun *t)
{
	int hdr_len = VNET_HDR_LEN, is_le = 1;
	int error = control(t, TUNSETVNETHDRSZ, &hdr_len);

	if (!error)
		error = control(t, TUNSETVNETLE, &is_le);
	if (error)
		return error;
	t->has_uso = !ask_offload(t, OFFLOAD_TCP | OFFLOAD_UDP);
	return t->has_uso ? 0 : ask_offload(t, OFFLOAD_TCP);
}

/* Makes the device `name`, or joins it as one more queue. */
static int attach(struct tun *t, const char *name, int flags)
{
	struct ifreq ifr = { .ifr_flags = (short)flags };
	int error;

	if (strlen(name) >= sizeof(ifr.ifr_name))
		return -ENAMETOOLONG;
	strcpy(ifr.ifr_name, name);
	error = control(t, TUNSETIFF, &ifr);
	if (error)
		return error;
	memcpy(t->name, ifr.ifr_name, sizeof(t->name));
	t->flags = flags & ~IFF_TUN_EXCL;
	return 0;
}

static int open_as(const char *name, int flags, struct tun **out)
{
	struct tun *t = calloc(1, sizeof(*t));
	int error;

	if (!t)
		return -ENOMEM;
	t->fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
	error = t->fd < 0 ? -errno : attach(t, name, flags);
	if (!error && flags & IFF_VNET_HDR)
		error = set_offload(t);
	if (error) {
		tun_close(t);
		return error;
	}
	*out = t;
	return 0;
}

static int get_device(const struct tun *t, struct ifreq *ifr)
{
	*ifr = (struct ifreq){ 0 };
	return control(t, TUNGETIFF, ifr);
}

static int open_best(const struct tun_cfg *cfg, int flags, struct tun **out)
{
	int error = -EINVAL;

	if (cfg->offload)
		error = open_as(cfg->name, flags | IFF_VNET_HDR, out);
	if (error == -EINVAL || error == -ENOTTY) /* an old kernel does not know the flags */
		error = open_as(cfg->name, flags, out);
	if (error == -EINVAL && if_nametoindex(cfg->name)) /* in use, but not by such a device */
		error = -EBUSY;
	return error;
}

/*
 * The kernel lets any program add a queue to a device of several queues, and from then on sends some
 * of the flows there. So we first check whether a program has the device open: a queue of ours, however
 * briefly open, would take packets from that program. A device without an open queue is persistent.
 */
static int join_persistent(const struct tun_cfg *cfg, int flags, struct tun **out)
{
	struct ifreq ifr;
	int error;

	if (tun_in_use(cfg->name))
		return -EBUSY;
	error = open_best(cfg, flags, out);
	if (error)
		return error;
	error = get_device(*out, &ifr);
	if (!error && !(ifr.ifr_flags & IFF_PERSIST))
		error = -EBUSY;
	if (error) {
		tun_close(*out);
		*out = NULL;
	}
	return error;
}

static int open_first(const struct tun_cfg *cfg, struct tun **out)
{
	int flags = IFF_TUN | IFF_NO_PI, error;

	if (!cfg->multi_queue)
		return open_best(cfg, flags, out);
	flags |= IFF_MULTI_QUEUE;
	error = open_best(cfg, flags | IFF_TUN_EXCL, out);
	return error == -EBUSY ? join_persistent(cfg, flags, out) : error;
}

int tun_open(const struct tun_cfg *cfg, struct tun **out)
{
	int error = open_first(cfg, out);

	if (!error)
		sysctl_distrust_link((*out)->name);
	return error;
}

int tun_open_queue(const struct tun *first, struct tun **out)
{
	if (!(first->flags & IFF_MULTI_QUEUE))
		return -EINVAL;
	return open_as(first->name, first->flags, out);
}

/* TUNGETIFF doesn't tell whether it was made with IFF_NO_PI: the bit means IFF_NOFILTER there. */
static int adopt_device(struct tun *t)
{
	struct ifreq ifr;
	int error = get_device(t, &ifr);

	if (error)
		return error;
	if (!(ifr.ifr_flags & IFF_TUN))
		return -EINVAL;
	t->flags = (ifr.ifr_flags & (IFF_TUN | IFF_VNET_HDR | IFF_MULTI_QUEUE)) | IFF_NO_PI;
	memcpy(t->name, ifr.ifr_name, sizeof(t->name));
	return t->flags & IFF_VNET_HDR ? set_offload(t) : 0;
}

/* Sockets that keep packet boundaries, and TUN devices: anything else would join packets. */
static int adopt(struct tun *t)
{
	struct stat st;
	int type;

	if (fstat(t->fd, &st) < 0)
		return -errno;
	if (S_ISCHR(st.st_mode))
		return adopt_device(t);
	if (getsockopt(t->fd, SOL_SOCKET, SO_TYPE, &type, &(socklen_t){ sizeof(type) }) < 0)
		return -errno;
	return type == SOCK_STREAM ? -EINVAL : 0;
}

int tun_adopt(int fd, struct tun **out)
{
	struct tun *t = calloc(1, sizeof(*t));
	int error;

	if (!t)
		return -ENOMEM;
	t->fd = fd;
	error = make_nonblocking(fd);
	if (!error)
		error = adopt(t);
	if (error) {
		free(t);
		return error;
	}
	*out = t;
	return 0;
}

int tun_give(struct tun *t)
{
	int fd = t->fd;

	free(t);
	return fd;
}

void tun_close(struct tun *t)
{
	if (!t)
		return;
	if (t->fd >= 0)
		close(t->fd);
	free(t);
}

int tun_fd(const struct tun *t)
{
	return t->fd;
}

const char *tun_name(const struct tun *t)
{
	return t->name;
}

unsigned tun_ifindex(const struct tun *t)
{
	return t->name[0] ? if_nametoindex(t->name) : 0;
}

bool tun_has_offload(const struct tun *t)
{
	return t->flags & IFF_VNET_HDR;
}

bool tun_has_uso(const struct tun *t)
{
	return t->has_uso;
}

/* False for a kind of super-packet that we did not request. */
static bool get_vnet_hdr(const uint8_t *hdr, struct tun_offload *off)
{
	switch (hdr[1] & ~VIRTIO_NET_HDR_GSO_ECN) {
	case VIRTIO_NET_HDR_GSO_NONE:
		off->gso = TUN_GSO_NONE;
		break;
	case VIRTIO_NET_HDR_GSO_TCPV4:
		off->gso = TUN_GSO_TCP4;
		break;
	case VIRTIO_NET_HDR_GSO_TCPV6:
		off->gso = TUN_GSO_TCP6;
		break;
	case VIRTIO_NET_HDR_GSO_UDP_L4:
		off->gso = TUN_GSO_UDP;
		break;
	default:
		return false;
	}
	off->needs_csum = hdr[0] & VIRTIO_NET_HDR_F_NEEDS_CSUM;
	off->csum_is_good = hdr[0] & VIRTIO_NET_HDR_F_DATA_VALID;
	off->has_ecn = hdr[1] & VIRTIO_NET_HDR_GSO_ECN;
	off->hdr_len = load_le16(hdr + 2);
	off->gso_size = load_le16(hdr + 4);
	off->csum_start = load_le16(hdr + 6);
	off->csum_offset = load_le16(hdr + 8);
	return true;
}

static void put_vnet_hdr(uint8_t *hdr, const struct tun_offload *off)
{
	static const uint8_t types[] = {
		[TUN_GSO_NONE] = VIRTIO_NET_HDR_GSO_NONE,
		[TUN_GSO_TCP4] = VIRTIO_NET_HDR_GSO_TCPV4,
		[TUN_GSO_TCP6] = VIRTIO_NET_HDR_GSO_TCPV6,
		[TUN_GSO_UDP] = VIRTIO_NET_HDR_GSO_UDP_L4,
	};

	hdr[0] = (uint8_t)((off->needs_csum ? VIRTIO_NET_HDR_F_NEEDS_CSUM : 0) |
			   (off->csum_is_good ? VIRTIO_NET_HDR_F_DATA_VALID : 0));
	hdr[1] = (uint8_t)(types[off->gso] | (off->has_ecn ? VIRTIO_NET_HDR_GSO_ECN : 0));
	store_le16(hdr + 2, off->hdr_len);
	store_le16(hdr + 4, off->gso_size);
	store_le16(hdr + 6, off->csum_start);
	store_le16(hdr + 8, off->csum_offset);
}

/*
 * Whether nothing more will come from an adopted socket. Its peer may send empty packets (ocproxy
 * does), and reading one looks like the end.
 */
static bool is_at_end(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLRDHUP };
	int waiting = 0;

	if (poll(&p, 1, 0) > 0 && p.revents & (POLLHUP | POLLRDHUP | POLLERR))
		return ioctl(fd, FIONREAD, &waiting) < 0 || !waiting;
	return false;
}

static ssize_t read_plain(int fd, uint8_t *to, size_t room)
{
	ssize_t n = read(fd, to, room);

	if (n < 0) /* reset: the peer closed it before it had read all packets */
		return errno == ECONNRESET ? -EPIPE : -errno;
	if (n)
		return n;
	return is_at_end(fd) ? -EPIPE : -EPROTO;
}

ssize_t tun_read(struct tun *t, uint8_t *to, size_t room, struct tun_offload *off)
{
	uint8_t hdr[VNET_HDR_LEN];
	struct iovec pieces[] = { { hdr, sizeof(hdr) }, { to, room } };
	ssize_t n;

	*off = (struct tun_offload){ .gso = TUN_GSO_NONE };
	if (!tun_has_offload(t))
		return read_plain(t->fd, to, room);
	n = readv(t->fd, pieces, 2);
	if (n < 0)
		return -errno;
	if (n <= VNET_HDR_LEN || !get_vnet_hdr(hdr, off))
		return -EPROTO;
	return n - VNET_HDR_LEN;
}

bool tun_parse(struct packet *p, size_t len, const struct tun_offload *off)
{
	return headers_parse(&p->h, p->at, len) && (off->gso == TUN_GSO_NONE || p->h.total == len);
}

int tun_read_turn(struct tun *t, struct packet *p,
		  void (*each)(void *arg, struct packet *p, const struct tun_offload *off),
		  void *arg)
{
	struct tun_offload off;
	size_t bytes = 0;

	for (int i = 0; i < TUN_TURN_PACKETS && bytes < TURN_BYTES; i++) {
		ssize_t n = tun_read(t, p->at, TUN_PACKET_MAX, &off);

		if (n == -EAGAIN)
			return 0;
		if (n == -EPROTO)
			continue;
		if (n < 0)
			return (int)n;
		bytes += (size_t)n;
		if (tun_parse(p, (size_t)n, &off))
			each(arg, p, &off);
	}
	return 0;
}

const char *tun_strerror(int error)
{
	return error == -EBADFD ? "another program has removed the device" : strerror(-error);
}

int tun_write(struct tun *t, const struct iovec *pieces, int count, const struct tun_offload *off)
{
	uint8_t hdr[VNET_HDR_LEN];
	/* a kilobyte that need not be zero first, as -ftrivial-auto-var-init makes it */
	__attribute__((uninitialized)) struct iovec all[1 + PIECES_MAX];

	if (count < 1 || count > PIECES_MAX)
		return -EINVAL;
	if (!tun_has_offload(t))
		return writev(t->fd, pieces, count) < 0 ? -errno : 0;
	put_vnet_hdr(hdr, off);
	all[0] = (struct iovec){ hdr, sizeof(hdr) };
	memcpy(all + 1, pieces, (size_t)count * sizeof(*pieces));
	return writev(t->fd, all, 1 + count) < 0 ? -errno : 0;
}
