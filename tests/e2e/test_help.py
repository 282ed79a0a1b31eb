# SPDX-License-Identifier: GPL-3.0-or-later
"""What a user sees first: --help, --version, errors for a wrong word, the man page."""
import os
import re
import subprocess

import pytest

from lab import PATIENCE, REPO

VERBS = ("connect", "run", "proxy", "serve", "probe", "passwd", "cert", "healthcheck", "unlock", "status", "disconnect",
         "reconnect", "sessions", "kick", "bans", "unban", "reload", "drain")


def run(sstp, *argv):
    return subprocess.run([sstp, *argv], capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=PATIENCE)


def test_without_a_verb_it_shows_the_verbs_and_fails(sstp):
    done = run(sstp)
    assert done.returncode == 2
    assert done.stdout == ""
    assert all(f"\n  {verb} " in done.stderr for verb in VERBS)


def test_an_unknown_verb_is_named_and_the_verbs_are_shown(sstp):
    done = run(sstp, "conect")
    assert done.returncode == 2
    assert done.stderr.startswith("sstp: unknown verb conect; did you mean sstp connect?\n")
    assert "\n  connect " in done.stderr


@pytest.mark.parametrize("word", ["--help", "-h", "help"])
def test_help_is_no_failure(sstp, word):
    done = run(sstp, word)
    assert (done.returncode, done.stderr) == (0, "")
    assert "Usage: sstp VERB" in done.stdout


@pytest.mark.parametrize("word", ["--version", "-V", "version"])
def test_it_prints_its_version(sstp, word):
    done = run(sstp, word)
    assert done.returncode == 0
    assert re.fullmatch(r"sstp \d+\.\d+\.\d+\n", done.stdout)


@pytest.mark.parametrize("words", [["--help"], ["--version"], ["--licenses"], ["--options"], ["help", "run"], ["run", "--help"],
                                   ["cert", "--show", "CERT"]], ids=" ".join)
def test_output_that_cannot_be_written_is_a_failure(sstp, tmp_path, words):
    """It ended with status 0, so that a script took what a full disk had of the output for all of it."""
    run(sstp, "cert", "--name", "vpn", "--out", tmp_path / "c")
    words = [str(tmp_path / "c.crt") if w == "CERT" else w for w in words]
    with open("/dev/full", "w") as full:
        done = subprocess.run([sstp, *words], stdout=full, stderr=subprocess.PIPE, text=True, timeout=PATIENCE)
    assert done.returncode == 1 and done.stderr.startswith("sstp: the output could not be written completely")


def test_a_reader_that_has_seen_enough_is_no_reason_for_a_message(sstp):
    read, write = os.pipe()
    os.close(read)
    done = subprocess.run([sstp, "--licenses"], stdout=write, stderr=subprocess.PIPE, text=True, timeout=PATIENCE)
    os.close(write)
    assert done.returncode in (1, -13) and done.stderr == ""


def libraries():
    """The libraries that tools/deps builds; cmocka is used by the tests only."""
    return set(re.findall(r"^PINS\[(\w+)\]=", (REPO / "tools/deps").read_text(), re.M)) - {"cmocka"}


def test_every_library_has_a_notice():
    assert {"wolfssl", "lwip"} <= libraries()
    assert libraries() | {"sstp"} == {path.name for path in (REPO / "licenses").iterdir()}


def test_it_prints_the_licenses(sstp):
    done = run(sstp, "--licenses")
    assert (done.returncode, done.stderr) == (0, "")
    texts = [(REPO / "licenses" / name).read_text() for name in ("sstp", "wolfssl", "inih", "lwip")]
    if "static" in subprocess.run(["file", sstp], capture_output=True, text=True).stdout:
        texts.append((REPO / "licenses/musl").read_text())
    if os.uname().machine == "x86_64":
        texts.append((REPO / "licenses/ring").read_text())
    first, text = done.stdout.split("\n\n", 1)
    assert {line.split()[0] for line in first.split(", ")} <= libraries() | {"sstp"}
    assert text == "".join(texts) + (REPO / "LICENSE").read_text()


@pytest.mark.slow
@pytest.mark.parametrize("prefix", ["PREFIX=/usr", "prefix=/usr"])
def test_make_install_installs_the_rest_too(tmp_path, prefix):
    def make(goal):
        subprocess.run(["make", "-C", REPO, goal, f"DESTDIR={tmp_path}", prefix], check=True, capture_output=True,
                       env={name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))})

    make("install")
    assert (tmp_path / "usr/share/doc/sstp/licenses").read_text() == run(tmp_path / "usr/bin/sstp", "--licenses").stdout
    for path, name in (("bash-completion/completions/sstp", "sstp.bash"), ("zsh/site-functions/_sstp", "_sstp"),
                       ("fish/vendor_completions.d/sstp.fish", "sstp.fish")):
        assert (tmp_path / "usr/share" / path).read_text() == (REPO / "completions" / name).read_text()
    make("uninstall")
    assert not [path for path in tmp_path.rglob("*") if path.is_file() or path.name == "sstp"]


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_has_help_that_fits_a_terminal(sstp, verb):
    done = run(sstp, verb, "--help")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith(f"Usage: sstp {verb} ")
    assert [line for line in done.stdout.splitlines() if len(line) > 80] == []


