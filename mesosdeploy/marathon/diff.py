"""The difference between what files want and what runs, as a plan and as a unified diff."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from rich.text import Text

from mesosdeploy.marathon.definitions import Definition
from mesosdeploy.marathon.normal import comparable, normal
from mesosdeploy.marathon.text import text

_COLOURS = {"+": "green", "-": "red", "@": "cyan"}


@dataclass(frozen=True, kw_only=True)
class Change:
    """What deploying one definition does: `lines` is the unified diff, empty for no change.

    `fewer` counts the instances that would go without others in their place.
    """

    definition: Definition
    kind: Literal["create", "update", "keep"]
    lines: tuple[str, ...] = ()
    fewer: int = 0

    @property
    def id(self) -> str:
        """Return the app's id."""
        return self.definition.id

    def as_data(self) -> dict[str, object]:
        """Return plain data for JSON."""
        return {"id": self.id, "action": self.kind, "diff": list(self.lines)}

    def rendered(self) -> Text:
        """Return the diff in colours under a headline."""
        verb = {"create": "new app", "update": "change", "keep": "no change"}[self.kind]
        shown = Text(f"{self.id}: {verb}", style="bold")
        for line in self.lines:
            shown.append("\n")
            shown.append(line, style=f"not bold {_COLOURS.get(line[:1], 'default')}")
        return shown


def plan(
    definitions: Iterable[Definition], running: Mapping[str, Mapping[str, Any]]
) -> list[Change]:
    """Return what each definition changes of the apps that run, by id."""
    return [_change(one, running.get(one.id)) for one in definitions]


def _change(definition: Definition, running: Mapping[str, Any] | None) -> Change:
    if running is None:
        new = normal(definition.body)
        return Change(definition=definition, kind="create", lines=unified(None, new))
    new, old = comparable(definition.body, running)
    if new == old:
        return Change(definition=definition, kind="keep")
    fewer = int(old.get("instances", 1)) - int(new.get("instances", 1))
    return Change(
        definition=definition, kind="update", lines=unified(old, new), fewer=max(0, fewer)
    )


def unified(old: Mapping[str, Any] | None, new: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the unified diff of two definitions as YAML with sorted keys."""
    before = [] if old is None else text(old).splitlines()
    names = ("running" if old is not None else "nothing", "wanted")
    after = text(new).splitlines()
    return tuple(difflib.unified_diff(before, after, *names, lineterm="", n=2))
