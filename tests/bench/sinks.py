"""Where measurements go while a benchmark runs: to Graphite's plaintext input, and to Prometheus,
which fetches the newest of each. A measurement is ("auth_execute", "mean_seconds"): 0.0123."""

import http.server
import socket
import sys
import threading


def address_of(text):
    """HOST:PORT, of an option."""
    host, _, port = text.rpartition(":")
    return host.strip("[]") or "127.0.0.1", int(port)


def graphite_lines(measurements, when):
    """When: seconds since 1970. Milliseconds matter: several points may fall into one second."""
    return "".join(f"muster.{key}.{field} {value:.9g} {when:.3f}\n"
                   for (key, field), value in measurements.items())


class Graphite:
    """Sends to one address over TCP. Any thread. When the connection breaks it says so, once, and
    the benchmark goes on."""

    def __init__(self, address):
        self._lock = threading.Lock()
        self._connection = socket.create_connection(address, 10)

    def send(self, measurements, when):
        with self._lock:
            if not self._connection:
                return
            try:
                self._connection.sendall(graphite_lines(measurements, when).encode())
            except OSError as error:
                sys.stderr.write(f"Graphite: {error}; sending no more.\n")
                self._connection = None

    def close(self):
        with self._lock:
            if self._connection:
                self._connection.close()


def exposition(measurements):
    """The newest values in Prometheus' text format."""
    lines = []
    for (key, field), value in sorted(measurements.items()):
        name = f"muster_{key}_{field}"
        lines.append(f"# HELP {name} Founding benchmark: {key}, {field}.\n# TYPE {name} gauge\n"
                     f"{name} {value:.9g}\n")
    return "".join(lines)


class Prometheus:
    """Serves /metrics until it is closed, with a thread of its own."""

    def __init__(self, address):
        self._lock = threading.Lock()
        self._newest = {}
        sink = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                text = sink.text().encode()
                self.send_response(200)
                self.send_header("Content-Type", "text/plain; version=0.0.4")
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

            def log_message(self, *_):
                pass

        self._server = http.server.ThreadingHTTPServer(address, Handler)
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def text(self):
        with self._lock:
            return exposition(self._newest)

    def send(self, measurements, _):
        with self._lock:
            self._newest.update(measurements)

    def close(self):
        self._server.shutdown()
        self._server.server_close()
