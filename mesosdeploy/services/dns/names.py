"""How a name of Mesos becomes a label of DNS: as Mesos-DNS makes it (its documentation, Naming)."""

from __future__ import annotations

import base64
import hashlib
from typing import Final, Literal

Rule = Literal["RFC1123", "RFC952"]

LONGEST_LABEL: Final = 63
LONGEST_NAME: Final = 253

_CUT: Final[dict[Rule, tuple[int, str]]] = {
    "RFC1123": (LONGEST_LABEL, "-"),
    "RFC952": (24, "-0123456789"),
}
"""The length of a label, and what it may not begin with."""

_ALLOWED: Final = frozenset("abcdefghijklmnopqrstuvwxyz0123456789-")
_BASE32: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
_ZBASE32: Final = "ybndrfg8ejkmcpqxot1uwisza345h769"
_HASH_LENGTH: Final = 5


def label(name: str, rule: Rule = "RFC1123") -> str:
    """Return the name as one label; empty when nothing of it can stand in one.

    A dot and an underscore become a dash, so that Marathon's task "b.a" (of /a/b) is "b-a".
    """
    length, forbidden_start = _CUT[rule]
    dashed = name.lower().replace(".", "-").replace("_", "-")
    kept = "".join(character for character in dashed if character in _ALLOWED)
    return kept.lstrip(forbidden_start)[:length].rstrip("-")


def labels(name: str, rule: Rule = "RFC1123") -> str:
    """Return the name as labels where its dots stay dots, as in a framework's name."""
    parts = (label(part, rule) for part in name.split("."))
    return ".".join(part for part in parts if part)


def unique_label(name: str, *, task_id: str, agent_id: str) -> str:
    """Return the label that only this task has: `<name>-<hash of its ID>-<end of its agent's ID>`.

    The last of several labels takes the suffix ("b.a" -> "b.a-…"); it is cut to make room for it.
    """
    suffix = f"-{task_hash(task_id)}-{label(agent_id.rpartition('-')[2])}"
    head, dot, last = name.rpartition(".")
    return f"{head}{dot}{last[: LONGEST_LABEL - len(suffix)].rstrip('-')}{suffix}"


def service_label(name: str) -> str:
    """Return the label of a service: with an underscore in front and no longer than a label is."""
    first, dot, rest = name.partition(".")
    return f"_{first[: LONGEST_LABEL - 1].rstrip('-')}{dot}{rest}"


def task_hash(task_id: str) -> str:
    """Return the five characters that stand for a task's ID: z-base-32 of its SHA-1."""
    digest = hashlib.sha1(task_id.encode(), usedforsecurity=False).digest()
    text = base64.b32encode(digest).decode().translate(str.maketrans(_BASE32, _ZBASE32))
    return text[:_HASH_LENGTH]
