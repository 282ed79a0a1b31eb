# SPDX-License-Identifier: GPL-3.0-or-later
"""sstp passwd: editing the user file. test_login.py tests that these users can log in."""
import os
import re
import stat
import subprocess

import pytest

from lab import PATIENCE, on_a_terminal

NT_HASH_OF_PASSWORD = "8846f7eaee8fb117ad06bdd830b7586c"


def passwd(sstp, *argv, given=None, **env):
    return subprocess.run([sstp, "passwd", *map(str, argv)], capture_output=True, text=True, timeout=PATIENCE,
                          input=given if given is not None else "", start_new_session=True, env={**os.environ, **env})


def set_password(sstp, *argv, given="password\n"):
    done = passwd(sstp, "--passwd-on-stdin", *argv, given=given)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.fixture
def users(tmp_path):
    return tmp_path / "users"


def test_makes_the_file_for_its_owner_alone(sstp, users):
    set_password(sstp, users, "ann")
    assert users.read_text() == f"ann * $nt${NT_HASH_OF_PASSWORD} *\n"
    assert stat.S_IMODE(users.stat().st_mode) == 0o600


def test_a_new_password_leaves_everything_else_as_it_was(sstp, users):
    before = "# ours\n\nann\t*  old   10.9.0.7 # fixed\n'bob'  *\t\"secret #1\" *\n\n# the end\n"
    users.write_text(before)
    users.chmod(0o640)
    set_password(sstp, users, "ann")
    after = users.read_text()
    assert after.splitlines()[:2] == before.splitlines()[:2]
    assert after.splitlines()[3:] == before.splitlines()[3:]
    words = after.splitlines()[2].split()
    assert words[:4] == ["ann", "*", f"$nt${NT_HASH_OF_PASSWORD}", "10.9.0.7"]
    assert "# fixed" in after.splitlines()[2]
    assert stat.S_IMODE(users.stat().st_mode) == 0o640


def test_a_new_user_comes_after_the_others(sstp, users):
    users.write_text("# ours\nann * old *\n")
    set_password(sstp, users, "bob")
    assert users.read_text() == f"# ours\nann * old *\nbob * $nt${NT_HASH_OF_PASSWORD} *\n"


def test_a_last_line_without_its_end_is_ended_first(sstp, users):
    users.write_text("ann * old *")
    set_password(sstp, users, "bob")
    assert users.read_text().splitlines() == ["ann * old *", f"bob * $nt${NT_HASH_OF_PASSWORD} *"]


def test_pap_only_is_a_salted_one_way_hash(sstp, users):
    set_password(sstp, "--pap-only", users, "ann")
    secret = users.read_text().split()[2]
    salt = re.fullmatch(r"\$6\$([./0-9A-Za-z]{8,16})\$[./0-9A-Za-z]{86}", secret).group(1)
    theirs = subprocess.run(["openssl", "passwd", "-6", "-salt", salt, "password"], capture_output=True, text=True,
                            check=True).stdout.strip()
    assert secret == theirs


def test_a_user_who_has_only_a_certificate(sstp, users):
    done = passwd(sstp, "--cert-only", "--address", "10.9.0.7", users, "ann@example.net", SSTP_PASSWORD="unused")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == f"{users}, a new file: ann@example.net has no password, and logs in by certificate\n"
    assert users.read_text() == "ann@example.net * $cert$ 10.9.0.7\n"
    set_password(sstp, users, "ann@example.net")
    assert "$nt$" in users.read_text()
    assert passwd(sstp, "--cert-only", users, "ann@example.net").returncode == 0
    assert users.read_text() == "ann@example.net * $cert$ 10.9.0.7\n"


def test_clear_text_keeps_the_password_itself(sstp, users):
    set_password(sstp, "--clear-text", users, "ann", given='say "please" #1\n')
    assert users.read_text().startswith("ann * ")
    assert "please" in users.read_text()


def test_a_user_gets_an_address_and_loses_it_again(sstp, users):
    set_password(sstp, "--address", "10.9.0.77", users, "ann")
    assert users.read_text().split()[3] == "10.9.0.77"
    set_password(sstp, users, "ann", given="another\n")
    assert users.read_text().split()[3] == "10.9.0.77"
    set_password(sstp, "--address", "*", users, "ann")
    assert users.read_text().split()[3] == "*"


