"""Which hosts: wrong expressions, none, too many, twice."""

import json
import os

import jsonschema
import pytest

from fleet import write
from relay import RELAY


@pytest.mark.parametrize("expression,hint", [
    ("web[1-", "web[1-"), ("web[5-1]", "5-1"), ("", "its value is empty"), ("web1!web1", "no host"),
    ("@nosuchgroup", "nosuchgroup"), ("a]b", "]"), ("web[1-3", "never closed"), ("user@", "user@"),
    ("web1:99999", "99999"), ("web[a-b]", "a-b")])
def test_a_wrong_expression_starts_nothing_and_says_where(muster, expression, hint):
    result = muster.run(expression, "true")
    assert (result.code, result.out) == (2, b"")
    assert hint in result.err


def test_more_hosts_than_a_run_may_have(muster):
    result = muster.run("web[1-1000000000000]", "true")
    assert result.code == 2
    assert "100000" in result.err.replace(",", "")


def test_the_same_host_twice_runs_once(muster):
    result = muster.run("127.0.0.1,127.0.0.[1-2],127.0.0.1", "echo hi")
    assert result.code == 0
    assert sorted(result.text.splitlines()) == ["127.0.0.1: hi", "127.0.0.2: hi"]


def test_targets_shows_what_an_expression_means(muster):
    result = muster("targets", "web[08-11]!web[09,10],db1")
    assert (result.code, result.text) == (0, "db1\nweb08\nweb11\n")


def test_an_ansible_inventory(muster, fleet, tmp_path):
    port = fleet.servers[0].port
    path = str(tmp_path / "hosts.ini")
    write(path, f"[web]\nweb[01:03] ansible_port={port} ansible_user={fleet.user}\n"
          f"[web:vars]\nansible_host=127.0.0.9\n")
    result = muster("run", *muster.login[2:6], "-I", path, "-t", "@web!web02", "--", "echo hi")
    assert result.code == 0, result.err
    assert sorted(result.text.splitlines()) == ["web01: hi", "web03: hi"]


def test_a_clustershell_group_file(muster, tmp_path):
    path = str(tmp_path / "groups.yaml")
    write(path, "roles:\n  web: 'web[1-3]'\n  db: 'db1'\n")
    result = muster("targets", "-I", path, "@roles:web,@roles:db")
    assert (result.code, result.text) == (0, "db1\nweb1\nweb2\nweb3\n")


def test_commands_of_clustershell_tell_groups(muster, tmp_path):
    write(str(tmp_path / "groups"), "web: web[1-3]\nall: web[1-3],db1\n")
    path = str(tmp_path / "groups.conf")
    write(path, "[Main]\ndefault: local\n[local]\nmap: sed -n 's/^$GROUP:\\(.*\\)/\\1/p' $CFGDIR/groups\n"
          "list: sed -n 's/:.*//p' groups\n")
    assert muster("targets", "-I", path, "@local:all!@web").text == "db1\n"
    refused = muster("targets", "-I", path, "@wbe,db1")
    assert (refused.code, refused.text) == (2, "") and "@local:web" in refused.err


def test_a_group_that_is_written_like_a_host_is_told(muster, tmp_path):
    path = str(tmp_path / "hosts.ini")
    write(path, "[prod]\nweb1\n")
    hint = f"muster: warning: the targets prod are no hosts of {path} but groups; did you mean @prod?"
    result = muster("targets", "-I", path, "-t", "prod")
    assert (result.code, result.text, result.err) == (0, "prod\n", hint + "\n")
    with open("client/json_lines.schema.json", encoding="utf-8") as file:
        validator = jsonschema.Draft7Validator(json.load(file))
    result = muster("targets", "-I", path, "-t", "prod", "--json")
    host, warnings = result.json()
    assert host["name"] == "prod" and hint in result.err
    assert list(warnings) == ["warnings"] and hint.endswith(warnings["warnings"][0])
    for line in (host, warnings):
        validator.validate(line)
    result = muster("targets", "-I", path, "-t", "@prod", "--json")
    assert (len(result.json()), result.err) == (1, "")
    started = muster("run", "-I", path, "-t", "prod", "-d", "--connect-timeout", "1", "true")
    assert (started.code, hint in started.err) == (0, True)


def test_an_inventory_that_does_not_exist(muster):
    result = muster("targets", "-I", "/no/such/inventory", "@web")
    assert result.code == 2
    assert "/no/such/inventory" in result.err


def test_an_inventory_that_asks_for_what_muster_cannot_do_is_refused(muster, tmp_path):
    path = str(tmp_path / "hosts")
    write(path, "h1 ansible_password=secret\nh2\nh3 ansible_become=true ansible_become_user=app\n")
    refused = muster("targets", "-I", path, "h[1-2]")
    assert (refused.code, refused.text) == (2, "")
    assert f"{path}:1: ansible_password is not supported: give the password" in refused.err
    assert muster("targets", "-I", path, "h2").text == "h2\n"
    taken = muster("targets", "-I", path, "--ignore-variable", "ansible_password", "h[1-2]")
    assert (taken.code, taken.text) == (0, "h1\nh2\n")
    refused = muster("run", "-I", path, "-t", "h3", "true")
    assert (refused.code, refused.text) == (2, "")
    assert f"{path}:3: ansible_become has " in refused.err and "give --become=app." in refused.err
    # A change beside the inventory counts, too.
    (tmp_path / "group_vars").mkdir()
    write(str(tmp_path / "group_vars" / "all.yml"), "ansible_connection: local\n")
    refused = muster("targets", "-I", path, "h2")
    assert "group_vars/all.yml:1: ansible_connection is not supported" in refused.err


