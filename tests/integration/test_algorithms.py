"""Servers that have little to choose from: each is met by what it has, or it is said what it lacks."""

import pytest

import peers
from fleet import Fleet
from programs import Daemon, Muster

TAKEN = [
    "KexAlgorithms diffie-hellman-group14-sha256",
    "KexAlgorithms diffie-hellman-group16-sha512",
    "KexAlgorithms diffie-hellman-group18-sha512",
    "KexAlgorithms diffie-hellman-group-exchange-sha256",
    "KexAlgorithms ecdh-sha2-nistp521",
    "Ciphers aes128-ctr\nMACs hmac-sha1",
    "Ciphers aes256-ctr\nMACs hmac-sha1-etm@openssh.com",
    "Ciphers aes256-ctr\nMACs hmac-sha2-512",
    "Ciphers chacha20-poly1305@openssh.com",
]
# What each shows, and what would help.
REFUSED = [
    ("KexAlgorithms diffie-hellman-group1-sha1", ["no key exchange in common", "SHA-1"]),
    ("KexAlgorithms sntrup761x25519-sha512@openssh.com", ["libssh 0.12"]),
    ("Ciphers aes256-cbc", ["no cipher in common: the server has aes256-cbc", "Ciphers in its"]),
    ("Ciphers aes128-ctr\nMACs umac-64@openssh.com", ["no MAC in common", "MACs in its"]),
]


def run_on(config, *command):
    with Fleet() as fleet, Daemon() as daemon:
        fleet.start(config=config.split("\n"))
        muster = Muster(daemon, fleet)
        _, ends = muster.outcomes("127.0.0.[1-4]", *command)
        return list(ends.values())


@pytest.mark.parametrize("config", TAKEN)
def test_what_is_taken(config):
    assert {end["state"] for end in run_on(config, "echo hello")} == {"HOST_STATE_SUCCEEDED"}


@pytest.mark.parametrize("config,texts", REFUSED, ids=[config for config, _ in REFUSED])
def test_what_is_not(config, texts):
    for end in run_on(config, "true"):
        assert (end["state"], end["cause"]) == ("HOST_STATE_UNREACHABLE", "CAUSE_PROTOCOL")
        assert all(text in end["message"] for text in texts), end["message"]


def test_a_slow_key_exchange_goes_on_anew(tmp_path):
    """By the server's wish, in the middle of the output."""
    with Fleet() as fleet, Daemon() as daemon:
        fleet.start(config=["KexAlgorithms diffie-hellman-group16-sha512", "RekeyLimit 32M"])
        result = Muster(daemon, fleet).run("127.0.0.1", "head -c 100000000 /dev/zero | tr '\\0' x")
        assert result.code == 0, result.err
        assert result.out.count(b"x") == 100000000


def test_no_compression_is_offered(muster):
    """It would let a server make us unpack much from little."""
    with peers.Peer(peers.offers) as peer:
        muster.outcomes(f"127.0.0.1:{peer.port}", "true", options=["--connect-timeout", "1s"])
    assert b"curve25519-sha256" in peers.offers.seen
    assert b"zlib" not in peers.offers.seen
