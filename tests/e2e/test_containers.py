# SPDX-License-Identifier: GPL-3.0-or-later
"""The recipes of docs/containers.md, run as written: rootless podman, as an ordinary user.

No image is downloaded: sstp's is built FROM scratch, and what the recipes call alpine is busybox.
"""
import json
import os
import re
import shutil
import socket
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from lab import GATEWAY, INSIDE, PATIENCE, REPO, SERVER, SSTP, Sniffer, eventually, last_lines
from ordinary import Web, needs_user_namespaces
from rootless import UID, Rootless
from test_proxy_names import SERVFAIL
from test_split_dns import ask
from upstreams import HTTP, PASSWORD, PROXY, USER, squid, walled  # noqa: F401 (fixture)

pytestmark = pytest.mark.slow

RECIPES = (REPO / "docs/containers.md").read_text()
CAP_NET_ADMIN, CAP_NET_RAW, CAP_SYS_ADMIN = 12, 13, 21
BUSYBOX = """
FROM scratch
COPY busybox /bin/busybox
COPY busybox /bin/sh
RUN ["/bin/busybox", "--install", "/bin"]
"""


def recipes(heading):
    """The commands below a heading, paragraph by paragraph."""
    section = re.search(rf"^## {heading}\n(.*?)(?=^## |\Z)", RECIPES, re.M | re.S).group(1)
    blocks = re.findall(r"(?:^    .*\n|^\n(?=    ))+", section, re.M)
    return [p.strip() for b in blocks for p in re.sub("^    ", "", b, flags=re.M).split("\n\n") if p.strip()]


def ending_with(text, heading):
    """The one paragraph of commands that ends with this."""
    (found,) = [r for r in recipes(heading) if r.endswith(text)]
    return found


@contextmanager
def rootless(lab, host):
    """A user with the images that the recipes need, and sstp."""
    for program in ("podman", "crun", "slirp4netns", "newuidmap"):
        if not shutil.which(program):
            pytest.skip(f"{program} is missing")
    needs_user_namespaces()
    made = Rootless(lab, host)
    try:
        build_images(made)
        yield made
    finally:
        made.sh("podman rm --all --force --time 0", check=False)
        made.close()


@pytest.fixture
def user(lab):
    """On the host "client", which trusts the server's authority."""
    lab.client.authorities.write_bytes(lab.pki.ca.read_bytes())
    with rootless(lab, lab.client) as made:
        yield made


@pytest.fixture
def server_user(lab):
    with rootless(lab, lab.server) as made:
        yield made


def build_images(user):
    for path in (SSTP, REPO / "Containerfile", REPO / ".containerignore"):
        user.put(path, Path(path).name, 0o755 if path == SSTP else 0o644)
    user.put(SSTP, "bin/sstp", 0o755)
    user.put("/bin/busybox", "alpine/busybox", 0o755)
    (user.home / "alpine/Containerfile").write_text(BUSYBOX)
    (build,) = [line for line in RECIPES.splitlines() if re.match(r"    podman build .* \.$", line)]
    user.sh(build)
    user.sh("podman build --isolation chroot --tag docker.io/library/alpine alpine")


def serve(lab):
    """A route to the inside, and a name server there."""
    lab.server.sysctl("net.ipv4.ip_forward", 1)
    return lab.serve("--dns", "10.9.0.53")


def test_the_image_is_the_program_alone(user):
    assert user.sh("podman run --rm sstp --version").stdout.startswith("sstp ")
    assert "Usage: sstp VERB" in user.sh("podman run --rm sstp").stdout
    listing = user.sh("podman image save sstp | tar -xO --wildcards '*.tar' | tar -t").stdout.split()
    assert listing == ["sstp"]
    assert "healthcheck" in user.sh("podman image inspect --format '{{.HealthCheck}}' sstp").stdout
    assert user.sh("podman run --rm sstp healthcheck", check=False).stdout == \
        "down: no sstp runs in this network namespace\n"


def is_healthy(user, name="vpn"):
    return user.sh(f"podman healthcheck run {name}", check=False).returncode == 0


def wait_until_healthy(user, name="vpn"):
    eventually(f"{name} is healthy", lambda: is_healthy(user, name))


def status_of(user, name):
    return user.sh(f"podman inspect --format '{{{{.State.ExitCode}}}}' {name}").stdout.strip()


