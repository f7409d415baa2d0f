"""The Ansible edge: what is decided before the run, and what is made of its events."""

from __future__ import annotations

import signal
from pathlib import Path
from types import SimpleNamespace

import pytest

from mesosdeploy import ansible, resources
from mesosdeploy.errors import DeployError


def playbook_run(tmp_path: Path, **changes: object) -> ansible.PlaybookRun:
    values: dict[str, object] = {
        "playbook": tmp_path / "site.yml",
        "inventory": tmp_path / "cluster.yml",
        "hosts": frozenset({"a", "b"}),
        "directory": tmp_path / "logs",
        "recorded": tmp_path / "inventory.json",
        **changes,
    }
    return ansible.PlaybookRun(**values)  # type: ignore[arg-type]


def test_host_keys_are_checked_and_foreign_settings_are_dropped(tmp_path: Path) -> None:
    base = {
        "ANSIBLE_HOST_KEY_CHECKING": "false",
        "ANSIBLE_FORKS": "1",
        "PATH": "/bin",
        "HOME": "/x",
    }
    found = ansible.environment(playbook_run(tmp_path), base)
    assert found["ANSIBLE_HOST_KEY_CHECKING"] == "true"
    assert "ANSIBLE_FORKS" not in found
    assert found["HOME"] == "/x"
    assert found["PATH"].endswith(":/bin")


def test_inventory_is_the_one_of_the_cluster_that_is_meant(tmp_path: Path) -> None:
    recorded = tmp_path / "demo.local" / "inventory.json"
    found = ansible.environment(playbook_run(tmp_path, recorded=recorded), {})
    assert found["MESOSDEPLOY_INVENTORY_JSON"] == str(recorded)


def test_password_of_sudo_is_told_by_a_program_and_only_where_there_is_one(tmp_path: Path) -> None:
    name = "ANSIBLE_BECOME_PASSWORD_FILE"
    assert name not in ansible.environment(playbook_run(tmp_path), {})
    found = ansible.environment(playbook_run(tmp_path), {resources.BECOME_PASSWORD: "canary"})
    assert Path(found[name]).parent == tmp_path / "logs"
    assert "canary" not in found[name]


def test_signal_handlers_are_given_back() -> None:
    before = signal.getsignal(signal.SIGINT)
    with ansible._own_signals():
        signal.signal(signal.SIGINT, signal.SIG_IGN)
    assert signal.getsignal(signal.SIGINT) is before


@pytest.mark.parametrize("strategy", list(ansible.Strategy))
def test_strategy_decides_the_plugin_path(tmp_path: Path, strategy: ansible.Strategy) -> None:
    found = ansible.environment(playbook_run(tmp_path, strategy=strategy), {})
    assert found["ANSIBLE_STRATEGY"] == strategy.value
    assert ("ANSIBLE_STRATEGY_PLUGINS" in found) is (strategy is ansible.Strategy.MITOGEN)


@pytest.mark.parametrize(("nodes", "forks"), [(1, "10"), (40, "40"), (1000, "100")])
def test_forks_cover_every_host_within_reason(tmp_path: Path, nodes: int, forks: str) -> None:
    hosts = frozenset(f"n{i}" for i in range(nodes))
    assert ansible.arguments(playbook_run(tmp_path, hosts=hosts))[:2] == ["--forks", forks]


def failed(host: str, task: str, **result: object) -> dict[str, object]:
    data = {"host": host, "task": task, "res": result}
    return {"event": "runner_on_failed", "event_data": data}


def stats(**data: object) -> dict[str, object]:
    return {"event": "playbook_on_stats", "event_data": data}


def fold(*events: dict[str, object]) -> ansible._Events:
    folded = ansible._Events(report=lambda _text: None)
    for event in events:
        folded.handle(event)
    return folded


def test_failure_that_a_rescue_mended_does_not_stand() -> None:
    folded = fold(
        failed("a", "t", msg="m"), stats(processed={"a": 1}, failures={}, rescued={"a": 1})
    )
    assert folded.standing() == ()


def test_last_failure_of_a_failed_host_stands() -> None:
    folded = fold(
        failed("a", "first", msg="cause"),
        failed("a", "rescue", msg="journal"),
        stats(processed={"a": 1}, failures={"a": 1}),
    )
    assert [failure.task for failure in folded.standing()] == ["rescue"]


def test_message_holds_error_output_and_failed_items_once() -> None:
    result = {
        "msg": "non-zero return code",
        "stderr": "boom",
        "results": [{"failed": True, "msg": "item one"}, {"failed": False, "msg": "fine"}],
    }
    assert ansible._message(result) == "non-zero return code\nboom\nitem one"
    assert ansible._message({}) == "no message"


RUNNER = SimpleNamespace(status="successful", rc=0)


def check(tmp_path: Path, folded: ansible._Events, runner: SimpleNamespace = RUNNER) -> None:
    recap = ansible.Recap(changed={}, failures=folded.standing(), log=Path("log"))
    ansible._check(playbook_run(tmp_path), runner, folded, recap)


def test_host_missing_in_the_recap_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(DeployError, match="never worked on b"):
        check(tmp_path, fold(stats(processed={"a": 1})))


def test_failed_task_names_node_task_and_message(tmp_path: Path) -> None:
    folded = fold(
        failed("a", "Start it", msg="unit failed"),
        stats(processed={"a": 1, "b": 1}, failures={"a": 1}),
    )
    with pytest.raises(DeployError) as caught:
        check(tmp_path, folded)
    assert "a failed at task 'Start it'" in caught.value.message
    assert "unit failed" in caught.value.message


def test_ansible_that_died_is_an_error_with_its_last_lines(tmp_path: Path) -> None:
    folded = fold({"event": "verbose", "stdout": "ERROR! syntax"})
    with pytest.raises(DeployError, match="ERROR! syntax"):
        check(tmp_path, folded, SimpleNamespace(status="failed", rc=4))


def test_interrupted_run_is_an_interruption_and_no_failure(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        check(tmp_path, fold(), SimpleNamespace(status="canceled", rc=254))


def test_complete_recap_passes(tmp_path: Path) -> None:
    check(tmp_path, fold(stats(processed={"a": 1, "b": 1})))
