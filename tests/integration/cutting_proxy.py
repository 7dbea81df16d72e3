"""Stands before a daemon's unix socket, and cuts its connections."""

import os
import random
import socket
import tempfile
import threading


class CuttingProxy:
    """Cuts each of the first `cuts` connections once some thousand bytes have come back on it. What
    has gathered meanwhile may be one message, which has to pass whole: where one was cut in its first
    pieces, the next gets further."""

    def __init__(self, server, cuts, seed=4):
        self._server, self._left, self._random = server, cuts, random.Random(seed)
        self._folder = tempfile.TemporaryDirectory(prefix="proxy.")
        path = os.path.join(self._folder.name, "s")
        self.address = f"unix:{path}"
        self._stalled = False
        self.cuts = cuts
        self.cut = 0
        self._lock = threading.Lock()
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(path)
        self._listener.listen(64)
        threading.Thread(target=self._loop, daemon=True).start()

    def _loop(self):
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            with self._lock:
                budget = self._next_budget()
            threading.Thread(target=self._serve, args=[client, budget], daemon=True).start()

    def _next_budget(self):
        self._left -= 1
        if self._left < 0:
            return None
        return self._random.randrange(3000, 6000) * (10 if self._stalled else 1)

    def _serve(self, client, budget):
        server = socket.socket(socket.AF_UNIX)
        server.connect(self._server)
        threading.Thread(target=self._pump, args=[client, server], daemon=True).start()
        pieces = self._pump(server, client, budget)
        with self._lock:
            self.cut += pieces > 0
            self._stalled = 0 < pieces < 5

    @staticmethod
    def _pump(source, sink, budget=None):
        """In how many pieces the budget was used up; 0: it was not. A part of what is over it still goes."""
        passed = pieces = 0
        try:
            while data := source.recv(65536):
                pieces += 1
                if budget is not None and passed + len(data) > budget:
                    sink.sendall(data[:budget - passed])
                    break
                sink.sendall(data)
                passed += len(data)
            else:
                pieces = 0
        except OSError:
            pieces = 0  # an end has gone
        for end in (source, sink):
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
        return pieces

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._listener.close()
        self._folder.cleanup()
