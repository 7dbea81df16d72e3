"""The languages for which Debian's protoc generates: those that take registries are left to generate.sh."""

import subprocess

import pytest


@pytest.mark.parametrize("language", ["csharp", "objc", "php", "ruby"])
def test_code_is_generated_with_the_names_of_its_language(language):
    done = subprocess.run(["tests/contract/generate.sh", language], stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout
    assert done.stdout.endswith(" 0 skipped, 0 failed\n"), done.stdout
    assert done.stdout.startswith(f"{language}: generated"), done.stdout
    print(done.stdout)  # what was not compiled, and why
