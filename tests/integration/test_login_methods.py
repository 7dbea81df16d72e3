"""Methods of logging in: their order, several in a row, questions, certificates, tokens."""

import base64
import hashlib
import hmac
import os
import struct
import time

import pytest

from fleet import Fleet, certify, make_key, read, write
from programs import MUSTER, Muster, last_login
from security_token import SecurityToken
from ssh_agent import add_keys
import terminal

AS_ROOT = pytest.mark.skipif(os.getuid() != 0, reason="NOT TESTED: this takes root")
PASSWORD = "canary-of-the-hosts"
CODES = "/usr/lib/x86_64-linux-gnu/security/pam_google_authenticator.so"
SEED = base64.b32encode(b"0123456789abcdef").decode().rstrip("=")
TARGETS = "127.0.13.[1-3]"


def code_now():
    """RFC 6238."""
    counter = struct.pack(">Q", int(time.time()) // 30)
    digest = hmac.new(b"0123456789abcdef", counter, hashlib.sha1).digest()
    at = digest[-1] & 15
    return f"{(struct.unpack('>I', digest[at:at + 4])[0] & 0x7fffffff) % 1000000:06d}"


class Home:
    """A fleet whose user has a password, and PAM as a test wants it."""

    def __init__(self, fleet):
        self.fleet = fleet
        if os.getuid() == 0:
            fleet.account.set_password(PASSWORD)

    def file(self, name, text):
        path = os.path.join(self.fleet.folder, name)
        write(path, text)
        os.chmod(path, 0o600)
        return path

    def start(self, *config, account=None):
        return self.fleet.start(config=[*config, "LogLevel VERBOSE"], account=account)

    def start_with_pam(self, rules, *config):
        if not self.fleet.account.can_mount():
            pytest.skip("NOT TESTED: this takes mount namespaces")
        path = os.path.join(self.fleet.folder, f"pam{len(self.fleet.servers)}")
        write(path, rules + "account required pam_permit.so\nsession required pam_permit.so\n")
        account = self.fleet.account.mounting({"/etc/pam.d/sshd": path})
        return self.start("UsePAM yes", "KbdInteractiveAuthentication yes", *config, account=account)

    def muster(self, daemon, server, *login, **env):
        muster = Muster(daemon, **env)
        muster.login = ["-u", self.fleet.user, "--known-hosts", self.fleet.known_hosts, "-p",
                        str(server.port), *login]
        return muster


@pytest.fixture(scope="module", name="home")
def home_fixture():
    with Fleet() as fleet:
        yield Home(fleet)


@pytest.fixture(scope="module", name="password")
def password_fixture(home):
    return ["--password-file", home.file("password", PASSWORD + "\n")]


BY_PASSWORD = "auth required pam_unix.so\n"


# --- Several in a row, and their order


@AS_ROOT
@pytest.mark.parametrize("methods", ["publickey,password", "password,publickey", "publickey,publickey",
                                     "publickey,keyboard-interactive", "keyboard-interactive,publickey",
                                     "password,keyboard-interactive"])
def test_several_in_a_row(home, daemon, password, methods):
    server = home.start_with_pam(BY_PASSWORD, f"AuthenticationMethods {methods}", "PasswordAuthentication yes")
    second = make_key(os.path.join(home.fleet.folder, f"second{len(home.fleet.servers)}"), "ecdsa")
    with open(os.path.join(home.fleet.folder, "authorized_keys"), "a", encoding="ascii") as keys:
        keys.write(read(second + ".pub"))
    login = ["-i", home.fleet.key, "-i", second, *password]
    code, ends = home.muster(daemon, server, *login).outcomes(TARGETS, "true")
    assert code == 0, ends
    assert len(ends) == 3


@AS_ROOT
def test_the_order_is_the_one_that_is_asked_for(home, daemon, password):
    server = home.start("PasswordAuthentication yes")
    login = ["-i", home.fleet.key, *password]

    def accepted(options, methods):
        by = {name: read(server.log).count(f"Accepted {name}") for name in ("publickey", "password")}
        code, ends = home.muster(daemon, server, *login).outcomes(TARGETS, "true", options=options)
        assert code == 0, ends
        for name, before in by.items():
            assert read(server.log).count(f"Accepted {name}") - before == (3 if name == methods else 0)

    accepted([], "publickey")
    accepted(["--login-methods", "password,publickey"], "password")
    accepted(["-o", "PreferredAuthentications=keyboard-interactive,password,publickey"], "password")
    accepted(["-o", "PasswordAuthentication=no", "--login-methods", "password,publickey"], "publickey")


@AS_ROOT
def test_what_is_not_named_is_not_tried(home, daemon, password):
    server = home.start("PasswordAuthentication yes")
    muster = home.muster(daemon, server, "-i", home.fleet.key, *password)
    before = read(server.log).count("Failed")
    for options in (["--login-methods", "keyboard-interactive"],
                    ["-o", "PreferredAuthentications=keyboard-interactive"]):
        code, ends = muster.outcomes(TARGETS, "true", options=options)
        message = ends["127.0.13.1"]["message"]
        assert code == 3 and "methods that are to be tried (keyboard-interactive" in message, message
        assert "It accepts: publickey,password." in message
    assert read(server.log).count("Failed") == before
    result = muster.run(TARGETS, "true", options=["--login-methods", "publickey,telepathy"])
    assert result.code == 2 and '--login-methods: "telepathy" is none of' in result.err, result.err


# --- Questions


@pytest.fixture(name="codes")
def codes_fixture(home):
    if os.getuid() != 0 or not os.path.exists(CODES):
        pytest.skip("NOT TESTED: this takes root and libpam-google-authenticator")
    home.file("seed", f"{SEED}\n\" TOTP_AUTH\n\" WINDOW_SIZE 17\n")
    secret = os.path.join(home.fleet.folder, "seed")
    return f"auth required pam_google_authenticator.so secret={secret} user=root no_increment_hotp\n"


def test_a_password_and_a_code(home, daemon, password, codes):
    server = home.start_with_pam(BY_PASSWORD + codes, "PasswordAuthentication no")
    answers = home.file("answers", f"# of the second one\nverification CODE = {code_now()}\n")
    muster = home.muster(daemon, server, *password)
    code, ends = muster.outcomes("127.0.13.1", "true", options=["--answers-file", answers])
    assert code == 0, (ends, read(server.log))
    code, ends = muster.outcomes("127.0.13.1", "true")
    message = ends["127.0.13.1"]["message"]
    assert code == 3 and 'does not answer: "Verification code: "' in message, message
    assert "--answers-file" in message
    wrong = home.file("wrong", "Verification code = 000000\n")
    code, ends = muster.outcomes("127.0.13.1", "true", options=["--answers-file", wrong])
    message = ends["127.0.13.1"]["message"]
    assert code == 3 and "refused the password and the answers for user" in message, message
    assert "000000" not in message and PASSWORD not in message


def test_a_key_and_a_code_that_is_asked_for(home, daemon, codes):
    server = home.start_with_pam(codes, "AuthenticationMethods publickey,keyboard-interactive")
    muster = home.muster(daemon, server)
    command = [MUSTER, *last_login(["run", "-F", "none", *muster.login, "-i", home.fleet.key, "-t", "127.0.13.1",
                                    "--ask-answer", "Verification code", "--", "echo in"])]
    shown, code = terminal.answer(command, muster.env, b'Answer to "Verification code": ', code_now())
    assert code == 0 and b"in" in shown, shown


@AS_ROOT
def test_files_of_answers_are_checked(home, daemon, password):
    muster = home.muster(daemon, home.fleet.servers[0] if home.fleet.servers else home.start())
    for text, problem in (("one\n", "line 1: it is not of the form"), ("\n#\n", "no line is"),
                          ("a =\n", "line 1: one side")):
        path = home.file("bad", text)
        result = muster.run("127.0.13.1", "true", options=["--answers-file", path])
        assert result.code == 2 and f"--answers-file: {path}: {problem}" in result.err, result.err
    path = home.file("open", "a = b\n")
    os.chmod(path, 0o644)
    result = muster.run("127.0.13.1", "true", options=["--answers-file", path])
    assert result.code == 2 and f"chmod 600 {path}" in result.err
    result = muster.run("127.0.13.1", "true", options=["--continue-after-restart", *password])
    assert result.code == 2 and "passphrase or answer is not kept" in result.err


# --- A password by a command


@AS_ROOT
def test_a_password_by_a_command(home, daemon, password):
    server = home.start("PubkeyAuthentication no", "PasswordAuthentication yes")
    muster = home.muster(daemon, server)

    def run(command):
        return muster.run(TARGETS, "true", options=["--password-command", command])

    assert run(f"cat {password[1]}; echo more").code == 0
    result = run(f"cat {password[1]}; exit 3")
    assert result.code == 2 and "--password-command: it ended with exit code 3" in result.err
    assert PASSWORD not in result.err
    result = run("true")
    assert result.code == 2 and "its first line is empty" in result.err


# --- Keys that are refused


def test_an_agent_with_ten_keys(home, daemon, agent, tmp_path):
    server = home.start("MaxAuthTries 3")
    keys = [make_key(str(tmp_path / f"key{number}")) for number in range(10)]
    add_keys(agent, *keys, home.fleet.key)
    muster = home.muster(daemon, server, SSH_AUTH_SOCK=agent)
    code, ends = muster.outcomes(TARGETS, "true", options=["--retries", "3"])
    assert code == 3
    for end in ends.values():
        assert end["state"] == "HOST_STATE_AUTHENTICATION_FAILED" and end["attempts"] == 1
        assert "3 of 11 keys were offered" in end["message"], end
        assert "choose one with -i FILE --identities-only; FILE is KEY.pub" in end["message"]
    login = ["-i", home.fleet.key + ".pub", "--identities-only"]
    code, ends = home.muster(daemon, server, *login, SSH_AUTH_SOCK=agent).outcomes(TARGETS, "true")
    assert code == 0, ends


class Certificates:
    """An authority that sshd trusts, and a key to certify."""

    def __init__(self, home, folder):
        self.authority = make_key(os.path.join(folder, "authority"))
        self.key = make_key(os.path.join(folder, "certified"))
        self.user = home.fleet.user
        self.server = home.start(f"TrustedUserCAKeys {self.authority}.pub", "AuthorizedKeysFile none")

    def issue(self, validity, principals=None):
        certify(self.authority, self.key, principals or self.user, validity)


@pytest.fixture(name="certificates")
def certificates_fixture(home, tmp_path):
    return Certificates(home, str(tmp_path))


@pytest.mark.parametrize("validity,principals,why", [
    ("-2d:-1d", None, "it expired at "), ("+1d:+2d", None, "it is not valid before "),
    ("always:forever", "ann,ops", "it is for ann, ops, not for ")])
def test_what_is_wrong_with_a_certificate_is_told(home, daemon, certificates, validity, principals, why):
    certificates.issue(validity, principals)
    muster = home.muster(daemon, certificates.server, "-i", certificates.key)
    code, ends = muster.outcomes("127.0.13.1", "true")
    message = ends["127.0.13.1"]["message"]
    assert code == 3 and f"Of the certificate {certificates.key}-cert.pub: {why}" in message, message


@pytest.mark.parametrize("by_agent", [False, True])
def test_no_session_outlives_its_certificate(home, daemon, certificates, agent, by_agent):
    certificates.issue("-1m:+3s")
    login, env = ["-i", certificates.key], {}
    if by_agent:
        env = {"SSH_AUTH_SOCK": agent}
        add_keys(agent, certificates.key)
        login = []
    muster = home.muster(daemon, certificates.server, *login, **env)
    begin = time.monotonic()
    assert muster.run("127.0.13.1", "sleep 3").code == 0
    code, ends = muster.outcomes("127.0.13.1", "true")
    assert time.monotonic() - begin >= 3
    assert code == 3 and "it expired at " in ends["127.0.13.1"]["message"], ends
    assert read(certificates.server.log).count("Accepted publickey") == 1


def test_a_key_on_a_security_token(home, daemon, tmp_path):
    token = SecurityToken(str(tmp_path))
    try:
        with open(os.path.join(home.fleet.folder, "authorized_keys"), "a", encoding="ascii") as keys:
            keys.write(token.line)
        server = home.start()
        public = str(tmp_path / "token.pub")
        write(public, token.line)
        muster = home.muster(daemon, server, SSH_AUTH_SOCK=token.path)
        code, ends = muster.outcomes(TARGETS, "true")
        assert code == 0 and token.signatures == 3, ends
        assert read(server.log).count("Accepted publickey for") == 3
        muster = home.muster(daemon, server, "-i", public, "--identities-only", SSH_AUTH_SOCK=token.path)
        code, ends = muster.outcomes("127.0.13.9", "true")
        assert code == 0, ends
    finally:
        token.stop()
