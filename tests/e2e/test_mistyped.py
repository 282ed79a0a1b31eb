# SPDX-License-Identifier: GPL-3.0-or-later
"""Mistyped commands, and the habits of other programs: the error names what is wrong and what would be right.

Each of them ends with status 2 before sstp asks for anything or connects. Where a case has only one text, that text is
the end of the error.
"""
import os
import shlex
import subprocess

import pytest
from lab import PATIENCE

PORT_FOLLOWS = "the port follows the server"
NO_TRUST = "there is no option that trusts any certificate; give --servercert PIN"
NO_PASSWORD = "a password never comes from the command line; --password-file FILE"
TWICE = "only one server can be given (already: vpn)"
OPTIONS_ONLY = "only options are expected here"
FLAG = "a flag takes no value: its name alone turns it on"
NETWORK = "must be a network such as 10.0.0.0/8, 10.0.0.0/255.0.0.0 or 2001:db8::/32"
HOST_PORT = "must be HOST or HOST:PORT, an IPv6 address with a port in brackets"
SECONDS = "must be a number of seconds, from 1 to 3600, without a unit"
LISTEN = "must be a port, an address, or both: 443, 192.0.2.1"
PIN = "must be pin-sha256: and 44 characters of base64, or sha256: and 64 hexadecimal digits"
NO_FILE = "No such file or directory"

