"""cluster.yml to a checked Spec: every problem of the file in one error, each with its place."""

from __future__ import annotations

import copy
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from mesosdeploy import resources
from mesosdeploy.spec import rules, translate
from mesosdeploy.spec.model import Spec
from mesosdeploy.spec.problems import (
    DottedPath,
    InvalidSpecError,
    Problem,
    closest,
)
from mesosdeploy.spec.provider_options import BUILT_IN
from mesosdeploy.spec.source import read

FILE_NAME = "cluster.yml"
_ROUNDS = 4
_STAND_INS: dict[str, object] = {"name": "x", "provider": {"type": "fake"}, "groups": {}}


def load(path: Path) -> Spec:
    """Return the spec of an inventory directory (or of the cluster.yml itself).

    Raises InvalidSpecError (a SpecError) with all problems of the file, in the order of its lines.
    """
    file = find(path)
    source = read(file, shown_as=_shown(file))
    spec, problems = check(source.data)
    ill_formed = [problem.path for problem in source.problems]
    problems = [each for each in problems if not _inside(each.path, ill_formed)]
    if source.problems or problems or spec is None:
        found = (*source.problems, *(source.locate(problem) for problem in problems))
        in_order = sorted(found, key=lambda problem: (problem.line, problem.column))
        raise InvalidSpecError(in_order, hint=_hint(file))
    return spec.in_directory(file.parent)


def check(data: object) -> tuple[Spec | None, list[Problem]]:
    """Return the spec that plain data describes, and everything that is wrong with it.

    Rules run on what is left when the parts that do not fit the models are taken out, so that
    one run shows both kinds of problems.
    """
    data, option_problems = _with_checked_options(data)
    spec, problems = _validated(data)
    if spec is not None and not option_problems:
        return spec, list(rules.check(spec))
    found = [*problems, *option_problems]
    removed = [_removable(problem.path) for problem in found]
    remainder = _salvaged(data, removed)
    cross = rules.check(remainder) if remainder is not None else ()
    return None, [*found, *(each for each in cross if not _touches(each.path, removed))]


def find(path: Path) -> Path:
    """Return the cluster.yml of `path`; raises InvalidSpecError that names what exists."""
    try:
        path.stat()
    except FileNotFoundError:
        pass
    except OSError as exc:
        message = f"cannot be looked at: {exc.strerror}"
        raise InvalidSpecError([_plain(path, message, "name another directory")]) from exc
    if path.is_dir():
        if (path / FILE_NAME).exists():
            return path / FILE_NAME
        message = f"holds no {FILE_NAME}"
        others = sorted(each.name for each in path.glob("*.y*ml"))
        extra = f" (it holds {', '.join(others)})" if others else ""
        remedy = f"name the directory of an environment{extra}, or run: mesosdeploy init NAME"
        raise InvalidSpecError([_plain(path, message, remedy)])
    if path.exists():
        return path
    raise InvalidSpecError([_plain(path, "does not exist", _available(path))])


def _available(path: Path) -> str:
    """Say which environments exist near `path`, and which samples the package carries."""
    parents = dict.fromkeys((path.parent, Path("inventories")))
    near = {each.parent.name: each.parent for each in _environments(parents)}
    samples = {each.parent.name for each in _environments([resources.sample_inventories()])}
    names = sorted(near)
    meant = closest(path.name, names)
    parts = [f'did you mean "{near[meant]}"?'] if meant else []
    parts += [f"environments here: {', '.join(str(near[name]) for name in names)}"] if near else []
    parts += [f"samples of the package: {', '.join(sorted(samples))}"] if samples else []
    parts.append("a new one: mesosdeploy init NAME")
    return "; ".join(parts).replace("?;", "?")


def _environments(parents: Iterable[Path]) -> list[Path]:
    return [file for parent in parents for file in sorted(parent.glob(f"*/{FILE_NAME}"))]


def _plain(path: Path, message: str, remedy: str) -> Problem:
    return Problem(path=(), message=message, remedy=remedy, file=_shown(path))


def _shown(path: Path) -> str:
    """Return the path as the user knows it: relative where it lies below the working directory."""
    try:
        return str(path.relative_to(Path.cwd()))
    except ValueError:
        return str(path)


def _hint(file: Path) -> str:
    return f"correct the file, then: mesosdeploy validate -i {_shown(file.parent)}"


def _validated(data: object) -> tuple[Spec | None, list[Problem]]:
    try:
        return Spec.model_validate(data), []
    except ValidationError as exc:
        return None, translate.problems(exc.errors(), model=Spec)


def _with_checked_options(data: Any) -> tuple[Any, list[Problem]]:
    """Check the options of a built-in provider, and put their normal form in the data's place."""
    provider = data.get("provider") if isinstance(data, dict) else None
    if not isinstance(provider, dict) or not isinstance(provider.get("type"), str):
        return data, []
    model = BUILT_IN.get(provider["type"])
    if model is None:
        return data, []
    given = {key: value for key, value in provider.items() if key != "type"}
    try:
        options = model.model_validate(given)
    except ValidationError as exc:
        return data, translate.problems(exc.errors(), model=model, prefix=("provider",))
    normal = options.model_dump(mode="json", exclude_none=True)
    return {**data, "provider": {"type": provider["type"], **normal}}, []


def _salvaged(data: object, removed: list[DottedPath]) -> Spec | None:
    """Return what is left without the broken parts, or None; adds to `removed` what had to go."""
    if not isinstance(data, dict):
        return None
    rest = copy.deepcopy(data)
    for _ in range(_ROUNDS):
        for path in removed:
            _remove(rest, path)
        rest, option_problems = _with_checked_options({**_STAND_INS, **rest})
        spec, problems = _validated(rest)
        if spec is not None and not option_problems:
            return spec
        # A key that is missing cannot be taken out: the mapping that lacks it goes.
        removed += [_removable(_owner(each)) for each in (*problems, *option_problems)]
    return None


def _owner(problem: Problem) -> DottedPath:
    return problem.path[:-1] if problem.message == translate.MISSING else problem.path


def _removable(path: DottedPath) -> DottedPath:
    """Return the mapping key to delete: a list that holds a broken item goes as a whole."""
    return path[: next((i for i, part in enumerate(path) if isinstance(part, int)), len(path))]


def _remove(data: dict[str, Any], path: DottedPath) -> None:
    here: Any = data
    for key in path[:-1]:
        here = here.get(key) if isinstance(here, dict) else None
    if isinstance(here, dict) and path:
        here.pop(path[-1], None)


def _inside(path: DottedPath, ill_formed: list[DottedPath]) -> bool:
    """Tell whether a problem only repeats that the YAML of its value is ill-formed."""
    return any(each and path[: len(each)] == each for each in ill_formed)


def _touches(path: DottedPath, removed: list[DottedPath]) -> bool:
    """Tell whether a rule spoke of what was taken out, or of the mapping that it was taken from."""
    return any(path[: len(each)] == each or each[:-1] == path for each in removed)
