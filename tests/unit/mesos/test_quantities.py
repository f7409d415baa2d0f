"""Claims about resources in the spec's words."""

from __future__ import annotations

from typing import Any

import pytest

from mesosdeploy.mesos.quantities import attribute_differences, differences, normalized


def test_mesos_resources_are_said_in_the_specs_words() -> None:
    told = {
        "cpus": 2.0,
        "gpus": 0.0,
        "mem": 64.0,
        "disk": 10.0,
        "ports": "[31000-31009, 32000-32000]",
    }
    assert normalized(told) == {
        "cpus": 2.0,
        "mem_mb": 64.0,
        "disk_mb": 10.0,
        "ports": ["31000-31009", "32000-32000"],
    }


@pytest.mark.parametrize(
    ("promised", "actual", "found"),
    [
        pytest.param({}, {"cpus": 2.0}, [], id="nothing promised"),
        pytest.param({"cpus": 2}, {"cpus": 2.0}, [], id="equal number"),
        pytest.param({"cpus": None}, {}, [], id="not given"),
        pytest.param({"cpus": 2}, {"cpus": 1.5}, ["cpus is 1.5, promised 2"], id="fewer cpus"),
        pytest.param(
            {"mem_mb": 2048}, {}, ["mem_mb is missing, promised 2048"], id="no memory at all"
        ),
        pytest.param(
            {"ports": ["1-2", "3-4"]}, {"ports": ["1-4"]}, [], id="ranges written otherwise"
        ),
        pytest.param({"ports": ["7"]}, {"ports": ["7-7"]}, [], id="one port"),
        pytest.param(
            {"ports": ["1-4"]},
            {"ports": ["1-3"]},
            ["ports is 1-3, promised 1-4"],
            id="shorter range",
        ),
    ],
)
def test_differences(promised: dict[str, Any], actual: dict[str, Any], found: list[str]) -> None:
    assert differences(promised, actual) == found


def test_attributes_may_be_numbers_but_not_missing_or_other() -> None:
    promised = {"rack": "r1", "level": 7, "zone": "a", "room": "x"}
    actual = {"rack": "r1", "level": 7.0, "zone": "b"}
    assert attribute_differences(promised, actual) == [
        "attribute zone is b, promised a",
        "attribute room is missing, promised x",
    ]
