"""A Kerberos realm of one's own: a KDC (MIT's) on loopback, its keys and tickets in a folder."""

import os
import shutil
import subprocess
import time

from fleet import free_port, write

REALM = "TEST.MUSTER"
KDC = "/usr/sbin/krb5kdc"
PASSWORD = "canary-of-the-realm"


def is_here():
    return os.path.exists(KDC) and os.path.exists("/usr/sbin/kadmin.local") and shutil.which("kinit")


class Realm:
    """With a principal for `user`. Ends with stop(); use it in a `with` statement."""

    def __init__(self, folder, user, hosts):
        self.folder = str(folder)
        self.user = f"{user}@{REALM}"
        self.config = f"{self.folder}/krb5.conf"
        self.keytab = f"{self.folder}/host.keytab"
        self.env = {"KRB5_CONFIG": self.config, "KRB5_KDC_PROFILE": f"{self.folder}/kdc.conf"}
        self._write_config(free_port())
        self._run("kdb5_util", "create", "-s", "-r", REALM, "-P", "master")
        self.add(user)
        for host in hosts:
            self._ask_database(f"addprinc -randkey host/{host}@{REALM}")
            self._ask_database(f"ktadd -k {self.keytab} host/{host}@{REALM}")
        self.process = self._start()

    def _write_config(self, port):
        write(self.config, f"""
[libdefaults]
  default_realm = {REALM}
  dns_lookup_kdc = false
  dns_lookup_realm = false
  dns_canonicalize_hostname = false
  rdns = false
[realms]
  {REALM} = {{
    kdc = 127.0.0.1:{port}
  }}
""")
        write(self.env["KRB5_KDC_PROFILE"], f"""
[kdcdefaults]
  kdc_listen = 127.0.0.1:{port}
  kdc_tcp_listen = 127.0.0.1:{port}
[realms]
  {REALM} = {{
    database_name = {self.folder}/principal
    key_stash_file = {self.folder}/stash
    acl_file = {self.folder}/acl
  }}
[logging]
  kdc = FILE:{self.folder}/kdc.log
""")

    def _run(self, program, *args):
        subprocess.run([f"/usr/sbin/{program}", *args], env={**os.environ, **self.env}, check=True,
                       capture_output=True)

    def _ask_database(self, query):
        self._run("kadmin.local", "-r", REALM, "-q", query)

    def _start(self):
        process = subprocess.Popen([KDC, "-n", "-r", REALM], env={**os.environ, **self.env},
                                   stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                   stderr=subprocess.DEVNULL)
        for _ in range(500):
            if process.poll() is not None:
                raise RuntimeError("the KDC has ended")
            try:
                self.tickets("first")
                return process
            except subprocess.CalledProcessError:
                time.sleep(0.02)
        raise RuntimeError("the KDC does not answer")

    def add(self, user):
        self._ask_database(f"addprinc -pw {PASSWORD} {user}@{REALM}")

    def tickets(self, name, lifetime="1h", user=None):
        """Gets a ticket with kinit, of another user where one is named; the cache, as KRB5CCNAME names it."""
        cache = f"FILE:{self.folder}/{name}"
        subprocess.run(["kinit", "-f", "-l", lifetime, "-c", cache,
                        f"{user}@{REALM}" if user else self.user], check=True,
                       input=PASSWORD + "\n", text=True, env={**os.environ, **self.env},
                       capture_output=True)
        return cache

    def stop(self):
        self.process.terminate()
        self.process.wait()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()
