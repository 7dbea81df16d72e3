"""The code is laid out by clang-format, in 100 columns."""

import shutil
import subprocess

import pytest

import layers


@pytest.mark.skipif(shutil.which("clang-format") is None, reason="clang-format is not installed")
def test_clang_format_changes_nothing():
    code = layers.files((".cc", ".h"))
    assert len(code) > 400
    done = subprocess.run(["clang-format", "--dry-run", "-Werror", *code], cwd=layers.ROOT,
                          capture_output=True, text=True, check=False)
    assert done.returncode == 0, "clang-format -i these:\n" + done.stderr[-4000:]
