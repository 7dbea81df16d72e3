"""What the founding benchmark sends is what deploy/monitoring shows: by the real InfluxDB with the
configuration that the compose file mounts, and the queries that the dashboard has."""

import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.parse
import urllib.request

import pytest
import yaml

import dashboards
import imports
from fleet import free_port, read
from founding import Point, Recorder
from sampler import Sample
from sinks import Graphite, Prometheus, address_of, exposition
from steps import PANELS, STATISTICS, STEPS

MONITORING = os.path.abspath(os.path.join(imports.HERE, "..", "..", "deploy", "monitoring"))
BOARDS = os.path.join(MONITORING, "grafana", "dashboards")
NOW = time.time()


def needs(program, package):
    return pytest.mark.skipif(not shutil.which(program),
                              reason=f"the Debian package {package} is not installed")


def get(url):
    with urllib.request.urlopen(url, timeout=60) as answer:
        return answer.read().decode()


def wait_for(check):
    """Polls another process; its end, or the test's limit, ends the wait."""
    for _ in range(2000):
        found = check()
        if found:
            return found
        time.sleep(0.02)
    raise AssertionError(f"{check} never came true")


class Influx:
    """influxd as compose.yaml starts it, but for its addresses and folders."""

    def __init__(self, folder):
        self.graphite, self.http = free_port(), free_port()
        env = {"PATH": "/usr/bin:/bin", "HOME": folder,
               "INFLUXDB_BIND_ADDRESS": f"127.0.0.1:{free_port()}",
               "INFLUXDB_HTTP_BIND_ADDRESS": f"127.0.0.1:{self.http}",
               "INFLUXDB_GRAPHITE_0_BIND_ADDRESS": f"127.0.0.1:{self.graphite}",
               "INFLUXDB_META_DIR": f"{folder}/meta", "INFLUXDB_DATA_DIR": f"{folder}/data",
               "INFLUXDB_DATA_WAL_DIR": f"{folder}/wal"}
        self.log = open(f"{folder}/log", "ab")
        self.process = subprocess.Popen(
            ["influxd", "run", "-config", os.path.join(MONITORING, "influxdb.conf")], env=env,
            stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log)
        wait_for(self._is_up)

    def _is_up(self):
        assert self.process.poll() is None, read(self.log.name)
        try:
            get(f"http://127.0.0.1:{self.http}/ping")
            Graphite(("127.0.0.1", self.graphite)).close()
            return True
        except OSError:
            return False

    def values(self, query):
        """The values of the one series of a dashboard's query, oldest first."""
        query = query.replace("$timeFilter", "time > now() - 1h").replace("$__interval", "1s")
        arguments = urllib.parse.urlencode({"db": "muster", "q": query})
        result, = json.loads(get(f"http://127.0.0.1:{self.http}/query?{arguments}"))["results"]
        if "database not found" in result.get("error", ""):
            return []  # it is made with the first batch
        series = result.get("series", [{"values": []}])
        assert len(series) == 1 and "error" not in result, result
        return [value for _, value in series[0]["values"] if value is not None]

    def stop(self):
        self.process.terminate()
        self.process.wait()
        self.log.close()


@pytest.fixture(name="influx")
def influx_fixture(tmp_path):
    influx = Influx(str(tmp_path))
    yield influx
    influx.stop()


def record(sinks):
    """Two points and their samples, as founding.py makes them."""
    recorder = Recorder(sinks)
    for number in (1, 2):
        when = NOW - 20 + 5 * number
        recorder.take_sample(Sample(when, 10 * number, 0.25 * number, 2**20 * number))
        steps = {step.key: {name: number + place / 10 + rank / 100
                            for rank, name in enumerate(STATISTICS)}
                 for place, step in enumerate(STEPS)}
        recorder.take_point(Point(10 * number, steps, 0.001, 2**20, 10, 10, when))


def expected(key, field):
    if key == "run":
        return [10, 20]
    if key == "cpu":
        return [0.25, 0.5]
    if key == "memory":
        return [2**20, 2**21]
    place = [step.key for step in STEPS].index(key)
    return [number + place / 10 + STATISTICS.index(field) / 100 for number in (1, 2)]


def panels(name):
    return json.loads(read(os.path.join(BOARDS, f"founding_{name}.json")))["panels"]


