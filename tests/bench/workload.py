"""What every tool is asked to do, and what it has to deliver."""

import itertools
import os

import imports  # pylint: disable=unused-import
from fleet import write

try:
    import sim
except ImportError:
    sim = None

LINE = "%07d one of the file's lines\n"  # 32 bytes
FILE_BYTES = 26 * 1024
# OpenSSH's own default of the key exchange since 9.0 is post-quantum, and costs it most of its CPU.
KEX = {"sntrup761x25519": "sntrup761x25519-sha512@openssh.com", "curve25519": "curve25519-sha256"}


def lines_of(size):
    """So many bytes, a multiple of a line's."""
    return "".join(LINE % i for i in range(size // 32)).encode()


def addresses(count):
    """Any address of 127.0.0.0/8 is a host."""
    return [f"127.{i // 62500}.{1 + i // 250 % 250}.{1 + i % 250}" for i in range(count)]


class Workload:
    """One command on hosts that are addresses of one server: a RealServer, a SimFleet, or what has
    their folder, user, key, known_hosts and port. `text_of` says what a host has to answer."""

    _numbers = itertools.count()

    def __init__(self, server, hosts, fanout, command, text_of):
        self.server, self.hosts, self.fanout = server, hosts, fanout
        self.command, self.text_of = command, text_of
        self.host_file = os.path.join(server.folder, f"hosts_{next(self._numbers)}")
        write(self.host_file, "\n".join(hosts) + "\n")

    def on(self, hosts):
        """The same on other hosts."""
        return Workload(self.server, hosts, self.fanout, self.command, self.text_of)

    def complete(self, texts):
        """How many hosts' texts are the same byte for byte."""
        return sum(texts.get(host) == self.text_of(host) for host in self.hosts)

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
    """On so many hosts."""
    text = lines_of(size)
    return Workload(server, addresses(hosts), fanout, server.place(f"file_{size}", text),
                    lambda _: text)


def simulated_file(fleet, fanout):
    """As much on each of a SimFleet's hosts, which writes another text for each."""
    return Workload(fleet, fleet.addresses, fanout, f"out {FILE_BYTES}",
                    lambda host: sim.expected_output(host, FILE_BYTES))
