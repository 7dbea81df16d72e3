"""The simulated fleet against real clients: OpenSSH's ssh, and muster. Each behaviour once."""

import contextlib
import os
import socket
import subprocess
import sys
import threading
import time

import pytest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "integration"))
from programs import Daemon, Muster, SECONDS, environment  # pylint: disable=wrong-import-position
from sim import SimFleet, expected_output  # pylint: disable=wrong-import-position

GOOD = "127.1.0.200"
RULES = {
    "127.1.0.1": ("silent", "CONNECT_TIMEOUT"),
    "127.1.0.2": ("stall kexinit", "CONNECT_TIMEOUT"),
    "127.1.0.3": ("stall kex", "CONNECT_TIMEOUT"),
    "127.1.0.4": ("stall newkeys", "CONNECT_TIMEOUT"),
    "127.1.0.5": ("stall auth", "CONNECT_TIMEOUT"),
    "127.1.0.6": ("stall open", "CONNECT_TIMEOUT"),
    "127.1.0.7": ("stall exec", "OUTCOME_UNKNOWN"),
    "127.1.0.8": ("stall output", "COMMAND_TIMEOUT"),
    "127.1.0.9": ("reset kexinit", "UNREACHABLE"),
    "127.1.0.10": ("reset kex", "UNREACHABLE"),
    "127.1.0.11": ("reset newkeys", "UNREACHABLE"),
    "127.1.0.12": ("reset auth", "UNREACHABLE"),
    # sshd ends so where PAM or a chroot opens no session.
    "127.1.0.13": ("reset open", "AUTHENTICATION_FAILED"),
    "127.1.0.14": ("reset exec", "OUTCOME_UNKNOWN"),
    "127.1.0.15": ("reset output", "OUTCOME_UNKNOWN"),
    "127.1.0.16": ("garbage", "UNREACHABLE"),
    "127.1.0.17": ("endless-banner", "UNREACHABLE"),
    "127.1.0.18": ("refuse-auth", "AUTHENTICATION_FAILED"),
    "127.1.0.19": ("changed-key", "HOST_KEY_REJECTED"),
    "127.1.0.20": ("max-sessions 0", "UNREACHABLE"),
    "127.1.0.21": ("delay 20", "SUCCEEDED"),
    "127.1.0.22": ("rate 1000000", "SUCCEEDED"),
}
MORE_RULES = [
    "127.1.0.100 throttle 1:100:1",
    "127.1.0.101 max-sessions 1",
    "127.1.0.102 close-after 1",
    "127.1.0.103 die-after-commands 1",
    "127.1.0.104 delay 100",
    "127.1.0.105 rate 20000",
    "127.1.0.106 reset banner",
]


@pytest.fixture(scope="module", name="sim")
def sim_fixture():
    rules = [f"{address} {behaviour}" for address, (behaviour, _) in RULES.items()]
    with SimFleet(hosts=250, rules=rules + MORE_RULES) as sim:
        yield sim
        assert sim.process.poll() is None


@pytest.fixture(scope="module", name="muster")
def muster_fixture(sim):
    with Daemon() as daemon:
        yield Muster(daemon, sim)


def ssh_command(sim, *args, address=GOOD, key=None):
    return ["ssh", "-F", "none", "-p", str(sim.port), "-l", sim.user, "-i", key or sim.key,
            "-o", "IdentitiesOnly=yes", "-o", f"UserKnownHostsFile={sim.known_hosts}",
            "-o", "StrictHostKeyChecking=yes", "-o", "BatchMode=yes", *args[:-1], address,
            *args[-1:]]


def ssh(sim, *args, stdin=b"", **more):
    """`args`: options, and the command as the last."""
    return subprocess.run(ssh_command(sim, *args, **more), capture_output=True, input=stdin,
                          timeout=SECONDS, check=False, env=environment(sim.folder))


@contextlib.contextmanager
def killed_late(process):
    """Whoever waits for what the process does waits for SECONDS at most."""
    watch = threading.Timer(SECONDS, process.kill)
    watch.start()
    try:
        yield process
        assert watch.is_alive(), f"{process.args} was waited for in vain"
    finally:
        watch.cancel()