@needs("influxd", "influxdb")
def test_influxdb_answers_the_dashboard(influx):
    sink = Graphite(("127.0.0.1", influx.graphite))
    record([sink])
    sink.close()
    for panel, shown in zip(panels("influxdb"), PANELS):
        fields = [(shown.key, field) for field in shown.fields] + [("run", "concurrency")]
        for target, (key, field) in zip(panel["targets"], fields):
            wait_for(lambda query=target["query"]: len(influx.values(query)) == 2)
            assert influx.values(target["query"]) == pytest.approx(expected(key, field)), panel["title"]


@needs("influxd", "influxdb")
def test_the_benchmark_itself_is_seen(influx, tmp_path):
    """Every sample arrives, in its own row though many fall into one second."""
    results = str(tmp_path / "results")
    subprocess.run([sys.executable, os.path.join(imports.HERE, "founding.py"), "--to", "2",
                    "--graphite", f"127.0.0.1:{influx.graphite}", "--json", results], check=True)
    found = json.loads(read(results))
    assert [point["complete"] for point in found["points"]] == [1, 2]
    sent = [sample["resident_bytes"] for sample in found["samples"]]
    query = 'SELECT "memory.resident_bytes" FROM "muster"'
    wait_for(lambda: len(influx.values(query)) == len(sent))
    assert influx.values(query) == pytest.approx(sent)


def test_dashboards_are_those_of_the_steps():
    assert {name: read(os.path.join(BOARDS, name)) for name in os.listdir(BOARDS)} == \
        dashboards.dashboards(), "run tests/bench/dashboards.py deploy/monitoring/grafana/dashboards"


def test_the_panels_are_those_asked_for():
    for name in ("influxdb", "prometheus"):
        assert [panel["title"] for panel in panels(name)] == [
            "Auth + execute", "Execute again", "Channel read", "Close + exit status", "Total", "CPU",
            "Memory"]


def test_prometheus_finds_what_its_dashboard_shows():
    sink = Prometheus(("127.0.0.1", 0))
    record([sink])
    lines = get(f"http://127.0.0.1:{sink.port}/metrics").splitlines()
    sink.close()
    served = dict(line.split(" ") for line in lines if not line.startswith("#"))
    for panel in panels("prometheus"):
        for target in panel["targets"]:
            assert target["expr"] in served
    assert float(served["muster_cpu_cores"]) == 0.5


@needs("promtool", "prometheus")
@pytest.mark.parametrize("arguments, text", [
    (["check", "config", os.path.join(MONITORING, "prometheus.yml")], ""),
    (["check", "metrics"], exposition({("total", "mean_seconds"): 1.5, ("cpu", "cores"): 1}))])
def test_promtool_agrees(arguments, text):
    done = subprocess.run(["promtool", *arguments], input=text, capture_output=True, text=True,
                          check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def compose_file():
    return yaml.safe_load(read(os.path.join(MONITORING, "compose.yaml")))


def test_what_is_mounted_is_there():
    named = compose_file()["volumes"]
    for service in compose_file()["services"].values():
        for volume in service["volumes"]:
            source = volume.split(":")[0]
            assert source in named or os.path.exists(os.path.join(MONITORING, source)), volume


def test_nothing_listens_beyond_loopback():
    text = "".join(read(os.path.join(MONITORING, name)) for name in ("compose.yaml", "influxdb.conf"))
    listening = [line for line in text.splitlines()
                 if any(word in line for word in ("bind-address", "listen-address", "HTTP_ADDR"))]
    assert len(listening) == 5 and all("127.0.0.1" in line for line in listening), listening


def compose_command():
    for command in (["docker", "compose"], ["docker-compose"]):
        if shutil.which(command[0]) and subprocess.run(
                [*command, "version"], capture_output=True, check=False).returncode == 0:
            return command
    return None


def test_docker_compose_accepts_the_file():
    command = compose_command()
    if not command:
        pytest.skip("docker has no compose here")
    done = subprocess.run([*command, "-f", os.path.join(MONITORING, "compose.yaml"), "config", "-q"],
                          capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_addresses_of_options():
    assert address_of("127.0.0.1:2003") == ("127.0.0.1", 2003)
    assert address_of(":2003") == ("127.0.0.1", 2003)
    assert address_of("[::1]:2003") == ("::1", 2003)


def test_a_broken_connection_does_not_end_the_benchmark(capfd):
    with socket.create_server(("127.0.0.1", 0)) as server:
        sink = Graphite(server.getsockname())
        server.accept()[0].close()
    wait_for(lambda: sink.send({("run", "concurrency"): 1}, NOW) or "Graphite" in capfd.readouterr().err)
    sink.send({("run", "concurrency"): 1}, NOW)
    sink.close()
