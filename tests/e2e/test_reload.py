# SPDX-License-Identifier: GPL-3.0-or-later
"""Files that change while the server runs: it reads them again by itself, and no transfer notices."""
import os
import re
import threading
import zlib

from lab import GATEWAY, INSIDE, SERVER, eventually, open_files
from pki import Identity
from traffic import RANDOM, connection, receive, together

TRANSFERS = int(os.environ.get("SSTP_TRANSFERS", 20))  # in two tunnels
RELOADS = 3


def install(folder, identity, number=""):
    """As certbot does it: new files in archive/, and links in live/ that lead to them."""
    for name, source in (("fullchain", identity.cert), ("privkey", identity.key)):
        archive, link = folder / "archive" / f"{name}{number}.pem", folder / "live" / f"{name}.pem"
        for each in (archive, link):
            each.parent.mkdir(exist_ok=True)
        archive.write_bytes(source.read_bytes())
        archive.chmod(0o600)
        link.unlink(missing_ok=True)
        link.symlink_to(f"../archive/{archive.name}")
    return Identity(folder / "live" / "fullchain.pem", folder / "live" / "privkey.pem")


def test_a_changed_user_file_is_read_again(lab, both):
    server = lab.serve(users='ann * "wonder land" *\ncarl * carl *\n')
    ann = lab.connect("--no-default-route", "--no-dns")
    lab.connect("--no-default-route", "--no-dns", user="carl", password="carl")
    new = lab.file("new", "bob * builder *\ncarl * carl *\n")
    new.rename(server.users)
    server.wait_for("^files have changed: reloading them$")
    server.wait_for(f"^reloaded {re.escape(str(server.users))}: 2 users$")
    server.wait_for("^session 1: ends: the user is not in the user file any more$")
    assert ann.wait() == 9
    lab.connect("--no-default-route", user="bob", password="builder", host=lab.other)
    lab.client.ping(GATEWAY, "-I", "sstp1")  # carl's session stays


def test_a_file_that_lost_all_its_users(lab):
    server = lab.serve()
    lab.file("new", "# ann * secret *\n").rename(server.users)
    server.wait_for("^reloaded .*: 0 users$")
    server.wait_for("^warn: nobody can log in: there are no users$")


def test_a_changed_file_of_a_secret_is_read(lab):
    secret = lab.file("secret", "wonder land\n")
    server = lab.serve(users=f"ann * @{secret} *\n")
    client = lab.connect("--no-default-route", "--once")
    secret.write_text("looking glass\n")
    server.wait_for("^session 1: ends: the user's password was changed$")
    assert client.wait() == 12
    lab.connect("--no-default-route", password="looking glass")


def test_a_folder_of_users(lab, both):
    """Beside a user file; each change of a file in it is used at once."""
    folder = lab.folder / "users.d"
    folder.mkdir()

    def write(name, text):
        lab.file("new", text).rename(folder / name)

    write("bob.conf", "password = builder\naddress = 10.9.0.50\ngroup = staff\n")
    write("@staff.conf", "from = 2001:db8::/32,10.2.0.0/16\n")
    server = lab.serve("--users-dir", folder, users='ann * "wonder land" *\n')
    lab.connect("--no-default-route", "--no-dns")
    bob = lab.connect("--no-default-route", "--once", host=lab.other, user="bob", password="builder")
    assert "10.9.0.50" in lab.other.addresses()
    write("ann.conf", "address = 10.9.0.60\n")
    server.wait_for("^session 1: ends: the user has another address now$")
    eventually("she has it", lambda: "10.9.0.60" in lab.client.addresses())
    write("@staff.conf", "from = 203.0.113.0/24\n")
    server.wait_for("^reloaded .*users.d: 2 users$", count=2)
    (folder / "carl.conf").write_text("password = carl\nspeed = 7\n")
    server.wait_for(f"^error: {re.escape(str(folder))}/carl.conf:2: the word before = must be one of .*; the users are unchanged$")
    (folder / "carl.conf").write_text("password = carl\n")
    server.wait_for("^reloaded .*users.d: 3 users$")
    assert bob.stop() == 0
    status, said = lab.connect_fails("--once", host=lab.other, user="bob", password="builder")
    assert status == 9 and "this user may not log in" in said
    server.wait_for(r"the user may not log in from this address \(from=\)")
    (folder / "carl.conf").unlink()
    (folder / "ann.conf").unlink()
    server.wait_for("^reloaded .*users.d: 2 users$", count=3)
    lab.client.ping_server()


