"""Text that somebody else chose reaches no terminal, log or report as it is."""

import os
import pty
import subprocess
import sys
import xml.etree.ElementTree as ElementTree

import pytest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "integration"))
from programs import MUSTER, SECONDS, Daemon, Muster  # pylint: disable=wrong-import-position
from sim import SimFleet  # pylint: disable=wrong-import-position

HOST = "127.1.0.1"
# A terminal's command, what turns text around, a line separator, the next line, an isolate.
RAW = ["\x9b", "\u202e", "\u2028", "\x1b", "\x85", "\u2066"]
EVIL = "K\x9b2J\u202e\u2028\x85\u2066"
SHOWN = "K<U+009B>2J<U+202E><U+2028><U+0085><U+2066>"
SHOWN_BY_ENGINE = repr(EVIL.encode())[2:-1]  # what servers say is escaped where it comes in


@pytest.fixture(scope="module", name="sim")
def sim_fixture():
    with SimFleet(hosts=4) as sim:
        yield sim


@pytest.fixture(scope="module", name="daemon")
def daemon_fixture():
    with Daemon() as daemon:
        yield daemon
        assert daemon.process.poll() is None, daemon.messages()


@pytest.fixture(name="muster")
def muster_fixture(daemon, sim):
    return Muster(daemon, sim)


def at_a_terminal(muster, *args):
    """All that muster writes to a terminal, which is its standard output and error."""
    master, slave = pty.openpty()
    with subprocess.Popen([MUSTER, *args], stdin=subprocess.DEVNULL, stdout=slave, stderr=slave,
                          env={**muster.env, "TERM": "dumb"}) as process:
        os.close(slave)
        shown = b""
        try:
            while piece := os.read(master, 65536):
                shown += piece
        except OSError:  # EIO: the other end is closed
            pass
        process.wait(SECONDS)
    os.close(master)
    return shown.decode()


def assert_visible(text, shown=SHOWN):
    for raw in RAW:
        assert raw not in text
    assert shown in text


def test_the_name_of_a_signal(muster, tmp_path):
    report = str(tmp_path / "report.xml")
    result = muster.run(HOST, f"signal '{EVIL}'", options=["--junit", report])
    assert result.code == 1
    assert_visible(result.err, SHOWN_BY_ENGINE)
    run = muster("runs", "--json").json()[0]["id"]
    assert_visible(muster("show", run).text, SHOWN_BY_ENGINE)
    assert_visible(muster("show", run, "--each").text, SHOWN_BY_ENGINE)
    assert_visible(muster("watch", run, "--fold").text, SHOWN_BY_ENGINE)
    assert_visible(at_a_terminal(muster, "watch", run), SHOWN_BY_ENGINE)
    assert_visible(ElementTree.parse(report).find(".//failure").get("message"), SHOWN_BY_ENGINE)


def test_a_hosts_name_in_an_inventory_is_refused(muster, tmp_path):
    inventory = tmp_path / "hosts.ini"
    inventory.write_text(f"[all]\n{EVIL} ansible_host={HOST}\n", encoding="utf-8")
    result = muster("targets", "@all", "-I", str(inventory))
    assert (result.code, result.text) == (2, "")
    assert "a character that cannot stand in a name" in result.err
    assert not any(raw in result.err for raw in RAW)


def test_labels_and_commands(muster):
    result = muster.run(HOST, f"echo '{EVIL}'", options=["--label", f"why={EVIL}"])
    run = muster("runs", "--json").json()[0]["id"]
    text = muster("show", run).text
    assert text.count(SHOWN) == 2, (text, result.err)
    assert_visible(text)
    listed = muster("runs").text
    assert "K<U+009B>" in listed and not any(raw in listed for raw in RAW)


def test_output_on_a_terminal(muster):
    run = muster("run", *muster.login, "-d", "-t", HOST, "--", "echo 'a\x9bb\x1b[31m'").text.strip()
    muster("watch", run, "-q")
    for args in (["watch", run], ["logs", run, HOST], ["watch", run, "--fold"]):
        assert "a<U+009B>b^[[31m" in at_a_terminal(muster, *args)
    assert "a\x9bb\x1b[31m" in muster("logs", run, HOST).text
