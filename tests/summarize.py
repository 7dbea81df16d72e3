"""Says how a `bazel test` went, in test cases: "N passed, N failed".

    summarize.py EVENTS STATUS

EVENTS is the file that --build_event_json_file wrote, STATUS what Bazel exited with. A target that
was not built, or that ended without a report of its cases, counts as one failure. Exits with 0 when
nothing failed and something passed.
"""

import json
import sys
import urllib.parse
import xml.etree.ElementTree


class Count:
    """Of test cases."""

    def __init__(self):
        self.passed = 0
        self.skipped = []
        self.failed = []

    def add_case(self, target, case):
        name = f"{target} {case.get('classname', '')}.{case.get('name')}"
        if case.find("failure") is not None or case.find("error") is not None:
            self.failed.append(name)
        elif case.find("skipped") is not None or case.get("status") == "notrun":
            self.skipped.append(f"{name}: {reason(case)}")
        else:
            self.passed += 1


def reason(case):
    """Why a case was skipped; one line."""
    skipped = case.find("skipped")
    message = "" if skipped is None else skipped.get("message") or skipped.text or ""
    return " ".join(message.split()) or "disabled"


def local_path(uri):
    return urllib.parse.unquote(urllib.parse.urlparse(uri).path)


def cases_of(result):
    """The test cases in a target's report; none where it is missing or broken."""
    for output in result.get("testActionOutput", []):
        if output["name"] == "test.xml":
            try:
                report = xml.etree.ElementTree.parse(local_path(output["uri"]))
                return list(report.iter("testcase"))
            except (OSError, xml.etree.ElementTree.ParseError):
                return []
    return []


def count_result(count, target, result):
    failed_before = len(count.failed)
    cases = cases_of(result)
    for case in cases:
        count.add_case(target, case)
    told = len(count.failed) > failed_before
    if result.get("status") != "PASSED" and not told:
        count.failed.append(f"{target} ({result.get('status', 'no result').lower()})")
    elif not cases:
        count.failed.append(f"{target} (ran no test case)")


def count_event(count, event):
    key = event["id"]
    if "testResult" in event:
        count_result(count, key["testResult"]["label"], event["testResult"])
    elif "targetCompleted" in key and "aborted" in event:
        count.failed.append(f"{key['targetCompleted']['label']} (not built)")
    elif "completed" in event and not event["completed"].get("success", False):
        count.failed.append(f"{key['targetCompleted']['label']} (not built)")


def summarize(events, status):
    count = Count()
    for line in events:
        count_event(count, json.loads(line))
    if status != 0 and not count.failed:
        count.failed.append(f"bazel (ended with status {status}; see above)")
    return count


def main():
    try:
        with open(sys.argv[1], encoding="utf-8") as events:
            count = summarize(events, int(sys.argv[2]))
    except (OSError, ValueError) as error:
        sys.exit(f"summarize.py: {error}\n0 passed, 1 failed")
    for name in count.failed:
        print(f"failed: {name}")
    for text in count.skipped:
        print(f"skipped: {text}")
    print(f"{count.passed} passed, {len(count.failed)} failed")
    sys.exit(0 if count.passed and not count.failed else 1)


if __name__ == "__main__":
    main()
