# SPDX-License-Identifier: GPL-3.0-or-later
"""Load balancers and web servers, programs that are not ours: in front of `sstp serve`, or after it.

A load balancer runs on the router, where clients reach it as 10.1.0.254; a web server runs beside sstp on the server.
Their files are in a folder below /run of their host, where users without privileges may read them.
"""
import shutil

from lab import SERVER, eventually
from upstreams import file, wait_for_port

BALANCER = "10.1.0.254"  # the router, as clients see it
# for programs that do not end with the status 0 when they are asked to end, which a test would take for a failure
GENTLY = ["sh", "-c", "\"$@\" & trap 'kill $!; wait; exit 0' TERM; wait $!", "sh"]
FROM = "192.0.2.254"  # the router, as the server sees it


def folder_of(host, name):
    folder = host.run_folder / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    folder.chmod(0o755)
    return folder, f"/run/{name}"


def haproxy(lab, section, port=443, host=None):
    """HAProxy with these lines of configuration."""
    host = host or lab.router
    folder, seen = folder_of(host, f"haproxy-{port}")
    file(folder, "haproxy.cfg", f"""
global
    stats socket {seen}/control mode 600 level admin
defaults
    timeout connect 20s
    timeout client 600s
    timeout server 600s
    timeout tunnel 600s
{section}
""")
    return wait_for_port(lab, lab.start(host, *GENTLY, "haproxy", "-db", "-f", f"{seen}/haproxy.cfg", label="haproxy"),
                         port, host)


def tcp_haproxy(lab, how, to=f"{SERVER}:443"):
    """HAProxy that passes bytes on; `how` are words of its `server` line."""
    return haproxy(lab, f"""
listen vpn
    mode tcp
    bind :443
    server one {to} {how}
""")


def http_haproxy(lab, to, frontend="", backend="option forwardfor", port=443):
    """HAProxy that ends TLS, with the server's certificate, and passes HTTP on."""
    pem = lab.file("terminator.pem", lab.pki.server.cert.read_text() + lab.pki.server.key.read_text(), 0o644)
    return haproxy(lab, f"""
frontend tls
    mode http
    bind :{port} ssl crt {pem} alpn http/1.1
    option http-no-delay
    {frontend}
    default_backend vpn
backend vpn
    mode http
    {backend}
    server one {to}
""", port, lab.server)


def nginx(lab, port, section, host=None, wait=True):
    """nginx with these lines of configuration."""
    host = host or lab.router
    folder, seen = folder_of(host, f"nginx-{port}")
    file(folder, "nginx.conf", f"""
load_module /usr/lib/nginx/modules/ngx_stream_module.so;
daemon off;
user root;
worker_processes 1;
pid {seen}/pid;
error_log stderr info;
events {{ }}
{section}
""")
    program = lab.start(host, "nginx", "-p", seen, "-e", "stderr", "-c", f"{seen}/nginx.conf", label="nginx")
    return wait_for_port(lab, program, port, host) if wait else program


def stream_nginx(lab, more="", to=f"{SERVER}:443"):
    return nginx(lab, 443, f"stream {{ server {{ listen 443; proxy_pass {to}; {more} }} }}")


# ---- web servers

WEB = 8080


def web_folder(lab, name):
    """A folder with a web site, and where it may write."""
    folder, seen = folder_of(lab.server, name)
    (folder / "site/up").mkdir(parents=True)
    (folder / "site/up").chmod(0o777)
    file(folder / "site", "index.html", "<h1>A web site</h1>\n")
    return folder, seen


def web_nginx(lab, listen=f"127.0.0.1:{WEB}", tls_port=None):
    """nginx with a page, with PUT, and optionally the same with TLS of its own."""
    folder, seen = web_folder(lab, "site")
    tls = tls_port and f"""
        server {{
            listen {tls_port} ssl;
            ssl_certificate {lab.pki.server.cert};
            ssl_certificate_key {lab.pki.server.key};
            root {seen}/site;
        }}"""
    is_unix = listen.startswith("unix:")
    program = nginx(lab, 0 if is_unix else WEB, f"""
http {{
    access_log /dev/stdout;
    client_body_temp_path {seen}/body;
    client_max_body_size 0;
    server {{
        listen {listen};
        root {seen}/site;
        location /up/ {{ dav_methods PUT; }}
        location /who {{ return 200 "$proxy_protocol_addr $proxy_protocol_port\\n"; }}
    }}
    {tls or ""}
}}""", host=lab.server, wait=not is_unix)
    if is_unix:
        eventually("nginx listens", (lab.server.run_folder / "nginx.sock").exists)
    program.site = folder / "site"
    return program


def web_apache(lab, how=""):
    """Apache with a page that says who asks."""
    folder, seen = web_folder(lab, "apache-site")
    modules = "".join(f"LoadModule {m}_module /usr/lib/apache2/modules/mod_{m}.so\n" for m in (
        "mpm_event", "authz_core", "dir", "remoteip", "headers"))
    file(folder, "apache.conf", f"""
ServerRoot {seen}
ServerName www.example.net
PidFile {seen}/pid
DefaultRuntimeDir {seen}
Listen 127.0.0.1:{WEB}
{modules}
User nobody
Group nogroup
ErrorLog /dev/stderr
DocumentRoot {seen}/site
{how}
<Directory {seen}/site>
    Require all granted
    Header set X-Who "expr=%{{REMOTE_ADDR}}"
</Directory>
""")
    program = lab.start(lab.server, "apache2", "-D", "FOREGROUND", "-f", f"{seen}/apache.conf", label="apache")
    return wait_for_port(lab, program, WEB, lab.server)
