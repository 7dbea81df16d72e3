"""OpenSSH's server in many configurations: what servers in the field are set to."""

CIPHERS = ["aes128-gcm@openssh.com", "aes256-gcm@openssh.com", "chacha20-poly1305@openssh.com",
           "aes256-ctr", "aes192-ctr", "aes128-ctr"]
MACS = ["hmac-sha2-256-etm@openssh.com", "hmac-sha2-512-etm@openssh.com", "hmac-sha2-256",
        "hmac-sha2-512", "hmac-sha1", "hmac-sha1-etm@openssh.com"]
EXCHANGES = ["curve25519-sha256", "curve25519-sha256@libssh.org", "ecdh-sha2-nistp256",
             "ecdh-sha2-nistp384", "ecdh-sha2-nistp521", "diffie-hellman-group14-sha256",
             "diffie-hellman-group16-sha512", "diffie-hellman-group18-sha512",
             "diffie-hellman-group-exchange-sha256"]
HOST_KEYS = {"ecdsa, 256 bits": ("ecdsa", ["-b", "256"]), "ecdsa, 384 bits": ("ecdsa", ["-b", "384"]),
             "ecdsa, 521 bits": ("ecdsa", ["-b", "521"]), "rsa": ("rsa", ["-b", "3072"])}
SHELLS = ["/bin/bash", "/bin/dash", "/bin/zsh", "/usr/bin/fish", "/bin/tcsh"]


def _ciphers_with(mac):
    # The others bring their own authentication.
    return ["Ciphers aes128-ctr", f"MACs {mac}"]


def configurations():
    """Name and what a configuration changes: `config` lines, the `host_key`'s kind, the user's `shell`,
    the client's `key`."""
    yield "defaults", {}
    for cipher in CIPHERS:
        yield f"Ciphers {cipher}", {"config": [f"Ciphers {cipher}"]}
    for mac in MACS:
        yield f"MACs {mac}", {"config": _ciphers_with(mac)}
    for exchange in EXCHANGES:
        yield f"KexAlgorithms {exchange}", {"config": [f"KexAlgorithms {exchange}"]}
    for name, kind in HOST_KEYS.items():
        yield f"host key {name}", {"host_key": kind}
    for name, kind in HOST_KEYS.items():
        yield f"client key {name}", {"key": kind}
    for shell in SHELLS:
        yield f"login shell {shell}", {"shell": shell}
    for line in ["MaxSessions 1", "MaxStartups 2:50:10", "RekeyLimit 1M", "ClientAliveInterval 1",
                 "PermitTTY no", "DisableForwarding yes", "Compression yes", "TCPKeepAlive no",
                 "Banner /etc/os-release", "AuthenticationMethods publickey", "MaxAuthTries 1",
                 "PrintLastLog yes", "X11Forwarding yes", "LogLevel DEBUG3"]:
        yield line, {"config": [line]}
    yield "forced command that runs what is asked", {
        "config": ['ForceCommand exec /bin/sh -c "$SSH_ORIGINAL_COMMAND"']}
    yield "PAM", {"config": ["UsePAM yes"]}
