"""Real OpenSSH servers on loopback, for tests, the demo and benchmarks.

As a program it starts servers and keeps them until its standard input ends:

    fleet.py [--servers N] [--sshd-option 'Name value']... FOLDER

FOLDER then holds `client_key`, which every server accepts, `known_hosts` and `inventory.ini`, which
names them node1, node2, ... The servers listen on 127.0.1.1, 127.0.1.2, ... and one free port.
"""

import argparse
import copy
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

FLEET_UID = 64999


def free_port(address="127.0.0.1"):
    with socket.socket() as probe:
        probe.bind((address, 0))
        return probe.getsockname()[1]


def make_key(path, kind="ed25519", passphrase="", options=()):
    command = ["ssh-keygen", "-q", "-t", kind, "-N", passphrase, "-C", "test", "-f", path, *options]
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL)
    return path


def certify(authority, key, principals, validity="always:forever"):
    """Signs KEY.pub; the certificate is KEY-cert.pub."""
    command = ["ssh-keygen", "-q", "-s", authority, "-I", "test", "-n", principals, "-V", validity, key + ".pub"]
    subprocess.run(command, check=True, capture_output=True)


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def write(path, text):
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


def _can_make_namespaces():
    return subprocess.run(["unshare", "-m", "true"], capture_output=True, check=False).returncode == 0


class Account:
    """Whom the servers log in: whoever runs this. As root, a user without privileges whom the servers
    alone know; OpenSSH refuses to signal root's commands."""

    def __init__(self, folder):
        self.name = pwd.getpwuid(os.getuid()).pw_name
        self.wrap = []
        self._hash = "*"  # of no password
        if os.getuid() == 0:
            self.name = "fleet"
            self._make_user(folder)

    def _make_user(self, folder):
        passwd = os.path.join(folder, "passwd")
        home = os.path.join(folder, "home")
        os.mkdir(home, 0o755)
        os.chown(home, FLEET_UID, FLEET_UID)
        self._passwd, self._home = passwd, home
        self.set_shell("/bin/sh")
        os.chmod(folder, 0o755)
        script = f'mount --bind {passwd} /etc/passwd && exec "$@"'
        self.wrap = ["unshare", "-m", "sh", "-c", script, "sh"]
        if not _can_make_namespaces():  # in most containers
            self.wrap = ["env", "LD_PRELOAD=libnss_wrapper.so", f"NSS_WRAPPER_PASSWD={passwd}",
                         "NSS_WRAPPER_GROUP=/etc/group"]

    def set_shell(self, shell):
        """The login shell, of root's made-up user only; the file's inode stays, as it is mounted."""
        self._shell = shell
        if self.wrap or os.getuid() == 0:
            line = f"fleet:{self._hash}:{FLEET_UID}:{FLEET_UID}::{self._home}:{shell}\n"
            write(self._passwd, read("/etc/passwd") + line)

    def set_password(self, password):
        """With which sshd without PAM logs in root's made-up user, too, who is in no shadow(5). "": he needs none."""
        hashed = subprocess.run(["openssl", "passwd", "-6", "-stdin"], input=password, text=True,
                                capture_output=True, check=True)
        self._hash = hashed.stdout.strip() if password else ""
        self.set_shell(self._shell)

    def can_mount(self):
        return self.wrap[:1] == ["unshare"]

    def mounting(self, files):
        """The same account, for a server that sees files over others: {path: file}."""
        script = "set -e; " + "".join(f"mount --bind {file} {path}; " for path, file in files.items())
        return self._wrapped("sh", "-c", script + 'exec "$@"', "sh")

    def with_env(self, **env):
        return self._wrapped("env", *(f"{name}={value}" for name, value in env.items()))

    def _wrapped(self, *words):
        other = copy.copy(self)
        other.wrap = [*self.wrap, *words]
        return other


