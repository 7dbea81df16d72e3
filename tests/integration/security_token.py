"""An ssh-agent with a FIDO key, whose security token this is: sk-ssh-ed25519@openssh.com (PROTOCOL.u2f)."""

import base64
import hashlib
import os
import socket
import struct
import subprocess
import threading

TYPE = b"sk-ssh-ed25519@openssh.com"
APPLICATION = b"ssh:"
TOUCHED = 1  # a person has


def string(data):
    return struct.pack(">I", len(data)) + data


def strings(data):
    while data:
        size, = struct.unpack(">I", data[:4])
        yield data[4:4 + size]
        data = data[4 + size:]


class SecurityToken:
    """An agent behind the socket `path`. Ends with stop()."""

    def __init__(self, folder):
        self.path = os.path.join(folder, "token")
        self._key = os.path.join(folder, "token.pem")
        self._data = os.path.join(folder, "signed")
        subprocess.run(["openssl", "genpkey", "-algorithm", "ed25519", "-out", self._key], check=True)
        public = subprocess.run(["openssl", "pkey", "-in", self._key, "-pubout", "-outform", "DER"],
                                check=True, capture_output=True).stdout[-32:]
        self.blob = string(TYPE) + string(public) + string(APPLICATION)
        self.line = f"{TYPE.decode()} {base64.b64encode(self.blob).decode()} token\n"
        self.signatures = 0
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(self.path)
        self._listener.listen()
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            with connection, connection.makefile("rb") as requests:
                while size := requests.read(4):
                    request = requests.read(struct.unpack(">I", size)[0])
                    connection.sendall(string(self._answer(request)))

    def _answer(self, request):
        if request[0] == 11:  # SSH_AGENTC_REQUEST_IDENTITIES
            return bytes([12]) + struct.pack(">I", 1) + string(self.blob) + string(b"token")
        if request[0] == 13:  # SSH_AGENTC_SIGN_REQUEST
            key, data = list(strings(request[1:-4]))
            if key == self.blob:
                return bytes([14]) + string(self._sign(data))
        return bytes([5])  # SSH_AGENT_FAILURE

    def _sign(self, data):
        self.signatures += 1
        state = bytes([TOUCHED]) + struct.pack(">I", self.signatures)
        with open(self._data, "wb") as file:
            file.write(hashlib.sha256(APPLICATION).digest() + state + hashlib.sha256(data).digest())
        signature = subprocess.run(["openssl", "pkeyutl", "-sign", "-rawin", "-inkey", self._key, "-in",
                                    self._data], check=True, capture_output=True).stdout
        return string(TYPE) + string(signature) + state

    def stop(self):
        self._listener.close()
