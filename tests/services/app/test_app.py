"""`mesosdeploy app` against a real lab scheduler on a real cluster."""

from __future__ import annotations

import json
import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.lab.conftest import Directories
from tests.services.app.conftest import ElectedMaster
from tests.services.marathon.processes import Api, Marathon, state_path

Command = Callable[..., Any]
Start = Callable[..., subprocess.Popen[str]]
HELLO = Path(__file__).parents[3] / "inventories" / "local" / "apps" / "hello.yml"


@pytest.fixture(autouse=True)
def _no_app_is_left(api: Api) -> Iterator[None]:
    yield
    for one in api.get("/v2/apps")["apps"]:
        api.send("DELETE", f"/v2/apps{one['id']}?force=true")
    api.wait_idle()


class Secured(Marathon):
    """A scheduler that answers nobody without a password."""

    login = ("me", "se:cret")

    def is_ready(self) -> bool:
        try:
            return bool(self.info()["frameworkId"])
        except httpx.HTTPError:
            return False

    def info(self) -> Any:
        return httpx.get(f"{self.url}/v2/info", auth=self.login).raise_for_status().json()


def written(tmp_path: Path, text: str, name: str = "app.yml") -> str:
    (tmp_path / name).write_text(text)
    return name


def test_the_sample_app_is_deployed_shown_and_not_deployed_twice(app: Command) -> None:
    first = app("deploy", str(HELLO))
    assert first.code == 0, first.stderr
    assert "/hello: new app" in first.stdout
    assert "/hello: 2 of 2 run, 2 of 2 healthy" in first.stderr
    shown = json.loads(app("show", "hello", "-o", "json").stdout)
    assert (shown["running"], shown["healthy"], shown["ready"]) == (2, 2, True)
    assert all(task["ports"] and task["host"].startswith("127.") for task in shown["tasks"])
    again = app("deploy", str(HELLO))
    assert (again.code, again.stdout) == (0, "/hello: no change\n")
    listed = app("list")
    assert "/hello" in listed.stdout
    assert "2/2" in listed.stdout


def test_an_app_is_scaled_restarted_and_removed(app: Command, api: Api, tmp_path: Path) -> None:
    app("deploy", written(tmp_path, "id: web\ncmd: exec sleep 600\ncpus: 0.1\nmem: 16\n"))
    scaled = app("scale", "web", "3")
    assert scaled.code == 0, scaled.stderr
    before = {task["id"] for task in api.wait_running("/web", 3)}
    restarted = app("restart", "web")
    assert restarted.code == 0, restarted.stderr
    after = {task["id"] for task in api.wait_running("/web", 3)}
    assert not before & after
    refused = app("remove", "web")
    assert refused.code == 2
    assert all(task in refused.stderr for task in after)
    assert len(api.wait_running("/web", 3)) == 3
    removed = app("remove", "web", "--yes")
    assert removed.code == 0, removed.stderr
    assert api.get("/v2/apps")["apps"] == []


def test_fewer_instances_are_asked_for(app: Command, api: Api, tmp_path: Path) -> None:
    text = "id: web\ncmd: exec sleep 600\ncpus: 0.1\nmem: 16\ninstances: {}\n"
    assert app("deploy", written(tmp_path, text.format(2))).code == 0
    refused = app("deploy", written(tmp_path, text.format(1)))
    assert refused.code == 2
    assert "1 fewer of /web" in refused.stderr
    agreed = app("deploy", "app.yml", "--yes")
    assert agreed.code == 0, agreed.stderr
    assert "-instances: 2" in agreed.stdout
    api.wait_running("/web", 1)


def test_an_app_that_crashes_fails_with_its_last_words(app: Command, tmp_path: Path) -> None:
    text = (
        "id: bad\ncmd: 'echo no such database >&2; exit 3'\ncpus: 0.1\nmem: 16\nbackoffFactor: 1\n"
    )
    ended = app("deploy", written(tmp_path, text))
    assert ended.code == 5
    assert "/bad keeps crashing: 3 tasks failed" in ended.stderr
    assert "TASK_FAILED Command exited with status 3" in ended.stderr
    assert "\n    no such database\n" in ended.stderr
    assert "mesosdeploy app remove /bad --url" in ended.stderr
    assert "no such database" in app("logs", "bad", "--stderr").stdout


def test_the_version_before_is_brought_back(app: Command, api: Api, tmp_path: Path) -> None:
    text = "id: web\ncmd: exec sleep {}\ncpus: 0.1\nmem: 16\n"
    for seconds in (600, 700):
        assert app("deploy", written(tmp_path, text.format(seconds))).code == 0
    undone = app("rollback", "web")
    assert undone.code == 0, undone.stderr
    assert api.get("/v2/apps/web")["app"]["cmd"] == "exec sleep 600"


def test_what_fits_nowhere_says_why_and_holds_the_lock(
    app: Command, api: Api, tmp_path: Path
) -> None:
    text = "id: huge\ncmd: exec sleep 600\ncpus: {}\nmem: 16\n"
    late = app("deploy", written(tmp_path, text.format(100)), "--timeout", "8")
    assert late.code == 5
    assert "/huge is not ready after 8 s: 0 of 1 run" in late.stderr
    assert "waits for offers: InsufficientCpus 2 of 2 offers" in late.stderr
    (deployment,) = api.get("/v2/deployments")
    locked = app("deploy", written(tmp_path, text.format(0.1)))
    assert locked.code == 5
    assert f"  {deployment['id']}: " in locked.stderr
    assert "--force ends it" in locked.stderr
    forced = app("deploy", "app.yml", "--force")
    assert forced.code == 0, forced.stderr


