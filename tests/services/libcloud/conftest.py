"""A CloudStack for these tests, and the provider's own settings for it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from libcloud.common.cloudstack import CloudStackConnection

from mesosdeploy.nodes import NodeRequest
from mesosdeploy.providers.base import ClusterContext
from mesosdeploy.providers.generic import LibcloudProvider
from mesosdeploy.spec.load import check
from tests.services.libcloud.cloudstack import PATH, CloudStack, Server

CANARY_KEY, CANARY_SECRET = "canary-api-key-of-nobody", "canary-secret-key-of-nobody"
PUBLIC_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIIJ9fk1s0KkQ9OJhYuhRsPeVSrVJYp9mMzkFoyXoCDxO t"

Provide = Callable[..., LibcloudProvider]


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    """Serve on a free port."""
    made = Server(CloudStack(keys={}))
    thread = threading.Thread(target=made.serve_forever)
    thread.start()
    yield made
    made.shutdown()
    thread.join()
    made.server_close()


@pytest.fixture
def cloud(server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> CloudStack:
    """Begin with an empty cloud, which lets in whoever has the keys of the environment."""
    server.cloud = CloudStack(keys={CANARY_KEY: CANARY_SECRET})
    monkeypatch.setenv("CLOUDSTACK_API_KEY", CANARY_KEY)
    monkeypatch.setenv("CLOUDSTACK_SECRET_KEY", CANARY_SECRET)
    monkeypatch.setenv("MESOSDEPLOY_STATE_DIR", str(tmp_path / "state"))
    # The driver's own pause between two questions for a job.
    monkeypatch.setattr(CloudStackConnection, "poll_interval", 0.01)
    return server.cloud


@pytest.fixture
def options(server: Server) -> dict[str, Any]:
    """Return the provider's options, as docs/libcloud.md has them."""
    place = {"host": "127.0.0.1", "port": server.server_port, "path": PATH, "secure": False}
    return {
        "driver": "cloudstack",
        "arguments": place,
        "environment": {"key": "CLOUDSTACK_API_KEY", "secret": "CLOUDSTACK_SECRET_KEY"},
        "size": "medium",
        "image": "debian-12",
        "user": "debian",
        "locations": ["zone1", "zone2"],
        "create": {"ex_start_vm": True, "networks": [{"id": "n-1"}]},
        "reach": "private",
    }


@pytest.fixture
def provide(cloud: CloudStack, tmp_path: Path, options: dict[str, Any]) -> Provide:
    """Return a maker of providers that wait in the rhythm of a test."""
    del cloud

    def make(cluster: str = "c1", **changes: Any) -> LibcloudProvider:
        provider = LibcloudProvider(
            ClusterContext(
                cluster=cluster,
                directory=tmp_path / cluster,
                public_key=PUBLIC_KEY,
                options={**options, **changes},
            )
        )
        provider.poll_seconds, provider.settle_seconds = 0.02, 20
        return provider

    return make


@pytest.fixture
def spec(options: dict[str, Any]) -> dict[str, Any]:
    """Return the spec of a small cluster."""
    return {
        "name": "c1",
        "provider": {"type": "libcloud", **options},
        "groups": {"masters": {"count": 3}, "agents": {"count": 2}},
    }


@pytest.fixture
def requests(spec: dict[str, Any]) -> tuple[NodeRequest, ...]:
    """Return what the cluster asks for."""
    found, problems = check(spec)
    assert found is not None
    assert not problems
    return found.requests()


def quiet(_text: str) -> None:
    """Report nothing."""
