#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The load of a web page: many small fetches, each over a TCP connection of its own.

    page.py serve ADDRESS PORT
    page.py load ADDRESS PORT COUNT BYTES AT_A_TIME    prints the milliseconds that it took
"""
import asyncio
import struct
import sys
import time

FETCH_SECONDS = 40


async def answer(reader, writer):
    try:
        size, = struct.unpack("!I", await reader.readexactly(4))
        writer.write(bytes(size))
        await writer.drain()
    except (OSError, asyncio.IncompleteReadError):
        pass
    writer.close()


async def serve(address, port):
    server = await asyncio.start_server(answer, address, port, backlog=256)
    print("ready", flush=True)
    await server.serve_forever()


async def fetch(address, port, size):
    reader, writer = await asyncio.open_connection(address, port)
    writer.write(struct.pack("!I", size))
    await reader.readexactly(size)
    writer.close()


async def load(address, port, count, size, at_a_time):
    gate = asyncio.Semaphore(at_a_time)

    async def one():
        async with gate:
            await asyncio.wait_for(fetch(address, port, size), FETCH_SECONDS)

    begin = time.monotonic()
    await asyncio.gather(*(one() for _ in range(count)))
    print(f"{1000 * (time.monotonic() - begin):.0f}")


if __name__ == "__main__":
    verb, address, *numbers = sys.argv[1:]
    asyncio.run({"serve": serve, "load": load}[verb](address, *map(int, numbers)))
