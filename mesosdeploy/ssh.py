"""The one edge to OpenSSH: run a program on a node, or replace this process by a session."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from mesosdeploy.errors import DeployError, UsageError

Stream = subprocess.Popen[str]
"""A command on a node that runs: its output as it comes, and its end."""


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What a remote program printed; `code` 255 means that ssh itself failed."""

    node: str
    code: int
    stdout: str
    stderr: str


def arguments(
    config: Path, node: str, command: Sequence[str] = (), *, options: Sequence[str] = ()
) -> list[str]:
    """Return the argument list of ssh for this node: pinned host keys, the cluster's own key."""
    return ["ssh", "-F", str(config), *options, node, *command]


def run(
    config: Path,
    node: str,
    command: Sequence[str],
    *,
    stdin: str = "",
    seconds: float = 30,
    options: Sequence[str] = (),
) -> Answer:
    """Run a command on a node and return its answer.

    Never raises for what happens on the node: a time-out and an unreachable node are answers with
    code 255. Raises DeployError when this machine has no ssh.
    """
    try:
        done = subprocess.run(
            arguments(config, node, command, options=options),
            input=stdin,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=seconds,
            check=False,
        )
    except FileNotFoundError as exc:
        raise DeployError(
            "there is no ssh on this machine", hint="apt-get install openssh-client"
        ) from exc
    except subprocess.TimeoutExpired:
        return Answer(node=node, code=255, stdout="", stderr=f"no answer within {seconds:.0f} s")
    return Answer(node=node, code=done.returncode, stdout=done.stdout, stderr=done.stderr.strip())


def stream(config: Path, node: str, command: Sequence[str]) -> Stream:
    """Start a command whose output is read line by line while it runs."""
    return subprocess.Popen(
        arguments(config, node, command),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
    )


def connect(command: Sequence[str], *, seconds: float) -> bytes:
    """Return what the far end says first, through an ssh that only connects (`ssh -W`).

    Raises ConnectionError with ssh's last words when there is no way, and after `seconds`.
    """
    try:
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, timeout=seconds, check=False
        )
    except FileNotFoundError as exc:
        raise DeployError(
            "there is no ssh on this machine", hint="apt-get install openssh-client"
        ) from exc
    except subprocess.TimeoutExpired as exc:
        if exc.stdout:  # the far end waits for more than nothing
            return bytes(exc.stdout)
        raise ConnectionError(f"no answer within {seconds:.0f} s") from exc
    if not done.stdout:
        words = done.stderr.decode(errors="replace").split("\n")
        raise ConnectionError(next((line for line in reversed(words) if line), "it says nothing"))
    return done.stdout


def become(config: Path, node: str, command: Sequence[str]) -> None:
    """Replace this process by an ssh session on the node; does not return.

    Raises UsageError when this machine has no ssh.
    """
    program = shutil.which("ssh")
    if program is None:
        raise UsageError("there is no ssh on this machine", hint="apt-get install openssh-client")
    os.execv(program, arguments(config, node, command))  # noqa: S606 - a session, no shell
