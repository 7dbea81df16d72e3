"""Two hundred hosts."""

import json
import os

from fleet import write
from peers import Peer, silent

HOSTS = "127.0.1.[1-200]"


def test_two_hundred_outputs_are_byte_exact(muster, fleet):
    text = "".join(f"{i:05d} one of the lines of a file\n" for i in range(26 * 1024 // 32))
    path = os.path.join(fleet.folder, "twentysix")
    write(path, text)
    os.chmod(path, 0o644)
    result = muster.run(HOSTS, f"cat {path}", options=["-f", "50"])
    assert result.code == 0, result.err
    lines = {}
    for line in result.text.splitlines(True):
        host, _, rest = line.partition(": ")
        lines.setdefault(host, []).append(rest)
    assert len(lines) == 200
    assert all("".join(lines[host]) == text for host in lines)


def test_a_host_that_hangs_delays_nobody(muster):
    """With a limit of four at a time the hung one holds one place, from the first to the last."""
    with Peer(silent, "127.0.99.99") as hung:
        process = muster.start(
            "run", *muster.login, "--json", "-f", "4", "--connect-timeout", "10m", "-t",
            f"127.0.99.99:{hung.port},{HOSTS}!127.0.1.200", "--", "true")
        ended = 0
        while ended < 199:
            event = json.loads(process.stdout.readline())
            if "hostFinished" in event:
                assert event["hostFinished"]["outcome"]["state"] == "HOST_STATE_SUCCEEDED"
                ended += 1
        assert hung.accepted.is_set()
        process.send_signal(2)
        rest, _ = process.communicate(timeout=60)
    states = [json.loads(line).get("hostFinished", {}).get("outcome", {}).get("state")
              for line in rest.splitlines()]
    assert "HOST_STATE_NOT_STARTED" in states
    assert process.returncode == 130
