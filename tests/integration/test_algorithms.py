"""Servers that have little to choose from: each is met by what it has, or it is said what it lacks."""

import ctypes

import pytest

import peers
from fleet import Fleet, make_key, read, write
from programs import Daemon, Muster

def has_libssh(version):
    library = ctypes.CDLL("libssh.so.4")
    library.ssh_version.restype = ctypes.c_char_p
    return library.ssh_version(version) is not None


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
# Of the library that the daemon has (tests/libssh_next.sh has another).
LIBSSH_0_12 = has_libssh(0x000C00)
SNTRUP = "KexAlgorithms sntrup761x25519-sha512@openssh.com"
TAKEN += [SNTRUP] if LIBSSH_0_12 else []
# What each shows, and what would help.
REFUSED = [
    ("KexAlgorithms diffie-hellman-group1-sha1", ["no key exchange in common", "SHA-1"]),
    ("Ciphers aes256-cbc", ["no cipher in common: the server has aes256-cbc", "Ciphers in its"]),
    ("Ciphers aes128-ctr\nMACs umac-64@openssh.com", ["no MAC in common", "MACs in its"]),
    *([] if LIBSSH_0_12 else [(SNTRUP, ["libssh 0.12"])]),
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


# Off by default, as with ssh: the server's settings, and what the user's ssh_config makes of it.
OLD = [
    ("KexAlgorithms diffie-hellman-group1-sha1", "KexAlgorithms +diffie-hellman-group1-sha1"),
    ("KexAlgorithms diffie-hellman-group-exchange-sha1",
     "KexAlgorithms +diffie-hellman-group-exchange-sha1"),
    ("Ciphers aes256-cbc", "Ciphers +aes256-cbc"),
    ("Ciphers 3des-cbc", "Ciphers 3des-*"),
]


def test_rsa_keys_are_as_long_as_ssh_config_wants_them():
    with Fleet() as fleet, Daemon() as daemon:
        fleet.start(host_key=make_key(fleet.folder + "/rsa", "rsa", options=["-b", "2048"]))
        muster = Muster(daemon, fleet)
        assert muster.outcomes("127.0.0.1", "true", options=["-o", "RequiredRSASize=2048"])[0] == 0
        _, ends = muster.outcomes("127.0.0.1", "true", options=["-o", "RequiredRSASize=2049"])
        end = ends["127.0.0.1"]
        assert end["state"] != "HOST_STATE_SUCCEEDED" and "less than 2049 bits" in end["message"], end


def test_keys_are_exchanged_anew_as_often_as_ssh_config_wants():
    with Fleet() as fleet, Daemon() as daemon:
        server = fleet.start(config=["LogLevel DEBUG1"])
        muster = Muster(daemon, fleet)
        result = muster("run", "-F", "none", "-o", "RekeyLimit=256K", *muster.login, "-t", "127.0.0.1",
                        "--no-prefix", "head -c 3000000 /dev/zero | tr '\\0' x; cat | wc -c", stdin=None, input=b"y" * 2_000_000)
        assert (result.code, len(result.out.strip())) == (0, 3_000_000 + len("2000000")), result.err
        assert read(server.log).count("SSH2_MSG_NEWKEYS received") > 4


@pytest.mark.parametrize("servers,used", [("yes", "zlib@openssh.com"), ("no", "none")])
def test_what_is_sent_is_compressed_where_ssh_config_wants_it(servers, used):
    with Fleet() as fleet, Daemon() as daemon:
        server = fleet.start(config=["LogLevel DEBUG1", f"Compression {servers}"])
        muster = Muster(daemon, fleet)
        result = muster("run", "-F", "none", "-o", "Compression=yes", *muster.login, "-t", "127.0.0.1",
                        "--no-prefix", "tr y z", stdin=None, input=b"y" * 1_000_000)
        assert (result.code, result.out.strip()) == (0, b"z" * 1_000_000), result.err
        assert f"compression: {used}" in read(server.log)


def test_keys_that_ssh_config_revokes_are_nobodys(tmp_path):
    with Fleet() as fleet, Daemon() as daemon:
        server = fleet.start()
        muster = Muster(daemon, fleet)
        key = server.known_hosts_line("x").split(" ", 1)[1]
        write(str(tmp_path / "revoked"), f"# lost\n{key}\n")
        _, ends = muster.outcomes("127.0.0.1", "true", options=["-o", f"RevokedHostKeys={tmp_path}/revoked"])
        end = ends["127.0.0.1"]
        assert end["state"] == "HOST_STATE_HOST_KEY_REJECTED" and f"{tmp_path}/revoked:2" in end["message"], end
        result = muster("run", "-t", "127.0.0.1", "-o", f"RevokedHostKeys={tmp_path}/none", *muster.login, "true")
        assert result.code != 0 and "there is no file" in result.err, result.err


@pytest.mark.parametrize("config,asked", OLD, ids=[asked for _, asked in OLD])
def test_old_servers_are_met_where_ssh_config_asks_for_it(config, asked, tmp_path):
    with Fleet() as fleet, Daemon() as daemon:
        fleet.start(config=config.split("\n"))
        muster = Muster(daemon, fleet)
        _, ends = muster.outcomes("127.0.0.1", "true")
        assert "ssh_config may add" in ends["127.0.0.1"]["message"]
        write(str(tmp_path / "config"), f"Host 127.0.0.[1-2]\nHost 127.0.0.*\n {asked}\n")
        options = ["-F", str(tmp_path / "config")]
        code, ends = muster.outcomes("127.0.0.[1-2]", "true", options=options)
        assert code == 0, ends


def test_what_ssh_config_takes_away(tmp_path):
    """And a session that was made with other algorithms is not used by who asked for these."""
    with Fleet() as fleet, Daemon() as daemon:
        server = fleet.start(config=["LogLevel DEBUG"])
        muster = Muster(daemon, fleet)
        assert muster.outcomes("127.0.0.1", "true")[0] == 0
        write(str(tmp_path / "config"), "Ciphers -*gcm*,chacha*\nMACs hmac-sha2-512,umac-64@openssh.com\n"
                                        "KexAlgorithms ecdh-sha2-nistp521\n")
        options = ["-F", str(tmp_path / "config")]
        result = muster("run", "-t", "127.0.0.1", *options, *muster.login, "true")
        assert result.code == 0, result.err
        assert "does not follow: MACs umac-64@openssh.com (every host)" in result.err
        log = read(server.log)
        assert "kex: algorithm: ecdh-sha2-nistp521" in log
        assert "cipher: aes256-ctr MAC: hmac-sha2-512" in log
        write(str(tmp_path / "config"), "Ciphers aes128-gcm@openssh.com\nMACs umac-64@openssh.com\n")
        result = muster("run", "-t", "127.0.0.1", *options, *muster.login, "true")
        assert "MACs umac-64@openssh.com leaves nothing" in result.err, result.err


def test_keys_that_ssh_config_does_not_want_are_not_offered(tmp_path):
    with Fleet() as fleet, Daemon() as daemon:
        fleet.start()
        muster = Muster(daemon, fleet)
        write(str(tmp_path / "config"), "PubkeyAcceptedAlgorithms rsa-*\n")
        _, ends = muster.outcomes("127.0.0.1", "true", options=["-F", str(tmp_path / "config")])
        end = ends["127.0.0.1"]
        assert end["state"] == "HOST_STATE_AUTHENTICATION_FAILED"
        assert "was left out: PubkeyAcceptedAlgorithms has no ssh-ed25519." in end["message"], end


LINES = 3_000_000  # 22.9 MB


def largest_moduli(folder):
    """Of /etc/ssh/moduli, those of 8192 bits: sshd chooses one of them."""
    with open("/etc/ssh/moduli", encoding="ascii") as file:
        lines = [line for line in file if line.split()[4:5] == ["8191"]]
    assert lines
    path = folder / "moduli"
    path.write_text("".join(lines))
    return f"ModuliFile {path}"


@pytest.mark.parametrize("kex", ["group18-sha512", "group-exchange-sha256"])
def test_a_slow_key_exchange_goes_on_anew(kex, tmp_path):
    """By the server's wish, in the middle of the output, for each MiB of it; and others are served
    meanwhile. How long each takes the loop: tests/bench/micro.sh key_exchange."""
    config = [f"KexAlgorithms diffie-hellman-{kex}", largest_moduli(tmp_path), "LogLevel DEBUG"]
    with Fleet() as fleet, Daemon() as daemon:
        server = fleet.start(config=[*config, "RekeyLimit 1M"])
        muster = Muster(daemon, fleet)
        options = ["--no-prefix", "-q"]
        with muster.start("run", *muster.login, "-t", "127.0.0.1", *options, "--", "seq",
                          str(LINES)) as flood:
            for host in range(2, 10):
                assert muster.run(f"127.0.0.{host}", "true").code == 0
            out, err = flood.communicate()
        assert flood.returncode == 0, err
        assert out == b"".join(b"%d\n" % line for line in range(1, LINES + 1))
        with open(server.log, encoding="utf-8", errors="replace") as log:
            assert log.read().count("SSH2_MSG_NEWKEYS received") > 9 + 15


def test_no_compression_is_offered(muster):
    """It would let a server make us unpack much from little."""
    with peers.Peer(peers.offers) as peer:
        muster.outcomes(f"127.0.0.1:{peer.port}", "true", options=["--connect-timeout", "1s"])
    assert b"curve25519-sha256" in peers.offers.seen
    assert b"zlib" not in peers.offers.seen
