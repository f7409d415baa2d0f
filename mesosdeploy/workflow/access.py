"""What must hold before anything is installed on machines that somebody owns."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from mesosdeploy import resources, ssh
from mesosdeploy.errors import DeployError
from mesosdeploy.nodes import Node
from mesosdeploy.workflow.environment import Environment
from mesosdeploy.workflow.machines import in_parallel

_LOOK = """\
echo "id=$(id -u)"
echo "python=$(command -v python3)"
if [ "$(id -u)" = 0 ] || sudo -n true 2>/dev/null; then echo root=yes
elif command -v sudo >/dev/null; then echo root=password
else echo root=none; fi
. /etc/os-release
echo "system=$PRETTY_NAME"
case " $ID $ID_LIKE " in *" debian "*) echo debian=yes;; esac
echo "machine=$(cat /etc/machine-id) $(cat /proc/sys/kernel/random/boot_id)"
"""

_WORDS: Sequence[tuple[str, str, str]] = (
    (
        "host key verification failed",
        "it shows another host key than the pinned one: installed anew, or somebody else's",
        (
            "compare with its console (ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub), and only"
            " if it is right pin the new one (host_key, or the file known_hosts)"
        ),
    ),
    (
        "permission denied",
        "it does not let the user {user} in with the key {key}",
        (
            "put the key's public half into ~{user}/.ssh/authorized_keys there, or correct user"
            " and private_key; a key with a passphrase must be in ssh-agent (ssh-add)"
        ),
    ),
    (
        "no such identity",
        "the key {key} is not on this computer",
        "correct private_key",
    ),
)
"""What ssh says in small letters, what it means, and the remedy; the first that fits counts."""


# A connection that is shared was let in earlier, by what held then.
_ANEW = ("-o", "ControlPath=none", "-o", "ControlMaster=no")
_REFUSED = re.compile(r"(?P<user>\S+)@(?P<host>\S+): Permission denied")


@dataclass(frozen=True, kw_only=True)
class Problem:
    """Why nothing can be installed on a node, and what to do."""

    node: str
    message: str
    remedy: str


def require(environment: Environment, nodes: Sequence[Node]) -> None:
    """Raise DeployError with every node that cannot be used, each with its reason and remedy."""
    answers = in_parallel(
        nodes,
        lambda node: ssh.run(
            environment.ssh_config, node.name, ["sh", "-s"], stdin=_LOOK, options=_ANEW
        ),
    )
    keys = {node.name: node.private_key or str(environment.private_key) for node in nodes}
    found = [
        problem
        for node, answer in zip(nodes, answers, strict=True)
        if (problem := _judge(node, answer, keys[node.name]))
    ]
    found += _same_machine({answer.node: _facts(answer) for answer in answers})
    if found:
        raise DeployError(
            "these machines cannot be used as they are\n"
            + "\n".join(f"  {each.node}: {each.message}" for each in found),
            hint="; ".join(dict.fromkeys(each.remedy for each in found)),
        )


def _facts(answer: ssh.Answer) -> Mapping[str, str]:
    lines = answer.stdout.splitlines() if answer.code == 0 else ()
    return dict(line.split("=", 1) for line in lines if "=" in line)


def _judge(node: Node, answer: ssh.Answer, key: str) -> Problem | None:
    """Say what is wrong with a node by what it answered; None when it can be used."""
    if answer.code != 0:
        return _no_way(node, answer, key)
    facts = _facts(answer)
    password = resources.BECOME_PASSWORD in os.environ
    if facts.get("root") == "none":
        problem = (
            f"the user {node.ssh_user} is not root, and there is no sudo",
            "apt-get install sudo",
        )
    elif facts.get("root") == "password" and not password:
        problem = (
            f"sudo asks {node.ssh_user} for a password, or does not know that user",
            (
                f"allow it: echo '{node.ssh_user} ALL=(ALL) NOPASSWD:ALL'"
                f" > /etc/sudoers.d/{node.ssh_user}; or say --ask-become-password"
            ),
        )
    elif "debian" not in facts:
        problem = (
            f"it runs {facts.get('system', 'an unknown system')}, and the roles know Debian only",
            "install Debian 12 there",
        )
    elif not facts.get("python"):
        problem = ("there is no python3", "apt-get install python3")
    else:
        return None
    return Problem(node=node.name, message=problem[0], remedy=problem[1])


def _no_way(node: Node, answer: ssh.Answer, key: str) -> Problem:
    said = answer.stderr.lower()
    refused = _REFUSED.search(answer.stderr)
    values = {"user": refused["user"] if refused else node.ssh_user, "key": key}
    if node.jump and refused and refused["host"] == node.jump.host:
        values["key"] = node.jump.private_key or key
    behind = f" (or its jump host {node.jump.host})" if node.jump else ""
    for words, message, remedy in _WORDS:
        if words in said:
            return Problem(
                node=f"{node.name}{behind}",
                message=message.format(**values),
                remedy=remedy.format(**values),
            )
    last = (answer.stderr.splitlines() or [f"ssh ended with {answer.code}"])[-1]
    return Problem(
        node=f"{node.name}{behind}",
        message=f"no login at {node.ssh_host}:{node.ssh_port}: {last}",
        remedy="look whether it runs, and whether its firewall lets this computer in",
    )


def _same_machine(facts: Mapping[str, Mapping[str, str]]) -> list[Problem]:
    """Tell nodes that are one machine: clones share an id, containers a kernel, but not both."""
    first: dict[str, str] = {}
    found = []
    for name, machine in ((name, each.get("machine", "")) for name, each in facts.items()):
        if machine and machine in first:
            found.append(
                Problem(
                    node=name,
                    message=f"it is the same machine as {first[machine]}, under another address",
                    remedy="give each node a machine of its own",
                )
            )
        first.setdefault(machine, name)
    return found
