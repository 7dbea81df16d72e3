"""The ways of logging in of the README's table, and for each what lets in and what does not."""

import os
import secrets
from dataclasses import dataclass, field

import servers
from fleet import certify, make_key, read, write
from security_token import SecurityToken
from ssh_agent import SshAgent, add_keys

CODE_QUESTION = "Verification code"


@dataclass(frozen=True)
class Login:
    """What `muster` is given."""

    options: list = field(default_factory=list)
    env: dict = field(default_factory=dict)


@dataclass(frozen=True)
class Way:
    """`setup`: of servers.py, for what is right; `accepts`: the method that the refusal of what is wrong names;
    `logged`: by sshd, of one that succeeds. `refusing`: the setup for what is wrong, where it is another."""

    name: str
    setup: str
    right: Login
    wrong: Login
    accepts: str
    logged: tuple
    refusing: str = ""


def private_line(key):
    """Of a private key's file: one that has a part of the secret, and nothing that all such files have."""
    return read(key).splitlines()[-3]


class Lab:
    """Keys, agents, files and secrets, until the `with` statement ends. `realm`: None where there is no Kerberos."""

    def __init__(self, folder, fleet, realm):
        self._folder, self._fleet, self._realm = folder, fleet, realm
        self._password, self._code = "canary-" + secrets.token_hex(16), str(secrets.randbelow(9 * 10**7) + 10**7)
        self._wrong = self._file("wrong", "canary-" + secrets.token_hex(16))
        self._wrong_code = "canary-" + secrets.token_hex(16)
        self._other = make_key(self._path("other"))
        self._agents = []
        self._tokens = [SecurityToken(servers.Place(folder, fleet).sub(name)) for name in ("token", "other_token")]
        self._authorized = {"token": self._authorize_token(), "certificate": self._authorize_certificates()}
        self._uncertified = self._certified("other", make_key(self._path("other_authority")))
        self.ways = self._ways()
        self.canaries = {"the password": self._password, "the wrong password": read(self._wrong).strip(),
                         "the code": self._code, "the wrong code": self._wrong_code,
                         "the key": private_line(fleet.key), "the wrong key": private_line(self._other)}

    def place(self, setup):
        place = servers.Place(self._folder, self._fleet)
        return place.by(setup, self._authorized.get(setup, place.authorized_keys), self._password, self._code)

    def _path(self, name):
        return os.path.join(self._folder, name)

    def _file(self, name, text):
        path = self._path(name)
        write(path, text + "\n")
        os.chmod(path, 0o600)
        return path

    def _authorize(self, name, line):
        path = os.path.join(self._fleet.folder, f"authorized_keys.{name}")  # where the user can read it
        write(path, line)
        return path

    def _authorize_token(self):
        return self._authorize("token", self._tokens[0].line)

    def _authorize_certificates(self):
        authority = make_key(self._path("authority"))
        self._certificate = self._certified("certified", authority)
        return self._authorize("certificate", "cert-authority " + read(authority + ".pub"))

    def _certified(self, name, authority):
        key = make_key(self._path(f"{name}_by_authority"))
        certify(authority, key, f"{self._fleet.user},muster")  # servers without accounts know the latter
        return Login(["-i", key])

    def _by_agent(self, name, key):
        agent = SshAgent(self._path(f"agent_{name}"))
        self._agents.append(agent)
        add_keys(agent.path, key)
        return Login(env={"SSH_AUTH_SOCK": agent.path})

    def _by_tickets(self):
        if self._realm is None:
            return Login(), Login()
        self._realm.add("stranger")
        return [Login(["--gssapi"], {"KRB5CCNAME": self._realm.tickets(name, user=user)})
                for name, user in (("right", None), ("wrong", "stranger"))]

    def _ways(self):
        key, other = ["-i", self._fleet.key], ["-i", self._other]
        password = ["--password-file", self._file("right", self._password)]
        wrong = ["--password-file", self._wrong]
        code = ["--answers-file", self._file("code", f"{CODE_QUESTION} = {self._code}")]
        wrong_code = ["--answers-file", self._file("wrong_code", f"{CODE_QUESTION} = {self._wrong_code}")]
        token, other_token = (Login(env={"SSH_AUTH_SOCK": token.path}) for token in self._tokens)
        ticket, other_ticket = self._by_tickets()
        by_key, by_password, by_answers, by_ticket = "publickey", "password", "keyboard-interactive", "gssapi-with-mic"
        return [
            Way("key file", "keys", Login(key), Login(other), by_key, (f"Accepted {by_key}",)),
            Way("agent", "keys", self._by_agent("right", self._fleet.key), self._by_agent("wrong", self._other), by_key,
                (f"Accepted {by_key}",)),
            Way("security token (FIDO)", "token", token, other_token, by_key, (f"Accepted {by_key}",)),
            Way("certificate", "certificate", self._certificate, self._uncertified, by_key, (f"Accepted {by_key}",)),
            Way("password", "password", Login(password), Login(wrong), by_password, (f"Accepted {by_password}",)),
            Way("keyboard-interactive: password", "interactive", Login(password), Login(wrong), by_answers,
                (f"Accepted {by_answers}",)),
            Way("keyboard-interactive: password, code", "code", Login(password + code), Login(password + wrong_code),
                by_answers, (f"Accepted {by_answers}",)),
            Way("Kerberos", "kerberos", ticket, other_ticket, by_ticket, (f"Accepted {by_ticket}",)),
            Way("none", "open", Login(), Login(), by_key, ("Accepted none",), refusing="keys"),
            Way("key, then password", "several", Login(key + password), Login(key + wrong), by_password,
                (f"Partial {by_key}", f"Accepted {by_password}")),
            Way("password, then code", "steps", Login(password + code), Login(password + wrong_code), by_answers,
                (f"Partial {by_password}", f"Accepted {by_answers}")),
        ]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for agent in self._agents:
            agent.stop()
        for token in self._tokens:
            token.stop()
