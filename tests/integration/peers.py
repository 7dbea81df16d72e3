"""Servers that are no SSH servers, or bad ones."""

import socket
import struct
import threading


class Peer:
    """Listens on loopback and gives each connection to `serve`, on a thread of its own."""

    def __init__(self, serve, address="127.0.0.1"):
        self._serve = serve
        self._stopped = threading.Event()
        self._listener = socket.create_server((address, 0), backlog=128)
        self.port = self._listener.getsockname()[1]
        self._connections = []
        self.accepted = threading.Event()
        threading.Thread(target=self._loop, daemon=True).start()

    def _loop(self):
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self._connections.append(connection)
            self.accepted.set()
            threading.Thread(target=self._run, args=[connection], daemon=True).start()

    def _run(self, connection):
        try:
            self._serve(connection, self._stopped)
        except OSError:
            pass  # the other side went

    def connections(self):
        return len(self._connections)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._stopped.set()
        self._listener.close()
        for connection in self._connections:
            connection.close()


def silent(_connection, stopped):
    stopped.wait()


def garbage(connection, _stopped):
    connection.sendall(bytes(range(256)) * 64 + b"\n")
    connection.recv(1)


def endless_banner(connection, stopped):
    while not stopped.is_set():
        connection.sendall(b"welcome to this fine machine\r\n" * 100)


def endless_banner_without_lines(connection, stopped):
    while not stopped.is_set():
        connection.sendall(b"x" * 4096)


def closed_at_once(connection, _stopped):
    connection.close()


def penalizing(connection, _stopped):
    """As sshd 9.8 and later; drop_connection, sshd.c."""
    connection.sendall(b"Not allowed at this time\r\n")
    connection.close()


def reset_in_handshake(connection, _stopped):
    connection.sendall(b"SSH-2.0-OpenSSH_9.2\r\n")
    connection.recv(4096)
    # Linger of zero: close sends RST.
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def silent_after_banner(connection, stopped):
    connection.sendall(b"SSH-2.0-OpenSSH_9.2\r\n")
    stopped.wait()


def offers(connection, stopped):
    """Keeps what the client offers, in clear."""
    connection.sendall(b"SSH-2.0-OpenSSH_9.2\r\n")
    offers.seen = b""
    while data := connection.recv(4096):
        offers.seen += data
    stopped.wait()


def old_protocol(connection, stopped):
    connection.sendall(b"SSH-1.5-old\r\n")
    stopped.wait()


def http(connection, _stopped):
    connection.recv(4096)
    connection.sendall(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
    connection.close()


class Proxy(Peer):
    """Stands before a server. Its connections can be cut, or frozen: open, but nothing passes."""

    def __init__(self, port, address="127.0.0.1"):
        self._port = port
        self._moving = threading.Event()
        self._moving.set()
        self.count = 0
        super().__init__(self._forward, address)

    def _forward(self, connection, _stopped):
        self.count += 1
        with socket.create_connection(("127.0.0.1", self._port)) as server:
            self._connections.append(server)
            back = threading.Thread(target=self._pump, args=[server, connection], daemon=True)
            back.start()
            self._pump(connection, server)
            back.join()

    def _pump(self, source, sink):
        moving = self._moving
        try:
            while data := source.recv(65536):
                moving.wait()
                sink.sendall(data)
        except OSError:
            pass
        for end in (source, sink):
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def cut(self):
        for connection in self._connections:
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def freeze(self):
        """Those that are open; later ones pass."""
        self._moving.clear()
        self._moving = threading.Event()
        self._moving.set()
