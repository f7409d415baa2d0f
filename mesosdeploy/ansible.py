"""Running playbooks: arguments and environment (pure), the run by ansible-runner, its events."""

from __future__ import annotations

import importlib.util
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

from mesosdeploy import resources
from mesosdeploy.errors import DeployError, UsageError

Report = Callable[[str], None]
_BECOME_PROGRAM = f"#!/bin/sh\nexec printenv {resources.BECOME_PASSWORD}\n"
MOST_FORKS = 100
"""How many nodes are worked on at once: each takes a process of some ten megabytes here."""

_EMPTY_CONFIG = "ansible.cfg"
_BECOME_FILE = "tell-password"


class Strategy(StrEnum):
    """How tasks reach the nodes."""

    MITOGEN = "mitogen_linear"
    LINEAR = "linear"


@dataclass(frozen=True, kw_only=True)
class PlaybookRun:
    """One playbook over one inventory: everything that decides what ansible-playbook does.

    `hosts` are the nodes that must appear in the recap; `directory` keeps the run's log;
    `recorded` is the inventory.json of the very cluster that is meant, since one spec can have
    several (another provider in place of its own).
    """

    playbook: Path
    inventory: Path
    hosts: frozenset[str]
    directory: Path
    recorded: Path
    strategy: Strategy = Strategy.MITOGEN
    variables: Mapping[str, object] = field(default_factory=dict)
    arguments: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Failure:
    """A task that failed, or a node that could not be reached."""

    node: str
    task: str
    message: str
    unreachable: bool = False


@dataclass(frozen=True, kw_only=True)
class Recap:
    """What a run did: changed tasks per node, failures, and where the whole log lies."""

    changed: Mapping[str, int]
    failures: tuple[Failure, ...]
    log: Path

    @property
    def total_changed(self) -> int:
        """How many tasks changed something, over all nodes."""
        return sum(self.changed.values())


def arguments(run: PlaybookRun) -> list[str]:
    """Return the extra arguments of ansible-playbook."""
    return ["--forks", str(min(max(10, len(run.hosts)), MOST_FORKS)), *run.arguments]


def environment(run: PlaybookRun, base: Mapping[str, str]) -> dict[str, str]:
    """Return the environment of ansible-playbook: `base` without ANSIBLE_*, plus what we decide.

    Host keys are always checked; nothing is read from an ansible.cfg that happens to lie around.
    """
    kept = {key: value for key, value in base.items() if not key.startswith("ANSIBLE_")}
    binaries = str(Path(sys.executable).parent)
    decided = {
        "PATH": f"{binaries}:{base.get('PATH', os.defpath)}",
        "ANSIBLE_CONFIG": str(run.directory / _EMPTY_CONFIG),
        "ANSIBLE_ROLES_PATH": str(resources.roles_path()),
        "ANSIBLE_INVENTORY_PLUGINS": str(resources.ansible_plugins() / "inventory"),
        "ANSIBLE_INVENTORY_ENABLED": "mesosdeploy,yaml,ini",
        "ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED": "true",
        "ANSIBLE_HOST_KEY_CHECKING": "true",
        "ANSIBLE_PIPELINING": "true",
        "ANSIBLE_NOCOLOR": "1",
        "ANSIBLE_RETRY_FILES_ENABLED": "false",
        "ANSIBLE_DEPRECATION_WARNINGS": "false",
        "ANSIBLE_GATHERING": "explicit",
        "ANSIBLE_STRATEGY": run.strategy.value,
        resources.INVENTORY_VARIABLE: str(run.recorded),
        "PYTHONWARNINGS": "ignore",
        "LC_ALL": "C.UTF-8",
    }
    if run.strategy is Strategy.MITOGEN:
        decided["ANSIBLE_STRATEGY_PLUGINS"] = str(mitogen_strategies())
    if resources.BECOME_PASSWORD in base:
        # Ansible runs it and reads the password: it is in no file and in no list of processes.
        decided["ANSIBLE_BECOME_PASSWORD_FILE"] = str(run.directory / _BECOME_FILE)
    return {**kept, **decided}


def mitogen_strategies() -> Path:
    """Return the directory of mitogen's strategy plugins; UsageError when it is not installed."""
    found = importlib.util.find_spec("ansible_mitogen")
    if found is None or not found.submodule_search_locations:
        raise UsageError(
            "the strategy mitogen_linear needs the package mitogen, which is not installed",
            hint="install it into the same environment, or use --strategy linear",
        )
    return Path(next(iter(found.submodule_search_locations))) / "plugins" / "strategy"