class Master:
    """An ssh that shares its connection with others, which have it in `control`."""

    def __init__(self, sim, address, *options):
        control = os.path.join(sim.folder, f"control-{address}")
        self.sim, self.address = sim, address
        self.control = ["-S", control]
        self.process = subprocess.Popen(
            ssh_command(sim, "-M", "-N", "-v", *self.control, *options, "none",
                        address=address)[:-1],
            stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, env=environment(sim.folder))
        with killed_late(self.process):
            for line in self.process.stderr:
                if b"Entering interactive session" in line:
                    break

    def run(self, command):
        return ssh(self.sim, *self.control, "-o", "ControlMaster=no", command,
                   address=self.address)

    def start(self, command):
        return subprocess.Popen(
            ssh_command(self.sim, *self.control, "-o", "ControlMaster=no", command,
                        address=self.address),
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, env=environment(self.sim.folder))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()  # a SIGTERM is lost where it comes just before ssh waits: clientloop.c
        self.process.communicate()
        with contextlib.suppress(FileNotFoundError):
            os.unlink(self.control[1])


@pytest.mark.parametrize("options", [
    ["-c", "aes128-gcm@openssh.com"],
    ["-c", "aes256-gcm@openssh.com"],
    ["-c", "aes128-ctr", "-m", "hmac-sha2-256"],
    ["-c", "aes128-ctr", "-m", "hmac-sha2-256-etm@openssh.com"],
], ids=lambda options: " ".join(options[1::2]))
def test_ssh_reads_every_byte(sim, options):
    result = ssh(sim, *options, "out 500000; err 1000; exit 3")
    assert result.returncode == 3, result.stderr
    assert result.stdout == expected_output(GOOD, 500000)
    assert result.stderr == expected_output(GOOD, 1000)


def test_ssh_commands(sim):
    assert ssh(sim, "hostname").stdout.decode() == GOOD + "\n"
    assert ssh(sim, "lines 1000").stdout == b"".join(b"%d\n" % n for n in range(1, 1001))
    assert ssh(sim, "drip 100 1 5; sleep 1; echo done").stdout == \
        expected_output(GOOD, 500) + b"done\n"
    unknown = ssh(sim, "frobnicate")
    assert (unknown.returncode, unknown.stderr) == (127, b"sim: frobnicate: command not found\n")
    for command in ("signal TERM", "close", "drop"):
        assert ssh(sim, command).returncode == 255


def test_keys_of_other_types_are_taken(sim, tmp_path):
    for kind in ("rsa", "ecdsa"):
        key = str(tmp_path / kind)
        subprocess.run(["ssh-keygen", "-q", "-t", kind, "-N", "", "-f", key], check=True)
        assert ssh(sim, "true", key=key).returncode == 0


def test_input_is_taken_and_thrown_away(sim):
    """More than the window that the server gives at first: ssh ends only if it is given more."""
    with Master(sim, GOOD) as master:
        process = subprocess.Popen(
            ssh_command(sim, *master.control, "-o", "ControlMaster=no", "hang"),
            stdin=subprocess.PIPE, env=environment(sim.folder))
        with killed_late(process), process:
            for _ in range(8):
                process.stdin.write(bytes(1024 * 1024))
            process.stdin.close()
            process.kill()


def test_client_may_exchange_keys_again(sim):
    """A window's worth of output is under way before the server sees that the client wants to."""
    result = ssh(sim, "-v", "-o", "RekeyLimit=100K", "out 20000000")
    assert result.stdout == expected_output(GOOD, 20000000)
    assert result.stderr.count(b"rekey out after") > 3


def test_commands_share_a_connection(sim):
    before = sim.stats()["connections"]
    with Master(sim, GOOD) as master:
        hung = master.start("out 64; hang")
        assert hung.stdout.readline() == expected_output(GOOD, 64)
        for number in range(3):
            assert master.run(f"exit {number}").returncode == number
        running = [master.start("out 100000") for _ in range(5)]
        for process in running:
            assert process.communicate()[0] == expected_output(GOOD, 100000)
        hung.kill()
        hung.wait(SECONDS)  # the master may hold its pipes for longer
    assert sim.stats()["connections"] == before + 1


def test_jumping_is_refused(sim):
    result = subprocess.run(ssh_command(sim, "-W", "127.1.0.1:22", GOOD)[:-1], check=False,
                            capture_output=True, stdin=subprocess.DEVNULL, timeout=SECONDS)
    assert result.returncode == 255
    assert b"administratively prohibited" in result.stderr


