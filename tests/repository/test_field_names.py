"""What the daemon calls by a field of the contract, the command line calls by its option."""

import re

import pytest

import layers

# Of calls that the command line makes by itself: nobody has given them.
OWN = {"page_token"}
FIRST = r'(?:\b(?:Invalid|Check\w+|ParseHostAmount)\(|\bproblems->Add\(|\bFieldError\(\{\{)\s*"([a-z_]+(?:\.[a-z_]+)*)"'
LEADING = r'"((?:[a-z]+_[a-z_]+|[a-z_]+(?:\.[a-z_]+)+|command|environment|labels|retries|login)): '


def named():
    """path -> where a message begins with it."""
    paths = {}
    folders = [f"service/{name}" for name in ("api", "prepare", "rollout", "runs", "targets")]
    for path in layers.files(".cc", *folders):
        text = layers.read(path)
        for field in re.findall(FIRST, text) + re.findall(LEADING, text):
            paths.setdefault(field, path)
    return paths


def options():
    return dict(re.findall(r'^    {"([^"]+)", "([^"]+)"},$', layers.read("client/options/field_names.cc"),
                           re.MULTILINE))


def test_the_daemon_names_fields():
    assert len(named()) >= 35
    assert {"rollout.batches", "login.jump_hosts", "stop.grace", "environment",
            "targets.ignored_variables"} <= set(named())


@pytest.mark.parametrize("field,path", sorted(named().items()))
def test_each_has_an_option(field, path):
    assert field in OWN or field in options(), f"{path} names it, client/options/field_names.cc does not"


@pytest.mark.parametrize("option", sorted({name for name in options().values() if name.startswith("--")}))
def test_each_option_is_one(option):
    text = "".join(layers.read(path) for path in layers.files(".cc", "client/options")
                   if not path.endswith("field_names.cc"))
    for name in option.split(", "):
        assert re.search(rf'"(?:-\w,)?{name}(?:,--\w+)?"', text), name
