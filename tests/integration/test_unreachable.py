"""Hosts that cannot be reached: each ends in its own outcome and delays nobody."""

import pytest

import peers
from fleet import free_port


def outcome_of(muster, port, address="127.0.0.1", timeout="1s"):
    code, ends = muster.outcomes(f"{address}:{port}", "true",
                                 options=["--connect-timeout", timeout])
    assert code == 3
    return next(iter(ends.values()))


def test_a_name_that_does_not_exist(muster):
    code, ends = muster.outcomes("no-such-host.invalid", "true")
    assert code == 3
    end = ends["no-such-host.invalid"]
    assert (end["state"], end["cause"]) == ("HOST_STATE_UNREACHABLE", "CAUSE_DNS")
    assert "no-such-host.invalid" in end["message"]


def test_a_port_that_is_refused(muster):
    port = free_port()
    end = outcome_of(muster, port)
    assert (end["state"], end["cause"]) == ("HOST_STATE_UNREACHABLE", "CAUSE_REFUSED")
    assert str(port) in end["message"]


@pytest.mark.parametrize("serve", [peers.silent, peers.silent_after_banner])
def test_a_port_that_accepts_and_never_speaks(muster, serve):
    with peers.Peer(serve) as peer:
        end = outcome_of(muster, peer.port)
    assert end["state"] == "HOST_STATE_CONNECT_TIMEOUT"
    assert "1s" in end["message"]


@pytest.mark.parametrize("serve", [
    peers.garbage, peers.endless_banner, peers.endless_banner_without_lines, peers.old_protocol,
    peers.http])
def test_a_peer_that_does_not_speak_ssh(muster, serve):
    with peers.Peer(serve) as peer:
        end = outcome_of(muster, peer.port, timeout="10s")
    assert (end["state"], end["cause"]) == ("HOST_STATE_UNREACHABLE", "CAUSE_PROTOCOL")


def test_a_peer_that_resets_in_the_middle_of_the_handshake(muster):
    with peers.Peer(peers.reset_in_handshake) as peer:
        end = outcome_of(muster, peer.port, timeout="10s")
    assert (end["state"], end["cause"]) == ("HOST_STATE_UNREACHABLE", "CAUSE_RESET")


def test_a_peer_that_closes_at_once_has_turned_us_away(muster):
    with peers.Peer(peers.closed_at_once) as peer:
        end = outcome_of(muster, peer.port, timeout="10s")
    assert end["state"] == "HOST_STATE_THROTTLED"


def test_a_peer_that_penalizes_this_address_is_not_tried_again(muster):
    with peers.Peer(peers.penalizing) as peer:
        code, ends = muster.outcomes(f"127.0.0.1:{peer.port}", "true", options=["--retries", "3"])
    assert code == 3
    end, = ends.values()
    assert (end["state"], end["cause"]) == ("HOST_STATE_THROTTLED", "CAUSE_PENALIZED")
    assert end["attempts"] == 1 == peer.connections()
    assert "PerSourcePenalties" in end["message"] and "MaxStartups" not in end["message"]


def test_all_troubles_at_once_delay_no_other_host(muster, fleet):
    port = fleet.servers[0].port
    with peers.Peer(peers.silent) as silent, peers.Peer(peers.endless_banner) as endless:
        process = muster.start(
            "run", *muster.login, "--json", "--connect-timeout", "60s", "-t",
            f"127.0.0.1:{silent.port},127.0.0.2:{endless.port},127.0.3.[1-10]:{port}", "--",
            "echo", "hello")
        done = set()
        # The silent host's sixty seconds are not over when the others have ended.
        for line in process.stdout:
            if b'"hostFinished"' in line and b"HOST_STATE_SUCCEEDED" in line:
                done.add(line)
            if len(done) == 10:
                break
        assert len(done) == 10
        process.send_signal(2)
        process.communicate()
        assert process.returncode == 130
