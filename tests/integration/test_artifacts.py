"""Files that are kept with the daemon, and commands that read them."""

import hashlib
import os
import re
import signal
import time

import pytest

from certificates import Authority
from fleet import write
from programs import SECONDS, Daemon, Muster, wait_until
from terminal import read_to_the_end

MIB = 1 << 20


def sha256(data):
    return hashlib.sha256(data).hexdigest()


def sums(text):
    return re.findall(r"\b[0-9a-f]{64}\b", text)


def write_all(fd, data):
    while data:
        data = data[os.write(fd, data):]


def put_piped(muster, name, data):
    """A muster artifacts put of standard input, of which `data` is the beginning, and its other end."""
    read_end, write_end = os.pipe()
    process = muster.start("artifacts", "put", name, stdin=read_end)
    os.close(read_end)
    write_all(write_end, data)
    return process, write_end


def listed(muster):
    """name -> the artifact, as JSON."""
    result = muster("artifacts", "list", "--json")
    assert result.code == 0, result.err
    return {artifact["name"]: artifact for artifact in result.json()}


def bytes_there(muster, name):
    return int(listed(muster).get(name, {"bytes": 0})["bytes"])


@pytest.fixture(name="path")
def path_fixture(tmp_path):
    return tmp_path / "data"


def put(muster, name, path, data):
    path.write_bytes(data)
    result = muster("artifacts", "put", name, str(path))
    assert result.code == 0, result.err
    return result


def test_commands_read_all_of_it_on_each_host(muster, path):
    data = os.urandom(5 * MIB + 7)
    told = put(muster, "all.bin", path, data)
    assert told.text == f"artifact all.bin: {len(data)} bytes, sha256 {sha256(data)}\n"
    table = muster("artifacts", "list").text
    assert re.search(rf"^all\.bin +{len(data)} +20\S+ \S+ +{sha256(data)}$", table, re.MULTILINE), table
    for options in ([], ["-n"], ["--batches", "1,2", "-f", "2"], ["--argv"]):
        result = muster.run("127.0.0.[1-6]", "sha256sum", options=["--input-artifact", "all.bin", *options])
        assert result.code == 0, result.err
        assert sums(result.text) == [sha256(data)] * 6
    shown = muster("show", "last").text
    assert "input    artifact all.bin\n" in shown


def test_a_command_that_reads_none_or_a_part_of_it(muster, path):
    put(muster, "part.bin", path, b"first\n" + os.urandom(8 * MIB))
    for command, lines in (("true", ""), ("head -n 1", "127.0.0.1: first\n127.0.0.2: first\n")):
        result = muster.run("127.0.0.[1-2]", command, options=["--input-artifact", "part.bin"])
        assert result.code == 0, result.err
        assert "".join(sorted(result.text.splitlines(keepends=True))) == lines


@pytest.mark.parametrize("data", [b"", b"x", b"y" * (512 << 10), os.urandom(2 * MIB)],
                         ids=["nothing", "a byte", "a piece", "some pieces"])
def test_standard_input_is_kept_as_it_comes(muster, data):
    name = f"input-{len(data)}"
    process, end = put_piped(muster, name, data)
    os.close(end)
    out, err = process.communicate(timeout=SECONDS)
    assert process.returncode == 0, err
    assert out.decode() == f"artifact {name}: {len(data)} bytes, sha256 {sha256(data)}\n"
    result = muster.run("127.0.0.1", "sha256sum", options=["--input-artifact", name])
    assert (result.code, sums(result.text)) == (0, [sha256(data)]), result.err


def test_the_same_again_is_fine_and_other_bytes_are_an_error(muster, path):
    data = os.urandom(MIB)
    put(muster, "same", path, data)
    again = put(muster, "same", path, data)
    assert again.text.endswith(f"sha256 {sha256(data)}, which was there already\n")
    [told] = muster("artifacts", "put", "--json", "same", str(path)).json()
    assert (told["name"], told["bytes"], told["whole"]) == ("same", str(MIB), True)
    for other in (data[:-1], data + b"x", bytes(reversed(data))):
        path.write_bytes(other)
        result = muster("artifacts", "put", "same", str(path))
        assert (result.code, result.text) == (2, ""), result.err
        assert "has other bytes; remove it (muster artifacts rm same), or choose another name" in result.err
    assert muster("artifacts", "rm", "same").code == 0
    put(muster, "same", path, other)


