"""What shells complete, in the shells themselves."""

import os
import re
import shutil
import socket
import subprocess
import time

import pytest

from fleet import write
from programs import MUSTER, environment

SHELLS = ("bash", "zsh", "fish")

# Calls the function as bash does, for the words of its arguments as readline parts them.
BASH = r"""
source <("$MUSTER" completion bash)
COMP_LINE=$1 COMP_POINT=${#1}
shift
COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
_muster
printf '%s\n' "${COMPREPLY[@]}"
"""

# A shell on a terminal of its own; the list of matches is what it has of them.
ZSH = r"""
zmodload zsh/zpty
zpty shell zsh -f -i
zpty -w shell "autoload -Uz compinit; compinit -u -D; PS1=; source <($MUSTER completion zsh)"
zpty -w shell "setopt no_list_ambiguous; TRAPEXIT() { }; zstyle ':completion:*' list-colors ''"
zpty -w shell "shown() { compstate[list]=; compstate[insert]=; print -r -- \"<\${(j:,:)all}>\" > $OUT }"
zpty -w shell "compadd() { local -a hits; builtin compadd -O hits \"\$@\"; all+=(\$hits); builtin compadd \"\$@\" }"
zpty -w shell "comppostfuncs=(shown); typeset -a all"
zpty -w -n shell "$1"$'\t'
for i in {1..100}; do [[ -s $OUT ]] && break; sleep 0.05; done
zpty -d shell
"""


@pytest.fixture(name="home")
def fixture_home(tmp_path):
    os.makedirs(tmp_path / ".config" / "muster")
    os.makedirs(tmp_path / ".ssh" / "more")
    write(str(tmp_path / ".config" / "muster" / "inventory.yaml"),
          "roles:\n  web: web[1-9]\n  lone: solo\nracks:\n  r1: web1\n")
    write(str(tmp_path / ".ssh" / "config"), "Host gate app*\nInclude more/*\n")
    write(str(tmp_path / ".ssh" / "more" / "one"), "host included\n")
    write(str(tmp_path / ".ssh" / "known_hosts"), "seen,10.1.1.1 ssh-ed25519 AAAA\n|1|x|y ssh-rsa A\n"
          "[odd]:2222 ssh-rsa A\n")
    write(str(tmp_path / "inv.ini"), "[front]\nf1 ansible_host=10.0.0.1\n[front:vars]\nuser=x\n")
    write(str(tmp_path / "a file"), "")
    os.mkdir(tmp_path / "out")
    return str(tmp_path)


def parted(words):
    """As readline parts them."""
    return [part for word in words for part in re.findall("[=:@]|[^=:@]+", word) or [""]]


def in_shell(shell, home, *words, env=None):
    """Of the line with these words, of which the last is begun."""
    if shutil.which(shell) is None:
        pytest.skip(f"{shell} is not here: apt-get install {shell}")
    programs = os.path.join(home, "bin")
    os.makedirs(programs, exist_ok=True)
    if not os.path.exists(os.path.join(programs, "muster")):
        os.symlink(MUSTER, os.path.join(programs, "muster"))
    line = " ".join(["muster", *words])
    out = os.path.join(home, "matches")
    env = {**(env or environment(home)), "MUSTER": MUSTER, "OUT": out, "LC_ALL": "C.UTF-8",
           "TERM": "dumb"}
    env["PATH"] = programs + ":" + env["PATH"]
    command = {"bash": ["bash", "-c", BASH, "bash", line, "muster", *parted(words)],
               "fish": ["fish", "-c", '"$MUSTER" completion fish | source; complete -C "$argv"', line],
               "zsh": ["zsh", "-f", "-c", ZSH, "zsh", line]}[shell]
    result = subprocess.run(command, cwd=home, env=env, capture_output=True, text=True, check=False,
                            stdin=subprocess.DEVNULL, timeout=60)
    if shell == "zsh":
        with open(out, encoding="utf-8") as file:
            matches = file.read().strip("<>\n").split(",")
        os.unlink(out)
        return matches, result.stderr
    return [found.split("\t")[0] for found in result.stdout.splitlines()], result.stderr


def complete(home, *words, env=None):
    result = subprocess.run([MUSTER, "__complete", *words], env=env or environment(home), cwd=home,
                            capture_output=True, text=True, check=False, timeout=60)
    assert (result.returncode, result.stderr) == (0, "")
    return dict((line + "\t").split("\t")[:2] for line in result.stdout.splitlines())


@pytest.mark.parametrize("shell", SHELLS)
@pytest.mark.parametrize("words,found", [
    (["sh"], ["shell", "show"]), (["run", "--colo"], ["--color"]),
    (["run", "--color", "a"], ["auto", "always"]), (["run", "-i", "a"], ["a file"]),
    (["run", "-t", "@w"], ["@web"]), (["run", "--output-dir", "o"], ["out/"]),
    (["run", "-I", "inv.ini", "-t", "f"], ["f1"])])
