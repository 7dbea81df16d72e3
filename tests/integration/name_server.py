"""A name server that answers as a test says."""

import socket
import struct
import threading
import time

A, AAAA = 1, 28
NXDOMAIN, SERVFAIL, REFUSED = 3, 2, 5


class NameServer:
    """Over UDP, in a thread. `names` maps a name to what it has: {A: ["192.0.2.1"], AAAA: DROP}; to a
    number of an error (RFC 1035, 4.1.1); or to a list of such, one for each time that it is asked for,
    the last for ever. A list of addresses may be empty. What is not there is NXDOMAIN."""

    DROP = "drop"  # no answer at all

    def __init__(self, address, names, delay=0.0):
        self.names = names
        self.delay = delay
        self.asked = []  # (name, type)
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind((address, 53))
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        while True:
            query, sender = self._socket.recvfrom(4096)
            answer = self._answer(query)
            if answer:
                time.sleep(self.delay)
                self._socket.sendto(answer, sender)

    def _answer(self, query):
        end = query.index(b"\0", 12)
        labels, at = [], 12
        while at < end:
            labels.append(query[at + 1:at + 1 + query[at]].decode())
            at += 1 + query[at]
        kind, = struct.unpack_from("!H", query, end + 1)
        name = ".".join(labels).lower()
        self.asked.append((name, kind))
        has = self.names.get(name, NXDOMAIN)
        if isinstance(has, list):
            has = has.pop(0) if len(has) > 1 else has[0]
        records = [] if isinstance(has, int) else has.get(kind, [])
        if records == self.DROP:
            return None
        family = socket.AF_INET if kind == A else socket.AF_INET6
        data = [socket.inet_pton(family, text) for text in records]
        header = query[:2] + struct.pack("!HHHHH", 0x8180 | (has if isinstance(has, int) else 0),
                                         1, len(data), 0, 0)
        body = b"".join(b"\xc0\x0c" + struct.pack("!HHIH", kind, 1, 1, len(one)) + one
                        for one in data)
        return header + query[12:end + 5] + body