class Sshd:
    """A server. Ends with stop(); use it in a `with` statement."""

    def __init__(self, folder, account, address="0.0.0.0", port=None, config=(), host_key=None):
        self.folder = folder
        self.address = address
        self.port = port or free_port()
        self.host_key = host_key or make_key(os.path.join(folder, f"host_key_{self.port}_{address}"))
        self.config = os.path.join(folder, f"sshd_config_{self.port}_{address}")
        self.log = os.path.join(folder, f"sshd_{self.port}_{address}.log")
        self._write_config(config)
        if os.getuid() == 0:
            os.makedirs("/run/sshd", 0o755, exist_ok=True)
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                [*account.wrap, "/usr/sbin/sshd", "-D", "-e", "-f", self.config],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        self._wait()

    def _write_config(self, config):
        # The first value that is given for an option counts: sshd_config(5). Of MaxStartups,
        # which it does not say, the last (servconf.c).
        startups = [] if any("MaxStartups" in line for line in config) else ["MaxStartups 1000"]
        write(self.config, "\n".join([
            *config,
            f"ListenAddress {self.address}:{self.port}",
            f"HostKey {self.host_key}",
            f"AuthorizedKeysFile {self.folder}/authorized_keys",
            "PidFile none", "StrictModes no", "UsePAM no", *startups,
            "PasswordAuthentication no", "KbdInteractiveAuthentication no",
            "PrintMotd no", "PrintLastLog no", "LogLevel ERROR", "UseDNS no",
            "PermitRootLogin yes", ""]))

    def _wait(self):
        reach = "127.0.0.1" if self.address == "0.0.0.0" else self.address
        for _ in range(1000):
            try:
                with socket.create_connection((reach, self.port), 5) as connection:
                    if connection.recv(4) == b"SSH-":
                        return
            except OSError:
                pass
            if self.process.poll() is not None:
                break
            time.sleep(0.01)
        raise RuntimeError("sshd does not answer: " + read(self.log))

    def known_hosts_line(self, pattern):
        name = f"[{pattern}]:{self.port}" if self.port != 22 else pattern
        return f"{name} {' '.join(read(self.host_key + '.pub').split()[:2])}\n"

    def stop(self):
        self.process.terminate()
        self.process.wait()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()


class Fleet:
    """Servers that share an account and a client key, in a folder of their own."""

    def __init__(self, folder=None, keep=False):
        self.folder = folder or tempfile.mkdtemp(prefix="fleet.")
        self._keep = keep
        self.account = Account(self.folder)
        self.user = self.account.name
        self.key = make_key(os.path.join(self.folder, "client_key"))
        self.known_hosts = os.path.join(self.folder, "known_hosts")
        write(self.known_hosts, "")
        shutil.copy(self.key + ".pub", os.path.join(self.folder, "authorized_keys"))
        self.servers = []

    def start(self, address="0.0.0.0", port=None, config=(), trusted=True, host_key=None, account=None):
        server = Sshd(self.folder, account or self.account, address, port, config, host_key)
        self.servers.append(server)
        if trusted:
            self.trust(server)
        return server

    def trust(self, server):
        pattern = "127.*" if server.address == "0.0.0.0" else server.address
        with open(self.known_hosts, "a", encoding="utf-8") as file:
            file.write(server.known_hosts_line(pattern))

    def stop(self):
        for server in self.servers:
            server.stop()
        if not self._keep:
            shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()


def _write_inventory(fleet):
    lines = ["[nodes]"]
    for number, server in enumerate(fleet.servers, 1):
        lines.append(f"node{number} ansible_host={server.address} ansible_port={server.port} "
                     f"ansible_user={fleet.user}")
    write(os.path.join(fleet.folder, "inventory.ini"), "\n".join(lines) + "\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--servers", type=int, default=3)
    parser.add_argument("--sshd-option", action="append", default=[])
    parser.add_argument("folder")
    arguments = parser.parse_args()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda *_: sys.exit(0))
    os.makedirs(arguments.folder, exist_ok=True)
    with Fleet(os.path.abspath(arguments.folder), keep=True) as fleet:
        port = free_port()
        for number in range(1, arguments.servers + 1):
            fleet.start(f"127.0.1.{number}", port, arguments.sshd_option)
        _write_inventory(fleet)
        print(f"ready: {arguments.servers} servers, port {port}, user {fleet.user}", flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    main()
