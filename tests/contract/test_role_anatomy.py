"""Every role has the same anatomy: learn one, know all (docs/roles.md)."""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest


def _load_role_docs() -> ModuleType:
    path = Path(__file__).with_name("role_docs.py")
    spec = importlib.util.spec_from_file_location("role_docs", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


role_docs = _load_role_docs()
ROOT = Path(__file__).resolve().parents[2]
ROLES: list[Path] = role_docs.roles()

# A role without a process has nothing to configure, to run or to wait for.
WITHOUT_PROCESS = {"mesos"}
FILES = [
    "README.md",
    "meta/argument_specs.yml",
    "meta/main.yml",
    "defaults/main.yml",
    "vars/main.yml",
    "tasks/main.yml",
    "tasks/validate.yml",
    "tasks/install.yml",
    "tasks/belongings.yml",
    "handlers/main.yml",
]
FILES_OF_A_PROCESS = ["tasks/configure.yml", "tasks/service.yml", "tasks/health.yml"]
ORDER = ["validate.yml", "install.yml", "configure.yml", "service.yml"]
# The whole content of these is a value (a flag that reads file://): no line to spare.
WITHOUT_HEADER = {"mesos-master.zk.j2", "mesos-agent.zk.j2"}
# Keywords of a task; whatever else it holds is its module.
KEYWORDS = {
    "always", "args", "become", "block", "changed_when", "check_mode", "delay", "delegate_to",
    "diff", "failed_when", "ignore_errors", "loop", "loop_control", "name", "no_log", "notify",
    "register", "rescue", "retries", "run_once", "tags", "until", "vars", "when",
}  # fmt: skip

# Metrics are named after what they measure, which has the name of a role.
DATA = {"rules", "consoles", "dashboards"}

every_role = pytest.mark.parametrize("role", ROLES, ids=lambda role: role.name)


def _tasks(content: Any) -> Iterator[dict[str, Any]]:
    for task in content or []:
        yield task
        for part in ("block", "rescue", "always"):
            yield from _tasks(task.get(part))


def _tasks_of(role: Path) -> list[tuple[str, dict[str, Any]]]:
    files = [*sorted((role / "tasks").glob("*.yml")), role / "handlers" / "main.yml"]
    return [(path.name, task) for path in files for task in _tasks(role_docs.load(path))]


def _module(task: dict[str, Any]) -> str:
    return next(iter(set(task) - KEYWORDS), "")


def _yaml_files() -> list[Path]:
    found = [p for d in ("roles", "playbooks", "molecule") for p in (ROOT / d).rglob("*.yml")]
    return sorted(found)


def test_there_are_roles() -> None:
    names = {role.name for role in ROLES}
    assert names >= {"common", "zookeeper", "mesos", "mesos_master", "mesos_agent"}


@every_role
def test_role_has_every_file(role: Path) -> None:
    wanted = FILES + ([] if role.name in WITHOUT_PROCESS else FILES_OF_A_PROCESS)
    missing = [name for name in wanted if not (role / name).is_file()]
    assert not missing


@every_role
def test_role_has_a_scenario_and_infra_tests(role: Path) -> None:
    name = role.name
    wanted = [
        f"molecule/{name}/molecule.yml",
        f"molecule/{name}/converge.yml",
        f"tests/infra/{name}/test_{name}.py",
    ]
    assert not [path for path in wanted if not (ROOT / path).is_file()]
    lines = (ROOT / "molecule" / name / "molecule.yml").read_text(encoding="utf-8").splitlines()
    assert len(lines) <= 15


@every_role
def test_tasks_are_imported_in_the_order_of_the_anatomy(role: Path) -> None:
    tasks = role_docs.load(role / "tasks" / "main.yml")
    files = [task["ansible.builtin.import_tasks"] for task in tasks]
    assert files == [name for name in ORDER if (role / "tasks" / name).is_file()]
    for task, file in zip(tasks, files, strict=True):
        assert task["tags"] == [role.name, f"{role.name}_{Path(file).stem}"]


# What a purge understands (playbooks/files/purge.py).
BELONGINGS = {
    "blocks", "cgroups", "data", "directories", "hostname", "mark", "packages", "paths", "restarts",
    "timezone", "undo", "units", "users",
}  # fmt: skip


@every_role
def test_belongings_are_said_in_words_that_a_purge_knows(role: Path) -> None:
    (task,) = role_docs.load(role / "tasks" / "belongings.yml")
    (facts,) = [task["ansible.builtin.set_fact"]]
    assert set(facts) == {f"{role.name}_belongings"}
    (belongings,) = facts.values()
    assert belongings["mark"]
    assert set(belongings) <= BELONGINGS


def test_purge_goes_through_every_role_in_the_order_of_installation() -> None:
    plays = role_docs.load(ROOT / "playbooks" / "site.yml")
    names = [role["role"] for play in plays for role in play.get("roles", ())]
    play = role_docs.load(ROOT / "playbooks" / "purge.yml")[1]
    assert play["vars"]["purge_roles"] == list(dict.fromkeys(names))
    assert set(names) == {role.name for role in ROLES}


@every_role
def test_variables_are_named_after_the_role(role: Path) -> None:
    public = set(role_docs.options(role))
    internal = set(role_docs.load(role / "vars" / "main.yml"))
    assert public
    assert not [name for name in public if not name.startswith(f"{role.name}_")]
    assert not [name for name in internal if not name.startswith(f"__{role.name}_")]


@every_role
def test_variable_is_required_or_has_the_default_of_the_role(role: Path) -> None:
    options = role_docs.options(role)
    defaults = role_docs.load(role / "defaults" / "main.yml")
    for name, option in options.items():
        assert option.get("description"), f"{name} has no description"
        assert option.get("type"), f"{name} has no type"
        assert bool(option.get("required")) != ("default" in option), (
            f"{name} must be required or have a default"
        )
    assert {n: o["default"] for n, o in options.items() if "default" in o} == defaults


@every_role
def test_every_default_has_a_line_of_intent(role: Path) -> None:
    lines = (role / "defaults" / "main.yml").read_text(encoding="utf-8").splitlines()
    named = [i for i, line in enumerate(lines) if re.match(r"[a-z]\w+:", line)]
    assert named
    assert not [lines[i] for i in named if not lines[i - 1].startswith("# ")]


@every_role
def test_role_knows_no_inventory(role: Path) -> None:
    others = [r.name for r in ROLES if r.name not in (role.name, role.name.partition("_")[0])]
    forbidden = re.compile(
        r"\bgroups[\[.]|\bhostvars\b|\bmesosdeploy_\w+|\b(" + "|".join(others) + r")_[a-z]\w*\b"
    )
    files = [
        p
        for p in role.rglob("*")
        if p.is_file() and p.name not in ("README.md", "look.py") and p.parent.name not in DATA
    ]
    assert files
    # A tag or a variable that begins with a longer name of our own is no foreign variable.
    found = [
        f"{path.relative_to(role)}: {match.group()}"
        for path in files
        for match in forbidden.finditer(path.read_text(encoding="utf-8"))
        if not match.group().startswith(role.name)
    ]
    assert not found


@every_role
def test_modules_are_builtin_and_named_in_full(role: Path) -> None:
    tasks = _tasks_of(role)
    assert tasks
    wrong = [
        f"{file}: {_module(task) or task['name']}"
        for file, task in tasks
        if "block" not in task and not _module(task).startswith("ansible.builtin.")
    ]
    assert not wrong


@every_role
def test_commands_say_when_they_change_something(role: Path) -> None:
    commands = [
        (file, task)
        for file, task in _tasks_of(role)
        if _module(task).removeprefix("ansible.builtin.") in ("command", "shell", "raw", "script")
    ]
    assert commands
    assert not [f"{file}: {task['name']}" for file, task in commands if "changed_when" not in task]


@every_role
def test_tasks_have_names_that_begin_with_a_capital(role: Path) -> None:
    wrong = [file for file, task in _tasks_of(role) if not re.match(r"[A-Z]", task.get("name", ""))]
    assert not wrong


@every_role
def test_handlers_restart_or_reload_a_unit(role: Path) -> None:
    handlers = role_docs.load(role / "handlers" / "main.yml") or []
    assert handlers or role.name in WITHOUT_PROCESS
    names = [handler["name"] for handler in handlers]
    assert not [
        name for name in names if not re.fullmatch(r"(Restart|Reload) [a-z][a-z0-9-]*", name)
    ]
    notified = {
        name
        for _file, task in _tasks_of(role)
        for name in (
            [task["notify"]] if isinstance(task.get("notify"), str) else task.get("notify", [])
        )
    }
    assert notified == set(names)


@every_role
def test_restart_happens_before_the_health_check(role: Path) -> None:
    if role.name in WITHOUT_PROCESS:
        pytest.skip("this role runs no process")
    tasks = role_docs.load(role / "tasks" / "service.yml")
    flush = [t.get("ansible.builtin.meta") for t in tasks].index("flush_handlers")
    health = [t.get("ansible.builtin.import_tasks") for t in tasks].index("health.yml")
    assert flush < health == len(tasks) - 1


@every_role
def test_templates_begin_with_the_managed_line(role: Path) -> None:
    templates = sorted((role / "templates").glob("*.j2"))
    assert templates or role.name in WITHOUT_PROCESS
    for path in templates:
        first = path.read_text(encoding="utf-8").splitlines()[0]
        assert (first == "{{ ansible_managed | comment }}") != (path.name in WITHOUT_HEADER), (
            path.name
        )


@every_role
def test_modes_are_quoted(role: Path) -> None:
    bare = re.compile(r"^\s*mode: *[0-7]", re.MULTILINE)
    assert not [p.name for p in role.rglob("*.yml") if bare.search(p.read_text(encoding="utf-8"))]


@every_role
def test_role_depends_on_nothing(role: Path) -> None:
    assert role_docs.load(role / "meta" / "main.yml")["dependencies"] == []


@every_role
def test_readme_is_short_and_its_table_current(role: Path) -> None:
    text = (role / "README.md").read_text(encoding="utf-8")
    purpose = text.split("```")[0].strip().splitlines()[2:]
    assert 1 <= len(purpose) <= 5
    assert text == role_docs.current(role), "run `python tests/contract/role_docs.py`"


def test_nothing_needs_a_galaxy_collection() -> None:
    files = _yaml_files()
    assert files
    foreign = re.compile(
        r"^\s*(-\s+)?(?!ansible\.builtin\.)[a-z_]+\.[a-z_]+\.[a-z_]+:", re.MULTILINE
    )
    assert not [
        str(p.relative_to(ROOT)) for p in files if foreign.search(p.read_text(encoding="utf-8"))
    ]
    assert not list(ROOT.glob("**/requirements.yml"))


def test_first_play_of_each_playbook_refuses_empty_groups() -> None:
    parts = {"cluster.yml"}  # imported by the others, never run alone
    playbooks = [p for p in sorted((ROOT / "playbooks").glob("*.yml")) if p.name not in parts]
    assert playbooks
    for path in playbooks:
        first = role_docs.load(path)[0]
        assert first["hosts"] == "localhost", path.name
        imported = [task["ansible.builtin.import_tasks"] for task in first["tasks"]]
        assert imported == ["tasks/check_inventory.yml"], path.name
