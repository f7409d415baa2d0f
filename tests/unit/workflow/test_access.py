"""Claims about what keeps a machine that somebody owns from being used."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mesosdeploy import resources
from mesosdeploy.nodes import Jump, Node, NodeStatus
from mesosdeploy.ssh import Answer
from mesosdeploy.workflow import access

NODE = Node(
    cluster="c1",
    name="agent-1",
    group="agents",
    index=1,
    status=NodeStatus.RUNNING,
    provider_id="192.0.2.2",
    address="192.0.2.2",
    ssh_host="192.0.2.2",
    ssh_user="ops",
)
GOOD = {
    "root": "yes",
    "python": "/usr/bin/python3",
    "system": "Debian GNU/Linux 12",
    "debian": "yes",
    "machine": "m1 b1",
}


def answered(code: int = 0, stderr: str = "", **facts: str) -> Answer:
    lines = "".join(f"{key}={value}\n" for key, value in {**GOOD, **facts}.items() if value)
    return Answer(node="agent-1", code=code, stdout="" if code else lines, stderr=stderr)


def test_machine_that_answers_well_is_used() -> None:
    assert access._judge(NODE, answered(), "/key") is None


@pytest.mark.parametrize(
    ("answer", "message", "remedy"),
    [
        (answered(root="password"), "sudo asks ops for a password", "NOPASSWD:ALL"),
        (answered(root="none"), "the user ops is not root, and there is no sudo", "install sudo"),
        (answered(python=""), "there is no python3", "apt-get install python3"),
        (answered(debian="", system="Fedora 40"), "it runs Fedora 40", "install Debian 12"),
        (
            answered(255, "ops@192.0.2.2: Permission denied (publickey)."),
            "does not let the user ops in with the key /key",
            "authorized_keys",
        ),
        (
            answered(255, "@@@ WARNING @@@\nHost key verification failed.\nclosed"),
            "another host key than the pinned one",
            "host_key",
        ),
        (
            answered(255, "ssh: connect to host 192.0.2.2 port 22: Connection timed out"),
            "no login at 192.0.2.2:22: ssh: connect to host 192.0.2.2 port 22: Connection timed",
            "firewall",
        ),
    ],
    ids=["password", "no sudo", "no python", "Fedora", "wrong key", "host key", "unreachable"],
)
def test_hindrance_is_named_with_its_remedy(answer: Answer, message: str, remedy: str) -> None:
    problem = access._judge(NODE, answer, "/key")
    assert problem is not None
    assert message in problem.message
    assert remedy in problem.remedy


def test_password_that_is_given_makes_sudo_usable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(resources.BECOME_PASSWORD, "canary")
    assert access._judge(NODE, answered(root="password"), "/key") is None


def test_jump_host_is_named_where_it_may_be_the_reason() -> None:
    behind = replace(NODE, jump=Jump(host="192.0.2.1", user="ops"))
    problem = access._judge(behind, answered(255, "Permission denied"), "/key")
    assert problem is not None
    assert problem.node == "agent-1 (or its jump host 192.0.2.1)"


def test_user_and_key_are_those_that_were_refused() -> None:
    jump = Jump(host="192.0.2.1", user="way", private_key="/jump")
    answer = answered(255, "way@192.0.2.1: Permission denied (publickey).\nclosed")
    problem = access._judge(replace(NODE, jump=jump), answer, "/key")
    assert problem is not None
    assert "does not let the user way in with the key /jump" in problem.message


def test_two_names_of_one_machine_are_told() -> None:
    machines = {"a": "m1 b1", "clone": "m1 b2", "neighbour": "m2 b1", "again": "m1 b1"}
    found = access._same_machine({name: {"machine": each} for name, each in machines.items()})
    assert [(each.node, each.message) for each in found] == [
        ("again", "it is the same machine as a, under another address")
    ]
