"""Runs each example twice: by the real program, and by a link of its name to muster.

The commands of the examples are such as the servers here have; options and hosts are the manuals' own.
"""

import os
import re
import shutil
import subprocess
import sys

import pytest

HERE = os.path.dirname(os.path.realpath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "integration"))

from fleet import Fleet, write  # noqa: E402  pylint: disable=wrong-import-position
from programs import MUSTER, Daemon, environment  # noqa: E402  pylint: disable=wrong-import-position

# pdsh(1), clush(1), dshbak(1) of Debian 12, and the same with each option that is supported. (Where a
# command reads its input, pdsh waits without an end; muster's ends.)
EXAMPLES = """
pdsh -w foo[01-05] hostname
pdsh -w foo[7,9-10] hostname
pdsh -w foo[0-5] -x foo[1-3] hostname
pdsh -w foo[0-3]-eth0 hostname
pdsh -w "foo[01-05]" hostname
pdsh -w foo1,foo9 hostname
pdsh -w foo[1,9] hostname
pdsh -R ssh -w foo[0-3] $ADDRESS
pdsh -w foo0,-foo0,foo1 hostname
pdsh -w foo[0-5],-foo[1-3] hostname
pdsh -w ^hosts hostname
pdsh -w foo[0-9],-^hosts hostname
pdsh -w foo[0-5] -x ^hosts hostname
pdsh -w ssh:foo[0-1] hostname
pdsh -w ssh:$LOGIN@foo0 hostname
pdsh -l $LOGIN -w foo0 hostname
DSHPATH=/opt/bin:/bin pdsh -w foo0 'echo $PATH'
pdsh -w foo0 -w foo1 hostname
WCOLL=hosts pdsh hostname
echo foo[0-3] | tr ',' '\\n' | pdsh -w - hostname
pdsh -N -w foo[0-3] $ADDRESS
pdsh -f 1 -w foo[0-3] $ADDRESS
FANOUT=2 pdsh -w foo[0-3] $ADDRESS
pdsh -b -t 5 -u 20 -w foo[0-3] $ADDRESS
pdsh -w foo[0-3] echo one two '$((1 + 1))'
pdsh -w foo[0-3] 'echo out; echo err >&2'
pdsh -w foo[0-2] false
pdsh -S -w foo[0-2] exit 3
pdsh -S -w foo[0-2] true
pdsh -S -w foo[1-3] 'exit $(echo $SSH_CONNECTION | cut -d" " -f3 | cut -d. -f4)'
pdsh -w foo[0-3] hostname | dshbak
pdsh -w foo[0-3] hostname | dshbak -c
pdsh -w foo[0-3] $ADDRESS | dshbak -c
pdsh -w foo[01-05] 'echo a; echo b' | dshbak -c
pdsh -w foo[0-3] hostname | dshbak -f -d out && ls out && cat out/*
clush -w node[3-5,62] uname -r
clush -w node[3-5,62] -b uname -r
clush -w node[3-5,62] -bL uname -r
clush -w node[3-5,62] -b $ADDRESS
clush -w node[3-5,62] -L $ADDRESS
clush -w node[3-5,62] -L uname -r
clush -w node[3-5,62] -N uname -r
clush -w node[3-5,62] -bN uname -r
clush -w node[3-5,62] -qb uname -r
echo foo | clush -w node[40-42] -b cat
printf '/etc/passwd\\n/etc/group\\n' | clush -w node[40-42] -b xargs ls
clush -a uname -r
clush -a -x node[5,7] uname -r
clush -w @oss uname -r
clush -g oss uname -r
clush -w @mds,@oss uname -r
clush -g mds,oss uname -r
clush -g oss -X mds uname -r
clush -s racks -g r1 uname -r
clush -w @oss\\&@both uname -r
clush -w node[3-5,62] -x node4 -f 2 -t 10 -u 30 uname -r
clush -w node[3-5] 'echo out; echo err >&2'
clush -w node[3-5] -b 'echo out; echo err >&2'
clush -w node[3-5] -B 'echo out; echo err >&2'
clush -w node[3-5] false
clush -w node[3-5] -b false
clush -w node[3-5] -q false
clush -S -w node[3-5] exit 3
clush -S -q -w node[3-5] exit 3
clush -w node[3-5] --nostdin 'cat; echo end'
clush --hostfile nodes hostname
clush -w node[3-5] --color=never -b uname -r
clush -w 'node[3-5]!node4' uname -r
""".strip().splitlines()

# What the manuals show, too, and Muster refuses, before anything is started; and what it says why.
REFUSED = {
    # These run a command here, once for each host, rather than on the hosts.
    "pdsh -R exec -w foo[0-10] ssh -x -l %u %h hostname": "exec is not supported: Muster speaks SSH alone",
    "pdsh -R exec -w foo[0-10] grep BUG console.%h": "exec is not supported: Muster speaks SSH alone",
    "clush -w node[1-3] --worker=exec ping -c1 %host": "exec is not supported: Muster speaks SSH alone",
    "pdsh -w rsh:foo0 hostname": "rsh is not supported: Muster speaks SSH alone",
    "pdsh -w foo[0-5] -x /foo[1-3]/ hostname": "regular expressions are not supported; name the hosts",
    # Databases of other systems, by modules that have to be installed.
    "pdsh -w foo0 -j all hostname": "Muster asks no batch system; name the hosts with -w",
    "pdsh -w foo0 -i hostname": "it asks genders; Muster's groups are those of its inventory: -a, -g",
    "clush -w node[3-5,62] --diff uname -r": "muster run --fold shows which hosts differ",
    "clush -w node[3-5,62] --copy /etc/motd": "Muster copies no files this way; tar c ... | muster run",
    "clush -w node[3-5,62] --copy /etc/motd --dest /tmp/motd2": "Muster copies no files this way",
    "clush -w node[3-5,62] --rcopy /etc/motd --dest /tmp": "Muster copies no files this way",
}

