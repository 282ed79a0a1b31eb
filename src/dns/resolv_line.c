/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "dns/resolv_line.h"

#include <stdio.h>
#include <string.h>

bool resolv_line_server(const char *line, struct ip_addr *a, char device[RESOLV_LINE_DEVICE_SIZE])
{
	static const char key[] = "nameserver";
	char text[64];
	size_t len;

	if (strncmp(line, key, sizeof(key) - 1) != 0)
		return false;
	line += sizeof(key) - 1;
	len = strspn(line, " \t");
	if (!len)
		return false;
	line += len;
	len = strcspn(line, " \t\r\n#;%");
	snprintf(text, sizeof(text), "%.*s", (int)len, line);
	line += len;
	line += *line == '%';
	snprintf(device, RESOLV_LINE_DEVICE_SIZE, "%.*s", (int)strcspn(line, " \t\r\n#;"), line);
	return ip_parse(text, a);
}
