"""Logs from their end, searched, and the list of runs as it changes."""

import fcntl
import json
import os
import pty
import re
import select
import signal
import struct
import subprocess
import termios
import time

import grpc
import pytest

from programs import MUSTER, SECONDS, Daemon, Muster, wait_until

TARGETS = "127.0.19.[1-3]"
NAMES = [f"127.0.19.{number}" for number in range(1, 4)]
# Each host's lines differ.
LINES = "set -- $SSH_CONNECTION; seq -f \"$3 line %g\" 1 1000; echo \"$3 oops\" >&2"


@pytest.fixture(name="service")
def service_fixture(api, daemon):
    options = [("grpc.use_local_subchannel_pool", 1)]
    with grpc.insecure_channel(daemon.address, options) as channel:
        yield api.stub(channel)


def start_run(muster, command, *options, targets=TARGETS):
    """A detached run; its id."""
    result = muster("run", *muster.login, "-t", targets, "-d", *options, "--", command)
    assert result.code == 0, result.err
    return result.text.strip()


def ended_run(muster, command, *options, targets=TARGETS):
    run = start_run(muster, command, *options, targets=targets)
    assert muster("watch", run, "-q", "--summary").code == 0
    return run


@pytest.fixture(scope="module", name="lines")
def lines_fixture(daemon, fleet):
    """A run that has ended, of LINES."""
    return ended_run(Muster(daemon, fleet), LINES)


def pages(api, service, run, **more):
    """All events, the newest first, page by page."""
    token = ""
    while True:
        page = service.ListEvents(api.messages.ListEventsRequest(run_id=run, page_token=token, **more),
                                  timeout=SECONDS)
        yield page.events
        token = page.next_page_token
        if not token:
            return


def listed(api, service, run, **more):
    return [event for page in pages(api, service, run, **more) for event in page]


def watched(api, service, run):
    return [event for message in service.WatchRun(api.messages.WatchRunRequest(run_id=run))
            for event in message.events]


def refusal(call, request):
    """The status of a call that fails, and its reason and fields as they are sent."""
    with pytest.raises(grpc.RpcError) as error:
        call(request, timeout=SECONDS)
    details = dict(error.value.trailing_metadata()).get("grpc-status-details-bin", b"")
    return error.value.code(), error.value.details(), details


# --- ListEvents

@pytest.mark.parametrize("size", [1, 17, 10_000])
def test_pages_are_the_log_backwards(api, service, muster, size):
    run = ended_run(muster, "seq 1 20; sleep 0.1; seq 21 40; exit 0")
    assert listed(api, service, run, page_size=size) == watched(api, service, run)[::-1]


def test_a_run_under_way(api, service, muster, fleet):
    gate = os.path.join(fleet.folder, "list_gate")
    run = start_run(muster, f"echo one; while [ ! -e {gate} ]; do sleep 0.05; done; echo two")
    wait_until(lambda: len(listed(api, service, run, pattern="one")) == 3)
    events = listed(api, service, run, page_size=2)
    assert [event.sequence for event in events] == list(range(len(events), 0, -1))
    assert not listed(api, service, run, pattern="two")
    with open(gate, "w", encoding="ascii"):
        pass
    assert muster("watch", run, "-q").code == 0
    assert len(listed(api, service, run, pattern="two")) == 3


def test_a_log_of_many_files(api, service, muster, daemon):
    """base64 is not compressed, and a file has 64 MiB."""
    run = ended_run(muster, "echo the needle; head -c 110000000 /dev/urandom | base64 -w 99; echo last",
                    targets=NAMES[0])
    files = [name for _, _, names in os.walk(os.path.join(daemon.folder, "state"))
             for name in names if run in name]
    assert len(files) >= 3
    begin = time.monotonic()
    newest = service.ListEvents(api.messages.ListEventsRequest(run_id=run, page_size=3)).events
    assert time.monotonic() - begin < 1
    assert newest[0].run_state.state == api.runs.RUN_STATE_SUCCEEDED
    assert muster("logs", run, NAMES[0], "-n", "1").text == "last\n"
    before = daemon.memory()
    found = muster("logs", run, NAMES[0], "--grep", "the needle")
    assert (found.code, found.text) == (0, "the needle\n")
    assert daemon.memory() - before < 64 << 20
    assert muster("logs", run, NAMES[0], "--grep", "no such line").code == 1


