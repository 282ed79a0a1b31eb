/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "util/device_index.h"

#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

unsigned device_index_at(int fd, const char *name)
{
	struct ifreq ifr = { .ifr_name = "" };

	if (strlen(name) >= sizeof(ifr.ifr_name))
		return 0;
	strcpy(ifr.ifr_name, name);
	return ioctl(fd, SIOCGIFINDEX, &ifr) ? 0 : (unsigned)ifr.ifr_ifindex;
}

unsigned device_index(const char *name)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	unsigned index = fd < 0 ? 0 : device_index_at(fd, name);

	if (fd >= 0)
		close(fd);
	return index;
}
