"""A cloud in memory behind a libcloud driver, and the smallest provider over it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, ClassVar

from libcloud.compute.base import Node as CloudNode
from libcloud.compute.base import NodeDriver
from libcloud.compute.types import NodeState

from mesosdeploy.nodes import NodeRequest
from mesosdeploy.providers.base import ClusterContext
from mesosdeploy.providers.cloud import CloudProvider, Launch

PUBLIC_KEY = "ssh-ed25519 AAAA the-cluster"


class Cloud:
    """Machines by id; `before` and `after` a creation a test may step in, by the machine's name."""

    def __init__(self) -> None:
        self.machines: dict[str, CloudNode] = {}
        self.before: Callable[[dict[str, Any]], None] = lambda _given: None
        self.after: Callable[[CloudNode], None] = lambda _machine: None
        self.listing: Callable[[], None] = lambda: None
        self.threads_of_drivers: dict[int, set[int]] = {}
        self.connected = self.listed = self.asked = 0
        self.lock = threading.Lock()


class MemoryDriver(NodeDriver):  # type: ignore[misc]
    """A driver for one cloud."""

    name = "memory"

    def __init__(self, cloud: Cloud) -> None:
        self.cloud = cloud

    def _used(self) -> None:
        users = self.cloud.threads_of_drivers.setdefault(id(self), set())
        users.add(threading.get_ident())

    def list_nodes(self) -> list[CloudNode]:
        self._used()
        self.cloud.listed += 1
        self.cloud.listing()
        return list(self.cloud.machines.values())

    def create_node(self, name: str, tags: Mapping[str, str], **given: Any) -> CloudNode:
        self._used()
        with self.cloud.lock:
            self.cloud.asked += 1
            self.cloud.before({"name": name, **given})
            number = len(self.cloud.machines) + 1
            address = f"192.0.2.{number}"
            machine = CloudNode(
                f"i-{number}", name, NodeState.RUNNING, [], [address], self,
                extra={"tags": dict(tags)},
            )  # fmt: skip
            self.cloud.machines[machine.id] = machine
            self.cloud.after(machine)
            return machine

    def start_node(self, node: CloudNode) -> bool:
        self.cloud.machines[node.id].state = NodeState.RUNNING
        return True

    def destroy_node(self, node: CloudNode) -> bool:
        return self.cloud.machines.pop(node.id, None) is not None


class MemoryProvider(CloudProvider):
    """What a provider has to say, and no more."""

    cloud: ClassVar[Cloud]
    poll_seconds = 0.01
    settle_seconds = 0.2

    def connect(self) -> NodeDriver:
        self.cloud.connected += 1
        return MemoryDriver(self.cloud)

    def arguments(self, launch: Launch) -> Mapping[str, Any]:
        return {"name": launch.name, "tags": launch.tags, "place": launch.place}


class ZonedProvider(MemoryProvider):
    """One with zones and client tokens."""

    has_client_tokens = True

    def places(self, request: NodeRequest) -> tuple[str, ...]:
        return ("a", "b") if request.group == "agents" else ("a",)


def context(cluster: str = "c1") -> ClusterContext:
    return ClusterContext(cluster=cluster, directory=Path("/nowhere"), public_key=PUBLIC_KEY)


def request(name: str = "agent-1", group: str = "agents", cluster: str = "c1") -> NodeRequest:
    index = int(name.rpartition("-")[2])
    labels = {"team": "search"}
    return NodeRequest(
        cluster=cluster, name=name, group=group, index=index, roles=frozenset(), labels=labels
    )


def quiet(_text: str) -> None:
    """Report nothing."""
