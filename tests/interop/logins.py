"""Tries each way of logging in on servers of many makers, and prints what came of it as a table.

    logins.py [--only TEXT] [--markdown FILE]

TEXT is a part of "SERVER: WAY". In each cell `muster run` has to succeed with what is right, by that way; with what is
wrong it has to end as a login that was refused, which names the server's methods; and no secret may be found in what it
and its daemon write.
"""

import argparse
import contextlib
import functools
import os
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "integration"))

import kerberos
import servers
from credentials import Lab
from fleet import Fleet, read
from leaks import files_with
from openssh_logins import OpenSsh
from programs import Daemon, Muster
from report import Report, transposed

ADDRESS = "127.0.0.1"
SUCCEEDED, REFUSED = "HOST_STATE_SUCCEEDED", "HOST_STATE_AUTHENTICATION_FAILED"


class Attempt:
    """One run of `muster`: how it ended, and all that it wrote."""

    def __init__(self, daemon, server, login):
        muster = Muster(daemon, **login.env)
        with tempfile.TemporaryDirectory() as folder:
            muster.login = ["-u", server.user, "-p", str(server.port), "--host-key-policy", "accept-new",
                            "--known-hosts", os.path.join(folder, "known_hosts"), "--connect-timeout", "30s"]
            result = muster.run(ADDRESS, "echo in", options=["--json", *login.options])
        self.written = result.text + result.err
        ends = [event["hostFinished"]["outcome"] for event in result.json() if "hostFinished" in event]
        self.state = ends[0]["state"] if ends else f"exit code {result.code}: {result.err}"
        self.message = ends[0].get("message", "") if ends else ""

    def __str__(self):
        return f"{self.state}: {self.message}"


def leaks(daemon, written, canaries):
    """Where one of the secrets is found."""
    for name, canary in canaries.items():
        if files_with(canary, daemon.folder):
            return f"WRONG: {name} is in {files_with(canary, daemon.folder)}"
        if canary in written:
            return f"WRONG: {name} is in what muster wrote"
    return None


def check_success(attempt, server, way):
    if attempt.state != SUCCEEDED:
        return f"WRONG: with what is right: {attempt}"
    if isinstance(server, OpenSsh) and not all(words in read(server.log) for words in way.logged):
        return f"WRONG: sshd's log does not have {', '.join(way.logged)}"
    return None


def check_refusal(attempt, way):
    if attempt.state != REFUSED:
        return f"WRONG: with what is wrong: {attempt}"
    if way.accepts not in attempt.message.partition("It accepts: ")[2]:
        return f"WRONG: a refusal that does not name {way.accepts}: {attempt.message}"
    return None


def try_way(lab, daemon, start, way):
    """For a cell: "yes", or what is WRONG."""
    with start(lab.place(way.setup)) as server:
        right = Attempt(daemon, server, way.right)
        fault = check_success(right, server, way)
    with start(lab.place(way.refusing or way.setup)) as server:
        wrong = Attempt(daemon, server, way.wrong)
        fault = fault or check_refusal(wrong, way)
    return fault or leaks(daemon, right.written + wrong.written, lab.canaries) or "yes"


def try_server(report, lab, daemon, name, start):
    row = {}
    for way in lab.ways:
        if report.only not in f"{name}: {way.name}":
            continue
        try:
            row[way.name] = try_way(lab, daemon, start, way)
        except servers.Lacks as lacks:
            row[way.name] = str(lacks)
        except servers.Missing as missing:
            report.skip(name, missing)
            return
        except subprocess.TimeoutExpired:
            row[way.name] = "WRONG: muster does not end"
    if row:
        report.add(name, row)


@contextlib.contextmanager
def realm_for(fleet):
    if os.getuid() != 0 or not kerberos.is_here():
        yield None
        return
    folder = os.path.join(fleet.folder, "realm")  # whose configuration the user can read, too
    os.mkdir(folder, 0o755)
    with kerberos.Realm(folder, fleet.user, [ADDRESS]) as realm:
        yield realm


def without_kerberos(starts):
    """Some of these servers could do it, with more than is installed."""
    def start(place, start_one):
        if place.way == "kerberos":
            raise servers.Lacks("not tried")
        return start_one(place)
    return {name: functools.partial(start, start_one=start_one) for name, start_one in starts.items()}


def try_all(arguments, folder, fleet):
    report = Report(arguments.only)
    report.begin("Logins")
    with realm_for(fleet) as realm:
        env = {"KRB5_CONFIG": realm.config} if realm else {}
        starts = {"OpenSSH": lambda place: OpenSsh(place, realm), **without_kerberos(servers.SERVERS)}
        os.mkdir(os.path.join(folder, "daemon"))
        with Lab(folder, fleet, realm) as lab:
            with Daemon(os.path.join(folder, "daemon"), args=["--log-level", "debug"], env=env) as daemon:
                for name, start in starts.items():
                    try_server(report, lab, daemon, name, start)
                assert daemon.process.poll() is None, daemon.messages()
            fault = leaks(daemon, "", lab.canaries)  # what it has written at its end
            report.wrong += [fault] if fault else []
    return report


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", default="", help='cells whose name has this; a name is "SERVER: WAY"')
    parser.add_argument("--markdown", help="where to write the table")
    arguments = parser.parse_args()
    # TinySSH takes no keys from below a folder that everybody may write.
    home = "/run" if os.getuid() == 0 else None
    with tempfile.TemporaryDirectory(prefix="logins.", dir=home) as folder, \
            Fleet(tempfile.mkdtemp(prefix="fleet.", dir=home)) as fleet:
        report = try_all(arguments, folder, fleet)
    print(report.tables_text(transposed))
    report.write(arguments.markdown, transposed)
    sys.exit(1 if report.wrong else 0)


if __name__ == "__main__":
    main()
