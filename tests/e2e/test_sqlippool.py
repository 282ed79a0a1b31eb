# SPDX-License-Identifier: GPL-3.0-or-later
"""docs/scale.md: FreeRADIUS' sqlippool gives addresses from one pool to two servers; who moves keeps the address."""
import shutil
import sqlite3

from lab import eventually
from radius import SECRET, FreeRadius
from test_control import RESTRICTED
from test_many_servers import recipe

SQL = """
 always reject {{
  rcode = reject
 }}
 sql {{
  driver = "rlm_sql_sqlite"
  dialect = "sqlite"
  sqlite {{
   filename = "{folder}/pool.db"
  }}
  radius_db = "radius"
  read_groups = no
  read_profiles = no
  read_clients = no
  pool {{
   start = 1
   min = 1
   max = 1
   spare = 1
   uses = 0
   lifetime = 0
   idle_timeout = 0
  }}
 }}
"""
POOL = """
  update control {
   Pool-Name := "vpn"
  }
  sqlippool
"""


class WithPool(FreeRadius):
    """On the router, which both servers reach."""

    def start(self):
        path = self.folder / "radiusd.conf"
        text = path.read_text().replace("ipaddr = 127.0.0.1", "ipaddr = *")
        text = text.replace("modules {\n", "modules {\n" + SQL.format(folder=self.folder) + recipe("sqlippool of FreeRADIUS"), 1)
        text = text.replace(" accounting {\n", " accounting {\n" + POOL).replace(" post-auth {\n", " post-auth {\n" + POOL + recipe("post-auth, after sqlippool"))
        path.write_text(text)
        with sqlite3.connect(self.folder / "pool.db") as db:
            db.executescript(open("/etc/freeradius/3.0/mods-config/sql/ippool/sqlite/schema.sql", encoding="utf-8").read())
            db.executemany("INSERT INTO radippool (id, pool_name, framedipaddress, expiry_time) VALUES (?, 'vpn', ?, '2000-01-01 00:00:00')",
                           [(i, f"10.9.0.{100 + i}") for i in range(2)])
        super().start()

    def holders(self):
        """{address: user} of those that are given out."""
        with sqlite3.connect(self.folder / "pool.db") as db:
            return dict(db.execute("SELECT framedipaddress, username FROM radippool WHERE expiry_time > datetime('now')").fetchall())


def address(host):
    return next(a for a in host.addresses() if ":" not in a)


def test_an_address_of_one_pool_on_both_servers(lab, both):
    assert shutil.which("freeradius")
    lab.is_changed = True
    radius = WithPool(lab, 'ann Cleartext-Password := "wonder land"\nbob Cleartext-Password := "builder"\n'
                      'eve Cleartext-Password := "apple"\n', host=lab.router)
    secret = lab.file("secret", SECRET + "\n")
    lab.serve("--radius", "192.0.2.254", "--radius-secret-file", secret, users=False)
    lab.serve("--radius", "10.2.0.254", "--radius-secret-file", secret, users=False, host=lab.other)
    ann = lab.connect(*RESTRICTED)
    first = address(lab.client)
    eventually("ann has it", lambda: radius.holders() == {first: "ann"})
    ann.stop()
    eventually("it is taken back", lambda: radius.holders() == {})
    ann = lab.connect(*RESTRICTED, to="10.2.0.2")
    assert address(lab.client) == first, "she moved to the other server"
    bob = lab.connect("--no-default-route", "--no-dns", "--interface", "vpn1", user="bob", password="builder")
    eventually("bob has the other one", lambda: len(radius.holders()) == 2)
    assert lab.connect_fails("--no-default-route", "--no-dns", "--interface", "vpn2", "--once", user="eve", password="apple")[0] == 9, "the pool is empty"
    bob.stop()
    ann.stop()
    eventually("both are taken back", lambda: radius.holders() == {})
