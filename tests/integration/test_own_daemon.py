"""The daemon that muster starts: one for each user and state folder, always found, nobody else's."""

import os
import pty
import pwd
import re
import shutil
import signal
import socket
import stat
import subprocess
import tempfile
import time

import pytest

from fleet import read, write
from own_daemon import STATE, end_daemons, ready_daemons
from programs import Daemon, MUSTER, MUSTERD, Result, SECONDS, environment, wait_until

OTHER_UID = 64998  # of a user who has nothing to do with ours


class Own:
    """muster in a home, with the daemon that it starts there."""

    def __init__(self, home, fleet):
        self.home = str(home)
        self.state = f"{home}/{STATE}"
        self.socket = f"{self.state}/musterd.sock"
        self.env = environment(self.home, MUSTERD=MUSTERD)
        self.login = ["-u", fleet.user, "-i", fleet.key, "--known-hosts", fleet.known_hosts, "-p",
                      str(fleet.servers[0].port)]

    def start(self, *args, env=None, **more):
        return subprocess.Popen([MUSTER, *args], env={**self.env, **(env or {})},
                                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE, **more)

    def __call__(self, *args, **more):
        process = self.start(*args, **more)
        out, err = process.communicate(timeout=SECONDS)
        return Result(subprocess.CompletedProcess(args, process.returncode, out, err))

    def detach(self, command):
        result = self("run", *self.login, "-d", "-t", "127.0.0.1", "--", command)
        assert result.code == 0, result.err
        return result.text.strip()

    def daemon(self):
        (pid,) = ready_daemons(self.home)
        return pid


@pytest.fixture(name="own")
def own_fixture(tmp_path, fleet):
    yield Own(tmp_path, fleet)
    end_daemons(tmp_path)


def test_cron_and_a_login_session_have_one_daemon(own, tmp_path):
    session = {"XDG_RUNTIME_DIR": str(tmp_path / "runtime")}
    os.mkdir(session["XDG_RUNTIME_DIR"], 0o700)
    assert own("runs", env=session).code == 0
    pid = own.daemon()
    assert own("runs").code == 0
    assert own.daemon() == pid
    # After the logout.
    os.rmdir(session["XDG_RUNTIME_DIR"])
    assert own("runs", env=session).code == 0
    assert own.daemon() == pid
    assert stat.S_IMODE(os.stat(own.state).st_mode) == 0o700
    assert stat.S_IMODE(os.stat(own.socket).st_mode) == 0o600


def test_a_removed_socket_is_made_anew(own):
    run = own.detach("sleep 60")
    pid = own.daemon()
    os.unlink(own.socket)
    canceled = own("cancel", run)
    assert canceled.code == 0, canceled.err
    assert own("watch", run).code == 1
    assert own.daemon() == pid


def test_a_removed_folder_of_a_socket_is_made_anew(tmp_path):
    with Daemon(folder=str(tmp_path)) as daemon:
        for name in os.listdir(os.path.dirname(daemon.socket)):
            os.unlink(os.path.join(os.path.dirname(daemon.socket), name))
        os.rmdir(os.path.dirname(daemon.socket))
        wait_until(lambda: os.path.exists(daemon.socket))
        assert stat.S_IMODE(os.stat(daemon.socket).st_mode) == 0o600
        env = environment(str(tmp_path), MUSTER_SERVER=daemon.address)
        subprocess.run([MUSTER, "runs"], env=env, check=True, capture_output=True, timeout=SECONDS)


def test_a_daemon_whose_state_folder_was_removed_does_not_come_back(own, tmp_path):
    """Another one may live there by now."""
    with Daemon(folder=str(tmp_path)) as old:
        shutil.rmtree(f"{tmp_path}/state")
        shutil.rmtree(f"{tmp_path}/run")
        wait_until(lambda: "was removed and is not made anew" in old.messages())
        with Daemon(folder=str(tmp_path)) as new:
            env = {"MUSTER_SERVER": new.address}
            assert own("runs", env=env).code == 0
        assert not os.path.exists(old.socket)


