"""What commands print and how they end: byte for byte."""

import base64
import datetime
import json
import os

import jsonschema
import pytest

from programs import SECONDS

TARGET = "127.0.0.1"


def write_bytes(fleet, name, data):
    path = os.path.join(fleet.folder, name)
    with open(path, "wb") as file:
        file.write(data)
    os.chmod(path, 0o644)
    return path


def received(result, stream="OUTPUT_STREAM_STDOUT"):
    """The bytes of a stream as the events carry them."""
    lines = [event["output"] for event in result.json()
             if event.get("output", {}).get("stream") == stream]
    return b"".join(
        (line["text"].encode() if "text" in line else base64.b64decode(line["bytes"]))
        + (b"" if line["unterminated"] or line["split"] else b"\n") for line in lines)


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


SCHEMA = os.path.abspath("client/json_lines.schema.json")


@pytest.mark.parametrize("targets,command,options", [
    ("127.0.0.[1-3],127.0.0.4:1", "set -- $SSH_CONNECTION; echo $3; echo oops >&2; "
     r"test $3 = 127.0.0.2 && exit 3; printf 'a\377\033\nno end'", []),
    (TARGET, "head -c 200000 /dev/zero | tr '\\000' x", []),
    ("127.0.0.[1-3]", "kill -KILL $$", ["--batches", "1", "--probe", "false"]),
    ("127.0.0.[1-2]", "echo hi; exit 0", ["--batches", "1", "--probe", r"printf '\377'; exit 1"]),
    (TARGET, "seq 1 20000", ["--output-limit", "1K"])])
def test_json_is_what_its_schema_says(muster, targets, command, options):
    with open(SCHEMA, encoding="utf-8") as file:
        schema = json.load(file)
    jsonschema.Draft7Validator.check_schema(schema)
    validator = jsonschema.Draft7Validator(schema)
    lines = muster.run(targets, command, options=["--json", *options]).json()
    assert len(lines) > 3
    for line in lines:
        validator.validate(line)
    assert "run" in lines[-1] and not any("run" in line for line in lines[:-1])


def test_the_schema_refuses_what_it_should():
    with open(SCHEMA, encoding="utf-8") as file:
        validator = jsonschema.Draft7Validator(json.load(file))
    head = {"sequence": "1", "time": "2026-11-29T03:00:00.000000Z"}
    output = {"hostIndex": 0, "stream": "OUTPUT_STREAM_STDOUT", "unterminated": False, "split": False}
    good = {**head, "host": "web1", "output": {**output, "text": "hi"}}
    validator.validate(good)
    for bad in ({**head, "output": good["output"]}, {**good, "output": output}, {},
                {**good, "sequence": 1}, {**good, "output": {**good["output"], "bytes": "aGk="}}):
        assert not validator.is_valid(bad), bad


def test_json_tells_text_and_bytes_apart(muster):
    result = muster.run(TARGET, r"printf 'gr\303\274n\n\377\n\n'", options=["--json"])
    lines = [(event["host"], {name: event["output"][name] for name in ("text", "bytes")
                              if name in event["output"]})
             for event in result.json() if "output" in event]
    assert lines == [(TARGET, {"text": "gr\u00fcn"}), (TARGET, {"bytes": "/w=="}), (TARGET, {"text": ""})]


def test_lines_without_their_host(muster):
    result = muster.run("127.0.5.[1-3]", "echo hi; echo oops >&2", options=["--no-prefix", "-q"])
    assert (result.text, result.err) == ("hi\n" * 3, "oops\n" * 3)


def test_lines_in_the_order_of_hosts(muster):
    result = muster.run("127.0.5.[1-9]", "set -- $SSH_CONNECTION; sleep 0.$((9 - ${3##*.})); echo 1; echo 2",
                        options=["--sort"])
    assert result.text == "".join(f"127.0.5.{host}: 1\n127.0.5.{host}: 2\n" for host in range(1, 10))


def test_lines_with_their_time(muster):
    before = datetime.datetime.now()
    line = muster.run(TARGET, "echo hi", options=["--timestamps"]).text
    date, clock, rest = line.split(" ", 2)
    assert rest == f"{TARGET}: hi\n"
    time = datetime.datetime.fromisoformat(f"{date} {clock}")
    assert abs(time - before) < datetime.timedelta(seconds=SECONDS)


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
