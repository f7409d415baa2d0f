"""Write a new environment: a commented cluster.yml that passes `validate`, and sample variables."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from mesosdeploy.errors import UsageError
from mesosdeploy.spec.load import FILE_NAME, check
from mesosdeploy.spec.problems import did_you_mean
from mesosdeploy.spec.provider_options import BUILT_IN
from mesosdeploy.spec.samples import cluster_yml, group_vars
from mesosdeploy.spec.source import parse


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What the new environment shall be."""

    name: str
    provider: str = "local"
    masters: int = 3
    agents: int = 2


def write(wanted: Wanted, target: Path) -> tuple[Path, ...]:
    """Write the environment to `target` and return its files.

    Raises UsageError, before anything is written, where something exists already or the
    arguments make no valid spec.
    """
    if wanted.provider not in BUILT_IN:
        raise UsageError(
            f"init knows no provider {wanted.provider!r}",
            hint=did_you_mean(wanted.provider, tuple(BUILT_IN)),
        )
    spec = _checked(wanted)
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise UsageError(
            f"{target} exists already, and nothing is overwritten",
            hint="choose another name, or give --directory",
        )
    contents = {target / FILE_NAME: spec, target / "group_vars" / "all.yml": group_vars()}
    try:
        for file, text in contents.items():
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
    except OSError as exc:
        raise UsageError(
            f"cannot write {target}: {exc.strerror or exc}", hint="give --directory"
        ) from exc
    return tuple(contents)


def _checked(wanted: Wanted) -> str:
    """Return the text of cluster.yml; what would not pass `validate` is a wrong argument."""
    text = cluster_yml(wanted.name, wanted.provider, masters=wanted.masters, agents=wanted.agents)
    _, problems = check(parse(text, file=FILE_NAME).data)
    if problems:
        first = problems[0]
        raise UsageError(f"cannot describe such a cluster: {first.sentence}", hint=first.remedy)
    return text
