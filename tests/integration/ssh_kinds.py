"""Hosts of ten kinds, as an ssh_config file has them, on real servers."""

import os
import subprocess

from fleet import free_port, make_key, read, write
from relay import RELAY

EACH = 20  # hosts of a block

# What sets a block's hosts apart; {...} is filled in.
BLOCKS = {
    "plain": "Port {port}\n IdentityFile {key}",
    "other-port": "Port {other_port}\n IdentityFile {other_key}\n IdentitiesOnly yes",
    "jump": "Port {port}\n IdentityFile {key}\n ProxyJump gate",
    "chain": "Port {port}\n IdentityFile {key}\n ProxyJump gate,gate2",
    "alias": "Port {port}\n IdentityFile {key}\n HostKeyAlias blade\n UserKnownHostsFile {aliases}",
    "new": "Port {port}\n IdentityFile {key}\n UserKnownHostsFile {new}\n"
           " StrictHostKeyChecking accept-new\n HashKnownHosts yes",
    "agent": "Port {port}\n IdentityAgent {agent}\n IdentityFile none",
    "slow": "Port {port}\n IdentityFile {key}\n ConnectTimeout 90\n PasswordAuthentication no\n"
            " KbdInteractiveAuthentication no",
    "tokens": "Port {port}\n IdentityFile {folder}/%h.key",
    "prefers": "Port {other_port}\n IdentityFile {other_key}\n"
               " PreferredAuthentications publickey",
}
# By way of a process.
PROXIED = {
    "proxy": "Port {port}\n IdentityFile {key}\n ProxyCommand {relay} '%h' %p",
    "ssh-w": "Port {port}\n IdentityFile {key}\n"
             " ProxyCommand ssh -F {folder}/gate_config -W %h:%p gate",
    "behind-proxy": "Port {port}\n IdentityFile {key}\n ProxyJump proxied-gate",
}
ALL = {**BLOCKS, **PROXIED}


def address(block, number):
    return f"127.0.{20 + list(ALL).index(block)}.{number}"


class Kinds:
    """Servers on all of 127.0.0.0/8, by two ports and two keys, and two to jump from. Ends with stop()."""

    def __init__(self, fleet):
        folder = fleet.folder
        self.fleet = fleet
        other_key = make_key(os.path.join(folder, "other_key"))
        server = fleet.start()
        os.link(other_key + ".pub", os.path.join(folder, "other_authorized_keys"))
        other = fleet.start(port=free_port(),
                            config=[f"AuthorizedKeysFile {folder}/other_authorized_keys"])
        self.gates = [fleet.start(f"127.0.9.{number}", config=["LogLevel VERBOSE"])
                      for number in (1, 2)]
        self.values = {"folder": folder, "port": server.port, "other_port": other.port,
                       "key": fleet.key, "other_key": other_key,
                       "aliases": os.path.join(folder, "aliases"), "new": os.path.join(folder, "new"),
                       "agent": os.path.join(folder, "agent"), "relay": RELAY}
        write(self.values["aliases"],
              "blade " + " ".join(read(server.host_key + ".pub").split()[:2]) + "\n")
        for number in range(1, EACH + 1):
            os.link(fleet.key, os.path.join(folder, f"{address('tokens', number)}.key"))
        gate = self.gates[0]
        write(os.path.join(folder, "gate_config"),
              f"Host gate\n HostName {gate.address}\n Port {gate.port}\n User {fleet.user}\n"
              f" IdentityFile {fleet.key}\n UserKnownHostsFile {fleet.known_hosts}\n")
        self._agent = self._start_agent()

    def _start_agent(self):
        path = self.values["agent"]
        process = subprocess.Popen(["ssh-agent", "-D", "-a", path], stdout=subprocess.DEVNULL)
        while not os.path.exists(path):
            assert process.poll() is None
        subprocess.run(["ssh-add", "-q", self.fleet.key], check=True,
                       env={**os.environ, "SSH_AUTH_SOCK": path})
        return process

    def stop(self):
        self._agent.terminate()
        self._agent.wait()

    def text(self, first=""):
        """A file: what is to be first, then each host and block, then what holds for all."""
        lines = [first]
        for block, text in ALL.items():
            for number in range(1, EACH + 1):
                lines.append(f"Host {block}{number}\n HostName {address(block, number)}")
            lines.append(f"Host {block}*\n {text.format(**self.values)}")
        return "\n".join([*lines, *self._gates(), self._rest()])

    def _gates(self):
        proxied = self.gates[1]
        lines = [f"Host proxied-gate\n HostName {proxied.address}\n Port {proxied.port}\n"
                 f" IdentityFile {self.fleet.key}\n ProxyCommand {RELAY} %h %p"]
        return lines + [f"Host gate{number or ''}\n HostName {gate.address}\n Port {gate.port}\n"
                f" IdentityFile {self.fleet.key}" for number, gate in zip((0, 2), self.gates)]

    def _rest(self):
        return (f"Host *\n User {self.fleet.user}\n UserKnownHostsFile {self.fleet.known_hosts}\n"
                " GlobalKnownHostsFile none\n IdentityAgent none\n SendEnv LANG LC_*\n"
                " ConnectTimeout 100\n")  # on a machine that does other things
