/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "server/forwarding.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "tun/sysctl.h"
#include "util/log.h"

#define IPV6_CONF "/proc/sys/net/ipv6/conf"

static const char *path_of(sa_family_t family)
{
	return family == AF_INET ? "/proc/sys/net/ipv4/ip_forward" : IPV6_CONF "/all/forwarding";
}

static char read_value(const char *path)
{
	char value = 0;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return 0;
	if (read(fd, &value, 1) < 0)
		value = 0;
	close(fd);
	return value;
}

/* From 1, "as a host", to 2, "also as a router": else the kernel deletes the routes of RAs now. */
static void keep_advertised_routes(void)
{
	DIR *devices = opendir(IPV6_CONF);
	const struct dirent *device;

	while (devices && (device = readdir(devices))) {
		char path[sizeof(IPV6_CONF) + sizeof(device->d_name) + sizeof("//accept_ra")];

		snprintf(path, sizeof(path), IPV6_CONF "/%s/accept_ra", device->d_name);
		if (read_value(path) == '1')
			sysctl_write(path, '2');
	}
	if (devices)
		closedir(devices);
}

bool forwarding_is_off(sa_family_t family)
{
	return read_value(path_of(family)) == '0';
}

int forwarding_turn_on(sa_family_t family)
{
	const char *name =
		family == AF_INET ? "net.ipv4.ip_forward" : "net.ipv6.conf.all.forwarding";
	const char *version = family == AF_INET ? "IPv4" : "IPv6";
	int error;

	if (!forwarding_is_off(family))
		return 0;
	if (family == AF_INET6)
		keep_advertised_routes();
	error = sysctl_write(path_of(family), '1');
	if (error)
		log_error(
			NULL,
			"--nat: %s forwarding is off, and sstp cannot turn it on: %s; turn it on "
			"outside of sstp (sysctl %s=1; for a container podman's and docker's option "
			"--sysctl %s=1)",
			version, strerror(-error), name, name);
	else
		log_info(NULL, "%s forwarding is on now (%s=1), and stays on", version, name);
	return error;
}
