"""A server on Paramiko that runs commands: PORT AUTHORIZED_KEYS WAY (servers.py)"""

import base64
import os
import signal
import socket
import subprocess
import sys
import threading

import paramiko

PORT, AUTHORIZED_KEYS, WAY = sys.argv[1:]
METHODS = {"keys": ["publickey"], "password": ["password"], "interactive": ["keyboard-interactive"],
           "code": ["keyboard-interactive"], "open": ["none"], "several": ["publickey", "password"],
           "steps": ["password", "keyboard-interactive"]}
QUESTIONS = {"interactive": ["Password: "], "code": ["Password: ", "Verification code: "],
             "steps": ["Verification code: "]}
ANSWERS = {"Password: ": os.environ.get("LOGIN_PASSWORD"), "Verification code: ": os.environ.get("LOGIN_CODE")}
if WAY not in METHODS:
    sys.exit(3)  # it does not look who signed a certificate, and knows no keys of tokens


def authorized(path):
    with open(path, encoding="utf-8") as file:
        return {line.split()[1] for line in file if line.strip()}


class Session(paramiko.ServerInterface):
    def __init__(self, keys):
        self.keys = keys
        self.wanted = list(METHODS[WAY])

    def get_allowed_auths(self, username):
        return self.wanted[0]

    def note(self, method, is_right):
        """What a method that was tried achieves."""
        if not is_right or self.wanted[0] != method:
            return paramiko.AUTH_FAILED
        if len(self.wanted) == 1:
            return paramiko.AUTH_SUCCESSFUL
        del self.wanted[0]
        return paramiko.AUTH_PARTIALLY_SUCCESSFUL

    def check_auth_none(self, username):
        return self.note("none", True)

    def check_auth_publickey(self, username, key):
        return self.note("publickey", base64.b64encode(key.asbytes()).decode() in self.keys)

    def check_auth_password(self, username, password):
        return self.note("password", password == ANSWERS["Password: "])

    def check_auth_interactive(self, username, submethods):
        if self.wanted[0] != "keyboard-interactive":
            return paramiko.AUTH_FAILED
        return paramiko.InteractiveQuery("", "", *((question, False) for question in QUESTIONS[WAY]))

    def check_auth_interactive_response(self, responses):
        return self.note("keyboard-interactive",
                         list(responses) == [ANSWERS[question] for question in QUESTIONS[WAY]])

    def check_channel_request(self, kind, chanid):
        return paramiko.OPEN_SUCCEEDED

    def check_channel_exec_request(self, channel, command):
        threading.Thread(target=run, args=(channel, command.decode()), daemon=True).start()
        return True


def run(channel, command):
    # After the request was answered.
    child = subprocess.Popen(["/bin/sh", "-c", command], stdin=subprocess.DEVNULL,
                             stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True)
    copies = [threading.Thread(target=copy, args=pair, daemon=True)
              for pair in [(child.stdout, channel.sendall), (child.stderr, channel.sendall_stderr)]]
    for thread in copies:
        thread.start()
    threading.Thread(target=watch, args=(channel, child), daemon=True).start()
    for thread in copies:
        thread.join()
    code = child.wait()
    # It has no message for signals.
    channel.send_exit_status(code if code >= 0 else 128 - code)
    channel.close()


def copy(source, send):
    while True:
        data = source.read1(32768)
        if not data:
            return
        try:
            send(data)
        except OSError:
            return


def watch(channel, child):
    """Ends the command when its channel is closed."""
    while child.poll() is None:
        if channel.closed:
            os.killpg(child.pid, signal.SIGKILL)
        channel.status_event.wait(0.2)


def main():
    host_key = paramiko.ECDSAKey.generate()
    keys = authorized(AUTHORIZED_KEYS)
    listener = socket.create_server(("127.0.0.1", int(PORT)), backlog=64)
    transports = []
    while True:
        connection, _ = listener.accept()
        transport = paramiko.Transport(connection)
        transport.add_server_key(host_key)
        transports.append(transport)
        try:
            transport.start_server(server=Session(keys), event=threading.Event())
        except (OSError, paramiko.SSHException):
            pass


main()
