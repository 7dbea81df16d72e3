"""The manual pages have all that the help has, and no program for such pages finds fault with them."""

import os
import re
import shutil
import subprocess

import pytest

PROGRAMS = {"muster.1": os.environ["MUSTER"], "musterd.8": os.environ["MUSTERD"]}
PAGES = {os.path.basename(path): path for path in os.environ["PAGES"].split()}


def output(*words):
    return subprocess.run(words, capture_output=True, text=True, check=True).stdout


def shown(page):
    """As text, in lines that nothing breaks."""
    return output("groff", "-man", "-Tutf8", "-P-cbou", "-rLL=2000n", "-rHY=0", page)


def words_of(text):
    return re.findall(r"\S+", re.sub(r"(?m)^(Usage:|\S.*:$)", "", text))


def helps(program, *words):
    """Of the program and of all its subcommands."""
    text = output(program, *words, "--help")
    yield text
    listed = re.search(r"^Subcommands:\n((?:  .*\n)+)", text, re.MULTILINE)
    for name in re.findall(r"^  (\S+)", listed[1], re.MULTILINE) if listed else []:
        yield from helps(program, *words, name)


@pytest.mark.parametrize("name", sorted(PROGRAMS))
def test_each_word_of_the_help_is_there_in_its_order(name):
    page = words_of(shown(PAGES[name]))
    for text in helps(PROGRAMS[name]):
        for block in re.split(r"\n\n+|\n(?=  \S)", text):
            wanted = words_of(block)
            assert any(page[at:at + len(wanted)] == wanted for at, word in enumerate(page)
                       if not wanted or word == wanted[0]) or not wanted or "Usage:" in block, block


@pytest.mark.parametrize("name", sorted(PROGRAMS))
@pytest.mark.parametrize("check", [["groff", "-man", "-ww", "-Tutf8", "-z"],
                                   ["mandoc", "-T", "lint", "-W", "warning"],
                                   ["man", "--warnings", "-E", "UTF-8", "-Tutf8", "-Z", "-l"]])
def test_it_renders_without_a_warning(name, check):
    if shutil.which(check[0]) is None:
        pytest.skip(f"{check[0]} is not here: apt-get install groff-base mandoc man-db")
    result = subprocess.run([*check, os.path.abspath(PAGES[name])], capture_output=True, check=False,
                            text=True, env={**os.environ, "LC_ALL": "C.UTF-8"})
    found = result.stderr + (result.stdout if check[0] == "mandoc" else "")
    # Dates would make a page differ from the next build's.
    lines = [line for line in found.splitlines() if "missing date" not in line]
    assert not lines and (result.returncode == 0 or check[0] == "mandoc"), found
