"""An app's id: its normal form, what is wrong with it, and the names that are made from it."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator

# One segment, as Marathon's PathId has it.
_SEGMENT = re.compile(
    r"^(([a-z0-9]|[a-z0-9][a-z0-9\-]*[a-z0-9])\.)*([a-z0-9]|[a-z0-9][a-z0-9\-]*[a-z0-9])|(\.|\.\.)$"
)
_RESERVED = ("restart", "tasks", "versions")  # they name resources below /v2/apps/{id}


def absolute(app_id: str) -> str:
    """Return the id from the root on, without "." and "..": "shop/../web/" becomes "/web"."""
    segments: list[str] = []
    for segment in app_id.split("/"):
        if segment == "..":
            del segments[-1:]
        elif segment not in {"", "."}:
            segments.append(segment)
    return "/" + "/".join(segments)


def id_problems(app_id: str) -> Iterator[str]:
    """Say what is wrong with an absolute id."""
    segments = app_id.strip("/").split("/")
    if segments == [""]:
        yield "must name an app, but is the root"
        return
    bad = [segment for segment in segments if not _SEGMENT.fullmatch(segment)]
    if bad:
        yield (
            "each part must consist of lower-case letters, digits, and dots or hyphens between "
            f"them: {', '.join(repr(part) for part in bad)} does not"
        )
    if segments[-1] in _RESERVED:
        yield f"must not end with {', '.join(_RESERVED)}, but is {app_id}"


def discovery_name(app_id: str) -> str:
    """Return the name that Mesos-DNS makes host names from: "/shop/web" becomes "web.shop"."""
    return ".".join(reversed(app_id.strip("/").split("/")))


def new_task_id(app_id: str) -> str:
    """Return an id for a new task of an app: "shop_web.instance-<uuid>._app.1"."""
    return f"{app_id.strip('/').replace('/', '_')}.instance-{uuid.uuid4()}._app.1"
