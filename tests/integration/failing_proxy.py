"""Stands between a client and a daemon as a proxy that speaks gRPC does, and breaks calls with statuses."""

import concurrent.futures
import os
import tempfile
import threading

import grpc

UNLIMITED = [("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1)]


class FailingProxy(grpc.GenericRpcHandler):
    """The first calls of each method in `codes` end with these codes, one after the other: a stream behind
    its first message, any other call in place of its answer, after the daemon has done what it asked."""

    def __init__(self, server, codes):
        self._left = {method: list(each) for method, each in codes.items()}
        self._lock = threading.Lock()
        self._folder = tempfile.TemporaryDirectory(prefix="proxy.")
        self.address = f"unix:{os.path.join(self._folder.name, 's')}"
        self._channel = grpc.insecure_channel(server, UNLIMITED)
        self._server = grpc.server(concurrent.futures.ThreadPoolExecutor(16), [self], options=UNLIMITED)
        self._server.add_insecure_port(self.address)
        self._server.start()

    def left(self):
        """What it has not failed with yet."""
        with self._lock:
            return {method: codes for method, codes in self._left.items() if codes}

    def _next_code(self, method):
        with self._lock:
            codes = self._left.get(method.rsplit("/", 1)[1])
            return codes.pop(0) if codes else None

    def service(self, handler_call_details):
        method = handler_call_details.method
        # On the wire, one message is a stream of one.
        forward = self._channel.stream_stream(method)

        def serve(requests, context):
            code = self._next_code(method)
            answers = forward(requests)
            context.add_callback(answers.cancel)
            try:
                first = next(answers)
                if code and "Watch" in method:
                    yield first
                if code:
                    context.abort(code, "the proxy broke it")
                yield first
                yield from answers
            except grpc.RpcError as error:
                context.abort(error.code(), error.details())
        return grpc.stream_stream_rpc_method_handler(serve)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._server.stop(grace=None).wait()
        self._channel.close()
        self._folder.cleanup()