def test_delete_removes_only_that_user(sstp, users):
    users.write_text("# ours\nann * old *\n# bob is new\nbob * secret *\n")
    done = passwd(sstp, "--delete", users, "ann")
    assert (done.returncode, done.stdout, done.stderr) == (0, f"{users}: ann is removed\n", "")
    assert users.read_text() == "# ours\n# bob is new\nbob * secret *\n"


def test_deleting_an_unknown_user_is_a_failure(sstp, users):
    users.write_text("ann * old *\n")
    done = passwd(sstp, "--delete", users, "bob")
    assert done.returncode == 1
    assert done.stderr == f"sstp passwd: {users}: no such user\n"


def test_the_password_may_come_from_a_file_or_the_environment(sstp, users, tmp_path):
    (tmp_path / "password").write_text("password\nand more\n")
    assert passwd(sstp, "--password-file", tmp_path / "password", users, "ann").returncode == 0
    assert passwd(sstp, users, "bob", SSTP_PASSWORD="password").returncode == 0
    assert users.read_text().count(NT_HASH_OF_PASSWORD) == 2


def test_a_name_with_a_domain_and_blanks_survives(sstp, users):
    set_password(sstp, users, "OFFICE\\ann lee")
    set_password(sstp, users, "OFFICE\\ann lee", given="again\n")
    assert len(users.read_text().splitlines()) == 1
    assert passwd(sstp, "-d", users, "OFFICE\\ann lee").returncode == 0
    assert users.read_text() == ""


@pytest.mark.parametrize("argv, given, status, words", [
    (["users"], "", 2, "FILE and USER are needed: sstp passwd /etc/sstp/users ann"),
    (["users", "ann", "bob"], "", 2, "only FILE and USER are expected; a password is asked for"),
    (["--passwd-on-stdin", "users", "ann"], "", 2, "standard input: nothing to read"),
    (["--passwd-on-stdin", "users", "ann"], "\n", 2, "the password must not be empty"),
    (["--pap-only", "--clear-text", "users", "ann"], "", 2, "--clear-text and --pap-only contradict each other"),
    (["--cert-only", "--clear-text", "users", "ann"], "", 2, "--cert-only contradicts --clear-text and --pap-only"),
    (["--cert-only", "--passwd-on-stdin", "users", "ann"], "x\n", 2, "--cert-only stores no password: leave out"),
    (["--passwd-on-stdin", "--address", "10.9.0", "users", "ann"], "x\n", 1,
     "users: a user's address must be an IPv4 address"),
    (["--passwd-on-stdin", "/nowhere/users", "ann"], "x\n", 1, "/nowhere/users: No such file or directory"),
    (["--passwd-on-stdin", "/etc", "ann"], "x\n", 1, "/etc: not a regular file"),
    (["--passwd-on-stdin", "/dev/null", "ann"], "x\n", 1, "/dev/null: not a regular file"),
    (["--password-file", "/nowhere/password", "users", "ann"], "", 2, "--password-file /nowhere/password: No such file or directory"),
    (["--password-file", "/", "users", "ann"], "", 2, "--password-file /: Is a directory"),
    (["--password-file", "/dev/null", "users", "ann"], "", 2, "--password-file /dev/null: nothing to read"),
    (["--password-file", "/dev/zero", "users", "ann"], "", 2, "--password-file /dev/zero: a zero byte in the password"),
    (["users", "ann"], "", 2, "no password: no terminal to ask on; use --password-file"),
])
def test_says_what_is_wrong_and_changes_nothing(sstp, tmp_path, monkeypatch, argv, given, status, words):
    monkeypatch.chdir(tmp_path)
    done = passwd(sstp, *argv, given=given)
    assert done.returncode == status
    assert done.stderr.startswith(f"sstp passwd: {words}")
    assert list(tmp_path.iterdir()) == []


def test_a_broken_file_is_not_changed(sstp, users):
    users.write_text('ann * "old\nbob * secret *\n')
    done = passwd(sstp, "--passwd-on-stdin", users, "carl", given="x\n")
    assert done.returncode == 1
    assert done.stderr == f"sstp passwd: {users}:1: a quote that is not closed on its line\n"
    assert users.read_text() == 'ann * "old\nbob * secret *\n'