def test_the_state_folder_says_where_its_daemon_listens(own, tmp_path):
    """One that was started by hand, to listen elsewhere."""
    ready, ready_writer = os.pipe()
    with subprocess.Popen([MUSTERD, "--listen", f"unix:{tmp_path}/elsewhere/s", "--ready-fd",
                           str(ready_writer)], env=own.env, pass_fds=[ready_writer],
                          stderr=subprocess.DEVNULL) as daemon:
        os.close(ready_writer)
        with os.fdopen(ready) as lines:
            assert lines.readline()
        assert own("runs").code == 0
        os.unlink(own.socket)
        assert own("runs").code == 0
        assert not ready_daemons(tmp_path)
        daemon.terminate()
    assert not os.path.lexists(own.socket)


def test_a_path_longer_than_an_address(fleet, tmp_path):
    home = tmp_path / ("long" * 30)
    os.mkdir(home)
    own = Own(home, fleet)
    try:
        assert len(own.socket) > 108
        assert own("runs").code == 0
        assert own("runs").code == 0
        assert len(ready_daemons(home)) == 1
    finally:
        end_daemons(home)


NO_SOCKETS = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <stdlib.h>
int bind(int fd, const struct sockaddr* address, socklen_t size) {
  const char* path = ((const struct sockaddr_un*)address)->sun_path;
  const char* under = getenv("NO_SOCKETS_UNDER");
  if (address->sa_family == AF_UNIX && strncmp(path, under, strlen(under)) == 0) {
    errno = EPERM;
    return -1;
  }
  int (*next)(int, const struct sockaddr*, socklen_t) = dlsym(RTLD_NEXT, "bind");
  return next(fd, address, size);
}
"""


def test_a_file_system_without_sockets(own, tmp_path):
    """The socket lies in a new folder in /tmp, and the state folder has a link to it."""
    write(tmp_path / "bind.c", NO_SOCKETS)
    subprocess.run(["cc", "-shared", "-fPIC", "-o", tmp_path / "bind.so", tmp_path / "bind.c", "-ldl"],
                   check=True)
    env = {"LD_PRELOAD": str(tmp_path / "bind.so"), "NO_SOCKETS_UNDER": own.home}
    result = own("runs", env=env)
    assert result.code == 0, result.err
    folder = os.path.dirname(os.readlink(own.socket))
    assert re.fullmatch(rf"/tmp/muster-{os.getuid()}\.\w{{6}}", folder)
    assert stat.S_IMODE(os.stat(folder).st_mode) == 0o700
    assert own("runs").code == 0
    end_daemons(tmp_path)
    assert not os.path.exists(folder)


@pytest.fixture(name="passwd_home")
def passwd_home_fixture(own, tmp_path):
    """The passwd entry names this home; environments are made without one."""
    entry = pwd.getpwuid(os.getuid())
    write(tmp_path / "passwd", f"{entry.pw_name}:x:{os.getuid()}:{os.getgid()}::{tmp_path}:/bin/sh\n")
    env = {"LD_PRELOAD": "libnss_wrapper.so", "NSS_WRAPPER_PASSWD": f"{tmp_path}/passwd",
           "NSS_WRAPPER_GROUP": "/etc/group"}
    return env


@pytest.mark.parametrize("home", [None, "/", "/nonexistent", "relative"])
def test_a_home_that_is_none_gives_way_to_the_passwd_entry(own, passwd_home, home):
    own.env.pop("HOME")
    result = own("runs", env={**passwd_home, **({"HOME": home} if home else {})})
    assert result.code == 0, result.err
    assert own("runs", env={"HOME": own.home}).code == 0
    assert own.daemon()


@pytest.mark.parametrize("home", [None, "/"])
def test_keys_are_found_by_the_passwd_entry(own, passwd_home, fleet, tmp_path, home):
    os.mkdir(tmp_path / ".ssh", 0o700)
    os.chmod(shutil.copy(fleet.key, tmp_path / ".ssh/id_ed25519"), 0o600)
    shutil.copy(fleet.known_hosts, tmp_path / ".ssh/known_hosts")
    own.env.pop("HOME")
    result = own("run", "-u", fleet.user, "-p", str(fleet.servers[0].port), "-t", "127.0.0.1", "--",
                 "echo hi", env={**passwd_home, **({"HOME": home} if home else {})})
    assert (result.code, result.text) == (0, "127.0.0.1: hi\n"), result.err


def test_without_any_home_it_says_what_is_missing(own, passwd_home, tmp_path):
    write(tmp_path / "passwd", read(tmp_path / "passwd").replace(str(tmp_path), "/nonexistent"))
    for program in (MUSTER, MUSTERD):
        done = subprocess.run([program, *(["runs"] if program == MUSTER else [])],
                              env={**own.env, **passwd_home, "HOME": "/"}, capture_output=True,
                              text=True, timeout=SECONDS, check=False)
        assert done.returncode == (2 if program == MUSTER else 1)
        assert done.stderr.count("/nonexistent: No such file or directory") in (1, 2)
        assert "directory: No such" not in done.stderr
        assert "passwd entry" in done.stderr and "set XDG_STATE_HOME" in done.stderr


def test_a_state_folder_that_cannot_be_made(own, tmp_path):
    write(tmp_path / "file", "")
    result = own("runs", env={"XDG_STATE_HOME": f"{tmp_path}/file/state"})
    assert result.code == 2
    assert result.err == f"muster: cannot make the folder {tmp_path}/file/state: Not a directory\n"
    assert own("runs", env={"XDG_STATE_HOME": "state"}).err.endswith("is no absolute path\n")


def test_status_stop_and_restart(own):
    status = own("daemon", "status")
    assert status.code == 7 and "no musterd of yours is running" in status.err
    assert own("daemon", "stop").code == 0
    run = own.detach("sleep 60")
    old = own.daemon()
    text = own("daemon", "status").text
    for part in (f"process {old}", own.state, own.socket, f"1 ({run})"):
        assert part in text
    refused = own("daemon", "stop")
    assert refused.code == 2 and run in refused.err and "--force" in refused.err
    assert own("daemon", "restart").code == 2
    assert own.daemon() == old
    assert own("daemon", "restart", "--force").code == 0
    new = own.daemon()
    assert new != old and f"process {new}" in own("daemon", "status").text
    assert own("watch", run).code in (1, 5)  # honestly ended with its daemon
    assert own("daemon", "stop").code == 0
    assert not ready_daemons(own.home)


def test_daemon_is_about_ones_own(own, daemon):
    result = own("daemon", "stop", env={"MUSTER_SERVER": daemon.address})
    assert result.code == 2 and "MUSTER_SERVER" in result.err
    assert daemon.process.poll() is None


def test_a_daemon_that_is_ending_is_waited_for(own):
    run = own.detach("trap '' TERM; sleep 60")
    old = own.daemon()
    wait_until(lambda: "1 running" in own("show", run).text or "running" in own("runs").text)
    os.kill(old, signal.SIGTERM)
    wait_until(lambda: not os.path.exists(own.socket))
    result = own("runs")
    assert result.code == 0, result.err
    assert own.daemon() != old


def test_a_daemon_that_holds_the_folder_and_does_not_listen_is_named(own):
    assert own("runs").code == 0
    pid = own.daemon()
    os.kill(pid, signal.SIGSTOP)
    try:
        os.unlink(own.socket)
        result = own("runs")
        assert result.code == 7
        assert "waiting for musterd" in result.err.splitlines()[0]
        assert f"process {pid}" in result.err and "muster daemon restart" in result.err
    finally:
        os.kill(pid, signal.SIGCONT)


def test_a_daemon_of_before_is_named_at_once_and_ended_by_restart(own):
    """One that listened elsewhere, and wrote down its process alone."""
    os.makedirs(f"{own.state}/runs", 0o700)
    os.chmod(own.state, 0o700)
    program = ("import fcntl, os, sys, time\n"
               "f = open(sys.argv[1], 'w'); fcntl.flock(f, fcntl.LOCK_EX)\n"
               "f.write(f'{os.getpid()}\\n'); f.flush(); print(flush=True); time.sleep(600)\n")
    old = subprocess.Popen(["/usr/bin/python3", "-c", program, f"{own.state}/runs/lock"],
                           stdout=subprocess.PIPE)
    try:
        old.stdout.readline()
        begin = time.monotonic()
        result = own("runs")
        assert result.code == 7 and time.monotonic() - begin < 15
        assert f"process {old.pid}" in result.err and "muster daemon restart" in result.err
        refused = own("daemon", "restart")
        assert refused.code == 7 and "--force" in refused.err  # it cannot be asked for its runs
        assert own("daemon", "restart", "--force").code == 0
        assert old.wait(SECONDS) == -signal.SIGTERM
        assert own("runs").code == 0
    finally:
        old.kill()
        old.communicate()


@pytest.mark.parametrize("mode,fine", [(0o755, True), (0o711, True), (0o775, False), (0o777, False)])
def test_a_folder_that_others_may_enter_but_not_write_to(tmp_path, mode, fine):
    folder = tmp_path / "run"
    os.mkdir(folder)
    os.chmod(folder, mode)
    if not fine:
        with pytest.raises(RuntimeError, match="nobody else can write to"):
            Daemon(folder=str(tmp_path))
        return
    with Daemon(folder=str(tmp_path)) as daemon:
        assert stat.S_IMODE(os.stat(daemon.socket).st_mode) == 0o600


def ignoring(*numbers):
    return lambda: [signal.signal(number, signal.SIG_IGN) for number in numbers]


def test_nohup_protects_a_run(own):
    process = own.start("run", *own.login, "-t", "127.0.0.1", "--", "echo begun; sleep 2; echo end",
                        preexec_fn=ignoring(signal.SIGHUP, signal.SIGINT))
    assert process.stdout.readline() == b"127.0.0.1: begun\n"
    process.send_signal(signal.SIGHUP)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=SECONDS)
    assert (process.returncode, out) == (0, b"127.0.0.1: end\n"), err


def test_without_nohup_a_hang_up_cancels_the_run(own):
    process = own.start("run", *own.login, "-t", "127.0.0.1", "--", "echo begun; sleep 60")
    assert process.stdout.readline() == b"127.0.0.1: begun\n"
    process.send_signal(signal.SIGHUP)
    process.communicate(timeout=SECONDS)
    assert process.returncode == 128 + signal.SIGHUP


def test_nohup_protects_musterd(own, tmp_path):
    ready, ready_writer = os.pipe()
    with subprocess.Popen([MUSTERD, "--ready-fd", str(ready_writer)], env=own.env,
                          pass_fds=[ready_writer], stderr=subprocess.DEVNULL,
                          preexec_fn=ignoring(signal.SIGHUP, signal.SIGINT, signal.SIGTERM)) as daemon:
        os.close(ready_writer)
        with os.fdopen(ready) as lines:
            assert lines.readline()
        daemon.send_signal(signal.SIGHUP)
        daemon.send_signal(signal.SIGINT)
        assert own("runs").code == 0
        assert daemon.poll() is None
        daemon.send_signal(signal.SIGTERM)
        assert daemon.wait(SECONDS) == 0


def test_the_daemon_outlives_its_terminal(own):
    pid, terminal = pty.fork()
    if pid == 0:
        os.execve(MUSTER, [MUSTER, "runs"], own.env)
    with os.fdopen(terminal, "rb", buffering=0) as shown:
        try:
            while shown.read(1024):
                pass
        except OSError:  # the other side has been closed
            pass
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
    daemon = own.daemon()
    for descriptor in ("0", "1"):
        assert os.readlink(f"/proc/{daemon}/fd/{descriptor}") == "/dev/null"
    assert os.getsid(daemon) != os.getsid(0)
    assert own("runs").code == 0
    assert own.daemon() == daemon


def test_muster_without_standard_files(own):
    def close():
        for descriptor in range(3):
            os.close(descriptor)
    process = subprocess.Popen([MUSTER, "runs"], env=own.env, preexec_fn=close)
    process.wait(SECONDS)
    assert own("runs").code == 0
    assert own.daemon()


@pytest.fixture(name="stranger")
def stranger_fixture():
    """Another user's socket, and what it was told."""
    if os.getuid() != 0:
        pytest.skip("needs root, to be another user")
    folder = tempfile.mkdtemp(prefix="stranger.", dir="/tmp")
    os.chown(folder, OTHER_UID, OTHER_UID)
    os.chmod(folder, 0o755)
    path, told = f"{folder}/musterd.sock", f"{folder}/told"
    program = ("import socket, sys\n"
               "s = socket.socket(socket.AF_UNIX); s.bind(sys.argv[1]); s.listen()\n"
               "while True:\n"
               "    c, _ = s.accept(); c.settimeout(2)\n"
               "    try: c.sendall(bytes(3) + b'\\x04' + bytes(5)); data = c.recv(65536)\n"
               "    except OSError: data = b''\n"
               "    c.close()\n"
               "    open(sys.argv[2], 'ab').write(data + b'.')\n")
    process = subprocess.Popen(["setpriv", f"--reuid={OTHER_UID}", "--clear-groups", "/usr/bin/python3",
                                "-c", program, path, told])
    wait_until(lambda: os.path.exists(path))
    time.sleep(0.1)  # until it listens
    yield path, told
    process.kill()
    process.wait()
    subprocess.run(["rm", "-rf", folder], check=True)


