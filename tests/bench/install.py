"""Installs the peers that are not Debian packages: from PyPI and the Go module proxy, into a cache
folder. Each function returns a path, and why there is none."""

import os
import shutil
import subprocess

import imports

CACHE = os.path.join(os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"),
                     "muster-bench")


def _run(argv, cwd=None):
    """None, or the last line of what it said when it failed."""
    try:
        done = subprocess.run(argv, cwd=cwd, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                              stderr=subprocess.PIPE, timeout=600, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        return str(error)
    lines = done.stderr.decode(errors="replace").strip().splitlines() or ["it said nothing"]
    return None if done.returncode == 0 else lines[-1]


def python_with(module, package):
    """A Python in which a package of PyPI can be imported."""
    python = os.path.join(CACHE, "bin", "python")
    if not os.access(python, os.X_OK):
        problem = _run(["/usr/bin/python3", "-m", "venv", CACHE])
        if problem:
            return "", f"no venv: {problem}"
    if _run([python, "-c", f"import {module}"]):
        problem = _run([python, "-m", "pip", "install", "-q", package])
        if problem:
            return "", f"pip: {problem}"
    return python, ""


def go_program():
    """Built afresh, which takes no time when nothing has changed."""
    if not shutil.which("go"):
        return "", "there is no go"
    binary = os.path.join(CACHE, "go_ssh")
    problem = _run(["go", "build", "-o", binary, "."], os.path.join(imports.HERE, "go_ssh"))
    return ("", f"go build: {problem}") if problem else (binary, "")


def debian_program(name, package):
    return ("", f"no Debian package {package} here") if not shutil.which(name) else (name, "")
