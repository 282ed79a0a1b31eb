#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Moves bytes through a tunnel, one way and then the other, and compares digests.

    transfer.py serve ADDRESS PORT          until it is killed
    transfer.py fetch ADDRESS PORT BYTES    sends BYTES there, then gets as many others back

Only the standard library, and little of it: it also runs where a start of Python is dear.
"""
import hashlib
import os
import socket
import sys
import time

DIGEST_LEN = 32
CHUNK = 1 << 16


def send_all(connection, count):
    """Bytes that no compression makes smaller, followed by their digest."""
    digest = hashlib.sha256()
    block = os.urandom(CHUNK)
    left = count
    while left:
        block = block[1:] + block[:1]  # no two chunks alike: one that is lost or doubled shows
        piece = block[:left]
        digest.update(piece)
        connection.sendall(piece)
        left -= len(piece)
    connection.sendall(digest.digest())


def receive(connection, count):
    data = bytearray()
    while len(data) < count:
        piece = connection.recv(min(CHUNK, count - len(data)))
        if not piece:
            sys.exit(f"the connection ended {count - len(data)} bytes early")
        data += piece
    return bytes(data)


def receive_all(connection, count):
    """True when the digest after the bytes is theirs."""
    digest = hashlib.sha256()
    left = count
    while left:
        piece = receive(connection, min(CHUNK, left))
        digest.update(piece)
        left -= len(piece)
    return receive(connection, DIGEST_LEN) == digest.digest()


def serve(address, port):
    listener = socket.create_server((address, port))
    print("listening", flush=True)
    while True:
        connection, _ = listener.accept()
        with connection:
            count = int.from_bytes(receive(connection, 8), "big")
            connection.sendall(b"y" if receive_all(connection, count) else b"n")
            send_all(connection, count)
            connection.recv(1)


def fetch(address, port, count):
    with socket.create_connection((address, port), 20) as connection:
        connection.settimeout(60)
        start = time.monotonic()
        connection.sendall(count.to_bytes(8, "big"))
        send_all(connection, count)
        is_good = receive(connection, 1) == b"y"
        middle = time.monotonic()
        if not is_good:
            sys.exit("what arrived there is not what was sent")
        if not receive_all(connection, count):
            sys.exit("what arrived here is not what was sent")
        end = time.monotonic()
    print(f"{count} bytes there in {middle - start:.2f} s and back in {end - middle:.2f} s, digests agree")


if sys.argv[1] == "serve":
    serve(sys.argv[2], int(sys.argv[3]))
else:
    fetch(sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
