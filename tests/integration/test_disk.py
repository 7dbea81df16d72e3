"""A disk that is full, read-only or damaged: a clear error, no command without its record, and it goes on."""

import glob
import itertools
import os
import re
import signal
import subprocess
import time

import grpc
import pytest

from fleet import write
from programs import Daemon, Muster, MUSTERD, wait_until

TARGETS = "127.0.17.[1-4]"
HOSTS = [f"127.0.17.{host}" for host in range(1, 5)]
MIB = 1 << 20

needs_mounts = pytest.mark.skipif(
    os.getuid() != 0 or subprocess.run(["unshare", "-m", "true"], capture_output=True,
                                       check=False).returncode != 0,
    reason="a small disk is mounted by root, in a mount namespace")


@pytest.fixture(name="marks")
def marks_fixture(fleet):
    """A folder where every host's command leaves a mark."""
    folder = os.path.join(fleet.folder, f"marks{time.monotonic_ns()}")
    os.mkdir(folder)
    os.chmod(folder, 0o777)
    return folder


def marking(marks, rest="true"):
    return f"set -- $SSH_CONNECTION; echo mark >> {marks}/$3; {rest}"


def marked(marks):
    """How many marks each host has left."""
    return {name: len(open(os.path.join(marks, name), encoding="ascii").readlines())
            for name in sorted(os.listdir(marks))}


class SmallDisk:
    """What makes a musterd have its state directory on a file system of its own, which nobody else sees."""

    def __init__(self, folder, options):
        self.state = os.path.join(folder, "state")
        self.program = os.path.join(folder, "musterd_on_small_disk")
        os.mkdir(self.state, 0o700)
        write(self.program, f"""#!/bin/sh
[ "$IN_NAMESPACE" ] || exec env IN_NAMESPACE=1 unshare -m "$0" "$@"
mount -t tmpfs -o mode=700,{options} small {self.state} || exit 9
exec {MUSTERD} "$@"
""")
        os.chmod(self.program, 0o755)

    def filler(self, daemon):
        return f"/proc/{daemon.process.pid}/root{self.state}/filler"

    def fill(self, daemon, leave):
        """All but `leave` bytes."""
        filler = self.filler(daemon)
        info = os.statvfs(os.path.dirname(filler))
        with open(filler, "wb") as file:
            os.posix_fallocate(file.fileno(), 0, info.f_bavail * info.f_frsize - leave)

    def make_room(self, daemon):
        os.unlink(self.filler(daemon))


@pytest.fixture(name="small_disk")
def small_disk_fixture(tmp_path):
    os.chmod(tmp_path, 0o700)
    return SmallDisk(str(tmp_path), "size=64m")


def start_on(small_disk, tmp_path, *args):
    return Daemon(folder=str(tmp_path), args=args, program=small_disk.program)


@needs_mounts
def test_nothing_is_started_on_a_full_disk_and_it_goes_on(fleet, marks, small_disk, tmp_path):
    with start_on(small_disk, tmp_path, "--min-free", "16") as daemon:
        muster = Muster(daemon, fleet)
        small_disk.fill(daemon, 8 * MIB)
        refused = muster.run(TARGETS, marking(marks))
        assert refused.code != 0
        assert "16 MiB are to stay free" in refused.err
        assert marked(marks) == {}
        small_disk.make_room(daemon)
        assert muster.run(TARGETS, marking(marks)).code == 0
        assert marked(marks) == {host: 1 for host in HOSTS}
        assert daemon.process.poll() is None


@needs_mounts
@pytest.mark.parametrize("min_free", ["16", "0"])
def test_hosts_wait_for_room(fleet, marks, small_disk, tmp_path, min_free):
    """The disk is full in the middle of a run: who was not started waits, and is not lost."""
    gate = os.path.join(marks, "..", f"disk_gate_{min_free}")
    command = marking(marks, f"while [ ! -e {gate} ]; do sleep 0.05; done; echo done")
    with start_on(small_disk, tmp_path, "--min-free", min_free) as daemon:
        muster = Muster(daemon, fleet)
        run = muster("run", *muster.login, "-t", TARGETS, "-f", "1", "-d", "--", command).text.strip()
        # Whichever comes first: the daemon's threads deal hosts out by themselves.
        wait_until(lambda: list(marked(marks).values()) == [1])
        small_disk.fill(daemon, 0)
        write(gate, "")
        # An answer that the journal gives: it has met the full disk.
        wait_until(lambda: muster.run(TARGETS, "true").code != 0)
        if min_free != "0":  # else a record may have found room in the catalogue's own files
            assert list(marked(marks).values()) == [1]
        assert daemon.process.poll() is None
        small_disk.make_room(daemon)
        result = muster("watch", run)
        assert result.code == 0, result.err
        assert sorted(result.text.splitlines()) == [f"{host}: done" for host in HOSTS]
        assert marked(marks) == {host: 1 for host in HOSTS}
    os.unlink(gate)


def test_a_program_is_told_that_the_disk_is_full_and_not_that_the_daemon_is_busy(api):
    more_than_there_is = str(1 << 30)
    with Daemon(args=["--min-free", more_than_there_is]) as daemon, \
            grpc.insecure_channel(daemon.address) as channel:
        request = api.messages.CreateRunRequest()
        request.spec.targets.expression = "127.0.0.1"
        request.spec.command.shell = "true"
        request.spec.login.user = "nobody"
        request.spec.login.local.agent_socket = "/nonexistent"
        with pytest.raises(grpc.RpcError) as refused:
            api.stub(channel).CreateRun(request)
        assert refused.value.code() == grpc.StatusCode.RESOURCE_EXHAUSTED
        details = dict(refused.value.trailing_metadata())["grpc-status-details-bin"]
        assert b"DISK_FULL" in details and b"BUSY" not in details