@dataclass
class _Events:
    """Fold ansible-runner's events into progress lines and a recap."""

    report: Report
    failures: list[Failure] = field(default_factory=list)
    stats: Mapping[str, Any] = field(default_factory=dict)
    tail: list[str] = field(default_factory=list)

    def handle(self, event: Mapping[str, Any]) -> bool:
        kind, data = event.get("event", ""), event.get("event_data", {})
        if kind == "playbook_on_task_start":
            self.report(str(data.get("name")))
        elif kind == "runner_on_failed" and not data.get("ignore_errors"):
            self.failures.append(_failure(data))
        elif kind == "runner_on_unreachable":
            self.failures.append(_failure(data, unreachable=True))
        elif kind == "playbook_on_stats":
            self.stats = data
        if stdout := event.get("stdout"):
            self.tail = [*self.tail, *str(stdout).splitlines()][-20:]
        return False

    def standing(self) -> tuple[Failure, ...]:
        """Return the failures that no rescue block mended, as the recap counts them."""
        bad = {*self.stats.get("failures", {}), *self.stats.get("dark", {})}
        if not self.stats:
            return tuple(self.failures)
        last = {failure.node: failure for failure in self.failures}
        return tuple(failure for node, failure in last.items() if node in bad)


def _failure(data: Mapping[str, Any], *, unreachable: bool = False) -> Failure:
    result = data.get("res") or {}
    return Failure(
        node=str(data.get("host", "?")),
        task=str(data.get("task", "?")),
        message=_message(result),
        unreachable=unreachable,
    )


def _message(result: Mapping[str, Any]) -> str:
    """Return what a human needs of a task's result: message, standard error, failed loop items."""
    parts = [result.get("msg"), result.get("stderr"), result.get("module_stderr")]
    parts += [item.get("msg") for item in result.get("results", []) if item.get("failed")]
    texts: list[str] = []
    for part in parts:
        text = "\n".join(map(str, part)) if isinstance(part, list) else str(part or "").strip()
        if text and text not in texts:
            texts.append(text)
    return "\n".join(texts) or "no message"


def run_playbook(run: PlaybookRun, report: Report) -> Recap:
    """Run the playbook to its end and return what it did.

    Raises KeyboardInterrupt when it was interrupted, DeployError when a task failed, a node was
    unreachable, Ansible itself failed, or a host of the plan is missing in the recap (a play over
    a misspelt group ends with success).
    """
    import ansible_runner

    run.directory.mkdir(parents=True, exist_ok=True, mode=0o700)
    (run.directory / _EMPTY_CONFIG).touch()
    (run.directory / _BECOME_FILE).write_text(_BECOME_PROGRAM)
    (run.directory / _BECOME_FILE).chmod(0o700)
    events = _Events(report=report)
    with _own_signals():
        runner = ansible_runner.run(
            private_data_dir=str(run.directory),
            playbook=str(run.playbook),
            inventory=str(run.inventory),
            extravars=dict(run.variables),
            cmdline=" ".join(arguments(run)),
            envvars=environment(run, os.environ),
            event_handler=events.handle,
            status_handler=_forget_environment,
            suppress_env_files=True,
            quiet=True,
            ident="run",
            settings={"suppress_ansible_output": True},
        )
    log = run.directory / "artifacts" / "run" / "stdout"
    recap = Recap(
        changed=dict(events.stats.get("changed", {})), failures=events.standing(), log=log
    )
    _check(run, runner, events, recap)
    return recap


def _forget_environment(status: Mapping[str, Any], runner_config: Any) -> None:
    """Remove the environment that ansible-runner writes down, credentials included, at once."""
    if status["status"] != "starting":
        (Path(runner_config.artifact_dir) / "command").unlink(missing_ok=True)


@contextmanager
def _own_signals() -> Iterator[None]:
    """Give this process its signal handlers back: ansible-runner puts its own and leaves them."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    saved = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in saved.items():
            signal.signal(number, handler)


def _check(run: PlaybookRun, runner: Any, events: _Events, recap: Recap) -> None:
    if runner.status == "canceled":
        # ansible-runner took the signal that was meant for this process.
        raise KeyboardInterrupt
    if recap.failures:
        raise DeployError(
            f"{run.playbook.name} failed on {len(recap.failures)} of {len(run.hosts)} nodes\n"
            + "\n".join(_describe(failure) for failure in recap.failures),
            hint=f"the same command continues from here; the whole log: {recap.log}",
        )
    if runner.status != "successful":
        raise DeployError(
            f"ansible-playbook ended with status {runner.status!r} (exit code {runner.rc})\n"
            + "\n".join(events.tail),
            hint=f"the whole log: {recap.log}",
        )
    missing = sorted(run.hosts - set(events.stats.get("processed", {})))
    if missing:
        raise DeployError(
            f"{run.playbook.name} ended, but never worked on {', '.join(missing)}",
            hint="a play names a group that does not exist, or `--limit` left the node out",
        )


def _describe(failure: Failure) -> str:
    what = "cannot be reached" if failure.unreachable else f"failed at task {failure.task!r}"
    body = "\n".join(f"    {line}" for line in failure.message.splitlines()[-60:])
    return f"  {failure.node} {what}:\n{body}"
