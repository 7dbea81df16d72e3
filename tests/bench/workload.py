"""What every tool is asked to do, and what it has to deliver."""

import os

import imports  # pylint: disable=unused-import
from fleet import write

LINE = "%07d one of the lines of a file"  # without the line end: 34 bytes
FILE_BYTES = 26 * 1024
# OpenSSH's own default of the key exchange since 9.0 is post-quantum, and costs it most of its CPU.
KEX = {"sntrup761x25519": "sntrup761x25519-sha512@openssh.com", "curve25519": "curve25519-sha256"}


def text_of(size):
    """Whole lines, as many as fit."""
    return "".join(LINE % i + "\n" for i in range(size // 35)).encode()


def addresses(count):
    """Any address of 127.0.0.0/8 is a host."""
    return [f"127.{i // 62500}.{1 + i // 250 % 250}.{1 + i % 250}" for i in range(count)]


class Workload:
    """One command on hosts that are addresses of one server (a Fleet with a server, or what looks
    like one: folder, user, key, known_hosts, port), and what each of them answers."""

    def __init__(self, server, hosts, fanout, command, text):
        self.server, self.fanout, self.command, self.text = server, fanout, command, text
        self.hosts = addresses(hosts)
        self.host_file = os.path.join(server.folder, f"hosts_{hosts}")
        write(self.host_file, "\n".join(self.hosts) + "\n")

    def of_hosts(self, count):
        return Workload(self.server, count, self.fanout, self.command, self.text)

    def ssh_config(self, kex, ciphers=""):
        """The path of a configuration for OpenSSH's ssh."""
        server = self.server
        path = os.path.join(server.folder, f"ssh_config_{kex}_{ciphers}")
        write(path, f"User {server.user}\nPort {server.port}\nIdentityFile {server.key}\n"
              f"IdentitiesOnly yes\nUserKnownHostsFile {server.known_hosts}\nLogLevel ERROR\n"
              f"StrictHostKeyChecking yes\nBatchMode yes\nKexAlgorithms {KEX[kex]}\n"
              + (f"Ciphers {ciphers}\n" if ciphers else ""))
        return path


class RealServer:
    """One OpenSSH server on all of 127.0.0.0/8."""

    def __init__(self, fleet):
        self.folder, self.user, self.key = fleet.folder, fleet.user, fleet.key
        self.known_hosts = fleet.known_hosts
        self.port = fleet.start().port

    def place(self, name, text):
        """Puts a file where its user can read it, and returns the command that shows it."""
        path = os.path.join(self.folder, name)
        with open(path, "wb") as file:
            file.write(text)
        os.chmod(path, 0o644)
        return f"cat {path}"


def cat_file(server, hosts, fanout, size=FILE_BYTES):
    text = text_of(size)
    return Workload(server, hosts, fanout, server.place(f"file_{size}", text), text)