CASES = [
    # ---- no verb, or a wrong one
    ("conect vpn", "sstp: unknown verb conect; did you mean sstp connect?"),
    ("up vpn", "unknown verb up; did you mean sstp connect?"),
    ("start vpn", "unknown verb start; did you mean sstp connect?"),
    ("client vpn", "unknown verb client; did you mean sstp connect?"),
    ("server --port 443", "unknown verb server; did you mean sstp serve?"),
    ("daemon", "unknown verb daemon; did you mean sstp serve?"),
    ("down", "unknown verb down; Ctrl-C, SIGTERM or sstp disconnect ends a running sstp"),
    ("stop", "unknown verb stop; Ctrl-C, SIGTERM or sstp disconnect"),
    ("list", "unknown verb list; did you mean sstp sessions?"),
    ("show", "unknown verb show; did you mean sstp status?"),
    ("exec vpn -- curl", "unknown verb exec; did you mean sstp run?"),
    ("socks5 vpn", "unknown verb socks5; did you mean sstp proxy?"),
    ("adduser ann", "unknown verb adduser; did you mean sstp passwd?"),
    ("genkey", "unknown verb genkey; did you mean sstp cert?"),
    ("vpn.example.net", "unknown verb vpn.example.net; did you mean sstp connect vpn.example.net?"),
    ("ann@vpn", "unknown verb ann@vpn; did you mean sstp connect ann@vpn?"),
    ("https://vpn/", "unknown verb https://vpn/; did you mean sstp connect https://vpn/?"),
    ("-u ann vpn", "unknown verb -u; a verb comes first"),
    ("--user ann vpn", "unknown verb --user; a verb comes first"),
    ("-c file", "unknown verb -c; a verb comes first"),
    ("--config file connect", "unknown verb --config; a verb comes first"),
    ("Connect vpn", "unknown verb Connect; did you mean sstp connect?"),

    # ---- unexpected words
    ("serve 443", f"443: {OPTIONS_ONLY}; did you mean --listen 443?"),
    ("serve 0.0.0.0:443", "did you mean --listen 0.0.0.0:443?"),
    ("serve [::]:443", "did you mean --listen [::]:443?"),
    ("serve *:443", "did you mean --listen *:443?"),
    ("serve 192.0.2.1", "did you mean --listen 192.0.2.1?"),
    ("serve 10.9.0.0/24", "did you mean --ipv4-network 10.9.0.0/24?"),
    ("serve 10.9.0.0/255.255.255.0", "did you mean --ipv4-network 10.9.0.0/255.255.255.0?"),
    ("serve serve.conf", "did you mean --config serve.conf?"),
    ("serve /etc/passwd", "did you mean --config /etc/passwd?"),
    ("serve server.ini", "did you mean --config server.ini?"),
    ("serve server.crt", "did you mean --cert server.crt?"),
    ("serve start", "start: only options are expected here; the verb is enough, without this word"),
    ("serve up", "the verb is enough"),
    ("serve vpn.example.net", f"vpn.example.net: {OPTIONS_ONLY}"),
    ("serve listen 443", "listen: only options are expected here; did you mean --listen?"),
    ("serve port 443", "port: only options are expected here; did you mean --listen?"),
    ("serve users file", "did you mean --users?"),
    ("serve connect", "there is one verb, directly after sstp"),
    ("serve --background yes", FLAG),
    ("serve -- 443", "443: only options are expected here"),
    ("serve -- --listen 443", "after -- no word is an option; options come before it"),
    ("cert vpn.example.net", f"{OPTIONS_ONLY}; did you mean --name vpn.example.net?"),
    ("cert 192.0.2.1 --out x", "did you mean --name 192.0.2.1?"),
    ("cert server.crt", "did you mean --show server.crt?"),
    ("cert show server.crt", "show: only options are expected here; did you mean --show?"),
    ("cert make", "make: only options are expected here"),
    ("cert --name a b", "b: only options are expected here; did you mean --name b?"),
    ("cert --force yes", FLAG),
    ("healthcheck sstp0", f"sstp0: {OPTIONS_ONLY}; did you mean --interface sstp0?"),
    ("healthcheck vpn.example.net", OPTIONS_ONLY),
    ("healthcheck --interface sstp0 sstp1", "sstp1: only options"),
    ("passwd", "FILE and USER are needed: sstp passwd /etc/sstp/users ann"),
    ("passwd ann", "FILE and USER are needed"),
    ("passwd users ann s3cret", "only FILE and USER are expected; a password is asked for"),
    ("passwd -u ann users", "unknown option -u; sstp passwd takes the user after the file: sstp passwd FILE USER"),
    ("passwd --user ann users", "sstp passwd takes the user after the file: sstp passwd FILE USER"),
    ("passwd --users users ann", "sstp passwd takes the file as a word: sstp passwd FILE USER"),
    ("passwd --password s3cret users ann", NO_PASSWORD),
    ("passwd -p s3cret users ann", "unknown option -p; did you mean --password-file?"),
    ("passwd --clear-text --pap-only users ann", "--clear-text and --pap-only contradict each other"),
    ("passwd --passwd-on-stdin=yes users ann", "--passwd-on-stdin takes no value"),
    ("passwd --password-file /nowhere/p users ann", f"--password-file /nowhere/p: {NO_FILE}"),
    ("passwd --remove users ann", "unknown option --remove; did you mean --delete?"),
    ("passwd --ip 10.9.0.2 users ann", "did you mean --address?"),
    ("passwd --config file users ann", "unknown option --config"),

    # ---- two servers, or a word that looks like one
    ("connect vpn 443", f"443: {TWICE}; {PORT_FOLLOWS}: HOST:PORT"),
    ("connect vpn ann", f"ann: {TWICE}"),
    ("connect vpn 10.0.0.0/8", f"{TWICE}; did you mean --route 10.0.0.0/8?"),
    ("connect vpn office.conf", "did you mean --config office.conf?"),
    ("connect vpn /etc/hosts", "did you mean --config /etc/hosts?"),
    ("connect noauth vpn", "noauth: no word is expected here; the server proves itself by its certificate"),
    ("connect user ann vpn", "user: no word is expected here; did you mean --user?"),
    ("connect vpn user ann", "user: no word is expected here; did you mean --user?"),
    ("connect username ann vpn", "username: no word is expected here; did you mean --user?"),
    ("connect up vpn", "up: no word is expected here; the verb is enough, without this word"),
    ("connect start vpn", "start: no word is expected here; the verb is enough"),
    ("connect client vpn", "client: no word is expected here"),
    ("connect server vpn", "server: no word is expected here; there is one verb"),
    ("connect run vpn", "run: no word is expected here; there is one verb, directly after sstp"),
    ("connect usepeerdns vpn", "usepeerdns: no word is expected here; the server's DNS is used unless --no-dns"),
    ("connect vpn defaultroute", "defaultroute: no word is expected here; the default route goes through the tunnel"),
    ("connect vpn require-mschap-v2", "did you mean --auth?"),
    ("connect --once yes vpn", f"yes: no word is expected here; {FLAG}"),
    ("connect --no-dns true vpn", f"true: no word is expected here; {FLAG}"),
    ("connect vpn --quiet 1", f"1: {TWICE}; {PORT_FOLLOWS}"),
    ("connect --user= ann vpn", "--user: must not be empty"),
    ("connect --user = ann vpn", "--user: the value follows a blank or a =, not both: --user=NAME"),
    ("connect --user =ann vpn", "--user: the value follows a blank or a =, not both"),
    ("connect -u = ann vpn", "-u: the value follows a blank or a =, not both"),
    ("connect vpn -- curl http://x/", f"curl: {TWICE}; only sstp run and sstp proxy take a command after --"),
    ("connect vpn -- --once", "--once: no word is expected here; after -- no word is an option"),
    ("connect –once vpn", "it begins with a dash that is not the - of the keyboard"),
    ("connect vpn —user ann", "it begins with a dash that is not the - of the keyboard"),
    ("connect one.example two.example", "two.example: only one server can be given (already: one.example)"),
    ("connect --server one.example vpn two.example", f"two.example: {TWICE}"),
    ("run vpn curl http://x/", f"curl: {TWICE}; a command follows --"),
    ("run vpn bash", f"bash: {TWICE}; a command follows --"),
    ("run vpn", "no command: sstp run HOST -- COMMAND"),
    ("run vpn --", "no command: sstp run HOST -- COMMAND"),
    ("run -- curl", "no server: sstp run HOST"),
    ("run -u ann -- vpn curl", "no server: sstp run HOST"),
    ("run vpn 443 -- curl", f"443: {TWICE}; {PORT_FOLLOWS}"),
    ("run exec vpn -- curl", "exec: no word is expected here; the verb is enough"),
    ("proxy vpn 1080", f"1080: {TWICE}; {PORT_FOLLOWS}"),
    ("proxy vpn socks5", "socks5: no word is expected here; did you mean --socks5?"),
    ("proxy vpn", "nothing to do: give --socks5, --http-proxy, -L, -R, or a command after --"),
    ("proxy vpn --", "no command after --: sstp proxy HOST -- COMMAND"),
    ("proxy vpn -b -- curl", "--background and a command contradict each other"),
    ("probe vpn 443", f"443: {TWICE}; {PORT_FOLLOWS}"),
    ("probe", "no server: sstp probe HOST"),
    ("probe vpn -- json", "json: no word is expected here; did you mean --json?"),
    ("connect", "no server: sstp connect HOST"),
    ("connect -u ann", "no server: sstp connect HOST"),
    ("proxy -D 1080", "no server: sstp proxy HOST"),

    # ---- addresses
    ("connect http://vpn/", "http://vpn/: must be HOST or HOST:PORT; of URLs, https:// and sstp:// are understood"),
    ("connect vpn/path", f"{HOST_PORT}: there is a / or * in it"),
    ("connect vpn:", HOST_PORT),
    ("connect vpn:https", f"vpn:https: {HOST_PORT}: the port is not a number from 1 to 65535"),
    ("connect vpn:0", "the port is not a number from 1 to 65535"),
    ("connect vpn:70000", "the port is not a number from 1 to 65535"),
    ("connect vpn:443:443", "it has several colons and is not an IPv6 address"),
    ("connect :443", HOST_PORT),
    ("connect ''", HOST_PORT),
    ("connect [2001:db8::1", HOST_PORT),
    ("connect 2001:db8::1]:443", HOST_PORT),
    ("connect [vpn]:443", HOST_PORT),
    ("connect [2001:db8::1]443", HOST_PORT),
    ("connect ann:s3cret@vpn", "vpn: must not hold a password: the command line and the environment can be read by others"),
    ("connect https://ann:s3cret@vpn/", "must not hold a password"),
    ("connect @vpn", "must have a user name of 1 to 255 bytes before the @"),
    ("connect --server vpn:x", f"--server vpn:x: {HOST_PORT}"),
    ("connect --sni a/b vpn -u ann", "--sni a/b: must be a host name such as vpn.example.net"),
    ("connect --verify-name 'a b' vpn -u ann", "--verify-name a b: must be a host name"),
    ("connect straße.example -u ann", "must be given as DNS and certificates have it: probably xn--strae-oqa.example"),
    ("connect --sni vpn --no-sni vpn -u ann", "--sni and --no-sni exclude each other"),
    ("connect --host-header a/b vpn -u ann", "--host-header a/b: must be a host name"),
    ("connect --resolve vpn vpn", "--resolve vpn: "),
    ("connect --resolve vpn:443 vpn", "--resolve vpn:443: "),
    ("connect --resolve vpn:443:host vpn", "--resolve vpn:443:host: "),
    ("connect -4 -6 vpn -u ann", "--ipv4-only and --ipv6-only exclude each other"),
    ("connect -4 --resolve vpn:443:2001:db8::1 vpn -u ann", "--resolve has no IPv4 address for vpn"),
    ("serve --listen vpn.example.net", f"--listen vpn.example.net: {LISTEN}"),
    ("serve --listen 0", f"--listen 0: {LISTEN}"),
    ("serve --listen :", f"--listen :: {LISTEN}"),
    ("serve --listen tcp://0.0.0.0:443", LISTEN),
    ("serve --listen 443/tcp", LISTEN),
    ("serve --listen ::1:443x", LISTEN),
    ("serve -l eth0", f"--listen eth0: {LISTEN}"),

    # ---- values
    ("connect --route 10.0.0.0/33 vpn", f"--route 10.0.0.0/33: {NETWORK}"),
    ("connect --route 10.0.0.0/255.0.255.0 vpn", NETWORK),
    ("connect --route 10.0.0.0/0.0.0.255 vpn", NETWORK),
    ("connect --route 2001:db8::/ffff:: vpn", NETWORK),
    ("connect --route 10.0.0.0-10.0.0.9 vpn", NETWORK),
    ("connect --route intranet vpn", NETWORK),
    ("connect --route default vpn", NETWORK),
    ("connect --route '' vpn", "--route: must be a network"),
    ("connect --route vpn", f"--route vpn: {NETWORK}"),
    ("connect --mtu 1500b vpn", "--mtu 1500b: must be from 576 to 4087"),
    ("connect --mtu 1k vpn", "--mtu 1k: must be from 576 to 4087"),
    ("connect --mtu 9000 vpn", "--mtu 9000: must be from 576 to 4087"),
    ("connect --mtu -1 vpn", "--mtu -1: must be from 576 to 4087"),
    ("connect --mtu 0x500 vpn", "--mtu 0x500: must be"),
    ("connect -m vpn", "--mtu vpn: must be from 576 to 4087"),
    ("connect --timeout 30s vpn", f"--timeout 30s: {SECONDS}"),
    ("connect --timeout 1m vpn", SECONDS),
    ("connect --timeout 0 vpn", SECONDS),
    ("connect --timeout 1.5 vpn", SECONDS),
    ("connect --timeout never vpn", SECONDS),
    ("connect --exclude 10.0.0.0/8,192.168.0.0/16 vpn",
     "--exclude 10.0.0.0/8,192.168.0.0/16: must be one network; the option may be given again"),
    ("connect --dns 10.0.0.53,10.0.0.54 vpn", "--dns 10.0.0.53,10.0.0.54: must be one address; the option may be given again"),
    ("connect --server vpn,vpn2", "--server vpn,vpn2: must be one server; the option may be given again"),
    ("connect --auth peap -u ann --eap-name https://radius vpn",
     "--eap-name https://radius: must be a name or a domain, such as radius.example.net"),
    ("connect --auth mschapv2 -u ann --eap-name radius.example.net vpn", "--eap-name and --eap-ca are for --auth eap-tls and peap"),
    ("connect --auth eap-mschapv2 -u ann --peap-binding require vpn", "--peap-binding require is for --auth peap"),
    ("connect --auth mschapv2 -u ann --eap-identity anonymous vpn", "--eap-identity is for methods of EAP"),
    ("serve --peap-binding require --cert /etc/hosts --key /etc/hosts --users /etc/hosts --ipv4-network 10.9.0.0/24",
     "--peap-binding require is for --auth peap"),
    ("serve --radius-coa-port 0 --cert c --key k", "--radius-coa-port 0: must be a port, 1 to 65535"),
    ("serve --radius-coa-port 65536 --cert c --key k", "--radius-coa-port 65536: must be a port, 1 to 65535"),
    ("connect --auth eap vpn", "--auth eap: eap is not supported; these are: mschapv2, eap-mschapv2, peap, eap-tls, chap, pap"),
    ("connect --auth mschap vpn", "mschap is not supported"),
    ("connect --auth all vpn", "all is not supported"),
    ("connect --auth '' vpn", "must be some of mschapv2, eap-mschapv2, peap, eap-tls, chap, pap"),
    ("connect --auth pap,PAP vpn", "PAP is named twice"),
    ("connect --auth=mschap-v2,MSCHAPv2 vpn", "MSCHAPv2 is named twice"),
    ("connect --servercert abc vpn", f"--servercert abc: {PIN}"),
    ("connect --servercert sha1:abc vpn", f"--servercert sha1:abc: {PIN}"),
    ("connect --servercert pin-sha256:abc vpn", PIN),
    ("connect --servercert server.crt vpn", PIN),
    ("connect --min-tls 1.1 vpn", "--min-tls 1.1: must be 1.2 or 1.3"),
    ("connect --min-tls tls1.3 vpn", "must be 1.2 or 1.3"),
    ("connect --min-hash md5 vpn", "--min-hash md5: must be sha1 or sha256"),
    ("connect --interface eth0/1 vpn", "--interface eth0/1: must be a device's name"),
    ("connect -i much-too-long-a-name vpn", "must be a device's name: at most 15 characters"),
    ("connect --table main vpn", "--table main: must be a number from 0 to 1000000000"),
    ("connect --tun-fd 77 vpn", "--tun-fd 77: there is no open descriptor 77; a shell opens one with 77<FILE"),
    ("connect --tun-fd tun0 vpn", "--tun-fd tun0: must be the number of an open descriptor"),
    ("connect --ready-fd x vpn", "--ready-fd x: must be the number of an open descriptor"),
    *((f"connect {name} 2 vpn", f"{name} 2: is standard error, which the log needs; a shell opens another descriptor with 3<FILE")
      for name in ("--tun-fd", "--ready-fd", "--exit-fd")),
    ("connect --password-fd 77 vpn -u ann", "--password-fd 77: there is no open descriptor 77"),
    ("connect --password-fd stdin vpn -u ann", "--password-fd stdin: must be the number of an open descriptor"),
    ("connect --password-file - vpn", "--password-file -: there is no file of this name; /dev/stdin is standard input"),
    ("connect --password-file s3cret vpn", f"--password-file s3cret: {NO_FILE}"),
    ("connect --password-file /etc vpn", "--password-file /etc: Is a directory"),
    ("connect --ca-cert /nowhere/ca vpn", f"--ca-cert /nowhere/ca: {NO_FILE}"),
    ("connect --crl /nowhere/crl vpn", f"--crl /nowhere/crl: {NO_FILE}"),
    ("connect --config /nowhere/conf vpn", f"--config /nowhere/conf: {NO_FILE}"),
    ("connect --config /etc vpn", "--config /etc: Is a directory"),
    ("connect -u '' vpn", "--user: must not be empty"),
    ("connect --script '' vpn", "--script: must not be empty"),
    ("connect --user", "--user needs a value: --user NAME"),
    ("connect vpn -u", "-u needs a value: --user NAME"),
    ("connect --user --once vpn", "--user needs a value, and --once is an option"),
    ("connect -u --password-file=x vpn", "-u needs a value, and --password-file is an option"),
    ("connect --once=yes vpn", "--once takes no value"),
    ("connect --no-dns=1 vpn", "--no-dns takes no value"),
    ("connect --once --keep-trying vpn -u ann", "--once and --keep-trying contradict each other"),
    ("connect --userns /x vpn -u ann", "--userns needs --netns: it is the user namespace that --netns belongs to"),
    ("connect --netns x --script-tun y vpn -u ann", "--netns, --tun-fd and --script-tun exclude each other"),
    ("serve --ipv4-network 10.9.0.0/31", "must be an IPv4 network of /8 to /30, such as 10.9.0.0/24"),
    ("serve --ipv4-network 10.9.0.1-10.9.0.99", "must be an IPv4 network of /8 to /30"),
    ("serve --ipv4-network 10.9.0.0", "must be an IPv4 network of /8 to /30"),
    ("serve --dns dns.example", "--dns dns.example: must be host, or an IP address such as 10.0.0.1 or 2001:db8::53"),
    ("serve --dns 1.1.1.1,8.8.8.8", "must be host, or an IP address"),
    ("serve --nbns 2001:db8::53", "--nbns 2001:db8::53: must be an IPv4 address such as 10.0.0.1"),
    ("serve --dns 1.1.1.1 --dns 1.0.0.1 --dns 8.8.8.8", "--dns 8.8.8.8: at most two can be given"),
    ("serve --workers all", "--workers all: must be from 1 to 64, or 0 for one a core"),
    ("serve --max-sessions unlimited", "--max-sessions unlimited: must be a number from 0"),
    ("serve --max-failures -1", "--max-failures -1: must be a number from 0"),
    ("serve --cert /nowhere/c --key /nowhere/k", f"--cert /nowhere/c: {NO_FILE}"),
    ("serve --key /nowhere/k", f"--key /nowhere/k: {NO_FILE}"),
    ("serve --users /nowhere/u", f"--users /nowhere/u: {NO_FILE}"),
    ("serve --key-password-file /nowhere/p", f"--key-password-file /nowhere/p: {NO_FILE}"),
    ("serve", "no certificate: --cert FILE (sstp cert makes one)"),
    ("proxy --socks5 vpn vpn", "--socks5 vpn: must be [ADDR:]PORT, such as 1080"),
    ("proxy -D 99999 vpn", "--socks5 99999: must be [ADDR:]PORT"),
    ("proxy --http-proxy http://x:80 vpn", "--http-proxy http://x:80: must be [ADDR:]PORT"),
    ("proxy -L 8080 vpn", "--forward 8080: must be [ADDR:]PORT:HOST:PORT, such as 8080:intranet:80"),
    ("proxy -L 8080:intranet vpn", "must be [ADDR:]PORT:HOST:PORT"),
    ("proxy -R intranet:80 vpn", "--remote-forward intranet:80: must be PORT:HOST:PORT"),
    ("proxy -D 1080 --listen-user ann vpn -u ann", "--listen-user and --listen-password-file need each other"),
    ("cert", "no name: --name vpn.example.net (what clients will type)"),
    ("cert --name a.example", "no name for the files: --out /etc/sstp/server"),
    ("cert --name a.example --out x --days 1y", "--days 1y: must be a number of days, from 1 to 36500"),
    ("cert --name a.example --out x --days 0", "--days 0: must be a number of days, from 1 to 36500"),
    ("cert --name a.example --out x --days 40000", "--days 40000: must be a number of days, from 1 to 36500"),
    ("cert --name https://a.example/ --out x", '--name "https://a.example/" is neither a DNS name nor an address'),
    ("cert --name 'a b' --out x", '--name "a b" is neither a DNS name nor an address'),
    ("cert --name a,b --out x", '--name "a,b" is neither a DNS name nor an address'),

    # ---- options of other programs
    ("connect --username=ann vpn", "unknown option --username; did you mean --user?"),
    ("connect --pasword-file x vpn", "did you mean --password-file?"),
    ("connect -user ann vpn", "-user: did you mean --user?"),
    ("connect -once vpn", "-once: did you mean --once?"),
    ("connect -interface=tun0 vpn", "did you mean --interface?"),
    ("connect -u=ann vpn", "-u=: the value follows without a =: -u NAME"),
    ("connect --cert-warn vpn", f"unknown option --cert-warn; {NO_TRUST}"),
    ("connect --no-cert-check vpn", f"unknown option --no-cert-check; {NO_TRUST}"),
    ("connect --insecure vpn", f"unknown option --insecure; {NO_TRUST}"),
    ("connect -k vpn", f"unknown option -k; {NO_TRUST}"),
    ("connect --password s3cret vpn", f"unknown option --password; {NO_PASSWORD}"),
    ("connect --password=s3cret vpn", f"unknown option --password; {NO_PASSWORD}"),
    ("connect -p s3cret vpn", "unknown option -p; the port follows the server (HOST:PORT), and a password comes from"),
    ("connect -c file vpn", f"--config file: {NO_FILE}"),
    ("connect --config-file x vpn", "did you mean --config?"),
    ("connect --port 443 vpn", f"unknown option --port; {PORT_FOLLOWS}: HOST:PORT"),
    ("connect --protocol=sstp vpn", "the protocol is SSTP; there is no other"),
    ("connect --cafile ca.pem vpn", "did you mean --ca-cert?"),
    ("connect --ca ca.pem vpn", "did you mean --ca-cert?"),
    ("connect --certificate me.pem vpn", "client-cert"),
    ("connect --cert me.pem vpn", "client-cert"),
    ("connect --sslkey me.key vpn", "client-key"),
    ("connect --remote vpn", "unknown option --remote; did you mean --server?"),
    ("connect --dev tun0 vpn", "did you mean --interface?"),
    ("connect --redirect-gateway def1 vpn", "all traffic goes through the tunnel unless --no-default-route is given"),
    ("connect --AllowedIPs 10.0.0.0/8 vpn", "did you mean --route?"),
    ("connect --sstp-sock x vpn", "sstp has a PPP of its own: no pppd, no plugin"),
    ("connect --log-level 3 vpn", "--verbose logs more and --quiet less"),
    ("connect --daemon vpn", "did you mean --background?"),
    ("connect --split-dns corp.test vpn", "did you mean --dns-domain?"),
    ("run --dns-domain corp.test vpn -- true", "all names of the command are looked up at the VPN's DNS servers"),
    ("connect --dns-search corp.test vpn", "did you mean --search?"),
    ("connect --listen 443 vpn", "unknown option --listen"),
    ("connect --version", "sstp --version prints the version"),
    ("connect -V", "unknown option -V; sstp --version prints the version"),
    ("connect -x vpn", "unknown option -x; sstp connect --help lists the options"),
    ("connect -é vpn", "unknown option -é; sstp connect --help lists the options"),
    ("connect --=x vpn", "--=x: an option has a name: --name=VALUE"),
    ("connect --frobnicate vpn", "unknown option --frobnicate; sstp connect --help lists the options"),
    ("run --netns x vpn -- curl", "unknown option --netns"),
    ("run --kill-switch vpn -- curl", "unknown option --kill-switch"),
    ("proxy --socks 1080 vpn", "did you mean --socks5?"),
    ("serve --port 443", "unknown option --port; did you mean --listen?"),
    ("serve -p 443", "unknown option -p; did you mean --listen?"),
    ("serve --bind 0.0.0.0", "did you mean --listen?"),
    ("serve --user ann", "did you mean --users?"),
    ("serve -u ann", "unknown option -u; did you mean --users?"),
    ("serve --secrets x", "did you mean --users?"),
    ("serve --ca-cert x", "unknown option --ca-cert"),
    ("serve --pool 10.9.0.0/24", "--pool 10.9.0.0/24: must be a name and a part of --ipv4-network"),
    ("serve --max-clients 5", "did you mean --max-sessions?"),
    ("serve -f", "unknown option -f; did you mean --config?"),
    ("serve --once", "unknown option --once"),
    ("probe -u ann vpn", "unknown option -u; sstp probe does not log in, so it takes no user name"),
    ("probe --user ann vpn", "unknown option --user; sstp probe does not log in, so it takes no user name"),
    ("probe --cafile ca.pem vpn", "did you mean --ca-cert?"),
    ("probe -k vpn", f"unknown option -k; {NO_TRUST}"),
    ("cert --cn vpn", "unknown option --cn; did you mean --name?"),
    ("cert --output x", "did you mean --out?"),
    ("cert --days-valid 9", "did you mean --days?"),
    ("cert --key-size 4096", "unknown option --key-size"),
    ("healthcheck -i", "-i needs a value: --interface NAME"),
    ("healthcheck --config x", "unknown option --config"),
    ("healthcheck --quiet", "unknown option --quiet"),
]


