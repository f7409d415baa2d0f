"""`mesosdeploy app` asks the Marathon that is meant, shows what it says, and tells what to do next.

A Marathon in memory answers through httpx.MockTransport, since no socket may be opened here; the
same commands run against a real scheduler in tests/services/app.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from mesosdeploy import resources
from mesosdeploy.marathon import client, deployment
from mesosdeploy.marathon.failures import CREDENTIALS
from mesosdeploy.workflow import app_logs
from mesosdeploy.workflow.app_sandbox import SandboxFile
from tests.unit.marathon.fake import FakeMarathon, failure, task

Command = Callable[..., Any]
URL = "http://10.9.9.9:8080"
WEB = {"id": "/web", "cmd": "x", "instances": 2, "cpus": 0.5, "mem": 64}
LABELS = {"HAPROXY_GROUP": "external", "HAPROXY_0_VHOST": "web.local"}
INVENTORY = {
    "_meta": {
        "hostvars": {
            "master-1": {"mesosdeploy_address": "10.0.0.1"},
            "agent-1": {"mesosdeploy_address": "10.0.0.2"},
        }
    },
    "all": {
        "vars": {
            "mesosdeploy_cluster": "demo",
            "mesosdeploy_marathon_flavour": "lab",
            "mesosdeploy_marathon_servers": [{"name": "master-1", "address": "10.0.0.1"}],
            "mesosdeploy_balancers": [{"name": "monitor-1", "address": "10.0.0.9"}],
        }
    },
    "mesos_master": {"hosts": ["master-1"]},
    "mesos_agent": {"hosts": ["agent-1"]},
}


@pytest.fixture
def marathon(monkeypatch: pytest.MonkeyPatch) -> FakeMarathon:
    fake = FakeMarathon()
    monkeypatch.setattr(client, "open_http", lambda **_: fake.http())
    monkeypatch.setattr(client, "_ELECTION_SECONDS", 0)
    monkeypatch.setattr(deployment, "_POLL_SECONDS", 0)
    monkeypatch.delenv(CREDENTIALS, raising=False)
    return fake


@pytest.fixture
def up(demo: Path) -> Path:
    """Give an environment that counts as up."""
    directory = resources.state_dir() / "demo"
    directory.mkdir(parents=True)
    (directory / "inventory.json").write_text(json.dumps(INVENTORY))
    return demo


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "web.json").write_text(json.dumps(WEB))
    return "web.json"


def test_a_new_app_is_shown_sent_and_waited_for(
    marathon: FakeMarathon, command: Command, file: str
) -> None:
    ended = command("app", "deploy", file, "--url", URL)
    assert (ended.code, ended.stdout.splitlines()[0]) == (0, "/web: new app")
    assert "PUT /v2/apps/web?partialUpdate=false" in marathon.calls
    assert "/web: 2 of 2 run" in ended.stderr
    assert f"next: mesosdeploy app show /web --url {URL}" in ended.stderr


def test_what_runs_already_is_not_sent_again(
    marathon: FakeMarathon, command: Command, file: str
) -> None:
    marathon.put(WEB)
    ended = command("app", "deploy", file, "--url", URL)
    assert (ended.code, ended.stdout) == (0, "/web: no change\n")
    assert not [call for call in marathon.calls if call.startswith("PUT")]


def test_a_rehearsal_shows_the_difference_and_sends_nothing(
    marathon: FakeMarathon, command: Command, file: str
) -> None:
    marathon.put({**WEB, "cpus": 0.1})
    ended = command("app", "deploy", file, "--url", URL, "--dry-run")
    assert ended.code == 0
    assert "-cpus: 0.1\n+cpus: 0.5\n" in ended.stdout
    assert not [call for call in marathon.calls if not call.startswith("GET")]


@pytest.mark.parametrize(("arguments", "code"), [((), 2), (("--yes",), 0)], ids=["unasked", "yes"])
def test_instances_are_taken_away_only_when_somebody_says_yes(
    marathon: FakeMarathon, command: Command, file: str, arguments: tuple[str, ...], code: int
) -> None:
    marathon.put({**WEB, "instances": 5})
    ended = command("app", "deploy", file, "--url", URL, *arguments)
    assert ended.code == code
    assert ("nobody said yes to 3 fewer of /web" in ended.stderr) == (code == 2)
    assert marathon.apps["/web"]["instances"] == (5 if code else 2)


def test_json_of_a_deployment_is_one_document(
    marathon: FakeMarathon, command: Command, file: str
) -> None:
    data = json.loads(command("app", "deploy", file, "--url", URL, "-o", "json").stdout)
    assert (data["deployment"], data["apps"]) == ("d1", ["/web"])
    assert data["changes"][0]["action"] == "create"


def test_a_bad_file_is_not_sent(
    marathon: FakeMarathon, command: Command, up: Path, tmp_path: Path
) -> None:
    (tmp_path / "bad.yml").write_text("id: web\ncmd: x\ninstanses: 2\ncpus: -1\n")
    ended = command("app", "deploy", "bad.yml", "-i", "demo")
    assert (ended.code, marathon.calls) == (3, [])
    assert 'bad.yml:3:1: instanses: unknown field, did you mean "instances"?' in ended.stderr
    assert "bad.yml:4:7: cpus: must be >= 0.001, but is -1" in ended.stderr


def test_the_refusal_of_another_marathon_is_placed_in_the_file(
    marathon: FakeMarathon, command: Command, file: str
) -> None:
    details = [{"path": "/cpus", "errors": ["is odd"]}]
    marathon.overrides["PUT /v2/apps/web"] = lambda _: httpx.Response(
        422, json={"message": "Object is not valid", "details": details}
    )
    ended = command("app", "deploy", file, "--url", URL)
    assert ended.code == 3
    assert "web.json:1:" in ended.stderr
    assert "cpus: is odd (value 0.5)" in ended.stderr


def test_crashes_are_told_with_the_tasks_last_words(
    marathon: FakeMarathon, command: Command, file: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    crashed = iter(range(100))

    def crashing(_: httpx.Request) -> httpx.Response:
        failed = failure(next(crashed))
        return httpx.Response(200, json={"app": {**WEB, "lastTaskFailure": failed, "tasks": []}})

    marathon.overrides["GET /v2/apps/web"] = crashing
    marathon.deployments = [{"id": "d1", "affectedApps": ["/web"]}]

    def of_task(agent: str, _task: str, name: str) -> SandboxFile:
        assert (agent, name) == ("http://10.0.0.1:5051", "stderr")
        return SandboxFile(agent=agent, path="")

    monkeypatch.setattr(SandboxFile, "of_task", of_task)
    monkeypatch.setattr(SandboxFile, "tail", lambda self, _: (["no database"], self))
    ended = command("app", "deploy", file, "--url", URL, "--force")
    assert ended.code == 5
    assert "/web keeps crashing: 3 tasks failed" in ended.stderr
    assert "TASK_FAILED Command exited with status 1" in ended.stderr
    assert "  the end of its stderr:\n    no database\n" in ended.stderr
    assert "mesosdeploy app rollback /web" in ended.stderr


def test_a_lock_is_told_with_what_its_holder_does(
    marathon: FakeMarathon, command: Command, file: str
) -> None:
    actions = [{"action": "RestartApplication", "app": "/web"}]
    marathon.deployments = [
        {"id": "d7", "currentActions": actions, "currentStep": 1, "totalSteps": 2}
    ]
    marathon.overrides["PUT /v2/apps/web"] = lambda _: httpx.Response(
        409, json={"message": "App is locked", "deployments": [{"id": "d7"}]}
    )
    ended = command("app", "deploy", file, "--url", URL)
    assert ended.code == 5
    assert "  d7: RestartApplication /web (step 1 of 2)" in ended.stderr
    assert "--force ends it" in ended.stderr


def test_an_interruption_leaves_the_deployment_to_marathon(
    marathon: FakeMarathon, command: Command, file: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("mesosdeploy.workflow.app_deploy.follow", interrupted)
    ended = command("app", "deploy", file, "--url", URL)
    assert ended.code == 130
    assert "the deployment d1 goes on without this program" in ended.stderr
    assert f"undo it: mesosdeploy app rollback /web --url {URL}" in ended.stderr


def test_the_list_has_counts_and_addresses_through_the_balancer(
    marathon: FakeMarathon, command: Command, up: Path
) -> None:
    marathon.put({**WEB, "labels": LABELS, "healthChecks": [{"protocol": "MESOS_HTTP"}]})
    marathon.put({**WEB, "id": "/tcp", "labels": {"HAPROXY_GROUP": "x", "HAPROXY_0_MODE": "tcp"}})
    marathon.put({**WEB, "id": "/plain"}, tasksRunning=1, deployments=[{"id": "12345678-9"}])
    ended = command("app", "list", "-i", "demo")
    rows = {line.split()[1]: line for line in ended.stdout.splitlines() if "│ /" in line}
    assert ended.code == 0
    assert all(text in rows["/web"] for text in ("2/2", "0.5", "64", "http://web.local"))
    assert "tcp://10.0.0.9:10000" in rows["/tcp"]
    assert all(text in rows["/plain"] for text in ("1/2", "10.0.0.1:31000", "12345678"))
    listed = json.loads(command("app", "list", "-i", "demo", "-o", "json").stdout)
    assert [one["id"] for one in listed] == ["/plain", "/tcp", "/web"]
    assert listed[2]["reached_at"] == [{"url": "http://web.local", "through": "10.0.0.9"}]


def test_show_tells_all_about_an_app(marathon: FakeMarathon, command: Command, up: Path) -> None:
    sick = task("/web", 0, healthy=False)
    marathon.put(
        {**WEB, "healthChecks": [{"protocol": "MESOS_HTTP", "path": "/up"}]},
        tasks=[sick],
        lastTaskFailure=failure(),
        deployments=[{"id": "d7"}],
    )
    summary = {
        "rejectSummaryLastOffers": [{"reason": "InsufficientCpus", "declined": 3, "processed": 3}]
    }
    marathon.queue = [{"app": {"id": "/web"}, "count": 1, "processedOffersSummary": summary}]
    ended = command("app", "show", "web", "-i", "demo")
    said = (
        "2 of 2 run, 2 of 2 healthy",
        "deployment d7 goes on",
        "1 more to launch; waits for offers: InsufficientCpus 3 of 3 offers",
        "TASK_FAILED Command exited with status 1",
        "path: /up",
        "unhealthy got 500",
        "10.0.0.1:31000",
    )
    assert [text for text in said if text not in ended.stdout] == []
    data = json.loads(command("app", "show", "web", "-i", "demo", "-o", "json").stdout)
    assert data["waiting"]["reasons"] == ["InsufficientCpus 3 of 3 offers"]
    assert data["definition"]["cmd"] == "x"


@pytest.mark.parametrize("subcommand", ["show", "restart", "logs", "rollback"])
def test_an_unknown_app_is_told_with_those_that_exist(
    marathon: FakeMarathon, command: Command, subcommand: str
) -> None:
    marathon.put(WEB)
    ended = command("app", subcommand, "wbe", "--url", URL)
    assert (ended.code, ended.stdout) == (2, "")
    assert "has no app /wbe" in ended.stderr
    assert 'did you mean "/web"? apps: /web' in ended.stderr


@pytest.mark.parametrize(
    ("arguments", "call", "said"),
    [
        (("scale", "web", "3"), "PUT /v2/apps/web", "/web: has 3 instances"),
        (("restart", "web"), "POST /v2/apps/web/restart", "/web: runs with new tasks"),
    ],
    ids=["scale", "restart"],
)
def test_changes_of_a_running_app_are_waited_for(
    marathon: FakeMarathon, command: Command, arguments: tuple[str, ...], call: str, said: str
) -> None:
    marathon.put(WEB)
    ended = command("app", *arguments, "--url", URL)
    assert ended.code == 0
    assert call in marathon.calls
    assert said in ended.stderr


def test_the_number_that_there_is_needs_no_call(marathon: FakeMarathon, command: Command) -> None:
    marathon.put(WEB)
    assert command("app", "scale", "web", "2", "--url", URL).code == 0
    assert "PUT /v2/apps/web" not in marathon.calls


def test_a_rollback_brings_the_version_before(marathon: FakeMarathon, command: Command) -> None:
    marathon.put({**WEB, "cmd": "old"})
    marathon.put({**WEB, "cmd": "new"})
    ended = command("app", "rollback", "web", "--url", URL)
    assert ended.code == 0
    assert marathon.apps["/web"]["cmd"] == "old"
    assert "/web: goes back to version 2026-11-22T16:00:01.000Z" in ended.stderr


def test_a_rollback_of_what_goes_on_cancels_it(marathon: FakeMarathon, command: Command) -> None:
    marathon.put(WEB, deployments=[{"id": "d7"}])
    ended = command("app", "rollback", "web", "--url", URL)
    assert ended.code == 0
    assert "DELETE /v2/deployments/d7" in marathon.calls


def test_the_first_version_cannot_be_rolled_back(marathon: FakeMarathon, command: Command) -> None:
    marathon.put(WEB)
    ended = command("app", "rollback", "web", "--url", URL)
    assert ended.code == 2
    assert "mesosdeploy app remove" in ended.stderr


def test_removal_lists_what_goes_and_asks(marathon: FakeMarathon, command: Command) -> None:
    for name in ("/web", "/other"):
        marathon.put({**WEB, "id": name})
    refused = command("app", "remove", "web", "other", "--url", URL)
    assert refused.code == 2
    assert "app /web: 2 tasks" in refused.stderr
    assert "task other.instance-00000001-uuid._app.1 on 10.0.0.2" in refused.stderr
    assert set(marathon.apps) == {"/web", "/other"}
    agreed = command("app", "remove", "web", "other", "--url", URL, "--yes")
    assert (agreed.code, marathon.apps) == (0, {})
    assert "2 apps removed" in agreed.stderr


class Sandbox(SandboxFile):
    """The stdout of a task, whose path is the task's id; read without an agent."""

    @classmethod
    def of_task(cls, agent: str, task_id: str, name: str) -> SandboxFile:
        return cls(agent=agent, path=f"{task_id}/{name}")

    def tail(self, lines: int) -> tuple[list[str], SandboxFile]:
        return [f"line {number} of {self.path}" for number in range(lines)], self


