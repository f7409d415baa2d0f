"""Write a new environment: a commented cluster.yml that passes `validate`, and sample variables."""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

from mesosdeploy.errors import UsageError
from mesosdeploy.spec.load import FILE_NAME, load
from mesosdeploy.spec.problems import InvalidSpecError, did_you_mean
from mesosdeploy.spec.provider_options import BUILT_IN
from mesosdeploy.spec.samples import cluster_yml, group_vars


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What the new environment shall be."""

    name: str
    provider: str = "local"
    masters: int = 3
    agents: int = 2


def write(wanted: Wanted, target: Path) -> tuple[Path, ...]:
    """Write the environment to `target` and return its files.

    It is made in a directory beside `target`, checked, and moved into place: a wrong name or
    count leaves nothing behind. Raises UsageError where something exists already or the
    arguments make no valid spec.
    """
    if wanted.provider not in BUILT_IN:
        raise UsageError(
            f"init knows no provider {wanted.provider!r}",
            hint=did_you_mean(wanted.provider, tuple(BUILT_IN)),
        )
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise UsageError(
            f"{target} exists already, and nothing is overwritten",
            hint="choose another name, or give --directory",
        )
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=target.parent, prefix=".init-") as made:
            draft = Path(made) / "draft"
            files = _fill(draft, wanted)
            _check(draft, wanted)
            if target.is_dir():
                target.rmdir()
            shutil.move(draft, target)
    except OSError as exc:
        raise UsageError(
            f"cannot write {target}: {exc.strerror or exc}", hint="give --directory"
        ) from exc
    return tuple(target / file for file in files)


def _fill(directory: Path, wanted: Wanted) -> tuple[Path, ...]:
    contents = {
        Path(FILE_NAME): cluster_yml(
            wanted.name, wanted.provider, masters=wanted.masters, agents=wanted.agents
        ),
        Path("group_vars/all.yml"): group_vars(),
    }
    for name, text in contents.items():
        file = directory / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    return tuple(contents)


def _check(directory: Path, wanted: Wanted) -> None:
    """Refuse what would not pass `validate`, in the words of the command line."""
    try:
        load(directory)
    except InvalidSpecError as exc:
        first = exc.problems[0]
        raise UsageError(
            f"cannot describe such a cluster: {first.sentence}", hint=first.remedy
        ) from exc
