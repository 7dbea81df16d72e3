"""Compares what Muster reads out of generated ssh_config files with what `ssh -G` says.

    python3 against_ssh.py PRINT_SETTINGS [FILES [SEED]]

Prints each difference with its file, and at the end how many of the files were answered by both alike. Exits with 1
where one differs that is not among the known ones, which are counted by their reasons.
"""

import collections
import concurrent.futures
import ctypes
import fnmatch
import os
import random
import re
import subprocess
import sys
import tempfile

USERS = ["root", "deploy", "ops", "a.b", "x-1"]
# What nss_wrapper knows, for CanonicalizeHostname: no name server is asked.
HOSTS = "10.0.0.5 web1.example.com\n10.0.0.6 real.example.org db.example.com alias.example.com\n10.0.0.7 web2.example.org\n"
NAMES = ["alias", "web2.example.org.", "real", "web1", "web2", "WEB1", "db.example.com", "Db.Example.com", "gate", "127.0.0.1", "127.1", "10.0.0.007",
         "::1", "fe80::1%lo", "0x7f.1", "host_a", "a", "web10.prod", "[::1]"]
PATTERNS = ["web*", "web?", "*", "!web1", "*.example.com", "db*", "gate", "127.*", "?eb1", "!*.prod", "web1,web2", "**",
            "WEB*", "*.prod", "host_?", "nothing", "::*", "w*b*1", "!gate"]
WORDS = ["x", "yes", "no", "none", "NONE", "a b", "~/key", "%h", "%%", "%z", "${HOME}", "${NOT_SET_X}", "\\\"", "#c", "ü"]
HOSTNAMES = ["10.1.2.3", "%h.example.com", "Real.Example.com", "127.1", "%%x", "%q", "box", "%h", "::1", "a-%h-%h"]
FILES = ["~/.ssh/id_a", "/k/%h/%r", "~root/.x", "/k/%n-%p", "none", "%d/k", "/k/${HOME}/y", "/k/%C", "~nobody_x/k", "/a b",
         "%L%l%u%i", "/k/%z"]
CIPHERS = ["aes256-ctr", "aes128-gcm@openssh.com,aes256-ctr", "+aes128-cbc", "-aes*", "^aes256-ctr", "+3des-cbc"]
MACS = ["hmac-sha2-256", "+hmac-md5", "-hmac-sha1*", "^hmac-sha2-512"]
KEXES = ["curve25519-sha256", "+diffie-hellman-group1-sha1", "-diffie*", "^ecdh-sha2-nistp256"]
KEYS = ["ssh-ed25519", "+ssh-rsa", "-ecdsa*", "^ssh-ed25519", "rsa-sha2-*"]
TIMES = ["5", "1m", "1h30m", "none", "0", "10s5", "1w", "x", "", "99999999999", "2M", "-1"]
FLAGS = ["yes", "no", "true", "false", "YES", "maybe", "No"]
JUMPS = ["gate", "ops@gate:2222", "a,b", "none", "NONE", "ssh://u@gate:22", "ssh://gate", "u@a:1,b:2,c", "[::1]:22", "10.0.0.1",
         "@x", "a:0", "a,,b", "gate # why", "web1"]


def words(*choices):
    return lambda draw: draw.choice(choices)


def any_of(choices):
    return lambda draw: draw.choice(choices)


def several(choices, most=3):
    return lambda draw: " ".join(draw.choice(choices) for _ in range(draw.randint(1, most)))


