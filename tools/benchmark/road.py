# SPDX-License-Identifier: GPL-3.0-or-later
"""Three hosts on this machine: everything between the client and the host inside goes through the server.

    client 192.0.2.2 ---- 192.0.2.1 server 172.16.5.1 ---- inside 172.16.5.2, .11, .12, ...

All tunnels are up at the same time, each between the same two hosts, each with an address of the host inside of its
own; so measuring them in turn is a matter of naming another address. The address .2 is reached with no VPN at all.
"""
import textwrap

from lab import Host, Network, Program

SERVER = "192.0.2.1"
BARE = "172.16.5.2"  # the host inside, past all VPNs


class Road(Network):
    """The hosts, and what runs on them. Programs that still run are ended with it; nothing survives this process."""

    def _build(self):
        self.programs = []
        for name in ("client", "server", "inside"):
            host = Host(name, self.folder / name)
            setattr(self, name, host)
            self.hosts.append(host)
        for host in self.hosts:
            host.wait_until_up()
        self._lay_cable(self.client, "cable", self.server, "outside")
        self._lay_cable(self.inside, "cable", self.server, "inside")
        self.client.configure(f"addr add 192.0.2.2/24 dev cable\nroute add {BARE}/32 via {SERVER}\n")
        self.server.configure(f"addr add {SERVER}/24 dev outside\naddr add 172.16.5.1/24 dev inside\n")
        self.inside.configure(f"addr add {BARE}/24 dev cable\nroute add default via 172.16.5.1\n")
        self.server.sysctl("net.ipv4.ip_forward", 1)

    def add_inside(self, number):
        """Another address of the host inside, for one VPN's route."""
        address = f"172.16.5.{10 + number}"
        self.inside.configure(f"addr add {address}/24 dev cable\n")
        return address

    def start(self, host, *argv, label, **more):
        program = Program(self.folder, host, label, argv, **more)
        self.programs.append(program)
        return program

    def output(self, host, *argv, label):
        """Runs a program to its end; returns its output."""
        program = self.start(host, *argv, label=label)
        try:
            program.wait(60)
            return program.log
        finally:
            self.kill(program)

    def stop(self, program):
        """In order."""
        self.programs.remove(program)
        program.end()

    def kill(self, program):
        self.programs.remove(program)
        program.kill()

    def file(self, name, text):
        path = self.folder / name
        path.write_text(textwrap.dedent(text).lstrip())
        return path

    def close(self):
        for program in reversed(self.programs):  # clients first
            program.end()
        if self.hosts:
            self.kill_strays()
        super().close()
