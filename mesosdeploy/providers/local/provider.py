"""The local provider: the protocol's calls on top of the driver, image, network and addresses."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cached_property
from threading import Lock

from libcloud.compute.base import Node as CloudNode
from tenacity import retry, retry_if_exception_type, stop_after_attempt, wait_fixed

from mesosdeploy.errors import ProviderError
from mesosdeploy.nodes import Node, NodeRequest, NodeStatus
from mesosdeploy.providers.base import ClusterContext, Finding, Leftover, Report
from mesosdeploy.providers.local import image
from mesosdeploy.providers.local.addresses import allocate
from mesosdeploy.providers.local.containers import (
    NEVER_STARTED,
    ContainerSpec,
    Platform,
    container_name,
    network_name,
    parse_node,
)
from mesosdeploy.providers.local.driver import LocalNodeDriver
from mesosdeploy.providers.local.engine import INSTALL_HINT, Engine, detect
from mesosdeploy.providers.local.identity import archive, key_archive, make_host_key
from mesosdeploy.providers.local.network import ensure_network
from mesosdeploy.providers.local.recipe import choose_recipe
from mesosdeploy.providers.local.runtime import allow_watchers, cgroup_mode, detect_platform

OPTIONS = frozenset({"engine", "image", "runtime", "subnet", "zones"})


class LocalProvider:
    """Systemd containers with sshd, fixed addresses and pinned host keys, on this machine."""

    def __init__(self, context: ClusterContext) -> None:
        self._context = context
        given = {k: v for k, v in (context.options or {}).items() if v is not None}
        if unknown := sorted(set(given) - OPTIONS):
            raise ProviderError(
                f"the local provider has no option {', '.join(unknown)}",
                hint=f"its options are: {', '.join(sorted(OPTIONS))}",
            )
        self._zones = parse_zones(given.pop("zones", ()))
        self._options = {key: str(value) for key, value in given.items()}
        self._prepared: tuple[str, Platform] | None = None
        self._addresses: dict[str, str] = {}
        self._lock = Lock()

    @cached_property
    def engine(self) -> Engine:
        """The engine that works here, found at the first call that needs it."""
        return detect(self._options.get("engine", "auto"))

    @cached_property
    def driver(self) -> LocalNodeDriver:
        """The libcloud driver of this cluster."""
        return LocalNodeDriver(self._context.cluster, self.engine)

    def check(self) -> Sequence[Finding]:
        """Say whether an engine answers, containers run, and the image is there or can be built."""
        return list(self._findings())

    def list(self) -> Sequence[Node]:
        """Return every node of the cluster, in the order of group and index."""
        nodes = [self._node(found) for found in self.driver.list_nodes()]
        return sorted(nodes, key=lambda node: (node.group, node.index, node.name))

    def prepare(self, requests: Sequence[NodeRequest], report: Report) -> None:
        """Make the image and the network, find the runtime, and fix every node's address."""
        for request in requests:
            if request.options:
                raise ProviderError(
                    f"group {request.group}: the local provider has no option "
                    f"{', '.join(sorted(request.options))} for its machines",
                    hint="limits are given as `cpus` and `memory_mb` of the group",
                )
        with self._lock:
            self._prepare(requests, report)

    def create(self, request: NodeRequest, report: Report) -> Node:
        """Make and start the container of a node; one that was half made is made again."""
        name = container_name(request.cluster, request.name)
        if (found := self.driver.ex_find(name)) is not None:
            node = self._node(found)
            if node.status is NodeStatus.RUNNING:
                return node
            if node.status is not NodeStatus.FAILED:
                return self.start(node, report)
            report(f"{request.name}: {node.detail}; making it again")
            self.driver.destroy_node(found)
        with self._lock:
            if self._prepared is None or request.name not in self._addresses:
                self._prepare([request], report)
        return self._make(request, report)

    def start(self, node: Node, report: Report) -> Node:
        """Start a container that was stopped, paused, or ended with a reboot of the host."""
        name = container_name(node.cluster, node.name)
        found = self.driver.ex_find(name)
        if found is None or self._node(found).status is NodeStatus.FAILED:
            detail = "there is no such container" if found is None else self._node(found).detail
            raise ProviderError(
                f"node {node.name} cannot be started: {detail}",
                hint="run `mesosdeploy up`: it makes the node again",
            )
        if self._node(found).status is not NodeStatus.RUNNING:
            report(f"{node.name}: starting container {name}")
            self.driver.start_node(found)
        return self._node(self.driver.ex_find(name) or found)

    def authorize(self, node: Node, public_key: str) -> None:
        """Make this key the one that opens the node, by way of the engine."""
        self.driver.ex_unpack(container_name(node.cluster, node.name), key_archive(public_key))

    def destroy(self, node: Node, report: Report) -> None:
        """Remove the container of a node and its volume; absent is done."""
        name = container_name(node.cluster, node.name)
        report(f"{node.name}: removing container {name}")
        self._remove_container(name)

    def leftovers(self) -> Sequence[Leftover]:
        """List volumes and networks that carry the cluster's label, and strange containers."""
        driver = self.driver
        strangers = [n.name for n in driver.list_nodes() if not parse_node(n.extra["inspect"]).name]
        return [
            *(Leftover(kind="container", name=name) for name in strangers),
            *(Leftover(kind="volume", name=name) for name in driver.ex_list_volumes()),
            *(Leftover(kind="network", name=name) for name in driver.ex_list_networks()),
        ]

    def cleanup(self, report: Report) -> None:
        """Remove containers, then volumes, then networks; the image stays for other clusters."""
        driver = self.driver
        for node in driver.list_nodes():
            report(f"removing container {node.name}")
            self._remove_container(node.name)
        for left in self.leftovers():
            report(f"removing {left.kind} {left.name}")
            is_volume = left.kind == "volume"
            remove = driver.ex_destroy_volume if is_volume else driver.ex_destroy_network
            _removal(remove)(left.name)

    def _prepare(self, requests: Sequence[NodeRequest], report: Report) -> None:
        if self._prepared is None:
            wanted = choose_recipe(self._options.get("image", "auto"))
            tag = image.ensure(self.engine, wanted, report)
            runtime = self._options.get("runtime", "")
            platform = detect_platform(self.engine, tag, runtime)
            allow_watchers(self.engine, tag, platform, report)
            self._prepared = tag, platform
        subnet = ensure_network(self.driver, self._options.get("subnet", ""), report)
        taken = {node.name: node.address for node in self.list()}
        self._addresses |= allocate(requests, self._addresses | taken, subnet)

    def _make(self, request: NodeRequest, report: Report) -> Node:
        if not self._context.public_key:
            raise ProviderError(
                f"node {request.name} cannot be made without the cluster's public SSH key",
                hint="this is a fault of the caller: ClusterContext.public_key is empty",
            )
        if self._prepared is None:
            raise ProviderError(f"node {request.name}: nothing is prepared", hint="call prepare")
        tag, platform = self._prepared
        host_key = make_host_key()
        spec = ContainerSpec(
            request=request,
            address=self._addresses[request.name],
            network=network_name(request.cluster),
            image=tag,
            host_key=host_key.public,
            zone=self._zones[(request.index - 1) % len(self._zones)],
        )
        report(f"{request.name}: making container {spec.container} ({spec.address})")
        files = archive(
            request, spec.address, host_key=host_key, public_key=self._context.public_key
        )
        made = self.driver.create_node(
            spec.container, ex_spec=spec, ex_platform=platform, ex_files=files
        )
        return self._node(made)

    def _node(self, found: CloudNode) -> Node:
        """Return what the engine says as a node; a container that was half made is a failed one."""
        inspected = found.extra["inspect"]
        node = parse_node(inspected)
        never_started = inspected["State"]["Status"] in NEVER_STARTED
        if never_started and not self.driver.ex_is_complete(found):
            return replace(node, status=NodeStatus.FAILED, detail="its making was interrupted")
        return node

    def _remove_container(self, name: str) -> None:
        found = CloudNode(None, name, None, [], [], self.driver)
        _removal(self.driver.destroy_node)(found)

    def _findings(self) -> Iterator[Finding]:
        try:
            engine = self.engine
        except ProviderError as exc:
            yield _failed("container engine", exc)
            return
        words = f"{' '.join((*engine.prefix, engine.name))}, cgroups: {cgroup_mode()}"
        yield Finding(check="container engine", ok=True, message=words)
        try:
            wanted = choose_recipe(self._options.get("image", "auto"))
        except ProviderError as exc:
            yield _failed("node image", exc)
            return
        if not image.exists(engine, wanted.tag):
            yield image.can_build(wanted)
            return
        yield Finding(check="node image", ok=True, message=f"{wanted.tag} is there")
        try:
            platform = detect_platform(engine, wanted.tag, self._options.get("runtime", ""))
        except ProviderError as exc:
            yield _failed("container runtime", exc)
            return
        limits = ", ".join(f"{name} {value}" for name, value in platform.ulimits.items())
        runtime = platform.runtime or "the engine's default"
        yield Finding(check="container runtime", ok=True, message=f"{runtime}; limits: {limits}")


_removal = retry(
    retry=retry_if_exception_type(ProviderError),
    stop=stop_after_attempt(5),
    wait=wait_fixed(0.5),
    reraise=True,
)
"""An engine may still hold what it just let go; it is asked again for two seconds."""


def parse_zones(given: object) -> tuple[str, ...]:
    """Return the zones over which the nodes of a group take turns, one without a name for none."""
    return tuple(map(str, given)) if isinstance(given, Sequence) and given else ("",)


def _failed(check: str, exc: ProviderError) -> Finding:
    return Finding(check=check, ok=False, message=exc.message, remedy=exc.hint or INSTALL_HINT)
