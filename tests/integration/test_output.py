"""What commands print and how they end: byte for byte."""

import base64
import os

import pytest

TARGET = "127.0.0.1"


def write_bytes(fleet, name, data):
    path = os.path.join(fleet.folder, name)
    with open(path, "wb") as file:
        file.write(data)
    os.chmod(path, 0o644)
    return path


def received(result, stream="OUTPUT_STREAM_STDOUT"):
    """The bytes of a stream as the events carry them."""
    return b"".join(base64.b64decode(event["output"]["data"]) for event in result.json()
                    if event.get("output", {}).get("stream") == stream)


def test_a_commands_exit_code(muster):
    result = muster.run(TARGET, "exit 3")
    assert result.code == 1
    assert "exited with code 3" in result.err and TARGET in result.err


def test_a_missing_command(muster):
    code, ends = muster.outcomes(TARGET, "no-such-command")
    assert (code, ends[TARGET]["state"], ends[TARGET]["exitCode"]) == (
        1, "HOST_STATE_EXITED_NONZERO", 127)


@pytest.mark.parametrize("name", ["TERM", "KILL", "SEGV"])
def test_a_command_that_is_killed(muster, name):
    code, ends = muster.outcomes(TARGET, f"kill -{name} $$")
    assert (code, ends[TARGET]["state"], ends[TARGET]["signal"]) == (
        1, "HOST_STATE_SIGNALED", name)


@pytest.mark.parametrize("data", [
    b"a\0b\n\0\0\n", b"\xff\xfe\x80 \xc3\n", b"no newline at the end", b"", b"\n", b"\n\n\n",
    b"dos\r\nlines\r\n", bytes(range(256)) * 300, "grüße 世界\n".encode()])
def test_any_bytes_arrive_as_they_are(muster, fleet, data):
    path = write_bytes(fleet, "bytes", data)
    result = muster.run(TARGET, f"cat {path}", options=["--json"])
    assert result.code == 0
    assert received(result) == data
    plain = muster.run(TARGET, f"cat {path}")
    lines = data.split(b"\n")
    expected = b"".join(TARGET.encode() + b": " + line + b"\n"
                        for line in (lines[:-1] if not lines[-1] else lines))
    assert plain.out == expected


def test_a_line_of_ten_mebibytes_is_one_line(muster, fleet):
    data = os.urandom(5 << 20).hex().encode()
    path = write_bytes(fleet, "long", data + b"\nshort\n")
    result = muster.run(f"{TARGET},127.0.0.2", f"cat {path}")
    assert result.code == 0, result.err
    assert sorted(result.out.splitlines()) == sorted(
        host + b": " + line for host in (b"127.0.0.1", b"127.0.0.2") for line in (data, b"short"))


def test_a_million_short_lines(muster):
    result = muster.run(TARGET, "seq 1000000")
    assert result.code == 0, result.err
    assert result.out == b"".join(b"127.0.0.1: %d\n" % number for number in range(1, 1000001))


def test_standard_error_alone(muster):
    result = muster.run(TARGET, "echo out of luck >&2")
    assert (result.code, result.out) == (0, b"")
    assert "127.0.0.1 [err]: out of luck\n" in result.err


def test_no_output_at_all(muster):
    result = muster.run(TARGET, "true")
    assert (result.code, result.out) == (0, b"")
    assert result.err.startswith("1 host: 1 succeeded")


def test_both_streams_are_told_apart(muster):
    script = "for i in 1 2 3; do echo out $i; echo err $i >&2; done"
    result = muster.run(TARGET, script, options=["--json"])
    assert received(result) == b"out 1\nout 2\nout 3\n"
    assert received(result, "OUTPUT_STREAM_STDERR") == b"err 1\nerr 2\nerr 3\n"


def test_lines_of_many_hosts_are_never_mixed(muster):
    result = muster.run("127.0.5.[1-20]", "seq -f %0200g 1 500")
    assert result.code == 0, result.err
    expected = {f"127.0.5.{host}: {number:0200d}" for host in range(1, 21)
                for number in range(1, 501)}
    lines = result.text.splitlines()
    assert len(lines) == len(expected) and set(lines) == expected


def test_identical_outputs_are_folded(muster):
    result = muster.run("127.0.5.[1-9]", 'set -- $SSH_CONNECTION; if [ $3 = 127.0.5.7 ];'
                        ' then echo other; exit 4; else echo same; fi',
                        options=["--fold"])
    assert result.code == 1
    assert result.text == ("== 127.0.5.[1-6,8-9] (8 hosts): succeeded ==\nsame\n"
                           "== 127.0.5.7 (1 host): exited with code 4 ==\nother\n")


def test_output_past_the_limit_is_counted_not_kept(fleet):
    from programs import Daemon, Muster
    with Daemon(args=["--max-output-per-run", "1"]) as daemon:
        muster = Muster(daemon, fleet)
        result = muster.run(TARGET, "seq -f %099g 1 20000", options=["--json"])
        omitted = [event["outputOmitted"] for event in result.json() if "outputOmitted" in event]
        assert result.code == 0, result.err
        assert len(omitted) == 1
        assert len(received(result)) + int(omitted[0]["bytes"]) == 20000 * 100
        assert len(received(result)) <= 1 << 20


def test_arguments_reach_the_program_exactly(muster):
    words = ["printf", "%s|", "two words", "$HOME", "it's", "a\"b", "*", "", "new\nline", "\\"]
    result = muster.run(TARGET, *words, options=["--argv", "--json"])
    assert received(result).decode() == "".join(f"{word}|" for word in words[2:])


def test_environment(muster):
    result = muster.run(TARGET, 'echo "$GREETING"', options=["-e", "GREETING=it's $HOME"])
    assert result.text == "127.0.0.1: it's $HOME\n"


def test_command_timeout(muster):
    code, ends = muster.outcomes(TARGET, "sleep 1000", options=["--command-timeout", "200ms"])
    assert (code, ends[TARGET]["state"], ends[TARGET]["endConfirmed"]) == (
        1, "HOST_STATE_COMMAND_TIMEOUT", True)


def test_idle_timeout(muster):
    code, ends = muster.outcomes(TARGET, "echo once; sleep 1000", options=["--idle-timeout", "1s"])
    assert (code, ends[TARGET]["state"]) == (1, "HOST_STATE_IDLE_TIMEOUT")
