"""Logging in by password: where it comes from, who may use it, and where it must not be found.

PASSWORD_HOSTS=200 logs in to so many; -s shows how long that takes.
"""

import os
import secrets
import subprocess
import time

import pytest

import memory
import terminal
from fleet import Fleet, make_key, read, write
from leaks import files_with, of_process
from own_daemon import STATE, end_daemons, ready_daemons
from programs import Daemon, MUSTER, MUSTERD, Muster, environment, wait_until

pytestmark = pytest.mark.skipif(os.getuid() != 0,
                                reason="NOT TESTED: this takes root, to give a user a password")

HOSTS = int(os.environ.get("PASSWORD_HOSTS", "20"))
BY_PASSWORD = ["PubkeyAuthentication no", "PasswordAuthentication yes", "LogLevel VERBOSE"]


class Home:
    """A fleet whose user has a password, and a server that takes nothing else, on all of 127.0.0.0/8."""

    def __init__(self, fleet, folder):
        self.fleet = fleet
        self.password = "canary-" + secrets.token_hex(16)
        fleet.account.set_password(self.password)
        self.server = fleet.start(config=BY_PASSWORD)
        self.right = self.file(folder, "right", self.password)
        self.wrong = self.file(folder, "wrong", "canary-" + secrets.token_hex(16))

    @staticmethod
    def file(folder, name, text):
        path = os.path.join(folder, name)
        write(path, text + "\n")
        os.chmod(path, 0o600)
        return path

    def login(self):
        return ["-u", self.fleet.user, "--known-hosts", self.fleet.known_hosts]

    def muster(self, daemon, server=None, **env):
        muster = Muster(daemon, **env)
        muster.login = [*self.login(), "-p", str((server or self.server).port)]
        return muster

    def count(self, text):
        return read(self.server.log).count(text)


@pytest.fixture(scope="module", name="home")
def home_fixture(tmp_path_factory):
    with Fleet() as fleet:
        yield Home(fleet, str(tmp_path_factory.mktemp("passwords")))


def addresses(count):
    return f"127.0.9.[1-{count}]"


def test_many_hosts(home, daemon):
    muster = home.muster(daemon)
    before = home.count("Accepted password"), time.monotonic()
    code, ends = muster.outcomes(addresses(HOSTS), "true", options=["--password-file", home.right])
    took = time.monotonic() - before[1]
    print(f"\n{HOSTS} logins by password in {took:.2f} s, {HOSTS / took:.0f} a second")
    assert code == 0, ends
    assert {end["state"] for end in ends.values()} == {"HOST_STATE_SUCCEEDED"}
    assert len(ends) == HOSTS and home.count("Accepted password") - before[0] == HOSTS


def test_a_wrong_password_is_offered_once(home):
    before = home.count("Failed password"), home.count("Connection from")
    with Daemon() as daemon:
        code, ends = home.muster(daemon).outcomes(
            addresses(5), "true", options=["--retries", "3", "--password-file", home.wrong])
    assert code == 3
    assert home.count("Failed password") - before[0] == 5
    assert home.count("Connection from") - before[1] == 5
    for end in ends.values():
        assert end["state"] == "HOST_STATE_AUTHENTICATION_FAILED" and end["attempts"] == 1
        assert f"refused the password for user {home.fleet.user}" in end["message"]
        assert "came from --password-file, --password-command, --ask-password or $MUSTER_PASSWORD" in end[
            "message"]
        assert "key" not in end["message"]


def test_another_password_gets_no_warm_session(home):
    with Daemon() as daemon:
        muster = home.muster(daemon)
        logins = home.count("Accepted password")
        for _ in range(2):
            assert muster.run(addresses(3), "true", options=["--password-file", home.right]).code == 0
        assert home.count("Accepted password") - logins == 3  # it is kept, for who has the same
        assert muster.run(addresses(3), "true", options=["--password-file", home.wrong]).code == 3
        assert muster.run(addresses(3), "true").code == 3
        assert home.count("Accepted password") - logins == 3