SETTINGS = {
    "User": any_of(USERS), "Port": words("22", "2222", "0", "65535", "65536", "ssh", "http", "x"),
    "HostName": any_of(HOSTNAMES), "AddressFamily": words("any", "inet", "INET6", "x"),
    "CanonicalDomains": several(["example.com", "Example.org.", "none", "nowhere.invalid", "a b"]),
    "CanonicalizeHostname": words("yes", "no", "always", "none", "yes"), "CanonicalizeMaxDots": words("0", "1", "2", "x"),
    "CanonicalizeFallbackLocal": any_of(FLAGS),
    "CanonicalizePermittedCNAMEs": several(["*.example.com:*.example.org", "*", "none", "a", "*.com:*.org,!real*"]),
    "BindAddress": words("127.0.0.2", "x"), "BindInterface": words("lo"), "CheckHostIP": any_of(FLAGS),
    "Compression": any_of(FLAGS), "ConnectTimeout": any_of(TIMES), "ConnectionAttempts": words("1", "3", "0", "x", "-1"),
    "GlobalKnownHostsFile": several(FILES), "UserKnownHostsFile": several(FILES),
    "GSSAPIAuthentication": any_of(FLAGS), "GSSAPIDelegateCredentials": any_of(FLAGS), "HashKnownHosts": any_of(FLAGS),
    "HostKeyAlias": words("Alias", "%h", "a b"), "HostbasedAuthentication": any_of(FLAGS),
    "IdentitiesOnly": any_of(FLAGS), "IdentityAgent": words("none", "SSH_AUTH_SOCK", "$SSH_AUTH_SOCK", "~/agent", "%d/s", "$a-b",
                                                          "${HOME}/s", "${NOT_SET_X}"),
    "IdentityFile": any_of(FILES), "CertificateFile": any_of(FILES), "IgnoreUnknown": words("mystery", "my*,!mymy", "x"),
    "KbdInteractiveAuthentication": any_of(FLAGS), "ChallengeResponseAuthentication": any_of(FLAGS),
    "NoHostAuthenticationForLocalhost": any_of(FLAGS), "PasswordAuthentication": any_of(FLAGS),
    "PreferredAuthentications": words("publickey,password", "none"),
    "ProxyUseFdpass": any_of(FLAGS),
    "ProxyCommand": words("nc %h %p", "none", "= nc x", "ssh gate -W '[%h]:%p' # no comment", "NONE"), "ProxyJump": any_of(JUMPS),
    "PubkeyAuthentication": words("yes", "no", "unbound", "host-bound", "x"),
    "RekeyLimit": words("1G", "default", "512K 1h", "1G none", "8", "0", "x", "1G 1h 2", "20 10"),
    "RemoteCommand": words("none", "uptime %h", "echo %%", "x %z"), "RequestTTY": words("yes", "no", "force", "auto", "x"),
    "RequiredRSASize": words("2048", "x"), "RevokedHostKeys": words("none", "/r"), "SecurityKeyProvider": words("internal", "/l.so"),
    "SendEnv": several(["LANG", "LC_*", "-LC_*", "-*", "A=B", "X"]), "SetEnv": several(["A=1", "B=2", "A=3", "X", '"C=a b"']),
    "ServerAliveCountMax": words("3", "10", "x"), "ServerAliveInterval": any_of(TIMES),
    "StrictHostKeyChecking": words("yes", "no", "ask", "accept-new", "off", "ACCEPT-NEW", "x"),
    "TCPKeepAlive": any_of(FLAGS), "KeepAlive": any_of(FLAGS), "VerifyHostKeyDNS": words("yes", "no", "ask", "x"),
    "Ciphers": any_of(CIPHERS), "MACs": any_of(MACS), "KexAlgorithms": any_of(KEXES), "HostKeyAlgorithms": any_of(KEYS),
    "PubkeyAcceptedAlgorithms": any_of(KEYS), "PubkeyAcceptedKeyTypes": any_of(KEYS), "KnownHostsCommand": words("none", "/c %h"),
    "ForwardAgent": words("yes", "no", "~/agent", "$SSH_AUTH_SOCK", "${HOME}/%h", "$a-b", "${NOT_SET_X}", "none"),
    "PermitLocalCommand": any_of(FLAGS), "LocalCommand": words("notify %h", "none", "= x # y"), "StdinNull": any_of(FLAGS),
    "LocalForward": words("1 a:2", "[::1]:1 a:2", "/s a:2", "8"), "RemoteForward": words("11", "1 a:2", "/s a:2", "*:1"),
    "DynamicForward": words("1080", "a:1", "1 2"), "ClearAllForwardings": any_of(FLAGS),
    "ProtocolKeepAlives": any_of(TIMES), "SetupTimeOut": any_of(TIMES), "GSSAPIKeyExchange": words("yes"),
    "SessionType": words("default", "none", "x"),
    "Mystery": any_of(WORDS), "ControlMaster": words("auto"), "LogLevel": words("INFO"),
    "VisualHostKey": words("no"), "Cipher": words("3des"), "Protocol": words("2"), "RSAAuthentication": words("yes"),
}
# What ssh refuses is drawn less often: else no file of some length would have an answer.
BAD = {"1 2", "x", "", "%z", "%q", "${NOT_SET_X}", "0", "65536", "maybe", "-1", "99999999999", "@x", "a:0", "a,,b", "8", "$a-b",
       "1G 1h 2", "~nobody_x/k", "/k/%z", "x %z", "a b"}


