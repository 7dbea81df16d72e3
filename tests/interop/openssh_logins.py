"""OpenSSH's server, set up to let in by one way: servers.py says which there are, and "kerberos"."""

import os

from fleet import write
from servers import Lacks

CODES = "/usr/lib/x86_64-linux-gnu/security/pam_google_authenticator.so"
BY_PASSWORD = "auth required pam_unix.so\n"
# sshd tells PAM what has let in before: the password is asked for where it has not.
FIRST_THE_PASSWORD = """auth [success=2 default=ignore] pam_exec.so quiet {is_second}
auth requisite pam_unix.so
auth [success=1 default=ignore] pam_permit.so
"""
OTHERS = """account required pam_permit.so
session required pam_permit.so
"""
NO_KEYS = "PubkeyAuthentication no"
CONFIG = {
    "keys": [], "token": [], "certificate": [],
    "password": [NO_KEYS, "PasswordAuthentication yes"],
    "interactive": [NO_KEYS, "UsePAM yes", "KbdInteractiveAuthentication yes"],
    "code": [NO_KEYS, "UsePAM yes", "KbdInteractiveAuthentication yes"],
    "open": [NO_KEYS, "PasswordAuthentication yes", "PermitEmptyPasswords yes"],
    "several": ["PasswordAuthentication yes", "AuthenticationMethods publickey,password"],
    "steps": ["UsePAM yes", "PasswordAuthentication yes", "KbdInteractiveAuthentication yes",
              "AuthenticationMethods password,keyboard-interactive"],
    "kerberos": [NO_KEYS, "GSSAPIAuthentication yes", "GSSAPIStrictAcceptorCheck no"],
}


class OpenSsh:
    """A server of the fleet, until the `with` statement ends."""

    def __init__(self, place, realm):
        self.place, self.fleet, self.user = place, place.fleet, place.fleet.user
        if place.way not in ("keys", "token", "certificate") and os.getuid() != 0:
            raise Lacks("not tried: this takes root")
        if os.getuid() == 0:
            self.fleet.account.set_password("" if place.way == "open" else place.password)
        self.server = self.fleet.start(config=[*self._config(), "LogLevel VERBOSE"], trusted=False,
                                       account=self._account(realm))
        self.port, self.log = self.server.port, self.server.log

    def _config(self):
        return [*CONFIG[self.place.way], f"AuthorizedKeysFile {self.place.authorized_keys}"]

    def _account(self, realm):
        account = self.fleet.account
        if self.place.way == "kerberos":
            if realm is None:
                raise Lacks("not tried: krb5-kdc, krb5-admin-server and krb5-user are not installed")
            return account.with_env(KRB5_CONFIG=realm.config, KRB5_KTNAME=realm.keytab)
        rules = {"interactive": self._by_password, "code": self._by_code, "steps": self._in_steps}
        if self.place.way not in rules:
            return account
        if not account.can_mount():
            raise Lacks("not tried: this takes mount namespaces")
        return account.mounting({"/etc/pam.d/sshd": self._file("pam", rules[self.place.way]() + OTHERS)})

    def _by_password(self):
        return BY_PASSWORD

    def _by_code(self):
        if not os.path.exists(CODES):
            raise Lacks("not tried: libpam-google-authenticator is not installed")
        # The code is one for emergencies, which is good for one login.
        seed = self._file("seed", f'MFRGGZDFMZTWQ2LK\n" TOTP_AUTH\n{self.place.code}\n', 0o600)
        return BY_PASSWORD + f"auth required {CODES} secret={seed} user=root\n"

    def _in_steps(self):
        is_second = self._file("is_second", '#!/bin/sh\necho "$SSH_AUTH_INFO_0" | grep -q password\n', 0o755)
        return self._by_code().replace(BY_PASSWORD, FIRST_THE_PASSWORD.format(is_second=is_second))

    def _file(self, name, text, mode=0o644):
        path = os.path.join(self.fleet.folder, f"{self.place.way}.{name}")
        write(path, text)
        os.chmod(path, mode)
        return path

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.server.stop()
        self.fleet.servers.remove(self.server)
