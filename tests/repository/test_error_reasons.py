"""What a caller does about each reason of an error stands in the table of client/examples/README.md."""

import re

import layers


def declared():
    return set(re.findall(r"^  ERROR_REASON_(\w+) = [1-9]", layers.read("proto/muster/v1/error.proto"),
                          re.MULTILINE))


def advised():
    rows = re.findall(r"^\| ([A-Z][A-Z_, ]+) \|", layers.read("client/examples/README.md"), re.MULTILINE)
    return [name for row in rows for name in row.split(", ")]


def test_each_reason_has_its_advice_once():
    assert len(declared()) >= 22
    assert sorted(advised()) == sorted(declared())
