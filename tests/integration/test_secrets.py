"""Keys and passphrases: how long they are in musterd's memory, and who may look in."""

import base64
import os
import resource
import secrets
import shutil
import signal
import subprocess
import tempfile

import pytest

import memory
import terminal
from fleet import make_key, read, write
from programs import MUSTER, MUSTERD, OPEN_TO_LOOK_IN, Daemon, Muster, wait_until


@pytest.fixture(name="cores", autouse=True)
def cores_fixture():
    """Core files as large as may be, for whoever does not forbid them."""
    before = resource.getrlimit(resource.RLIMIT_CORE)
    resource.setrlimit(resource.RLIMIT_CORE, (before[1], before[1]))
    yield before[1]
    resource.setrlimit(resource.RLIMIT_CORE, before)


def core_limit(daemon):
    line = next(line for line in read(f"/proc/{daemon.process.pid}/limits").splitlines()
                if line.startswith("Max core file size"))
    return line.split()[4]


@pytest.mark.skipif(bool(OPEN_TO_LOOK_IN), reason="NOT TESTED: this takes root, see programs.py")
def test_there_is_no_core_file(tmp_path):
    with Daemon(folder=str(tmp_path)) as daemon:
        assert core_limit(daemon) == "0"
        os.kill(daemon.process.pid, signal.SIGSEGV)
        _, status = os.waitpid(daemon.process.pid, 0)
        assert os.WTERMSIG(status) == signal.SIGSEGV
        assert not os.WCOREDUMP(status)


@pytest.mark.skipif(os.getuid() != 0, reason="NOT TESTED: this takes root, to become somebody else")
def test_processes_of_the_same_user_cannot_look_in():
    with tempfile.TemporaryDirectory(prefix="musterd.") as folder:
        os.chown(folder, 64998, 64998)
        program = shutil.copy(MUSTERD, folder)  # where he can run it
        assert not can_look(folder, program)
        assert can_look(folder, program, "--allow-core-dumps")


def can_look(folder, program, *options):
    as_user = ["setpriv", "--reuid", "64998", "--regid", "64998", "--clear-groups"]
    command = [*as_user, program, "--listen", f"unix:{folder}/run/s", "--state-dir",
               f"{folder}/state", *options]
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            wait_until(lambda: os.path.exists(f"{folder}/run/s"))
            looked = subprocess.run([*as_user, "head", "-c1", f"/proc/{process.pid}/environ"],
                                    capture_output=True, check=False)
            return looked.returncode == 0
        finally:
            process.terminate()


def test_debugging_is_possible(cores):
    with Daemon(args=["--allow-core-dumps"]) as daemon:
        assert core_limit(daemon) == ("unlimited" if cores == resource.RLIM_INFINITY else str(cores))


class Login:
    """An encrypted key that the fleet accepts."""

    def __init__(self, fleet, folder):
        self.passphrase = "canary-" + secrets.token_hex(16)
        plain = make_key(os.path.join(folder, "plain"))
        self.key = os.path.join(folder, "encrypted")
        shutil.copy(plain, self.key)
        shutil.copy(plain + ".pub", self.key + ".pub")
        subprocess.run(["ssh-keygen", "-q", "-p", "-a", "1", "-P", "", "-N", self.passphrase, "-f",
                        self.key], check=True, capture_output=True)
        with open(os.path.join(fleet.folder, "authorized_keys"), "a", encoding="ascii") as keys:
            keys.write(read(plain + ".pub"))
        # "ssh-ed25519", the public key (32 bytes), and, with its length, the private one (64).
        body = base64.b64decode("".join(read(plain).splitlines()[1:-1]))
        self.seed = body.split(b"\0\0\0\x40", 1)[1][:32]


@pytest.fixture(name="login")
def login_fixture(fleet, tmp_path):
    return Login(fleet, str(tmp_path))


def run(muster, login, *args, code=0):
    """muster with the passphrase typed in; all that it wrote."""
    known = muster.login[4:] if args[0] == "run" else muster.login[4:6]  # a rerun keeps its port
    options = ["-u", muster.login[1], "-i", login.key, *known]
    shown, ended = terminal.answer(
        [MUSTER, args[0], "--ask-passphrase", *options, *args[1:]], muster.env, b"Passphrase: ",
        login.passphrase)
    assert ended == code, shown
    return shown


look = pytest.mark.skipif(os.getuid() != 0, reason="NOT TESTED: this takes root, to look into musterd")


@look
def test_a_run_leaves_neither_passphrase_nor_key(fleet, login):
    with Daemon() as daemon:
        run(Muster(daemon, fleet), login, "run", "-t", "127.0.0.[1-4]", "--", "true")
        assert memory.count(daemon.process.pid, login.passphrase.encode()) == 0
        assert memory.count(daemon.process.pid, login.seed) == 0


@look
def test_a_detached_run_and_a_rerun_leave_no_passphrase(fleet, login):
    with Daemon() as daemon:
        muster = Muster(daemon, fleet)
        ended = lambda runs: [run["state"] for run in muster("runs", "--json").json()] == runs
        run(muster, login, "run", "-d", "-t", "127.0.0.[1-4]", "--", "false")
        wait_until(lambda: ended(["RUN_STATE_FAILED"]))
        assert memory.count(daemon.process.pid, login.passphrase.encode()) == 0
        run(muster, login, "rerun", "--failed", "last", code=1)
        wait_until(lambda: ended(["RUN_STATE_FAILED"] * 2))
        assert memory.count(daemon.process.pid, login.passphrase.encode()) == 0


@look
def test_a_detached_run_keeps_its_key_no_longer_than_it_lasts(fleet, login):
    with Daemon() as daemon:
        muster = Muster(daemon, fleet)
        marker = os.path.join(fleet.folder, "go-" + secrets.token_hex(4))  # where the account sees it
        run(muster, login, "run", "-d", "-t", "127.0.0.[1-4]", "--",
            f"while ! test -e {marker}; do sleep 0.1; done")
        assert memory.count(daemon.process.pid, login.seed) > 0  # this can find it
        write(marker, "")
        wait_until(lambda: muster("runs", "--json").json()[0]["state"] == "RUN_STATE_SUCCEEDED")
        wait_until(lambda: memory.count(daemon.process.pid, login.seed) == 0)


def test_a_passphrase_file_that_others_can_read_is_refused(tmp_path):
    config = str(tmp_path / "musterd.yaml")
    secret = str(tmp_path / "pass")
    write(secret, "secret\n")
    write(config, "credentials:\n  deploy:\n    identity_files: key\n    passphrase_file: pass\n")
    for mode, starts in ((0o640, False), (0o604, False), (0o600, True)):
        os.chmod(secret, mode)
        try:
            with Daemon(args=["--config", config]):
                assert starts
        except RuntimeError as error:
            assert not starts
            assert f"chmod 600 {secret}" in str(error)
