/* What is said where a TUN device cannot be had: why, and what to do about it. */
#include <errno.h>
#include <string.h>

#include "tun/tun.h"
#include "util/log.h"

/* What would help, behind the error's own text. */
static const char *hint(int error)
{
	switch (error) {
	case -EPERM:
	case -EACCES:
		return ": root or the capability CAP_NET_ADMIN is needed, and write access to "
		       "/dev/net/tun (in a container: --cap-add NET_ADMIN --device /dev/net/tun)";
	case -ENOENT:
	case -ENODEV:
	case -ENXIO:
		return ": there is no /dev/net/tun; load the module (modprobe tun), or give the "
		       "container the device (--device /dev/net/tun)";
	case -EBUSY:
		return ": another program uses this device; choose another --interface";
	case -EINVAL:
		return ": is the name right? At most 15 characters, no slash, no white space; or "
		       "a device of this name is there and of another kind";
	default:
		return "";
	}
}

void tun_complain(const struct log *log, const struct tun_cfg *cfg, int error)
{
	if (strchr(cfg->name, '%')) /* the kernel would have chosen the number */
		log_error(log, "cannot make a TUN device: %s%s", strerror(-error), hint(error));
	else
		log_error(log, "cannot make the TUN device %s: %s%s", cfg->name, strerror(-error),
			  hint(error));
}