def options_of(sstp):
    """{verb: {name: (short name, placeholder)}} from the tables of --help."""
    found = {}
    for line in run(sstp, "--options").stdout.splitlines():
        verb, _, letter, name, arg, _, text = line.split("\t")
        assert name and text, line
        found.setdefault(verb, {})[name] = (letter, arg)
    return found


def options_of_manual():
    """{section: {name: (short name, placeholder)}} from the man page's lists."""
    found, section = {}, None
    text = (REPO / "man/sstp.8").read_text()
    for entry in re.finditer(r"^(?:\.SH (.*)|\.TP\n\.BR? (.*\\-.*))$", text, re.M):
        if entry[1]:
            section = entry[1]
            continue
        words = re.sub(r'\\f[BIRP]|"', "", entry[2]).replace("\\-", "-").replace(" , ", ", ")
        match = re.fullmatch(r"(?:-(\w),\s+)?--([a-z0-9-]+)(?:\s+(\S+))?", words.strip())
        assert match, f"{section}: {words}"
        assert match[2] not in found.setdefault(section, {}), f"{section}: --{match[2]} is there twice"
        found[section][match[2]] = (match[1] or "", match[3] or "")
    return found


@pytest.mark.parametrize("verb", VERBS)
def test_the_tables_and_help_have_the_same_options(sstp, verb):
    helped = re.findall(r"^  (?:-(\w), |    )--([a-z0-9-]+)(?: (\S+))?", run(sstp, verb, "--help").stdout, re.M)
    assert "help" in {name for _, name, _ in helped}
    assert {name: (letter, arg) for letter, name, arg in helped} == options_of(sstp)[verb]


@pytest.mark.parametrize("verb", VERBS)
def test_every_option_is_in_the_man_page_as_in_the_table(sstp, verb):
    manual = options_of_manual()
    places = [manual.get(s, {}) for s in (f"SSTP {verb.upper()}", "SSTP CONNECT", "COMMON OPTIONS")]
    for name, option in options_of(sstp)[verb].items():
        assert next((p[name] for p in places if name in p), None) == option, f"--{name}"


def test_every_option_of_the_man_page_exists(sstp):
    tables = options_of(sstp)
    for section, options in options_of_manual().items():
        verbs = VERBS if section == "COMMON OPTIONS" else [section.removeprefix("SSTP ").lower()]
        for name, option in options.items():
            assert option in [tables[verb].get(name) for verb in verbs], f"{section}: --{name}"


def make_files(sstp, folder, page):
    """Runs tools/completions on a copy of the man page with this text."""
    (folder / "sstp.8").write_text(page)
    return subprocess.run([REPO / "tools/completions", sstp, folder / "completions", folder / "sstp.8"],
                          capture_output=True, text=True, timeout=PATIENCE)


def test_completions_are_made_of_the_tables(sstp, tmp_path):
    assert make_files(sstp, tmp_path, (REPO / "man/sstp.8").read_text()).returncode == 0
    made = tmp_path / "completions"
    for path in made.iterdir():
        assert path.read_text() == (REPO / "completions" / path.name).read_text(), "run make completions"
    assert {p.name for p in made.iterdir()} == {p.name for p in (REPO / "completions").iterdir()}


def test_heads_of_the_man_page_are_made_of_the_tables(sstp, tmp_path):
    page = (REPO / "man/sstp.8").read_text()
    assert make_files(sstp, tmp_path, page).returncode == 0
    assert (tmp_path / "sstp.8").read_text() == page, "run make completions"


@pytest.mark.parametrize("right, wrong", [
    ('.BR \\-m ", " \\-\\-mtu " \\fIBYTES\\fR"\n', '.BR \\-\\-mtu " \\fIN\\fR"\n'),
    (".B \\-\\-once\n", '.BR \\-\\-once " \\fIN\\fR"\n'),
    ('.BR \\-\\-server " \\fIHOST\\fR[:\\fIPORT\\fR]"\n', ".B \\-\\-server\n"),
])
def test_a_head_that_is_not_that_of_the_table_is_made_again(sstp, right, wrong, tmp_path):
    page = (REPO / "man/sstp.8").read_text()
    assert right in page
    assert make_files(sstp, tmp_path, page.replace(right, wrong)).returncode == 0
    assert (tmp_path / "sstp.8").read_text() == page


