"""SSH servers of other makers, on loopback and free ports.

Each lets in by one way (logins.py), which it is started for: "keys" (those of authorized_keys), "token" (a FIDO key
there), "certificate" (of an authority there), "password", "interactive" (keyboard-interactive with the password),
"code" (the same with the password and a code), "open" (by the user's name alone), "several" (a key, then the password),
"steps" (the password, then keyboard-interactive with the code). Programs of ours (servers/) are told it as an argument,
and password and code as $LOGIN_PASSWORD and $LOGIN_CODE; they end with HAS_NONE where their library cannot.
"""

import copy
import os
import shutil
import socket
import subprocess
import time

HERE = os.path.dirname(os.path.abspath(__file__))
PROGRAMS = os.path.join(HERE, "servers")
BUILD_SECONDS = 600
HAS_NONE = 3  # an exit code


class Missing(Exception):
    """The server cannot be had here; says why."""


class Lacks(Exception):
    """The server has no such way of logging in, or not here; says so."""

    def __init__(self, why="has none"):
        super().__init__(why)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _need(program):
    path = shutil.which(program) or shutil.which(program, path="/usr/sbin:/sbin")
    if path is None:
        raise Missing(f"{program} is not installed")
    return path


class Place:
    """Where servers live: keys, files, and builds. Shared by all."""

    def __init__(self, folder, fleet):
        self.folder, self.fleet = folder, fleet
        self.key = fleet.key
        self.files = {}
        # Servers that have no accounts log in whoever has this key, and run commands as who runs this.
        self.authorized_keys = os.path.join(fleet.folder, "authorized_keys")
        self.way, self.password, self.code = "keys", None, None

    def by(self, way, authorized_keys, password, code):
        """The same place, for servers that let in by another way."""
        other = copy.copy(self)
        other.way, other.authorized_keys, other.password, other.code = way, authorized_keys, password, code
        return other

    def secrets(self):
        """As programs of ours are told them."""
        return {"LOGIN_PASSWORD": self.password, "LOGIN_CODE": self.code} if self.password else {}

    def takes(self, *ways):
        if self.way not in ways:
            raise Lacks()

    def file(self, size):
        path = os.path.join(self.fleet.folder, f"file.{size}")
        if not os.path.exists(path):
            with open(path, "wb") as file:
                file.write(b"".join(b"line %010d of a file\n" % i for i in range(size // 27 + 1))[:size])
            os.chmod(path, 0o644)
        return path

    def sub(self, name):
        path = os.path.join(self.folder, name)
        os.makedirs(path, exist_ok=True)
        return path


class Server:
    """A process that answers with an SSH banner on a port."""

    def __init__(self, place, command, port, user="muster", env=None, keys=None):
        self.place, self.port, self.user = place, port, user
        self.keys = keys or [place.key]
        self.log = os.path.join(place.folder, f"server.{port}.log")
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
                env={**os.environ, **place.secrets(), **(env or {})})
        self._wait()

    def file(self, size):
        return self.place.file(size)

    def _wait(self):
        for _ in range(600):
            try:
                with socket.create_connection(("127.0.0.1", self.port), 5) as connection:
                    connection.settimeout(5)
                    if connection.recv(4) == b"SSH-":
                        return
            except OSError:
                pass
            if self.process.poll() is not None:
                break
            time.sleep(0.05)
        if self.process.poll() == HAS_NONE:
            raise Lacks()
        with open(self.log, errors="replace") as log:
            text = log.read()[-500:]
        self.stop()
        raise Missing(f"it does not answer: {text}")

    def stop(self):
        if self.process.poll() is None:
            self.process.terminate()
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()


def _run(command, cwd=None, env=None):
    try:
        result = subprocess.run(command, cwd=cwd, env={**os.environ, **(env or {})}, capture_output=True,
                                text=True, timeout=BUILD_SECONDS, check=False, stdin=subprocess.DEVNULL)
    except subprocess.TimeoutExpired as error:
        raise Missing(f"{' '.join(command[:3])}: not done after {BUILD_SECONDS} s") from error
    if result.returncode != 0:
        raise Missing(f"{' '.join(command[:3])}: {(result.stderr or result.stdout)[-300:]}")
    return result


def _trust_at_home(place):
    """For servers that read ~/.ssh/authorized_keys: of the fleet's user, whom only its servers know."""
    if os.getuid() != 0:
        raise Missing("it reads keys from the home of the user, which a test leaves alone")
    home = os.path.join(place.fleet.folder, "home")
    ssh = os.path.join(home, ".ssh")
    os.makedirs(ssh, mode=0o700, exist_ok=True)
    shutil.copy(place.authorized_keys, os.path.join(ssh, "authorized_keys"))
    uid = os.stat(home).st_uid
    for path in (ssh, os.path.join(ssh, "authorized_keys")):
        os.chown(path, uid, uid)


# "-s": no passwords; "-t": a key and the password; "-B": a user without a password needs none.
DROPBEAR = {"keys": ["-s"], "token": ["-s"], "password": [], "open": ["-B"], "several": ["-t"]}


def dropbear(place):
    _need("dropbear")
    place.takes(*DROPBEAR)
    _trust_at_home(place)
    if place.password:
        place.fleet.account.set_password("" if place.way == "open" else place.password)
    folder = place.sub("dropbear")
    key = os.path.join(folder, "host_key")
    if not os.path.exists(key):
        _run(["dropbearkey", "-t", "ed25519", "-f", key])
    port = free_port()
    return Server(place, [*place.fleet.account.wrap, "dropbear", "-F", "-E", *DROPBEAR[place.way], "-r", key,
                          "-p", f"127.0.0.1:{port}", "-P", os.path.join(folder, "pid")],
                  port, place.fleet.user)


def tinyssh(place):
    _need("tinysshd")
    place.takes("keys")
    _trust_at_home(place)
    folder = os.path.join(place.sub("tinyssh"), "keys")
    if not os.path.exists(folder):
        _run(["tinysshd-makekey", folder])
    port = free_port()
    return Server(place, [*place.fleet.account.wrap, _need("tcpserver"), "-HRDl0", "-c", "200",
                          "127.0.0.1", str(port), _need("tinysshd"), "-v", folder],
                  port, place.fleet.user)


def libssh_sample(place):
    """libssh's own example of a server, from its documentation package."""
    source = "/usr/share/doc/libssh-dev/examples/ssh_server.c"
    if not os.path.exists(source):
        raise Missing("the package libssh-doc is not installed")
    place.takes("keys", "password")
    folder = place.sub("libssh")
    program = os.path.join(folder, "ssh_server")
    if not os.path.exists(program):
        local = os.path.join(folder, "ssh_server.c")
        shutil.copy(source, local)
        config = os.path.join(folder, "config.h")
        with open(config, "w", encoding="ascii") as file:
            file.write('#define HAVE_ARGP_H 1\n#define HAVE_PTY_H 1\n#define HAVE_UTMP_H 1\n')
        _run(["gcc", "-w", "-I", folder, "-o", program, local, "-lssh", "-lutil"])
    key = os.path.join(folder, "host_key")
    if not os.path.exists(key):
        _run(["ssh-keygen", "-q", "-t", "ed25519", "-m", "PEM", "-N", "", "-f", key])
    port = free_port()
    return Server(place, [program, "-p", str(port), "-k", key, "-a", place.authorized_keys,
                          "-u", "muster", "-P", place.password or "none", "127.0.0.1"], port)


def _python(place, program):
    port = free_port()
    return Server(place, ["/usr/bin/python3", os.path.join(PROGRAMS, program), str(port),
                          place.authorized_keys, place.way], port)


def asyncssh(place):
    return _python(place, "asyncssh_server.py")


def paramiko(place):
    return _python(place, "paramiko_server.py")


def conch(place):
    return _python(place, "conch_server.py")


def erlang(place):
    _need("escript")
    folder = place.sub("erlang")
    if not os.path.exists(os.path.join(folder, "ssh_host_ed25519_key")):
        _run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f",
              os.path.join(folder, "ssh_host_ed25519_key")])
        shutil.copy(place.authorized_keys, os.path.join(folder, "authorized_keys"))
    _run(["erlc", "-o", folder, os.path.join(PROGRAMS, "commands.erl")])
    port = free_port()
    return Server(place, ["escript", os.path.join(PROGRAMS, "erlang_server.escript"), str(port), folder,
                          place.way], port, env={"HOME": folder})


