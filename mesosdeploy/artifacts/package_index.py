"""Finding a file of a project in a simple repository (PEP 503, PEP 691) or a page of links."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urljoin, urlsplit

import httpx
from mousebender import simple

from mesosdeploy.artifacts.check import RefusedError
from mesosdeploy.artifacts.transport import Page, Transport


@dataclass(frozen=True, kw_only=True)
class Found:
    """A file as an index lists it; digest and size only where the index says them."""

    url: str
    sha256: str | None
    size: int | None


def in_index(index: str, *, project: str, filename: str, transport: Transport) -> Found:
    """Return the file of the project from the simple repository at the URL `index`."""
    url = simple.create_project_url(index, project)
    return _listed(_page(url, transport), project, filename, index)


def in_links(location: str, *, filename: str, transport: Transport) -> Found:
    """Return the file from what pip calls find-links: a directory, or a page with links."""
    directory = local_path(location)
    if directory is not None and directory.is_dir():
        path = directory / filename
        if not path.is_file():
            raise RefusedError(f"no {filename} in that directory")
        return Found(url=path.resolve().as_uri(), sha256=None, size=path.stat().st_size)
    return _listed(_page(location, transport), "links", filename, location)


def local_path(location: str) -> Path | None:
    """Return the path that a file URL or a plain path stands for, None for another URL."""
    if location.startswith("file:"):
        return Path(unquote(urlsplit(location).path))
    return None if "://" in location else Path(location)


def _page(url: str, transport: Transport) -> Page:
    path = local_path(url)
    if path is None:
        return transport.page(url, accept=simple.ACCEPT_SUPPORTED)
    file = path / "index.html" if path.is_dir() else path
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as exc:
        raise RefusedError(f"the project is not in that index ({file} cannot be read)") from exc
    return Page(text=text, content_type="text/html", url=file.resolve().as_uri())


def _listed(page: Page, project: str, filename: str, index: str) -> Found:
    kind = page.content_type.partition(";")[0].strip().lower()
    try:
        files: list[Any] = list(simple.parse_project_details(page.text, kind, project)["files"])
        found = [file for file in files if file["filename"] == filename]
        if not found:
            raise RefusedError(f"the index does not list {filename}")
        size = found[0].get("size")
        return Found(
            url=_with_credentials(urljoin(page.url, found[0]["url"]), index),
            sha256=found[0].get("hashes", {}).get("sha256"),
            size=size if isinstance(size, int) else None,
        )
    except simple.UnsupportedMIMEType as exc:
        raise RefusedError(f"it answered with {kind or 'no content type'}, not an index") from exc
    except (
        simple.UnsupportedAPIVersion,
        httpx.InvalidURL,
        ValueError,
        LookupError,
        TypeError,
        AttributeError,
    ) as exc:
        raise RefusedError(f"its answer is no index page: {exc}") from exc


def _with_credentials(url: str, index: str) -> str:
    """Return the URL with the index's own credentials when both are the same server."""
    if local_path(index) is not None or local_path(url) is not None:
        return url
    target, origin = httpx.URL(url), httpx.URL(index)
    same = (target.scheme, target.host, target.port) == (origin.scheme, origin.host, origin.port)
    if same and origin.userinfo and not target.userinfo:
        return str(target.copy_with(userinfo=origin.userinfo))
    return url
