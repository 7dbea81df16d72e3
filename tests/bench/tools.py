"""The tools, how each is called, and where its output is found."""

import collections
import contextlib
import json
import os
import re
import shutil
import signal

import imports
import install
from fleet import read
from measure import Call, run
from programs import Daemon, MUSTER, environment

# What a call is made from: a Workload, an empty folder, and a Daemon or None.
Setting = collections.namedtuple("Setting", "workload folder daemon")
CLIENTS = os.path.join(imports.HERE, "clients")


def by_prefix(_, output):
    """Each host's output, from lines that begin with its name."""
    texts = collections.defaultdict(list)
    with open(output, "rb") as lines:
        for line in lines:
            host, _, text = line.partition(b": ")
            texts[host.decode(errors="replace")].append(text)
    return {host: b"".join(lines) for host, lines in texts.items()}


def by_file(folder, _):
    texts = {}
    for host in os.listdir(folder):
        with open(os.path.join(folder, host), "rb") as file:
            texts[host] = file.read()
    return texts


def by_tree(folder, _):
    """As Ansible's --tree writes it."""
    return {host: json.loads(read(os.path.join(folder, host))).get("stdout", "").encode()
            for host in os.listdir(folder)}


@contextlib.contextmanager
def no_daemon(_):
    yield None


class Tool:
    """A way to run a workload. `call` makes a Call of a Setting; `missing` says why it cannot be
    measured here."""

    def __init__(self, name, call, missing="", collect=by_prefix, daemon=no_daemon):
        self.name, self.call, self.missing = name, call, missing
        self.collect, self.daemon = collect, daemon


# Muster.

def muster_call(setting, *options):
    workload = setting.workload
    server = workload.server
    argv = [MUSTER, "run", "-q", "-u", server.user, "-p", str(server.port), "-i", server.key,
            "--known-hosts", server.known_hosts, "-f", str(workload.fanout), *options, "-t",
            ",".join(workload.hosts), "--", workload.command]
    return Call(argv, environment(setting.folder, MUSTER_SERVER=setting.daemon.address), b"")


@contextlib.contextmanager
def fresh_daemon():
    """Killed at the end: how it takes its leave is no part of any measurement."""
    daemon = Daemon(args=["--log-level", "warn"])
    try:
        yield daemon
    finally:
        daemon.stop(signal.SIGKILL)


def cold_daemon(_):
    return fresh_daemon()


class NotWarm(RuntimeError):
    """The daemon has made new sessions though it had just used these hosts."""


@contextlib.contextmanager
def warm_daemon(workload):
    with fresh_daemon() as daemon:
        setting = Setting(workload, daemon.folder, daemon)
        output = os.path.join(daemon.folder, "output")
        for _ in range(2):
            run(muster_call(setting, "--json"), output)
        if read(output).count('"warmSession":true') < len(workload.hosts):
            raise NotWarm("musterd kept no session of some host")
        yield daemon


def muster():
    return [Tool("muster, cold", muster_call, daemon=cold_daemon),
            Tool("muster, warm", muster_call, daemon=warm_daemon)]


# Libraries, as small programs.

def _library_call(program):
    def call(setting):
        workload = setting.workload
        server = workload.server
        argv = [*program, server.user, str(server.port), server.key, server.known_hosts,
                str(workload.fanout), workload.command]
        return Call(argv, environment(setting.folder), "\n".join(workload.hosts).encode())
    return call


def _python(name, module, package, script, variant):
    python, missing = install.python_with(module, package)
    return Tool(name, _library_call([python, os.path.join(CLIENTS, script), variant]), missing)


def parallel_ssh(name, variant):
    return _python(name, "pssh.clients", "parallel-ssh", "parallel_ssh_run.py", variant)


def go():
    binary, missing = install.go_program()
    return Tool("Go x/crypto/ssh", _library_call([binary]), missing)


def libraries():
    return [go(),
            parallel_ssh("parallel-ssh, ssh2", "ssh2"),
            parallel_ssh("parallel-ssh, libssh", "libssh"),
            _python("paramiko, threads", "paramiko", "paramiko", "paramiko_run.py", "threads"),
            _python("paramiko, gevent", "paramiko, gevent", "gevent", "paramiko_run.py", "gevent"),
            _python("asyncssh", "asyncssh", "asyncssh", "asyncssh_run.py", "-")]


# Programs that start an ssh for each host.

def _pdsh_call(setting, config):
    workload = setting.workload
    argv = ["pdsh", "-R", "ssh", "-l", workload.server.user, "-f", str(workload.fanout), "-w",
            "^" + workload.host_file, workload.command]
    ssh = f"-a -x -F {config} -l%u %h"
    return Call(argv, environment(setting.folder, PDSH_SSH_ARGS=ssh), b"")


def _pssh_call(setting, config):
    workload = setting.workload
    argv = ["parallel-ssh", "-h", workload.host_file, "-p", str(workload.fanout), "-t", "0", "-x",
            f"-F {config}", "-o", setting.folder, workload.command]
    return Call(argv, environment("/nonexistent"), b"")


def _clush_call(setting, config):
    workload = setting.workload
    argv = ["clush", "--hostfile", workload.host_file, "-f", str(workload.fanout), "-o",
            f"-F {config}", workload.command]
    return Call(argv, environment(setting.folder), b"")


def _ansible_call(setting, config):
    workload = setting.workload
    home = os.path.join(workload.server.folder, "ansible")
    argv = ["ansible", "all", "-i", workload.host_file, "-f", str(workload.fanout), "-m", "raw", "-a",
            workload.command, "--tree", setting.folder]
    # Its default, ControlPersist, would leave processes behind that nobody could count.
    env = environment(home, ANSIBLE_SSH_ARGS=f"-F {config} -o ControlMaster=no",
                      ANSIBLE_SSH_USETTY="False", ANSIBLE_NOCOWS="1",
                      ANSIBLE_REMOTE_USER=workload.server.user,
                      ANSIBLE_REMOTE_PORT=str(workload.server.port))
    return Call(argv, env, b"")


def _with_kex(name, program, package, kex, call, collect):
    def configured(setting):
        return call(setting, setting.workload.ssh_config(kex))
    return Tool(name, configured, install.debian_program(program, package)[1], collect)


PROGRAMS = {"pdsh": ("pdsh", "pdsh", _pdsh_call, by_prefix),
            "pssh": ("parallel-ssh", "pssh", _pssh_call, by_file),
            "clush": ("clush", "clustershell", _clush_call, by_prefix),
            "ansible raw": ("ansible", "ansible-core", _ansible_call, by_tree)}


def program(name, kex="sntrup761x25519", label=None):
    executable, package, call, collect = PROGRAMS[name]
    return _with_kex(label or f"{name}, {kex}", executable, package, kex, call, collect)


def programs():
    return [program(name, kex) for name in PROGRAMS for kex in ("curve25519", "sntrup761x25519")]


def selected(every, names):
    """Those with one of the names in theirs; all where none is given."""
    return [tool for tool in every if not names or any(name in tool.name for name in names)]