def _go(place, name):
    _need("go")
    folder = place.sub(f"go-{name}")
    program = os.path.join(folder, "server")
    if not os.path.exists(program):
        for file in ("go.mod", "go.sum"):
            path = os.path.join(PROGRAMS, "go", name, file)
            if os.path.exists(path):
                shutil.copy(path, folder)
        shutil.copy(os.path.join(PROGRAMS, "go", name, "main.go"), folder)
        _run(["go", "mod", "tidy"], folder)
        _run(["go", "build", "-o", program, "."], folder)
    port = free_port()
    return Server(place, [program, str(port), place.authorized_keys, place.way], port)


def go_crypto(place):
    return _go(place, "xcrypto")


def gliderlabs(place):
    return _go(place, "gliderlabs")


def wish(place):
    return _go(place, "wish")


def _node(place, name):
    _need("npm")
    folder = place.sub(f"node-{name}")
    for file in os.listdir(os.path.join(PROGRAMS, "node", name)):
        shutil.copy(os.path.join(PROGRAMS, "node", name, file), folder)
    if not os.path.exists(os.path.join(folder, "node_modules")):
        # Its native parts are optional, and take minutes.
        _run(["npm", "install", "--silent", "--no-audit", "--no-fund", "--ignore-scripts"], folder)
    port = free_port()
    return Server(place, ["node", os.path.join(folder, "server.js"), str(port), place.authorized_keys,
                          place.way], port)


def ssh2(place):
    return _node(place, "ssh2")


def mina(place):
    _need("mvn")
    folder = place.sub("mina")
    if not os.path.exists(os.path.join(folder, "target", "server.jar")):
        shutil.copytree(os.path.join(PROGRAMS, "java"), folder, dirs_exist_ok=True)
        _run(["mvn", "-q", "-B", "package"], folder)
    port = free_port()
    return Server(place, ["java", "-jar", os.path.join(folder, "target", "server.jar"), str(port),
                          place.authorized_keys, place.way], port)


# In the order in which they are tried: Debian's first.
SERVERS = {
    "Dropbear": dropbear,
    "TinySSH": tinyssh,
    "libssh's sample server": libssh_sample,
    "AsyncSSH": asyncssh,
    "Paramiko": paramiko,
    "Twisted Conch": conch,
    "Erlang/OTP ssh": erlang,
    "Go x/crypto/ssh": go_crypto,
    "Go gliderlabs/ssh": gliderlabs,
    "Go wish": wish,
    "Node.js ssh2": ssh2,
    "Apache MINA SSHD": mina,
}
