"""Claims about the figures of the HTTP interface and how a master describes itself."""

from __future__ import annotations

from dataclasses import replace

from mesosdeploy.services.dns.api import Status, metrics
from mesosdeploy.services.masters import address_of
from tests.unit.services.dns.states import records, task

STATUS = Status(
    records=records(task("web")),
    serial=1,
    age_seconds=1.5,
    dns_running=True,
    problem="",
    counters={"refreshes": 3},
)


def test_metrics_are_in_prometheus_format() -> None:
    lines = metrics(STATUS).splitlines()
    assert 'mesos_dns_records{type="AAAA"} 0' in lines
    assert "mesos_dns_state_age_seconds 1.500" in lines
    assert "mesos_dns_up 1" in lines
    assert "mesos_dns_refreshes_total 3" in lines


def test_age_is_not_told_before_there_is_a_state() -> None:
    assert "age" not in metrics(replace(STATUS, age_seconds=None))


def test_address_of_a_master_by_its_address_or_its_number() -> None:
    address = {"hostname": "m", "ip": "10.0.0.1", "port": 5050}
    assert address_of({"address": address, "ip": 1, "port": 1}) == "10.0.0.1:5050"
    assert address_of({"ip": 16777226, "port": 5050}) == "10.0.0.1:5050"
