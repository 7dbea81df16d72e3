"""What muster makes of its command line: what it takes, what it refuses, and what it says."""

import os
import subprocess

import pytest

from fleet import read, write
from programs import MUSTER, SECONDS, Daemon, Result


@pytest.mark.parametrize("words,shown", [
    (["ls", "-d", "/etc"], "/etc"), (["printf", "%s", "-h"], "-h"), (["echo", "-q", "--help"],
                                                                    "-q --help"),
    (["echo", "-t", "x", "--", "-d"], "-t x -- -d"), (["--argv", "echo", "[a,b]"], "[a,b]")])
def test_what_follows_the_first_word_belongs_to_the_command(muster, words, shown):
    result = muster("run", *muster.login, "-t", "127.0.0.1", *words)
    assert (result.code, result.text.strip()) == (0, f"127.0.0.1: {shown}"), result.err


def test_options_before_the_subcommand_and_behind_it(muster):
    env = {name: value for name, value in muster.env.items() if name != "MUSTER_SERVER"}
    server = muster.env["MUSTER_SERVER"]
    for args in (["--server", server, "run", *muster.login], ["run", *muster.login, "--server",
                                                              server]):
        result = Result(subprocess.run([MUSTER, *args, "-t", "127.0.0.1", "echo", "--server", "x"],
                                       env=env, capture_output=True, stdin=subprocess.DEVNULL,
                                       check=False))
        assert result.text == "127.0.0.1: --server x\n", result.err


def test_targets_add_up_and_some_are_left_out(muster, tmp_path):
    hosts = str(tmp_path / "hosts")
    write(hosts, "# the first\n127.0.0.1\n127.0.0.[2-4]!127.0.0.3  # not the third\n")
    result = muster("targets", "-t", "127.0.0.9", "-t", f"@@{hosts}", "-x", "127.0.0.2,127.0.0.7")
    assert result.text.split() == ["127.0.0.1", "127.0.0.4", "127.0.0.9"], result.err
    result = muster("run", *muster.login, "-t", "127.0.0.1", "-t", "127.0.0.2", "echo hi")
    assert sorted(result.text.splitlines()) == ["127.0.0.1: hi", "127.0.0.2: hi"]
    result = muster("run", *muster.login, "-t", "127.0.0.1", "--user", "nobody", "true")
    assert result.code == 2
    assert "--user is given twice" in result.err and "nobody" in result.err


def test_targets_from_standard_input(muster):
    read_end, write_end = os.pipe()
    os.write(write_end, b"127.0.0.1\n# a comment\n127.0.0.2\n")
    os.close(write_end)
    result = muster("run", *muster.login, "-t", "-", "echo", "hi", stdin=read_end)
    os.close(read_end)
    assert sorted(result.text.splitlines()) == ["127.0.0.1: hi", "127.0.0.2: hi"], result.err


def with_input(muster, stdin, *options, command="cat; echo done"):
    return muster("run", *muster.login, *options, "-t", "127.0.0.1", "--", command, stdin=stdin)


def test_input_that_nobody_would_send_starts_nothing(muster, tmp_path):
    script = str(tmp_path / "script.sh")
    write(script, "echo never\n")
    with open(script, encoding="utf-8") as file:
        result = with_input(muster, file, "-d")
        assert (result.code, result.out) == (2, b"")
        assert "nobody stays to send it" in result.err and "-n" in result.err
        result = with_input(muster, file, "-n")
        assert (result.code, result.text) == (0, "127.0.0.1: done\n")


def test_where_nothing_is_offered_commands_read_the_end_at_once(muster, tmp_path):
    """As pipelines, services and a loop at its end leave it."""
    empty = str(tmp_path / "empty")
    write(empty, "")
    ended_pipe, ended = os.pipe()
    os.close(ended)
    with open(empty, encoding="utf-8") as file:
        for stdin in (subprocess.DEVNULL, file, ended_pipe):
            result = with_input(muster, stdin)
            assert (result.code, result.text, result.err.count("input")) == (
                0, "127.0.0.1: done\n", 0), result.err
    closed = Result(subprocess.run(
        ["sh", "-c", '"$@" <&-', "sh", MUSTER, "run", *muster.login, "-t", "127.0.0.1", "echo done"],
        env=muster.env, capture_output=True, check=False))
    assert (closed.code, closed.text) == (0, "127.0.0.1: done\n"), closed.err
    os.close(ended_pipe)