def test_a_broken_user_file_is_not_used_until_it_is_mended(lab):
    server = lab.serve(users='ann * "wonder land" *\n')
    lab.connect("--no-default-route", "--no-dns")
    server.users.write_text("# two\nbob * builder * rate=fast\n")
    server.wait_for(rf"^error: {re.escape(str(server.users))}:2: .*rate= must be .*; the users are unchanged$")
    lab.client.ping_server()
    lab.connect("--no-default-route", "--no-dns", host=lab.other)
    server.users.write_text('ann * "wonder land" *\nbob * builder * rate=5M\n')
    server.wait_for("^reloaded .*: 2 users$")
    lab.connect("--no-default-route", user="bob", password="builder", host=lab.other)


def test_a_certificate_that_certbot_renews(lab, both):
    new = lab.pki.identity("renewed", f"IP:{SERVER}")
    live = install(lab.folder, lab.pki.server, 1)
    server = lab.serve(identity=live)
    lab.connect("--no-default-route")
    install(lab.folder, new, 2)
    server.wait_for(f"^reloaded {re.escape(str(live.cert))}$")
    lab.connect("--no-default-route", host=lab.other, trust=["--servercert", new.pin])
    lab.client.ping_server()
    live.cert.unlink()
    server.wait_for(rf"^error: {re.escape(str(live.cert))}: .*No such file or directory; the certificate is unchanged$")
    assert lab.connect_fails(host=lab.other)[0] == 5  # the new one is still there, and this is the pin of the old one


def test_a_certificate_that_certbot_renews_beside_a_key_log(lab):
    """The server in its sandbox cannot open the log again; the new certificate is used, and logged sessions go on."""
    keys = lab.folder / "keys"
    server = lab.serve("--keylog", keys, identity=install(lab.folder, lab.pki.server))
    lab.connect("--no-default-route", "--no-dns").stop()
    before = len(keys.read_text().splitlines())
    new = lab.pki.identity("new", f"DNS:vpn.example.org,IP:{SERVER}")
    install(lab.folder, new, 2)
    server.wait_for("^reloaded .*fullchain.pem")
    lab.connect("--no-default-route", trust=["--servercert", new.pin])
    assert len(keys.read_text().splitlines()) > before


def test_no_watch(lab):
    """With it no file is watched; the user file is read again on SIGHUP alone (test_sessions.py)."""
    def watches(program):
        """The helper does it, a child of the server."""
        files = [file for pid in [program.pid, *program.children()] for file in open_files(pid).values()]
        return files.count("anon_inode:inotify")

    server = lab.serve()
    assert watches(server) == 1
    server.stop()
    assert watches(lab.serve("--no-watch")) == 0


class Transfer:
    """Sends blocks through the tunnel until it is stopped; then what came is compared."""

    def __init__(self, host, to):
        self.near, self.far = connection(host, to, INSIDE)
        self.sent = self.digest = 0
        self.is_over = threading.Event()

    def send(self):
        while not self.is_over.is_set():
            self.near.sendall(RANDOM[:65536])
            self.digest = zlib.crc32(RANDOM[:65536], self.digest)
            self.sent += 65536
        self.near.shutdown(1)

    def receive(self):
        assert receive(self.far) == (self.sent, self.digest)

    def close(self):
        self.near.close()
        self.far.close()