def test_nothing_is_sent_to_another_users_socket(own, stranger):
    path, told = stranger
    result = own("--server", f"unix:{path}", "runs")
    assert result.code == 7
    assert f"uid {OTHER_UID}" in result.err and "nothing was sent" in result.err
    wait_until(lambda: os.path.exists(told))
    assert read(told).strip(".") == ""


def test_a_link_to_another_users_socket_is_not_followed_into_it(own, stranger):
    path, told = stranger
    os.makedirs(own.state, 0o700)
    os.symlink(path, own.socket)
    result = own("run", *own.login, "-t", "127.0.0.1", "--", "echo secret")
    assert result.code != 0 and "nothing was sent" in result.err
    wait_until(lambda: os.path.exists(told))
    assert read(told).strip(".") == ""


def test_another_users_socket_is_called_where_that_is_meant_but_gets_no_passphrase(own, stranger):
    path, told = stranger
    meant = ["--server", f"unix:{path}", "--server-user", str(OTHER_UID)]
    own(*meant, "runs", "--reconnect", "0s")
    wait_until(lambda: os.path.exists(told))
    with open(told, "rb") as file:
        assert file.read().startswith(b"PRI * HTTP/2.0")
    result = own(*meant, "run", *own.login, "--ask-passphrase", "-t", "127.0.0.1", "--", "true")
    assert result.code == 2 and "passphrase" in result.err