def test_max_sessions(sim):
    with Master(sim, "127.1.0.101") as master:
        hung = master.start("out 64; hang")
        hung.stdout.readline()
        assert b"Session open refused by peer" in master.run("true").stderr
        hung.kill()
        hung.wait(SECONDS)  # the master may hold its pipes for longer


def test_close_after(sim):
    with Master(sim, "127.1.0.102") as master:
        assert master.run("true").returncode == 0
        assert b"closed by" in master.process.communicate(timeout=SECONDS)[1]


def test_die_after_commands(sim):
    """The connection stays and says nothing: only ssh's own keep-alive ends it."""
    options = ["-o", "ServerAliveInterval=1", "-o", "ServerAliveCountMax=1"]
    with Master(sim, "127.1.0.103", *options) as master:
        assert master.run("exit 7").returncode == 7
        assert b"not responding" in master.process.communicate(timeout=SECONDS)[1]


def test_throttle_closes_before_the_banner(sim):
    with socket.create_connection(("127.1.0.100", sim.port), SECONDS) as first:
        assert first.recv(4) == b"SSH-"
        with socket.create_connection(("127.1.0.100", sim.port), SECONDS) as second:
            assert second.recv(4) == b""
    assert sim.stats()["throttled"] == 1


def test_reset_before_the_banner(sim):
    with pytest.raises(ConnectionResetError):
        with socket.create_connection(("127.1.0.106", sim.port), SECONDS) as peer:
            peer.recv(4)


def test_delay_and_rate_take_their_time(sim):
    """A lower bound: six round trips from version to exec, and a second of output."""
    for address, command, seconds in (("127.1.0.104", "true", 0.6), ("127.1.0.105", "out 21000", 1)):
        start = time.monotonic()
        assert ssh(sim, command, address=address).returncode == 0
        assert time.monotonic() - start >= seconds


def test_every_behaviour_has_its_outcome(muster):
    code, outcomes = muster.outcomes(
        ",".join([*RULES, GOOD]), "out 26624",
        options=["--connect-timeout", "8s", "--command-timeout", "8s"])
    assert code == 5
    states = {host: outcome["state"] for host, outcome in outcomes.items()}
    expected = {host: "HOST_STATE_" + state for host, (_, state) in RULES.items()}
    assert states == {**expected, GOOD: "HOST_STATE_SUCCEEDED"}


def test_muster_sees_how_commands_end(muster):
    def outcome(command):
        return muster.outcomes(GOOD, command)[1][GOOD]

    assert outcome("exit 9")["exitCode"] == 9
    assert outcome("signal KILL")["signal"] == "KILL"
    assert outcome("close")["state"] == "HOST_STATE_OUTCOME_UNKNOWN"
    assert outcome("drop")["state"] == "HOST_STATE_OUTCOME_UNKNOWN"


def test_thousand_hosts_are_byte_exact(tmp_path):
    """Each with a key of its own, on two threads that check signatures."""
    args = ["--host-keys", "each", "--threads", "2", "--verify"]
    with SimFleet(hosts=1000, args=args, folder=str(tmp_path)) as sim, Daemon() as daemon:
        assert len(set(open(sim.known_hosts, encoding="ascii").read().split()[2::3])) == 1000
        muster = Muster(daemon, sim)
        result = muster.run(",".join(sim.addresses), "out 26624")
        assert result.code == 0, result.err
        stats = sim.stats()
    lines = {}
    for line in result.out.splitlines(True):
        host, _, text = line.partition(b": ")
        lines.setdefault(host.decode(), []).append(text)
    assert all(b"".join(lines[host]) == expected_output(host, 26624) for host in sim.addresses)
    assert stats["connections"] == stats["handshakes"] == stats["logins"] == 1000
    assert stats["output_bytes"] == 1000 * 26624


def test_wrong_use_is_said():
    for args in (["--rule", "127.1.0.1 lazy"], ["--addresses", "many"], []):
        result = subprocess.run([os.environ["SIM_FLEET"], *args], capture_output=True, check=False,
                                stdin=subprocess.DEVNULL)
        assert result.returncode == 2
        assert result.stderr