def test_a_group_is_not_changed_into_a_user(sstp, users):
    """The secret in the place of "-" made a user of it, and the file was refused because of users of that group."""
    before = "@staff * - rate=5M\nann * old * group=staff\n"
    users.write_text(before)
    for options in (["--passwd-on-stdin"], ["--delete"]):
        done = passwd(sstp, *options, users, "@staff", given="x\n")
        assert (done.returncode, done.stderr) == (1, f"sstp passwd: {users}:1: this is a group: change its line by hand\n")
    assert users.read_text() == before


def test_a_new_file_is_reported(sstp, users):
    """A mistyped path made a file that no server reads, without a word."""
    assert passwd(sstp, users, "ann", SSTP_PASSWORD="x").stdout == f"{users}, a new file: the password of ann is set\n"
    assert passwd(sstp, users, "ann", SSTP_PASSWORD="y").stdout == f"{users}: the password of ann is set\n"


def test_asks_twice_on_a_terminal_and_shows_nothing(sstp, users):
    status, shown = on_a_terminal([sstp, "passwd", str(users), "ann"], [
        (b"New password of ann: ", b"password\n"), (b"Repeat the password: ", b"password\n")])
    assert status == 0
    assert "password\r\n" not in shown.replace("New password of ann", "")
    assert NT_HASH_OF_PASSWORD in users.read_text()


def test_a_typing_mistake_changes_nothing(sstp, users):
    status, shown = on_a_terminal([sstp, "passwd", str(users), "ann"], [
        (b"New password of ann: ", b"password\n"), (b"Repeat the password: ", b"pasword\n")])
    assert status == 2
    assert "the passwords differ: nothing is changed" in shown
    assert not users.exists()


def test_many_at_once_on_a_new_file(sstp, users):
    """Each finds what the others have written, from the first one on."""
    names = [f"user{i}" for i in range(30)]
    running = [subprocess.Popen([sstp, "passwd", "--passwd-on-stdin", users, name], stdin=subprocess.PIPE,
                                stderr=subprocess.PIPE) for name in names]
    for p in running:
        p.stdin.write(b"password\n")
        p.stdin.close()
    assert [p.wait(120) for p in running] == [0] * len(names)
    assert sorted(line.split()[0] for line in users.read_text().splitlines()) == sorted(names)
    assert os.listdir(users.parent) == ["users"]


def test_deleting_from_no_file_makes_none(sstp, users):
    assert passwd(sstp, "--delete", users, "bob").returncode == 1
    assert not users.exists()


@pytest.mark.parametrize("left_over", ["file", "link", "folder"])
def test_what_a_killed_one_left_is_cleaned_up(sstp, users, left_over):
    aside, other = users.with_name("users.sstp-new"), users.with_name("other")
    users.write_text("ann * old *\n")
    users.chmod(0o640)
    other.write_text("precious\n")
    if left_over == "file":
        aside.write_text("a long left-over of one that was killed in the middle of its work\n" * 20)
    elif left_over == "link":
        aside.symlink_to(other)
    else:
        aside.mkdir()
    done = passwd(sstp, "--passwd-on-stdin", users, "bob", given="password\n")
    assert done.returncode == (1 if left_over == "folder" else 0)
    assert users.read_text() == "ann * old *\n" + f"bob * $nt${NT_HASH_OF_PASSWORD} *\n" * (left_over != "folder")
    assert stat.S_IMODE(users.stat().st_mode) == 0o640
    assert other.read_text() == "precious\n"
    assert aside.exists() == (left_over == "folder")


def test_one_that_ends_in_the_middle_of_writing_leaves_nothing_in_the_end(sstp, users):
    before = "ann * old *\n" * 100
    users.write_text(before)
    subprocess.run(["prlimit", "--fsize=100", sstp, "passwd", "--passwd-on-stdin", users, "bob"], input=b"password\n",
                   timeout=60)  # SIGXFSZ kills it, or the write fails
    assert users.read_text() == before
    set_password(sstp, users, "carl")
    assert [line.split()[0] for line in users.read_text().splitlines()][-1] == "carl"
    assert os.listdir(users.parent) == ["users"]
