"""A failure's kind follows from what the cloud said, and its text gives nothing away."""

from __future__ import annotations

import pytest
import requests
from botocore.exceptions import ClientError, EndpointConnectionError, NoCredentialsError
from libcloud.common.exceptions import BaseHTTPError, RateLimitReachedError
from libcloud.common.types import InvalidCredsError, MalformedResponseError

from mesosdeploy.providers.aws.dialect import DIALECT
from mesosdeploy.providers.cloud.failures import REMEDIES, Dialect, Kind


def coded(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": "said"}}, "RunInstances")


GENERAL = {
    "wrong password": (InvalidCredsError("no"), Kind.AUTH),
    "forbidden": (BaseHTTPError(403, "policy"), Kind.AUTH),
    "quota as 403": (BaseHTTPError(403, "Quota exceeded for instances"), Kind.QUOTA),
    "429": (RateLimitReachedError(headers={"retry-after": "7"}), Kind.THROTTLE),
    "413": (BaseHTTPError(413, "slow down"), Kind.THROTTLE),
    "500": (BaseHTTPError(500, "oops"), Kind.TRANSIENT),
    "503": (BaseHTTPError(503, "busy"), Kind.TRANSIENT),
    "timeout": (requests.exceptions.ReadTimeout("x"), Kind.TRANSIENT),
    "refused": (ConnectionRefusedError("x"), Kind.TRANSIENT),
    "a proxy's page": (MalformedResponseError("x", body="<html>"), Kind.TRANSIENT),
    "404": (BaseHTTPError(404, "no such flavor"), Kind.NOT_FOUND),
    "409": (BaseHTTPError(409, "exists"), Kind.CONFLICT),
    "400": (BaseHTTPError(400, "bad image"), Kind.INVALID),
    "an odd answer": (ValueError("too many values to unpack"), Kind.INVALID),
}


@pytest.mark.parametrize(("exc", "kind"), GENERAL.values(), ids=GENERAL.keys())
def test_a_failure_is_told_by_its_status(exc: Exception, kind: Kind) -> None:
    error = Dialect().error(exc, "do it")
    assert (error.kind, error.hint) == (kind, REMEDIES[kind])


AWS = {
    "RequestLimitExceeded": Kind.THROTTLE,
    "Throttling": Kind.THROTTLE,
    "InternalError": Kind.TRANSIENT,
    "IncorrectInstanceState": Kind.TRANSIENT,
    "InstanceLimitExceeded": Kind.QUOTA,
    "VcpuLimitExceeded": Kind.QUOTA,
    "Client.VolumeLimitExceeded": Kind.QUOTA,
    "InsufficientInstanceCapacity": Kind.CAPACITY,
    "Server.InsufficientInstanceCapacity": Kind.CAPACITY,
    "Unsupported": Kind.CAPACITY,
    "UnsupportedOperation": Kind.INVALID,
    "UnauthorizedOperation": Kind.AUTH,
    "AuthFailure": Kind.AUTH,
    "ExpiredToken": Kind.AUTH,
    "ExpiredTokenException": Kind.AUTH,
    "InvalidAMIID.NotFound": Kind.NOT_FOUND,
    "InvalidKeyPair.Duplicate": Kind.CONFLICT,
    "DependencyViolation": Kind.CONFLICT,
    "InvalidParameterValue": Kind.INVALID,
}


@pytest.mark.parametrize(("code", "kind"), AWS.items(), ids=AWS.keys())
def test_a_code_of_aws_means_the_same_from_both_libraries(code: str, kind: Kind) -> None:
    assert DIALECT.kind_of(coded(code)) is kind
    assert DIALECT.kind_of(BaseHTTPError(400, f"{code}: said")) is kind
    assert f"do it: {code}: said" in DIALECT.error(coded(code), "do it").message


def test_what_boto3_meets_on_the_way_is_told_too() -> None:
    assert DIALECT.kind_of(NoCredentialsError()) is Kind.AUTH
    assert DIALECT.kind_of(EndpointConnectionError(endpoint_url="http://x")) is Kind.TRANSIENT


def test_a_lost_connection_does_not_tell_the_address_it_was_lost_on() -> None:
    url = "https://ec2/?UserData=SECRET&Signature=SECRET"
    for exc in (requests.exceptions.ConnectionError(url), OSError(url)):
        assert "SECRET" not in DIALECT.error(exc, "make it").message
        assert "SECRET" not in Dialect().error(exc, "make it").message


def test_a_cloud_that_wants_to_be_left_alone_is() -> None:
    exc = RateLimitReachedError(headers={"retry-after": "7"})
    assert Dialect().error(exc, "do it").retry_after == 7


def test_every_kind_has_a_remedy() -> None:
    assert set(REMEDIES) == set(Kind)


def test_long_words_are_cut_and_put_in_one_line() -> None:
    message = Dialect().error(BaseHTTPError(400, "a\n b " * 500), "do it").message
    assert "\n" not in message
    assert len(message) < 400