def setting(draw):
    while True:
        keyword = draw.choice(list(SETTINGS))
        if keyword == "Mystery" and draw.random() < 0.9:
            continue
        value = SETTINGS[keyword](draw)
        if (value in BAD or any(word in BAD for word in value.split()) or "A=B" in value or " X" in f" {value}") and \
                draw.random() < 0.97:
            continue
        return spelled(draw, keyword, value)


def spelled(draw, keyword, value):
    keyword = draw.choice([keyword, keyword, keyword.lower(), keyword.upper()])
    between = draw.choice([" ", " ", " ", "=", " = ", "\t", "  "])
    if draw.random() < 0.02:  # a '=' behind it would belong to the value
        keyword, between = f'"{keyword}"', " "
    if draw.random() < 0.1 and " " not in value and '"' not in value:
        value = f'"{value}"'
    end = draw.choice(["", "", "", "", " ", "\t", " # a comment", "\r"])
    return draw.choice(["", "  ", "\t"]) + keyword + between + value + end


def condition(draw, folder):
    kind = draw.random()
    if kind < 0.55:
        return "Host " + " ".join(draw.choice(PATTERNS) for _ in range(draw.randint(1, 3)))
    if kind < 0.93:
        return "Match " + " ".join(criterion(draw, folder) for _ in range(draw.choice([1, 1, 1, 2, 3])))
    return draw.choice(["Match all", "Match canonical all", "Match final all", "Match !final", "Match host web1 all", "Match final",
                        "Match all # x", "Match all host a", "Match"] if draw.random() < 0.1 else ["Match all", "Match final all"])


def criterion(draw, folder):
    name, value = draw.choice([
        ("host", ",".join(draw.choice(PATTERNS) for _ in range(draw.randint(1, 2)))),
        ("originalhost", draw.choice(PATTERNS)), ("user", draw.choice(USERS + ["r*", "!root,*"])),
        ("localuser", draw.choice(["root", "*", "nobody", "!root,*"])), ("final", None), ("canonical", None),
        ("exec", draw.choice(["true", "false", f"test %n = web1", "test '%r' = root", "test %p -eq 2222", "test '%h' = '%k'"])),
        ("Host", draw.choice(PATTERNS)), ("host", "*.example.com")])
    text = ("!" if draw.random() < 0.2 else "") + name
    if value is None:
        return text
    if " " in value or draw.random() < 0.2:
        value = f'"{value}"'
    return text + draw.choice([" ", " ", "="]) + value


def make_file(draw, folder, name, depth=0):
    lines = []
    for _ in range(draw.randint(1, 14)):
        kind = draw.random()
        if kind < 0.68:
            lines.append(setting(draw))
        elif kind < 0.88:
            lines.append(condition(draw, folder))
        elif kind < 0.93:
            lines.append(draw.choice(["", "# comment", "   ", "\t# x", "\f"]))
        elif depth < 2:
            inner = make_file(draw, folder, f"{name}.{len(lines)}", depth + 1)
            lines.append("Include " + draw.choice([inner, inner + "*", folder + "/nothing*", f'"{inner}"']))
    path = f"{folder}/{name}"
    with open(path, "w", encoding="utf-8", newline="") as file:
        file.write("\n".join(lines) + draw.choice(["", "\n"]))
    return path


def options(draw):
    """Of ssh -o. -l and -p stand before them, and count."""
    lines = [setting(draw) for _ in range(draw.choice([0, 0, 0, 1, 2]))]
    return [line for line in lines if "\t" not in line and "\n" not in line]


