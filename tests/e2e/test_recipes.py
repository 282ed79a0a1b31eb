# SPDX-License-Identifier: GPL-3.0-or-later
"""The files in docs/ that cannot be run here: their syntax, and whether sstp accepts the settings in them."""
import configparser
import os
import re
import signal
import subprocess

import pytest
import yaml

from lab import GATEWAY, PATIENCE, REPO, RESOLV_CONF, SERVER

DOCS = REPO / "docs"
GOOD = (0, "configuration OK\n", "")


def check(sstp, words, env, folder):
    """sstp --check, with passwords and keys in files of our own."""
    password = folder / "password"
    password.write_text("wonder land\n")
    password.chmod(0o600)
    env = {**{k: v for k, v in os.environ.items() if not k.startswith("SSTP")}, **env}
    if "SSTP_PASSWORD_FILE" in env:
        env["SSTP_PASSWORD_FILE"] = str(password)
    done = subprocess.run([sstp, *words, "--check"], capture_output=True, text=True, timeout=PATIENCE, env=env)
    return done.returncode, done.stdout, done.stderr


def test_the_compose_file(sstp, tmp_path, pki):
    compose = yaml.safe_load((DOCS / "compose.yaml").read_text())
    vpn, app = compose["services"]["vpn"], compose["services"]["app"]
    assert check(sstp, vpn["command"], {**vpn["environment"], "SSTP_CA_CERT": str(pki.ca)}, tmp_path) == GOOD
    assert vpn["cap_add"] == ["NET_ADMIN"] and vpn["devices"] == ["/dev/net/tun"]
    assert vpn["healthcheck"]["test"] == ["CMD", "/sstp", "healthcheck"]
    assert vpn["environment"]["SSTP_PASSWORD_FILE"] == f"/run/secrets/{vpn['secrets'][0]}"
    assert set(vpn["secrets"]) <= set(compose["secrets"])
    assert app["network_mode"] == "service:vpn"
    assert app["depends_on"] == {"vpn": {"condition": "service_healthy"}}
    assert (DOCS / vpn["build"]["context"] / vpn["build"]["dockerfile"]).samefile(REPO / "Containerfile")


def test_the_compose_file_of_a_server(sstp, tmp_path, pki):
    compose = yaml.safe_load((DOCS / "compose-server.yaml").read_text())
    server = compose["services"]["vpn-server"]
    users = tmp_path / "users"
    users.write_text("ann * secret *\n")
    users.chmod(0o600)
    env = {**server["environment"], "SSTP_CERT": str(pki.server.cert), "SSTP_KEY": str(pki.server.key),
           "SSTP_USERS": str(users)}
    assert set(env) == set(server["environment"])
    assert check(sstp, server["command"], env, tmp_path) == GOOD
    assert server["cap_add"] == ["NET_ADMIN"] and server["devices"] == ["/dev/net/tun"]
    assert server["sysctls"] == {"net.ipv4.ip_forward": "1"}
    assert server["ports"] == ["4443:443"]
    assert (DOCS / server["build"]["context"] / server["build"]["dockerfile"]).samefile(REPO / "Containerfile")


def test_the_pod_of_kubernetes(sstp, tmp_path, pki):
    pod = yaml.safe_load((DOCS / "kubernetes.yaml").read_text())
    assert (pod["apiVersion"], pod["kind"]) == ("v1", "Pod")
    assert re.fullmatch("[a-z0-9-]+", pod["metadata"]["name"])
    spec = pod["spec"]
    (vpn,) = spec["initContainers"]
    assert vpn["restartPolicy"] == "Always", "a sidecar"
    volumes = {v["name"] for v in spec["volumes"]}
    for container in (vpn, *spec["containers"]):
        assert container["name"] and container["image"]
        assert {m["name"] for m in container.get("volumeMounts", [])} <= volumes
        # what the restricted Pod Security Standard requires
        assert container["securityContext"]["allowPrivilegeEscalation"] is False
        assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}
    assert spec["securityContext"]["runAsNonRoot"] is True
    assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    for probe in ("startupProbe", "livenessProbe"):
        assert vpn[probe]["exec"]["command"] == ["/sstp", "healthcheck"]
    env = {e["name"]: e["value"] for e in vpn["env"]}
    assert all(isinstance(value, str) for value in env.values()), "Kubernetes takes nothing else"
    assert check(sstp, vpn["args"], {**env, "SSTP_CA_CERT": str(pki.ca)}, tmp_path) == GOOD


def unit_of(name):
    unit = configparser.ConfigParser(interpolation=None, strict=False)  # systemd adds a repeated key
    unit.optionxform = str
    unit.read(DOCS / name)
    return unit


@pytest.mark.parametrize("name, settings", [
    ("sstp@.service", "server = vpn.example.net\nuser = ann\nca-cert = {ca}\n"),
    ("sstp-server.service", "cert = {cert}\nkey = {key}\nusers = {users}\nipv4-network = 10.9.0.0/24\n"),
])
def test_the_units_of_systemd(sstp, tmp_path, pki, name, settings):
    unit = unit_of(name)
    assert set(unit) - {"DEFAULT"} == {"Unit", "Service", "Install"}
    assert unit["Service"]["Type"] == "notify"
    program, *words = unit["Service"]["ExecStart"].split()
    assert program == "/usr/local/bin/sstp"
    users = tmp_path / "users"
    users.write_text("ann * secret *\n")
    users.chmod(0o600)
    config = tmp_path / "settings.conf"
    config.write_text(settings.format(ca=pki.ca, cert=pki.server.cert, key=pki.server.key, users=users))
    words[words.index("--config") + 1] = str(config)
    assert check(sstp, words, {}, tmp_path) == GOOD


