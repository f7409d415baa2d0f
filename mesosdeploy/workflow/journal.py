"""What is asked of a node's journal, and what its lines say: journalctl's words and its JSON."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from mesosdeploy.errors import UsageError
from mesosdeploy.inventory import ansible_group
from mesosdeploy.mesos.endpoints import hosts_of
from mesosdeploy.nodes import UNITS, NodeRole
from mesosdeploy.spec.problems import did_you_mean
from mesosdeploy.workflow.doctor import roles_of

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FIELDS = ("MESSAGE", "PRIORITY", "SYSLOG_IDENTIFIER", "_PID", "_SYSTEMD_UNIT", "UNIT")
_LINES = 100
_INFO = 6


@dataclass(frozen=True, kw_only=True)
class Query:
    """Which lines are wanted: of which nodes or roles, of what time, how many a node.

    Times are as journalctl takes them, in the node's time zone. Without `lines` it is 100, or all
    where `since` says how far back.
    """

    targets: tuple[str, ...] = ()
    since: str = ""
    until: str = ""
    lines: int | None = None
    grep: str = ""

    @property
    def limit(self) -> int | None:
        """Return how many lines of each node are wanted at most; None: all."""
        return self.lines if self.lines is not None or self.since else _LINES


@dataclass(frozen=True, kw_only=True)
class Line:
    """One line of a journal.

    `time` is ISO 8601 in UTC with microseconds, and sorts as text; `process` is "name[pid]";
    `priority` is syslog's, from 0 (emergency) to 7 (debug). `text` may have several lines.
    """

    time: str
    node: str
    unit: str
    process: str
    priority: int
    text: str


@dataclass(frozen=True, kw_only=True)
class Entry:
    """A line, and the place in its journal where the next one follows."""

    line: Line
    cursor: str


def select(inventory: Mapping[str, Any], targets: Sequence[str]) -> dict[str, list[str]]:
    """Return node → units for targets that are nodes, groups, roles or units; none means all.

    Raises UsageError for a target that is none of these, or that runs nothing.
    """
    names = hosts_of(inventory, "all")
    chosen: dict[str, set[str]] = {}
    for target in targets or sorted(names):
        hosts, roles = _meant(inventory, target)
        found = {
            host: {UNITS[role] for role in roles & roles_of(inventory, host)} for host in hosts
        }
        if targets and not any(found.values()):
            raise UsageError(
                f"{target!r} runs no daemon of this cluster",
                hint="mesosdeploy inventory shows nodes and groups",
            )
        for host, units in found.items():
            chosen.setdefault(host, set()).update(units)
    return {host: sorted(units) for host, units in sorted(chosen.items())}


def _meant(inventory: Mapping[str, Any], target: str) -> tuple[Sequence[str], frozenset[str]]:
    """Return the nodes that a target means, and which of their roles."""
    of_unit = {unit.removesuffix("@*"): role for role, unit in UNITS.items()}
    word = of_unit.get(target, ansible_group(target))
    everything = frozenset(UNITS)
    if target in hosts_of(inventory, "all"):
        return [target], everything
    if word in inventory and word != "_meta":
        hosts = hosts_of(inventory, word)
        # A role without a unit of its own runs nothing; any other group is one of nodes.
        return hosts, frozenset({word}) & everything if word in set(NodeRole) else everything
    nodes = hosts_of(inventory, "all")
    known = [*nodes, *(key for key in inventory if key != "_meta")]
    raise UsageError(
        f"{target!r} is neither a node nor a group nor a role of this cluster",
        hint=did_you_mean(target, known, otherwise=f"nodes: {', '.join(sorted(nodes))}"),
    )


def command(
    units: Sequence[str], query: Query, *, after: str = "", follow: bool = False
) -> list[str]:
    """Return the journalctl command line for one node; `after` is the cursor to go on from.

    What has a limit comes newest first: else journalctl takes the first lines, or none at all,
    where it is told a time or a pattern, too.
    """
    words = ["journalctl", "--no-pager", "--quiet", "--all", "--output=json"]
    words.append(f"--output-fields={','.join(_FIELDS)}")
    words += [f"--unit={unit}" for unit in units]
    if query.grep:
        # Else journalctl takes a pattern of small letters for any letters.
        words += [f"--grep={query.grep}", "--case-sensitive=true"]
    if after:
        words.append(f"--after-cursor={after}")
    elif query.since:
        words.append(f"--since={query.since}")
    if query.until:
        words.append(f"--until={query.until}")
    if follow:
        words += ["--follow", "--no-tail"]
    elif query.limit is not None:
        words += ["--reverse", f"--lines={query.limit}"]
    return [shlex.quote(word) for word in words]


def parse(node: str, lines: Iterable[str]) -> Iterator[Entry]:
    """Yield the entries of `journalctl --output=json`; what is none, such as a banner, is left."""
    for text in lines:
        try:
            entry = json.loads(text)
            stamp = int(entry["__REALTIME_TIMESTAMP"])
        except (ValueError, KeyError, TypeError):
            continue
        time = (_EPOCH + timedelta(microseconds=stamp)).isoformat(timespec="microseconds")
        own = str(entry.get("_SYSTEMD_UNIT", "")).removesuffix(".service")
        # systemd's own lines about a unit name it in UNIT.
        about = str(entry.get("UNIT", "")).removesuffix(".service")
        name = entry.get("SYSLOG_IDENTIFIER", "?") if about or not own else own
        pid = f"[{entry['_PID']}]" if "_PID" in entry else ""
        line = Line(
            time=time.replace("+00:00", "Z"),
            node=node,
            unit=about or own,
            process=f"{name}{pid}",
            priority=int(entry.get("PRIORITY", _INFO)),
            text=_message(entry.get("MESSAGE")),
        )
        yield Entry(line=line, cursor=str(entry.get("__CURSOR", "")))


def _message(value: object) -> str:
    """Return a message; journalctl gives one that is no UTF-8 as a list of bytes."""
    if isinstance(value, list):
        return bytes(value).decode(errors="replace")
    return "" if value is None else str(value)
