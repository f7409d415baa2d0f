"""What a cloud's security groups let in to a machine, as a firewall of its container. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, order=True)
class Opening:
    """Ports that a network may reach; `protocol` is tcp or udp, `source` a network or address."""

    protocol: str
    first: int
    last: int
    source: str


def ruleset(openings: Iterable[Opening]) -> str:
    """Return the input of iptables-restore: answers come in, and what is opened; the rest does not.

    Like a cloud's it keeps state, drops without an answer, and lets be what stays in a machine.
    """
    lines = [
        "*filter",
        ":INPUT DROP [0:0]",
        "-A INPUT -i lo -j ACCEPT",
        "-A INPUT -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT",
        *(
            f"-A INPUT -p {it.protocol} -s {it.source} --dport {it.first}:{it.last} -j ACCEPT"
            for it in sorted(openings)
        ),
        "COMMIT",
    ]
    return "".join(f"{line}\n" for line in lines)
