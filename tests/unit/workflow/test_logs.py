"""Logs: which journals are read for which words, and how lines are parsed."""

from __future__ import annotations

import pytest

from mesosdeploy.errors import UsageError
from mesosdeploy.workflow import logs

INVENTORY = {
    "_meta": {"hostvars": {"master-1": {}, "agent-1": {}, "monitor-1": {}}},
    "zookeeper": {"hosts": ["master-1"]},
    "mesos_master": {"hosts": ["master-1"]},
    "mesos_agent": {"hosts": ["agent-1"]},
    "agents": {"hosts": ["agent-1"]},
}


@pytest.mark.parametrize(
    ("targets", "chosen"),
    [
        (
            (),
            {
                "master-1": ["mesos-master", "zookeeper"],
                "agent-1": ["mesos-agent"],
                "monitor-1": [],
            },
        ),
        (("mesos_master",), {"master-1": ["mesos-master"]}),
        (("agents",), {"agent-1": ["mesos-agent"]}),
        (("master-1",), {"master-1": ["mesos-master", "zookeeper"]}),
    ],
    ids=["all", "role", "group", "node"],
)
def test_targets_choose_nodes_and_units(
    targets: tuple[str, ...], chosen: dict[str, list[str]]
) -> None:
    assert logs.select(INVENTORY, targets) == chosen


def test_misspelt_target_is_corrected() -> None:
    with pytest.raises(UsageError) as caught:
        logs.select(INVENTORY, ["mesos_mastr"])
    assert caught.value.hint == "did you mean mesos_master?"


def test_command_quotes_what_the_remote_shell_would_split() -> None:
    words = logs.command(["zookeeper"], logs.Query(since="1 hour ago"), follow=True)
    assert words[-3:] == ["--since", "'1 hour ago'", "--follow"]


def test_lines_are_split_into_time_and_text_and_filtered() -> None:
    lines = ["2026-11-22T10:00:00.1+0000 host unit[1]: good", "2026-11-22T10:00:01.1+0000 host x"]
    found = list(logs._parse("n", iter(lines), "good"))
    assert found == [logs.Line(time="2026-11-22T10:00:00.1+0000", node="n", text="unit[1]: good")]


def test_bad_pattern_is_a_usage_error() -> None:
    with pytest.raises(UsageError, match="no regular expression"):
        logs.check_pattern("(")
