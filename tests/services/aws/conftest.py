"""A cloud for these tests: moto's server as a process, and the product's own settings for it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import boto3
import httpx
import pytest

from mesosdeploy.nodes import NodeRequest
from mesosdeploy.providers.aws import AwsProvider
from mesosdeploy.providers.base import ClusterContext
from mesosdeploy.spec.load import check

REGION = "eu-central-1"
PUBLIC_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIIJ9fk1s0KkQ9OJhYuhRsPeVSrVJYp9mMzkFoyXoCDxO t"
CANARY_ID, CANARY_SECRET = "AKIACANARYIDCANARYID", "canary+secret/canary+secret/canary+secre"
ADMIN = "203.0.113.0/24"

Provide = Callable[..., AwsProvider]


@lru_cache
def client_of(url: str) -> Any:
    """Return a client of boto3, which is slow to make."""
    return boto3.client("ec2", region_name=REGION, endpoint_url=url)


@dataclass(frozen=True, kw_only=True)
class Aws:
    """The server: its address, its faults, its log of calls, and a client of the test's own."""

    url: str

    def fail(self, *faults: dict[str, Any]) -> None:
        """Set the faults, and begin a new log."""
        httpx.put(f"{self.url}/_faults", json=faults).raise_for_status()

    def log(self) -> list[dict[str, str]]:
        """Return the parameters of every call since the faults were set."""
        answer: list[dict[str, str]] = httpx.get(f"{self.url}/_log").json()
        return answer

    def actions(self) -> list[str]:
        """Return the names of the operations that were called."""
        return [entry["action"] for entry in self.log()]

    @property
    def ec2(self) -> Any:
        """Return a client that sees what AWS sees."""
        return client_of(self.url)

    def alive(self) -> list[dict[str, Any]]:
        """Return the instances that are not terminated."""
        pages = self.ec2.get_paginator("describe_instances").paginate()
        found = [i for page in pages for r in page["Reservations"] for i in r["Instances"]]
        return [i for i in found if i["State"]["Name"] != "terminated"]


@pytest.fixture(scope="session")
def server() -> Iterator[str]:
    """Start the server on a free port."""
    program = Path(__file__).with_name("server.py")
    with subprocess.Popen(
        [sys.executable, str(program)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        assert process.stdout is not None
        yield f"http://127.0.0.1:{process.stdout.readline().strip()}"
        process.terminate()


@pytest.fixture
def aws(server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Aws:
    """Empty the cloud, put an image of Debian there, and point AWS' own settings to it."""
    httpx.post(f"{server}/moto-api/reset", timeout=60).raise_for_status()
    for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_REGION", "AWS_DEFAULT_REGION"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("AWS_ENDPOINT_URL", server)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", CANARY_ID)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", CANARY_SECRET)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("MESOSDEPLOY_STATE_DIR", str(tmp_path / "state"))
    cloud = Aws(url=server)
    for day in ("01", "02"):
        cloud.ec2.register_image(
            Name=f"debian-12-amd64-202601{day}",
            RootDeviceName="/dev/xvda",
            Architecture="x86_64",
        )
    cloud.fail()
    return cloud


@pytest.fixture
def options() -> dict[str, Any]:
    """Return the provider's options that these tests begin with."""
    image = {"name": "debian-12-amd64-*", "owner": "self", "user": "admin"}
    return {"region": REGION, "admin_cidrs": [ADMIN], "image": image}


@pytest.fixture
def provide(aws: Aws, tmp_path: Path, options: dict[str, Any]) -> Provide:
    """Return a maker of providers that wait in the rhythm of a test."""
    del aws

    def make(cluster: str = "c1", **changes: Any) -> AwsProvider:
        context = ClusterContext(
            cluster=cluster,
            directory=tmp_path / cluster,
            public_key=PUBLIC_KEY,
            options={**options, **changes},
        )
        provider = AwsProvider(context)
        provider.poll_seconds, provider.settle_seconds = 0.05, 20
        return provider

    return make


@pytest.fixture
def requests(options: dict[str, Any]) -> tuple[NodeRequest, ...]:
    """Return what a cluster of three masters, two agents and a monitor asks for."""
    return requests_of(options)


def requests_of(options: dict[str, Any], **groups: dict[str, Any]) -> tuple[NodeRequest, ...]:
    """Return the machines of a spec with these groups changed."""
    data = {
        "name": "c1",
        "provider": {"type": "aws", **options},
        "groups": {
            "masters": {"count": 3},
            "agents": {"count": 2, "labels": {"team": "search"}},
            "monitors": {"count": 1},
            **groups,
        },
    }
    spec, problems = check(data)
    assert spec is not None
    assert not problems
    return spec.requests()


def quiet(_text: str) -> None:
    """Report nothing."""
