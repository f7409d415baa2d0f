"""libcloud's EC2 driver with what it lacks: any region, POST, all pages, IMDSv2, tagged volumes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from libcloud.common.aws import AWSRequestSignerAlgorithmV4
from libcloud.compute.base import Node as CloudNode
from libcloud.compute.drivers import ec2
from libcloud.compute.types import NodeState
from libcloud.utils.xml import findall, findtext

TIMEOUT_SECONDS = 30
PAGE = 250
"""Machines of one answer: AWS would send a thousand, as megabytes that take long to come."""
_INSTANCE_TAGS = "TagSpecification.1."
_TAGGED_TOO = ("volume", "network-interface")
_LAUNCH = "RunInstances"


class Ec2Response(ec2.EC2Response):  # type: ignore[misc]
    """An answer whose errors are read whatever stands beside their code and message."""

    def parse_error(self) -> str:
        """Return "Code: message" of each error; MalformedResponseError when it is no XML."""
        errors = self.parse_body().iterfind(".//{*}Error")
        return "; ".join(
            f"{error.findtext('{*}Code')}: {error.findtext('{*}Message')}" for error in errors
        )


class Signer(AWSRequestSignerAlgorithmV4):  # type: ignore[misc]
    """Signature version 4, of what AWS' own libraries sign."""

    def _get_authorization_v4_header(
        self, params: Mapping[str, str], headers: Mapping[str, str], *rest: Any, **named: Any
    ) -> str:
        # A proxy may change the user agent, and then AWS would refuse the call.
        signed = {key: value for key, value in headers.items() if key.lower() != "user-agent"}
        header: str = super()._get_authorization_v4_header(params, signed, *rest, **named)
        return header


class Ec2Connection(ec2.EC2Connection):  # type: ignore[misc]
    """Send parameters in the body: an address may be logged, and user-data holds a host key."""

    responseCls = Ec2Response  # noqa: N815 - libcloud's own form

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self.signer = Signer(
            access_key=self.user_id,
            access_secret=self.key,
            version=self.version,
            connection=self,
        )

    def request(self, action: str, params: Mapping[str, str], **_given: Any) -> Any:
        """Call an operation of EC2; a failure is told and never repeated here."""
        complete = {**launch_parameters(params), "Version": self.version}
        return super().request(
            action,
            data=urlencode(complete),
            headers={"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"},
            method="POST",
            retry_failed=False,
        )


def launch_parameters(params: Mapping[str, str]) -> dict[str, str]:
    """Add to the parameters of RunInstances what the driver has no arguments for.

    That is the machine's tags for its volumes and network interfaces, and metadata that only
    answers with a token and no further than the machine itself (IMDSv2, one hop). Others stay.
    """
    result = dict(params)
    if params.get("Action") != _LAUNCH:
        return result
    result["MetadataOptions.HttpEndpoint"] = "enabled"
    result["MetadataOptions.HttpTokens"] = "required"
    result["MetadataOptions.HttpPutResponseHopLimit"] = "1"
    for number, kind in enumerate(_TAGGED_TOO, start=2):
        root = f"TagSpecification.{number}."
        result |= {
            key.replace(_INSTANCE_TAGS, root, 1): value
            for key, value in params.items()
            if key.startswith(_INSTANCE_TAGS)
        }
        result[f"{root}ResourceType"] = kind
    return result


class Ec2Driver(ec2.EC2NodeDriver):  # type: ignore[misc]
    """Machines of one region; for one thread only, like every libcloud driver."""

    connectionCls = Ec2Connection  # noqa: N815 - libcloud's own form
    NODE_STATE_MAP = {  # noqa: RUF012 - libcloud's own form
        "pending": NodeState.PENDING,
        "running": NodeState.RUNNING,
        "stopping": NodeState.STOPPED,
        "stopped": NodeState.STOPPED,
        "shutting-down": NodeState.TERMINATED,
        "terminated": NodeState.TERMINATED,
    }

    def __init__(
        self, credentials: Any, *, region: str, host: str, port: int, secure: bool
    ) -> None:
        # The parent's own constructor refuses regions that are newer than its table.
        self.region_name = region
        self.token = credentials.token
        self.signature_version = "4"
        self.api_name = "ec2"
        self.country = ""
        super(ec2.EC2NodeDriver, self).__init__(
            key=credentials.access_key,
            secret=credentials.secret_key,
            secure=secure,
            host=host,
            port=port,
            timeout=TIMEOUT_SECONDS,
        )

    def list_nodes(self, ex_filters: Mapping[str, Any] | None = None) -> list[CloudNode]:
        """Return the machines that pass the filters, over all pages."""
        params = {"Action": "DescribeInstances", "MaxResults": str(PAGE)}
        params |= self._build_filters(dict(ex_filters or {}))
        nodes: list[CloudNode] = []
        while True:
            answer = self.connection.request(self.path, params=params).object
            for entry in findall(answer, "reservationSet/item", namespace=ec2.NAMESPACE):
                nodes += [
                    self._described(item)
                    for item in findall(entry, "instancesSet/item", namespace=ec2.NAMESPACE)
                ]
            token = findtext(answer, "nextToken", namespace=ec2.NAMESPACE)
            if not token:
                return nodes
            params["NextToken"] = token

    def _described(self, item: Any) -> CloudNode:
        node = self._to_node(item)
        reason = findtext(item, "stateReason/message", namespace=ec2.NAMESPACE)
        node.extra["fault"] = reason or ""
        return node
