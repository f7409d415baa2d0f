"""One operator at a time on one cluster, and who that is."""

from __future__ import annotations

import getpass
import json
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from mesosdeploy.errors import StateError
from mesosdeploy.state.journal import now
from mesosdeploy.state.record import write_private, writing

_HOLDER = "lock-holder.json"


@contextmanager
def exclusive(root: Path, cluster: str, operation: str) -> Iterator[None]:
    """Hold the lock of `cluster` while `operation` runs.

    The lock file lies beside the cluster's directory, in `root`, so that `down` can remove the
    directory under it; the kernel releases the lock when its holder dies. Raises StateError that
    names the holder and since when it works.
    """
    path = root / f".{cluster}.lock"
    lock = FileLock(path, timeout=0)
    holder = root / f".{cluster}.{_HOLDER}"
    with writing(path):
        root.mkdir(parents=True, exist_ok=True, mode=0o700)
        try:
            lock.acquire()
        except Timeout as exc:
            raise StateError(
                f"the cluster {cluster!r} is locked: {_describe(holder)}",
                hint="wait until that command has ended; a lock never outlives its process",
            ) from exc
    try:
        write_private(
            holder,
            json.dumps(
                {
                    "user": _user(),
                    "host": socket.gethostname(),
                    "pid": os.getpid(),
                    "operation": operation,
                    "since": now(),
                }
            ),
        )
        yield
    finally:
        holder.unlink(missing_ok=True)
        lock.release()


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError, ImportError):  # a user id without a name, as containers have it
        return str(os.getuid())


def _describe(holder: Path) -> str:
    try:
        data = json.loads(holder.read_text())
        return (
            f"{data['user']}@{data['host']} runs `mesosdeploy {data['operation']}` "
            f"(pid {data['pid']}) since {data['since']}"
        )
    except (OSError, ValueError, KeyError):
        return "by a process that has not said its name yet"
