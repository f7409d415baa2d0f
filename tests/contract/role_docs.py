"""Writes the variable tables of roles/*/README.md (`python tests/contract/role_docs.py`)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

ROLES = Path(__file__).resolve().parents[2] / "roles"
BEGIN = "<!-- variables: written by tests/contract/role_docs.py -->"
END = "<!-- /variables -->"


def roles() -> list[Path]:
    """Return the directory of every role."""
    return sorted(path for path in ROLES.iterdir() if path.is_dir())


def load(path: Path) -> Any:
    """Return the content of a YAML file."""
    return YAML(typ="safe").load(path)


def options(role: Path) -> dict[str, dict[str, Any]]:
    """Return the public variables of a role, as its argument spec describes them."""
    spec = load(role / "meta" / "argument_specs.yml")
    found: dict[str, dict[str, Any]] = spec["argument_specs"]["main"]["options"]
    return found


def _default(option: dict[str, Any]) -> str:
    if option.get("required"):
        return "required"
    value = option["default"]
    text = value if isinstance(value, str) else json.dumps(value)
    return f"`{text}`" if text else "empty"


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def table(role: Path) -> str:
    """Return the table of a role's variables as Markdown."""
    rows = ["| variable | type | default | meaning |", "|---|---|---|---|"]
    for name, option in options(role).items():
        kind = option["type"]
        if "elements" in option:
            kind += f" of {option['elements']}"
        if "choices" in option:
            kind = " \\| ".join(str(choice) for choice in option["choices"])
        cells = (f"`{name}`", kind, _cell(_default(option)), _cell(option["description"]))
        rows.append(f"| {' | '.join(cells)} |")
    return "\n".join(rows)


def current(role: Path) -> str:
    """Return the README of a role as it must be: the table between the marks is replaced."""
    text = (role / "README.md").read_text(encoding="utf-8")
    head, begin, rest = text.partition(BEGIN)
    _old, end, tail = rest.partition(END)
    if not (begin and end):
        raise ValueError(f"{role.name}/README.md lacks the marks {BEGIN} and {END}")
    return f"{head}{BEGIN}\n{table(role)}\n{END}{tail}"


def main() -> None:
    """Rewrite the README of every role."""
    for role in roles():
        (role / "README.md").write_text(current(role), encoding="utf-8")


if __name__ == "__main__":
    main()
