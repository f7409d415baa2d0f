"""The scheduler's state in ZooKeeper: JSON znodes below one path, written by the leader only."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from kazoo.client import KazooClient
from kazoo.exceptions import (
    ConnectionLoss,
    KazooException,
    NodeExistsError,
    NoNodeError,
    OperationTimeoutError,
    RolledBackError,
    RuntimeInconsistency,
)

from mesosdeploy.services.marathon.definition import Json

log = logging.getLogger(__name__)

_T = TypeVar("_T")

FOLDERS = ("apps", "versions", "instances", "deployments", "failures")
# ZooKeeper hangs up on a message above its jute.maxbuffer, 1048575 bytes; paths need some of them.
LARGEST_WRITE_BYTES = 1_000_000
# A write that breaks every connection must not keep the leader busy for ever.
_MOST_LOSSES = 10
_FOLLOWS_FROM_ANOTHER = (RolledBackError, RuntimeInconsistency)


class StoreError(Exception):
    """ZooKeeper did not take a write, or no longer takes this process for the leader."""


def key(app_id: str) -> str:
    """Return the name of an app in a path: "/a/b" is "a_b", as no id contains an underscore."""
    return app_id.strip("/").replace("/", "_")


def version_key(app_id: str, version: str) -> str:
    """Return the name of one version of an app below versions/."""
    return f"{key(app_id)}@{version}"


class Store:
    """Reads and writes state in one thread, so that writes happen in the order of the calls.

    Every write is one transaction, which also checks that the leader's own election node still
    exists: whoever has lost the election cannot change anything.
    """

    def __init__(self, client: KazooClient, path: str) -> None:
        self._client = client
        self._root = f"{path}/state"
        self._thread = ThreadPoolExecutor(1, "store")
        self._existing: set[str] = set()
        self._failure: StoreError | None = None
        self._failed = asyncio.Event()
        self._election_node = ""

    async def load(self, election_node: str) -> dict[str, Json]:
        """Return everything but the versions of apps by path, such as "instances/<task id>".

        The paths of versions are there with empty bodies. Writes need `election_node` from now on.
        """
        self._election_node = election_node
        return await self._run(self._load)

    def _load(self) -> dict[str, Json]:
        found: dict[str, Json] = {}
        for folder in FOLDERS:
            self._client.ensure_path(f"{self._root}/{folder}")
            for name in self._client.get_children(f"{self._root}/{folder}"):
                path = f"{folder}/{name}"
                found[path] = {} if folder == "versions" else self._read(path)
        if self._client.exists(f"{self._root}/framework"):
            found["framework"] = self._read("framework")
        self._existing = set(found)
        return found

    def _read(self, path: str) -> Json:
        content: Json = json.loads(self._client.get(f"{self._root}/{path}")[0])
        return content

    async def read(self, path: str) -> Json | None:
        """Return one znode's content; None when there is none."""
        if path not in self._existing:
            return None
        return await self._run(lambda: self._read(path))

    def write(self, changes: Mapping[str, Json | None]) -> asyncio.Future[None]:
        """Write all of `changes` (path to content, None removes it) or nothing.

        The order of calls is the order of writes, awaited or not. The result raises StoreError.
        """
        content = {
            path: None if one is None else json.dumps(one).encode() for path, one in changes.items()
        }
        future = self._run(lambda: self._write(content))
        future.add_done_callback(self._note)
        return future

    def _note(self, future: asyncio.Future[None]) -> None:
        error = None if future.cancelled() else future.exception()
        if isinstance(error, StoreError):
            self._failure = error
            self._failed.set()

    async def broken(self) -> None:
        """Wait until a write fails, and raise its StoreError: memory is ahead of the store then."""
        await self._failed.wait()
        assert self._failure
        raise self._failure

    def _run(self, work: Callable[[], _T]) -> asyncio.Future[_T]:
        return asyncio.get_running_loop().run_in_executor(self._thread, work)

    def _write(self, changes: dict[str, bytes | None]) -> None:
        """Commit; what an answer that was lost on the way has done already is not done again."""
        losses = 0
        while changes:
            try:
                results = self._commit(changes)
            except (ConnectionLoss, OperationTimeoutError) as exc:
                losses += 1
                if losses == _MOST_LOSSES:
                    raise StoreError(f"{losses} connections broke during one write") from exc
                log.warning("the connection to ZooKeeper broke during a write: once more")
                continue
            except KazooException as exc:
                raise StoreError(f"ZooKeeper refused a write: {exc!r}") from exc
            if not any(isinstance(one, Exception) for one in results):
                self._existing -= changes.keys()
                self._existing |= {path for path, content in changes.items() if content is not None}
                return
            self._learn(changes, results[1:], results[0])

    def _commit(self, changes: dict[str, bytes | None]) -> list[Any]:
        transaction = self._client.transaction()
        transaction.check(self._election_node, 0)
        for path, content in changes.items():
            full = f"{self._root}/{path}"
            if content is None:
                transaction.delete(full)
            elif path in self._existing:
                transaction.set_data(full, content)
            else:
                transaction.create(full, content)
        results: list[Any] = transaction.commit()
        return results

    def _learn(self, changes: dict[str, bytes | None], results: list[Any], fence: Any) -> None:
        """Correct what is known to exist; StoreError for a failure that repeating cannot mend."""
        if isinstance(fence, NoNodeError):
            raise StoreError("this scheduler is no longer the leader")
        for path, result in zip(list(changes), results, strict=True):
            if isinstance(result, NodeExistsError):
                self._existing.add(path)
            elif isinstance(result, NoNodeError) and changes[path] is None:
                del changes[path]
            elif isinstance(result, NoNodeError):
                self._existing.discard(path)
            elif isinstance(result, Exception) and not isinstance(result, _FOLLOWS_FROM_ANOTHER):
                raise StoreError(f"ZooKeeper refused to write {path}: {result!r}")
