"""Which addresses are hosts, and what each of them must answer."""

import collections
import functools
import hashlib

BLOCK = 250  # hosts in one 127.NET.BLOCK.0/24
MOST = 62500  # in one net


class Hosts:
    """`count` addresses of 127.`net`.0.0/16: any address of 127.0.0.0/8 is a host. Multiples of 250,
    or fewer than that, so that the expression is short."""

    def __init__(self, net, count):
        assert count < BLOCK or count % BLOCK == 0 and count <= MOST, count
        self.count = count
        blocks, last = max(1, count // BLOCK), min(count, BLOCK)
        self.expression = f"127.{net}.[0-{blocks - 1}].[1-{last}]"
        self.addresses = [f"127.{net}.{block}.{host}" for block in range(blocks)
                          for host in range(1, last + 1)]

    def __len__(self):
        return self.count


@functools.lru_cache(maxsize=None)
def expected(address, size):
    """(digest, size) of what `out SIZE` prints there."""
    from sim import expected_output  # built only where it is needed
    text = expected_output(address, size)
    return hashlib.sha256(text).hexdigest(), len(text)


NOTHING = hashlib.sha256(b"").hexdigest(), 0


def wrong_hosts(decoded, hosts, size):
    """How many did not succeed with exactly the output that they should have given, by how they
    ended."""
    wrong = collections.Counter()
    for address in hosts.addresses:
        host = decoded.get(address)
        right = expected(address, size) if size else NOTHING
        if host is None:
            wrong["missing"] += 1
        elif host.state != "SUCCEEDED":
            wrong[f"{host.state} {host.cause}"] += 1
        elif (host.digest, host.size) != right:
            wrong["other output"] += 1
    return wrong