def test_a_tunnel_that_other_containers_use(lab, user):
    heading = "A tunnel that other containers use"
    server = serve(lab)
    user.sh(ending_with("vpn-password -", heading))
    user.sh(ending_with("sstp connect", heading))
    wait_until_healthy(user)
    user.sh(ending_with("healthcheck run vpn", heading))
    fetch = ending_with("http://172.16.5.2/", heading)
    with closing(Web(lab.inside, 3 << 20)) as web:
        assert user.sh(f"{fetch} | sha256sum").stdout.split()[0] == web.digest
    assert set(web.asked_by) == {"10.9.0.2"}
    beside = "podman run --rm --network container:vpn"
    eventually("the VPN's name server is theirs too", lambda: "nameserver 10.9.0.53\n" in
               user.sh(f"{beside} alpine cat /etc/resolv.conf").stdout)
    assert user.sh(f"{beside} sstp healthcheck").stdout == "up sstp0\n"
    # while it is down nothing takes another route
    server.kill()
    eventually("the tunnel is down", lambda: not is_healthy(user))
    past_it = "sh -c 'timeout 2 wget -q -O /dev/null http://10.1.0.254/ || exit 1'"  # a process 1 could not be timed out
    with closing(Web(lab.router)) as web:
        user.sh(f"podman run --rm alpine {past_it}")
        assert user.sh(f"{beside} alpine {past_it}", check=False).returncode != 0
        assert len(web.asked_by) == 1
    serve(lab)
    wait_until_healthy(user)
    user.sh("podman stop vpn")
    assert status_of(user, "vpn") == "0"
    assert last_lines(user.sh("podman logs vpn 2>&1").stdout) == ["disconnecting", "disconnected"]


def test_through_a_proxy(walled, user):
    """The only way to the server; the login there is in a variable and a secret."""
    heading = "A tunnel that other containers use"
    serve(walled)
    squid(walled, "digest")
    user.sh(ending_with("vpn-password -", heading))
    user.sh(f"printf '%s\\n' '{PASSWORD}' | podman secret create proxy-password -")
    user.sh(ending_with("sstp connect", heading).replace(
        "--detach", f"--detach --env SSTP_PROXY=http://{USER}@{PROXY}:{HTTP} --secret proxy-password "
                    "--env SSTP_PROXY_PASSWORD_FILE=/run/secrets/proxy-password"))
    wait_until_healthy(user)
    with closing(Web(walled.inside, 3 << 20)) as web:
        assert user.sh(f"{ending_with('http://172.16.5.2/', heading)} | sha256sum").stdout.split()[0] == web.digest
    user.sh("podman stop vpn")
    assert status_of(user, "vpn") == "0"
    assert f"through the proxy http://{PROXY}:{HTTP}" in user.sh("podman logs vpn 2>&1").stdout
    # without root and TUN device, by the variable that podman itself passes on
    user.sh(f"export https_proxy=http://{USER}:{PASSWORD.replace(' ', '%20')}@{PROXY}:{HTTP}\n"
            + ending_with("sstp proxy", "Without any privileges").replace("--name vpn", "--name vpn2"))
    wait_until_healthy(user, "vpn2")
    log = user.sh("podman logs vpn2 2>&1").stdout
    assert "the proxy is from the variable https_proxy" in log and "s3cret" not in log


def test_a_file_system_that_cannot_be_written_to(lab, user):
    """The same tunnel, as described below that recipe; its log is JSON."""
    heading = "A tunnel that other containers use"
    serve(lab)
    user.sh(ending_with("vpn-password -", heading))
    options = re.search(r"`(--read-only .*)`", RECIPES).group(1)
    user.sh(ending_with("sstp connect", heading).replace("--detach", f"--detach {options} --read-only-tmpfs=false "
                                                         "--env SSTP_LOG_JSON=yes"))
    wait_until_healthy(user)
    beside = "podman run --rm --network container:vpn alpine"
    with closing(Web(lab.inside)) as web:
        assert user.sh(f"{beside} wget -q -O - http://{INSIDE}/ | sha256sum").stdout.split()[0] == web.digest
    assert "nameserver 10.9.0.53\n" in user.sh(f"{beside} cat /etc/resolv.conf").stdout
    user.sh("podman stop vpn")
    assert status_of(user, "vpn") == "0"
    lines = [json.loads(line) for line in user.sh("podman logs vpn 2>&1").stdout.splitlines()]
    assert lines[-1]["message"] == "disconnected"
    assert {line["level"] for line in lines} == {"info", "warn"}