def test_what_an_inventory_says_of_single_hosts_is_followed(muster, fleet, tmp_path):
    port, path = fleet.servers[0].port, str(tmp_path / "hosts.ini")
    write(path, f"key ansible_ssh_private_key_file={fleet.key}\n"
          f"jump ansible_ssh_common_args='-J {fleet.user}@127.0.0.3:{port} -q'"
          f" ansible_ssh_private_key_file={fleet.key}\n"
          f"process ansible_private_key_file={fleet.key}"
          f""" ansible_ssh_extra_args='-o ProxyCommand="{RELAY} %h %p"'\n"""
          f"none\n"
          f"[all:vars]\nansible_host=127.0.0.9\nansible_port={port}\nansible_user={fleet.user}\n")
    config = str(tmp_path / "config")
    write(config, f"Host 127.0.0.3\n IdentityFile {fleet.key}\n"
                  f"Host *\n UserKnownHostsFile {fleet.known_hosts}\n")
    options = ["-F", config, "-I", path, "-t", "key,jump,process,none", "--json"]
    run = muster("run", *options, "--", "echo $SSH_CONNECTION")
    states = {event["host"]: event["hostFinished"]["outcome"]["state"]
              for event in run.json() if "hostFinished" in event}
    assert states.pop("none") == "HOST_STATE_AUTHENTICATION_FAILED"
    assert set(states.values()) == {"HOST_STATE_SUCCEEDED"}, run.err
    hosts = {host["name"]: host for host in muster("targets", *options).json()}
    assert hosts["jump"]["sshOptions"][1] == f"ProxyJump={fleet.user}@127.0.0.3:{port}"
    again = muster("rerun", "last", "--states", "succeeded")
    assert again.code == 0, again.err


def test_what_of_ssh_cannot_be_followed_is_refused(muster, tmp_path):
    path = str(tmp_path / "hosts.ini")
    write(path, "web1 ansible_ssh_common_args='-F other'\nweb2 ansible_ssh_extra_args='-o Prot=1'\n")
    for host, text in (("web1", 'hosts.ini:1: ansible_ssh_common_args has "-F"'), ("web2", "Prot")):
        result = muster("run", "-I", path, "-t", host, "true")
        assert (result.code, text in result.err) == (2, True), result.err
    ignored = muster("run", "-d", "-I", path, "-t", "web1,web2", "--connect-timeout", "1", "--ignore-variable",
                     "ansible_ssh_common_args", "--ignore-variable", "ansible_ssh_extra_args", "true")
    assert ignored.code == 0, ignored.err


def test_an_inventory_may_be_a_program(muster, fleet, tmp_path):
    path = str(tmp_path / "inventory")
    data = {"web": {"hosts": ["web1", "web2"], "vars": {"ansible_port": fleet.servers[0].port}},
            "_meta": {"hostvars": {"web1": {"ansible_host": "127.0.0.9", "ansible_user": fleet.user}}}}
    write(path, f"#!/bin/sh\necho run >> $0.runs\n[ \"$1\" = --list ] && echo '{json.dumps(data)}'\n")
    os.chmod(path, 0o755)
    for number in (1, 2):
        result = muster("run", *muster.login[2:6], "-I", path, "-t", "@web!WEB2", "--", "echo hi")
        assert (result.code, result.text) == (0, "web1: hi\n"), result.err
        with open(path + ".runs", encoding="utf-8") as file:
            assert file.read() == "run\n" * number
    write(path, "#!/bin/sh\necho no token >&2\nexit 4\n")
    failed = muster("targets", "-I", path, "@web")
    assert failed.code == 2
    assert "exit status 4" in failed.err and "no token" in failed.err


def test_targets_tells_who_says_how_a_host_is_reached(muster, tmp_path):
    path, config = str(tmp_path / "hosts.ini"), str(tmp_path / "config")
    write(path, "web1 ansible_port=2222 ansible_ssh_private_key_file=/keys/web\n")
    write(config, "Host *\n HostKeyAlias blade\n UserKnownHostsFile /known\n")
    options = ["-I", path, "-F", config, "-t", "web1", "-u", "ann", "--long"]
    result = muster("targets", *options)
    assert result.code == 0, result.err
    name, *settings = result.text.splitlines()
    assert name == "web1"
    assert {f"  port: 2222 ({path})", "  user: ann (option)",
            f"  identity file: /keys/web ({path})", "  host key alias: blade (ssh_config)",
            "  known_hosts: /known (ssh_config)"} <= set(settings)
    many = muster("targets", "-F", config, "-t", "node[1-5000]", "--long", "--json").json()  # several pages
    assert [host["settings"][0]["value"] for host in many] == [f"node{number}" for number in range(1, 5001)]
    host, = muster("targets", *options, "--json").json()
    assert {"name": "port", "value": "2222", "source": path} in host["settings"]
    with open("client/json_lines.schema.json", encoding="utf-8") as file:
        jsonschema.Draft7Validator(json.load(file)).validate(host)