def test_a_search_says_where_it_stopped(api, service, muster):
    """An expression that takes all the memory there is for one."""
    run = ended_run(muster, "head -c 60000000 /dev/zero | tr '\\000' 'a' | fold -w 60000", targets=NAMES[0])
    pattern = "(a?[ab]{3}){40}(.{20}b){8}$"
    request = api.messages.ListEventsRequest(run_id=run, pattern=pattern, pattern_is_regex=True)
    begin = time.monotonic()
    page = service.ListEvents(request, timeout=SECONDS)
    assert time.monotonic() - begin < 10
    assert not page.events
    assert page.next_page_token or time.monotonic() - begin < 2.5


def test_what_cannot_be_searched(api, service, lines):
    make = api.messages.ListEventsRequest
    code, text, details = refusal(service.ListEvents, make(run_id=lines, pattern="a(", pattern_is_regex=True))
    assert code == grpc.StatusCode.INVALID_ARGUMENT and text.startswith("pattern: ")
    assert b"pattern" in details and b"FIELD_INVALID" in details
    code, text, details = refusal(service.ListEvents, make(run_id=lines, host_indexes=[3]))
    assert code == grpc.StatusCode.INVALID_ARGUMENT and "host_indexes: 3" in text
    token = service.ListEvents(make(run_id=lines, page_size=1)).next_page_token
    code, _, details = refusal(service.ListEvents, make(run_id=lines, page_token=token, pattern="x"))
    assert code == grpc.StatusCode.INVALID_ARGUMENT and b"PAGE_TOKEN_INVALID" in details
    code, _, details = refusal(service.ListEvents, make(run_id="x"))
    assert code == grpc.StatusCode.NOT_FOUND and b"RUN_NOT_FOUND" in details


# --- muster logs

def test_the_last_lines_of_a_host(muster, lines):
    result = muster("logs", lines, NAMES[1], "--tail", "3")
    assert result.code == 0
    both = result.text.splitlines() + result.err.splitlines()
    assert len(both) == 3 and f"{NAMES[1]} line 1000" in both
    assert muster("logs", lines, NAMES[1], "-n", "0").text == ""
    whole = muster("logs", lines, NAMES[1])
    assert muster("logs", lines, NAMES[1], "-n", "1000000").out == whole.out
    assert len(whole.out.splitlines()) == 1000


def test_the_last_lines_of_each_host(muster, lines):
    result = muster("logs", lines, "127.0.19.[1,3]", "-n", "2")
    both = result.text.splitlines() + result.err.splitlines()
    assert sorted(line.split(": ")[0].replace(" [err]", "") for line in both) == \
        [NAMES[0]] * 2 + [NAMES[2]] * 2
    assert f"{NAMES[2]}: {NAMES[2]} line 1000" in both


def test_all_hosts_where_none_is_named(muster, lines):
    result = muster("logs", lines)
    assert result.code == 0
    assert sorted(result.text.splitlines()) == sorted(
        f"{name}: {name} line {number}" for name in NAMES for number in range(1, 1001))


def test_lines_that_are_searched_for(muster, lines):
    result = muster("logs", lines, "--grep", "line 77")
    assert result.code == 0
    assert sorted(result.text.splitlines()) == sorted(
        f"{name}: {name} line {number}" for name in NAMES for number in (77, *range(770, 780)))
    one = muster("logs", lines, NAMES[0], "-E", "--grep", "line (5|1000)$")
    assert one.text == f"{NAMES[0]} line 5\n{NAMES[0]} line 1000\n"
    assert muster("logs", lines, NAMES[0], "-E", "--grep", "line (5|1000)$", "-n", "1").text == \
        f"{NAMES[0]} line 1000\n"
    oops = muster("logs", lines, NAMES[0], "--grep", "oops")
    assert (oops.code, oops.out, oops.err) == (0, b"", f"{NAMES[0]} oops\n")


