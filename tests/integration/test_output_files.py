"""What muster leaves behind: files of output, and reports for pipelines."""

import os
import re
import signal
import subprocess
import xml.etree.ElementTree as ElementTree

import pytest

from programs import MUSTER, SECONDS, wait_until

TARGETS = "127.0.12.[1-3]"
NAMES = ["127.0.12.1", "127.0.12.2", "127.0.12.3"]
BYTES = r"printf 'a\000b\377\033\n'; printf 'no end'"


@pytest.fixture(name="folder")
def folder_fixture(tmp_path):
    return tmp_path / "out"


def test_a_file_for_each_host_and_stream(muster, folder):
    result = muster.run(TARGETS, BYTES + "; echo oops >&2", options=["--output-dir", str(folder)])
    assert result.code == 0, result.err
    assert sorted(os.listdir(folder)) == sorted(NAMES + [f"{name}.err" for name in NAMES])
    for name in NAMES:
        assert (folder / name).read_bytes() == b"a\0b\xff\x1b\nno end"
        assert (folder / f"{name}.err").read_bytes() == b"oops\n"


def test_a_host_without_output_has_an_empty_file(muster, folder):
    assert muster.run("127.0.12.1", "true", options=["--output-dir", str(folder)]).code == 0
    assert os.listdir(folder) == ["127.0.12.1"]
    assert (folder / "127.0.12.1").read_bytes() == b""


def test_files_come_with_every_view(muster, folder):
    for view in ("--fold", "--json", "-q"):
        assert muster.run(TARGETS, f"echo {view}", options=[view, "--output-dir", str(folder)]).code == 0
        for name in NAMES:
            assert (folder / name).read_text() == view + "\n"


def test_files_of_a_run_that_is_over(muster, folder):
    run = muster("run", *muster.login, "-t", TARGETS, "-d", "--", "seq 1 50000").text.strip()
    assert muster("watch", run, "--fold", "--output-dir", str(folder)).code == 0
    lines = "".join(f"{number}\n" for number in range(1, 50001))
    for name in NAMES:
        assert (folder / name).read_text() == lines


def test_files_are_whole_though_the_reader_is_slow(muster, folder):
    process = muster.start("run", *muster.login, "-t", "127.0.12.1", "--output-dir", str(folder),
                           "--", "seq 1 300000")
    process.stdout.read(1)  # and then for a while nothing: the pipe is full
    text = process.stdout.read()
    assert process.wait(SECONDS) == 0
    process.stderr.close()
    assert len(text.splitlines()) == 300000
    assert (folder / "127.0.12.1").read_text().splitlines()[-1] == "300000"


def test_a_folder_that_cannot_be_used_is_told_before_anything_runs(muster, tmp_path):
    (tmp_path / "file").write_text("precious")
    mark = tmp_path / "mark"
    result = muster.run("127.0.12.1", f"touch {mark}", options=["--output-dir", str(tmp_path / "file")])
    assert result.code == 2
    assert "--output-dir" in result.err
    assert not mark.exists()


def test_a_file_that_cannot_be_written_is_no_success(muster, folder):
    (folder / "127.0.12.1").mkdir(parents=True)
    result = muster.run(TARGETS, "echo hi", options=["--output-dir", str(folder)])
    assert result.code == 6
    assert "127.0.12.1 is not complete" in result.err
    assert (folder / "127.0.12.2").read_text() == "hi\n"


def suite_of(path):
    return ElementTree.parse(path).getroot().find("testsuite")


def test_a_report_has_a_case_for_each_host(muster, tmp_path):
    report = tmp_path / "report.xml"
    command = (BYTES + "; set -- $SSH_CONNECTION; test $3 != 127.0.12.2 || "
               "{ echo '<bad> & ]]>' >&2; exit 7; }")
    result = muster.run(TARGETS + ",127.0.12.9:1", command, options=["--junit", str(report)])
    assert result.code == 3
    suite = suite_of(report)
    assert [suite.get(count) for count in ("tests", "failures", "errors", "skipped")] == [
        "4", "1", "1", "0"]
    cases = {case.get("name"): case for case in suite.findall("testcase")}
    assert len(cases) == 4
    failure = cases["127.0.12.2"].find("failure")
    assert failure.get("message") == "exited with code 7"
    assert cases["127.0.12.2"].find("system-err").text == "<bad> & ]]>\n"
    assert cases["127.0.12.2"].find("system-out").text == "a^@b<FF>^[\nno end"
    assert "refused" in cases["127.0.12.9"].find("error").get("message")
    assert list(cases["127.0.12.1"]) == []
    assert float(cases["127.0.12.1"].get("time")) > 0


def test_a_canceled_run_has_a_report_too(muster, tmp_path):
    report = tmp_path / "report.xml"
    process = muster.start("run", *muster.login, "-t", TARGETS, "--junit", str(report), "--",
                           "echo begun; exec sleep 1000")
    for _ in range(3):
        process.stdout.readline()
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=SECONDS)
    assert process.returncode == 130
    messages = [case.find("failure").get("message") for case in suite_of(report).findall("testcase")]
    assert messages == ["canceled"] * 3


def test_a_run_that_cannot_start_has_a_report_too(muster, tmp_path):
    report = tmp_path / "report.xml"
    result = muster.run("web[1-", "true", options=["--junit", str(report)])
    assert result.code == 2
    assert suite_of(report).find("testcase/error") is not None
    assert os.listdir(tmp_path) == ["report.xml"]


def test_a_report_of_a_run_that_is_over(muster, tmp_path):
    report = tmp_path / "report.xml"
    run = muster("run", *muster.login, "-t", TARGETS, "-d", "--", "exit 3").text.strip()
    assert muster("watch", run, "--junit", str(report)).code == 1
    assert suite_of(report).get("failures") == "3"


