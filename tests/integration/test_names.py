"""Names and name servers: in a network of its own, whose resolv.conf and nsswitch.conf are the test's."""

import os
import subprocess
import sys
import time

import pytest

from fleet import Fleet, write
from name_server import A, AAAA, NXDOMAIN, REFUSED, SERVFAIL, NameServer
from programs import Daemon, Muster

INSIDE = "MUSTER_TEST_NAMESPACE"
RESOLV_CONF = "/etc/resolv.conf"
NSSWITCH_CONF = "/etc/nsswitch.conf"
HERE = {A: ["127.0.0.1"]}

inside = pytest.mark.skipif(INSIDE not in os.environ, reason="run by test_in_a_network_of_its_own")


@pytest.mark.skipif(INSIDE in os.environ, reason="this is it")
def test_in_a_network_of_its_own(tmp_path):
    conf, order = str(tmp_path / "resolv.conf"), str(tmp_path / "nsswitch.conf")
    write(conf, "")
    write(order, "")
    script = (f"ip link set lo up && mount --bind {conf} {RESOLV_CONF} && "
              f'mount --bind {order} {NSSWITCH_CONF} && exec "$@"')
    inside_it = ["unshare", "-n", "-m", "sh", "-c", script, "sh"]
    if subprocess.run([*inside_it, "true"], capture_output=True, check=False).returncode != 0:
        pytest.skip("NOT TESTED: this takes root, and namespaces (unshare -n -m)")
    tests = subprocess.run(
        [*inside_it, sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider",
         "--basetemp", str(tmp_path / "inside"), __file__],
        env={**os.environ, INSIDE: "1"}, capture_output=True, text=True, check=False)
    print(tests.stdout)
    assert tests.returncode == 0, tests.stdout
    assert " passed" in tests.stdout


# A source for nsswitch.conf: knows all names in .fleet, and does not come back from one that begins
# with "hangs".
MODULE = r"""
#include <netinet/in.h>
#include <netdb.h>
#include <nss.h>
#include <string.h>
#include <unistd.h>

enum nss_status _nss_fleet_gethostbyname2_r(const char* name, int family, struct hostent* host,
                                            char* buffer, size_t size, int* error, int* host_error) {
  struct { struct in_addr address; char* addresses[2]; char* aliases[1]; char name[256]; }* made = (void*)buffer;
  if (strncmp(name, "hangs", 5) == 0) for (;;) pause();
  const char* end = strstr(name, ".fleet");
  *host_error = HOST_NOT_FOUND;
  if (family != AF_INET || !end || end[6] || sizeof *made > size) return NSS_STATUS_NOTFOUND;
  made->address.s_addr = htonl(INADDR_LOOPBACK);
  made->addresses[0] = (char*)&made->address;
  made->addresses[1] = made->aliases[0] = NULL;
  strcpy(made->name, name);
  *host = (struct hostent){made->name, made->aliases, AF_INET, sizeof made->address, made->addresses};
  *host_error = NETDB_SUCCESS;
  return NSS_STATUS_SUCCESS;
}
"""


def use(*servers, more="", sources="files dns"):
    """In place: a file that is mounted cannot be replaced."""
    write(RESOLV_CONF, "".join(f"nameserver {server}\n" for server in servers) + more)
    write(NSSWITCH_CONF, f"passwd: files\nhosts: {sources}\n")


@pytest.fixture(name="own", scope="module")
def own_fixture(tmp_path_factory):
    folder = tmp_path_factory.mktemp("nss")
    write(str(folder / "fleet.c"), MODULE)
    subprocess.run(["cc", "-shared", "-fPIC", "-o", folder / "libnss_fleet.so.2", folder / "fleet.c"],
                   check=True)
    use("127.0.0.99")
    with Fleet() as fleet, Daemon(args=["--session-idle", "0"],
                                  env={"LD_LIBRARY_PATH": str(folder)}) as daemon:
        fleet.start()
        yield Muster(daemon, fleet)


@pytest.fixture(name="run")
def run_fixture(own):
    def run(name, *options):
        time.sleep(1.1)  # how often resolv.conf is looked at
        start = time.monotonic()
        code, ends = own.outcomes(name, "true", options=["--known-hosts", "/dev/null",
                                                         "--host-key-policy", "accept-new",
                                                         *options])
        return code, ends[name], time.monotonic() - start
    return run


@inside
def test_a_change_of_resolv_conf_counts(run):
    _, end, _ = run("web1.test")
    assert (end["state"], end["cause"]) == ("HOST_STATE_UNREACHABLE", "CAUSE_DNS_FAILED"), end
    assert "127.0.0.99" in end["message"]
    NameServer("127.0.0.11", {"web1.test": HERE})
    use("127.0.0.11")
    assert run("web1.test")[0] == 0


@inside
def test_aaaa_answers_that_are_dropped_hold_nobody_up(run):
    NameServer("127.0.0.12", {"web1.test": {**HERE, AAAA: NameServer.DROP}})
    use("127.0.0.12")
    code, end, took = run("web1.test")
    assert code == 0, end
    assert 50_000 <= int(end["timings"]["connectedUs"]) < 1_000_000
    assert took < 5


