"""Prove that services work: deploy a small one, reach it through the load balancers, remove it."""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from mesosdeploy.errors import MesosDeployError
from mesosdeploy.marathon.client import Client, open_http
from mesosdeploy.marathon.deployment import Outcome, Watch, follow
from mesosdeploy.marathon.failures import NotFoundError
from mesosdeploy.marathon.views import moment

PREFIX = "/mesosdeploy-verify-"
DOMAIN = "verify.mesosdeploy"
_STALE = timedelta(minutes=10)
_MOST_INSTANCES = 2
_PAUSE_SECONDS = 0.2
_ANSWER_SECONDS = 3.0
_REMOVAL_SECONDS = 60.0


@dataclass(frozen=True, kw_only=True)
class ServiceCheck:
    """What was found: `seconds` by stage (deploy, balance, remove), `problems` as sentences.

    `answered` maps each balancer to the number of instances that answered through it.
    """

    app_id: str
    instances: int
    seconds: dict[str, float] = field(default_factory=dict)
    answered: dict[str, int] = field(default_factory=dict)
    problems: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        """Tell whether everything worked."""
        return not self.problems


def run(
    client: Client,
    *,
    balancers: Sequence[str],
    agents: int,
    seconds: float = 120,
    report: Callable[[str], None] = lambda _text: None,
) -> ServiceCheck:
    """Deploy a service, ask for it through each balancer's URL, and always remove it again.

    It has at most two instances, each on an agent of its own, and every one of them must answer
    through every balancer within `seconds`. Nothing is raised for what does not work: see
    `problems`. Remains of earlier checks that were cut off more than ten minutes ago are removed.
    """
    word = secrets.token_hex(6)
    check = _Check(
        client=client,
        word=word,
        body=service(word, instances=max(1, min(_MOST_INSTANCES, agents))),
        ends=time.monotonic() + seconds,
        report=report,
    )
    try:
        check.sweep()
        if check.stage("deploy", check.deploy):
            check.stage("balance", lambda: check.balance(balancers))
    finally:
        check.stage("remove", check.remove)
    return ServiceCheck(
        app_id=check.app_id,
        instances=int(check.body["instances"]),
        seconds=check.seconds,
        answered=check.answered,
        problems=tuple(check.problems),
    )


def service(word: str, *, instances: int) -> dict[str, Any]:
    """Return the app: each instance serves the word and its own task id, from its own agent."""
    write = f'mkdir -p www && echo "{word} $MESOS_TASK_ID" > www/index.html'
    return {
        "id": f"{PREFIX}{word}",
        "cmd": f'{write} && cd www && exec python3 -m http.server "$PORT0"',
        "cpus": 0.05,
        "mem": 32,
        "instances": instances,
        "constraints": [["hostname", "UNIQUE"]],
        "portDefinitions": [{"port": 0, "protocol": "tcp", "name": "http"}],
        "healthChecks": [
            {
                "protocol": "MESOS_HTTP",
                "path": "/",
                "portIndex": 0,
                "gracePeriodSeconds": 20,
                "delaySeconds": 1,
                "intervalSeconds": 1,
                "timeoutSeconds": 2,
                "maxConsecutiveFailures": 5,
            }
        ],
        "labels": {
            "HAPROXY_GROUP": "external",
            "HAPROXY_0_VHOST": host(word),
        },
    }


def host(word: str) -> str:
    """Return the name that balancers know the service by."""
    return f"{word}.{DOMAIN}"


@dataclass
class _Check:
    """One check in progress."""

    client: Client
    word: str
    body: dict[str, Any]
    ends: float
    report: Callable[[str], None]
    seconds: dict[str, float] = field(default_factory=dict)
    answered: dict[str, int] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)

    @property
    def app_id(self) -> str:
        return str(self.body["id"])

    def stage(self, name: str, work: Callable[[], Iterable[str]]) -> bool:
        """Do one stage, note how long it took and what was wrong; tell whether all went well."""
        began, known = time.monotonic(), len(self.problems)
        try:
            self.problems += work()
        except MesosDeployError as exc:
            self.problems.append(f"{name}: {exc.message}")
        self.seconds[name] = round(time.monotonic() - began, 3)
        return len(self.problems) == known

    def sweep(self) -> None:
        """Remove what earlier checks left behind; what cannot be removed is no failure of this."""
        oldest = datetime.now(UTC) - _STALE
        with suppress(MesosDeployError):
            for app in self.client.apps():
                if app["id"].startswith(PREFIX) and moment(app.get("version", "")) < oldest:
                    self.report(f"removes {app['id']}, left behind by an earlier check")
                    self.client.remove(app["id"], force=True)

    def deploy(self) -> list[str]:
        answer = self.client.replace([self.body])
        deployment = str(answer.get("deploymentId", ""))
        return not_ready(
            self.client, self.app_id, deployment, seconds=self._left, report=self.report
        )

    def balance(self, balancers: Sequence[str]) -> list[str]:
        """Ask each balancer until every instance has answered; return what was missing."""
        tasks = {task["id"] for task in self.client.app(self.app_id).get("tasks", ())}
        problems = []
        with open_http(secure=False) as http:
            for url in balancers:
                seen, last = self._ask(http, url, tasks)
                self.answered[url] = len(seen)
                self.report(f"{url}: {len(seen)} of {len(tasks)} instances answered")
                if seen != tasks:
                    problems.append(
                        f"{url} with Host {host(self.word)}: {len(seen)} of {len(tasks)}"
                        f" instances answered; the last other answer: {last or 'none'}"
                    )
        return problems

    def _ask(self, http: httpx.Client, url: str, tasks: set[str]) -> tuple[set[str], str]:
        seen, last = set[str](), ""
        while True:
            try:
                answer = http.get(url, headers={"Host": host(self.word)}, timeout=_ANSWER_SECONDS)
                word, _, task = answer.text.strip().partition(" ")
                if answer.status_code == httpx.codes.OK and word == self.word:
                    seen.add(task)
                else:
                    last = f"{answer.status_code} {json.dumps(answer.text[:80])}"
            except httpx.HTTPError as exc:
                last = str(exc)
            if seen >= tasks or not self._left:
                return seen & tasks, last
            time.sleep(_PAUSE_SECONDS)

    def remove(self) -> list[str]:
        try:
            answer = self.client.remove(self.app_id, force=True)
        except NotFoundError:
            return []
        watch = Watch(app_id=self.app_id, ends="gone")
        outcomes = follow(
            self.client,
            [watch],
            deployment=str(answer.get("deploymentId", "")),
            timeout=_REMOVAL_SECONDS,
            report=self.report,
        )
        return _problems(outcomes)

    @property
    def _left(self) -> float:
        return max(0.0, self.ends - time.monotonic())


def not_ready(
    client: Client,
    app_id: str,
    deployment: str,
    *,
    seconds: float,
    report: Callable[[str], None],
) -> list[str]:
    """Follow the service's deployment; return why it is not ready within `seconds`."""
    watch = Watch(app_id=app_id)
    return _problems(follow(client, [watch], deployment=deployment, timeout=seconds, report=report))


def _problems(outcomes: Sequence[Outcome]) -> list[str]:
    bad = [one for one in outcomes if one.kind != "ready"]
    return [f"{one.app_id} is {one.kind}: {one.look.told()}" for one in bad]