def test_who_was_killed_goes_on_after_what_is_there(muster, path):
    data = os.urandom(6 * MIB)
    process, end = put_piped(muster, "cut", data[:3 * MIB + 5])
    wait_until(lambda: bytes_there(muster, "cut") >= 3 * MIB)
    process.kill()
    process.communicate()
    os.close(end)
    there = bytes_there(muster, "cut")
    assert not listed(muster)["cut"]["whole"] and "not whole yet" in muster("artifacts", "list").text
    result = muster.run("127.0.0.1", "cat", options=["--input-artifact", "cut"])
    assert result.code == 2 and "cut" in result.err
    told = put(muster, "cut", path, data)
    assert told.text == (f"artifact cut: {len(data)} bytes, sha256 {sha256(data)}; {there} of them were "
                         "there already\n")
    result = muster.run("127.0.0.1", "sha256sum", options=["--input-artifact", "cut"])
    assert sums(result.text) == [sha256(data)], result.err


def test_what_is_there_of_another_file_is_told_and_is_gone(muster, path):
    process, end = put_piped(muster, "mixed", b"a" * MIB)
    wait_until(lambda: bytes_there(muster, "mixed") >= MIB)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=SECONDS)
    os.close(end)
    assert process.returncode == 130 and b"goes on after what musterd has of mixed" in err
    data = os.urandom(2 * MIB)
    path.write_bytes(data)
    result = muster("artifacts", "put", "mixed", str(path))
    assert result.code == 2 and "what was there before was of another file" in result.err
    assert put(muster, "mixed", path, data).text.endswith(f"sha256 {sha256(data)}\n")


def test_names_and_files_that_cannot_be(muster, path):
    path.write_bytes(b"x")
    for name in (".hidden", "a/b", "a b", "a" * 129, "a\xe9", ""):
        result = muster("artifacts", "put", name, str(path))
        assert (result.code, result.text) == (2, ""), name
        assert "name" in result.err, result.err
    for file in (str(path) + "-none", str(path.parent)):
        result = muster("artifacts", "put", "never", file)
        assert result.code != 0 and f"{file} cannot be read" in result.err
    assert "never" not in listed(muster)


def test_removing(muster, path):
    for name in ("rm-1", "rm-2"):
        put(muster, name, path, b"x")
    result = muster("artifacts", "rm", "rm-1", "rm-none", "rm-2")
    assert (result.code, result.text) == (2, "artifact rm-1 removed\nartifact rm-2 removed\n")
    assert "rm-none" in result.err
    assert not {"rm-1", "rm-2"} & set(listed(muster))


def test_a_run_that_names_none_does_not_begin(muster):
    before = len(muster("runs", "--json", "-n", "1000").json())
    result = muster.run("127.0.0.1", "cat", options=["--input-artifact", "none-such"])
    assert (result.code, result.text) == (2, "") and "none-such" in result.err
    assert len(muster("runs", "--json", "-n", "1000").json()) == before


def test_bytes_on_standard_input_are_not_lost_in_silence(muster, path):
    put(muster, "both", path, b"of the artifact\n")
    with open(path, "rb") as file:
        result = muster("run", *muster.login, "--input-artifact", "both", "-t", "127.0.0.1", "--", "cat",
                        stdin=file)
        assert (result.code, result.text) == (2, "")
        assert "leave one of the two out" in result.err and "-n" in result.err
        result = muster("run", *muster.login, "-n", "--input-artifact", "both", "-t", "127.0.0.1", "--",
                        "cat", stdin=file)
    assert (result.code, result.text) == (0, "127.0.0.1: of the artifact\n"), result.err


def test_a_rerun_reads_it_again(muster, fleet, path):
    data = os.urandom(MIB)
    put(muster, "again", path, data)
    gate = os.path.join(fleet.folder, "artifact_gate")
    command = f"sha256sum; test -e {gate}"
    result = muster.run("127.0.0.[1-3]", command, options=["--input-artifact", "again"])
    assert result.code == 1 and "muster rerun " in result.err
    assert sums(result.text) == [sha256(data)] * 3
    write(gate, "")
    result = muster("rerun", "last", "--failed")
    assert (result.code, sums(result.text)) == (0, [sha256(data)] * 3), result.err
    # Those bytes, or none.
    assert muster("artifacts", "rm", "again").code == 0
    result = muster("rerun", "last", "--states", "succeeded")
    assert result.code == 2 and "again" in result.err
    put(muster, "again", path, b"other bytes")
    result = muster("rerun", "last", "--states", "succeeded")
    assert result.code == 2 and "has other bytes now" in result.err


