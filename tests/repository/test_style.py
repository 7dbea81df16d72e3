"""The code is laid out by clang-format, in 100 columns. What it cannot break, quoted text, may be longer."""

import os
import shutil
import subprocess

import pytest

import layers


def files(*endings):
    listed = subprocess.run(["git", "-C", layers.ROOT, "ls-files", "--cached", "--others",
                             "--exclude-standard"],
                            capture_output=True, text=True, check=True).stdout.split("\n")
    return [path for path in listed
            if path.endswith(endings) and os.path.exists(os.path.join(layers.ROOT, path))]


@pytest.mark.skipif(shutil.which("clang-format") is None, reason="clang-format is not installed")
def test_clang_format_changes_nothing():
    code = files(".cc", ".h")
    assert len(code) > 400
    done = subprocess.run(["clang-format", "--dry-run", "-Werror", *code], cwd=layers.ROOT,
                          capture_output=True, text=True, check=False)
    assert done.returncode == 0, "clang-format -i these:\n" + done.stderr[-4000:]
