"""Certificates for daemons and their callers."""

import subprocess

import grpc

from fleet import read, write


class Authority:
    """Issues certificates with openssl."""

    def __init__(self, folder, name="test authority"):
        self.folder = folder
        self.certificate = f"{folder}/ca.pem"
        self._openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-keyout",
                      f"{folder}/ca.key", "-out", self.certificate, "-subj", f"/CN={name}")

    def issue(self, name, subject=None, alternative_names=None, days=2):
        """Of the DNS name `name`, or of other names (openssl's subjectAltName; "": none). With days=0 it
        expires within a second."""
        base = f"{self.folder}/{name}"
        if alternative_names is None:
            alternative_names = f"DNS:{name},IP:127.0.0.1"
        write(f"{base}.ext", f"subjectAltName={alternative_names}\n" if alternative_names else "")
        self._openssl("req", "-newkey", "rsa:2048", "-nodes", "-keyout", f"{base}.key", "-out",
                      f"{base}.csr", "-subj", subject or f"/CN={name}")
        self._openssl("x509", "-req", "-in", f"{base}.csr", "-CA", self.certificate, "-CAkey",
                      f"{self.folder}/ca.key", "-CAcreateserial", "-out", f"{base}.pem", "-days",
                      str(days), "-extfile", f"{base}.ext")
        return f"{base}.pem", f"{base}.key"

    def channel(self, address, pair, **options):
        """To a daemon, by the holder of a certificate and its key."""
        certificate, key = (read(path).encode() for path in pair)
        root = read(self.certificate).encode()
        credentials = grpc.ssl_channel_credentials(root, key, certificate)
        return grpc.secure_channel(address, credentials, [
            ("grpc.use_local_subchannel_pool", 1), *options.items()])

    @staticmethod
    def _openssl(*args):
        subprocess.run(["openssl", *args], check=True, capture_output=True)