NAMES = ([f"foo{n}" for n in range(11)] + [f"foo{n:02}" for n in range(1, 6)] +
         [f"foo{n}-eth0" for n in range(4)] + [f"node{n}" for n in [*range(1, 8), 40, 41, 42, 62]])


@pytest.fixture(scope="module", name="place")
def fixture_place(tmp_path_factory):
    """A folder with what the examples name, and a daemon."""
    for program in ("pdsh", "dshbak", "clush"):
        if shutil.which(program, path="/usr/bin") is None:
            pytest.skip("the real programs are not here: apt-get install pdsh clustershell")
    folder = str(tmp_path_factory.mktemp("place"))
    with Fleet() as fleet, Daemon(env={"SHELL": "/bin/sh"}) as daemon:
        fleet.start()
        _write_files(folder, fleet)
        os.mkdir(f"{folder}/bin")
        for program in ("pdsh", "clush", "dshbak"):
            os.symlink(MUSTER, f"{folder}/bin/{program}")
        env = environment(folder, MUSTER_SERVER=daemon.address, PDSH_RCMD_TYPE="ssh",
                          MUSTER_INVENTORY=f"{folder}/groups.d/groups.yaml",
                          PDSH_SSH_ARGS_APPEND=f"-F {folder}/ssh_config",
                          CLUSTERSHELL_CFGDIR=folder, LOGIN=fleet.user,
                          ADDRESS="echo $SSH_CONNECTION | cut -d' ' -f3")
        yield folder, env


def _write_files(folder, fleet):
    config = "".join(f"Host {name}\n  HostName 127.0.0.{number}\n" for number, name in
                     enumerate(NAMES, 1))
    write(f"{folder}/ssh_config",
          f"{config}Host *\n  User {fleet.user}\n  Port {fleet.servers[0].port}\n"
          f"  IdentityFile {fleet.key}\n  UserKnownHostsFile {fleet.known_hosts}\n  LogLevel ERROR\n")
    write(f"{folder}/hosts", "foo1\nfoo[7-8]\n")
    write(f"{folder}/nodes", "node1\nnode[40-41]\n")
    os.mkdir(f"{folder}/groups.d")
    write(f"{folder}/groups.d/groups.yaml",
          "roles:\n  oss: node[3-5]\n  mds: node[1,4]\n  both: node[4-5]\n  all: node[1-7]\n"
          "racks:\n  r1: node62\n")
    write(f"{folder}/groups.conf", f"[Main]\ndefault: roles\nautodir: {folder}/groups.d\n")
    write(f"{folder}/clush.conf",
          f"[Main]\nfanout: 64\nconnect_timeout: 15\ncommand_timeout: 0\ncolor: auto\nverbosity: 1\n"
          f"node_count: yes\nssh_options: -F {folder}/ssh_config\n")


def run(example, place, real):
    folder, env = place
    shutil.rmtree(f"{folder}/out", ignore_errors=True)
    path = env["PATH"] if real else f"{folder}/bin:{env['PATH']}"
    line = example.replace("$ADDRESS", "\"$ADDRESS\"")
    if not real:  # clush finds it in its clush.conf
        line = line.replace("clush ", f"clush -o '-F {folder}/ssh_config' ")
    stdin = None if "|" in example else b"input\n" if "cat;" in example else b""
    return subprocess.run(["bash", "-o", "pipefail", "-c", line], cwd=folder, input=stdin, check=False,
                          env={**env, "PATH": path}, capture_output=True, timeout=100)


def lines(output):
    """Hosts answer in any order; blocks stay whole. Without what clush -b counts on standard error, also where
    that is no terminal, when it takes longer than a moment: Muster's does so on a terminal, with -P."""
    text = re.sub(r"pdsh@[^:]*: ", "pdsh: ", output.decode())
    text = re.sub(r"clush: \d+/\d+ *(write: [\d.]+ \w+/s)?[ \r]*|\r *\r", "", text)
    blocks = re.split(r"(?m)^(?=-{15,16}\n\S+.*\n-{15,16}\n)", text)
    return sorted(blocks) if len(blocks) > 1 else sorted(text.splitlines())


@pytest.mark.parametrize("example", EXAMPLES)
def test_example(example, place):
    real, ours = run(example, place, True), run(example, place, False)
    assert (ours.returncode, lines(ours.stdout), lines(ours.stderr)) == (
        real.returncode, lines(real.stdout), lines(real.stderr))
    assert real.stdout or "false" in example or "exit" in example or "true" in example


@pytest.mark.parametrize("example,why", REFUSED.items())
def test_what_is_not_supported_is_refused(example, why, place):
    ours = run(example, place, False)
    assert (ours.returncode, ours.stdout) == (1, b"")
    assert "not supported" in ours.stderr.decode() and why in ours.stderr.decode()
