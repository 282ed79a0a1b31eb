/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tun/sysctl.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "util/log.h"

int sysctl_write(const char *path, char value)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC), error = 0;

	if (fd < 0)
		return -errno;
	if (write(fd, &value, 1) < 0)
		error = -errno;
	close(fd);
	return error;
}

static int write_of_device(const char *device, const char *family, const char *name, char value)
{
	char path[128];

	snprintf(path, sizeof(path), "/proc/sys/net/%s/conf/%s/%s", family, device, name);
	return sysctl_write(path, value);
}

void sysctl_distrust_link(const char *device)
{
	static const struct {
		const char *family, *name;
		char value;
	} settings[] = {
		{ "ipv6", "accept_ra", '0' },           { "ipv6", "autoconf", '0' },
		{ "ipv6", "accept_redirects", '0' },    { "ipv6", "accept_source_route", '0' },
		{ "ipv6", "addr_gen_mode", '1' }, /* none */
		{ "ipv4", "accept_redirects", '0' },    { "ipv4", "send_redirects", '0' },
		{ "ipv4", "accept_source_route", '0' },
	};

	for (size_t i = 0; i < sizeof(settings) / sizeof(*settings); i++) {
		int error = write_of_device(device, settings[i].family, settings[i].name,
					    settings[i].value);

		if (error && error != -ENOENT) /* a kernel without IPv6 has none of them */
			log_debug(NULL, "%s: net.%s.conf.%s: %s", device, settings[i].family,
				  settings[i].name, strerror(-error));
	}
}
