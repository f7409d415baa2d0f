"""Fixtures of the infra tests: a node to ask, what is expected of it, and evidence on failure.

A directory is a role: its tests run on every node of the Ansible group with that name (`common`:
on all). `cluster/` asks the cluster as a whole. The cluster is named by the environment:
MESOSDEPLOY_INVENTORY_JSON (in the shape of `ansible-inventory --list`) and
MESOSDEPLOY_SSH_CONFIG.
"""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

from mesosdeploy.verify import infra
from mesosdeploy.verify.results import CLUSTER

_HERE = Path(__file__).parent
_nodes = infra.Nodes.from_environment()
_told: set[object] = set()


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> object:
    """Keep the checks of one node in one process."""
    from mesosdeploy.verify.scheduling import scheduler

    return scheduler(config, log, _nodes.of(infra.COMMON))


def _directory(path: Path) -> str:
    return path.relative_to(_HERE).parts[0]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Repeat each test on every node of its role, with the node's name as its id."""
    directory = _directory(metafunc.definition.path)
    if "node" in metafunc.fixturenames:
        names = _nodes.of(directory)
        metafunc.parametrize("node", names, ids=names, indirect=True, scope="session")
    for fixture, role in infra.ROLES.items():
        if directory == CLUSTER and fixture in metafunc.fixturenames:
            names = _nodes.of(role)
            metafunc.parametrize(fixture, names, ids=names, indirect=True, scope="session")


@pytest.fixture(scope="session")
def node(request: pytest.FixtureRequest) -> str:
    """Return the name of the node that is asked."""
    return str(request.param)


@pytest.fixture(scope="session")
def host(node: str) -> Any:
    """Return testinfra's host for the node."""
    return infra.connect(node, _nodes.ssh_config)


@pytest.fixture(scope="session")
def expected(node: str) -> dict[str, Any]:
    """Return the node's Ansible variables: what it is expected to be."""
    return _nodes.expected(node)


@pytest.fixture(scope="session")
def nodes() -> infra.Nodes:
    """Return the inventory's nodes."""
    return _nodes


def pytest_itemcollected(item: pytest.Item) -> None:
    """Say of each check which node and unit it is about, and what it is called."""
    directory, (fixture, name) = _directory(item.path), _asked(item)
    item.user_properties += [
        ("node", name),
        ("role", directory),
        ("check", _check(item, name)),
        ("unit", infra.unit_behind(directory, fixture)),
    ]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave out the tests of roles that none of the selected nodes carries."""
    items[:] = [item for item in items if not _is_of_nobody(item)]


def _is_of_nobody(item: pytest.Item) -> bool:
    """Say whether a test was to be repeated on nodes of which there are none."""
    params = getattr(item, "callspec", None)
    asked = [f for f in ("node", *infra.ROLES) if params and f in params.params]
    return any(not isinstance(params.params[fixture], str) for fixture in asked)


def _asked(item: pytest.Item) -> tuple[str, str]:
    """Return the fixture that names the node of a test, and the node; empty if it has none."""
    params = getattr(item, "callspec", None)
    for fixture in ("node", *infra.ROLES):
        if params and fixture in params.params and not _is_of_nobody(item):
            return fixture, params.params[fixture]
    return "", ""


def _check(item: pytest.Item, name: str) -> str:
    words = getattr(item, "originalname", item.name).removeprefix("test_").replace("_", " ")
    params = getattr(item, "callspec", None)
    known = params is not None and not _is_of_nobody(item)
    rest = params.id.replace(name, "", 1).strip("-") if known else ""
    return f"{words} [{rest}]" if rest else words


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Fail the first check of a node that cannot be reached, and skip its others."""
    about = dict(item.user_properties)
    name = str(about["node"])
    if about["role"] == CLUSTER:
        return
    reason = infra.unreachable(name, _nodes.address(name), _nodes.ssh_config)
    if not reason:
        return
    if name in _told:
        pytest.skip(f"{name} cannot be reached")
    _told.add(name)
    _rename(item, "can be reached by ssh")
    pytest.fail(reason, pytrace=False)


def _rename(item: pytest.Item, check: str) -> None:
    others = [pair for pair in item.user_properties if pair[0] != "check"]
    item.user_properties[:] = [*others, ("check", check)]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Attach the journal of the unit to the first check of it that fails on a node."""
    report = yield
    if not report.failed or call.excinfo is None:
        return report
    about = {name: str(value) for name, value in item.user_properties}
    name, unit = about["node"], about["unit"]
    lost = infra.said(call.excinfo.value)
    if lost:
        report.longrepr = f"lost the connection to {name} ({_nodes.address(name)}): {lost}"
    elif unit and (name, unit) not in _told and name not in _told:
        _told.add((name, unit))
        text = infra.journal(name, unit, _nodes.ssh_config)
        report.sections.append((f"journal of {unit} on {name}", text))
    return report
