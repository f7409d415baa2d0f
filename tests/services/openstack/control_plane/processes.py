"""The control plane's processes: started on free loopback ports, waited for, ended."""

from __future__ import annotations

import os
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import httpx

from tests.services.openstack.control_plane.configuration import ADDRESS, HOSTS
from tests.services.openstack.control_plane.following import VARIABLE

PROGRAM = Path(__file__).with_name("serve.py")
START_SECONDS = 180


def free_ports(count: int) -> list[int]:
    """Return ports that nobody has now."""
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for each in sockets:
            each.bind((ADDRESS, 0))
        return [each.getsockname()[1] for each in sockets]


@contextmanager
def serving(
    environment: Path, service: str, root: Path, port: int, *, follower: str = ""
) -> Iterator[None]:
    """Run a service on the state below `root`; `follower` is the URL of whom it tells changes."""
    command = [str(environment / "bin/python"), str(PROGRAM), service, str(root), str(port), *HOSTS]
    cleared = {key: value for key, value in os.environ.items() if not key.startswith("OS_")}
    cleared[VARIABLE] = follower
    with (
        (root / "logs" / f"{service}.out").open("w") as out,
        subprocess.Popen(command, stdout=out, stderr=out, env=cleared) as process,
    ):
        try:
            yield
        finally:
            process.kill()  # nothing of its state is kept


def answers(port: int) -> bool:
    """Say whether something speaks HTTP at a port."""
    try:
        httpx.get(f"http://{ADDRESS}:{port}/", timeout=5)
    except httpx.TransportError:
        return False
    return True


def until(look: Callable[[], Any], what: str, pause: float = 0.2) -> Any:
    """Return what `look` returns as soon as that is true."""
    deadline = time.monotonic() + START_SECONDS
    while not (found := look()):
        assert time.monotonic() < deadline, what
        time.sleep(pause)
    return found
