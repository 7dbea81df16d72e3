"""The delay proxy delays, and changes nothing else."""

import os
import socket
import sys
import threading
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from delay_proxy import DelayProxy  # pylint: disable=wrong-import-position


def echo(listener):
    while True:
        try:
            connection, _ = listener.accept()
        except OSError:
            return
        with connection:
            while data := connection.recv(65536):
                connection.sendall(data)


def exchange(port, data):
    """What comes back until the end."""
    with socket.create_connection(("127.0.5.6", port)) as client:
        sender = threading.Thread(target=lambda: (client.sendall(data),
                                                  client.shutdown(socket.SHUT_WR)))
        sender.start()
        back = b"".join(iter(lambda: client.recv(65536), b""))
        sender.join()
    return back


def test_bytes_and_ends_pass_in_order_and_late():
    with socket.create_server(("0.0.0.0", 0)) as listener:
        threading.Thread(target=echo, args=[listener], daemon=True).start()
        data = os.urandom(9 << 20)
        with DelayProxy(listener.getsockname()[1], 0.1) as proxy:
            begin = time.monotonic()
            assert exchange(proxy.port, b"hello") == b"hello"
            # The connection's round trip, and that of the bytes: never earlier.
            assert time.monotonic() - begin >= 0.2
            assert exchange(proxy.port, data) == data
        listener.shutdown(socket.SHUT_RDWR)


def test_nobody_there_is_an_end():
    with socket.create_server(("0.0.0.0", 0)) as unused:
        port = unused.getsockname()[1]
    with DelayProxy(port, 0.01) as proxy:
        assert exchange(proxy.port, b"") == b""
