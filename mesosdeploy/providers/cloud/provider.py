"""A provider over a libcloud driver: what is the same in every cloud."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from threading import BoundedSemaphore
from typing import Any, TypeVar

from libcloud.compute.base import Node as CloudNode
from libcloud.compute.base import NodeDriver
from libcloud.compute.types import NodeState

from mesosdeploy.errors import ProviderError
from mesosdeploy.nodes import Node, NodeRequest, NodeStatus
from mesosdeploy.providers.base import ClusterContext, Finding, Leftover, Report
from mesosdeploy.providers.cloud import launch as launching
from mesosdeploy.providers.cloud.calls import Sightings, once
from mesosdeploy.providers.cloud.drivers import Drivers
from mesosdeploy.providers.cloud.failures import RETRIED, CloudError, Kind
from mesosdeploy.providers.cloud.hooks import CloudHooks
from mesosdeploy.providers.cloud.launch import Launch
from mesosdeploy.providers.cloud.waiting import until
from mesosdeploy.providers.local.identity import make_host_key

T = TypeVar("T")

STATUS: Mapping[str, NodeStatus] = {
    NodeState.RUNNING: NodeStatus.RUNNING,
    NodeState.STOPPED: NodeStatus.STOPPED,
    NodeState.STOPPING: NodeStatus.STOPPED,
    NodeState.SUSPENDED: NodeStatus.STOPPED,
    NodeState.PAUSED: NodeStatus.STOPPED,
    NodeState.ERROR: NodeStatus.FAILED,
}
"""What is not listed is on its way: `NodeStatus.PENDING`."""

CHANGES_AT_ONCE = 10
"""How many machines are being asked for, or removed, at the same time."""

RECENT_SECONDS = 300.0
"""How old a list may be that says whether a machine is there which nobody here has touched."""


class CloudProvider(CloudHooks):
    """Machines of one cluster behind a libcloud driver, found by their tags.

    What a cloud's own provider says is in `CloudHooks`. Machines are made, started and removed from
    several threads, each with a driver of its own: drivers keep the answer of a call in themselves.
    """

    def __init__(self, context: ClusterContext) -> None:
        super().__init__(context)
        self.drivers = Drivers(self.connect, self.dialect)
        self.changing = BoundedSemaphore(CHANGES_AT_ONCE)
        self._sightings = Sightings(self._look)
        self._arrivals = Sightings(self._look_for_awaited)
        self._awaited: set[str] = set()
        self._touched: dict[str, float] = {}

    def check(self) -> Sequence[Finding]:
        """Say whether the cloud lets this controller in, by listing machines."""
        try:
            self._look()
        except ProviderError as exc:
            return [Finding(check="cloud", ok=False, message=exc.message, remedy=exc.hint or "")]
        return [Finding(check="cloud", ok=True, message="the interface answers")]

    def list(self) -> Sequence[Node]:
        """Return the cluster's machines in the order of group and index, each node once."""
        nodes: dict[str, Node] = {}
        for machine in self._machines(time.monotonic()):
            if name := self._name(machine):
                nodes.setdefault(name, self._node(machine))
        return sorted(nodes.values(), key=lambda node: (node.group, node.index, node.name))

    def prepare(self, requests: Sequence[NodeRequest], report: Report) -> None:
        """Make nothing: networks, images and keys are there already, unless a cloud says so."""
        del requests, report

    def create(self, request: NodeRequest, report: Report) -> Node:
        """Make a machine and wait until it runs; one of that name is taken, a failed one replaced.

        Raises CloudError with the cloud's reason as soon as the machine fails.
        """
        machine = self._find(request.name, self._recently(request.name))
        if machine is not None and self._status(machine) is NodeStatus.FAILED:
            report(f"{request.name}: {self.detail_of(machine)}; making it again")
            self.destroy(self._node(machine), report)
            machine = None
        if machine is None:
            machine = self._launch(request, report)
        node = self._node(machine)
        return self.start(node, report)

    def start(self, node: Node, report: Report) -> Node:
        """Start a machine unless it runs, and wait until it has its addresses."""
        if node.status is NodeStatus.STOPPED:
            report(f"{node.name}: starting {node.provider_id}")
            machine = self._find(node.name, self._recently(node.name))
            if machine is None:
                raise self._vanished(node.name)
            with self._touching(node.name):
                self.drivers.call(
                    lambda driver: self.start_machine(driver, machine), f"node {node.name}: start"
                )
        return self.wait([node])[0]

    def start_machine(self, driver: NodeDriver, machine: CloudNode) -> None:
        """Start a stopped machine."""
        driver.start_node(machine)

    def authorize(self, node: Node, public_key: str) -> None:
        """Find that the machine was made with this key; ProviderError with the one that it has.

        A cloud's interface reaches into no machine, so that no other key can be let in.
        """
        machine = self._find(node.name, time.monotonic())
        made_with = self.tags_of(machine).get(launching.KEY) if machine else None
        if made_with != launching.key_fingerprint(public_key):
            raise ProviderError(
                f"node {node.name}: its machine lets in"
                f" {f'the SSH key {made_with}' if made_with else 'the SSH key of its first day'},"
                " and in a cloud no other can be let in",
                hint="give that key: mesosdeploy state rebuild --private-key FILE (`ssh-keygen -lf"
                " FILE` shows which it is). If it is lost, the machines cannot be entered any more:"
                " `mesosdeploy down` removes the cluster with all data",
            )

    def destroy(self, node: Node, report: Report) -> None:
        """Remove every machine of that node's name and wait until they are gone."""
        seen = self._machines(self._recently(node.name))
        doomed = [machine for machine in seen if self._name(machine) == node.name]
        for machine in doomed:
            report(f"{node.name}: removing {machine.id}")
            self._destroy(machine, node.name)
        with self._awaiting({machine.id for machine in doomed}) as ids:
            self.settle(
                lambda: not any(m.id in ids for m in self._alive(self._arrived())) or None,
                f"node {node.name} is not gone",
            )

    def leftovers(self) -> Sequence[Leftover]:
        """List machines of the cluster beside those that `list` shows: made twice, or no node."""
        shown = {node.provider_id for node in self.list()}
        others = [m for m in self._machines(time.monotonic()) if m.id not in shown]
        return [Leftover(kind="machine", name=machine.id) for machine in others]

    def cleanup(self, report: Report) -> None:
        """Remove what `leftovers` lists."""
        for machine in self._machines(time.monotonic()):
            report(f"removing machine {machine.id}")
            self.destroy(self._node(machine), report)

    def groups_in_use(self) -> frozenset[str]:
        """Return the groups of which there is any machine, whether the spec has them or not."""
        machines = self._machines(time.monotonic())
        return frozenset(self.tags_of(each).get(launching.GROUP, "") for each in machines)

    def wait(self, nodes: Sequence[Node]) -> Sequence[Node]:
        """Return these nodes, in this order, when all run and have their addresses.

        Raises CloudError at once when one has failed, and when `settle_seconds` have passed.
        """
        names = ", ".join(node.name for node in nodes)
        with self._awaiting({node.provider_id for node in nodes}):
            return self.settle(lambda: self._if_ready(nodes), f"not ready: {names}")

    def settle(self, look: Callable[[], T | None], what: str) -> T:
        """Return what `look` returns as soon as that is not None; CloudError after a while."""
        return until(look, what=what, seconds=self.settle_seconds, poll=self.poll_seconds)

    def _look(self) -> Sequence[CloudNode]:
        return self._listed(self.list_arguments())

    def _look_for_awaited(self) -> Sequence[CloudNode]:
        return self._listed(self.list_arguments_of(sorted(self._awaited)))

    def _listed(self, arguments: Mapping[str, Any]) -> Sequence[CloudNode]:
        found = self.drivers.call(
            lambda driver: driver.list_nodes(**arguments), "list the machines"
        )
        cluster = self.context.cluster
        return [m for m in found if self.tags_of(m).get(launching.CLUSTER) == cluster]

    def _machines(self, moment: float) -> Iterator[CloudNode]:
        """Yield what exists, the oldest first where the cloud says so; `moment` as in Sightings."""
        alive = self._alive(self._sightings.since(moment))
        yield from sorted(alive, key=lambda m: (str(m.created_at or ""), str(m.id)))

    def _alive(self, machines: Sequence[CloudNode]) -> Iterator[CloudNode]:
        return (machine for machine in machines if machine.state != NodeState.TERMINATED)

    def _arrived(self) -> Sequence[CloudNode]:
        """Return those that somebody waits for, and perhaps others."""
        return self._arrivals.since(time.monotonic(), patience=self.poll_seconds)

    @contextmanager
    def _awaiting(self, machines: set[str]) -> Iterator[set[str]]:
        self._awaited |= machines
        try:
            yield machines
        finally:
            self._awaited -= machines

    def _find(self, name: str, moment: float) -> CloudNode | None:
        found = (m for m in self._machines(moment) if self._name(m) == name)
        return next(found, None)

    def _recently(self, name: str) -> float:
        """Return since when a list tells of a machine what this provider can know of it."""
        return max(time.monotonic() - RECENT_SECONDS, self._touched.get(name, 0.0))

    def _launch(self, request: NodeRequest, report: Report) -> CloudNode:
        if not self.context.public_key:
            raise ProviderError(
                f"node {request.name} cannot be made without the cluster's public SSH key",
                hint="this is a fault of the caller: ClusterContext.public_key is empty",
            )
        *others, last = self.places(request)
        for place in others:
            try:
                return self._attempt(self._plan_launch(request, place), report)
            except CloudError as exc:
                if exc.kind is not Kind.CAPACITY:
                    raise
                report(f"{request.name}: no room in {place}, trying the next zone")
        return self._attempt(self._plan_launch(request, last), report)

    def _plan_launch(self, request: NodeRequest, place: str) -> Launch:
        host_key = make_host_key()
        key = {launching.KEY: launching.key_fingerprint(self.context.public_key)}
        tags = launching.machine_tags(
            request, host_key=host_key.public, place=place, extra={**self.extra_tags(), **key}
        )
        return Launch(
            request=request,
            name=launching.machine_name(request.cluster, request.name),
            tags=tags,
            user_data=launching.cloud_config(
                request,
                host_key=host_key,
                public_key=self.context.public_key,
                further=self.first_settings(request),
            ),
            token=uuid.uuid4().hex,
            place=place,
        )

    def _attempt(self, launch: Launch, report: Report) -> CloudNode:
        """Make a machine; when the answer is lost, look for it before anything else is done."""
        what = f"node {launch.request.name}: make machine {launch.name}"
        report(f"{what}{f' in {launch.place}' if launch.place else ''}")

        # Without a token there is no second attempt but after a look: libcloud reads some machines
        # in a call of its own, and that one can be refused when the machine is made already.
        doubtful = {Kind.TRANSIENT}
        if not self.has_client_tokens:
            doubtful |= {Kind.THROTTLE, Kind.AUTH, Kind.NOT_FOUND}

        def attempt(driver: NodeDriver) -> CloudNode:
            try:
                return once(
                    lambda: driver.create_node(**self.arguments(launch)),
                    what=what,
                    dialect=self.dialect,
                )
            except CloudError as exc:
                doubted = exc.kind in doubtful
                made = self._find(launch.request.name, time.monotonic()) if doubted else None
                if made is None:
                    raise
                return made

        retried = RETRIED if self.has_client_tokens else frozenset({Kind.THROTTLE})
        with self._touching(launch.request.name):
            return self.drivers.call(attempt, what, retried=retried)

    def _destroy(self, machine: CloudNode, name: str) -> None:
        what = f"node {name}: remove"
        try:
            with self._touching(name):
                self.drivers.call(lambda driver: driver.destroy_node(machine), what)
        except CloudError as exc:
            if exc.kind is not Kind.NOT_FOUND:
                raise

    @contextmanager
    def _touching(self, name: str) -> Iterator[None]:
        """Change a machine, as one of few at a time; older lists do not tell of it any more."""
        try:
            with self.changing:
                yield
        finally:
            self._touched[name] = time.monotonic()

    def _if_ready(self, nodes: Sequence[Node]) -> Sequence[Node] | None:
        seen = {machine.id: machine for machine in self._arrived()}
        found = [seen[node.provider_id] for node in nodes if node.provider_id in seen]
        for machine in found:
            if machine.state in {NodeState.ERROR, NodeState.TERMINATED}:
                raise self._failed(machine)
        ready = [self._node(machine) for machine in found]
        complete = all(n.status is NodeStatus.RUNNING and n.address and n.ssh_host for n in ready)
        return ready if complete and len(ready) == len(nodes) else None

    def _failed(self, machine: CloudNode) -> CloudError:
        reason = self.detail_of(machine) or "no reason is given"
        kind = self.dialect.kind_of(RuntimeError(reason))
        return CloudError(
            f"node {self._name(machine)}: machine {machine.id} failed: {reason}",
            kind=kind,
            hint=self.dialect.remedies.get(kind),
        )

    def _vanished(self, name: str) -> CloudError:
        return CloudError(f"node {name}: there is no such machine", kind=Kind.NOT_FOUND)

    def _status(self, machine: CloudNode) -> NodeStatus:
        return STATUS.get(machine.state, NodeStatus.PENDING)

    def _name(self, machine: CloudNode) -> str:
        return self.tags_of(machine).get(launching.NODE, "")

    def _node(self, machine: CloudNode) -> Node:
        tags = self.tags_of(machine)
        return Node(
            cluster=self.context.cluster,
            name=self._name(machine),
            group=tags.get(launching.GROUP, ""),
            index=int(tags.get(launching.INDEX, "0")),
            status=self._status(machine),
            provider_id=str(machine.id),
            address=self.address_of(machine),
            ssh_host=self.ssh_host_of(machine),
            ssh_user=self.ssh_user,
            host_key=tags.get(launching.HOST_KEY),
            labels=launching.labels_of(tags),
            detail=self.detail_of(machine),
            jump=self.jump_of(machine),
            zone=self.zone_of(machine),
            region=self.region(),
        )