def test_the_containers_are_as_confined_as_podman_makes_them(lab, user):
    """
    Our set-up of podman adds no privilege: its seccomp filter, its capabilities and NET_ADMIN. The helper shows that:
    process 1 has given up what podman gave it.
    """
    heading = "A tunnel that other containers use"
    serve(lab)
    user.sh(ending_with("vpn-password -", heading))
    user.sh(ending_with("sstp connect", heading))
    wait_until_healthy(user)
    status = user.sh("""
        pid=$(podman inspect --format '{{.State.Pid}}' vpn)
        cat /proc/$(cut -d ' ' -f 1 /proc/$pid/task/$pid/children)/status""").stdout
    assert re.search(r"^Seccomp:\t2$", status, re.M)
    capabilities = int(re.search(r"^CapBnd:\t(\w+)$", status, re.M).group(1), 16)
    assert capabilities & 1 << CAP_NET_ADMIN and not capabilities & (1 << CAP_SYS_ADMIN | 1 << CAP_NET_RAW)
    assert re.search(rf"^Uid:\t{UID}\t", status, re.M)


def test_a_service_manager_gets_the_state_of_a_container(lab, user):
    """Podman with --sdnotify container reports it no sooner than sstp does."""
    heading = "A tunnel that other containers use"
    manager = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    manager.bind(f"{user.folder}/notify")
    os.chmod(f"{user.folder}/notify", 0o666)
    user.sh(ending_with("vpn-password -", heading))
    user.sh(f"export NOTIFY_SOCKET={user.folder}/notify\n" + ending_with("sstp connect", heading).replace(
        "--detach", "--sdnotify container --env SSTP_KEEP_TRYING=yes --detach"))
    with manager:
        eventually("it has tried", lambda: "next try" in user.sh("podman logs vpn 2>&1").stdout)
        manager.setblocking(False)
        with pytest.raises(BlockingIOError):
            while b"READY=1" not in manager.recv(4096):
                pass
        serve(lab)
        manager.settimeout(PATIENCE)
        while b"READY=1" not in manager.recv(4096):
            pass
    assert is_healthy(user)


def test_a_wrong_password_ends_it_and_says_so(lab, user):
    heading = "A tunnel that other containers use"
    serve(lab)
    user.sh(ending_with("vpn-password -", heading).replace("$PASSWORD", "no such"))
    user.sh(ending_with("sstp connect", heading))
    assert user.sh("podman wait vpn").stdout.strip() == "9"
    assert "error: " in user.sh("podman logs vpn 2>&1").stdout
    assert not is_healthy(user)


def test_without_any_rights(lab, user):
    """No TUN device, no capability, a user other than root, no writable file."""
    heading = "Without any privileges"
    serve(lab)
    user.sh(ending_with("vpn-password -", "A tunnel that other containers use"))
    user.sh(ending_with("sstp proxy", heading))
    wait_until_healthy(user)
    status = user.sh("cat /proc/$(podman inspect --format '{{.State.Pid}}' vpn)/status").stdout
    assert re.search(r"^CapEff:\t0+$", status, re.M) and re.search(r"^CapBnd:\t0+$", status, re.M)
    assert re.search(r"^Seccomp:\t2$", status, re.M)
    fetch = ending_with("http://172.16.5.2/", heading)
    with closing(Web(lab.inside, 3 << 20)) as web:
        assert user.sh(f"{fetch} | sha256sum").stdout.split()[0] == web.digest
    assert set(web.asked_by) == {"10.9.0.2"}
    user.sh("podman stop vpn")
    assert status_of(user, "vpn") == "0"


def test_a_container_that_runs_already(lab, user):
    """As the container's user, without rights on the host; the container has none either."""
    serve(lab)
    user.sh("podman run --detach --name app --cap-drop all alpine sleep 600")
    connect = ending_with("vpn.example.net", "A container that runs already")
    client = user.start(connect, 'export SSTP_PASSWORD="$PASSWORD"')
    client.wait_for("^connected in ")
    with closing(Web(lab.inside, 3 << 20)) as web:
        assert user.sh(f"podman exec app wget -q -O - http://{INSIDE}/ | sha256sum").stdout.split()[0] == web.digest
    assert set(web.asked_by) == {"10.9.0.2"}
    assert "nameserver 10.9.0.53\n" in user.sh("podman exec app cat /etc/resolv.conf").stdout
    assert not lab.client.device(), "the device is on the host"
    assert user.sh("sstp healthcheck").stdout == "up sstp0\n"
    assert client.stop() == 0
    assert "10.9.0.53" not in user.sh("podman exec app cat /etc/resolv.conf").stdout


