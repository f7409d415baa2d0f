"""The kinds of text that a spec holds, each with its pattern and the sentence that explains it."""

from __future__ import annotations

import ipaddress
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, StringConstraints
from pydantic_core import PydanticCustomError

LABEL_PATTERN = r"^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$"
RANGE_PATTERN = r"^[0-9]{1,5}-[0-9]{1,5}$"
ATTRIBUTE_PATTERN = r"^[^:;\s]([^:;]*[^:;\s])?$"
HOST_KEY_PATTERN = r"^(ssh|ecdsa|sk)-[a-z0-9@.-]+ [A-Za-z0-9+/]+=*$"
USER_PATTERN = r"^[a-z_][a-z0-9_-]{0,31}$"
INSTANCE_TYPE_PATTERN = r"^[a-z0-9-]+\.[a-z0-9-]+$"
REGION_PATTERN = r"^[a-z]{2}(-[a-z]+)+-[0-9]$"
ZONE_PATTERN = r"^[a-z]{2}(-[a-z0-9]+)+$"
VPC_PATTERN = r"^vpc-[0-9a-f]+$"
SUBNET_PATTERN = r"^subnet-[0-9a-f]+$"
VARIABLE_PATTERN = r"^[A-Z_][A-Z0-9_]*$"
NAME_PATTERN = r"^\S(.*\S)?$"

SENTENCES: dict[str, tuple[str, str]] = {
    LABEL_PATTERN: (
        "is not a DNS label",
        "use 1 to 63 of a-z, 0-9 and '-', with a letter or digit at both ends",
    ),
    RANGE_PATTERN: ("is not a range of ports", 'write "first-last", for example "31000-32000"'),
    ATTRIBUTE_PATTERN: (
        "cannot be part of an attribute: Mesos separates attributes with ';' and ':'",
        "use text without ':' and ';', and without blanks at its ends",
    ),
    HOST_KEY_PATTERN: (
        "is not a public host key",
        "write its kind and the key, without the host's name: ssh-ed25519 AAAA…",
    ),
    USER_PATTERN: ("is not the name of a Unix user", "use a-z, 0-9, '_' and '-', at most 32"),
    INSTANCE_TYPE_PATTERN: ("is not an instance type", "write family and size: m6i.large"),
    REGION_PATTERN: ("is not a region of AWS", "write its code: eu-central-1"),
    ZONE_PATTERN: ("is not an availability zone", "write its name: eu-central-1a"),
    VPC_PATTERN: ("is not the id of a VPC", "write vpc- and its digits: vpc-0a1b2c3d"),
    VARIABLE_PATTERN: ("is not the name of a variable", "write it in capitals: CLOUD_KEY"),
    NAME_PATTERN: ("is not a name", "write text without blanks at its ends"),
    SUBNET_PATTERN: ("is not the id of a subnet", "write subnet- and its digits: subnet-0a1b2c3d"),
}
"""Pattern -> (what is wrong, remedy): pydantic reports a pattern, people read a sentence."""


def _ipv4(text: str) -> str:
    try:
        return str(ipaddress.IPv4Address(text))
    except ValueError as exc:
        raise PydanticCustomError(
            "ipv4", "is not an IPv4 address", {"remedy": "write four numbers: 192.0.2.10"}
        ) from exc


def _ipv4_network(text: str) -> str:
    try:
        return str(ipaddress.IPv4Network(text))
    except ValueError as exc:
        remedy = "write the network's first address and its length: 10.90.0.0/24"
        raise PydanticCustomError(
            "ipv4_network", "is not an IPv4 network", {"remedy": remedy}
        ) from exc


Label = Annotated[str, StringConstraints(pattern=LABEL_PATTERN)]
PortRange = Annotated[str, StringConstraints(pattern=RANGE_PATTERN)]
AttributeText = Annotated[str, StringConstraints(pattern=ATTRIBUTE_PATTERN)]
HostKey = Annotated[str, StringConstraints(pattern=HOST_KEY_PATTERN)]
UserName = Annotated[str, StringConstraints(pattern=USER_PATTERN)]
Address = Annotated[str, AfterValidator(_ipv4)]
Network = Annotated[str, AfterValidator(_ipv4_network)]


class Model(BaseModel):
    """The base of every model: frozen, no unknown keys, no silent conversion."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", strict=True, allow_inf_nan=False, use_attribute_docstrings=True
    )