def test_a_state_folder_of_another_user_is_refused(own):
    if os.getuid() != 0:
        pytest.skip("needs root, to be another user")
    os.makedirs(own.state, 0o700)
    os.chown(own.state, OTHER_UID, OTHER_UID)
    result = own("runs")
    assert result.code == 2 and "is another user's" in result.err
    assert not ready_daemons(own.home)


def test_a_home_of_another_user_is_not_used(own, passwd_home, tmp_path):
    """As with sudo, which may leave HOME as it was."""
    if os.getuid() != 0:
        pytest.skip("needs root, to be another user")
    other = tmp_path / "other"
    os.mkdir(other)
    os.chown(other, OTHER_UID, OTHER_UID)
    assert own("runs", env={**passwd_home, "HOME": str(other)}).code == 0
    assert own.daemon() and not os.listdir(other)


def test_a_socket_that_may_not_be_opened(own):
    if os.getuid() != 0:
        pytest.skip("needs root, to be another user")
    with tempfile.TemporaryDirectory(prefix="closed.", dir="/tmp") as folder:
        os.chmod(folder, 0o755)
        path = f"{folder}/s"
        muster = shutil.copy(MUSTER, folder)  # which lies where others may not go
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(path)
            os.chmod(path, 0o600)
            listener.listen()
            done = subprocess.run(["setpriv", f"--reuid={OTHER_UID}", "--clear-groups", muster, "--server",
                                   f"unix:{path}", "runs"], env=environment("/nonexistent"),
                                  capture_output=True, text=True, timeout=SECONDS, check=False)
    assert done.returncode == 7 and "may not open this socket" in done.stderr
