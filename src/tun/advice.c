/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tun/advice.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "util/syscall_advice.h"

enum { TUN_MAJOR = 10, TUN_MINOR = 200 }; /* the kernel's Documentation/admin-guide/devices.txt */

#define TUN_FILE "/dev/net/tun"

static const char with_device[] =
	"on the host: modprobe tun; in a container: --device /dev/net/tun";

/* The file exists and is not the kernel's TUN device. False: it is that device. */
static bool is_other_file(const struct stat *st, struct tun_advice *a)
{
	const char *kind = S_ISDIR(st->st_mode)   ? "a folder"
			   : S_ISREG(st->st_mode) ? "an ordinary file"
						  : "not a character device";

	if (S_ISCHR(st->st_mode) && st->st_rdev == makedev(TUN_MAJOR, TUN_MINOR))
		return false;
	if (S_ISCHR(st->st_mode))
		snprintf(a->text, sizeof(a->text),
			 ": " TUN_FILE " is another device (%u:%u, and the TUN device is %d:%d); "
			 "remove it, then: mknod " TUN_FILE " c %d %d",
			 major(st->st_rdev), minor(st->st_rdev), TUN_MAJOR, TUN_MINOR, TUN_MAJOR,
			 TUN_MINOR);
	else
		snprintf(a->text, sizeof(a->text),
			 ": " TUN_FILE " is %s, where a device is needed%s; remove it, then %s",
			 kind,
			 S_ISDIR(st->st_mode)
				 ? " (a container's -v makes a folder of a path that the "
				   "host does not have)"
				 : "",
			 with_device);
	return true;
}

static bool is_on_nodev(const char *path)
{
	struct statvfs fs;

	return !statvfs(path, &fs) && fs.f_flag & ST_NODEV;
}

/* It is the right device, but open(2) fails. */
static void explain_open(const char *path, const struct stat *st, int error, struct tun_advice *a)
{
	if (error == -EACCES && is_on_nodev(path))
		snprintf(a->text, sizeof(a->text),
			 ": the file system of " TUN_FILE " is mounted with nodev; %s",
			 with_device);
	else if (error == -EACCES)
		snprintf(a->text, sizeof(a->text),
			 ": " TUN_FILE
			 " has mode %04o and belongs to user %u and group %u, and this "
			 "process is user %u; chmod 666 " TUN_FILE
			 " lets every user open it, and the "
			 "capability CAP_NET_ADMIN is still needed to make devices",
			 st->st_mode & 07777, st->st_uid, st->st_gid, geteuid());
	else if (error == -EPERM)
		snprintf(a->text, sizeof(a->text),
			 ": this container is not allowed to use the device; --device /dev/net/tun "
			 "allows it");
	else if (error == -ENODEV || error == -ENXIO)
		snprintf(a->text, sizeof(a->text),
			 ": the kernel has no TUN driver; modprobe tun loads it (CONFIG_TUN)");
	else
		snprintf(a->text, sizeof(a->text), "%s", syscall_advice(error));
}

/* It can be opened, but the kernel refuses to make a device. */
static void explain_making(int error, struct tun_advice *a)
{
	if (error == -EPERM || error == -EACCES)
		snprintf(
			a->text, sizeof(a->text),
			": root or the capability CAP_NET_ADMIN is needed (in a container: --cap-add "
			"NET_ADMIN, and a seccomp profile that allows ioctl); sstp run and sstp proxy "
			"need no root");
	else if (error == -EBUSY)
		snprintf(a->text, sizeof(a->text),
			 ": another program uses this device; choose another --interface");
	else if (error == -EINVAL)
		snprintf(
			a->text, sizeof(a->text),
			": is the name right? At most 15 characters, no slash, no white space; or a "
			"device of this name is there and of another kind");
	else
		snprintf(a->text, sizeof(a->text), "%s", syscall_advice(error));
}

struct tun_advice tun_advise(const char *path, int error)
{
	struct tun_advice a = { "" };
	struct stat st;
	int fd;

	if (stat(path, &st) < 0) {
		if (errno == ENOENT || errno == ENOTDIR || errno == ELOOP)
			snprintf(a.text, sizeof(a.text), ": there is no " TUN_FILE "; %s",
				 with_device);
		else
			snprintf(a.text, sizeof(a.text), ": " TUN_FILE ": %s", strerror(errno));
		return a;
	}
	if (is_other_file(&st, &a))
		return a;
	fd = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0) {
		explain_open(path, &st, error, &a);
		return a;
	}
	close(fd);
	explain_making(error, &a);
	return a;
}

void tun_log_error(const struct log *log, const struct tun_cfg *cfg, int error)
{
	struct tun_advice a = tun_advise(TUN_FILE, error);

	if (strchr(cfg->name, '%')) /* the kernel would have chosen the number */
		log_error(log, "cannot make a TUN device: %s%s", strerror(-error), a.text);
	else
		log_error(log, "cannot make the TUN device %s: %s%s", cfg->name, strerror(-error),
			  a.text);
}