def test_in_the_shell_itself(shell, home, words, found):
    matches, err = in_shell(shell, home, *words)
    if shell == "bash":  # which replaces what is behind '@' and ':'
        matches = [("@" if words[-1][0] == "@" else "") + match.replace("\\", "") for match in matches]
    assert (sorted(matches), err) == (sorted(found), "")


@pytest.mark.parametrize("line,parts,found", [
    ("muster run --color=", ["muster", "run", "--color", "="], ["auto", "always", "never"]),
    ("muster run --color=ne", ["muster", "run", "--color", "=", "ne"], ["never"]),
    ("muster run -t ann@se", ["muster", "run", "-t", "ann", "@", "se"], ["seen"]),
    ("muster run -t 'gate,@w", ["muster", "run", "-t", "'gate,@w"], ["gate,@web"]),
    ("muster run -t @racks:", ["muster", "run", "-t", "@", "racks", ":"], ["r1"]),
    ("muster run -i a", ["muster", "run", "-i", "a"], ["a\\ file"]),
    ("muster run -i ~/in", ["muster", "run", "-i", "~/in"], ["~/inv.ini"])])
def test_what_bash_parts_is_put_together(home, line, parts, found):
    result = subprocess.run(["bash", "-c", BASH, "bash", line, *parts], cwd=home, text=True,
                            capture_output=True, check=False,
                            env={**environment(home), "MUSTER": MUSTER,
                                 "PATH": os.path.dirname(MUSTER) + ":/usr/bin:/bin"})
    assert (result.stdout.split("\n")[:-1], result.stderr) == (found, "")


def test_what_may_stand_where(home):
    assert {"run", "logs", "completion"} <= set(complete(home, ""))
    assert "--fold" in complete(home, "run", "-") and "--fold" not in complete(home, "run", "--fold", "-")
    assert "--server" in complete(home, "runs", "--s")
    hosts = complete(home, "run", "-t", "")
    assert {"gate", "included", "seen", "odd", "@web", "@racks:r1"} <= set(hosts)
    assert not {"app*", "10.1.1.1.", "|1|x|y"} & set(hosts)
    assert set(complete(home, "run", "-t", "gate,@l")) == {"gate,@lone"}
    assert set(complete(home, "run", "--targets=@l")) == {"--targets=@lone"}
    assert set(complete(home, "targets", "@l")) == {"@lone"}
    assert set(complete(home, "daemon", "s")) == {"status", "stop"}
    assert set(complete(home, "artifacts", "")) == {"put", "list", "rm"}
    assert set(complete(home, "artifacts", "put", "name", "i")) == {"inv.ini"}
    assert set(complete(home, "help", "wat")) == {"watch"}
    assert not complete(home, "run", "--no-such-option", "x", "")
    assert set(complete(home, "run", "-t", "x", "--", "cat", "a")) == {"a file"}


def test_the_file_of_defaults_is_heeded(home):
    path = os.path.join(home, ".config", "muster", "config.yaml")
    write(path, "profiles: {front: {inventory: ~/inv.ini}}\n")
    os.chmod(path, 0o600)
    assert set(complete(home, "--profile", "front", "run", "-t", "@")) == {"@front"}
    write(path, "no-such: x\n")
    assert "@web" in complete(home, "run", "-t", "@")


def test_runs_and_artifacts_of_a_daemon_that_is_there(muster, tmp_path):
    assert muster.run("127.0.0.1", "echo one").code == 0
    write(str(tmp_path / "file"), "x")
    assert muster("artifacts", "put", "app-1", str(tmp_path / "file")).code == 0
    run = next(line.split()[0] for line in muster("runs").text.splitlines()[1:])
    found = complete(str(tmp_path), "show", "", env=muster.env)
    assert found[run] == "succeeded: echo one" and "last" in found
    assert run in complete(str(tmp_path), "show", run[:4], env=muster.env)
    assert "app-1" in complete(str(tmp_path), "artifacts", "rm", "a", env=muster.env)
    assert "app-1" in complete(str(tmp_path), "run", "--input-artifact", "", env=muster.env)


def test_no_daemon_is_started_nor_waited_for(home):
    begun = time.monotonic()
    assert set(complete(home, "show", "")) == {"last"}
    assert time.monotonic() - begun < 2  # of which the most is a busy machine's
    assert not os.path.exists(os.path.join(home, ".local"))
    with socket.socket(socket.AF_UNIX) as silent:
        silent.bind(os.path.join(home, "sock"))
        silent.listen()
        begun = time.monotonic()
        env = environment(home, MUSTER_SERVER=f"unix:{home}/sock")
        assert set(complete(home, "show", "", env=env)) == {"last"}
        assert time.monotonic() - begun < 2
