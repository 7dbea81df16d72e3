"""What comes on standard input reaches the commands."""

import hashlib
import os
import re
import subprocess

from programs import MUSTER, SECONDS

MIB = 1 << 20


def sums(text):
    return re.findall(r"\b[0-9a-f]{64}\b", text)


def run_with(muster, stdin, targets, command, *options):
    return muster("run", *muster.login, *options, "-t", targets, "--", command, stdin=stdin)


def piped(muster, data, targets, command, *options):
    return subprocess.run([MUSTER, "run", *muster.login, *options, "-t", targets, "--", command],
                          input=data, env=muster.env, capture_output=True, check=False,
                          timeout=SECONDS * 4)


def test_each_host_reads_all_of_a_file(muster, tmp_path):
    path = tmp_path / "data"
    data = os.urandom(5 * MIB + 7)
    path.write_bytes(data)
    with open(path, "rb") as file:
        result = run_with(muster, file, "127.0.0.[1-10]", "sha256sum")
    assert result.code == 0, result.err
    assert sums(result.text) == [hashlib.sha256(data).hexdigest()] * 10


def test_a_few_bytes_through_a_pipe(muster):
    result = piped(muster, b"x", "127.0.0.1", "cat")
    assert (result.returncode, result.stdout) == (0, b"127.0.0.1: x\n"), result.stderr
    result = piped(muster, b"", "127.0.0.1", "cat; echo done")
    assert (result.returncode, result.stdout) == (0, b"127.0.0.1: done\n"), result.stderr


def test_a_script_on_standard_input(muster):
    result = piped(muster, b"echo one\necho two $((40 + 2))\n", "127.0.0.[1-2]", "bash -s")
    assert result.returncode == 0, result.stderr
    assert sorted(result.stdout.splitlines()) == [
        b"127.0.0.1: one", b"127.0.0.1: two 42", b"127.0.0.2: one", b"127.0.0.2: two 42"]


def test_what_comes_slowly_arrives_as_it_comes(muster):
    read_end, write_end = os.pipe()
    process = muster.start("run", *muster.login, "-t", "127.0.0.1", "--", "cat", stdin=read_end)
    os.close(read_end)
    for line in (b"first\n", b"second\n"):
        os.write(write_end, line)
        assert process.stdout.readline() == b"127.0.0.1: " + line
    os.close(write_end)
    assert process.wait(SECONDS) == 0
    process.communicate()


def test_hosts_whose_turn_comes_late_read_it_from_the_beginning(muster, tmp_path):
    path = tmp_path / "data"
    data = os.urandom(MIB)
    path.write_bytes(data)
    with open(path, "rb") as file:
        result = run_with(muster, file, "127.0.0.[1-6]", "sha256sum", "--batches", "1,2")
    assert sums(result.text) == [hashlib.sha256(data).hexdigest()] * 6, result.err


def test_who_does_not_read_holds_up_nobody(muster, daemon, fleet, tmp_path):
    path = tmp_path / "data"
    data = os.urandom(MIB) * 100
    path.write_bytes(data)
    gate = os.path.join(fleet.folder, "input_gate")
    command = ("set -- $SSH_CONNECTION; [ $3 != 127.0.0.3 ] && exec sha256sum; "
               f"while [ ! -e {gate} ]; do sleep 0.1; done; sha256sum")
    before = daemon.memory()
    with open(path, "rb") as file:
        process = muster.start("run", *muster.login, "-t", "127.0.0.[1-5]", "--", command, stdin=file)
    others = [process.stdout.readline() for _ in range(4)]
    assert all(hashlib.sha256(data).hexdigest().encode() in line for line in others)
    assert not any(line.startswith(b"127.0.0.3") for line in others)
    assert daemon.memory() - before < 80 * MIB
    with open(gate, "w", encoding="ascii"):
        pass
    assert hashlib.sha256(data).hexdigest().encode() in process.stdout.readline()
    assert process.wait(SECONDS * 2) == 0
    process.communicate()


def test_a_command_that_ends_early_needs_no_more(muster):
    process = subprocess.Popen(["yes"], stdout=subprocess.PIPE)
    result = run_with(muster, process.stdout, "127.0.0.[1-3]", "head -n 1")
    process.kill()
    process.wait()
    process.stdout.close()
    assert (result.code, sorted(result.text.splitlines())) == (
        0, [f"127.0.0.{host}: y" for host in (1, 2, 3)]), result.err