def test_transfers_go_on_while_the_certificate_is_replaced(lab):
    lab.server.sysctl("net.ipv4.ip_forward", 1)
    live = install(lab.folder, lab.pki.server, 0)
    server = lab.serve(identity=live)
    lab.connect("--no-default-route", "--route", "172.16.5.0/24", "--no-dns")
    lab.connect("--no-default-route", "--route", "172.16.5.0/24", "--no-dns", host=lab.other, user="bob", password="builder")
    transfers = [Transfer((lab.client, lab.other)[i % 2], lab.inside) for i in range(TRANSFERS)]
    names = [lab.pki.identity(f"renewed-{n}", f"IP:{SERVER}") for n in range(RELOADS)]

    def renew():
        for n, identity in enumerate(names):
            install(lab.folder, identity, n + 1)
            server.wait_for(f"^reloaded {re.escape(str(live.cert))}$", count=n + 1)
            before = [t.sent for t in transfers]
            eventually("all transfers go on", lambda: all(t.sent > b for t, b in zip(transfers, before)))
        for t in transfers:
            t.is_over.set()

    together((renew,), *((t.send,) for t in transfers), *((t.receive,) for t in transfers))
    for t in transfers:
        t.close()
    print(f"{TRANSFERS} transfers, {sum(t.sent for t in transfers) / 1e6:.0f} MB, {RELOADS} reloads")
    assert "ends:" not in server.log and "session 3" not in server.log  # no tunnel ended, and none came again


def settings_file(lab, **more):
    lines = {"cert": lab.pki.server.cert, "key": lab.pki.server.key, "users": lab.folder / "users", "ipv4-network": "10.9.0.0/24",
             "dns": "10.9.0.1", "user-sessions": 1, **more}
    return lab.file("serve.conf", "".join(f"{key} = {value}\n" for key, value in lines.items()))


def test_settings_that_change(lab, both):
    """The configuration file is watched too. What cannot change is named, each time."""
    lab.file("users", 'ann * "wonder land" *\n')
    server = lab.start(lab.server, lab.sstp, "serve", "-v", "--config", settings_file(lab), label="serve")
    server.wait_for("^ready: ")
    first = lab.connect("--no-default-route", "--no-dns")
    second = lab.pki.identity("second", f"IP:{SERVER}")
    settings_file(lab, **{"cert": second.cert, "key": second.key, "user-sessions": 2, "dns": "10.9.0.99", "keep-old-session": "yes"})
    server.wait_for("^reloaded the settings$")
    server.wait_for(f"^reloaded {re.escape(str(second.cert))}$")
    client = lab.connect("--no-default-route", host=lab.other, trust=["--servercert", second.pin])
    client.wait_for("10.9.0.99")
    lab.client.ping_server()
    assert first.status is None  # the user may have two sessions now
    settings_file(lab, **{"mtu": 1300, "user-sessions": 2, "cert": second.cert, "key": second.key, "workers": 1})
    server.wait_for("^error: changed, and needs a restart: .*mtu")
    server.wait_for("^reloaded the settings$", count=2)
    settings_file(lab, **{"user-sessions": "many", "mtu": 1300})
    server.wait_for("^error: .*serve.conf:6: user-sessions = many: .*; the settings are unchanged$")
    settings_file(lab, **{"user-sessions": 3, "cert": second.cert, "key": second.key})
    server.wait_for("^reloaded the settings$", count=3)
    assert server.log.count("needs a restart") == 1
    lab.client.ping_server()


def test_settings_from_a_pipe_are_read_once(lab):
    lab.file("users", 'ann * "wonder land" *\n')
    server = lab.start(lab.server, lab.sstp, "serve", "--config", "/dev/stdin", label="serve", stdin=settings_file(lab).read_text())
    server.wait_for("^ready: ")
    (lab.folder / "users").write_text('ann * "wonder land" *\nbob * builder *\n')
    server.wait_for("^reloaded .*users: 2 users$")
    assert "unchanged" not in server.log
    lab.connect("--no-default-route", user="bob", password="builder")


def test_settings_with_a_certificate_that_is_missing(lab):
    """The certificates in force stay, and the metrics are about them."""
    lab.file("users", 'ann * "wonder land" *\n')
    file = settings_file(lab)
    server = lab.start(lab.server, lab.sstp, "serve", "--config", file, "--metrics", "127.0.0.1:9000", label="serve")
    server.wait_for("^ready: ")
    file.write_text(file.read_text() + f"cert = /nonexistent\nkey = {lab.pki.server.key}\n")
    server.wait_for("^error: .*/nonexistent.*unchanged$")
    shown = lab.server.run("curl", "-s", "http://127.0.0.1:9000/metrics").stdout
    assert f'="{lab.pki.server.cert}"' in shown and "nonexistent" not in shown
    lab.connect("--no-default-route")
