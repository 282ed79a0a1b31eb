# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs a program for which some system calls fail, as under a container's seccomp filter.

seccomp.py NAME[,NAME...] ERROR PROGRAM [ARGUMENTS]

The name open_device means open(2) with the flags for a TUN device, read-write and non-blocking: a filter does not see
the path. So a container's device cgroup refuses it, with EPERM. The name nf_tables means the netlink socket of packet
filters, as on a kernel without them (EPROTONOSUPPORT). The name processes means all calls that make one.
"""
import ctypes
import errno
import os
import platform
import socket
import struct
import sys

# Numbers of x86_64 and of aarch64, which does not have all of them.
NUMBERS = {
    "clone": (56, 220), "landlock_create_ruleset": (444, 444), "seccomp": (317, 277), "setresuid": (117, 147),
    "capset": (126, 91), "setgroups": (116, 159), "clone3": (435, 435), "epoll_create1": (291, 20), "eventfd2": (290, 19), "flock": (73, 32),
    "fork": (57, None), "fsync": (74, 82), "getrandom": (318, 278), "ioctl": (16, 29), "listen": (50, 201),
    "mount": (165, 40), "pidfd_open": (434, 434), "rename": (82, None), "renameat": (264, 38), "renameat2": (316, 276),
    "setns": (308, 268), "signalfd4": (289, 74), "socket": (41, 198), "socketpair": (53, 199), "unshare": (272, 97),
    "vfork": (58, None),
}
OPEN, OPENAT = (2, None), (257, 56)
AS_DEVICE = os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC
SEEN_FLAGS = AS_DEVICE | os.O_CREAT | os.O_NOCTTY | os.O_NOFOLLOW | os.O_WRONLY
LOAD, AND, JUMP_EQUAL, RETURN = 0x20, 0x54, 0x15, 0x06
ARGUMENTS = 16  # where they begin in struct seccomp_data
ALLOW, ERROR = 0x7fff0000, 0x00050000
NETLINK_NETFILTER = 12
PR_SET_SECCOMP, PR_SET_NO_NEW_PRIVS = 22, 38
CLONE_THREAD = 0x10000


class Program(ctypes.Structure):
    _fields_ = [("length", ctypes.c_ushort), ("filter", ctypes.c_void_p)]


def refuse_opening_a_device(column, error):
    code = []
    for number, argument in (OPEN[column], 1), (OPENAT[column], 2):
        if number is not None:
            code += [(LOAD, 0, 0, 0), (JUMP_EQUAL, 0, 4, number), (LOAD, 0, 0, ARGUMENTS + 8 * argument),
                     (AND, 0, 0, SEEN_FLAGS), (JUMP_EQUAL, 0, 1, AS_DEVICE), (RETURN, 0, 0, ERROR | error)]
    return code


def refuse_packet_filters(column, error):
    return [(LOAD, 0, 0, 0), (JUMP_EQUAL, 0, 5, NUMBERS["socket"][column]),
            (LOAD, 0, 0, ARGUMENTS), (JUMP_EQUAL, 0, 3, socket.AF_NETLINK),
            (LOAD, 0, 0, ARGUMENTS + 16), (JUMP_EQUAL, 0, 1, NETLINK_NETFILTER), (RETURN, 0, 0, ERROR | error)]


def refuse_processes(column, error):
    """Not threads. The C library that takes clone3 falls back to clone where there is none."""
    code = [(LOAD, 0, 0, 0)]
    for name in ("fork", "vfork"):
        if NUMBERS[name][column] is not None:
            code += [(JUMP_EQUAL, 0, 1, NUMBERS[name][column]), (RETURN, 0, 0, ERROR | error)]
    return code + [(JUMP_EQUAL, 0, 1, NUMBERS["clone3"][column]), (RETURN, 0, 0, ERROR | errno.ENOSYS),
                   (JUMP_EQUAL, 0, 4, NUMBERS["clone"][column]), (LOAD, 0, 0, ARGUMENTS), (AND, 0, 0, CLONE_THREAD),
                   (JUMP_EQUAL, 0, 1, 0), (RETURN, 0, 0, ERROR | error)]


SPECIAL = {"open_device": refuse_opening_a_device, "nf_tables": refuse_packet_filters, "processes": refuse_processes}


def install(names, error):
    column = ("x86_64", "aarch64").index(platform.machine())
    code = [line for name in names if name in SPECIAL for line in SPECIAL[name](column, error)]
    numbers = [NUMBERS[n][column] for n in names if n not in SPECIAL and NUMBERS[n][column] is not None]
    code += [(LOAD, 0, 0, 0)]
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
