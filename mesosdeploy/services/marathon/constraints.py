"""Placement constraints: what they may say, and whether an agent meets them.

The meaning of the operators is that of Marathon's documentation (docs/constraints.md).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any

from mesosdeploy.services.marathon.model import Instance
from mesosdeploy.services.marathon.parts import Constraint

Json = dict[str, Any]

OPERATORS = ("UNIQUE", "CLUSTER", "GROUP_BY", "LIKE", "UNLIKE", "MAX_PER", "IS")
_LITERAL = re.compile(r"[a-zA-Z0-9_/.-]+")
_SCALAR = re.compile(r"[0-9]+(\.[0-9]+)?")


def constraint_problem(constraint: Sequence[str]) -> str | None:
    """Say what is wrong with [field, operator] or [field, operator, value]."""
    if not constraint[0]:
        return "the field must not be empty"
    operator, value = constraint[1].upper(), "".join(constraint[2:])
    text = None
    match operator:
        case "UNIQUE" if len(constraint) == 3:
            text = f"UNIQUE takes no value, but has {value!r}"
        case "GROUP_BY" if len(constraint) == 3 and not _is_count(value):
            text = f"GROUP_BY takes a number of groups or nothing, not {value!r}"
        case "MAX_PER" if not _is_count(value):
            text = f"MAX_PER takes the number of instances per value, not {value!r}"
        case "IS" if not _LITERAL.fullmatch(value):
            text = f"IS takes a text of letters, digits and _/.-, or a number, not {value!r}"
        case "LIKE" | "UNLIKE":
            text = _pattern_problem(operator, value)
        case _ if operator not in OPERATORS:
            text = f"the operator must be one of {', '.join(OPERATORS)}, but is {constraint[1]}"
    return text


def _is_count(value: str) -> bool:
    return value.isascii() and value.isdigit() and int(value) > 0


def _pattern_problem(operator: str, value: str) -> str | None:
    if not value:
        return f"{operator} takes a regular expression, but has none"
    try:
        re.compile(value)
    except re.error as exc:
        return f"{value!r} is not a regular expression: {exc}"
    return None


def attribute_values(attributes: Sequence[Json]) -> dict[str, str]:
    """Turn an offer's attributes into texts, written as Mesos does: `0.8`, `[1-2,5-5]`, `{a,b}`."""
    return {attribute["name"]: _text(attribute) for attribute in attributes}


def _text(attribute: Json) -> str:
    match attribute["type"]:
        case "SCALAR":
            return _thousandths(str(attribute["scalar"]["value"]))
        case "RANGES":
            ranges = sorted((r["begin"], r["end"]) for r in attribute["ranges"].get("range", ()))
            return f"[{','.join(f'{begin}-{end}' for begin, end in ranges)}]"
        case "SET":
            return f"{{{','.join(sorted(attribute['set'].get('item', ())))}}}"
    return str(attribute["text"]["value"])


def _thousandths(number: str) -> str:
    rounded = Decimal(number).quantize(Decimal("0.001"), rounding=ROUND_HALF_EVEN)
    return f"{rounded:f}".rstrip("0").rstrip(".")


def value_of(instance: Instance, field: str) -> str | None:
    """Return what an instance's agent has for a constraint's field; None: nothing."""
    match field:
        case "hostname" | "@hostname":
            return instance.host
        case "@region":
            return instance.region or None
        case "@zone":
            return instance.zone or None
    return instance.attributes.get(field)


def satisfied(constraint: Constraint, candidate: Instance, placed: Sequence[Instance]) -> bool:
    """Tell whether `candidate` may run where it would be, beside the `placed` ones of its app.

    An agent without the field meets UNLIKE alone.
    """
    here = value_of(candidate, constraint.field)
    if here is None:
        return constraint.operator == "UNLIKE"
    others = [value_of(instance, constraint.field) for instance in placed]
    value = constraint.value or ""
    match constraint.operator:
        case "UNIQUE":
            fits = here not in others
        case "CLUSTER":
            fits = here == value if value else all(other == here for other in others)
        case "GROUP_BY":
            fits = _evens_out(here, others, groups=int(value or 0))
        case "MAX_PER":
            fits = others.count(here) < int(value)
        case "IS":
            fits = here == (_thousandths(value) if _SCALAR.fullmatch(value) else value)
        case operator:
            fits = (re.fullmatch(value, here) is not None) is (operator == "LIKE")
    return fits


def _evens_out(here: str, others: Sequence[str | None], *, groups: int) -> bool:
    """Tell whether no group is smaller than that of `here`; `groups` are known to exist.

    Groups that nothing runs in yet are unknown to the scheduler: they count as long as fewer than
    `groups` have been seen.
    """
    sizes = Counter(other for other in others if other is not None)
    own = sizes[here]
    unseen = len(sizes) < groups
    return own == 0 or (not unseen and own <= min(sizes.values()))
