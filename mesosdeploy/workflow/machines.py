"""Making, starting and removing machines in parallel, each recorded before and after."""

from __future__ import annotations

import signal
import socket
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Event, Lock, current_thread, main_thread
from typing import TypeVar

from mesosdeploy import interruption, ssh
from mesosdeploy.errors import MesosDeployError, ProviderError
from mesosdeploy.nodes import Node
from mesosdeploy.plan import Action, ActionKind
from mesosdeploy.providers.base import Provider, Report
from mesosdeploy.state import record
from mesosdeploy.state.journal import Journal
from mesosdeploy.workflow.environment import Environment

AT_ONCE = 10
T = TypeVar("T")
R = TypeVar("R")


@dataclass
class Machines:
    """Carry out a plan's actions on machines; the recorded state is right at every moment."""

    environment: Environment
    provider: Provider
    journal: Journal
    state: record.ClusterState
    _lock: Lock = field(default_factory=Lock, repr=False)
    _saving: Lock = field(default_factory=Lock, repr=False)
    _changes: int = 0
    _saved: int = 0

    def apply(self, actions: Sequence[Action], report: Report) -> tuple[Node, ...]:
        """Do all actions at once; return the nodes that exist afterwards, in the plan's order.

        Raises ProviderError that tells every machine that failed; what succeeded is recorded.
        """
        work: dict[ActionKind, Callable[[Action, Report], Node | None]] = {
            ActionKind.CREATE: self._create,
            ActionKind.REPLACE: self._replace,
            ActionKind.START: self._start,
            ActionKind.CHANGE: self._keep,
            ActionKind.KEEP: self._keep,
            ActionKind.REMOVE: self._remove,
        }
        results = in_parallel(
            actions,
            lambda action: work[action.kind](action, report),
            at_once=machines_at_once(self.provider),
            report=report,
        )
        return tuple(node for node in results if node is not None)

    def _record(self, change: Callable[[record.ClusterState], record.ClusterState]) -> None:
        """Change the recorded state; it is on disk when this returns.

        One write holds the changes of all who wait for one: else a thousand machines would be
        a thousand writes of a thousand machines.
        """
        with self._lock:
            self.state = change(self.state)
            self._changes += 1
            mine = self._changes
        with self._saving:
            if self._saved >= mine:
                return
            with self._lock:
                state, newest = self.state, self._changes
            record.save(self.environment.directory, state)
            self._saved = newest

    def _create(self, action: Action, report: Report) -> Node:
        assert action.request is not None
        self.journal.write("ledger", action="create", node=action.name)
        report(f"create {action.name}")
        node = self.provider.create(action.request, report)
        self._record(lambda state: state.with_node(node, action.request))
        self.journal.write("made", action="create", node=action.name, id=node.provider_id)
        return node

    def _replace(self, action: Action, report: Report) -> Node:
        assert action.node is not None
        self._destroy(action.node, report)
        return self._create(action, report)

    def _start(self, action: Action, report: Report) -> Node:
        assert action.node is not None
        self.journal.write("ledger", action="start", node=action.name)
        report(f"start {action.name}")
        node = self.provider.start(action.node, report)
        self._record(lambda state: state.with_node(node, action.request))
        return node

    def _keep(self, action: Action, _report: Report) -> Node:
        assert action.node is not None
        node, known = action.node, self.state.nodes.get(action.name)
        if known is None or known.node != node:
            self._record(lambda state: state.with_node(node, action.request))
        return node

    def _remove(self, action: Action, report: Report) -> None:
        assert action.node is not None
        self._destroy(action.node, report)

    def _destroy(self, node: Node, report: Report) -> None:
        self.journal.write("ledger", action="destroy", node=node.name)
        report(f"remove {node.name}")
        self.provider.destroy(node, report)
        self._record(lambda state: state.without_node(node.name))


def machines_at_once(provider: Provider) -> int:
    """Return how many machines a provider makes or removes at the same time."""
    return int(getattr(provider, "at_once", AT_ONCE))


def _unheard(_text: str) -> None:
    """Tell nobody."""


def in_parallel(
    items: Iterable[T],
    work: Callable[[T], R],
    *,
    at_once: int = AT_ONCE,
    report: Report = _unheard,
) -> list[R]:
    """Return `work(item)` for every item, in order, after all have ended.

    Raises ProviderError that carries every failure when there were several, the failure itself
    when there was one. When this thread is interrupted, what has not begun does not begin any
    more, pauses end at once (`interruption`), and only calls under way are waited for, so that it
    is known what became of them; a second interruption ends the process.
    """
    cut_off = Event()
    with ThreadPoolExecutor(max_workers=at_once) as pool:
        futures = [pool.submit(interruption.bound(work, cut_off), item) for item in items]
        try:
            wait(futures)
        except BaseException:
            cut_off.set()
            pool.shutdown(wait=False, cancel_futures=True)
            running = sum(not future.done() for future in futures)
            report(f"interrupted: {running} under way; once more ends this at once")
            with _deadly_signals():
                pool.shutdown(wait=True)
            raise
    failures = [exc for future in futures if (exc := future.exception()) is not None]
    known = [exc for exc in failures if isinstance(exc, MesosDeployError)]
    if len(known) < len(failures):
        raise next(exc for exc in failures if exc not in known)
    if len(known) == 1:
        raise known[0]
    if known:
        raise ProviderError(
            f"{len(known)} of {len(futures)} machines failed\n"
            + "\n".join(f"  {exc.message}" for exc in known),
            hint=next((exc.hint for exc in known if exc.hint), None),
        )
    return [future.result() for future in futures]


@contextmanager
def _deadly_signals() -> Iterator[None]:
    """Let the next Ctrl-C or SIGTERM end the process; Python's own way would join its threads."""
    if current_thread() is not main_thread():  # others get no signals and may set none
        yield
        return
    before = {one: signal.signal(one, signal.SIG_DFL) for one in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for one, handler in before.items():
            signal.signal(one, handler)


Way = Callable[[Node], Sequence[str]]
"""The arguments of the ssh that connects to a node with a jump."""


def wait_for_ssh(
    nodes: Sequence[Node], *, seconds: float, report: Report, way: Way = lambda _node: ()
) -> None:
    """Wait until the SSH server of every node greets; ProviderError names those that never did."""
    from tenacity import (
        RetryError,
        Retrying,
        retry_if_exception_type,
        stop_after_delay,
        wait_exponential,
    )

    def greet(node: Node) -> str | None:
        attempts = Retrying(
            retry=retry_if_exception_type(OSError),
            stop=stop_after_delay(seconds),
            wait=wait_exponential(multiplier=0.1, max=2),
            sleep=interruption.pause,
        )
        try:
            attempts(_banner, node, way)
        except RetryError as exc:
            return f"{node.name} ({node.ssh_host}:{node.ssh_port}): {exc.last_attempt.exception()}"
        report(f"{node.name} answers")
        return None

    silent = [text for text in in_parallel(nodes, greet, report=report) if text]
    if silent:
        raise ProviderError(
            f"no SSH server within {seconds:.0f} s on\n" + "\n".join(f"  {s}" for s in silent),
            hint="look at the machine's console, or remove it: the next `up` makes it again",
        )


def _banner(node: Node, way: Way) -> None:
    if node.jump:
        if not ssh.connect(way(node), seconds=15).startswith(b"SSH-"):
            raise ConnectionError("what answers through the jump is no SSH server")
        return
    with socket.create_connection((node.ssh_host, node.ssh_port), timeout=3) as connection:
        if not connection.recv(4).startswith(b"SSH-"):
            raise ConnectionError("the port is open, but what answers is no SSH server")
