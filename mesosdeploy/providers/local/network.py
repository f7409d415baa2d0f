"""The network of a local cluster: found again, or made where nothing else is."""

from __future__ import annotations

import json
import subprocess
from ipaddress import IPv4Network
from typing import Any

from filelock import FileLock, Timeout

from mesosdeploy import resources
from mesosdeploy.errors import ProviderError
from mesosdeploy.providers.base import Report
from mesosdeploy.providers.local.addresses import choose_subnet, parse_subnet
from mesosdeploy.providers.local.containers import network_name, parse_subnets
from mesosdeploy.providers.local.driver import LocalNodeDriver

_LOCK_TIMEOUT_SECONDS = 60


def ensure_network(driver: LocalNodeDriver, wanted: str, report: Report) -> IPv4Network:
    """Return the subnet of the cluster's network, making it unless it exists.

    `wanted` is the option `subnet`, or empty to choose a free one. Two clusters that start at the
    same time are kept apart by a lock.
    """
    given = parse_subnet(wanted) if wanted else None
    directory = resources.cache_dir()
    directory.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(directory / "networks.lock", timeout=_LOCK_TIMEOUT_SECONDS):
            return _find_or_make(driver, given, report)
    except Timeout as exc:
        raise ProviderError(
            f"another process has held {directory / 'networks.lock'} for a minute",
            hint="wait for it, then run the command again",
        ) from exc


def _find_or_make(
    driver: LocalNodeDriver, given: IPv4Network | None, report: Report
) -> IPv4Network:
    name = network_name(driver.key)
    if name in driver.ex_list_networks():
        existing = IPv4Network(parse_subnets(driver.ex_inspect_networks(name))[0])
        if given and given != existing:
            raise ProviderError(
                f"network {name} has the subnet {existing}, the spec wants {given}",
                hint="run `mesosdeploy down` first: addresses are fixed when nodes are made",
            )
        return existing
    subnet = given or choose_subnet([*_of_engine(driver), *parse_routes(_host_routes())])
    report(f"making network {name} ({subnet})")
    driver.ex_create_network(str(subnet), str(subnet.network_address + 1))
    return subnet


def _of_engine(driver: LocalNodeDriver) -> list[IPv4Network]:
    found = parse_subnets(driver.ex_inspect_networks())
    return [IPv4Network(subnet) for subnet in found if ":" not in subnet]


def parse_routes(routes: Any) -> list[IPv4Network]:
    """Return the destinations in the answer of `ip -json route`, without the default route."""
    return [IPv4Network(route["dst"]) for route in routes if route["dst"] != "default"]


def _host_routes() -> Any:
    try:
        done = subprocess.run(
            ["ip", "-json", "-4", "route"], capture_output=True, check=True, timeout=20
        )
        return json.loads(done.stdout or b"[]")
    except (OSError, ValueError, subprocess.SubprocessError) as exc:
        raise ProviderError(
            f"the routes of this machine cannot be read: {exc}", hint="apt-get install iproute2"
        ) from exc
