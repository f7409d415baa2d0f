"""A libcloud driver whose machines are systemd containers of podman or docker."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from libcloud.compute.base import Node as CloudNode
from libcloud.compute.base import NodeDriver, NodeImage, NodeSize
from libcloud.compute.types import NodeState

from mesosdeploy.errors import ProviderError
from mesosdeploy.providers.local.containers import (
    HOST_KEY_FILE,
    LABEL,
    ContainerSpec,
    Platform,
    cluster_label,
    create_argv,
    network_argv,
    volume_argv,
)
from mesosdeploy.providers.local.engine import Engine
from mesosdeploy.providers.local.identity import first_file
from mesosdeploy.providers.local.recipe import REPOSITORY

_STATES = {
    "running": NodeState.RUNNING,
    "restarting": NodeState.REBOOTING,
    "paused": NodeState.PAUSED,
    "removing": NodeState.TERMINATED,
    "dead": NodeState.ERROR,
}
_START_TIMEOUT_SECONDS = 60
_REMOVE_TIMEOUT_SECONDS = 90


class LocalNodeDriver(NodeDriver):  # type: ignore[misc]
    """Machines of one cluster on this host; safe to use from several threads.

    Nothing is kept in the object: each call asks the engine. `extra["inspect"]` of a node is the
    engine's own description. Every failure is a ProviderError.
    """

    name = "mesosdeploy local"
    website = "https://podman.io"
    features = {"create_node": ["ssh_key"]}  # noqa: RUF012 - libcloud's own form

    def __init__(self, cluster: str, engine: Engine) -> None:
        # libcloud's constructor opens a connection; an engine needs none.
        self.key = cluster
        self.engine = engine

    def list_nodes(self) -> list[CloudNode]:
        """Return the containers of the cluster, running or not."""
        found = self._labelled("ps", "--all", "--no-trunc")
        return [self._node(item) for item in self._inspect(found)]

    def create_node(
        self,
        name: str,
        size: NodeSize | None = None,
        image: NodeImage | None = None,
        *,
        ex_spec: ContainerSpec,
        ex_platform: Platform,
        ex_files: bytes,
    ) -> CloudNode:
        """Make and start a container; its labels are set in the call that makes it.

        `ex_files` is a tar archive that is unpacked at its root before it starts. `size` is of no
        use here (limits are part of `ex_spec`), `image` is the one of `ex_spec`.
        """
        if ex_spec.volume:
            self.ex_create_volume(ex_spec)
        words = create_argv(ex_spec, ex_platform)
        try:
            self.engine.run(*words)
        except ProviderError as exc:
            if "in use" not in exc.message:
                raise
            # A killed `create` can leave a container that no list shows but that has the name.
            self._remove(name)
            self.engine.run(*words)
        self.ex_unpack(name, ex_files)
        self.engine.run("start", name, timeout_seconds=_START_TIMEOUT_SECONDS)
        node = self.ex_find(name)
        if node is None:
            raise ProviderError(
                f"container {name} vanished while it was made", hint="run the command again"
            )
        return node

    def destroy_node(self, node: CloudNode) -> bool:
        """Remove a container and its volume; absent is done."""
        self._remove(node.name)
        self.ex_destroy_volume(node.name)
        return True

    def start_node(self, node: CloudNode) -> bool:
        """Start a container that was stopped or paused, by whomever or by a reboot."""
        verb = "unpause" if node.state == NodeState.PAUSED else "start"
        self.engine.run(verb, node.name, timeout_seconds=_START_TIMEOUT_SECONDS)
        return True

    def stop_node(self, node: CloudNode) -> bool:
        """Shut a container down and keep it."""
        self.engine.run("stop", node.name)
        return True

    def reboot_node(self, node: CloudNode) -> bool:
        """Shut a container down and start it."""
        self.engine.run("restart", node.name, timeout_seconds=2 * _START_TIMEOUT_SECONDS)
        return True

    def list_images(self, location: object = None) -> list[NodeImage]:
        """Return the node images on this machine."""
        names = self.engine.run("images", "--format", "{{.Repository}}:{{.Tag}}").split()
        return [NodeImage(id=n, name=n, driver=self) for n in names if n.startswith(REPOSITORY)]

    def list_sizes(self, location: object = None) -> list[NodeSize]:
        """Return the one size there is: limits are given per node, not by name."""
        return [NodeSize("host", "host", 0, 0, None, 0.0, driver=self)]

    def ex_find(self, name: str) -> CloudNode | None:
        """Return the container with this name, None when there is none."""
        try:
            answer = self.engine.json("container", "inspect", name)
        except ProviderError as exc:
            if "no such" in exc.message.lower():
                return None
            raise
        return self._node(answer[0])

    def ex_unpack(self, name: str, files: bytes) -> None:
        """Unpack a tar archive at the root of a container, whether it runs or not.

        Not by `exec`: under hybrid cgroups runc cannot enter a container whose systemd has moved
        its processes to cgroups of its own.
        """
        self.engine.run("cp", "-", f"{name}:/", stdin=files)

    def ex_is_complete(self, node: CloudNode) -> bool:
        """Say whether the files that make a container a node are all in it (the last one is)."""
        marks = node.extra["inspect"]["Config"].get("Labels") or {}
        try:
            found = first_file(self.engine.read("cp", f"{node.name}:{HOST_KEY_FILE}.pub", "-"))
        except ProviderError:
            return False
        return found.strip() == marks.get(f"{LABEL}.host-key")

    def ex_create_network(self, subnet: str, gateway: str) -> None:
        """Make the cluster's network."""
        words = network_argv(self.key, subnet, gateway, is_podman=self.engine.is_podman)
        self.engine.run(*words)

    def ex_inspect_networks(self, *names: str) -> list[dict[str, Any]]:
        """Return the engine's description of these networks, of all without names."""
        wanted = names or tuple(self.engine.run("network", "ls", "--quiet").split())
        answer: list[dict[str, Any]] = self.engine.json("network", "inspect", *wanted)
        return answer

    def ex_list_networks(self) -> list[str]:
        """Return the names of the cluster's networks."""
        return self._labelled("network", "ls", "--format", "{{.Name}}")

    def ex_destroy_network(self, name: str) -> None:
        """Remove a network that no container uses; absent is done."""
        if name in self.ex_list_networks():
            self.engine.run("network", "rm", name)

    def ex_create_volume(self, spec: ContainerSpec) -> None:
        """Make the volume of a node unless it exists."""
        if spec.volume not in self.ex_list_volumes():
            self.engine.run(*volume_argv(spec))

    def ex_list_volumes(self) -> list[str]:
        """Return the names of the cluster's volumes."""
        return self._labelled("volume", "ls")

    def ex_destroy_volume(self, name: str) -> None:
        """Remove a volume; absent is done."""
        if name in self.ex_list_volumes():
            self.engine.run("volume", "rm", name)

    def _remove(self, name: str) -> None:
        words = ["rm", "--force", "--volumes", name]
        if self.engine.is_podman:
            words[1:1] = ["--ignore", "--time", "0"]
        try:
            self.engine.run(*words, timeout_seconds=_REMOVE_TIMEOUT_SECONDS)
        except ProviderError as exc:
            if "no such container" not in exc.message.lower():
                raise

    def _labelled(self, *words: str) -> list[str]:
        quiet = () if "--format" in words else ("--quiet",)
        filter_ = f"label={cluster_label(self.key)}"
        return self.engine.run(*words, *quiet, "--filter", filter_).split()

    def _inspect(self, ids: Sequence[str]) -> list[Mapping[str, Any]]:
        if not ids:
            return []
        try:
            answer: list[Mapping[str, Any]] = self.engine.json("container", "inspect", *ids)
        except ProviderError:
            # One of them went away meanwhile: ask for each.
            nodes = (self.ex_find(id_) for id_ in ids)
            return [node.extra["inspect"] for node in nodes if node is not None]
        return answer

    def _node(self, inspected: Mapping[str, Any]) -> CloudNode:
        marks = inspected["Config"].get("Labels") or {}
        address = marks.get(f"{LABEL}.address")
        return CloudNode(
            id=inspected["Id"],
            name=inspected["Name"].lstrip("/"),
            state=_STATES.get(inspected["State"]["Status"], NodeState.STOPPED),
            public_ips=[],
            private_ips=[address] if address else [],
            driver=self,
            extra={"inspect": inspected},
        )
