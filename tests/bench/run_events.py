"""What `muster run --json` tells of each host: an event of the run's log, or a line of output, a line."""

import base64
import collections
import json

# `timings`: seconds since the host left QUEUED, by the field's name without "Us"; what was not
# reached, not needed or is not reported is missing. `text` is the host's standard output.
Host = collections.namedtuple("Host", "name succeeded warm attempts timings text")


def _timings(outcome):
    """Protobuf's JSON has 64 bit numbers as strings, and 0 stands for none."""
    return {name[:-2]: int(value) / 1e6 for name, value in outcome.get("timings", {}).items()
            if name.endswith("Us") and int(value)}


def _bytes(output):
    """The bytes of a line of output; of all of an event, as older musters write it."""
    if "data" in output:
        return base64.b64decode(output["data"])
    line = output["text"].encode() if "text" in output else base64.b64decode(output["bytes"])
    return line if output["unterminated"] or output["split"] else line + b"\n"


def _host(name, outcome, text):
    return Host(name, outcome["state"] == "HOST_STATE_SUCCEEDED", outcome.get("warmSession", False),
                int(outcome.get("attempts", 0)), _timings(outcome), text)


def read_run(lines):
    """The hosts that have ended."""
    names, texts, outcomes = [], collections.defaultdict(list), {}
    for line in lines:
        event = json.loads(line)
        if "hostsAdded" in event:
            names += [host["name"] for host in event["hostsAdded"]["hosts"]]
        elif event.get("output", {}).get("stream") == "OUTPUT_STREAM_STDOUT":
            output = event["output"]
            texts[output.get("hostIndex", 0)].append(_bytes(output))
        elif "hostFinished" in event:
            finished = event["hostFinished"]
            outcomes[finished.get("hostIndex", 0)] = finished["outcome"]
    return [_host(names[index], outcome, b"".join(texts[index]))
            for index, outcome in sorted(outcomes.items())]
