"""What a machine is made with: its tags, its first configuration, and how it is read back. Pure."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from mesosdeploy.nodes import NodeRequest
from mesosdeploy.providers.local.identity import HostKey

PREFIX = "mesosdeploy:"
CLUSTER = f"{PREFIX}cluster"
NODE = f"{PREFIX}node"
GROUP = f"{PREFIX}group"
INDEX = f"{PREFIX}index"
HOST_KEY = f"{PREFIX}host-key"
EXPIRES = f"{PREFIX}expires"
ZONE = f"{PREFIX}zone"
KEY = f"{PREFIX}key"


@dataclass(frozen=True, kw_only=True)
class Launch:
    """One attempt to make a machine.

    `place` is the zone that is tried ("" where the provider names none). `token` is the same when
    the attempt is repeated, and never used for another one.
    """

    request: NodeRequest
    name: str
    tags: Mapping[str, str]
    user_data: str = field(repr=False)
    token: str
    place: str = ""


def machine_name(cluster: str, node: str) -> str:
    """Return the name of a node's machine, unique among the clusters of an account."""
    return f"{cluster}-{node}"


def key_fingerprint(public_key: str) -> str:
    """Return what `ssh-keygen -l` shows of a public key in OpenSSH form."""
    blob = base64.b64decode(public_key.split()[1])
    return f"SHA256:{base64.b64encode(hashlib.sha256(blob).digest()).decode().rstrip('=')}"


def machine_tags(
    request: NodeRequest, *, host_key: str, place: str, extra: Mapping[str, str]
) -> dict[str, str]:
    """Return the tags by which a node is found again, after its labels."""
    return {
        **request.labels,
        **extra,
        CLUSTER: request.cluster,
        NODE: request.name,
        GROUP: request.group,
        INDEX: str(request.index),
        HOST_KEY: host_key,
        **({ZONE: place} if place else {}),
    }


def labels_of(tags: Mapping[str, str]) -> dict[str, str]:
    """Return what the user's labels were, without what this program and the cloud add."""
    return {
        key: value
        for key, value in tags.items()
        if key != "Name" and not key.startswith((PREFIX, "aws:"))
    }


def cloud_config(
    request: NodeRequest, *, host_key: HostKey, public_key: str, further: Mapping[str, object]
) -> str:
    """Return user-data for cloud-init: the name, the host key, and who may enter (JSON is YAML).

    The host key is made by the controller, so that the first connection is already checked.
    """
    settings = {
        **further,
        "hostname": request.name,
        "fqdn": f"{request.name}.{request.cluster}",
        "manage_etc_hosts": False,
        "ssh_authorized_keys": [public_key],
        "ssh_deletekeys": True,
        "ssh_keys": {
            "ed25519_private": host_key.secret.decode(),
            "ed25519_public": host_key.public,
        },
    }
    return f"#cloud-config\n{json.dumps(settings)}\n"
