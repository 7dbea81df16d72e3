"""What this machine does without Muster: goals are multiples of it, so that they ask the same of a fast
machine and a slow one.

CPU time, not wall, so that what else the machine does counts little. Its speed may change from minute to
minute all the same: the reference is measured before each section.
"""

import collections
import statistics
import subprocess
import time

# openssl-speed(1): -mr is for programs; -seconds, of each measurement.
SPEED = ["openssl", "speed", "-mr", "-seconds", "1"]
BLOCK = 32768  # bytes of data in a packet of SSH
COPIED = 64 << 20  # more than caches hold


class Reference(collections.namedtuple("Reference", "derive sign verify decrypt copy")):
    """Seconds of an X25519 derivation, an Ed25519 signature and its verification; bytes in a second of
    AES-128-GCM, which is what Muster asks for first, and of memory that is copied."""

    @property
    def handshake_ms(self):
        """Of public-key arithmetic that no client of curve25519 and ssh-ed25519 can do without: its key
        and the common secret, its signature, the host's to verify. As OpenSSL does it; Muster has
        Ed25519 from libsodium, which takes half."""
        return (2 * self.derive + self.sign + self.verify) * 1000

    @property
    def bulk_mb(self):
        """Megabytes in a second that are decrypted, and copied once."""
        return 1 / (1 / self.decrypt + 1 / self.copy) / 1e6

    def row(self):
        return {"X25519 µs": self.derive * 1e6, "Ed25519 sign µs": self.sign * 1e6,
                "verify µs": self.verify * 1e6, "handshake ms": self.handshake_ms,
                "AES-128-GCM MB/s": self.decrypt / 1e6, "copy MB/s": self.copy / 1e6,
                "bulk MB/s": self.bulk_mb}


def rates(text):
    """What is done in a second, from what `openssl speed -mr` prints: lines such as
    +F5:22:253:31571.4:0.000032           ECDH: operations in a second, seconds of one
    +F6:0:253:Ed25519:26802.4:9733.3      signatures and verifications in a second
    +F:25:AES-128-GCM:4567422293.33       bytes in a second, for each size of block
    """
    found = {}
    for line in text.splitlines():
        kind, *fields = line.split(":")
        if kind == "+F5":
            found["derive"] = float(fields[2])
        elif kind == "+F6":
            found["sign"], found["verify"] = map(float, fields[3:5])
        elif kind == "+F":
            found["decrypt"] = float(fields[2])
    missing = {"derive", "sign", "verify", "decrypt"} - found.keys()
    if missing or not all(found.values()):
        raise ValueError(f"openssl speed -mr said nothing of {sorted(missing) or found}, but: {text!r}")
    return found


def copied():
    """Bytes that are copied in a second."""
    source, target = bytes(b"\x5a" * COPIED), memoryview(bytearray(COPIED))
    seconds = []
    for _ in range(5):
        start = time.process_time()
        target[:] = source
        seconds.append(time.process_time() - start)
    return COPIED / statistics.median(seconds)


def speed(*what):
    done = subprocess.run([*SPEED, *what], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise ValueError(f"{' '.join(done.args)}: status {done.returncode}: {done.stderr[-500:]}")
    return done.stdout


def measure():
    """Some five seconds."""
    done = rates(speed("ecdhx25519", "ed25519")
                 + speed("-evp", "aes-128-gcm", "-decrypt", "-bytes", str(BLOCK)))
    return Reference(1 / done["derive"], 1 / done["sign"], 1 / done["verify"], done["decrypt"], copied())
