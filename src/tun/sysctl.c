/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tun/sysctl.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "util/log.h"

static int write_value(const char *device, const char *family, const char *name, char value)
{
	char path[128];
	int fd, error = 0;

	snprintf(path, sizeof(path), "/proc/sys/net/%s/conf/%s/%s", family, device, name);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (write(fd, &value, 1) < 0)
		error = -errno;
	close(fd);
	return error;
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
		int error = write_value(device, settings[i].family, settings[i].name,
					settings[i].value);

		if (error && error != -ENOENT) /* a kernel without IPv6 has none of them */
			log_debug(NULL, "%s: net.%s.conf.%s: %s", device, settings[i].family,
				  settings[i].name, strerror(-error));
	}
}
