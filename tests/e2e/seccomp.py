# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs a program for which some system calls end with an error, as under a container's seccomp filter.

seccomp.py NAME[,NAME...] ERROR PROGRAM [ARGUMENTS]
"""
import ctypes
import errno
import os
import platform
import struct
import sys

# Numbers of x86_64 and of aarch64, which has not all of them.
NUMBERS = {
    "clone": (56, 220), "clone3": (435, 435), "epoll_create1": (291, 20), "fork": (57, None), "getrandom": (318, 278),
    "ioctl": (16, 29), "mount": (165, 40), "pidfd_open": (434, 434), "setns": (308, 268), "signalfd4": (289, 74),
    "socket": (41, 198), "socketpair": (53, 199), "unshare": (272, 97), "vfork": (58, None),
}
LOAD, JUMP_EQUAL, RETURN = 0x20, 0x15, 0x06
ALLOW, ERROR = 0x7fff0000, 0x00050000
PR_SET_SECCOMP, PR_SET_NO_NEW_PRIVS = 22, 38


class Program(ctypes.Structure):
    _fields_ = [("length", ctypes.c_ushort), ("filter", ctypes.c_void_p)]


def install(names, error):
    column = ("x86_64", "aarch64").index(platform.machine())
    numbers = [NUMBERS[n][column] for n in names if NUMBERS[n][column] is not None]
    code = [(LOAD, 0, 0, 0)]
    for number in numbers:
        code += [(JUMP_EQUAL, 0, 1, number), (RETURN, 0, 0, ERROR | error)]
    code.append((RETURN, 0, 0, ALLOW))
    text = ctypes.create_string_buffer(b"".join(struct.pack("=HBBI", *c) for c in code))
    program = Program(len(code), ctypes.cast(text, ctypes.c_void_p))
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) or libc.prctl(PR_SET_SECCOMP, 2, ctypes.byref(program), 0, 0):
        raise OSError(ctypes.get_errno(), "no seccomp filter")


if __name__ == "__main__":
    install(sys.argv[1].split(","), getattr(errno, sys.argv[2]))
    os.execv(sys.argv[3], sys.argv[3:])
