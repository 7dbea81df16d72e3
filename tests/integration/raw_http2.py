"""HTTP/2 as gRPC speaks it, by hand: for peers that do what no library does (RFC 9113)."""

import socket
import struct
import threading
import time

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
DATA, HEADERS, SETTINGS, PING, GOAWAY, WINDOW_UPDATE = 0, 1, 4, 6, 7, 8
END_STREAM, ACK, END_HEADERS = 1, 1, 4
ENHANCE_YOUR_CALM = 11


def frame(kind, flags=0, stream=0, payload=b""):
    return (len(payload).to_bytes(3, "big") + bytes([kind, flags]) + stream.to_bytes(4, "big") +
            payload)


def _literal(name, value):
    """RFC 7541, 6.2.2: neither indexed nor Huffman-coded."""
    assert len(name) < 127 and len(value) < 127
    return bytes([0, len(name)]) + name.encode() + bytes([len(value)]) + value.encode()


class RawConnection(threading.Thread):
    """To a daemon's unix socket. Notes what it is sent, until the daemon closes; what it is asked, it
    answers only where `answers`."""

    def __init__(self, path, answers):
        super().__init__(daemon=True)
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.connect(path)
        self._answers = answers
        self._lock = threading.Lock()
        self.pings = 0         # of the daemon
        self.data = b""        # of all streams
        self.goaway = None     # the error code
        self.acknowledged = 0  # of our pings
        self.closed = None     # when, in time.monotonic()
        self._send(PREFACE + frame(SETTINGS))
        self.start()

    def call(self, path, message):
        """Begins a call with this request; once for each connection."""
        fields = {":method": "POST", ":scheme": "http", ":path": path, ":authority": "localhost",
                  "content-type": "application/grpc", "te": "trailers"}
        headers = b"".join(_literal(*field) for field in fields.items())
        self._send(frame(HEADERS, END_HEADERS, 1, headers) +
                   frame(DATA, END_STREAM, 1, struct.pack(">BI", 0, len(message)) + message))

    def ping(self):
        self._send(frame(PING, payload=bytes(8)))

    def close(self):
        self._socket.close()

    def _send(self, data):
        with self._lock:
            try:
                self._socket.sendall(data)
            except OSError:
                pass  # the reader finds it closed

    def run(self):
        received = b""
        while data := self._receive():
            received += data
            while len(received) >= 9 and len(received) >= 9 + int.from_bytes(received[:3], "big"):
                end = 9 + int.from_bytes(received[:3], "big")
                self._take(received[3], received[4], received[9:end])
                received = received[end:]
        self.closed = time.monotonic()

    def _receive(self):
        try:
            return self._socket.recv(65536)
        except OSError:
            return b""

    def _take(self, kind, flags, payload):
        if kind == DATA:
            self.data += payload
        elif kind == GOAWAY:
            self.goaway = int.from_bytes(payload[4:8], "big")
        elif kind == SETTINGS and not flags & ACK and self._answers:
            self._send(frame(SETTINGS, ACK))
        elif kind == PING and flags & ACK:
            self.acknowledged += 1
        elif kind == PING:
            self.pings += 1
            if self._answers:
                self._send(frame(PING, ACK, payload=payload))
