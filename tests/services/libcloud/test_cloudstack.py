"""The provider `libcloud` with libcloud's own driver of CloudStack, over HTTP."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from mesosdeploy.nodes import NodeRequest, NodeStatus
from mesosdeploy.providers.cloud import CloudError, Kind, calls
from tests.services.aws.test_product import command, make_machines
from tests.services.libcloud.cloudstack import CloudStack, Fault
from tests.services.libcloud.conftest import CANARY_KEY, CANARY_SECRET, Provide, quiet

Requests = tuple[NodeRequest, ...]
DEPLOY = "deployVirtualMachine"


def test_a_cluster_comes_up_and_goes_without_a_rest(
    cloud: CloudStack, provide: Provide, requests: Requests
) -> None:
    provider = provide()
    assert all(finding.ok for finding in provider.check())
    with ThreadPoolExecutor(5) as pool:
        nodes = list(pool.map(lambda request: provider.create(request, quiet), requests))
    assert cloud.commands().count(DEPLOY) == len(requests) == 5
    assert [node.name for node in nodes] == [request.name for request in requests]
    assert {node.status for node in nodes} == {NodeStatus.RUNNING}
    assert {node.ssh_user for node in nodes} == {"debian"}
    assert all(node.ssh_host == node.address for node in nodes)
    assert sorted(provide().list(), key=lambda n: n.name) == sorted(nodes, key=lambda n: n.name)
    for machine in cloud.machines.values():
        assert machine["user-data"].startswith("#cloud-config\n{")
    asked = [call for call in cloud.calls if call["command"] == DEPLOY]
    assert {call["networkids"] for call in asked} == {"n-1"}
    assert max(len(call["userdata"]) for call in asked) < 2048
    provider.cleanup(quiet)
    assert (provider.list(), provider.leftovers()) == ([], [])
    assert set(cloud.states()) == {"Destroyed"}


def test_what_the_cloud_offers_is_asked_for_once_and_not_for_each_machine(
    cloud: CloudStack, provide: Provide, requests: Requests
) -> None:
    provider = provide()
    for request in requests:
        provider.create(request, quiet)
    for listing in ("listZones", "listServiceOfferings", "listTemplates"):
        assert cloud.commands().count(listing) == 1, listing


LOST = (DEPLOY, "queryAsyncJobResult")


@pytest.mark.parametrize("lost", LOST)
def test_a_machine_whose_answer_was_lost_is_there_once(
    cloud: CloudStack, provide: Provide, requests: Requests, lost: str
) -> None:
    cloud.fail(Fault(lost, drop=True))
    node = provide().create(requests[0], quiet)
    assert [node.provider_id] == list(cloud.machines)
    assert cloud.states() == ["Running"]
    assert str(node.host_key).startswith("ssh-ed25519 ")


def test_a_throttled_call_is_made_again(
    cloud: CloudStack, provide: Provide, requests: Requests
) -> None:
    throttled = {"status": 429, "text": "Exceeded the limit of api calls", "times": 2}
    cloud.fail(Fault(DEPLOY, **throttled), Fault("listVirtualMachines", **throttled))  # type: ignore[arg-type]
    provide().create(requests[0], quiet)
    assert cloud.commands().count(DEPLOY) == 3
    assert cloud.states() == ["Running"]


REFUSED = {
    "quota": (
        Fault(DEPLOY, status=535, text="Maximum number of resources of type 'user_vm' exceeded."),
        Kind.QUOTA,
    ),
    "quota, told by the job": (
        Fault(DEPLOY, text="Maximum number of resources of type 'volume' has been exceeded."),
        Kind.QUOTA,
    ),
    "limit of the account": (Fault(DEPLOY, status=532, text="not possible"), Kind.QUOTA),
    "account": (Fault(DEPLOY, status=531, text="no permission for this offering"), Kind.AUTH),
    "parameter": (Fault(DEPLOY, status=431, text="Unable to find network"), Kind.INVALID),
    "conflict": (Fault(DEPLOY, status=537, text="the name is taken"), Kind.CONFLICT),
}


@pytest.mark.parametrize(("fault", "kind"), REFUSED.values(), ids=REFUSED.keys())
def test_a_refusal_is_told_by_its_kind_with_the_cloud_s_words(
    cloud: CloudStack, provide: Provide, requests: Requests, fault: Fault, kind: Kind
) -> None:
    cloud.fail(replace(fault, times=99))
    with pytest.raises(CloudError) as told:
        provide().create(requests[0], quiet)
    assert told.value.kind is kind
    assert fault.text in told.value.message
    assert "node agent-1" in told.value.message or "node master-1" in told.value.message
    assert "Running" not in cloud.states()


FULL = "Unable to create a deployment for VM instance"


def test_an_agent_evades_a_zone_without_room_and_leaves_nothing_behind(
    cloud: CloudStack, provide: Provide, requests: Requests
) -> None:
    agent = next(request for request in requests if request.name == "agent-1")
    cloud.fail(Fault(DEPLOY, text=FULL, having="z-1", times=99))
    provider = provide()
    node = provider.create(agent, quiet)
    assert cloud.machines[node.provider_id]["zoneid"] == "z-2"
    assert cloud.states() == ["Destroyed", "Running"]
    assert (provider.list(), provider.leftovers()) == ([node], [])


def test_a_master_stays_in_its_zone_and_the_cloud_s_reason_is_told(
    cloud: CloudStack, provide: Provide, requests: Requests
) -> None:
    master = next(request for request in requests if request.name == "master-1")
    cloud.fail(Fault(DEPLOY, text=FULL, having="z-1", times=99))
    with pytest.raises(CloudError, match=FULL) as told:
        provide().create(master, quiet)
    assert told.value.kind is Kind.CAPACITY
    assert cloud.states() == ["Destroyed"]


def test_a_failed_machine_that_could_not_be_removed_is_replaced_and_never_overlooked(
    cloud: CloudStack, provide: Provide, requests: Requests
) -> None:
    cloud.fail(
        Fault(DEPLOY, text="the host died"),
        Fault("destroyVirtualMachine", status=431, text="not now"),
    )
    with pytest.raises(CloudError, match="the host died"):
        provide().create(requests[0], quiet)
    assert cloud.states() == ["Error"]
    (seen,) = provide().list()
    assert seen.status is NodeStatus.FAILED
    node = provide().create(requests[0], quiet)
    assert node.provider_id != seen.provider_id
    assert cloud.states() == ["Destroyed", "Running"]


def test_a_stopped_machine_is_started(
    cloud: CloudStack, provide: Provide, requests: Requests
) -> None:
    node = provide().create(requests[0], quiet)
    cloud.machines[node.provider_id]["state"] = "Stopped"
    (stopped,) = provide().list()
    assert stopped.status is NodeStatus.STOPPED
    assert provide().start(stopped, quiet) == node


def test_a_machine_that_somebody_removed_meanwhile_is_no_failure(
    cloud: CloudStack, provide: Provide, requests: Requests
) -> None:
    provider = provide()
    node = provider.create(requests[0], quiet)
    cloud.machines[node.provider_id]["state"] = "Destroyed"
    provider.destroy(node, quiet)
    assert provider.list() == []


@pytest.fixture
def inventory(cloud: CloudStack, spec: dict[str, Any], tmp_path: Path) -> Path:
    """Return an environment in CloudStack."""
    assert cloud.machines == {}
    target = tmp_path / "inventory"
    target.mkdir()
    YAML().dump(spec, target / "cluster.yml")
    return target


def test_up_makes_the_machines_and_down_proves_that_none_is_left(
    cloud: CloudStack, inventory: Path
) -> None:
    planned = json.loads(command("plan", "-i", str(inventory), "-o", "json").stdout)
    assert {action["action"] for action in planned["actions"]} == {"create"}
    make_machines(inventory)
    assert cloud.states() == ["Running"] * 5
    planned = json.loads(command("plan", "-i", str(inventory), "-o", "json").stdout)
    assert {action["action"] for action in planned["actions"]} == {"keep"}
    ended = command("down", "-i", str(inventory), "--yes")
    assert ended.returncode == 0, ended.stderr
    assert set(cloud.states()) == {"Destroyed"}


def test_down_tells_what_could_not_be_removed(cloud: CloudStack, inventory: Path) -> None:
    make_machines(inventory)
    cloud.fail(Fault("destroyVirtualMachine", text="the host is away", having="vm-2", times=99))
    ended = command("down", "-i", str(inventory), "--yes")
    assert ended.returncode == 4
    assert "the host is away" in ended.stderr
    assert cloud.states() == ["Destroyed"] * 4 + ["Running"]


WRONG = {
    "refused": Fault("listVirtualMachines", status=401, text="unable to verify user credentials"),
    "forbidden": Fault("listVirtualMachines", status=531, text="the account is disabled"),
    "no JSON": Fault("listVirtualMachines", body="<html>login</html>"),
    "another answer": Fault("listVirtualMachines", body='{"listeverythingresponse": {}}'),
    "odd": Fault("listVirtualMachines", status=418, text="odd"),
}


def test_credentials_are_in_no_file_output_or_error(
    cloud: CloudStack, inventory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    environment = make_machines(inventory)
    texts = [
        path.read_text(errors="replace")
        for path in environment.directory.rglob("*")
        if path.is_file()
    ]
    monkeypatch.setattr(calls.persist, "__kwdefaults__", _patience(0.1))
    for fault in WRONG.values():
        cloud.fail(replace(fault, times=999))
        (finding,) = environment.provider.check()
        assert not finding.ok
        texts += [finding.message, finding.remedy]
    cloud.fail(replace(WRONG["refused"], times=999))
    for words in (("plan",), ("down", "--yes"), ("doctor",)):
        ended = command(*words, "-i", str(inventory))
        assert ended.returncode != 0
        assert "Traceback" not in ended.stderr
        texts += [ended.stdout, ended.stderr]
    assert any("Invalid provider credentials" in text for text in texts)
    assert any("master-1" in text for text in texts)
    for text in texts:
        assert CANARY_SECRET not in text
        assert CANARY_KEY not in text


def test_wrong_credentials_are_told_with_a_remedy(
    provide: Provide, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLOUDSTACK_SECRET_KEY", "another")
    (finding,) = provide().check()
    assert not finding.ok
    assert "Invalid provider credentials" in finding.message
    assert "credentials" in finding.remedy


def _patience(seconds: float) -> dict[str, Any]:
    return {**(calls.persist.__kwdefaults__ or {}), "seconds": seconds}