def test_logs_have_host_and_task_before_each_line(
    marathon: FakeMarathon, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(app_logs, "SandboxFile", Sandbox)
    marathon.put(WEB)
    ended = command("app", "logs", "web", "--url", URL, "-n", "1")
    first = "line 0 of web.instance-00000000-uuid._app.1/stdout"
    assert ended.stdout.splitlines()[0] == f"10.0.0.1/00000000 {first}"
    assert len(ended.stdout.splitlines()) == 2
    chosen = command(
        "app", "logs", "web", "--url", URL, "--stderr", "--task", "00001", "-o", "json"
    )
    lines = [json.loads(line) for line in chosen.stdout.splitlines()]
    assert {line["host"] for line in lines} == {"10.0.0.2"}
    assert lines[0]["text"].endswith("/stderr")


def test_logs_of_an_app_that_never_ran_say_so(marathon: FakeMarathon, command: Command) -> None:
    marathon.put(WEB, tasks=[])
    ended = command("app", "logs", "web", "--url", URL)
    assert (ended.code, ended.stdout) == (2, "")
    assert "/web has no task" in ended.stderr


@pytest.mark.parametrize(
    ("variables", "code", "said"),
    [
        ({}, 7, "was made without Marathon"),
        ({"mesosdeploy_marathon_servers": []}, 7, "mesosdeploy up -i demo"),
    ],
    ids=["older", "none"],
)
def test_a_cluster_without_marathon_says_how_to_get_it(
    marathon: FakeMarathon,
    command: Command,
    up: Path,
    variables: dict[str, Any],
    code: int,
    said: str,
) -> None:
    inventory = {**INVENTORY, "all": {"vars": {"mesosdeploy_cluster": "demo", **variables}}}
    (resources.state_dir() / "demo" / "inventory.json").write_text(json.dumps(inventory))
    ended = command("app", "list", "-i", "demo")
    assert ended.code == code
    assert said in ended.stderr


def test_a_cluster_that_is_not_up_says_how_to_make_it(command: Command, demo: Path) -> None:
    ended = command("app", "list", "-i", "demo")
    assert ended.code == 7
    assert "mesosdeploy up -i demo" in ended.stderr


def test_silence_is_told_with_the_reason(
    marathon: FakeMarathon, command: Command, up: Path
) -> None:
    marathon.overrides["GET /v2/apps"] = httpx.ConnectError("Connection refused")
    ended = command("app", "list", "-i", "demo")
    assert ended.code == 5
    assert "  master-1 (http://10.0.0.1:8080): Connection refused" in ended.stderr


@pytest.mark.parametrize(
    ("text", "sent"), [("", False), ("me:secret", True)], ids=["without", "with"]
)
def test_a_refused_login_names_the_variable(
    marathon: FakeMarathon,
    command: Command,
    monkeypatch: pytest.MonkeyPatch,
    text: str,
    sent: bool,
) -> None:
    monkeypatch.setenv(CREDENTIALS, text)
    marathon.overrides["GET /v2/apps"] = lambda _: httpx.Response(401)
    ended = command("app", "list", "--url", URL)
    assert ended.code == 5
    assert f"set {CREDENTIALS} to user:password" in ended.stderr
    assert ("authorization" in marathon.requests[0].headers) == sent
    assert "secret" not in ended.stderr


def test_malformed_credentials_are_a_usage_error(
    marathon: FakeMarathon, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(CREDENTIALS, "secret")
    ended = command("app", "list", "--url", URL)
    assert (ended.code, marathon.calls) == (2, [])
    assert f"{CREDENTIALS} is not of the form user:password" in ended.stderr


def test_no_apps_are_no_error(marathon: FakeMarathon, command: Command) -> None:
    ended = command("app", "list", "--url", URL)
    assert ended.code == 0
    assert "next: mesosdeploy app deploy inventories/local/apps/hello.yml" in ended.stderr


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        ("mesosdeploy app show --url URL we", ["web"]),
        ("mesosdeploy app scale --url URL /", ["/shop/ui", "/web"]),
        ("mesosdeploy app show -i nowhere we", []),
    ],
    ids=["name", "slash", "no cluster"],
)
def test_app_ids_are_completed(
    marathon: FakeMarathon,
    command: Command,
    monkeypatch: pytest.MonkeyPatch,
    words: str,
    offered: list[str],
) -> None:
    marathon.put(WEB)
    marathon.put({**WEB, "id": "/shop/ui"})
    monkeypatch.setenv("_MESOSDEPLOY_COMPLETE", "complete_bash")
    monkeypatch.setenv("COMP_WORDS", words.replace("URL", URL))
    monkeypatch.setenv("COMP_CWORD", str(len(words.split()) - 1))
    assert command().stdout.split() == offered
