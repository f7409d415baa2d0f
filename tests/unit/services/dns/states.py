"""States as a master tells them, for the tests of the DNS service."""

from __future__ import annotations

from typing import Any

from mesosdeploy.services.dns.records import Records, Zone, compute

Json = dict[str, Any]

ZONE = Zone(
    domain="mesos",
    name_server="ns1.mesos",
    listener="10.0.0.1",
    sources=("netinfo", "mesos", "host"),
)
MASTERS = ("10.0.0.1:5050", "10.0.0.2:5050", "10.0.0.3:5050")
LEADER = "master@10.0.0.2:5050"


def agent(number: int) -> Json:
    address = f"10.0.1.{number}"
    return {"id": f"c0-S{number}", "pid": f"slave({number})@{address}:5051", "hostname": address}


def running(*, healthy: bool | None = None, address: str = "", at: float = 1.0) -> Json:
    """Return a status of a running task."""
    status: Json = {"state": "TASK_RUNNING", "timestamp": at}
    if healthy is not None:
        status["healthy"] = healthy
    if address:
        network = {"ip_addresses": [{"ip_address": address, "protocol": "IPv4"}]}
        status["container_status"] = {"network_infos": [network]}
    return status


def task(name: str, *, on: int = 1, ports: str = "", **fields: Any) -> Json:
    """Return a running task on agent `on`."""
    return {
        "id": f"{name}.1",
        "name": name,
        "slave_id": f"c0-S{on}",
        "state": "TASK_RUNNING",
        "statuses": [running()],
        "resources": {"cpus": 0.1, **({"ports": ports} if ports else {})},
        **fields,
    }


def discovery(name: str, *ports: tuple[str, int, str]) -> Json:
    """Return a DiscoveryInfo with ports (name, number, protocol)."""
    listed = [{"name": label, "number": number, "protocol": p} for label, number, p in ports]
    return {"visibility": "FRAMEWORK", "name": name, "ports": {"ports": listed}}


def framework(*tasks: Json, name: str = "marathon", **fields: Any) -> Json:
    return {
        "id": f"f-{name}",
        "name": name,
        "hostname": "10.0.0.3",
        "tasks": list(tasks),
        **fields,
    }


def state(*frameworks: Json, agents: tuple[int, ...] = (1, 2), leader: str = LEADER) -> Json:
    return {
        "leader": leader,
        "slaves": [agent(number) for number in agents],
        "recovered_slaves": [],
        "frameworks": list(frameworks),
    }


def records(*tasks: Json, zone: Zone = ZONE) -> Records:
    """Return the records of tasks under one framework, "marathon"."""
    return compute(state(framework(*tasks)), zone=zone, masters=MASTERS, resolved={})
