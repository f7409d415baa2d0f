"""Pure judgement: from what a probe saw on a node to findings with cause and remedy."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from mesosdeploy.doctor import endings
from mesosdeploy.doctor.signatures import matches
from mesosdeploy.nodes import UNITS
from mesosdeploy.providers.base import Finding

_DISK_PERCENT, _INODE_PERCENT, _SKEW_SECONDS, _MEMORY_MB = 95, 5, 0.5, 512


def node(seen: Mapping[str, Any], roles: frozenset[str], *, clock_skew: float) -> list[Finding]:
    """Return the findings for one node.

    `seen` is the probe's answer, `roles` the names of the node's roles, `clock_skew` the node's
    clock minus the controller's in seconds, as measured around the probe.
    """
    return [
        *_units(seen, roles),
        *_disks(seen),
        _clock(clock_skew),
        _name(seen),
        _memory(seen),
    ]


def _units(seen: Mapping[str, Any], roles: frozenset[str]) -> Iterator[Finding]:
    for role in sorted(roles & set(UNITS)):
        unit = UNITS[role]
        state = seen["units"].get(unit, {})
        active = state.get("ActiveState") == "active"
        if active:
            restarts = int(state.get("NRestarts") or 0)
            yield Finding(
                check=f"unit {unit}", ok=True, message=f"active, restarted {restarts} times"
            )
        else:
            yield _stopped(unit, state, seen["journals"].get(unit, ""))


def _stopped(unit: str, state: Mapping[str, str], journal: str) -> Finding:
    if state.get("LoadState") != "loaded":
        return Finding(
            check=f"unit {unit}",
            ok=False,
            message="not installed",
            remedy="mesosdeploy up --converge",
        )
    what = f"{state.get('ActiveState')} ({state.get('SubState')}), result {state.get('Result')}, "
    what += f"exit status {state.get('ExecMainStatus')}"
    cause, remedy = _explained(unit, state.get("ExecMainStatus", ""), journal)
    return Finding(check=f"unit {unit}", ok=False, message=f"{what}; {cause}", remedy=remedy)


def _explained(unit: str, code: str, journal: str) -> tuple[str, str]:
    """Return cause and remedy; the journal holds older ends too, so a telling code goes first."""
    ending = endings.of(unit, code)
    if ending and not ending.vague:
        return ending.cause, ending.remedy
    known = next(matches(journal), None)
    if known:
        signature, line = known
        return f"{signature.cause} ({line})", signature.remedy
    if ending:
        return ending.cause, ending.remedy
    last = (journal.strip().splitlines() or ["the journal is empty"])[-1]
    start = f"systemctl start {unit} on the node, or mesosdeploy up --converge"
    return f"last line: {last}", start


def _disks(seen: Mapping[str, Any]) -> Iterator[Finding]:
    for path, disk in sorted(seen["disks"].items()):
        full = disk["used_percent"] >= _DISK_PERCENT
        few = disk["inodes_free_percent"] < _INODE_PERCENT
        yield Finding(
            check=f"disk {path}",
            ok=not (full or few),
            message=f"{disk['used_percent']:.0f} % used, {disk['free_mb']:.0f} MB free"
            + (", almost no inodes free" if few else ""),
            remedy="remove old sandboxes and logs, or give the node a larger disk"
            if full or few
            else "",
        )


def _clock(skew: float) -> Finding:
    ok = abs(skew) <= _SKEW_SECONDS
    return Finding(
        check="clock",
        ok=ok,
        message=f"{skew:+.2f} s from the controller's",
        remedy="" if ok else "start a time service: systemctl enable --now systemd-timesyncd",
    )


def _name(seen: Mapping[str, Any]) -> Finding:
    addresses = seen["addresses"]
    bad = not addresses or any(address.startswith("127.") for address in addresses)
    return Finding(
        check="host name",
        ok=not bad,
        message=f"{seen['hostname']} resolves to {', '.join(addresses) or 'nothing'}",
        remedy="mesosdeploy up --converge writes /etc/hosts" if bad else "",
    )


def _memory(seen: Mapping[str, Any]) -> Finding:
    ok = seen["memory_available_mb"] >= _MEMORY_MB
    return Finding(
        check="memory",
        ok=ok,
        message=f"{seen['memory_available_mb']:.0f} of {seen['memory_mb']:.0f} MB available",
        remedy="" if ok else "stop what is not needed, or give the node more memory",
    )
