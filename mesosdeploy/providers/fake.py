"""A provider that makes nothing: machines are entries of a file, for rehearsals and tests."""

from __future__ import annotations

import base64
import hashlib
import json
import struct
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, replace
from ipaddress import IPv4Address
from typing import Any

from filelock import FileLock, Timeout

from mesosdeploy.errors import ProviderError
from mesosdeploy.nodes import Node, NodeRequest, NodeStatus
from mesosdeploy.providers.base import ClusterContext, Finding, Leftover, Report

FILE_NAME = "fake-machines.json"
OPTIONS = frozenset({"fail_create", "fail_after", "delay_seconds"})

# 198.18.0.0/15 is set aside for benchmarks (RFC 2544): nothing answers there.
_FIRST_ADDRESS = IPv4Address("198.18.0.11")
_LOCK_TIMEOUT_SECONDS = 30


class FakeProvider:
    """Remember machines in `<state root>/fake-machines.json`, which several processes share.

    Options for rehearsing failures: `fail_create` (names of nodes that cannot be made),
    `fail_after` (how many machines the cluster may get, ever), `delay_seconds` (of each call that
    would take time).
    """

    def __init__(self, context: ClusterContext) -> None:
        options = context.options or {}
        unknown = sorted(set(options) - OPTIONS)
        if unknown:
            raise ProviderError(
                f"the fake provider has no option {', '.join(unknown)}",
                hint=f"its options are: {', '.join(sorted(OPTIONS))}",
            )
        self._cluster = context.cluster
        self._file = context.directory.parent / FILE_NAME
        self._fail_create = _names(options.get("fail_create"))
        fail_after = options.get("fail_after")
        self._fail_after = None if fail_after is None else int(str(fail_after))
        self._delay_seconds = float(str(options.get("delay_seconds") or 0))

    def check(self) -> Sequence[Finding]:
        """Say that it is a rehearsal."""
        return [Finding(check="fake provider", ok=True, message="nothing is made: a rehearsal")]

    def list(self) -> Sequence[Node]:
        """Return the machines that are remembered of this cluster."""
        with self._remembered(write=False) as entry:
            nodes = [_node(data) for data in entry["machines"].values()]
        return sorted(nodes, key=lambda node: (node.group, node.index, node.name))

    def prepare(self, requests: Sequence[NodeRequest], report: Report) -> None:
        """Remember a network."""
        del requests
        report("making a network that is only remembered")
        with self._remembered() as entry:
            entry["network"] = True

    def create(self, request: NodeRequest, report: Report) -> Node:
        """Remember a machine, unless a failure was asked for."""
        time.sleep(self._delay_seconds)
        with self._remembered() as entry:
            machines = entry["machines"]
            if request.name in machines:
                return _node(machines[request.name])
            if request.name in self._fail_create or entry["made"] == self._fail_after:
                raise ProviderError(
                    f"node {request.name} cannot be made: the fake provider was told to fail",
                    hint="remove fail_create and fail_after from the provider's options",
                )
            node = self._invent(request, {data["address"] for data in machines.values()})
            machines[request.name] = asdict(node)
            entry["made"] += 1
        report(f"{request.name}: remembered as {node.address}")
        return node

    def start(self, node: Node, report: Report) -> Node:
        """Remember a machine as running."""
        report(f"{node.name}: remembered as running")
        return self.set_status(node.name, NodeStatus.RUNNING)

    def set_status(self, name: str, status: NodeStatus) -> Node:
        """Make a machine stop or fail, as the outside world would do it to a real one."""
        with self._remembered() as entry:
            if name not in entry["machines"]:
                raise ProviderError(f"there is no machine {name}", hint="run `mesosdeploy up`")
            node = replace(_node(entry["machines"][name]), status=status)
            entry["machines"][name] = asdict(node)
        return node

    def authorize(self, node: Node, public_key: str) -> None:
        """Let nobody in: there is nothing to enter."""

    def destroy(self, node: Node, report: Report) -> None:
        """Forget a machine; absent is done."""
        time.sleep(self._delay_seconds)
        report(f"{node.name}: forgotten")
        with self._remembered() as entry:
            entry["machines"].pop(node.name, None)

    def leftovers(self) -> Sequence[Leftover]:
        """List the remembered network."""
        with self._remembered(write=False) as entry:
            has_network = bool(entry["network"])
        return [Leftover(kind="network", name=f"fake-{self._cluster}")] if has_network else []

    def cleanup(self, report: Report) -> None:
        """Forget everything of the cluster."""
        for left in self.leftovers():
            report(f"removing {left.kind} {left.name}")
        with self._remembered() as entry:
            entry.clear()

    def _invent(self, request: NodeRequest, taken: set[str]) -> Node:
        count = len(taken) + 1
        address = next(a for n in range(count) if (a := str(_FIRST_ADDRESS + n)) not in taken)
        return Node(
            cluster=request.cluster,
            name=request.name,
            group=request.group,
            index=request.index,
            status=NodeStatus.RUNNING,
            provider_id=f"fake-{request.cluster}-{request.name}",
            address=address,
            ssh_host=address,
            host_key=_host_key(f"{request.cluster}/{request.name}"),
            labels=dict(request.labels),
        )

    @contextmanager
    def _remembered(self, *, write: bool = True) -> Iterator[dict[str, Any]]:
        """Give the cluster's entry in the file, and write the file when it was changed.

        An entry that was cleared is left out. An exception inside leaves the file as it was.
        """
        lock = FileLock(self._file.with_suffix(".lock"), timeout=_LOCK_TIMEOUT_SECONDS)
        try:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            with lock:
                content: dict[str, Any] = {}
                if self._file.exists():
                    content = json.loads(self._file.read_text())
                entry = content.setdefault(
                    self._cluster, {"machines": {}, "network": False, "made": 0}
                )
                yield entry
                if write:
                    kept = {name: value for name, value in content.items() if value}
                    part = self._file.with_suffix(".part")
                    part.write_text(json.dumps(kept))
                    part.replace(self._file)
        except ValueError as exc:
            raise ProviderError(
                f"the fake provider cannot read {self._file}: {exc}",
                hint="remove that file: it only remembers machines that do not exist",
            ) from exc
        except (OSError, Timeout) as exc:
            raise ProviderError(
                f"the fake provider cannot use {self._file}: {exc}",
                hint="look at the disk and the modes, or set MESOSDEPLOY_STATE_DIR elsewhere",
            ) from exc


def _names(value: object) -> frozenset[str]:
    return (
        frozenset(str(name) for name in value) if isinstance(value, (list, tuple)) else frozenset()
    )


def _node(data: Mapping[str, Any]) -> Node:
    return Node(**{**data, "status": NodeStatus(data["status"])})


def _host_key(seed: str) -> str:
    """Return a well-formed public key that belongs to nobody (RFC 8709, section 4)."""
    algorithm = b"ssh-ed25519"
    blob = b"".join(
        struct.pack(">I", len(part)) + part
        for part in (algorithm, hashlib.sha256(seed.encode()).digest())
    )
    return f"{algorithm.decode()} {base64.b64encode(blob).decode()}"
