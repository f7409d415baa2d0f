"""`logs`: the journals of several nodes as one stream, ordered by time."""

from __future__ import annotations

import heapq
import queue
import re
import shlex
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from mesosdeploy import ssh
from mesosdeploy.errors import DeployError, UsageError
from mesosdeploy.nodes import UNITS
from mesosdeploy.workflow.doctor import roles_of
from mesosdeploy.workflow.environment import Environment
from mesosdeploy.workflow.machines import in_parallel


@dataclass(frozen=True, kw_only=True)
class Query:
    """Which lines are wanted: of which nodes or roles, since when, how many a node."""

    targets: tuple[str, ...] = ()
    since: str = ""
    lines: int = 100
    grep: str = ""


@dataclass(frozen=True, kw_only=True, order=True)
class Line:
    """One line of a journal; `time` is ISO 8601 with microseconds and sorts as text."""

    time: str
    node: str
    text: str


def select(inventory: Mapping[str, Any], targets: Sequence[str]) -> dict[str, list[str]]:
    """Return node → units for targets that are nodes, groups or roles; none means all.

    Raises UsageError for a target that is none of these.
    """
    names = sorted(inventory["_meta"]["hostvars"])
    groups = {
        key: value["hosts"]
        for key, value in inventory.items()
        if key != "_meta" and "hosts" in value
    }
    chosen: dict[str, set[str]] = {}
    for target in targets or names:
        if target in names:
            roles: Sequence[str] = sorted(roles_of(inventory, target))
            hosts: Sequence[str] = [target]
        elif target in groups:
            hosts, roles = groups[target], [target] if target in UNITS else sorted(UNITS)
        else:
            close = get_close_matches(target, [*names, *groups], n=1)
            raise UsageError(
                f"{target!r} is neither a node nor a group nor a role of this cluster",
                hint=f"did you mean {close[0]}?" if close else f"nodes: {', '.join(names)}",
            )
        for host in hosts:
            carried = roles_of(inventory, host)
            chosen.setdefault(host, set()).update(
                UNITS[role] for role in roles if role in UNITS and role in carried
            )
    return {host: sorted(units) for host, units in sorted(chosen.items())}


def command(units: Sequence[str], query: Query, *, follow: bool) -> list[str]:
    """Return the journalctl command line for one node."""
    words = ["journalctl", "--no-pager", "--output", "short-iso-precise", "-q"]
    words += [word for unit in units for word in ("--unit", unit)]
    words += ["--lines", str(query.lines)] if not query.since else ["--since", query.since]
    return [shlex.quote(word) for word in (*words, *(["--follow"] if follow else []))]


def _parse(node: str, lines: Iterator[str], grep: str) -> Iterator[Line]:
    wanted = re.compile(grep) if grep else None
    for line in lines:
        time, _, text = line.rstrip("\n").partition(" ")
        if text and (wanted is None or wanted.search(text)):
            yield Line(time=time, node=node, text=text.partition(" ")[2])


def read(environment: Environment, query: Query) -> Iterator[Line]:
    """Return the wanted lines of all nodes, oldest first.

    Raises DeployError that names the nodes that could not be read, after nothing was lost of the
    others: they are read first.
    """
    check_pattern(query.grep)
    chosen = select(environment.inventory(), query.targets)
    nodes = [node for node, units in chosen.items() if units]
    answers = in_parallel(
        nodes,
        lambda node: ssh.run(
            environment.ssh_config, node, command(chosen[node], query, follow=False)
        ),
    )
    good = [answer for answer in answers if answer.code == 0]
    yield from heapq.merge(
        *(sorted(_parse(a.node, iter(a.stdout.splitlines()), query.grep)) for a in good)
    )
    bad = [answer for answer in answers if answer.code != 0]
    if bad:
        raise DeployError(
            "cannot read the journal of " + "; ".join(f"{a.node}: {a.stderr}" for a in bad),
            hint="mesosdeploy doctor says why",
        )


def _require_ended_well(streams: Mapping[str, ssh.Stream]) -> None:
    said = {
        node: (stream.stderr.read() if stream.stderr else "") for node, stream in streams.items()
    }
    bad = [node for node, stream in streams.items() if stream.wait() != 0]
    if bad:
        raise DeployError(
            "the journal ended of " + "; ".join(f"{node}: {said[node].strip()}" for node in bad),
            hint="mesosdeploy doctor says why",
        )


def check_pattern(grep: str) -> None:
    """Raise UsageError for a pattern that is no regular expression."""
    try:
        re.compile(grep)
    except re.error as exc:
        raise UsageError(
            f"--grep {grep!r} is no regular expression: {exc}", hint="escape special characters"
        ) from exc


def follow(environment: Environment, query: Query) -> Iterator[Line]:
    """Yield lines as they come, until every node's stream has ended or the caller stops."""
    check_pattern(query.grep)
    chosen = select(environment.inventory(), query.targets)
    arriving: queue.Queue[Line | None] = queue.Queue()
    streams = {
        node: ssh.stream(environment.ssh_config, node, command(units, query, follow=True))
        for node, units in chosen.items()
        if units
    }

    def pump(node: str) -> None:
        for line in _parse(node, iter(streams[node].stdout or ()), query.grep):
            arriving.put(line)
        arriving.put(None)

    for node in streams:
        threading.Thread(target=pump, args=(node,), daemon=True).start()
    running = len(streams)
    try:
        while running:
            line = arriving.get()
            if line is None:
                running -= 1
            else:
                yield line
        _require_ended_well(streams)
    finally:
        for stream in streams.values():
            stream.terminate()