def test_a_pipe_that_stays_open_holds_up_nobody_who_does_not_read(muster):
    open_pipe, writer = os.pipe()
    result = with_input(muster, open_pipe, command="echo done")
    assert (result.code, result.text) == (0, "127.0.0.1: done\n"), result.err
    os.close(open_pipe)
    os.close(writer)


def test_the_commands_exit_code_on_request(muster):
    command = 'set -- $SSH_CONNECTION; exit ${3##*.}'
    assert muster.run("127.0.0.[3-7]", command).code == 1
    assert muster.run("127.0.0.[3-7]", command, options=["-S"]).code == 7
    assert muster.run("127.0.0.[1-2]", "true", options=["-S"]).code == 0
    assert muster.run("127.0.0.1", "kill -TERM $$", options=["-S"]).code == 128 + 15
    assert muster.run("127.0.0.3,127.0.0.5:1", command, options=["-S"]).code == 255


def test_a_secret_is_warned_about(muster):
    result = muster.run("127.0.0.1", "echo $DB_PASSWORD", options=["-e", "DB_PASSWORD=x", "-e", "A=b"])
    assert (result.code, result.text) == (0, "127.0.0.1: x\n")
    assert result.err.count("warning: -e DB_PASSWORD") == 1 and "-e A" not in result.err


def test_files_that_only_the_caller_can_open(muster, fleet):
    port = fleet.servers[0].port
    shell = ('exec "$0" run -u "$1" -p "$2" -i <(cat "$3") --known-hosts <(cat "$4") '
             f"-I <(echo '[web]'; echo 'one ansible_host=127.0.0.1'; echo 'two ansible_host=127.0.0.2') "
             "-t @web 'echo hi'")
    result = Result(subprocess.run(
        ["bash", "-c", shell, MUSTER, fleet.user, str(port), fleet.key, fleet.known_hosts],
        env=muster.env, capture_output=True, stdin=subprocess.DEVNULL, check=False))
    assert result.code == 0, result.err
    assert sorted(result.text.splitlines()) == ["one: hi", "two: hi"]


@pytest.mark.parametrize("options,name", [
    (["-e", b"A=\xff"], "--env"), (["--label", b"a=\xff"], "--label"), (["--lock", b"\xff"],
                                                                        "--lock"),
    (["-i", b"/tmp/\xff"], "--identity"), (["--request-id", b"\xff"], "--request-id")])
def test_what_is_not_utf8_is_told_in_a_sentence(muster, options, name):
    result = muster.run("127.0.0.1", "true", options=options)
    assert (result.code, result.out) == (2, b"")
    assert name in result.err and "UTF-8" in result.err and "libprotobuf" not in result.err


def test_a_run_of_that_name_cannot_be(muster):
    for command in ("show", "watch", "cancel", "rerun"):
        result = muster(command, b"\xff")
        assert result.code == 2
        assert "UTF-8" in result.err and "libprotobuf" not in result.err


def test_the_longest_command_that_a_host_can_run(muster):
    """Linux takes no argument of more than 131,071 bytes: execve(2)."""
    most = 131071
    result = muster.run("127.0.0.1", ":", "x" * (most - 2))
    assert result.code == 0, result.err
    for options, size in (([], most + 1), (["-e", "A=b"], most - 3)):
        result = muster.run("127.0.0.1", ":", "x" * (size - 2), options=options)
        assert (result.code, result.out) == (2, b"")
        assert "131071" in result.err and "script" in result.err


def test_lines_longer_than_the_limit_are_whole(muster):
    """Past 16 MiB a line comes in parts, of which none but the last ends it."""
    size = 40 << 20
    result = muster.run("127.0.0.1", f"head -c {size} /dev/zero | tr '\\0' x; echo; echo end")
    assert result.code == 0, result.err
    lines = result.out.split(b"\n")
    assert lines[-2:] == [b"127.0.0.1: end", b""]
    assert sum(line.count(b"x") for line in lines) == size


