# SPDX-License-Identifier: GPL-3.0-or-later
"""Load balancers and web servers, programs that are not ours: in front of `sstp serve`, or after it.

A load balancer runs on the router, where clients reach it as 10.1.0.254; a web server runs beside sstp on the server.
Their files are in a folder below /run of their host, where users without privileges may read them.
"""
import shutil

from lab import SERVER
from upstreams import file, wait_for_port

BALANCER = "10.1.0.254"  # the router, as clients see it
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
    # when asked to end it ends with 143, which a test would take for a failure
    gently = "haproxy -db -f $0 & trap 'kill $!; exit 0' TERM; wait $!"
    return wait_for_port(lab, lab.start(host, "sh", "-c", gently, f"{seen}/haproxy.cfg", label="haproxy"), port, host)


def tcp_haproxy(lab, how, to=f"{SERVER}:443"):
    """HAProxy that passes bytes on; `how` are words of its `server` line."""
    return haproxy(lab, f"""
listen vpn
    mode tcp
    bind :443
    server one {to} {how}
""")


def nginx(lab, port, section, host=None):
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
    return wait_for_port(lab, program, port, host)


def stream_nginx(lab, more="", to=f"{SERVER}:443"):
    return nginx(lab, 443, f"stream {{ server {{ listen 443; proxy_pass {to}; {more} }} }}")
