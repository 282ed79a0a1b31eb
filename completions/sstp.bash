# SPDX-License-Identifier: GPL-3.0-or-later
# Completion of sstp for bash. Made by tools/completions: change the tables in src/cli/, not this file.

# The words that are possible there.
_sstp_reply()
{
	mapfile -t COMPREPLY < <(compgen "$@" -- "$cur")
}

# The same after each comma.
_sstp_list()
{
	local before=""
	[[ $cur != *,* ]] || before=${cur%,*},
	mapfile -t COMPREPLY < <(compgen -P "$before" -W "$1" -- "${cur##*,}")
	compopt -o nospace
}

_sstp_files()
{
	_sstp_reply -f
	compopt -o filenames
}

# After --: another program's words.
_sstp_command()
{
	local i
	for ((i = 2; i < COMP_CWORD; i++)); do
		[ "${COMP_WORDS[i]}" = -- ] || continue
		if declare -F _command_offset >/dev/null; then
			_command_offset $((i + 1))
		elif [ $((i + 1)) -eq "$COMP_CWORD" ]; then
			_sstp_reply -c
		else
			_sstp_files
		fi
		return 0
	done
	return 1
}

_sstp()
{
	local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]} verb=${COMP_WORDS[1]} options=""
	COMPREPLY=()
	if [ "$COMP_CWORD" -eq 1 ]; then
		_sstp_reply -W "connect run proxy serve probe passwd cert healthcheck unlock status disconnect reconnect sessions kick bans unban reload drain help --help --version --licenses --options"
		return
	fi
	# --name=value is three words
	if [ "$cur" = = ]; then
		cur=""
	elif [ "$prev" = = ]; then
		prev=${COMP_WORDS[COMP_CWORD - 2]}
	fi
	case $verb in
	connect)
		case $prev in
		--password-file|--new-password-file|--eap-ca|--eap-crl|--client-cert|--client-key|--client-key-password-file|--ca-cert|--crl|--keylog|--proxy-password-file|--proxy-ca-cert|--userns|--pid-file|-c|--config) _sstp_files; return ;;
		--up|--down|-s|--script|--script-tun) _sstp_reply -c; return ;;
		-u|--user|--password-fd|--eap-identity|--eap-name|--server|--servercert|--verify-name|--sni|--host-header|--resolve|--timeout|-P|--proxy|-i|--interface|-m|--mtu|--route|--route-host|--request-prefix|--dns|--search|--exclude|--metric|--table|--mark|--dns-domain|--netns|--tun-fd|--control|--control-group|--metrics|--ready-fd|--exit-fd) return ;;
		--auth) _sstp_list "mschapv2 eap-mschapv2 peap eap-tls chap pap"; return ;;
		--peap-binding) _sstp_reply -W "auto require"; return ;;
		--min-tls) _sstp_reply -W "1.2 1.3"; return ;;
		--min-hash) _sstp_reply -W "sha1 sha256"; return ;;
		--congestion) _sstp_reply -W "auto system bbr cubic"; return ;;
		--ipv6-id) _sstp_reply -W "random stable"; return ;;
		--sandbox) _sstp_reply -W "auto require off"; return ;;
		esac
		options="--user --password-file --new-password-file --password-fd --passwd-on-stdin --auth --eap-identity --eap-name --eap-ca --eap-crl --client-cert --client-key --client-key-password-file --peap-binding --server --ca-cert --crl --servercert --verify-name --sni --no-sni --host-header --resolve --allow-cn --ipv4-only --ipv6-only --no-portal-check --timeout --min-tls --min-hash --legacy-ciphers --keylog --proxy --proxy-password-file --proxy-ca-cert --no-proxy --interface --mtu --congestion --no-ipv6 --ipv6-id --no-default-route --allow-ipv6-outside --route --route-host --no-server-routes --request-prefix --no-offload --dns --search --exclude --metric --table --policy-rules --mark --lockdown --no-dns --up --down --script --dns-domain --netns --userns --tun-fd --script-tun --once --keep-trying --background --pid-file --control --control-group --no-control --metrics --ready-fd --exit-fd --sandbox --config --check --verbose --quiet --log-json --log-time --syslog --help"
		;;
	run)
		_sstp_command && return
		case $prev in
		--password-file|--new-password-file|--eap-ca|--eap-crl|--client-cert|--client-key|--client-key-password-file|--ca-cert|--crl|--keylog|--proxy-password-file|--proxy-ca-cert|-c|--config) _sstp_files; return ;;
		-u|--user|--password-fd|--eap-identity|--eap-name|--server|--servercert|--verify-name|--sni|--host-header|--resolve|--timeout|-P|--proxy|-i|--interface|-m|--mtu|--route|--route-host|--request-prefix|--dns|--search|--control|--control-group|--metrics) return ;;
		--auth) _sstp_list "mschapv2 eap-mschapv2 peap eap-tls chap pap"; return ;;
		--peap-binding) _sstp_reply -W "auto require"; return ;;
		--min-tls) _sstp_reply -W "1.2 1.3"; return ;;
		--min-hash) _sstp_reply -W "sha1 sha256"; return ;;
		--congestion) _sstp_reply -W "auto system bbr cubic"; return ;;
		--ipv6-id) _sstp_reply -W "random stable"; return ;;
		--sandbox) _sstp_reply -W "auto require off"; return ;;
		esac
		options="--user --password-file --new-password-file --password-fd --passwd-on-stdin --auth --eap-identity --eap-name --eap-ca --eap-crl --client-cert --client-key --client-key-password-file --peap-binding --server --ca-cert --crl --servercert --verify-name --sni --no-sni --host-header --resolve --allow-cn --ipv4-only --ipv6-only --no-portal-check --timeout --min-tls --min-hash --legacy-ciphers --keylog --proxy --proxy-password-file --proxy-ca-cert --no-proxy --interface --mtu --congestion --no-ipv6 --ipv6-id --no-default-route --allow-ipv6-outside --route --route-host --no-server-routes --request-prefix --no-offload --dns --search --map-root --once --keep-trying --control --control-group --no-control --metrics --sandbox --config --check --verbose --quiet --log-json --log-time --syslog --help"
		;;
	proxy)
		_sstp_command && return
		case $prev in
		--password-file|--new-password-file|--eap-ca|--eap-crl|--client-cert|--client-key|--client-key-password-file|--ca-cert|--crl|--keylog|--proxy-password-file|--proxy-ca-cert|--listen-password-file|--pid-file|-c|--config) _sstp_files; return ;;
		-u|--user|--password-fd|--eap-identity|--eap-name|--server|--servercert|--verify-name|--sni|--host-header|--resolve|--timeout|-P|--proxy|-D|--socks5|--http-proxy|--listen-user|-L|--forward|-R|--remote-forward|--dns|--search|--dns-domain|-m|--mtu|--control|--control-group|--metrics) return ;;
		--auth) _sstp_list "mschapv2 eap-mschapv2 peap eap-tls chap pap"; return ;;
		--peap-binding) _sstp_reply -W "auto require"; return ;;
		--min-tls) _sstp_reply -W "1.2 1.3"; return ;;
		--min-hash) _sstp_reply -W "sha1 sha256"; return ;;
		--congestion) _sstp_reply -W "auto system bbr cubic"; return ;;
		--ipv6-id) _sstp_reply -W "random stable"; return ;;
		--sandbox) _sstp_reply -W "auto require off"; return ;;
		esac
		options="--user --password-file --new-password-file --password-fd --passwd-on-stdin --auth --eap-identity --eap-name --eap-ca --eap-crl --client-cert --client-key --client-key-password-file --peap-binding --server --ca-cert --crl --servercert --verify-name --sni --no-sni --host-header --resolve --allow-cn --ipv4-only --ipv6-only --no-portal-check --timeout --min-tls --min-hash --legacy-ciphers --keylog --proxy --proxy-password-file --proxy-ca-cert --no-proxy --socks5 --http-proxy --listen-user --listen-password-file --forward --remote-forward --dns --search --dns-domain --mtu --congestion --no-ipv6 --ipv6-id --once --keep-trying --background --pid-file --control --control-group --no-control --metrics --sandbox --config --check --verbose --quiet --log-json --log-time --syslog --help"
		;;
	serve)
		case $prev in
		--cert|--key|--key-password-file|--binding-cert|--keylog|--users|--filters|--client-ca|--client-crl|--radius-secret-file|--radius-ca|--radius-cert|--radius-key|--leases|--userns|--pid-file|-c|--config) _sstp_files; return ;;
		--auth-command|--session-script) _sstp_reply -c; return ;;
		-l|--listen|--proxy-protocol-from|--terminator-from|--web-backend|--sstp-host|--pass|--pass-alpn|--users-dir|--name|--max-sessions|--user-sessions|--max-failures|--radius|--radius-acct|--radius-interim|--radius-source|--radius-timeout|--radius-coa-from|--radius-coa-port|--nas-identifier|--ipv4-network|--pool|--ipv6-network|--ipv6-delegate|--nbns|--push-domain|--push-route|-i|--interface|--netns|-m|--mtu|--workers|--control|--control-group|--metrics) return ;;
		--keys) _sstp_reply -W "apart here"; return ;;
		--min-tls) _sstp_reply -W "1.2 1.3"; return ;;
		--min-hash) _sstp_reply -W "sha1 sha256"; return ;;
		--auth) _sstp_list "mschapv2 eap-mschapv2 peap eap-tls chap pap"; return ;;
		--peap-binding) _sstp_reply -W "auto require"; return ;;
		--radius-message-authenticator) _sstp_reply -W "require auto"; return ;;
		--radius-coa-timestamp) _sstp_reply -W "auto require"; return ;;
		--ndp-proxy) _sstp_reply -W "auto"; return ;;
		--dns) _sstp_reply -W "host"; return ;;
		--nat) _sstp_reply -W "any"; return ;;
		--congestion) _sstp_reply -W "auto system bbr cubic"; return ;;
		--sandbox) _sstp_reply -W "auto require off"; return ;;
		esac
		options="--listen --cert --key --key-password-file --keys --binding-cert --strict-sni --min-tls --min-hash --legacy-ciphers --keylog --proxy-protocol-from --terminator-from --web-backend --sstp-host --pass --pass-alpn --users --users-dir --auth-command --session-script --filters --client-ca --client-crl --name --auth --peap-binding --max-sessions --user-sessions --keep-old-session --max-failures --radius --radius-secret-file --radius-acct --radius-interim --radius-source --radius-timeout --radius-message-authenticator --radius-ca --radius-cert --radius-key --radius-coa-from --radius-coa-port --radius-coa-timestamp --nas-identifier --ipv4-network --pool --leases --ipv6-network --ndp-proxy --ipv6-delegate --dns --nbns --push-domain --push-route --nat --host-routes --client-to-client --interface --netns --userns --mtu --congestion --no-ipv6 --no-offload --workers --no-watch --background --pid-file --sandbox --control --control-group --no-control --metrics --config --check --verbose --quiet --log-json --log-time --syslog --help"
		;;
	probe)
		case $prev in
		--ca-cert|--crl|--keylog|--proxy-password-file|--proxy-ca-cert|-c|--config) _sstp_files; return ;;
		--server|--servercert|--verify-name|--sni|--host-header|--resolve|--timeout|-P|--proxy) return ;;
		--min-tls) _sstp_reply -W "1.2 1.3"; return ;;
		--min-hash) _sstp_reply -W "sha1 sha256"; return ;;
		--sandbox) _sstp_reply -W "auto require off"; return ;;
		esac
		options="--server --ca-cert --crl --servercert --verify-name --sni --no-sni --host-header --resolve --allow-cn --ipv4-only --ipv6-only --no-portal-check --timeout --min-tls --min-hash --legacy-ciphers --keylog --proxy --proxy-password-file --proxy-ca-cert --no-proxy --json --via --sandbox --config --check --verbose --quiet --log-json --log-time --syslog --help"
		;;
	passwd)
		case $prev in
		--password-file) _sstp_files; return ;;
		-a|--address) return ;;
		esac
		options="--delete --address --pap-only --clear-text --cert-only --passwd-on-stdin --password-file --help"
		;;
	cert)
		case $prev in
		-o|--out|--show) _sstp_files; return ;;
		-n|--name|--days) return ;;
		esac
		options="--name --out --days --rsa --force --show --help"
		;;
	healthcheck)
		case $prev in
		-i|--interface) return ;;
		esac
		options="--interface --help"
		;;
	unlock)
		case $prev in
		esac
		options="--help"
		;;
	status)
		case $prev in
		--control) return ;;
		esac
		options="--watch --control --json --help"
		;;
	disconnect)
		case $prev in
		--control) return ;;
		esac
		options="--control --json --help"
		;;
	reconnect)
		case $prev in
		--control) return ;;
		esac
		options="--control --json --help"
		;;
	sessions)
		case $prev in
		--control) return ;;
		--sort) _sstp_reply -W "id user address from age received sent receiving sending rtt retrans waiting"; return ;;
		esac
		options="--sort --watch --control --json --help"
		;;
	kick)
		case $prev in
		--control) return ;;
		esac
		options="--by-user --control --json --help"
		;;
	bans)
		case $prev in
		--control) return ;;
		esac
		options="--control --json --help"
		;;
	unban)
		case $prev in
		--control) return ;;
		esac
		options="--control --json --help"
		;;
	reload)
		case $prev in
		--control) return ;;
		esac
		options="--control --json --help"
		;;
	drain)
		case $prev in
		--seconds|--control) return ;;
		esac
		options="--seconds --control --json --help"
		;;
	help)
		_sstp_reply -W "connect run proxy serve probe passwd cert healthcheck unlock status disconnect reconnect sessions kick bans unban reload drain"
		return
		;;
	*)
		return
		;;
	esac
	case $cur in
	-*) _sstp_reply -W "$options" ;;
	*)
		case $verb in
		connect|run|proxy|probe) _sstp_reply -A hostname ;;
		passwd) _sstp_files ;;
		esac
		;;
	esac
}

complete -F _sstp sstp