def test_a_duration_without_a_unit_is_one_of_seconds(muster):
    result = muster.run("127.0.0.1", "echo on; sleep 100", options=["--command-timeout", "1"])
    assert (result.code, result.text) == (1, "127.0.0.1: on\n")
    assert "command timeout" in result.err
    with Daemon(args=["--idle-timeout", "1"]) as daemon:
        assert daemon.process.wait(SECONDS) == 0


def test_a_group_without_its_sign_is_suggested(muster, tmp_path):
    path = str(tmp_path / "hosts.ini")
    write(path, "[prod]\nweb1 ansible_host=127.0.0.1\n")
    result = muster.run("prod", "true", options=["-I", path])
    assert result.code == 3
    assert "@prod" in result.err
    assert "@prod" not in muster.run("web1", "true", options=["-I", path]).err


SSH_CONFIG = """
Host web1 web2
    HostName 127.0.0.1
    User deploy
    Port 2200
Host *
    IdentityFile ~/.ssh/work
"""


def test_ssh_config_is_not_mentioned_where_it_does_not_matter(muster, tmp_path):
    config = str(tmp_path / "config")
    write(config, SSH_CONFIG)
    result = muster.run("127.0.0.1", "echo hi", options=["-F", config])
    assert (result.text, "ssh_config" in result.err) == ("127.0.0.1: hi\n", False)
    assert read(config) == SSH_CONFIG


def test_what_could_not_be_kept_is_refused_before_anything_runs(muster, tmp_path):
    marker = tmp_path / "ran"
    for options in (["--junit", str(tmp_path / "none" / "x.xml")], ["--junit", str(tmp_path)]):
        result = muster("run", *options, "-t", "127.0.0.1", "--", f"touch {marker}")
        assert result.code == 2, (options, result.err)
        assert options[1] in result.err
    assert not marker.exists()


def test_a_detached_run_refuses_what_nobody_would_do(muster):
    for option in (["--fold"], ["--output-dir", "out"], ["--junit", "x.xml"], ["-S"], ["--sort"]):
        result = muster("run", "-d", *option, "-t", "127.0.0.1", "--", "true")
        assert result.code == 2 and "--detach" in result.err, (option, result.err)


def test_a_cancel_of_a_run_that_has_ended_says_so(muster):
    assert muster.run("127.0.0.1", "false").code == 1
    result = muster("cancel", "last")
    assert result.code == 0
    assert result.out.endswith(b" had ended already: failed\n")


def test_a_known_hosts_file_that_is_not_there_is_told_once(muster, tmp_path):
    path = str(tmp_path / "known_hosts")
    result = muster.run("127.0.0.[1-2]", "true", options=["--known-hosts", path])
    assert result.code == 3
    assert result.err.count(f"note: --known-hosts: {path} does not exist, and is taken as empty") == 1
    result = muster.run("127.0.0.1", "true", options=["--known-hosts", path, "--host-key-policy",
                                                      "accept-new"])
    assert (result.code, "is made for the keys" in result.err) == (0, True), result.err
    result = muster.run("127.0.0.1", "true", options=["--known-hosts", path])
    assert (result.code, "note" in result.err) == (0, False), result.err
    assert "known-hosts" not in muster("run", "-t", "127.0.0.1", "true").err


def test_who_watches_a_part_is_told_that_the_summary_is_of_all(muster):
    assert muster.run("127.0.0.[1-3]", "echo hi; test 1 = ${SSH_CONNECTION##*.1 }").code == 1
    whole = "the whole run, also hosts not shown: 3 hosts: "
    result = muster("watch", "last", "--hosts", "127.0.0.2")
    assert result.text == "127.0.0.2: hi\n"
    assert whole in result.err
    assert whole in muster("watch", "last", "--fold", "--states", "failed").err
    for options in ([], ["--from", "3"], ["--fold"]):
        assert "the whole run" not in muster("watch", "last", *options).err


