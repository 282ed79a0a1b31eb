/* Why a TUN device can't be had, in the words of what to do about it. */
#include <errno.h>

#include "tun/tun.h"

const char *tun_hint(int error)
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
