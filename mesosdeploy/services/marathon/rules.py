"""Rules of app definitions that no schema can say: they look at several fields, or inside one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator
from typing import Any

from mesosdeploy.services.marathon.constraints import constraint_problem
from mesosdeploy.services.marathon.identity import id_problems
from mesosdeploy.services.marathon.schema import Json
from mesosdeploy.services.marathon.wording import path_text

Problems = Iterator[tuple[str, str]]


def broken_rules(data: Json, *, given: Json, broken: Collection[str], partial: bool) -> Problems:
    """Yield path and sentence of each rule that `data` breaks.

    `data` holds defaults, `given` only what was said; items of lists that are broken already are
    None. A rule is left out where one of its fields is `broken`, or, with `partial`, is not given.
    """
    for fields, rule in _RULES:
        if not any(field in broken for field in fields) and (
            not partial or all(field in given for field in fields)
        ):
            yield from rule(data)
    for fields, rule in _RULES_OF_GIVEN:
        if not any(field in broken for field in fields):
            yield from rule(given)
    if not partial:
        yield from _complete(given, broken)


def _sound(items: Iterable[Any]) -> Iterator[tuple[int, Any]]:
    return ((index, item) for index, item in enumerate(items) if item is not None)


def _complete(given: Json, broken: Collection[str]) -> Problems:
    if "id" not in given and "id" not in broken:
        yield "/id", "is required"
    if not any(given.get(name) or name in broken for name in ("cmd", "args")):
        yield "/", "either cmd or args is required"


def _one_command(given: Json) -> Problems:
    if given.get("cmd") and given.get("args"):
        yield "/", "cmd and args exclude each other"


def _id(data: Json) -> Problems:
    for problem in id_problems(data["id"]) if "id" in data else ():
        yield "/id", problem


def _ports_said_twice(given: Json) -> Problems:
    ports, definitions = given.get("ports"), given.get("portDefinitions")
    if ports is None or definitions is None or None in (*ports, *definitions):
        return
    if ports != [definition.get("port", 0) for definition in definitions]:
        yield "/ports", "must be left out, or name the same ports as portDefinitions"


def _files_said_twice(given: Json) -> Problems:
    if given.get("uris") and given.get("fetch"):
        yield "/uris", "must be left out where fetch is given"


def _distinct_ports(data: Json) -> Problems:
    definitions = [item for _, item in _sound(data["portDefinitions"])]
    ports = [item["port"] for item in definitions if item["port"]]
    names = [item["name"] for item in definitions if "name" in item]
    for what, values in (("port", ports), ("port name", names)):
        twice = [str(value) for value, count in Counter(values).items() if count > 1]
        if twice:
            yield "/portDefinitions", f"every {what} must be unique: {', '.join(twice)} is not"


def _health_checks(data: Json) -> Problems:
    for index, check in _sound(data["healthChecks"]):
        place = path_text(["healthChecks", index])
        if check["protocol"] == "COMMAND" and "command" not in check:
            yield f"{place}/command", "is required with protocol COMMAND"
        if check["protocol"] != "COMMAND" and "command" in check:
            yield f"{place}/command", f"is only for protocol COMMAND, not {check['protocol']}"
        if "port" in check and "portIndex" in check:
            yield place, "port and portIndex exclude each other"


def _health_check_ports(data: Json) -> Problems:
    count = len(data["portDefinitions"])
    for index, check in _sound(data["healthChecks"]):
        wanted = check.get("portIndex", 0)
        if check["protocol"] != "COMMAND" and "port" not in check and wanted >= count:
            yield (
                path_text(["healthChecks", index]),
                f"portIndex must be the index of a port, from 0 to {count - 1}, but is {wanted}"
                if count
                else "portIndex has no port to refer to: portDefinitions is empty",
            )


def _constraints(data: Json) -> Problems:
    for index, constraint in _sound(data["constraints"]):
        problem = constraint_problem(constraint)
        if problem:
            yield path_text(["constraints", index]), problem


def _unreachable(data: Json) -> Problems:
    strategy = data["unreachableStrategy"]
    if strategy != "disabled":
        inactive, expunge = strategy["inactiveAfterSeconds"], strategy["expungeAfterSeconds"]
        if inactive > expunge:
            yield (
                "/unreachableStrategy/inactiveAfterSeconds",
                f"must be <= expungeAfterSeconds, which is {expunge}, but is {inactive}",
            )


def _dependencies(data: Json) -> Problems:
    for index, other in _sound(data["dependencies"]):
        for problem in id_problems(other):
            yield path_text(["dependencies", index]), problem
        if other == data.get("id"):
            yield path_text(["dependencies", index]), f"{other} must not depend on itself"


def _accepted_roles(data: Json) -> Problems:
    """Check the roles of an app that names its own; "*" stands for the scheduler's."""
    strange = [name for name in data["acceptedResourceRoles"] if name not in {"*", data["role"]}]
    if strange and data["role"] != "*":
        yield (
            "/acceptedResourceRoles",
            f"must hold only * and the app's role {data['role']}, not {', '.join(strange)}",
        )


_Rule = tuple[tuple[str, ...], Callable[[Json], Problems]]
_RULES: tuple[_Rule, ...] = (
    (("id",), _id),
    (("portDefinitions",), _distinct_ports),
    (("healthChecks",), _health_checks),
    (("healthChecks", "portDefinitions"), _health_check_ports),
    (("constraints",), _constraints),
    (("unreachableStrategy",), _unreachable),
    (("dependencies",), _dependencies),
    (("acceptedResourceRoles", "role"), _accepted_roles),
)
_RULES_OF_GIVEN: tuple[_Rule, ...] = (
    (("cmd", "args"), _one_command),
    (("ports", "portDefinitions"), _ports_said_twice),
    (("fetch", "uris"), _files_said_twice),
)
