/*
 * Network and mount namespaces of its own for a process, and where an ordinary user asks, a user
 * namespace that lets it have them. Called in a child of ours that is to be confined; nothing
 * changes for anybody else.
 */
#ifndef SSTP_NET_CONFINE_H
#define SSTP_NET_CONFINE_H

#include <stdbool.h>

#include "util/log.h"

/*
 * Enters them, with the loopback device up. The user stays who it is, or becomes root in there.
 * 0 or -errno, logged with what would have to be set.
 */
int confine_enter(bool map_root, const struct log *log);

/*
 * Hides the programs that look names up for others and would do it outside, and puts an empty file
 * in the place of /etc/resolv.conf. Its descriptor, open for reading and writing, or -errno, logged:
 * -ENOENT when there is no such file that ours could take the place of.
 */
int confine_names(const struct log *log);

#endif