@pytest.mark.parametrize("name", ["sstp@.service", "sstp-server.service"])
def test_systemd_finds_little_exposed_in_the_units(name):
    done = subprocess.run(["systemd-analyze", "security", "--offline=true", "--threshold=20", DOCS / name],
                          capture_output=True, text=True, timeout=PATIENCE)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Overall exposure level for " in done.stdout


def confined_by(name):
    """A command line that leaves as many capabilities as the unit does."""
    capabilities = unit_of(name)["Service"]["CapabilityBoundingSet"].split()
    allowed = ",".join("+" + c.removeprefix("CAP_").lower() for c in capabilities)
    return ["setpriv", "--inh-caps=-all", f"--bounding-set=-all,{allowed}", "--no-new-privs"]


def test_the_capabilities_of_the_units_are_enough(lab):
    users = lab.file("users", 'ann * "wonder land" *\n')
    server = lab.start(lab.server, *confined_by("sstp-server.service"), lab.sstp, "serve", "--cert", lab.pki.server.cert,
                       "--key", lab.pki.server.key, "--users", users, "--ipv4-network", "10.9.0.0/24", "--dns", "10.9.0.53",
                       "--nat", "any", label="serve")
    server.wait_for("^ready: ")
    client = lab.start(lab.client, *confined_by("sstp@.service"), lab.sstp, "connect", SERVER, "--user", "ann",
                       "--password-file", lab.file("password", "wonder land\n"), "--servercert", lab.pki.server.pin,
                       label="connect")
    client.wait_for("^connected in ")
    lab.client.ping(GATEWAY)
    assert "nameserver 10.9.0.53\n" in lab.client.resolv_conf.read_text()
    assert client.stop() == 0
    assert "warn: " not in client.log
    assert lab.client.resolv_conf.read_text() == RESOLV_CONF
    server.send(signal.SIGHUP)
    server.wait_for("^reloaded ", count=2)
    assert server.stop() == 0


@pytest.mark.parametrize("options", [("--dns-domain", "corp.test"), ("--policy-rules", "--lockdown")])
def test_the_capabilities_of_the_client_unit_are_enough_for(lab, options):
    lab.serve("--dns", "10.9.0.53")
    client = lab.start(lab.client, *confined_by("sstp@.service"), lab.sstp, "connect", SERVER, "--user", "ann",
                       "--password-file", lab.file("password", "wonder land\n"), "--servercert", lab.pki.server.pin,
                       *options, label="connect")
    client.wait_for("^connected in ")
    assert client.stop() == 0
    assert "warn: " not in client.log


def test_links_lead_somewhere():
    for page in (REPO / "README.md", *DOCS.glob("*.md")):
        for target in re.findall(r"\]\(([^)#:]+)\)", page.read_text()):
            assert (page.parent / target).exists(), f"{page.name}: {target}"


def commands_of(page):
    """The command lines of sstp on a page, as (verb, the words after it); a command after -- is not sstp's."""
    text = page.read_text().replace("\\\n", " ")
    for words in re.findall(r"^    sstp (?!VERB)(.*)$", text, re.M):
        verb, *more = re.sub(r"\$\([^)]*\)|\s#.*| -- .*", "", words).split()
        yield verb, more


@pytest.mark.parametrize("page", [REPO / "README.md", DOCS / "guide.md", DOCS / "containers.md"], ids=lambda page: page.name)
def test_the_commands_of_a_page_have_options_that_exist(sstp, page):
    found = list(commands_of(page))
    assert found
    for verb, words in found:
        text = subprocess.run([sstp, verb, "--help"], capture_output=True, text=True, timeout=PATIENCE, check=True).stdout
        options = set(re.findall(r"(?<![\w-])--?[A-Za-z][\w-]*", text))
        assert {w.split("=")[0] for w in words if w.startswith("-")} <= options, (verb, words)


def test_the_readme_is_short_and_shows_ten_things():
    text = (REPO / "README.md").read_text()
    assert len(text.splitlines()) < 120
    assert {verb for verb, _ in commands_of(REPO / "README.md")} == {
        "connect", "run", "proxy", "probe", "serve", "cert", "passwd"}
    assert re.search(r"^    make  +#", text, re.M) and re.search(r"^    make check  +#", text, re.M)


HAPROXY_BEFORE = """\
defaults
    timeout connect 5s
    timeout client 1m
    timeout server 1m
backend site
    mode http
    server one 127.0.0.1:81
"""


def test_haproxy_has_nothing_to_say_about_the_page(tmp_path, pki):
    """Its settings in docs/front.md, after the time limits that the page asks for and a site of the reader's own."""
    page = (DOCS / "front.md").read_text()
    assert all(f"`{limit}`" in page for limit in re.findall("timeout .*", HAPROXY_BEFORE))
    pem = tmp_path / "vpn.pem"
    pem.write_bytes(pki.server.cert.read_bytes() + pki.server.key.read_bytes())
    blocks = [b for b in re.findall(r"^```\n(.*?)^```$", page, re.M | re.S) if re.match("frontend |listen ", b)]
    assert len(blocks) == 3
    for block in blocks:
        config = tmp_path / "haproxy.cfg"
        config.write_text(HAPROXY_BEFORE + block.replace("/etc/haproxy/vpn.example.net.pem", str(pem)))
        done = subprocess.run(["haproxy", "-c", "-f", config], capture_output=True, text=True, timeout=PATIENCE)
        assert done.returncode == 0 and "WARNING" not in done.stderr, done.stderr
