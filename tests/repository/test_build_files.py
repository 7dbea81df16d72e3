"""BUILD files: what each folder is for, and how a list is kept."""

import re

import pytest

import layers


def first_line(folder):
    """Of its BUILD, as a row of CONTRIBUTING.md's table has it."""
    text = layers.read(f"{folder}/BUILD").splitlines()[0]
    assert text.startswith("# ") and text.endswith("."), f"{folder}/BUILD begins with: {text}"
    return text[2:-1]


def table():
    """folder -> what CONTRIBUTING.md says of it."""
    rows = re.findall(r"^\| `([\w/]+)/` \| (.+) \|$", layers.read("CONTRIBUTING.md"), re.MULTILINE)
    return dict(rows)


@pytest.mark.parametrize("folder", [name for name in layers.LAYERS if name not in ("service", "client")
                                    and not name.startswith(("service/store/", "ssh_engine/libssh/"))])
def test_contributing_says_of_a_folder_what_its_build_file_says(folder):
    assert folder in table(), "CONTRIBUTING.md, Layout, has no row for it"
    said, line = table()[folder], first_line(folder)
    assert said[0].lower() + said[1:] == line[0].lower() + line[1:]


@pytest.mark.parametrize("path", layers.files("BUILD"))
def test_lists_are_sorted_and_lines_are_short(path):
    text = layers.read(path)
    for line in text.splitlines():
        assert len(line) <= 100, line
        assert line == line.rstrip() and "\t" not in line, repr(line)
    for labels in re.findall(r"^    deps = \[\n((?:        \"[^\"]+\",\n)+)    \],", text, re.MULTILINE):
        listed = re.findall(r'"([^"]+)"', labels)
        assert listed == sorted(set(listed), key=_order), f"sort, and list each once: {listed}"


def _order(label):
    return (0 if label.startswith(":") else 1 if label.startswith("//") else 2,
            label.replace(":", "!"))
