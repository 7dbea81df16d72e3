"""Keys and passphrases: how long they are in musterd's memory, and who may look in."""

import os
import resource
import shutil
import signal
import subprocess
import tempfile

import pytest

from fleet import read, write
from programs import MUSTERD, OPEN_TO_LOOK_IN, Daemon, wait_until


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