def test_a_rerun_has_to_be_given_it_again(home, daemon):
    muster = home.muster(daemon)
    assert muster.run(addresses(2), "false", options=["--password-file", home.right]).code == 1
    again = home.muster(daemon, MUSTER_PASSWORD=home.password)("rerun", "last")
    assert "note: $MUSTER_PASSWORD is not used" in again.err
    assert again.code == 3 and "No password was given: --ask-password or --password-file" in again.err
    again = muster("rerun", "last", *home.login(), "--password-file", home.right)
    assert again.code == 1, again.err
    again = home.muster(daemon, MUSTER_PASSWORD=home.password)("rerun", "last", *home.login())
    assert again.code == 1 and "note" not in again.err, again.err


def test_a_run_with_a_password_is_not_one_to_be_continued(home, daemon):
    result = home.muster(daemon).run("127.0.9.1", "true", options=[
        "--continue-after-restart", "--password-file", home.right])
    assert result.code == 2
    assert "--continue-after-restart: a password, passphrase or answer is not kept" in result.err


def test_a_server_that_takes_only_keys(home, daemon):
    server = home.fleet.start("127.0.9.1", config=["PasswordAuthentication no"])
    muster = home.muster(daemon, server)
    code, ends = muster.outcomes("127.0.9.1", "true", options=["--password-file", home.right])
    message = ends["127.0.9.1"]["message"]
    assert code == 3 and "the server takes no password" in message and "name a key file" in message
    wrong = make_key(os.path.join(home.fleet.folder, "wrong_key"))
    code, ends = muster.outcomes("127.0.9.1", "true", options=["--password-file", home.right, "-i", wrong])
    assert code == 3 and "It takes no password." in ends["127.0.9.1"]["message"]
    code, ends = muster.outcomes("127.0.9.1", "true", options=[
        "--password-file", home.right, "-i", home.fleet.key])
    assert code == 0, ends


def test_the_answer_to_a_question(home, daemon):
    """Keyboard-interactive, as sshd offers it with PAM."""
    if not home.fleet.account.can_mount():
        pytest.skip("NOT TESTED: this takes mount namespaces")
    rules = os.path.join(home.fleet.folder, "pam_sshd")
    write(rules, "auth required pam_unix.so\naccount required pam_permit.so\n"
                 "session required pam_permit.so\n")
    server = home.fleet.start(account=home.fleet.account.mounting({"/etc/pam.d/sshd": rules}), config=[
        "UsePAM yes", "KbdInteractiveAuthentication yes", "PubkeyAuthentication no", "LogLevel VERBOSE"])
    muster = home.muster(daemon, server)
    code, ends = muster.outcomes(addresses(3), "true", options=["--password-file", home.right])
    assert code == 0, ends
    assert read(server.log).count("Accepted keyboard-interactive/pam") == 3
    code, ends = muster.outcomes(addresses(3), "true", options=["--password-file", home.wrong])
    assert code == 3
    assert {end["state"] for end in ends.values()} == {"HOST_STATE_AUTHENTICATION_FAILED"}
    assert read(server.log).count("Failed keyboard-interactive/pam") == 3