def plain_environment():
    return {k: v for k, v in os.environ.items() if not k.startswith("SSTP")}


def run(sstp, line, folder):
    return subprocess.run([sstp, *shlex.split(line)], capture_output=True, text=True, timeout=PATIENCE, cwd=folder,
                          env=plain_environment(),
                          stdin=subprocess.DEVNULL, start_new_session=True)


def test_there_are_many_of_each_verb():
    verbs = [line.split()[0] for line, _ in CASES]
    assert len(CASES) > 200 and len(set(CASES)) == len(CASES)
    assert all(verbs.count(v) >= 5 for v in
               ("connect", "run", "proxy", "serve", "probe", "passwd", "cert", "healthcheck")), verbs


@pytest.mark.parametrize("line, words", CASES, ids=[line for line, _ in CASES])
def test_mistyped(sstp, tmp_path, line, words):
    done = run(sstp, line, tmp_path)
    verb = line.split()[0]
    assert (done.returncode, done.stdout) == (2, ""), done.stderr
    first = done.stderr.splitlines()[0]
    assert words in first
    if not first.startswith("sstp: unknown verb"):
        assert first.startswith(f"sstp {verb}: ") and done.stderr.count("\n") == 1
    assert "s3cret" not in done.stderr or "--password-file s3cret" in line
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("line", [
    "connect vpn --check -u ann --auth MSCHAP-v2",
    "connect vpn --check -u ann --auth mschap_v2,CHAP,Pap",
    "connect vpn --check -u ann --auth ms-chap-v2,chap-md5",
    "connect vpn --check -u ann --route 10.0.0.0/255.0.0.0 --route 192.168.1.0/255.255.255.0 --route 0.0.0.0/0.0.0.0",
    "connect --check -uann https://vpn/",
    "connect --check sstp://ann@vpn:444/x",
    "connect --check -u ann [2001:db8::1]",
    "connect --check -u ann [2001:db8::1]:443",
    "connect --check -u ann 2001:db8::1",
    "connect --check -u ann -- vpn",
    "connect --check -u --ann vpn",
    "connect --check --user==ann vpn",
])
def test_understood(sstp, pki, tmp_path, line):
    done = run(sstp, f"{line} --ca-cert {pki.ca}" if " -- " not in line else
               line.replace(" -- ", f" --ca-cert {pki.ca} -- "), tmp_path)
    assert (done.returncode, done.stderr) == (0, ""), done.stderr


def test_an_option_given_twice_is_warned_of(sstp, pki, tmp_path):
    done = run(sstp, f"connect --check --ca-cert {pki.ca} -u ann vpn --user bob", tmp_path)
    assert (done.returncode, done.stderr) == (0, "warn: --user is given twice: the last one counts\n")


def test_all_values_are_checked_before_a_question(sstp, tmp_path):
    """On a terminal: only the error is printed."""
    bad = tmp_path / "bad.pem"
    bad.write_text("no certificate\n")
    for options in ("--servercert abc", f"--ca-cert {bad}", "--password-fd 77", "--route x"):
        for login in ("", "-u ann"):
            done = subprocess.run(["script", "-qec", f"{sstp} connect {options} {login} vpn", "/dev/null"],
                                  capture_output=True, text=True, timeout=PATIENCE, stdin=subprocess.DEVNULL,
                                  env=plain_environment())
            assert done.returncode == 2 and done.stdout.startswith("sstp connect: --"), done.stdout
            assert "User name" not in done.stdout and "Password" not in done.stdout
