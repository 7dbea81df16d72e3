"""A server on Twisted Conch that runs commands: PORT AUTHORIZED_KEYS WAY (servers.py)"""

import os
import sys

from twisted.conch import avatar
from twisted.conch.checkers import InMemorySSHKeyDB, SSHProtocolChecker, SSHPublicKeyChecker
from twisted.conch.interfaces import ISession
from twisted.conch.ssh import factory, keys, session
from twisted.cred import checkers, credentials, error, portal
from twisted.internet import reactor
from zope.interface import implementer

from cryptography.hazmat.primitives.asymmetric import ed25519

PORT, AUTHORIZED_KEYS, WAY = sys.argv[1:]
METHODS = {"keys": ["key"], "password": ["password"], "several": ["key", "password"]}
if WAY not in METHODS:
    sys.exit(3)


@implementer(ISession)
class Commands:
    def __init__(self, user):
        self.process = None

    def execCommand(self, protocol, command):
        self.process = reactor.spawnProcess(protocol, "/bin/sh", ["/bin/sh", "-c", command])

    def getPty(self, *_):
        raise NotImplementedError

    def openShell(self, protocol):
        raise NotImplementedError

    def eofReceived(self):
        if self.process:
            self.process.closeStdin()

    def closed(self):
        if self.process and self.process.pid:
            self.process.signalProcess("KILL")


class User(avatar.ConchUser):
    def __init__(self):
        super().__init__()
        self.channelLookup[b"session"] = session.SSHSession


class Realm:
    def requestAvatar(self, name, mind, *interfaces):
        user = User()
        user.name = name
        return interfaces[0], user, lambda: None


class Names(dict):
    """The same keys for every name."""

    def __init__(self, found):
        super().__init__()
        self.found = found

    def get(self, _name, _otherwise=None):
        return self.found

    def __getitem__(self, _name):
        return self.found


@implementer(checkers.ICredentialsChecker)
class Password:
    credentialInterfaces = (credentials.IUsernamePassword,)

    def requestAvatarId(self, shown):
        if shown.checkPassword(os.environ["LOGIN_PASSWORD"].encode()):
            return shown.username
        raise error.UnauthorizedLogin()


class AllOfThem(SSHProtocolChecker):
    def areDone(self, avatarId):
        return len(self.successfulCredentials[avatarId]) == len(METHODS[WAY])


def checker():
    with open(AUTHORIZED_KEYS, "rb") as file:
        authorized = [keys.Key.fromString(line) for line in file.read().splitlines() if line]
    known = {"key": SSHPublicKeyChecker(InMemorySSHKeyDB(Names(authorized))), "password": Password()}
    all_of_them = AllOfThem()
    for method in METHODS[WAY]:
        all_of_them.registerChecker(known[method])
    return all_of_them


def main():
    from twisted.python import components
    components.registerAdapter(Commands, User, ISession)
    server = factory.SSHFactory()
    private = keys.Key(ed25519.Ed25519PrivateKey.generate())
    server.privateKeys = {b"ssh-ed25519": private}
    server.publicKeys = {b"ssh-ed25519": private.public()}
    server.portal = portal.Portal(Realm(), [checker()])
    reactor.listenTCP(int(PORT), server, interface="127.0.0.1")
    reactor.run()


main()