def test_progress_on_a_terminal(muster):
    read_end, write_end = os.pipe()
    master, slave = os.openpty()
    process = muster.start("artifacts", "put", "shown", stdin=read_end, stderr=slave)
    os.close(read_end)
    os.close(slave)
    write_all(write_end, b"x" * (512 << 10))
    wait_until(lambda: bytes_there(muster, "shown") > 0)
    time.sleep(1.2)  # what takes less is not shown
    write_all(write_end, b"x" * (512 << 10))
    os.close(write_end)
    assert process.communicate(timeout=SECONDS)[0].startswith(b"artifact shown: 1048576 bytes")
    shown = read_to_the_end(master)
    assert re.search(rb"shown: 1\.0 MiB, \d+ s", shown) and b"512.0 KiB" not in shown, shown


def test_a_terminal_is_no_file(muster):
    master, slave = os.openpty()
    result = muster("artifacts", "put", "typed", stdin=slave)
    os.close(slave)
    os.close(master)
    assert result.code == 2 and "muster artifacts put typed FILE" in result.err


# --- A daemon that is killed

def test_putting_goes_on_with_the_daemon_that_comes_back(fleet, tmp_path):
    data = os.urandom(4 * MIB)
    daemon = Daemon(str(tmp_path))
    muster = Muster(daemon, fleet)
    process, end = put_piped(muster, "kept", data[:2 * MIB])
    wait_until(lambda: bytes_there(muster, "kept") >= 2 * MIB)
    daemon.stop(signal.SIGKILL)
    with Daemon(str(tmp_path)):
        write_all(end, data[2 * MIB:])
        os.close(end)
        out, err = process.communicate(timeout=SECONDS)
        assert process.returncode == 0, err
        assert sha256(data) in out.decode()
        result = muster.run("127.0.0.[1-2]", "sha256sum", options=["--input-artifact", "kept"])
        assert sums(result.text) == [sha256(data)] * 2, result.err


def test_a_run_that_is_continued_reads_it_from_the_beginning(fleet, tmp_path):
    data = os.urandom(3 * MIB)
    gate = os.path.join(fleet.folder, f"gate{time.monotonic_ns()}")
    daemon = Daemon(str(tmp_path))
    muster = Muster(daemon, fleet)
    put(muster, "long.bin", tmp_path / "data", data)
    run = muster.run("127.0.22.[1-4]", f"sha256sum; while [ ! -e {gate} ]; do sleep 0.05; done", options=[
        "-d", "--batches", "1", "--continue-after-restart", "--input-artifact", "long.bin"]).text.strip()
    wait_until(lambda: sums(muster("logs", run, "127.0.22.1").text))
    daemon.stop(signal.SIGKILL)
    with Daemon(str(tmp_path)):
        write(gate, "")
        watched = muster("watch", run)
        assert sums(watched.text) == [sha256(data)] * 4, watched.err
        assert "succeeded (3): 127.0.22.[2-4]\n" in muster("show", run).text


# --- Callers of a shared daemon

def test_another_caller_does_not_see_it(fleet, tmp_path):
    authority = Authority(str(tmp_path))
    write(tmp_path / "musterd.yaml", f"""
credentials:
  deploy:
    identity_files: [{fleet.key}]
    known_hosts: [{fleet.known_hosts}]
    user: {fleet.user}
policy:
  - callers: ["dns:ann", "dns:bob"]
    credentials: [deploy]
    users: ["{fleet.user}"]
    targets: "*"
    ports: [{fleet.servers[0].port}]
""")
    certificate, key = authority.issue("server")
    with Daemon(listen="127.0.0.1:0", args=[
            "--config", f"{tmp_path}/musterd.yaml", "--tls-cert", certificate, "--tls-key", key,
            "--client-ca", authority.certificate]) as daemon:
        callers = []
        for name in ("ann", "bob"):
            cert, key = authority.issue(name)
            callers.append(Muster(daemon, MUSTER_TLS_CERT=cert, MUSTER_TLS_KEY=key,
                                  MUSTER_TLS_CA=authority.certificate))
        ann, bob = callers
        run = ["run", "--credential", "deploy", "-p", str(fleet.servers[0].port), "-t", "127.0.0.1",
               "--input-artifact", "mine", "--", "cat"]
        put(ann, "mine", tmp_path / "data", b"of ann\n")
        assert list(listed(ann)) == ["mine"] and not listed(bob)
        assert bob("artifacts", "list").text == "no artifacts\n"
        for args in (run, ["artifacts", "rm", "mine"]):
            result = bob(*args)
            assert (result.code, result.text) == (2, "") and "mine" in result.err
        put(bob, "mine", tmp_path / "data", b"of bob\n")
        for caller, line in ((ann, "127.0.0.1: of ann\n"), (bob, "127.0.0.1: of bob\n")):
            result = caller(*run)
            assert (result.code, result.text) == (0, line), result.err
        assert bob("artifacts", "rm", "mine").code == 0
        assert list(listed(ann)) == ["mine"]