def test_what_grep_ends_with(muster, lines):
    nothing = muster("logs", lines, "--grep", "no such line")
    assert (nothing.code, nothing.out, nothing.err) == (1, b"", "")
    malformed = muster("logs", lines, "-E", "--grep", "a(")
    assert malformed.code == 2 and "--grep: it is no expression of RE2: missing )" in malformed.err
    assert muster("logs", lines, "--grep", "a(").code == 1
    assert muster("logs", "x", "--grep", "a").code == 2


def test_a_long_line_counts_once_and_is_whole(muster):
    run = ended_run(muster, "echo first; head -c 300000 /dev/zero | tr '\\000' x; echo; echo last",
                    targets=NAMES[0])
    assert muster("logs", run, NAMES[0], "-n", "2").text == "x" * 300000 + "\nlast\n"


def test_the_last_lines_and_what_comes(muster, fleet):
    gate = os.path.join(fleet.folder, "tail_gate")
    run = start_run(muster, f"seq 1 50; while [ ! -e {gate} ]; do sleep 0.05; done; echo new", targets=NAMES[0])
    wait_until(lambda: muster("logs", run, NAMES[0], "-n", "1").text == "50\n")
    follow = muster.start("logs", run, NAMES[0], "-n", "2", "-f")
    assert [follow.stdout.readline() for _ in range(2)] == [b"49\n", b"50\n"]
    with open(gate, "w", encoding="ascii"):
        pass
    out, _ = follow.communicate(timeout=SECONDS)
    assert (follow.returncode, out) == (0, b"new\n")
    assert muster("logs", run, NAMES[0], "-n", "1", "-f").text == "new\n"


# --- WatchRuns

def states(api, messages):
    """(id, state) of each run that was told of."""
    return [(run.id, api.runs.RunState.Name(run.state)) for message in messages for run in message.runs]


def watch_until(api, service, ends, begin, **more):
    """What is told until the runs in `ends()` have ended, once `begin` was called after the first
    message."""
    stream = service.WatchRuns(api.messages.WatchRunsRequest(**more), timeout=SECONDS)
    messages = [next(stream)]
    begin()
    for message in stream:
        messages.append(message)
        told = {run.id for message in messages for run in message.runs if run.state >= 64}
        if set(ends()) <= told:
            stream.cancel()
            return messages
    return messages


def test_runs_that_are_under_way_then_what_changes(api, service, muster, fleet):
    gate = os.path.join(fleet.folder, "watch_gate")
    wait = f"while [ ! -e {gate} ]; do sleep 0.05; done"
    first, second = start_run(muster, wait, "--label", "team=web"), []

    def begin():
        second.append(ended_run(muster, "exit 0"))  # begins and ends between two messages
        with open(gate, "w", encoding="ascii"):
            pass
    messages = watch_until(api, service, lambda: [first, *second], begin)
    told = states(api, messages)
    assert (first, "RUN_STATE_RUNNING") in states(api, messages[:1])
    for run in (first, *second):
        assert told.count((run, "RUN_STATE_SUCCEEDED")) == 1
    one = next(run for message in messages for run in message.runs if run.id == first)
    assert not one.spec.HasField("command") and one.spec.labels["team"] == "web"


def test_runs_of_a_label(api, service, muster):
    runs = []
    messages = watch_until(
        api, service, lambda: runs[:1], lambda: runs.extend(
            [ended_run(muster, "true", "--label", "team=db"), ended_run(muster, "true")]),
        labels={"team": "db"})
    assert {run for run, _ in states(api, messages)} == {runs[0]}


def test_a_run_that_writes_much_is_told_of_once_a_second(api, service, muster):
    run = start_run(muster, "i=0; while [ $i -lt 60 ]; do i=$((i+1)); echo $i; sleep 0.05; done", targets=TARGETS)
    messages = watch_until(api, service, lambda: [run], lambda: None)
    assert len([one for one, _ in states(api, messages) if one == run]) <= 6


