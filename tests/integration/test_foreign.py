"""muster called as pdsh, clush and dshbak. tests/compat.sh compares it with the real ones."""

import os
import re
import socket
import subprocess

import pytest

from programs import MUSTER, Result


@pytest.fixture(name="call")
def fixture_call(muster, tmp_path):
    """Calls it by one of their names."""
    for program in ("pdsh", "clush", "dshbak"):
        os.symlink(MUSTER, tmp_path / program)
    at = muster.login.index
    login = (f"-oUser={muster.login[at('-u') + 1]} -p {muster.login[at('-p') + 1]} -F none "
             f"-i {muster.login[at('-i') + 1]} "
             f"-oUserKnownHostsFile={muster.login[at('--known-hosts') + 1]}")
    env = {**muster.env, "PDSH_SSH_ARGS_APPEND": login}

    def call(program, *args, stdin=b""):
        options = ["-o", login] if program == "clush" else []
        return Result(subprocess.run([str(tmp_path / program), *options, *args], input=stdin, env=env,
                                     cwd=tmp_path, capture_output=True, check=False))
    return call



def test_pdsh_lines_and_exit_codes(call):
    result = call("pdsh", "-w", "127.0.0.[1-3]", "-x", "127.0.0.2", "echo out; echo err >&2; exit 3")
    assert (result.code, sorted(result.text.splitlines())) == (0, ["127.0.0.1: out", "127.0.0.3: out"])
    here = socket.gethostname().split(".")[0]
    assert sorted(result.err.splitlines()) == [
        "127.0.0.1: err", "127.0.0.3: err", *(f"pdsh@{here}: 127.0.0.{n}: ssh exited with exit code 3"
                                               for n in (1, 3))]
    assert call("pdsh", "-S", "-w", "127.0.0.1", "exit 3").code == 3
    result = call("pdsh", "-N", "-w", "127.0.0.1", "cat; echo end", stdin=b"never\n")
    assert result.text == "end\n"
    result = call("pdsh", "-w", "127.0.0.1:1", "true")
    assert result.code == 1 and "not supported" in result.err


def test_who_cannot_be_reached_is_told(call):
    result = call("clush", "-w", "127.0.0.1,127.0.0.2:1", "echo hi")
    assert (result.code, result.text) == (0, "127.0.0.1: hi\n")
    assert "clush: 127.0.0.2: unreachable (connection refused): connect to 127.0.0.2:1" in result.err
    assert call("clush", "-S", "-w", "127.0.0.2:1", "true").code == 255


def test_clush_gathers(call):
    result = call("clush", "-b", "-w", "127.0.0.[1-3]", "cat; echo err >&2", stdin=b"a\nb\n")
    assert result.text == "-" * 15 + "\n127.0.0.[1-3] (3)\n" + "-" * 15 + "\na\nb\n"
    assert sorted(result.err.splitlines()) == [f"127.0.0.{n}: err" for n in (1, 2, 3)]
    result = call("clush", "-BL", "-w", "127.0.0.[1-2]", "echo out; sleep .1; echo err >&2")
    assert result.text == "127.0.0.[1-2]: out\n127.0.0.[1-2]: err\n"
    result = call("clush", "-b", "-w", "127.0.0.[1-2]", "false")
    assert (result.text, result.err) == ("", "clush: 127.0.0.[1-2] (2): exited with exit code 1\n")


def test_dshbak(call, tmp_path):
    lines = b"web2: b\nweb1: a\nweb10: b\nno host\nweb2:  c\nweb10:  c\n"
    rule = "-" * 16 + "\n"
    result = call("dshbak", stdin=lines)
    assert result.text == (f"{rule}web1\n{rule}a\n{rule}web2\n{rule}b\n c\n{rule}web10\n{rule}b\n c\n")
    assert "1 lines are left out" in result.err
    result = call("dshbak", "-c", stdin=lines)
    assert result.text == f"{rule}web1\n{rule}a\n{rule}web[2,10]\n{rule}b\n c\n"
    assert call("dshbak", "-d", "out", stdin=lines).code == 1
    assert call("dshbak", "-f", "-d", "out", stdin=lines).code == 0
    assert (tmp_path / "out" / "web2").read_bytes() == b"b\n c\n"


def test_the_file_of_defaults_does_not_change_scripts(call, muster):
    folder = os.path.join(muster.env["HOME"], ".config", "muster")
    os.makedirs(folder, exist_ok=True)
    path = os.path.join(folder, "config.yaml")
    try:
        with open(path, "w", encoding="utf-8") as file:
            file.write("fold: true\n")
        os.chmod(path, 0o600)
        assert call("pdsh", "-w", "127.0.0.1", "echo hi").text == "127.0.0.1: hi\n"
        assert re.match("== 127.0.0.1", muster.run("127.0.0.1", "echo hi").text)
    finally:
        os.remove(path)
