"""Read one ZooKeeper server with its four-letter words (its Administrator's Guide)."""

from __future__ import annotations

import re

from mesosdeploy import route
from mesosdeploy.mesos.endpoints import Endpoint
from mesosdeploy.mesos.views import ZooKeeperView

_NOT_SERVING = "not currently serving requests"
_NOT_ALLOWED = "not in the whitelist"


def read(endpoint: Endpoint, *, timeout: float) -> ZooKeeperView:
    """Ask one server, each word within `timeout` seconds; failures are in the view's `error`."""
    try:
        answer = _ask(endpoint, "mntr", timeout)
        if _NOT_ALLOWED in answer:
            answer = _ask(endpoint, "srvr", timeout)
    except OSError as exc:
        return _view(endpoint, error=f"{endpoint.authority}: {exc or type(exc).__name__}")
    return parse(endpoint, answer)


def _ask(endpoint: Endpoint, word: str, timeout: float) -> str:
    with route.connect(endpoint.address, endpoint.port, seconds=timeout) as connection:
        connection.settimeout(timeout)
        connection.sendall(word.encode())
        parts = []
        while part := connection.recv(65536):
            parts.append(part)
    return b"".join(parts).decode(errors="replace")


def parse(endpoint: Endpoint, answer: str) -> ZooKeeperView:
    """Make the view from the answer to `mntr` or `srvr`."""
    if _NOT_SERVING in answer:
        return _view(
            endpoint, reachable=True, mode="not serving", error="it has no quorum of the ensemble"
        )
    values = _mntr(answer) or _srvr(answer)
    if "mode" not in values:
        first = answer.strip().splitlines()[0] if answer.strip() else "nothing"
        return _view(
            endpoint, reachable=True, mode="unknown", error=f"it answered {first!r} to mntr"
        )
    return _view(
        endpoint,
        reachable=True,
        mode=values["mode"],
        version=values.get("version", "").partition("-")[0] or None,
        outstanding=int(values["outstanding"]) if "outstanding" in values else None,
        latency=float(values["latency"]) if "latency" in values else None,
        synced_followers=int(float(values["synced"])) if "synced" in values else None,
    )


def _view(endpoint: Endpoint, **told: object) -> ZooKeeperView:
    place = {"node": endpoint.node, "address": endpoint.address, "port": endpoint.port}
    return ZooKeeperView(**place, **told)  # type: ignore[arg-type]


def _mntr(answer: str) -> dict[str, str]:
    keys = {
        "zk_version": "version",
        "zk_server_state": "mode",
        "zk_outstanding_requests": "outstanding",
        "zk_avg_latency": "latency",
        "zk_synced_followers": "synced",
    }
    pairs = (line.split("\t", 1) for line in answer.splitlines() if "\t" in line)
    return {keys[name]: value.strip() for name, value in pairs if name in keys}


def _srvr(answer: str) -> dict[str, str]:
    patterns = {
        "version": r"^Zookeeper version: (\S+?),?(?: |$)",
        "mode": r"^Mode: (\w+)",
        "outstanding": r"^Outstanding: (\d+)",
        "latency": r"^Latency min/avg/max: [\d.]+/([\d.]+)/",
    }
    found = {name: re.search(text, answer, re.MULTILINE) for name, text in patterns.items()}
    return {name: match.group(1) for name, match in found.items() if match}
