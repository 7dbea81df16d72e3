"""A certificate authority."""

import subprocess

from fleet import write


class Authority:
    """Issues certificates with openssl."""

    def __init__(self, folder, name="test authority"):
        self.folder = folder
        self.certificate = f"{folder}/ca.pem"
        self._openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", f"{folder}/ca.key",
                      "-out", self.certificate, "-days", "2", "-subj", f"/CN={name}")

    def issue(self, name, alternatives="", days=2):
        """The paths of a certificate and its key. With days=0 it expires within a second."""
        base = f"{self.folder}/{name}"
        write(f"{base}.ext", f"subjectAltName={alternatives or f'DNS:{name},IP:127.0.0.1'}\n")
        self._openssl("req", "-newkey", "rsa:2048", "-nodes", "-keyout", f"{base}.key", "-out",
                      f"{base}.csr", "-subj", f"/CN={name}")
        self._openssl("x509", "-req", "-in", f"{base}.csr", "-CA", self.certificate, "-CAkey",
                      f"{self.folder}/ca.key", "-CAcreateserial", "-out", f"{base}.pem", "-days",
                      str(days), "-extfile", f"{base}.ext")
        return f"{base}.pem", f"{base}.key"

    @staticmethod
    def _openssl(*args):
        subprocess.run(["openssl", *args], check=True, capture_output=True)