def test_a_first_deployment_is_undone_to_nothing(app: Command, api: Api, tmp_path: Path) -> None:
    file = written(tmp_path, "id: huge\ncmd: x\ncpus: 100\nmem: 16\n")
    late = app("deploy", file, "--timeout", "1")
    assert "mesosdeploy app rollback /huge --url" in late.stderr
    undone = app("rollback", "huge")
    assert undone.code == 0, undone.stderr
    assert "cancels deployment" in undone.stderr
    assert api.get("/v2/apps")["apps"] == []


def test_marathons_own_refusal_is_shown_at_its_place_in_the_file(
    app: Command, tmp_path: Path
) -> None:
    file = written(tmp_path, "# one\nid: web\ncmd: x\nhealthChecks:\n- protocol: FTP\n")
    ended = app("deploy", file)
    assert ended.code == 3
    assert "app.yml:5:13: healthChecks[0].protocol: must be one of" in ended.stderr
    assert "Marathon refused it, nothing was changed" in ended.stderr


def test_a_group_is_one_deployment_in_the_order_of_dependencies(
    app: Command, api: Api, tmp_path: Path
) -> None:
    text = """\
id: /shop
apps: [{id: db, cmd: exec sleep 600, cpus: 0.1, mem: 16}]
groups:
- id: web
  dependencies: [db]
  apps: [{id: ui, cmd: exec sleep 600, cpus: 0.1, mem: 16}]
"""
    ended = app("deploy", written(tmp_path, text), "-o", "json")
    assert ended.code == 0, ended.stderr
    assert json.loads(ended.stdout)["apps"] == ["/shop/db", "/shop/web/ui"]
    assert api.get("/v2/apps/shop/web/ui")["app"]["dependencies"] == ["/shop/db"]


def test_a_rehearsal_changes_nothing(app: Command, api: Api) -> None:
    ended = app("deploy", str(HELLO), "--dry-run", "-o", "json")
    assert ended.code == 0, ended.stderr
    (change,) = json.loads(ended.stdout)["changes"]
    assert (change["id"], change["action"]) == ("/hello", "create")
    assert api.get("/v2/apps")["apps"] == []


def test_an_interrupted_deploy_says_that_the_deployment_goes_on(
    start: Start, api: Api, tmp_path: Path
) -> None:
    file = written(tmp_path, "id: huge\ncmd: x\ncpus: 100\nmem: 16\n")
    process = start("deploy", file)
    api.wait("the deployment", lambda: api.get("/v2/deployments"))
    assert process.stderr is not None
    lines = iter(process.stderr.readline, "")
    assert any("0 of 1 run" in line for line in lines)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=20)
    assert process.returncode == 130
    assert "goes on without this program" in err
    assert "mesosdeploy app rollback /huge --url" in err
    assert len(api.get("/v2/deployments")) == 1


def test_logs_are_followed_over_tasks_that_are_replaced(
    start: Start, app: Command, api: Api, tmp_path: Path
) -> None:
    text = "id: web\ncmd: 'echo began; exec sleep 600'\ninstances: 2\ncpus: 0.1\nmem: 16\n"
    app("deploy", written(tmp_path, text))
    ended = app("logs", "web")
    assert ended.code == 0, ended.stderr
    lines = [line for line in ended.stdout.splitlines() if line.endswith(" began")]
    assert len({line.split()[0] for line in lines}) == 2
    process = start("logs", "web", "--follow", "--lines", "0")
    assert app("restart", "web").code == 0
    assert process.stdout is not None
    came = {process.stdout.readline().split()[0] for _ in range(2)}
    assert len(came) == 2
    assert not came & {line.split()[0] for line in lines}


def test_ids_are_completed(api: Api) -> None:
    from mesosdeploy.workflow import app as workflow

    api.create("/shop/web")
    assert workflow.complete("sh", Path("none"), api.url) == ["shop/web"]
    assert workflow.complete("/sh", Path("none"), api.url) == ["/shop/web"]


def test_what_marathon_answers_is_a_file_that_can_be_deployed_again(
    app: Command, api: Api, tmp_path: Path
) -> None:
    app("deploy", str(HELLO))
    told = written(tmp_path, json.dumps(api.get("/v2/apps/hello")["app"]), "told.json")
    again = app("deploy", told)
    assert (again.code, again.stdout) == (0, "/hello: no change\n"), again.stderr


def test_credentials_come_from_the_environment_only(
    master: ElectedMaster,
    directories: Directories,
    app: Command,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    secured = {"MARATHON_HTTP_CREDENTIALS": "me:se:cret"}
    path = state_path(master.zookeeper)
    directory = directories.make("secured")
    with Secured(directory, master.zookeeper.url, path, secured) as scheduler:
        arguments = ("list", "--url", scheduler.url)
        refused = app(*arguments)
        assert refused.code == 5
        assert "wants credentials (401)" in refused.stderr
        monkeypatch.setenv("MESOSDEPLOY_MARATHON_CREDENTIALS", "me:wrong")
        assert "does not accept the given credentials" in app(*arguments).stderr
        monkeypatch.setenv("MESOSDEPLOY_MARATHON_CREDENTIALS", "me:se:cret")
        accepted = app(*arguments)
        assert accepted.code == 0, accepted.stderr
        framework = scheduler.info()["frameworkId"]
        httpx.post(f"{master.url}/teardown", data={"frameworkId": framework})