CLONE_NEWNET, CLONE_NEWUSER = 0x40000000, 0x10000000


def leave_the_network():
    """Whatever is started from now on has no network: no name server is asked for names that are not in HOSTS. False
    where that is not allowed."""
    libc, uid, gid = ctypes.CDLL(None, use_errno=True), os.getuid(), os.getgid()
    if uid == 0:
        return libc.unshare(CLONE_NEWNET) == 0
    tried = subprocess.run(["unshare", "--map-root-user", "--net", "true"], capture_output=True, check=False)
    if tried.returncode != 0 or libc.unshare(CLONE_NEWUSER | CLONE_NEWNET) != 0:
        return False
    for name, text in (("setgroups", "deny"), ("gid_map", f"{gid} {gid} 1"), ("uid_map", f"{uid} {uid} 1")):
        with open(f"/proc/self/{name}", "w", encoding="ascii") as file:
            file.write(text)
    return True


def environment(hosts):
    return dict(os.environ, LD_PRELOAD="libnss_wrapper.so", NSS_WRAPPER_HOSTS=hosts)


def ask_ssh(env, path, host, user, port, *settings):
    options = (["-l", user] if user else []) + (["-p", port] if port else [])
    options += [word for each in settings for word in ("-o", each)]
    done = subprocess.run(["ssh", "-F", path, "-G", *options, "--", host], capture_output=True, text=True,
                          stdin=subprocess.DEVNULL, env=env, check=False)
    return done.stdout.splitlines() if done.returncode == 0 else ["error " + done.stderr.replace("\n", "; ")]


def as_settings(lines):
    found = collections.defaultdict(list)
    for line in lines:
        name, _, value = line.partition(" ")
        found[name].append(value)
    return found


class Algorithms:
    """What ssh makes of a list: all that it knows, and its own list."""

    QUERIES = {"ciphers": "cipher", "macs": "mac", "kexalgorithms": "kex", "hostkeyalgorithms": "HostKeyAlgorithms",
               "pubkeyacceptedalgorithms": "PubkeyAcceptedAlgorithms"}

    def __init__(self):
        own = as_settings(ask_ssh(None, "none", "x", "", ""))
        self._own = {name: own[name][0].split(",") for name in self.QUERIES}
        self._all = {name: subprocess.run(["ssh", "-Q", query], capture_output=True, text=True, check=True).stdout.split()
                     for name, query in self.QUERIES.items()}

    def assemble(self, name, written):
        own, known = self._own[name], self._all[name]
        mark, names = (written[0], written[1:].split(",")) if written[0] in "+-^" else ("", written.split(","))
        matching = [each for pattern in names for each in known if fnmatch.fnmatchcase(each, pattern)]
        if mark == "-":
            return [each for each in own if not any(fnmatch.fnmatchcase(each, pattern) for pattern in names)]
        listed = {"+": own + matching, "^": matching + own, "": matching}[mark]
        return list(dict.fromkeys(listed))


USUAL_KEYS = [f"~/.ssh/id_{kind}" for kind in ("rsa", "ecdsa", "ecdsa_sk", "ed25519", "ed25519_sk", "xmss", "dsa")]
USUAL = {"securitykeyprovider": ["internal"], "requiredrsasize": ["1024"], "identityfile": USUAL_KEYS,
         "preferredauthentications": []}
FORWARDS = {"localforward", "remoteforward", "dynamicforward"}  # of which is known whether there are any


# What is known to be different, and why.
UNCHECKED = "-G does not look where keys are; ssh refuses them later"
UNRESOLVED = "a name that is not found is told where it is connected to"
NEWER = "%C has the jump host in it, as from OpenSSH 9.5 on"


def known_reason(name, own, ssh):
    if name == "error" and "error" in own and re.match("IdentityFile|CertificateFile", own["error"][0]):
        return UNCHECKED
    if name == "error" and "Could not resolve hostname" in ssh.get("error", [""])[0]:
        return UNRESOLVED
    if "proxyjump" in ssh and any(re.search("[0-9a-f]{40}", value) for value in own.get(name, [])):
        return NEWER
    return None


