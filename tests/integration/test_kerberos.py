"""Logging in by Kerberos tickets, with a realm, a KDC and an sshd of our own."""

import os

import pytest

import kerberos
from fleet import Fleet, read
from programs import Daemon, Muster

pytestmark = pytest.mark.skipif(os.getuid() != 0 or not kerberos.is_here(),
                                reason="NOT TESTED: this takes root, krb5-kdc and krb5-user")

HOSTS = [f"127.0.12.{number}" for number in range(1, 6)]
TARGETS = "127.0.12.[1-5]"
GSSAPI = ["GSSAPIAuthentication yes", "GSSAPIStrictAcceptorCheck no", "LogLevel VERBOSE"]


class Home:
    """A fleet that takes tickets and nothing else, and a daemon that knows the realm."""

    def __init__(self, fleet):
        self.fleet = fleet
        folder = os.path.join(fleet.folder, "realm")  # whose configuration the user can read, too
        os.mkdir(folder, 0o755)
        self.realm = kerberos.Realm(folder, fleet.user, HOSTS)
        self.server = self.start("PubkeyAuthentication no")
        self.daemon = Daemon(env={"KRB5_CONFIG": self.realm.config})

    def start(self, *config):
        account = self.fleet.account.with_env(KRB5_CONFIG=self.realm.config, KRB5_KTNAME=self.realm.keytab)
        return self.fleet.start(config=[*GSSAPI, *config], account=account)

    def muster(self, cache, server=None):
        muster = Muster(self.daemon, KRB5CCNAME=cache)
        muster.login = ["-u", self.fleet.user, "--known-hosts", self.fleet.known_hosts, "-p",
                        str((server or self.server).port)]
        return muster

    def logins(self, server=None):
        return read((server or self.server).log).count("Accepted gssapi-with-mic")

    def stop(self):
        self.daemon.stop()
        self.realm.stop()


@pytest.fixture(scope="module", name="home")
def home_fixture():
    with Fleet() as fleet:
        home = Home(fleet)
        yield home
        assert home.daemon.process.poll() is None, home.daemon.messages()
        home.stop()


def test_by_ticket(home):
    before = home.logins()
    code, ends = home.muster(home.realm.tickets("one")).outcomes(TARGETS, "true", options=["--gssapi"])
    assert code == 0, ends
    assert home.logins() - before == len(HOSTS)


def test_as_ssh_config_asks_for_it(home):
    muster = home.muster(home.realm.tickets("two"))
    code, ends = muster.outcomes("127.0.12.1", "true", options=["-o", "GSSAPIAuthentication=yes"])
    assert code == 0, ends
    code, ends = muster.outcomes("127.0.12.1", "true")
    assert code == 3 and "gssapi-with-mic" in ends["127.0.12.1"]["message"], ends


def test_a_ticket_and_a_key(home):
    server = home.start("AuthenticationMethods gssapi-with-mic,publickey")
    options = ["--gssapi", "-i", home.fleet.key]
    code, ends = home.muster(home.realm.tickets("three"), server).outcomes(TARGETS, "true", options=options)
    assert code == 0, ends


def test_whose_cache_it_is_decides_who_shares_a_session(home):
    cache = home.realm.tickets("four")
    before = home.logins()
    assert home.muster(cache).run("127.0.12.2", "true", options=["--gssapi"]).code == 0
    assert home.muster(cache).run("127.0.12.2", "true", options=["--gssapi"]).code == 0
    assert home.logins() - before == 1
    other = home.realm.tickets("five")
    assert home.muster(other).run("127.0.12.2", "true", options=["--gssapi"]).code == 0
    assert home.logins() - before == 2
    nowhere = home.muster(f"FILE:{home.realm.folder}/none")
    code, ends = nowhere.outcomes("127.0.12.2", "true", options=["--gssapi"])
    message = ends["127.0.12.2"]["message"]
    assert code == 3 and "No Kerberos ticket was used:" in message, message
    assert f"{home.realm.folder}/none); kinit gets one" in message


def test_no_session_outlives_its_ticket(home):
    cache = home.realm.tickets("short", lifetime="5s")
    before = home.logins()
    muster = home.muster(cache)
    assert muster.run("127.0.12.3", "true", options=["--gssapi"]).code == 0
    result = muster.run("127.0.12.3", "sleep 6", options=["--gssapi"])
    assert result.code == 0, result.err  # what runs is left alone
    code, ends = muster.outcomes("127.0.12.3", "true", options=["--gssapi"])
    assert code == 3 and "expired" in ends["127.0.12.3"]["message"], ends
    assert home.logins() - before == 1


def test_what_the_kdc_says_is_told(home):
    """No such server."""
    code, ends = home.muster(home.realm.tickets("six")).outcomes("127.0.12.9", "true", options=["--gssapi"])
    message = ends["127.0.12.9"]["message"]
    assert code == 3 and "not found in Kerberos database" in message, message
    assert f"No Kerberos ticket of {home.realm.user}" in message


def test_a_ticket_is_handed_on_where_that_is_asked_for(home):
    muster = home.muster(home.realm.tickets("seven"))
    line = "test -n \"$KRB5CCNAME\" && echo has one || echo has none"
    assert b"has none" in muster.run("127.0.12.4", line, options=["--gssapi"]).out
    assert b"has one" in muster.run("127.0.12.4", line, options=["--gssapi", "--gssapi-delegate"]).out


def test_a_server_that_takes_none_costs_the_kdc_nothing(home):
    server = home.fleet.start(config=["LogLevel VERBOSE"])
    asked = read(f"{home.realm.folder}/kdc.log").count("TGS_REQ")
    muster = home.muster(home.realm.tickets("eight"), server)
    code, ends = muster.outcomes(TARGETS, "true", options=["--gssapi", "-i", home.fleet.key])
    assert code == 0, ends
    assert read(f"{home.realm.folder}/kdc.log").count("TGS_REQ") == asked
