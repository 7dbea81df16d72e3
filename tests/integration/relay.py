"""What netcat does, for a ProxyCommand: `relay.py HOST PORT`."""

import os
import socket
import sys
import threading

# As ssh_config has it.
RELAY = f"{sys.executable} -ES {os.path.abspath(__file__)}"


def main():
    try:
        peer = socket.create_connection((sys.argv[1], int(sys.argv[2])))
    except OSError as error:
        sys.exit(f"relay: {error.strerror}")

    def send():
        while data := os.read(0, 65536):
            peer.sendall(data)
        peer.shutdown(socket.SHUT_WR)
    threading.Thread(target=send, daemon=True).start()
    while data := peer.recv(65536):
        os.write(1, data)


if __name__ == "__main__":
    main()