@needs_mounts
def test_a_read_only_state_directory(tmp_path):
    os.chmod(tmp_path, 0o700)
    disk = SmallDisk(str(tmp_path), "ro")
    with pytest.raises(RuntimeError, match="(?i)read-only"):
        Daemon(folder=str(tmp_path), program=disk.program)


def test_a_state_directory_without_permission(tmp_path):
    if os.getuid() == 0:
        pytest.skip("root may write everywhere")
    os.makedirs(tmp_path / "state", 0o500)
    with pytest.raises(RuntimeError, match="(?i)permission denied"):
        Daemon(folder=str(tmp_path))


def test_a_second_daemon_on_the_same_directory(fleet, tmp_path):
    os.chmod(tmp_path, 0o700)
    with Daemon(folder=str(tmp_path)) as first:
        with pytest.raises(RuntimeError, match=re.escape(f"{tmp_path}/state/runs")):
            Daemon(folder=str(tmp_path), listen=f"unix:{tmp_path}/second/musterd.sock")
        assert Muster(first, fleet).run(TARGETS, "true").code == 0


@pytest.fixture(name="restart")
def restart_fixture(fleet, tmp_path):
    """A daemon with an ended run of some MiB; then `damage(path of its segment)`, and another daemon."""
    os.chmod(tmp_path, 0o700)

    def restart(damage, command="seq 1 400000; echo end", end=None):
        daemon = Daemon(folder=str(tmp_path))
        muster = Muster(daemon, fleet)
        run = muster("run", *muster.login, "-t", HOSTS[0], "-d", "--", command).text.strip()
        end(muster, run) if end else muster("watch", run, "-q")
        daemon.stop(signal.SIGKILL if end else signal.SIGTERM)
        (segment,) = glob.glob(f"{tmp_path}/state/runs/logs/{run}-*")
        damage(segment)
        return Daemon(folder=str(tmp_path)), run, segment
    return restart


def damage_at(share):
    """Overwrites a few bytes at that share of the file."""
    def damage(path):
        with open(path, "r+b") as file:
            file.seek(int(os.path.getsize(path) * share))
            file.write(b"\xa5damage\x5a" * 4)
    return damage


def cut_off(path):
    os.truncate(path, os.path.getsize(path) - 5)


@pytest.mark.parametrize("damage", [damage_at(0.5), cut_off], ids=["middle", "end"])
def test_a_damaged_segment_of_an_ended_run_is_reported(fleet, restart, damage):
    daemon, run, segment = restart(damage)
    with daemon:
        muster = Muster(daemon, fleet)
        result = muster("watch", run)
        assert result.code != 0
        assert segment in result.err or "ends with event" in result.err, result.err
        # What it came to is in the catalogue, and other runs are not touched.
        assert "succeeded (1)" in muster("show", run).text
        assert muster.run(TARGETS, "echo well").code == 0


def first_lines(muster, run):
    wait_until(lambda: muster("logs", run, HOSTS[0]).text.endswith("\nend\n"))


def sequences(result):
    """Of the events; lines of output that came together share theirs."""
    told = [int(event["sequence"]) for event in result.json() if "sequence" in event]
    return [number for number, _ in itertools.groupby(told)]


LONG = "seq 1 400000; echo end; sleep 60"


def test_a_torn_end_of_a_run_under_way_is_cut_off(fleet, restart):
    daemon, run, _ = restart(cut_off, LONG, first_lines)
    with daemon:
        muster = Muster(daemon, fleet)
        result = muster("watch", run, "--json")
        assert result.code == 5, result.err  # unknown, and said so
        numbers = sequences(result)
        assert numbers == list(range(1, len(numbers) + 1))


def test_a_run_under_way_with_damage_within_is_closed_and_says_so(fleet, restart):
    daemon, run, segment = restart(damage_at(0.5), LONG, first_lines)
    with daemon:
        muster = Muster(daemon, fleet)
        assert segment in daemon.messages()
        shown = muster("show", run)
        assert "cannot be read" in shown.text and segment in shown.text
        assert "unknown" in shown.text.lower()
        result = muster("watch", run, "--json")
        assert result.code != 0
        assert sequences(result) == list(range(1, len(sequences(result)) + 1))
        assert muster.run(TARGETS, "echo well").code == 0


def test_a_damaged_catalogue_is_named_and_nothing_is_touched(fleet, tmp_path):
    os.chmod(tmp_path, 0o700)
    with Daemon(folder=str(tmp_path)) as daemon:
        assert Muster(daemon, fleet).run(TARGETS, "true").code == 0
    catalogue = f"{tmp_path}/state/runs/catalog.db"
    with open(catalogue, "r+b") as file:
        file.write(b"no database any more" * 200)
    before = open(catalogue, "rb").read()
    with pytest.raises(RuntimeError, match=re.escape(catalogue) + ".*(restore|repair)"):
        Daemon(folder=str(tmp_path))
    assert open(catalogue, "rb").read() == before
