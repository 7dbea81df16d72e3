"""Tries musterd on servers of many makers and settings, and writes what came of it as a table.

    interop.py [--only TEXT] [--markdown FILE]
"""

import argparse
import os
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
sys.path.insert(0, os.path.join(ROOT, "tests", "integration"))

import openssh
import servers
from report import Report
from fleet import Fleet, make_key
from programs import Daemon


def generate_stubs(folder):
    subprocess.run([os.path.join(ROOT, "client/examples/python/generate.sh"), folder], check=True)
    sys.path.insert(0, folder)


class OpenSsh:
    """A server of the fleet, as the cases want it."""

    def __init__(self, place, fleet, change):
        self.place = place
        config = list(change.get("config", []))
        self.keys = [place.key]
        if "key" in change:
            kind, options = change["key"]
            key = os.path.join(fleet.folder, f"client_{kind}_{options[-1]}")
            if not os.path.exists(key):
                make_key(key, kind, options=options)
                with open(key + ".pub", encoding="utf-8") as public, \
                     open(os.path.join(fleet.folder, "authorized_keys"), "a", encoding="utf-8") as keys:
                    keys.write(public.read())
            self.keys = [key]
        host_key = None
        if "host_key" in change:
            kind, options = change["host_key"]
            host_key = os.path.join(fleet.folder, f"host_{kind}_{options[-1]}")
            if not os.path.exists(host_key):
                make_key(host_key, kind, options=options)
        if "shell" in change:
            if os.getuid() != 0:
                raise servers.Missing("only root can give a user another login shell")
            fleet.account.set_shell(change["shell"])
        self.server = fleet.start(config=config, host_key=host_key, trusted=False)
        self.user, self.port = fleet.user, self.server.port

    def file(self, size):
        return self.place.file(size)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.server.stop()
        self.place.fleet.servers.remove(self.server)
        self.place.fleet.account.set_shell("/bin/sh")


def try_all(caller, server):
    from cases import CASES
    row = {}
    for name, case in CASES.items():
        try:
            row[name] = case(caller, server)
        except Exception as error:  # pylint: disable=broad-except
            row[name] = f"WRONG: {type(error).__name__}: {str(error)[:200]}"
    return row


def try_server(report, name, start, caller):
    if not report.wants(name):
        return
    try:
        with start() as server:
            report.add(name, try_all(caller, server))
    except servers.Missing as missing:
        report.skip(name, missing)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", default="", help="servers and configurations whose name has this")
    parser.add_argument("--markdown", help="where to write the tables")
    arguments = parser.parse_args()
    # TinySSH takes no keys from below a folder that everybody may write.
    home = "/run" if os.getuid() == 0 else None
    with tempfile.TemporaryDirectory(prefix="interop.", dir=home) as folder, \
            Fleet(tempfile.mkdtemp(prefix="fleet.", dir=home)) as fleet, Daemon() as daemon:
        generate_stubs(os.path.join(folder, "stubs"))
        from cases import Caller
        caller = Caller(daemon.address, os.path.join(folder, "known_hosts"))
        place = servers.Place(folder, fleet)
        report = Report(arguments.only)
        report.begin("OpenSSH")
        for name, change in openssh.configurations():
            try_server(report, name, lambda change=change: OpenSsh(place, fleet, change), caller)
        report.begin("Other servers")
        for name, start in servers.SERVERS.items():
            try_server(report, name, lambda start=start: start(place), caller)
        report.write(arguments.markdown)
        assert daemon.process.poll() is None, daemon.messages()
    sys.exit(1 if report.wrong else 0)


if __name__ == "__main__":
    main()
