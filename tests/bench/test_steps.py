"""From the events of a run to what the founding benchmark shows."""

import base64
import json

from run_events import read_run
from steps import STATISTICS, summarize

COLD = {"connectedUs": "100", "handshakeUs": "4000", "authenticatedUs": "9000",
        "channelOpenUs": "9500", "startedUs": "10000", "firstOutputUs": "11000",
        "lastOutputUs": "11500", "exitedUs": "11600", "closedUs": "12000"}
WARM = {"connectedUs": "0", "channelOpenUs": "300", "startedUs": "600", "firstOutputUs": "700",
        "lastOutputUs": "800", "exitedUs": "900", "closedUs": "1000"}


def events(*outcomes):
    yield {"runState": {"state": "RUN_STATE_RUNNING"}}
    yield {"hostsAdded": {"firstIndex": 0, "hosts": [{"name": f"h{i}"} for i in range(len(outcomes))]}}
    for index, outcome in enumerate(outcomes):
        for stream, line in (("STDOUT", {"text": "a"}), ("STDERR", {"text": "err"}),
                             ("STDOUT", {"bytes": base64.b64encode(b"\xff").decode()})):
            yield {"output": {"hostIndex": index, "stream": f"OUTPUT_STREAM_{stream}",
                              "unterminated": False, "split": False, **line}}
        yield {"hostFinished": {"hostIndex": index, "outcome": outcome}}


def hosts(*outcomes):
    return read_run(map(json.dumps, events(*outcomes)))


def succeeded(timings=None, **more):
    return {"state": "HOST_STATE_SUCCEEDED", **({"timings": timings} if timings else {}), **more}


def mean(summary, key):
    return summary[key].get("mean_seconds")


def test_hosts_have_their_output_and_their_timings_in_seconds():
    host, = hosts(succeeded(COLD, warmSession=False, attempts=2))
    assert (host.name, host.succeeded, host.warm, host.attempts) == ("h0", True, False, 2)
    assert host.text == b"a\n\xff\n"
    assert host.timings["started"] == 0.010 and host.timings["closed"] == 0.012


def test_steps_are_differences_of_timings():
    summary = summarize(hosts(succeeded(COLD)), hosts(succeeded(WARM, warmSession=True)))
    assert {key: round(mean(summary, key) * 1e6) for key in summary} == {
        "auth_execute": 10000, "execute_again": 600, "channel_read": 1500, "close_exit": 500,
        "total": 12000}


def test_output_in_one_piece_is_read_all_the_same():
    summary = summarize(hosts(succeeded({**COLD, "firstOutputUs": "11500"})), [])
    assert round(mean(summary, "channel_read"), 6) == 0.0015


def test_a_daemon_without_timings_and_warm_sessions_shows_nothing():
    summary = summarize(hosts(succeeded(), succeeded()), hosts(succeeded(COLD)))
    assert summary == {key: {} for key in summary}


def test_a_warm_session_is_no_login():
    summary = summarize(hosts(succeeded(WARM, warmSession=True)), [])
    assert summary["auth_execute"] == {} and summary["total"]


def test_hosts_that_failed_do_not_count():
    failed = {"state": "HOST_STATE_CONNECT_TIMEOUT", "timings": {"connectedUs": "1"}}
    slow = {name: str(2 * int(value)) for name, value in COLD.items()}
    summary = summarize(hosts(succeeded(COLD), failed, succeeded(slow)), [])
    assert [round(summary["total"][name] * 1e6) for name in STATISTICS] == [18000, 24000, 24000, 24000]