def test_the_daemon_ends_the_stream_with_the_ends_of_its_runs(api, fleet):
    with Daemon() as daemon, grpc.insecure_channel(daemon.address) as channel:
        run = start_run(Muster(daemon, fleet), "sleep 1000")
        stream = api.stub(channel).WatchRuns(api.messages.WatchRunsRequest(), timeout=SECONDS)
        messages = [next(stream)]
        daemon.process.send_signal(signal.SIGTERM)
        with pytest.raises(grpc.RpcError) as error:
            messages.extend(iter(stream.next, None))
        assert error.value.code() == grpc.StatusCode.UNAVAILABLE
    assert states(api, messages)[-1] == (run, "RUN_STATE_CANCELED")


# --- muster runs --watch

def runs_until_told(muster, watch, *options):
    """Runs that have ended, up to one that the watch, which may have come after the first, tells of."""
    runs = []
    while not select.select([watch.stdout], [], [], 2)[0]:
        runs.append(ended_run(muster, "exit 0", *options, targets=NAMES[0]))
        assert watch.poll() is None and len(runs) < 30
    return runs


def test_a_line_for_each_change(muster):
    with muster.start("runs", "-w", "--label", "w=1") as watch:
        runs = runs_until_told(muster, watch, "--label", "w=1")
        lines = [watch.stdout.readline().decode()]
        while " succeeded " not in lines[-1]:
            lines.append(watch.stdout.readline().decode())
        watch.send_signal(signal.SIGINT)
        _, err = watch.communicate(timeout=SECONDS)
    assert (watch.returncode, err) == (0, b"")
    run = lines[0].split()[0]
    assert run in runs
    assert all(line.startswith(run) and "exit 0" in line for line in lines), lines
    assert re.search(r" 1/1 ", lines[-1])


def test_changes_as_json_of_some_states(muster):
    with muster.start("runs", "-w", "--json", "--state", "succeeded", "--label", "w=2") as watch:
        runs = runs_until_told(muster, watch, "--label", "w=2")
        told = json.loads(watch.stdout.readline())
        watch.send_signal(signal.SIGTERM)
        watch.communicate(timeout=SECONDS)
    assert told["id"] in runs and told["state"] == "RUN_STATE_SUCCEEDED"
    assert watch.returncode == 143


def test_the_table_on_a_terminal(muster, fleet):
    gate = os.path.join(fleet.folder, "table_gate")
    run = start_run(muster, f"while [ ! -e {gate} ]; do sleep 0.05; done", targets=NAMES[0])
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 8, 100, 0, 0))
    with subprocess.Popen([MUSTER, "runs", "--watch"], stdin=subprocess.DEVNULL, stdout=slave,
                          stderr=slave, env={**muster.env, "TERM": "xterm"}) as process:
        os.close(slave)
        shown = b""
        while run.encode() + b"  running" not in shown:
            shown += os.read(master, 65536)
        with open(gate, "w", encoding="ascii"):
            pass
        while run.encode() + b"  succeeded" not in shown:
            shown += os.read(master, 65536)
        process.send_signal(signal.SIGINT)
        assert process.wait(SECONDS) == 0
    os.close(master)
    assert re.search(rb"\x1b\[[1-7]A\r\x1b\[J", shown)  # drawn in place, and fits
    assert max(table.count(b"\r\n") for table in shown.split(b"\x1b[J")) <= 7


def test_a_daemon_that_comes_back(fleet, tmp_path):
    folder = str(tmp_path)
    with Daemon(folder) as daemon:
        muster = Muster(daemon, fleet)
        run = start_run(muster, "sleep 1000", targets=NAMES[0])
        watch = muster.start("runs", "-w")
        assert watch.stdout.readline().decode().startswith(run)
        daemon.stop(signal.SIGKILL)
        with Daemon(folder):
            lines = [watch.stdout.readline().decode()]
            while " stopping " in lines[-1]:  # it may be seen on its way
                lines.append(watch.stdout.readline().decode())
            watch.send_signal(signal.SIGINT)
            _, err = watch.communicate(timeout=SECONDS)
    assert all(line.startswith(run) for line in lines) and " failed " in lines[-1]
    assert b"lost musterd" in err and b"not shown" in err and watch.returncode == 0
