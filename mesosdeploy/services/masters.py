"""What masters write into ZooKeeper when they stand for election (MasterInfo of mesos.proto)."""

from __future__ import annotations

from ipaddress import IPv4Address
from typing import Any, Final

MEMBER: Final = "json.info_"
"""How the names of their znodes begin; the one with the lowest number leads."""


def address_of(info: dict[str, Any]) -> str:
    """Return "address:port" of a master as it describes itself.

    Without `address` the number `ip` holds the address with its first byte lowest.
    """
    if address := info.get("address"):
        return f"{address.get('ip') or address['hostname']}:{address['port']}"
    return f"{IPv4Address(int(info['ip']).to_bytes(4, 'little'))}:{info['port']}"