def differences(own, ssh, algorithms):
    if "error" in own or "error" in ssh:
        if ("error" in own) != ("error" in ssh):
            yield "error", own.get("error"), ssh.get("error")
        return
    for name in SHOWN:
        mine, theirs = own.get(name, []), ssh.get(name, [])
        if name in Algorithms.QUERIES:
            if not mine:
                continue
            mine, theirs = algorithms.assemble(name, mine[0]), theirs[0].split(",")
        elif name in FORWARDS:
            mine, theirs = bool(mine), bool(theirs)
        elif not mine:
            mine = USUAL.get(name, [])
        if mine != theirs:
            yield name, mine, theirs


SHOWN = """host user hostname port addressfamily canonicalizehostname checkhostip compression gssapiauthentication gssapidelegatecredentials
hashknownhosts hostbasedauthentication identitiesonly kbdinteractiveauthentication nohostauthenticationforlocalhost
passwordauthentication pubkeyauthentication requesttty sessiontype stricthostkeychecking tcpkeepalive verifyhostkeydns
connectionattempts serveralivecountmax serveraliveinterval requiredrsasize bindaddress bindinterface ciphers
hostkeyalgorithms hostkeyalias identityagent kexalgorithms remotecommand macs securitykeyprovider
preferredauthentications pubkeyacceptedalgorithms revokedhostkeys knownhostscommand identityfile certificatefile
globalknownhostsfile userknownhostsfile sendenv setenv connecttimeout rekeylimit proxycommand proxyjump proxyusefdpass
forwardagent permitlocalcommand localcommand stdinnull localforward remoteforward dynamicforward""".split()


class Printer:
    def __init__(self, program, env):
        self._process = subprocess.Popen([program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=env)

    def ask(self, *fields):
        self._process.stdin.write("\t".join(fields) + "\n")
        self._process.stdin.flush()
        lines = []
        for line in self._process.stdout:
            if line == "\n":
                return lines
            lines.append(line[:-1])
        raise RuntimeError("print_settings has ended")

    def close(self):
        self._process.stdin.close()
        return self._process.wait()


def compare(program, files, seed):
    if not leave_the_network():
        for keyword in ("CanonicalizeHostname", "CanonicalizePermittedCNAMEs"):
            SETTINGS.pop(keyword, None)
        print("CanonicalizeHostname is left out: no network namespace can be made here")
    draw, algorithms, counts = random.Random(seed), Algorithms(), collections.Counter()
    with tempfile.TemporaryDirectory() as folder, concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        with open(f"{folder}/hosts", "w", encoding="utf-8") as file:
            file.write(HOSTS)
        env = environment(f"{folder}/hosts")
        printer = Printer(program, env)
        asked = []
        for number in range(files):
            path = make_file(draw, folder, f"config{number}")
            query = (path, draw.choice(NAMES), draw.choice(["", "", "root", "ops"]), draw.choice(["", "", "2222"]),
                     *options(draw))
            asked.append((query, pool.submit(ask_ssh, env, *query)))
        for query, ssh in asked:
            theirs = as_settings(ssh.result())
            own = as_settings(printer.ask(*query))
            counts["refused by both" if "error" in theirs and "error" in own else "answered"] += 1
            for name, mine, others in differences(own, theirs, algorithms):
                reason = known_reason(name, own, theirs)
                if reason:
                    counts[f"different ({reason})"] += 1
                    continue
                counts["different"] += 1
                print(f"{query[1:]}: {name}: {mine} is {others} for ssh")
                if counts["different"] <= 20:
                    with open(query[0], encoding="utf-8") as file:
                        print("    " + file.read().replace("\n", "\n    "))
        assert printer.close() == 0
    return counts


def main():
    program, *numbers = sys.argv[1:]
    files, seed = (list(map(int, numbers)) + [1000, 1][len(numbers):])[:2]
    counts = compare(program, files, seed)
    print(", ".join(f"{count} {what}" for what, count in sorted(counts.items())), f"of {files} files (seed {seed})")
    return 1 if counts["different"] else 0


if __name__ == "__main__":
    sys.exit(main())
