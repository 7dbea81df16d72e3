"""Where results go besides the terminal."""

import argparse
import json
import os
import platform

import imports  # pylint: disable=unused-import
from fleet import read, write


def machine():
    """What the figures were measured on."""
    names = [line.split(":")[1].strip() for line in read("/proc/cpuinfo").splitlines()
             if line.startswith("model name")]
    memory = int(read("/proc/meminfo").split()[1]) // 2**20
    return f"{os.cpu_count()} cores of {names[0] if names else platform.machine()}, {memory} GiB"


def parser(doc):
    """With the options that every benchmark has."""
    made = argparse.ArgumentParser(description=doc,
                                   formatter_class=argparse.RawDescriptionHelpFormatter)
    made.add_argument("--json", metavar="FILE", help="write the results there too")
    made.add_argument("--svg", metavar="FILE", help="draw them")
    return made


def records(rows):
    """Of named tuples; what was not measured is left out."""
    return [{name: value for name, value in row._asdict().items() if value is not None}
            for row in rows]


def save(arguments, results, picture):
    """`results` is for JSON, `picture` the text of an SVG file."""
    if arguments.json:
        write(arguments.json, json.dumps({"machine": machine(), **results}, indent=1) + "\n")
    if arguments.svg:
        write(arguments.svg, picture)
