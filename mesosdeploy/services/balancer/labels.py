"""Reads marathon-lb's labels of one port; what cannot be valid is refused with a reason.

Labels are written by users of Marathon and end in a configuration that HAProxy reads as root. So
each value must match a pattern that holds no blank, quote, backslash, bracket, `#`, `$` or `%`
and no end of line: nothing in it can begin another word, a comment, an expression or a directive.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Final

from mesosdeploy.services.balancer.model import Labels

_HOST: Final = re.compile(
    r"(?=.{1,253}\Z)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*"
)
_PATH: Final = re.compile(r"/[A-Za-z0-9._~/+@:,=-]{0,254}")
_CHECK_PATH: Final = re.compile(r"/[A-Za-z0-9._~/+@:,=?&;-]{0,254}")
_GROUP: Final = re.compile(r"[A-Za-z0-9._-]{1,64}")
_HEADER: Final = re.compile(r"hdr\([A-Za-z0-9-]{1,64}\)")
_NUMBER: Final = re.compile(r"-?[0-9]{1,6}")
_INDEXED: Final = re.compile(r"HAPROXY_([0-9]{1,3})_(.+)", re.DOTALL)
_ALGORITHMS: Final = ("roundrobin", "static-rr", "leastconn", "first", "source", "uri", "random")
_MOST_WORDS: Final = 32


def read(labels: Mapping[str, str], index: int) -> tuple[Labels, tuple[str, ...]]:
    """Return the values of the labels HAPROXY_<index>_…, and what is wrong with them.

    A label that is not known counts as wrong: one that asks for a password or narrows who may
    enter must never be passed over in silence.
    """
    values: dict[str, object] = {}
    wrong: list[str] = []
    for label in sorted(labels):
        found = _INDEXED.fullmatch(label)
        if found is None or found.group(1) != str(index):
            continue
        reader = _READERS.get(found.group(2))
        if reader is None:
            wrong.append(f"{_shown(label)} is not supported; labels are {', '.join(_READERS)}")
            continue
        field, parse = reader
        try:
            values[field] = parse(str(labels[label]).strip())
        except ValueError as exc:
            wrong.append(f"{label} {_shown(str(labels[label]))} {exc}")
    return Labels(**values), tuple(wrong)  # type: ignore[arg-type]  # the table pairs them


def indices(labels: Mapping[str, str]) -> frozenset[int]:
    """Return the port indices that labels speak of."""
    found = (_INDEXED.fullmatch(label) for label in labels)
    return frozenset(int(each.group(1)) for each in found if each)


def groups(value: str) -> tuple[str, ...]:
    """Return the groups of a HAPROXY_GROUP label (comma separated); ValueError on a bad one."""
    return _words(value, ",", _GROUP, "must be names of groups, separated by commas")


def is_check_path(path: str) -> bool:
    """Tell whether the path of a health check, with its query, can be written for HAProxy."""
    return _CHECK_PATH.fullmatch(path) is not None


def _words(
    value: str, separator: str | None, pattern: re.Pattern[str], rule: str
) -> tuple[str, ...]:
    words = tuple(dict.fromkeys(word.strip() for word in value.split(separator) if word.strip()))
    if not words or len(words) > _MOST_WORDS or not all(pattern.fullmatch(word) for word in words):
        raise ValueError(rule)
    return words


def _hosts(value: str) -> tuple[str, ...]:
    return _words(value.lower(), ",", _HOST, "must be host names, separated by commas")


def _paths(value: str) -> tuple[str, ...]:
    return _words(value, None, _PATH, f"must be paths of {_PATH.pattern}, separated by blanks")


def _path(value: str) -> str:
    if not _PATH.fullmatch(value):
        raise ValueError(f"must be a path of {_PATH.pattern}")
    return value


def _number(least: int, most: int) -> Callable[[str], int]:
    def parse(value: str) -> int:
        if not _NUMBER.fullmatch(value) or not least <= int(value) <= most:
            raise ValueError(f"must be a number from {least} to {most}")
        return int(value)

    return parse


def _choice(*choices: str) -> Callable[[str], str]:
    def parse(value: str) -> str:
        if value.lower() not in choices:
            raise ValueError(f"must be one of {', '.join(choices)}")
        return value.lower()

    return parse


def _flag(value: str) -> bool:
    if value.lower() not in {"true", "t", "yes", "y", "false", "f", "no", "n"}:
        raise ValueError("must be true or false")
    return value.lower() in {"true", "t", "yes", "y"}


def _balance(value: str) -> str:
    if value not in _ALGORITHMS and not _HEADER.fullmatch(value):
        raise ValueError(f"must be one of {', '.join(_ALGORITHMS)} or hdr(<name>)")
    return value


def _shown(text: str) -> str:
    """Return what a user wrote so that it fits into one line of a log."""
    return ascii(text if len(text) <= 80 else f"{text[:77]}...")


_READERS: Final[Mapping[str, tuple[str, Callable[[str], object]]]] = {
    "VHOST": ("vhosts", _hosts),
    "PATH": ("paths", _paths),
    "PORT": ("port", _number(1, 65535)),
    "MODE": ("mode", _choice("http", "tcp")),
    "BALANCE": ("balance", _balance),
    "STICKY": ("sticky", _flag),
    "REDIRECT_TO_HTTPS": ("redirect_to_https", _flag),
    "ENABLED": ("enabled", _flag),
    "GROUP": ("groups", groups),
    "BACKEND_WEIGHT": ("backend_weight", _number(-10000, 10000)),
    "HTTP_BACKEND_PROXYPASS_PATH": ("proxypass_path", _path),
    "HTTP_BACKEND_REDIR": ("redirect_path", _path),
    # Not marathon-lb's: the short form of the one before.
    "REDIRECT_PATH": ("redirect_path", _path),
}
