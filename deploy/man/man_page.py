"""A manual page, made of what a program's --help says.

    man_page.py PROGRAM SECTION > PROGRAM.SECTION

Those of its subcommands are sections of the page. Nothing of a page is written anywhere else.
"""

import re
import subprocess
import sys

COLUMN = 30  # where the right one begins: client/options/help_format.cc, and CLI11
SECTIONS = {"1": "User Commands", "8": "System Administration"}


def output(*words):
    return subprocess.run(words, capture_output=True, text=True, check=True).stdout


def escaped(text):
    """Every character as it is: '-' would become a hyphen, "'" a closing quote."""
    text = text.replace("\\", r"\e")
    for char, name in (("-", r"\-"), ("'", r"\(aq"), ("^", r"\(ha"), ("~", r"\(ti"), ("`", r"\(ga")):
        text = text.replace(char, name)
    return r"\&" + text if text.startswith(".") else text


def entries(lines):
    """(left, right) of a group in two columns; nothing where it is none."""
    found = []
    for line in lines:
        if not line.startswith("  "):
            return []
        if line[:COLUMN].strip() == "" and found:
            found[-1][1].append(line.strip())
        elif line[COLUMN - 2:COLUMN] == "  ":
            found.append((line[:COLUMN].strip(), [line[COLUMN:].strip()]))
        else:
            found.append((line.strip(), []))
    if not all(right for _, right in found):
        return []
    return [(left, " ".join(right)) for left, right in found]


def list_of(pairs):
    for left, right in pairs:
        yield ".TP"
        yield r"\fB" + escaped(left) + r"\fR"
        yield escaped(right)


def text_of(lines):
    """Paragraphs; what is indented, such as examples, stays as it is."""
    kept = False
    for line in lines:
        if line.startswith(" ") != kept and line:
            yield from [".fi", ".RE"] if kept else [".RS 2", ".nf"]
            kept = not kept
        yield escaped(line) if line else ""
    if kept:
        yield from [".fi", ".RE"]


def blocks(text):
    """What blank lines part."""
    return [block.splitlines() for block in re.split(r"\n\n+", text.strip("\n"))]


def paragraphs(block, begin=".PP"):
    yield begin
    yield from text_of(block)


def heading(level, text):
    return f'.{level} "{escaped(text)}"'


def body(text, level):
    """The help but for its first lines: what it is, and its usage. And which subcommands there are."""
    subcommands = []
    made = []
    for block in blocks(text)[1:]:
        title, group = block[0], entries(block[1:])
        if not title.endswith(":") or not group:
            made += paragraphs(block)
            continue
        if title == "Subcommands:":
            subcommands = [name for name, _ in group]
        made.append(heading(level, title[:-1].upper() if level == "SH" else title[:-1]))
        made += list_of(group)
    return made, subcommands


def usage(text):
    """What it is, and how it is written."""
    lines = blocks(text)[0]
    return lines[0].strip(), [line[len("Usage: "):] for line in lines if line.startswith("Usage: ")]


def of_subcommand(program, words):
    text = output(program, *words, "--help")
    what, how = usage(text)
    made, subcommands = body(text, "SS")
    name = " ".join([program.rsplit("/", 1)[-1], *words])
    lines = [heading("SH", name.upper()), escaped(what), ".PP", r"\fB" + escaped(how[0]) + r"\fR", *made]
    for each in subcommands:
        lines += of_subcommand(program, [*words, each])
    return lines


def page(program, name, section):
    text = output(program, "--help")
    what, how = usage(text)
    made, subcommands = body(text, "SH")
    # Before the groups of options stands what is text; it describes the program.
    first = next((i for i, line in enumerate(made) if line == ".PP"), len(made))
    lists, described = made[:first], made[first:]
    version = output(program, "--version").strip()
    lines = [f'.TH {name.upper()} {section} "" "{escaped(version)}" "{SECTIONS[section]}"',
             ".SH NAME", f"{escaped(name)} \\- {escaped(what.rstrip('.').removeprefix(name + ' '))}",
             ".SH SYNOPSIS", r"\fB" + escaped(how[0]) + r"\fR",
             ".SH DESCRIPTION", *described, *lists]
    for each in subcommands:
        lines += of_subcommand(program, [each])
    # A blank line is a request of its own, and a paragraph behind a heading one too many.
    text = "\n".join(line for line in lines if line)
    return re.sub(r'(?m)^(\.S[HS] .*\n)\.PP\n', r"\1", text) + "\n"


def main():
    program, section = sys.argv[1:]
    sys.stdout.write(page(program, program.rsplit("/", 1)[-1], section))


if __name__ == "__main__":
    main()
