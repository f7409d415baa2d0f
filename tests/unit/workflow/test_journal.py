"""Journals: which units are meant by which words, what journalctl is asked, what it says."""

from __future__ import annotations

import json
import shlex

import pytest

from mesosdeploy.errors import UsageError
from mesosdeploy.workflow import journal
from mesosdeploy.workflow.journal import Query

INVENTORY = {
    "_meta": {"hostvars": {"master-1": {}, "agent-1": {}, "spare-1": {}}},
    "zookeeper": {"hosts": ["master-1"]},
    "mesos_master": {"hosts": ["master-1"]},
    "mesos_agent": {"hosts": ["agent-1"]},
    "mesos_exporter": {"hosts": ["master-1", "agent-1"]},
    "alertmanager": {"hosts": ["master-1"]},
    "haproxy": {"hosts": []},
    "resolver": {"hosts": ["master-1", "agent-1", "spare-1"]},
    "big_agents": {"hosts": ["agent-1"]},
    "mesos": {"children": ["mesos_master", "mesos_agent"]},
}
OF_MASTER = ["mesos-exporter@*", "mesos-master", "prometheus-alertmanager", "zookeeper"]
OF_AGENT = ["mesos-agent", "mesos-exporter@*"]


@pytest.mark.parametrize(
    ("targets", "chosen"),
    [
        ((), {"master-1": OF_MASTER, "agent-1": OF_AGENT, "spare-1": []}),
        (("mesos_master",), {"master-1": ["mesos-master"]}),
        (("mesos_exporter",), {"master-1": ["mesos-exporter@*"], "agent-1": ["mesos-exporter@*"]}),
        (("mesos-exporter",), {"master-1": ["mesos-exporter@*"], "agent-1": ["mesos-exporter@*"]}),
        (("prometheus-alertmanager",), {"master-1": ["prometheus-alertmanager"]}),
        (("big_agents",), {"agent-1": OF_AGENT}),
        (("big-agents",), {"agent-1": OF_AGENT}),
        (("mesos",), {"master-1": OF_MASTER, "agent-1": OF_AGENT}),
        (("master-1",), {"master-1": OF_MASTER}),
        (("zookeeper", "agent-1"), {"master-1": ["zookeeper"], "agent-1": OF_AGENT}),
    ],
    ids=[
        "all",
        "role",
        "template role",
        "template unit",
        "unit",
        "group",
        "group as in cluster.yml",
        "group of groups",
        "node",
        "two",
    ],
)
def test_targets_choose_nodes_and_units(
    targets: tuple[str, ...], chosen: dict[str, list[str]]
) -> None:
    assert journal.select(INVENTORY, targets) == chosen


@pytest.mark.parametrize(
    ("target", "said", "hint"),
    [
        ("mesos_mastr", "neither a node nor a group nor a role", 'did you mean "mesos_master"?'),
        ("_meta", "neither a node nor a group nor a role", "nodes: agent-1, master-1, spare-1"),
        ("haproxy", "runs no daemon", "inventory"),
        ("resolver", "runs no daemon", "inventory"),
        ("spare-1", "runs no daemon", "inventory"),
    ],
    ids=["misspelt", "internal", "empty role", "role without a process", "idle node"],
)
def test_target_without_a_journal_is_told(target: str, said: str, hint: str) -> None:
    with pytest.raises(UsageError, match=said) as caught:
        journal.select(INVENTORY, [target])
    assert hint in (caught.value.hint or "")


@pytest.mark.parametrize(
    ("query", "words"),
    [
        (Query(), ["--reverse", "--lines=100"]),
        (Query(lines=5), ["--reverse", "--lines=5"]),
        (Query(since="-1h"), ["--since=-1h"]),
        (
            Query(since="-1h", until="-30m", lines=5),
            ["--since=-1h", "--until=-30m", "--reverse", "--lines=5"],
        ),
        (Query(grep="a b"), ["--grep=a b", "--case-sensitive=true", "--reverse", "--lines=100"]),
    ],
    ids=["default", "lines", "since", "between", "grep"],
)
def test_command_asks_for_what_is_wanted(query: Query, words: list[str]) -> None:
    line = " ".join(journal.command(["zookeeper", "mesos-exporter@*"], query))
    asked = shlex.split(line)
    assert asked[:5] == ["journalctl", "--no-pager", "--quiet", "--all", "--output=json"]
    assert asked[6:8] == ["--unit=zookeeper", "--unit=mesos-exporter@*"]
    assert asked[8:] == words


@pytest.mark.parametrize(
    ("after", "words"),
    [("s=1;i=2", ["--after-cursor=s=1;i=2"]), ("", ["--since=-1h"])],
    ids=["cursor", "nothing yet"],
)
def test_following_goes_on_where_reading_ended(after: str, words: list[str]) -> None:
    line = " ".join(journal.command(["u"], Query(since="-1h"), after=after, follow=True))
    assert shlex.split(line)[7:] == [*words, "--follow", "--no-tail"]


def entry(**fields: object) -> str:
    base = {
        "__REALTIME_TIMESTAMP": "1795341602123456",
        "__CURSOR": "c1",
        "PRIORITY": "6",
        "_PID": "7",
        "_SYSTEMD_UNIT": "mesos-agent.service",
        "SYSLOG_IDENTIFIER": "mesos-agent",
        "MESSAGE": "hello",
    }
    return json.dumps({**base, **fields})


@pytest.mark.parametrize(
    ("fields", "unit", "process", "text"),
    [
        ({}, "mesos-agent", "mesos-agent[7]", "hello"),
        (
            {"_SYSTEMD_UNIT": "mesos-exporter@zookeeper.service", "SYSLOG_IDENTIFIER": "python3"},
            "mesos-exporter@zookeeper",
            "mesos-exporter@zookeeper[7]",
            "hello",
        ),
        (
            {
                "_SYSTEMD_UNIT": "init.scope",
                "UNIT": "mesos-agent.service",
                "SYSLOG_IDENTIFIER": "systemd",
                "_PID": "1",
            },
            "mesos-agent",
            "systemd[1]",
            "hello",
        ),
        ({"MESSAGE": [104, 255]}, "mesos-agent", "mesos-agent[7]", "h�"),
        ({"MESSAGE": None}, "mesos-agent", "mesos-agent[7]", ""),
        ({"MESSAGE": "one\n two"}, "mesos-agent", "mesos-agent[7]", "one\n two"),
    ],
    ids=["plain", "instance", "systemd's", "bytes", "none", "two lines"],
)
def test_entry_is_read(fields: dict[str, object], unit: str, process: str, text: str) -> None:
    (found,) = journal.parse("agent-1", [entry(**fields)])
    line = found.line
    assert (line.unit, line.process, line.text) == (unit, process, text)
    assert (line.time, line.node, line.priority) == ("2026-11-22T10:00:02.123456Z", "agent-1", 6)
    assert found.cursor == "c1"


@pytest.mark.parametrize("text", ["", "-- No entries --", "{", "[]", "{}"])
def test_line_that_is_no_entry_is_left_out(text: str) -> None:
    assert list(journal.parse("agent-1", [text])) == []