def test_a_credential_of_the_daemon(home, tmp_path):
    config = str(tmp_path / "musterd.yaml")
    write(config, f"""
credentials:
  deploy:
    password_file: {home.right}
    known_hosts: {home.fleet.known_hosts}
    user: {home.fleet.user}
  wrong:
    password_file: {home.wrong}
    known_hosts: {home.fleet.known_hosts}
    user: {home.fleet.user}
""")
    with Daemon(args=["--config", config]) as daemon:
        muster = Muster(daemon, MUSTER_PASSWORD="another one, which is not for it")
        muster.login = ["-p", str(home.server.port)]
        code, ends = muster.outcomes(addresses(3), "true", options=["--credential", "deploy"])
        assert code == 0, ends
        code, ends = muster.outcomes("127.0.9.1", "true", options=["--credential", "wrong"])
        assert code == 3
        assert "the password_file of credential wrong" in ends["127.0.9.1"]["message"]
        result = muster.run("127.0.9.1", "true", options=["--credential", "deploy", "--password-file",
                                                         home.right])
        assert result.code == 2 and "do not go together" in result.err
    for secret in (f"password_command: cat {home.right}", "password_file: $CREDENTIALS_DIRECTORY/right"):
        write(config, f"credentials: {{deploy: {{{secret}, known_hosts: {home.fleet.known_hosts}, "
                      f"user: {home.fleet.user}}}}}\n")
        with Daemon(args=["--config", config],
                    env={"CREDENTIALS_DIRECTORY": os.path.dirname(home.right)}) as daemon:
            muster = Muster(daemon)
            muster.login = ["-p", str(home.server.port)]
            code, ends = muster.outcomes("127.0.9.1", "true", options=["--credential", "deploy"])
            assert code == 0, (secret, ends)
        with pytest.raises(RuntimeError, match="musterd.yaml:1: "):
            write(config, read(config).replace("right", "none"))
            Daemon(args=["--config", config])
    write(config, f"credentials: {{wrong: {{password_file: {home.wrong}}}}}\n")
    os.chmod(home.wrong, 0o640)
    try:
        with pytest.raises(RuntimeError, match="may be read by others"):
            Daemon(args=["--config", config])
    finally:
        os.chmod(home.wrong, 0o600)


# --- Where it comes from


def test_a_file_or_pipe_that_only_its_owner_reads(home, daemon, tmp_path):
    muster = home.muster(daemon)
    for mode in (0o640, 0o604):
        path = Home.file(str(tmp_path), "open", home.password)
        os.chmod(path, mode)
        result = muster.run("127.0.9.1", "true", options=["--password-file", path])
        assert result.code == 2 and f"chmod 600 {path}" in result.err
    for text, problem in (("", "is empty"), ("two\nlines", "second line"), ("p" * 1025, "1025 bytes")):
        path = Home.file(str(tmp_path), "bad", text)
        result = muster.run("127.0.9.1", "true", options=["--password-file", path])
        assert result.code == 2 and problem in result.err, result.err
        assert not text or text not in result.err
    result = muster.run("127.0.9.1", "true", options=["--password-file", "-"])
    assert result.code == 2 and "standard input" in result.err
    line = f"{MUSTER} run {' '.join(muster.login)} -t 127.0.9.1 --password-file <(cat {home.right}) -- true"
    assert subprocess.run(["bash", "-c", line], env=muster.env, stdin=subprocess.DEVNULL,
                          check=False).returncode == 0


def test_an_argument_is_refused_and_not_repeated(home, daemon):
    result = home.muster(daemon).run("127.0.9.1", "true", options=["--password", home.password])
    assert result.code == 2 and "use --password-file FILE, --ask-password" in result.err
    assert home.password not in result.err + result.text


def test_the_environment_unless_an_option_says_otherwise(home):
    with Daemon() as daemon:
        right = home.muster(daemon, MUSTER_PASSWORD=home.password)
        assert right.run("127.0.9.1", "true").code == 0
        wrong = home.muster(daemon, MUSTER_PASSWORD="wrong")
        assert wrong.run("127.0.9.2", "true").code == 3
        assert wrong.run("127.0.9.2", "true", options=["--password-file", home.right]).code == 0


def ask(muster, *args, typed):
    """What muster writes on a terminal of its own, and its exit code."""
    shown, code = terminal.answer([MUSTER, "run", *muster.login, "--ask-password", *args], muster.env,
                                  b"Password: ", typed)
    return shown.decode(), code


