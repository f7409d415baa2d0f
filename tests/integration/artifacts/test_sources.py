"""Sources on a real socket: what a server does wrong is told, and the next source is asked."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest

from mesosdeploy.artifacts.doctor import Status, diagnose
from mesosdeploy.artifacts.lock import Entry
from mesosdeploy.artifacts.pip_settings import PipSettings, read
from mesosdeploy.artifacts.resolve import Resolver
from mesosdeploy.artifacts.sources import Places
from mesosdeploy.errors import ArtifactError

FILENAME = "upload-1.0.tar.gz"
Answer = Callable[[BaseHTTPRequestHandler], None]
Reply = Callable[..., Answer]
MakeEntry = Callable[..., Entry]
MakePlaces = Callable[..., Places]
MakeResolver = Callable[..., Resolver]


def files(root: Path) -> list[str]:
    found = [path for path in root.rglob("*") if path.is_file() and path.suffix != ".lock"]
    return sorted(path.name for path in found)


def refused(resolver: Resolver) -> str:
    """Return the reason that the only source was refused with."""
    with pytest.raises(ArtifactError) as caught:
        resolver.resolve(resolver.lock.entries[0].wanted)
    assert files(resolver.store.root) == []
    (line,) = caught.value.message.splitlines()[1:]
    return line


def had(resolver: Resolver) -> str:
    """Return where the artifact was had from."""
    return resolver.resolve(resolver.lock.entries[0].wanted).origin


def redirect(target: str) -> Answer:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(302)
        handler.send_header("Location", target)
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    return answer


@pytest.mark.parametrize("status", [401, 403, 404, 410, 500])
def test_an_error_status_is_the_reason(
    server: Any, reply: Reply, make_entry: MakeEntry, make_resolver: MakeResolver, status: int
) -> None:
    url = server.add("/f", reply(b"<html>sorry", status=status))
    assert f"url {url}: HTTP status {status}" in refused(make_resolver(make_entry(url)))
    assert len(server.paths()) == (2 if status == 500 else 1), "only 500 may pass with time"


def test_a_server_that_recovers_is_asked_again(
    server: Any, reply: Reply, content: bytes, make_entry: MakeEntry, make_resolver: MakeResolver
) -> None:
    answers = iter([reply(b"", status=503), reply(content)])

    def answer(handler: BaseHTTPRequestHandler) -> None:
        next(answers)(handler)

    url = server.add("/f", answer)
    assert had(make_resolver(make_entry(url))) == f"url {url}"


def test_a_host_that_does_not_exist_is_the_reason(
    make_entry: MakeEntry, make_resolver: MakeResolver
) -> None:
    line = refused(make_resolver(make_entry("http://mirror.invalid/f")))
    assert "mirror.invalid" in line
    assert "its host name does not exist" in line or "Temporary failure in name resolution" in line


def test_a_port_that_nobody_listens_on_is_the_reason(
    make_entry: MakeEntry, make_resolver: MakeResolver
) -> None:
    assert "refused" in refused(make_resolver(make_entry("http://127.0.0.1:1/f")))


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        pytest.param(lambda c: c[:-1] + bytes([c[-1] ^ 1]), "another file: sha256", id="hash"),
        pytest.param(lambda c: c[:300], "truncated: 300 of", id="short-file"),
        pytest.param(lambda c: c + b"x" * 10_000_000, "larger than pinned", id="long-file"),
        pytest.param(
            lambda _: b"<!DOCTYPE html><title>Log in to continue</title>",
            "'Log in to continue'",
            id="html-with-200",
        ),
        pytest.param(
            lambda c: b"<html><title>Big</title>" + b" " * 9_000_000, "'Big'", id="long-html"
        ),
    ],
)
def test_another_content_is_the_reason(
    server: Any,
    reply: Reply,
    content: bytes,
    make_entry: MakeEntry,
    make_resolver: MakeResolver,
    change: Callable[[bytes], bytes],
    reason: str,
) -> None:
    url = server.add("/f", reply(change(content)))
    assert reason in refused(make_resolver(make_entry(url)))
    assert len(server.paths()) == 1, "the same answer would come again"


def test_an_endless_answer_is_left_once_it_is_too_long(
    server: Any, make_entry: MakeEntry, make_resolver: MakeResolver
) -> None:
    left = threading.Event()

    def endless(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.end_headers()
        try:
            while not server.stop.is_set():
                handler.wfile.write(b"x" * 65536)
        finally:
            left.set()

    url = server.add("/f", endless)
    began = time.monotonic()
    assert "larger than pinned" in refused(make_resolver(make_entry(url)))
    assert time.monotonic() - began < 10
    assert left.wait(10), "the connection is closed"


def test_a_connection_that_ends_early_is_tried_again_and_then_the_reason(
    server: Any, reply: Reply, content: bytes, make_entry: MakeEntry, make_resolver: MakeResolver
) -> None:
    url = server.add("/f", reply(content[:1000], length=str(len(content))))
    line = refused(make_resolver(make_entry(url)))
    assert "without sending complete message body" in line
    assert len(server.paths()) == 2


def test_a_silent_server_is_given_up(
    server: Any, make_entry: MakeEntry, make_resolver: MakeResolver
) -> None:
    url = server.add("/f", lambda _handler: server.stop.wait(10) and None)
    began = time.monotonic()
    assert "no answer within 0.5 s" in refused(make_resolver(make_entry(url)))
    assert time.monotonic() - began < 5


def test_a_server_that_drips_is_given_up(
    server: Any,
    content: bytes,
    make_entry: MakeEntry,
    make_resolver: MakeResolver,
    places: MakePlaces,
) -> None:
    def drip(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(content)))
        handler.end_headers()
        for position in range(len(content)):
            handler.wfile.write(content[position : position + 1])
            if server.stop.wait(0.05):
                return

    url = server.add("/f", drip)
    slow = places(total=0.4, bytes_per_second=1e9)
    assert "too slow: " in refused(make_resolver(make_entry(url), slow))


def test_a_redirection_is_followed(
    server: Any, reply: Reply, content: bytes, make_entry: MakeEntry, make_resolver: MakeResolver
) -> None:
    server.add("/real", reply(content))
    url = server.add("/f", redirect("/real"))
    assert had(make_resolver(make_entry(url))) == f"url {url}"


def test_a_redirection_in_a_circle_is_the_reason(
    server: Any, make_entry: MakeEntry, make_resolver: MakeResolver
) -> None:
    url = server.add("/f", redirect("/f"))
    assert "redirects" in refused(make_resolver(make_entry(url)))


def test_sources_are_asked_in_order_until_one_has_it(
    server: Any, reply: Reply, content: bytes, make_entry: MakeEntry, make_resolver: MakeResolver
) -> None:
    urls = [
        server.add("/1", reply(b"", status=404)),
        server.add("/2", reply(content[:10])),
        server.add("/3", reply(content)),
        server.add("/4", reply(content)),
    ]
    assert had(make_resolver(make_entry(*urls))) == f"url {urls[2]}"
    assert server.paths() == ["/1", "/2", "/3"]
    assert had(make_resolver(make_entry(*urls))) == "store"
    assert len(server.asked) == 3


@pytest.mark.parametrize("layout", ["by-digest", "by-name"])
def test_a_mirror_is_asked_first(
    server: Any,
    reply: Reply,
    content: bytes,
    make_entry: MakeEntry,
    make_resolver: MakeResolver,
    places: MakePlaces,
    layout: str,
) -> None:
    entry = make_entry(server.add("/source", reply(content)))
    path = f"/m/{entry.sha256}/{FILENAME}" if layout == "by-digest" else f"/m/{FILENAME}"
    server.add(path, reply(content))
    assert had(make_resolver(entry, places(mirror=f"{server.url}/m/"))).startswith("mirror ")
    assert "/source" not in server.paths()


PEP_691 = "application/vnd.pypi.simple.v1+json"


def listing(entry: Entry, kind: str, url: str, sha256: str | None = None) -> bytes:
    digest = sha256 or entry.sha256
    if kind == "text/html":
        return f'<!DOCTYPE html><a href="{url}#sha256={digest}">{FILENAME}</a>'.encode()
    file = {"filename": FILENAME, "url": url, "hashes": {"sha256": digest}, "size": entry.size}
    return json.dumps({"meta": {"api-version": "1.1"}, "name": "p", "files": [file]}).encode()


@pytest.mark.parametrize("kind", ["text/html", PEP_691], ids=["PEP-503", "PEP-691"])
def test_a_file_is_found_through_a_package_index(
    server: Any,
    reply: Reply,
    content: bytes,
    make_entry: MakeEntry,
    make_resolver: MakeResolver,
    places: MakePlaces,
    kind: str,
) -> None:
    entry = make_entry(project="Mesos.Scheduler")
    server.add(
        "/simple/mesos-scheduler/", reply(listing(entry, kind, f"../../f/{FILENAME}"), kind=kind)
    )
    server.add(f"/f/{FILENAME}", reply(content))
    pip = PipSettings(indexes=(f"{server.url}/empty/", f"{server.url}/simple"))
    origin = had(make_resolver(entry, places(pip=pip)))
    assert origin == f"package index {server.url}/simple (project Mesos.Scheduler)"
    assert server.paths() == [
        "/empty/mesos-scheduler/",
        "/simple/mesos-scheduler/",
        f"/f/{FILENAME}",
    ]


def test_credentials_of_an_index_are_sent_there_and_shown_nowhere(
    server: Any,
    reply: Reply,
    content: bytes,
    make_entry: MakeEntry,
    make_resolver: MakeResolver,
    places: MakePlaces,
) -> None:
    entry = make_entry(project="p")
    server.add("/simple/p/", reply(listing(entry, PEP_691, "/f"), kind=PEP_691))
    server.add("/f", reply(content))
    pip = PipSettings(indexes=(server.url.replace("://", "://me:secret@") + "/simple",))
    assert "secret" not in had(make_resolver(entry, places(pip=pip)))
    assert [path for _, path, _ in server.asked] == ["/simple/p/", "/f"]
    assert {authorization for _, _, authorization in server.asked} == {"Basic bWU6c2VjcmV0"}


def test_credentials_of_netrc_are_used(
    server: Any,
    reply: Reply,
    content: bytes,
    make_entry: MakeEntry,
    make_resolver: MakeResolver,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login me password secret\n")
    (tmp_path / "netrc").chmod(0o600)
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    url = server.add("/f", reply(content))
    had(make_resolver(make_entry(url)))
    assert server.asked == [("GET", "/f", "Basic bWU6c2VjcmV0")]


def test_pip_is_asked_for_its_index(
    server: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = tmp_path / "pip.conf"
    config.write_text(f"[global]\nindex-url = {server.url}/one\n[download]\nfind-links = /w\n")
    for name in ("PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL", "PIP_FIND_LINKS", "PIP_NO_INDEX"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PIP_CONFIG_FILE", str(config))
    monkeypatch.setenv("PIP_CERT", "/some/ca.pem")
    settings = read()
    assert settings.indexes[0] == f"{server.url}/one"
    assert "/w" in settings.find_links
    assert settings.cert == "/some/ca.pem"
    monkeypatch.setenv("PIP_INDEX_URL", f"{server.url}/two")
    assert read().indexes[0] == f"{server.url}/two"
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    assert read().indexes == ()
    assert server.asked == []


def test_pip_without_settings_has_a_default_index(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL", "PIP_FIND_LINKS", "PIP_NO_INDEX"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    settings = read()
    assert len(settings.indexes) == 1
    assert settings.indexes[0].startswith("https://")


def test_a_certificate_file_that_is_missing_is_the_reason(
    server: Any,
    reply: Reply,
    content: bytes,
    make_entry: MakeEntry,
    make_resolver: MakeResolver,
    places: MakePlaces,
) -> None:
    entry = make_entry(project="p")
    pip = PipSettings(indexes=(f"{server.url}/simple",), cert="/no/ca.pem")
    assert "certificates of /no/ca.pem cannot be read" in refused(
        make_resolver(entry, places(pip=pip))
    )


def test_doctor_asks_without_fetching(
    server: Any,
    reply: Reply,
    content: bytes,
    make_entry: MakeEntry,
    places: MakePlaces,
    make_resolver: MakeResolver,
) -> None:
    get_only = reply(content)

    def no_head(handler: BaseHTTPRequestHandler) -> None:
        (reply(b"", status=405) if handler.command == "HEAD" else get_only)(handler)

    entry = make_entry(
        server.add("/good", reply(content)),
        server.add("/no-head", no_head),
        server.add("/page", reply(b"<html>", kind="text/html")),
        server.add("/short", reply(content[:-1])),
        server.url + "/gone",
        "http://mirror.invalid/f",
    )
    rows = diagnose(
        [replace(entry)],
        needed=lambda _: True,
        places=places(),
        store=make_resolver(entry).store,
        report=lambda _: None,
    )
    assert [row.status for row in rows] == [
        Status.OK,
        Status.OK,
        Status.GONE,
        Status.CHANGED,
        Status.GONE,
        Status.GONE,
    ]
    assert "another file: " in rows[3].detail
    assert server.paths("GET") == ["/no-head"]


def test_threads_that_want_the_same_file_fetch_it_once(
    server: Any, reply: Reply, content: bytes, make_entry: MakeEntry, make_resolver: MakeResolver
) -> None:
    entry = make_entry(server.add("/f", reply(content)))
    origins: list[str] = []
    threads = [
        threading.Thread(target=lambda: origins.append(had(make_resolver(entry)))) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(server.paths()) == 1
    assert sorted(origins).count("store") == 3