def test_an_option_without_an_entry_gets_one_after_its_predecessor(sstp, tmp_path):
    entry = re.compile(r"\.TP\n\.BR \\-\\-max\\-failures .*?(?=\n\.(?:TP|SS)\b)", re.S)
    page = (REPO / "man/sstp.8").read_text()
    found = entry.search(page)
    assert make_files(sstp, tmp_path, page[:found.start()] + page[found.end() + 1:]).returncode == 0
    made = (tmp_path / "sstp.8").read_text()
    before = re.compile(r"^\.TP\n\.BR? \\-\\-(\S+)", re.M)
    assert before.findall(made[:entry.search(made).start()])[-1] == r"keep\-old\-session"
    assert "Refuse a user at an address for ten minutes after N failed logins" in entry.search(made)[0]
    checked = subprocess.run(["mandoc", "-T", "lint", "-W", "warning", tmp_path / "sstp.8"], capture_output=True, text=True)
    assert (checked.returncode, checked.stdout) == (0, "")


def test_an_entry_of_an_option_that_no_table_has_is_an_error(sstp, tmp_path):
    page = (REPO / "man/sstp.8").read_text().replace("\\-\\-keep\\-old\\-session\n", "\\-\\-keep\\-young\n", 1)
    done = make_files(sstp, tmp_path, page)
    assert done.returncode == 1
    assert done.stderr == "man page: --keep-young is described in SSTP SERVE, and no table has it\n"
    assert (tmp_path / "sstp.8").read_text() == page


@pytest.mark.parametrize("words, offered", [
    (["co"], {"connect"}),
    (["connect", "--no-d"], {"--no-default-route", "--no-dns"}),
    (["serve", "--no-d"], set()),
    (["probe", "--min-tls", ""], {"1.2", "1.3"}),
    (["probe", "--min-tls", "=", "1.3"], {"1.3"}),
    (["serve", "--min-hash", "=", ""], {"sha1", "sha256"}),
    (["connect", "--auth", "mschapv2,p"], {"mschapv2,pap", "mschapv2,peap"}),
    (["connect", "--auth", "=", "chap,mschapv2,pa"], {"chap,mschapv2,pap"}),
    (["connect", "-u", ""], set()),
    (["connect", "-c", "na"], {"name.conf"}),
    (["connect", "--ca-cert", "=", "na"], {"name.conf"}),
    (["passwd", "na"], {"name.conf"}),
    (["run", "host", "--", "/bin/ech"], {"/bin/echo"}),
    (["run", "host", "--", "cat", "na"], {"name.conf"}),
    (["connect", "host", "--", "na"], set()),
    (["help", "pa"], {"passwd"}),
])
def test_bash_completes(words, offered, tmp_path):
    (tmp_path / "name.conf").touch()
    script = f"""source {REPO}/completions/sstp.bash
        compopt() {{ :; }}
        COMP_WORDS=(sstp "$@")
        COMP_CWORD=$#
        _sstp
        printf '%s\\n' "${{COMPREPLY[@]}}" """
    done = subprocess.run(["bash", "-c", script, "bash", *words], cwd=tmp_path, capture_output=True, text=True,
                          timeout=PATIENCE)
    assert (set(done.stdout.split()), done.stderr) == (offered, "")


@pytest.mark.parametrize("line, offered", [
    ("co", {"connect"}),
    ("connect --no-d", {"--no-default-route", "--no-dns"}),
    ("serve --no-da", set()),
    ("probe --min-tls ", {"1.2", "1.3"}),
    ("connect --auth mschapv2,p", {"mschapv2,pap", "mschapv2,peap"}),
    ("connect -c na", {"name.conf"}),
    ("connect --ca-cert=na", {"--ca-cert=name.conf"}),
    ("passwd na", {"name.conf"}),
    ("run --user ann host -- sstp prob", {"probe"}),
    ("run host -- /bin/ech", {"/bin/echo"}),
    ("proxy host --socks5 1 -- cat na", {"name.conf"}),
    ("help pa", {"passwd"}),
])
def test_fish_completes(line, offered, tmp_path):
    (tmp_path / "name.conf").touch()
    script = f"source {REPO}/completions/sstp.fish; complete -C 'sstp {line}'"
    done = subprocess.run(["fish", "--no-config", "-c", script], cwd=tmp_path, capture_output=True, text=True,
                          timeout=PATIENCE, env={**os.environ, "HOME": str(tmp_path)})
    assert ({word.split("\t")[0] for word in done.stdout.splitlines()}, done.stderr) == (offered, "")


