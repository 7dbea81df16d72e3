"""A server behind a slow link."""

import socket
import subprocess
import threading
import time

from peers import Peer

CHUNK = 4096
BUFFER = 16384


class SlowSshd(Peer):
    """As the fleet's first server. What comes back from it passes at `rate` bytes a second, and little of it
    is in the kernel's buffers: the rest waits in sshd, while what sshd says of the command overtakes it."""

    def __init__(self, fleet, rate):
        server = fleet.servers[0]
        self._rate = rate
        self._log = server.log
        self._program = [*fleet.account.wrap, "/usr/sbin/sshd", "-i", "-e", "-f", server.config]
        super().__init__(self._forward)
        with open(fleet.known_hosts, "a", encoding="utf-8") as file:
            file.write(server.known_hosts_line("127.*").replace(str(server.port), str(self.port)))

    def _forward(self, connection, _stopped):
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, BUFFER)
        near, far = self._pair()
        with near, far, open(self._log, "ab") as log:
            process = subprocess.Popen(self._program, stdin=far, stdout=far, stderr=log)
            far.close()
            threading.Thread(target=self._pump, args=[connection, near], daemon=True).start()
            self._trickle(near, connection)
            process.wait()

    @staticmethod
    def _pair():
        """A connection with small buffers, towards us."""
        with socket.create_server(("127.0.0.1", 0)) as listener:
            near = socket.socket()
            near.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, BUFFER)  # before it is announced
            near.connect(listener.getsockname())
            far, _ = listener.accept()
        far.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, BUFFER)
        return near, far

    def _trickle(self, source, sink):
        due = time.monotonic()
        try:
            while data := source.recv(CHUNK):
                due = max(due, time.monotonic()) + len(data) / self._rate
                time.sleep(max(0, due - time.monotonic()))
                sink.sendall(data)
        except OSError:
            pass
        self._end(source, sink)

    def _pump(self, source, sink):
        try:
            while data := source.recv(65536):
                sink.sendall(data)
        except OSError:
            pass
        self._end(source, sink)

    @staticmethod
    def _end(*ends):
        for end in ends:
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
