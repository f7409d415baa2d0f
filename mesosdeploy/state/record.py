"""`state.json`: the versioned record of a cluster, written atomically with mode 0600."""

from __future__ import annotations

import errno
import json
import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, fields, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from mesosdeploy.errors import StateError
from mesosdeploy.nodes import Jump, Node, NodeRequest, NodeStatus

FORMAT = 1
FILE = "state.json"

_NO_ACCESS = "correct the path, its owner and its mode, or set MESOSDEPLOY_STATE_DIR to another"
_REMEDIES = {
    errno.ENOSPC: "free some space there, then repeat: the same command continues from here",
    errno.EDQUOT: "free some space there, then repeat: the same command continues from here",
    errno.ENAMETOOLONG: "give the cluster a shorter `name`",
}


@dataclass(frozen=True, kw_only=True)
class RecordedNode:
    """A node as it was made: what the provider answered and what had been asked of it."""

    node: Node
    request: Mapping[str, Any] = field(default_factory=dict)

    @cached_property
    def data(self) -> Mapping[str, Any]:
        """Plain data, made once: while machines are made, each of them is written many times."""
        return {"node": asdict(self.node), "request": self.request}


@dataclass(frozen=True, kw_only=True)
class ClusterState:
    """Everything that is recorded of one cluster.

    `converged` is the fingerprint of what was installed last (empty: not finished), and
    `converged_at` the time in ISO 8601; `installed_at` is when the playbook ran first (empty:
    nothing is on the machines yet); `artifacts` maps artifact name to sha256.
    """

    cluster: str
    provider: str
    nodes: Mapping[str, RecordedNode] = field(default_factory=dict)
    converged: str = ""
    converged_at: str = ""
    installed_at: str = ""
    artifacts: Mapping[str, str] = field(default_factory=dict)
    format: int = FORMAT

    def with_node(self, node: Node, request: NodeRequest | None) -> ClusterState:
        """Return the state with this node recorded; it is no longer converged."""
        asked = request_record(request) if request else {}
        nodes = {**self.nodes, node.name: RecordedNode(node=node, request=asked)}
        return replace(self, nodes=nodes, converged="")

    def without_node(self, name: str) -> ClusterState:
        """Return the state without this node."""
        nodes = {key: value for key, value in self.nodes.items() if key != name}
        return replace(self, nodes=nodes, converged="")


def request_record(request: NodeRequest) -> dict[str, Any]:
    """Return the request as plain JSON data, in a stable order."""
    data = asdict(request)
    data["roles"] = sorted(request.roles)
    result: dict[str, Any] = json.loads(json.dumps(data, sort_keys=True, default=str))
    return result


def _node(data: Mapping[str, Any]) -> Node:
    jump = Jump(**data["jump"]) if data.get("jump") else None
    return Node(**{**data, "status": NodeStatus(data["status"]), "jump": jump})


def load(directory: Path) -> ClusterState | None:
    """Return the recorded state, or None when there is none.

    Raises StateError when the file is damaged or was written by a newer version.
    """
    path = directory / FILE
    try:
        data = json.loads(path.read_text())
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as exc:
        raise _damaged(path, str(exc)) from exc
    if not isinstance(data, dict) or not isinstance(data.get("format"), int):
        raise _damaged(path, "no format number")
    if data["format"] > FORMAT:
        raise StateError(
            f"{path} has format {data['format']}, this program knows up to {FORMAT}",
            hint="upgrade mesosdeploy on this machine; nothing was changed",
        )
    try:
        nodes = {
            name: RecordedNode(node=_node(entry["node"]), request=dict(entry["request"]))
            for name, entry in data.pop("nodes").items()
        }
        return ClusterState(nodes=nodes, **data)
    except (AttributeError, KeyError, TypeError, ValueError) as exc:
        raise _damaged(path, repr(exc)) from exc


def _damaged(path: Path, why: str) -> StateError:
    return StateError(
        f"{path} cannot be read: {why}",
        hint="make it again from the machines' own tags: mesosdeploy state rebuild",
    )


def save(directory: Path, state: ClusterState) -> None:
    """Write the state so that a reader sees the old or the new one, never a part."""
    data = {each.name: getattr(state, each.name) for each in fields(state)}
    nodes = {name: entry.data for name, entry in state.nodes.items()}
    write_private(directory / FILE, json.dumps({**data, "nodes": nodes}, default=str) + "\n")


def write_private(path: Path, text: str) -> None:
    """Replace a file's text in one step, with mode 0600 and on disk before it is seen."""
    with writing(path):
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as stream:
                stream.write(text)
                stream.flush()
                os.fsync(stream.fileno())
            Path(temporary).replace(path)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Tell what the operating system refuses to the state file at `path` as a StateError."""
    try:
        yield
    except OSError as exc:
        raise StateError(
            f"the state cannot be written to {path}: {exc.strerror or exc}",
            hint=_REMEDIES.get(exc.errno or 0, _NO_ACCESS),
        ) from exc