def test_a_server(lab, server_user):
    user = server_user
    make, start, reload = recipes("A server")
    user.sh(f'export SSTP_PASSWORD="$PASSWORD"\n{make}')
    user.sh(start)
    wait_until_healthy(user, "vpn-server")
    pin = re.search("pin-sha256:\\S+", user.sh("sstp cert --show vpn-server/server.crt").stdout).group()
    at = f"{SERVER}:4443"
    client = lab.connect(to=at, trust=["--servercert", pin])
    lab.client.ping(GATEWAY)
    assert f"nameserver {GATEWAY}\n" in lab.client.resolv_conf.read_text()
    assert ask(lab.client, "www.example.org", to=GATEWAY).rcode == SERVFAIL, "no name server answers the container's"
    with closing(Web(lab.inside, 3 << 20)) as web:  # a host beyond the server
        page = lab.client.run("sh", "-c", f"curl -s --max-time {PATIENCE} http://{INSIDE}/ | sha256sum").stdout
        assert page.split()[0] == web.digest
        assert set(web.asked_by) == {"172.16.5.1"}, "through the tunnel, and by NAT"
    assert lab.connect_fails(to=at, trust=["--servercert", pin], host=lab.other, user="bob")[0] == 9
    user.sh('SSTP_PASSWORD=builder sstp passwd vpn-server/users bob')
    user.sh(reload)
    eventually("the users are reloaded", lambda: "2 users" in user.sh("podman logs vpn-server 2>&1").stdout)
    lab.connect(to=at, trust=["--servercert", pin], host=lab.other, user="bob", password="builder")
    lab.other.ping(GATEWAY)
    user.sh("podman stop vpn-server")
    assert status_of(user, "vpn-server") == "0"
    client.wait_for("next try")


def test_a_server_alone(lab, server_user):
    """Without NAT, as described below that recipe."""
    user = server_user
    make, start, _ = recipes("A server")
    user.sh(f'export SSTP_PASSWORD="$PASSWORD"\n{make}')
    assert " --env SSTP_NAT=any" in start
    user.sh(start.replace(" --env SSTP_NAT=any", ""))
    wait_until_healthy(user, "vpn-server")
    pin = re.search("pin-sha256:\\S+", user.sh("sstp cert --show vpn-server/server.crt").stdout).group()
    lab.connect(to=f"{SERVER}:4443", trust=["--servercert", pin])
    lab.client.ping(GATEWAY)
    with closing(Web(lab.inside)) as web:
        assert lab.client.run("curl", "-s", "--max-time", "3", f"http://{INSIDE}/", check=False).returncode != 0
        assert not web.asked_by


def test_ipv6_does_not_go_past_the_tunnel(lab, user):
    """The VPN has none. A container with the user-mode network of podman alone has the host's."""
    heading = "A tunnel that other containers use"
    network = "--network slirp4netns:enable_ipv6=true"
    # sstp itself makes the attempt: busybox's own programs crash with IPv6; the network needs a moment for its address
    beside = "--volume $HOME/bin/sstp:/bin/sstp:ro alpine sh -c"
    attempt = "until ip -6 route | grep -q ^default; do sleep 0.1; done; sstp probe --timeout 5 2001:db8:9::1 || true"
    with closing(Sniffer(lab.client, "cable")) as sniffer:
        def seen():
            return [p for p in sniffer.look() if p[0] >> 4 == 6 and p[24:40] == socket.inet_pton(socket.AF_INET6, "2001:db8:9::1")]

        user.sh(f"podman run --rm {network} {beside} '{attempt}'")
        assert seen(), "without the tunnel it goes out"
        serve(lab)
        user.sh(ending_with("vpn-password -", heading))
        user.sh(ending_with("sstp connect", heading).replace("podman run ", f"podman run {network} ", 1))
        wait_until_healthy(user)
        before = len(seen())
        said = user.sh(f"podman run --rm --network container:vpn {beside} '{attempt}; ip -6 route show'").stdout
        assert said.count("unreachable") >= 2
        assert len(seen()) == before
        user.sh("podman stop vpn")