def test_it_is_asked_for(home, daemon):
    muster = home.muster(daemon)
    shown, code = ask(muster, "-t", "127.0.9.[21-22]", "--", "echo in", typed=home.password)
    assert code == 0 and "in" in shown and home.password not in shown
    shown, code = ask(muster, "-t", "127.0.9.21", "--", "true", typed="")
    assert code == 2 and "the password is empty" in shown


def test_a_shell_asks_once(home, daemon):
    muster = home.muster(daemon)
    shell = terminal.Terminal([MUSTER, "shell", *muster.login, "--ask-password", "-t", "127.0.9.23"],
                              {**muster.env, "TERM": "xterm"})
    shell.expect("Password: ")
    shell.type(home.password + "\r")
    shell.expect("muster 1 host> ")
    shell.type("echo one\r")
    assert "succeeded" in shell.expect("muster 1 host> ")
    shell.type(":targets 127.0.9.24\r")  # which has no open session
    shell.expect("muster 1 host> ")
    shell.type("echo two\r")
    assert "succeeded" in shell.expect("muster 1 host> ")
    shell.type("exit\r")
    shown, code = shell.close()
    assert code == 0 and home.password not in shown


def test_where_there_is_no_terminal_nothing_is_read_instead(home, daemon):
    muster = home.muster(daemon)
    result = subprocess.run(
        [MUSTER, "run", *muster.login, "--ask-password", "-t", "127.0.9.1", "--", "true"],
        env=muster.env, input=home.password + "\n", text=True, capture_output=True,
        start_new_session=True, check=False)
    assert result.returncode == 2
    assert "--ask-password: there is no terminal" in result.stderr
    assert "use --password-file FILE or $MUSTER_PASSWORD" in result.stderr


def test_it_is_found_nowhere(home, tmp_path):
    assert files_with(home.password, os.path.dirname(home.right)) == [home.right]  # this can find it
    with Daemon(folder=str(tmp_path), args=["--log-level", "debug"]) as daemon:
        muster = home.muster(daemon)
        told = ""
        for password, path in ((home.password, home.right), (read(home.wrong).strip(), home.wrong)):
            options = ["--password-file", path]
            told += muster.run(addresses(3), "echo in", options=["--json", *options]).text
            detached = muster.run(addresses(3), "false", options=["-d", *options])
            assert detached.code == 0, detached.err
            run = detached.text.strip()
            watched = muster("watch", run, "--json")
            told += watched.text + watched.err
            told += muster("logs", run, "--json").text + muster("show", run, "--json").text
            again = muster("rerun", run, *home.login(), *options)
            told += again.text + again.err + muster("runs", "--json").text
        pid = daemon.process.pid
        assert "refused the password" in told and "HOST_STATE_EXITED_NONZERO" in told
        for password in (home.password, read(home.wrong).strip()):
            assert password not in told and password not in daemon.messages()
            assert not files_with(password, daemon.folder)
            assert not of_process(pid, password)
            wait_until(lambda secret=password.encode(): memory.count(pid, secret) == 0)
    assert not files_with(home.password, daemon.folder)  # what it has written at its end


def test_neither_muster_nor_the_daemon_that_it_starts_show_the_environments(home, tmp_path):
    env = environment(str(tmp_path), MUSTERD=MUSTERD, MUSTER_PASSWORD=home.password)
    marker = os.path.join(home.fleet.folder, "go-" + secrets.token_hex(4))
    command = [MUSTER, "run", *home.login(), "-p", str(home.server.port), "-t", "127.0.9.1", "--",
               f"echo in; while ! test -e {marker}; do sleep 0.05; done"]
    with subprocess.Popen(command, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE) as process:
        try:
            assert b"in" in process.stdout.readline()
            pid, = ready_daemons(str(tmp_path))
            assert not of_process(pid, home.password) and not of_process(process.pid, home.password)
            write(marker, "")
            assert process.wait() == 0
            assert not files_with(home.password, f"{tmp_path}/{STATE}")
        finally:
            write(marker, "")
            end_daemons(str(tmp_path))