@inside
@pytest.mark.parametrize("address,has,cause,text", [
    ("127.0.0.21", SERVFAIL, "CAUSE_DNS_FAILED", "SERVFAIL"),
    ("127.0.0.22", REFUSED, "CAUSE_DNS_FAILED", "REFUSED"),
    ("127.0.0.23", NXDOMAIN, "CAUSE_DNS", "NXDOMAIN"),
    ("127.0.0.24", {A: [], AAAA: []}, "CAUSE_DNS", "NODATA"),
])
def test_failures_are_told_apart(run, address, has, cause, text):
    NameServer(address, {"web1.test": has})
    use(address)
    code, end, _ = run("web1.test")
    assert code == 3
    assert end["cause"] == cause
    assert text in end["message"], end


@inside
def test_no_answer_at_all_is_told_as_that(run):
    use("127.0.0.98")
    _, end, _ = run("web1.test")
    assert end["cause"] == "CAUSE_DNS_FAILED"
    assert "no name server answers" in end["message"]


@inside
def test_the_next_server_is_asked_where_one_fails(run):
    NameServer("127.0.0.31", {"web1.test": SERVFAIL})
    NameServer("127.0.0.32", {"web1.test": HERE})
    use("127.0.0.31", "127.0.0.32")
    assert run("web1.test")[0] == 0
    NameServer("127.0.0.33", {"web1.test": SERVFAIL})
    use("127.0.0.31", "127.0.0.33")
    assert "SERVFAIL" in run("web1.test")[1]["message"]


@inside
def test_a_failure_that_passes_is_tried_again(run):
    NameServer("127.0.0.41", {"web1.test": [SERVFAIL, SERVFAIL, HERE]})
    use("127.0.0.41")
    code, end, _ = run("web1.test", "--retries", "2")
    assert code == 0, end
    assert end["attempts"] > 1


@inside
def test_a_name_that_is_not_there_is_not_tried_again(run):
    server = NameServer("127.0.0.42", {})
    use("127.0.0.42")
    assert run("web1.test", "--retries", "2")[1]["attempts"] == 1
    assert len(server.asked) == 2


# Both families of one name belong together: another domain's web1 is another host.
@inside
def test_the_search_list_does_not_mix_hosts(run):
    server = NameServer("127.0.0.51", {"web1.one.test": HERE, "web1.two.test": {AAAA: ["::1"]}})
    use("127.0.0.51", more="search zero.test one.test two.test\n")
    assert run("web1")[0] == 0
    names = [name for name, _ in server.asked]
    assert names == ["web1.zero.test"] * 2 + ["web1.one.test"] * 2


@inside
def test_the_hosts_file_needs_no_server(run):
    use("127.0.0.97")
    code, end, _ = run("localhost")
    assert code == 0, end


@inside
def test_others_are_asked_for_what_no_name_server_knows(run):
    server = NameServer("127.0.0.61", {})
    use("127.0.0.61", sources="files dns fleet")
    code, end, _ = run("web1.fleet")
    assert code == 0, end
    assert ("web1.fleet", A) in server.asked


@inside
def test_who_comes_before_the_name_servers_is_asked_before(run):
    server = NameServer("127.0.0.62", {"web1.test": HERE, "web1.fleet": {A: ["127.0.0.77"]}})
    use("127.0.0.62", sources="files fleet [SUCCESS=return] dns")
    code, end, _ = run("web1.fleet")
    assert code == 0, end
    assert not server.asked
    assert run("web1.test")[0] == 0


@inside
def test_the_order_says_who_is_not_asked(run):
    server = NameServer("127.0.0.63", {"web1.test": HERE})
    use("127.0.0.63", sources="files fleet [NOTFOUND=return] dns")
    code, end, _ = run("web1.test")
    assert (code, end["cause"]) == (3, "CAUSE_DNS")
    assert "web1.test" in end["message"] and "fleet [NOTFOUND=return] dns" in end["message"]
    assert not server.asked


@inside
def test_what_the_system_cannot_find_now_may_pass(run):
    use("127.0.0.96", sources="fleet dns")
    _, end, _ = run("web1.test", "--connect-timeout", "30s")
    assert end["cause"] == "CAUSE_DNS_FAILED"
    assert "web1.test" in end["message"] and "the system's resolver" in end["message"], end


@inside
def test_a_source_that_hangs_holds_up_nobody_else(own, run):
    use("127.0.0.64", sources="files fleet")
    run("web1.fleet")
    hosts = ",".join([*(f"hangs{i}.fleet" for i in range(40)), "web1.fleet", "web2.fleet"])
    code, ends = own.outcomes(hosts, "true", options=[
        "--known-hosts", "/dev/null", "--host-key-policy", "accept-new", "--connect-timeout", "2s"])
    states = {host: end["state"] for host, end in ends.items()}
    assert code == 3
    assert states.pop("web1.fleet") == states.pop("web2.fleet") == "HOST_STATE_SUCCEEDED"
    assert set(states.values()) == {"HOST_STATE_CONNECT_TIMEOUT"}
    assert run("web1.fleet")[0] == 0
