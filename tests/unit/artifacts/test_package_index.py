from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from mesosdeploy.artifacts import package_index
from mesosdeploy.artifacts.check import RefusedError
from mesosdeploy.artifacts.package_index import Found
from mesosdeploy.artifacts.transport import Page, Transport

FILENAME = "mesos.scheduler-1.0.linux-x86_64.tar.gz"
SHA = "cd" * 32
JSON = "application/vnd.pypi.simple.v1+json"
Look = Callable[..., Found]


@pytest.fixture
def look(monkeypatch: pytest.MonkeyPatch) -> Look:
    """Return a look-up in an index whose server answers with the given page."""

    def look_up(text: str, kind: str, index: str = "https://index.example/simple") -> Found:
        def page(_self: Transport, url: str, *, accept: str) -> Page:
            assert url == f"{index}/mesos-scheduler/"
            assert JSON in accept
            return Page(text=text, content_type=kind, url=url)

        monkeypatch.setattr(Transport, "page", page)
        return package_index.in_index(
            index, project="mesos.scheduler", filename=FILENAME, transport=Transport()
        )

    return look_up


def api(**file: object) -> str:
    """Return an answer of PEP 691 with one file."""
    entry = {"filename": FILENAME, "url": f"../../f/{FILENAME}", "hashes": {"sha256": SHA}}
    return json.dumps({"meta": {"api-version": "1.1"}, "name": "x", "files": [{**entry, **file}]})


@pytest.mark.parametrize("kind", [JSON, f"{JSON}; charset=utf-8", JSON.upper()])
def test_pep_691_gives_url_digest_and_size(look: Look, kind: str) -> None:
    assert look(api(size=7), kind) == Found(
        url=f"https://index.example/f/{FILENAME}", sha256=SHA, size=7
    )


@pytest.mark.parametrize("fragment", [f"#sha256={SHA}", f"#SHA256={SHA}", "", "#md5=00"])
def test_pep_503_gives_url_and_digest(look: Look, fragment: str) -> None:
    text = f'<!DOCTYPE html><a href="/other">o</a><a href="/f/{FILENAME}{fragment}">x</a>'
    found = look(text, "text/html; charset=utf-8")
    assert found.url == f"https://index.example/f/{FILENAME}"
    assert found.sha256 == (SHA if SHA in fragment else None)
    assert found.size is None


@pytest.mark.parametrize(
    ("text", "kind", "reason"),
    [
        pytest.param("<a href='/x'>x</a>", "text/html", "does not list mesos", id="not-listed"),
        pytest.param("{", JSON, "is no index page", id="broken-json"),
        pytest.param("[]", JSON, "is no index page", id="other-json"),
        pytest.param('{"files": [1]}', JSON, "is no index page", id="odd-files"),
        pytest.param("x", "text/plain", "answered with text/plain, not an index", id="text"),
        pytest.param("x", "", "no content type", id="no-type"),
        pytest.param(
            '<meta name="pypi:repository-version" content="2.0">',
            "text/html",
            "Unsupported API major version",
            id="future-api",
        ),
    ],
)
def test_another_answer_is_refused(look: Look, text: str, kind: str, reason: str) -> None:
    with pytest.raises(RefusedError, match=reason):
        look(text, kind)


@pytest.mark.parametrize(
    ("url", "wanted"),
    [
        (f"/f/{FILENAME}", f"https://user:secret@index.example/f/{FILENAME}"),
        (f"https://files.example/{FILENAME}", f"https://files.example/{FILENAME}"),
        (f"http://index.example/{FILENAME}", f"http://index.example/{FILENAME}"),
    ],
    ids=["same-server", "other-server", "other-scheme"],
)
def test_credentials_go_to_the_index_itself_only(look: Look, url: str, wanted: str) -> None:
    found = look(api(url=url), JSON, "https://user:secret@index.example/simple")
    assert found.url == wanted


def test_an_index_may_be_a_directory(tmp_path: Path) -> None:
    project = tmp_path / "simple" / "mesos-scheduler"
    project.mkdir(parents=True)
    (project / "index.html").write_text(f'<a href="../../f/{FILENAME}#sha256={SHA}">x</a>')
    for index in ((tmp_path / "simple").as_uri(), str(tmp_path / "simple") + "/"):
        found = package_index.in_index(
            index, project="mesos.scheduler", filename=FILENAME, transport=Transport()
        )
        assert package_index.local_path(found.url) == tmp_path / "f" / FILENAME
        assert found.sha256 == SHA
    with pytest.raises(RefusedError, match="the project is not in that index"):
        package_index.in_index(
            (tmp_path / "simple").as_uri(),
            project="other",
            filename=FILENAME,
            transport=Transport(),
        )


def test_find_links_may_be_a_directory_or_a_page(tmp_path: Path) -> None:
    path = tmp_path / "my wheels" / FILENAME
    path.parent.mkdir()
    path.write_bytes(b"1234")
    page = tmp_path / "links.html"
    page.write_text(f'<a href="my%20wheels/{FILENAME}">x</a>')
    for location in (str(path.parent), path.parent.as_uri(), str(page), page.as_uri()):
        found = package_index.in_links(location, filename=FILENAME, transport=Transport())
        assert package_index.local_path(found.url) == path
    with pytest.raises(RefusedError, match="in that directory"):
        package_index.in_links(str(tmp_path), filename=FILENAME, transport=Transport())