def test_a_variable_to_ignore_that_is_nowhere_is_told(muster, tmp_path):
    path = str(tmp_path / "hosts")
    write(path, "h1 ansible_connection=local ansible_host=127.0.0.1\n")
    refused = muster("targets", "-I", path, "h1")
    assert refused.code == 2 and "--ignore-variable ansible_connection" in refused.err
    assert "ignored_variables" not in refused.err
    good = ["-I", path, "--ignore-variable", "ansible_connection"]
    bad = [*good, "--ignore-variable", "ansible_connectio"]
    for command in (["targets", *bad, "h1"], ["run", "-d", *muster.login, *bad, "-t", "h1", "true"],
                    ["run", *muster.login, *bad, "-t", "h1", "true"]):
        result = muster(*command)
        assert result.code == 0, result.err
        assert result.err.count("warning: --ignore-variable: no host of ") == 1, result.err
        assert '"ansible_connectio" (did you mean ansible_connection' in result.err
    assert "--ignore-variable: no host" in muster("show", "last").text
    assert muster("targets", *good, "h1").err == ""
    result = muster("targets", "--ignore-variable", "ansible_connection", "h1")
    assert "there is no inventory" in result.err


@pytest.mark.parametrize("option,value", [
    ("--max-in-flight", "abc"), ("--color", "blue"), ("--retries", "-1"), ("--stop-grace", "2h"),
    ("--batches", "1,x"), ("--batches", ",".join(["1"] * 2000)), ("--label", "a=" + 300 * "x"),
    ("--lock", 300 * "x"), ("--command-timeout", "1000000h"), ("--env", "A-B=c"),
    ("--credential", "none"), ("--jump", "a,b,c,d,e,f,g,h,i,j,k"), ("--identity", "/" + 5000 * "x")])
def test_what_is_wrong_is_told_in_the_words_of_the_command_line(muster, option, value):
    result = muster.run("127.0.0.1", "true", options=[option, value])
    assert (result.code, result.out) == (2, b"")
    assert f"{option}: " in result.err
    for internal in ("login.", "rollout.", "timeouts.", "stop.", "labels:", "environment:", "Could not",
                     "excludes", "TargetSpec", "spec."):
        assert internal not in result.err, result.err


def test_nothing_to_do_is_told_with_what_there_is(muster):
    for args, hint in ((["forget", "last"], "cancel it first"), (["targets"], "-t web[1-3]"),
                       (["run", "-t", "127.0.0.1", "--", " "], "the command: it is empty")):
        if args[0] == "forget":
            assert muster("run", *muster.login, "-d", "-t", "127.0.0.1", "--", "sleep 60").code == 0
        result = muster(*args)
        assert result.code == 2
        assert hint.replace("web[1-3]", "'web[1-3]'") in result.err and "CancelRun" not in result.err
    assert muster("cancel", "last").code == 0


def test_a_mistake_behind_other_letters_is_shown_at_its_place(muster):
    result = muster("targets", "jörg世@web1]")
    assert result.code == 2
    lines = result.err.splitlines()
    assert "position 11: ']' without '['" in lines[0]
    assert lines[1].endswith("  jörg世@web1]")
    assert lines[2] == " " * len(lines[1]) + "^"  # the wide one takes two columns


def test_a_loop_that_reads_its_hosts_keeps_them(muster, tmp_path):
    hosts = str(tmp_path / "hosts")
    write(hosts, "127.0.0.1\n127.0.0.2\n127.0.0.3\n")
    loop = 'while read h; do "$0" run "$@" -t $h -- cat || exit 9; echo done $h; done'
    with open(hosts, encoding="ascii") as file:
        result = Result(subprocess.run(["sh", "-c", loop, MUSTER, "-n", *muster.login], stdin=file,
                                       env=muster.env, capture_output=True, check=False))
    assert result.text.split("\n") == ["done 127.0.0.1", "done 127.0.0.2", "done 127.0.0.3", ""]
    assert "input" not in result.err
    with open(hosts, encoding="ascii") as file:
        result = Result(subprocess.run(["sh", "-c", loop, MUSTER, *muster.login], stdin=file,
                                       env=muster.env, capture_output=True, check=False))
    assert (result.code, result.text) == (9, "")
    assert "give -n, as to ssh" in result.err