# --- Standard output that cannot be written

def to_full_disk(muster, *args):
    """muster's result, where its standard output is on a full disk."""
    stdin = {"input": b"echo hi\n"} if args[0] == "shell" else {"stdin": subprocess.DEVNULL}
    with open("/dev/full", "wb") as full:
        completed = subprocess.run([MUSTER, *args], env=muster.env, stdout=full, stderr=subprocess.PIPE,
                                   timeout=SECONDS, check=False, **stdin)
    return completed.returncode, completed.stderr.decode()


@pytest.fixture(name="ended")
def ended_fixture(muster):
    """A run that has ended, with output; and an artifact."""
    assert muster("artifacts", "put", "kept", __file__).code == 0
    run = muster("run", *muster.login, "-d", "-t", TARGETS, "--", "seq 1 1000").text.strip()
    assert muster("watch", run, "-q").code == 0
    return run


# Each subcommand but for those that say nothing where all is well.
EACH = [["--help"], ["--version"], ["version"], ["runs"], ["runs", "--json"], ["show", "RUN"],
        ["show", "RUN", "--each"], ["show", "RUN", "--json"], ["watch", "RUN"], ["watch", "RUN", "--fold"],
        ["watch", "RUN", "--json"], ["watch", "RUN", "--sort"], ["logs", "RUN", NAMES[0]],
        ["logs", "RUN", NAMES[0], "--follow"], ["rerun", "RUN", "--states", "succeeded"],
        ["rerun", "RUN", "--states", "succeeded", "-d"], ["cancel", "RUN"], ["targets", TARGETS],
        ["targets", TARGETS, "--json"], ["run", "LOGIN", "-t", TARGETS, "--", "echo hi"],
        ["run", "LOGIN", "-t", TARGETS, "-d", "--", "echo hi"],
        ["run", "LOGIN", "-t", TARGETS, "--fold", "--", "echo hi"],
        ["run", "LOGIN", "-t", TARGETS, "--json", "--", "echo hi"],
        ["run", "LOGIN", "-t", TARGETS, "-q", "--", "echo hi"], ["run", "--help"], ["forget", "RUN"],
        ["artifacts", "list"], ["artifacts", "list", "--json"], ["artifacts", "put", "kept", __file__],
        ["artifacts", "put", "kept", __file__, "--json"], ["ping", "LOGIN", "-t", TARGETS],
        ["shell", "LOGIN", "-t", TARGETS], ["completion", "bash"]]


@pytest.mark.parametrize("args", EACH, ids=" ".join)
def test_a_full_disk_is_told(muster, ended, args):
    args = [word for arg in args for word in (muster.login if arg == "LOGIN" else [arg])]
    code, err = to_full_disk(muster, *[ended if arg == "RUN" else arg for arg in args])
    assert code == 6, err
    assert err.count("standard output could not be written: No space left on device") == 1


def test_each_subcommand_is_among_them(muster):
    listed = muster("--help").text.split("Subcommands:")[1].split("First steps:")[0]
    names = re.findall(r"^  ([a-z]+) ", listed, re.M)
    assert len(names) > 10
    assert set(names) - {args[0] for args in EACH} <= {"pause", "resume", "help", "daemon"}


def test_a_run_goes_on_without_its_output(muster):
    code, err = to_full_disk(muster, "run", *muster.login, "-t", NAMES[0], "--", "echo a; sleep 1; echo b")
    assert code == 6, err
    run = re.search(r"run ([0-9a-z]{13}) goes on without it; muster watch \1 shows it", err).group(1)
    assert "1 host: 1 succeeded" in err
    assert muster("logs", run, NAMES[0]).text == "a\nb\n"


def test_the_id_of_a_detached_run_is_not_lost(muster):
    code, err = to_full_disk(muster, "run", *muster.login, "-t", NAMES[0], "-d", "--", "echo a")
    run = re.search(r"run ([0-9a-z]{13}) was started, and goes on", err).group(1)
    assert code == 6 and muster("watch", run).text == f"{NAMES[0]}: a\n"


def test_the_worse_code_wins(muster):
    code, err = to_full_disk(muster, "run", *muster.login, "-t", NAMES[0], "--", "echo a; exit 3")
    assert code == 1 and "exited with code 3" in err and "No space left" in err


def test_a_closed_standard_output_is_told_and_nothing_gets_its_place(muster, tmp_path):
    report = tmp_path / "report.xml"
    completed = subprocess.run(
        ["sh", "-c", 'exec "$@" >&-', "sh", MUSTER, "run", *muster.login, "-t", NAMES[0], "--junit",
         str(report), "--", "echo marker"],
        env=muster.env, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, timeout=SECONDS, check=False)
    assert completed.returncode == 6
    assert b"standard output could not be written: Bad file descriptor" in completed.stderr
    ElementTree.parse(report)
    assert "marker: " not in report.read_text()


def test_who_reads_no_more_stops_the_run_and_is_told(muster):
    process = muster.start("run", *muster.login, "-t", NAMES[0], "--",
                           "while :; do echo y; sleep 0.05; done")
    process.stdout.readline()
    process.stdout.close()
    err = process.stderr.read().decode()
    assert process.wait(SECONDS) == 141
    run = re.search(r"standard output could not be written: Broken pipe; run ([0-9a-z]{13}) is canceled", err)
    wait_until(lambda: "canceled" in muster("show", run.group(1)).text.splitlines()[0])


def test_who_reads_no_more_of_a_list_hears_nothing(muster, ended):
    process = muster.start("show", ended, "--json")
    process.stdout.close()
    assert process.stderr.read() == b""
    assert process.wait(SECONDS) == 141