@pytest.mark.parametrize("verb", VERBS)
def test_help_wins_over_everything_else_on_the_line(sstp, verb):
    assert run(sstp, verb, "some", "-h").returncode == 0


@pytest.mark.parametrize("verb, typed, meant", [
    ("connect", "--pasword-file", "--password-file"),
    ("serve", "--user", "--users"),
    ("passwd", "--delet", "--delete"),
    ("cert", "--nmae", "--name"),
])
def test_a_misspelt_option_gets_a_suggestion(sstp, verb, typed, meant):
    done = run(sstp, verb, typed, "x")
    assert done.returncode == 2
    assert done.stderr == f"sstp {verb}: unknown option {typed}; did you mean {meant}?\n"


@pytest.mark.parametrize("verb, typed", [("connect", "--frobnicate"), ("connect", "--colour"), ("probe", "--mtu")])
def test_an_option_like_no_other_gets_a_pointer_to_help(sstp, verb, typed):
    done = run(sstp, verb, typed)
    assert done.returncode == 2
    assert done.stderr == f"sstp {verb}: unknown option {typed}; sstp {verb} --help lists the options\n"


def test_there_is_no_option_for_a_password(sstp):
    for verb in VERBS:
        assert not re.search(r"^ .*--password(=| [A-Z])", run(sstp, verb, "--help").stdout, re.M)
    assert run(sstp, "connect", "--password", "secret").returncode == 2


def test_an_option_without_its_value_says_what_is_missing(sstp):
    done = run(sstp, "connect", "vpn.example.net", "--user")
    assert done.returncode == 2
    assert done.stderr == "sstp connect: --user needs a value: --user NAME\n"


@pytest.mark.parametrize("verb", ["run", "proxy"])
def test_a_command_without_its_dashes_gets_a_hint(sstp, verb):
    done = run(sstp, verb, "vpn.example.net", "curl", "http://intranet/")
    assert done.returncode == 2
    assert done.stderr == (f"sstp {verb}: curl: only one server can be given (already: vpn.example.net); "
                           "a command follows --\n")


def test_a_flag_takes_no_value(sstp):
    done = run(sstp, "connect", "--once=yes")
    assert done.returncode == 2
    assert done.stderr == "sstp connect: --once takes no value\n"


def arguments(call):
    """The arguments of a call: the text in its parentheses, split at the top-level commas."""
    depth, inside, words = 0, False, [""]
    for before, char in zip(" " + call, call):
        inside ^= char == '"' and before != "\\"
        depth += not inside and (char in "({") - (char in ")}")
        if depth < 0:
            break
        if char == "," and not depth and not inside:
            words.append("")
        else:
            words[-1] += char
    return [w.strip() for w in words]


def test_every_event_of_the_log_is_in_the_man_page():
    found = set()
    for path in (REPO / "src").glob("*/*.c"):
        text = path.read_text()
        for call in re.finditer(r"\b(?:log_event|log_end)\((?!const struct)", text):
            event = arguments(text[call.end():])[2]
            if path.name == "client.c" and event == "event":
                continue  # the call in log_end: its callers name the events
            assert re.fullmatch('"[a-z_]+"', event), f"{path}: {event}"
            found.add(event.strip('"'))
        found |= set(re.findall(r'struct line \w+ = \{ \w+, \w+, "([a-z_]+)"', text))
    assert {"login", "retry", "script_failed", "lines_lost"} <= found
    manual = (REPO / "man/sstp.8").read_text()
    section = manual[manual.index(".TP\n.BR login "):manual.index("User names and reasons are valid")]
    named = {word for line in re.findall(r"^\.TP\n\.BR? (.*)$", section, re.M)
             for word in re.findall("[a-z_]+", line)}
    assert found <= named, "not in the man page"
    assert named <= found, "in the man page alone"


@pytest.mark.parametrize("verb", VERBS)
def test_help_of_a_verb(sstp, verb):
    done = run(sstp, "help", verb)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == run(sstp, verb, "--help").stdout


@pytest.mark.parametrize("typed, hint", [("conect", "; did you mean sstp connect?"), ("nosuch", ""), ("--bogus", None)])
def test_help_of_what_is_no_verb_is_a_mistake(sstp, typed, hint):
    done = run(sstp, "help", typed)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"sstp: unknown verb {typed}" + ("" if hint is None else f"{hint}\n"))
    assert all(f"\n  {verb} " in done.stderr for verb in VERBS)


def test_too_many_workers(sstp):
    done = run(sstp, "serve", "--workers", "1000")
    assert done.returncode == 2
    assert done.stderr == "sstp serve: --workers 1000: must be from 1 to 64, or 0 for one a core\n"
