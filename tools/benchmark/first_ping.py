#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Starts a program, prints after how many seconds a ping to an address was answered, and ends the program.

    first_ping.py ADDRESS PROGRAM [ARGUMENT...]
"""
import socket
import subprocess
import sys
import time

from measures import Echo

SECONDS = 120
INTERVAL = 0.02  # in User Mode Linux a ping costs much time


def main():
    echo = Echo(socket.socket, sys.argv[1], INTERVAL)
    begin = time.monotonic()
    with subprocess.Popen(sys.argv[2:]) as program:
        try:
            while not echo.is_answered():
                if program.poll() is not None or time.monotonic() > begin + SECONDS:
                    sys.exit(f"no ping is answered; the status is {program.returncode}")
            print(f"first reply after {time.monotonic() - begin:.3f} s", flush=True)
        finally:
            program.terminate()


if __name__ == "__main__":
    main()
